"""Plans of floating-point units and the hardware that is built from them: the same registers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from generator.floating import (
    Align,
    FixedToFloat,
    FloatAdder,
    FloatMultiplier,
    FloatToFixed,
    LargestExponent,
)
from generator.floating.pipeline import PipelinedBlock
from generator.formats import FLOATS, Float
from generator.plan import (
    AlignPlan,
    FixedToFloatPlan,
    FloatAdderPlan,
    FloatMultiplierPlan,
    FloatToFixedPlan,
    FloatUnit,
    LargestExponentPlan,
)
from generator.verilog import to_rtlil


def units(fmt: Float, stages: int) -> Iterator[tuple[FloatUnit, PipelinedBlock]]:
    """Every kind of unit of ``fmt``, wide and narrow."""
    yield (adder := FloatAdderPlan(fmt, stages=stages)), FloatAdder(adder)
    yield (multiplier := FloatMultiplierPlan(fmt, stages=stages)), FloatMultiplier(multiplier)
    if fmt.exponent <= 5:
        yield (to_fixed := FloatToFixedPlan(fmt, stages=stages)), FloatToFixed(to_fixed)
    for width, lsb, scaled in ((8, -3, False), (54, fmt.smallest_exponent, False), (12, -fmt.bias - 4, True)):
        to_float = FixedToFloatPlan(fmt, width, lsb, scaled, stages=stages)
        yield to_float, FixedToFloat(to_float)
    for count in (1, 3, 8):
        largest = LargestExponentPlan(fmt, count, stages=stages)
        yield largest, LargestExponent(largest)
    for bits in (3, 20):
        for rounding in ("nearest", "truncate"):
            align = AlignPlan(fmt, bits, rounding, stages=stages)
            yield align, Align(align)


def registers(rtlil: str) -> int:
    """Bits of the flip-flops of a module."""
    cells = re.findall(r"cell \$dff\w* .*?\bend\b", rtlil, re.DOTALL)
    return sum(int(width) for cell in cells for width in re.findall(r"\\WIDTH (\d+)", cell))


@pytest.mark.parametrize("stages", [0, 1, 3, 9])
@pytest.mark.parametrize("name", FLOATS)
def test_a_unit_has_the_registers_of_its_plan(name: str, stages: int) -> None:
    for plan, block in units(FLOATS[name], stages):
        assert registers(to_rtlil(block)) == sum(plan.register_bits.values()), plan
        assert sum(plan.registers.values()) == stages


def test_a_unit_that_is_not_built_by_its_plan_is_noticed() -> None:
    fmt = FLOATS["fp16"]
    block = FloatAdder(FloatAdderPlan(fmt, stages=2))
    block._unit = FloatAdderPlan(FLOATS["bf16"], stages=2)
    with pytest.raises(AssertionError, match="alive after step 'align'"):
        to_rtlil(block)
