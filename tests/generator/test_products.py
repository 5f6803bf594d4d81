"""Products by pairs of bits: every one of small numbers, and what those of int8 and fp16 take in ASAP7."""

from __future__ import annotations

from itertools import product as pairs

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from costmodel.flow.synthesis import Flow, shipped_library, synthesize
from generator.block import Block
from generator.config import CoreConfig
from generator.fetch import Fetch
from generator.floating.multiplier import FloatMultiplier
from generator.formats import FLOATS
from generator.plan import CorePlan, FloatMultiplierPlan
from generator.products import product
from generator.verilog import to_verilog


@pytest.mark.parametrize(
    ("bits", "width", "signed"),
    [
        *((bits, 2 * bits, True) for bits in (1, 2, 3, 4, 5)),
        *((bits, 2 * bits, False) for bits in (2, 3, 4, 5)),
        (4, 5, True),
        (5, 1, True),
        (4, 11, True),
    ],
)
def test_every_product_of_small_numbers(bits: int, width: int, signed: bool) -> None:
    m, a, b, y = Module(), Signal(bits), Signal(bits), Signal(width)
    m.d.comb += y.eq(product(m, "p", a, b, width, signed))
    simulator, wrong = Simulator(m), []

    def value(pattern: int) -> int:
        return pattern - (pattern >> (bits - 1) << bits) if signed else pattern

    async def bench(context) -> None:  # type: ignore[no-untyped-def]
        for x, w in pairs(range(1 << bits), repeat=2):
            context.set(a, x)
            context.set(b, w)
            if context.get(y) != value(x) * value(w) & ((1 << width) - 1):
                wrong.append((value(x), value(w)))

    simulator.add_testbench(bench)
    simulator.run()
    assert wrong == []


def area_um2(block: Block) -> float:
    """The least area of a block in ASAP7, mapped with full-adder cells."""
    return synthesize(to_verilog(block).text, block.module_name, shipped_library("asap7"), Flow()).area_um2


def test_multipliers_are_no_larger_than_they_have_been() -> None:
    """µm²: int8 by int8 with all bits kept, fp16 with subnormals; Booth's digits take 19.0 and 72.9."""
    core = CorePlan(CoreConfig(architecture="multiplier", tables=1, columns=1))
    assert area_um2(Fetch(core)) <= 17.2
    assert area_um2(FloatMultiplier(FloatMultiplierPlan(FLOATS["fp16"]))) <= 58.0
