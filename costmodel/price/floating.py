"""What floating-point blocks are made of: comparisons, shifters, normalisers, adders and increments.

Widths follow from the formats as in ``generator.floating``, level by level where a word grows on its way; so
one price of each component serves every format and width.
"""

from __future__ import annotations

from functools import cache
from math import log2
from typing import Protocol, assert_never

from costmodel.price.components import NOTHING, Bill, carries, multiplier, total
from costmodel.price.components import adder as adder
from costmodel.price.components import triple as triple
from generator.formats import Float
from generator.plan import (
    AlignPlan,
    FixedToFloatPlan,
    FloatAdderPlan,
    FloatMultiplierPlan,
    FloatToFixedPlan,
    FloatUnit,
    LargestExponentPlan,
)

FRONT = ("order", "distance", "align")
"""Steps of an adder that do not ask whether it adds or subtracts."""


class FloatBills(Protocol):
    """What adders and floating-point units are made of: in cells this module, in lookup tables another."""

    def adder(self, width: int, carried: bool = False) -> Bill: ...
    def triple(self, bits: int) -> Bill: ...
    def float_adder(self, unit: FloatAdderPlan) -> Bill: ...
    def float_adder_pair(self, unit: FloatAdderPlan) -> Bill: ...
    def float_multiplier(self, unit: FloatMultiplierPlan) -> Bill: ...
    def float_to_fixed(self, unit: FloatToFixedPlan) -> Bill: ...
    def fixed_to_float(self, unit: FixedToFloatPlan) -> Bill: ...
    def largest_exponent(self, unit: LargestExponentPlan) -> Bill: ...
    def align(self, unit: AlignPlan) -> Bill: ...
    def widen(self, source: Float, target: Float) -> Bill: ...
    def with_last_sign(self, width: int) -> Bill: ...


def staged(unit: FloatUnit, bill: Bill) -> Bill:
    """``bill`` with the registers of the unit's stages, which hold while the pipeline waits."""
    return bill + Bill.of(stage=sum(unit.register_bits.values())) if unit.stages else bill


def float_adder(unit: FloatAdderPlan) -> Bill:
    """Orders the operands, aligns the smaller, adds, normalises and rounds.

    The aligned word has two more bits than the significand; the sum's has four.
    """
    return staged(unit, _front(unit) + _back(unit))


def float_adder_pair(unit: FloatAdderPlan) -> Bill:
    """A sum and a difference of the same two numbers: a flattened design has one front for both."""
    shared = sum(unit.register_bits[step] for step in FRONT)
    both = staged(unit, _front(unit) + _back(unit)) + staged(unit, _back(unit))
    return both + Bill.of(stage=-shared)


def _front(unit: FloatAdderPlan) -> Bill:
    fmt, precision = unit.fmt, unit.precision
    levels = (precision + 1).bit_length()
    ordered = Bill.of(compare=fmt.bits - 1, choice=2 * (fmt.bits - 1))
    return ordered + adder(fmt.exponent) + Bill.of(shift=levels * (precision + 2), detect=precision)


def _back(unit: FloatAdderPlan) -> Bill:
    fmt, precision = unit.fmt, unit.precision
    added = Bill.of(complement=precision, special=1) + adder(precision + 1)
    return added + normaliser(precision + 4, precision + 1) + rounding(fmt)


def float_multiplier(unit: FloatMultiplierPlan) -> Bill:
    """Multiplies significands, adds exponents, normalises, shifts a subnormal product back and rounds."""
    fmt, precision = unit.fmt, unit.precision
    product = multiplier(precision, 2 * precision) + triple(precision) + adder(fmt.exponent + 1)
    if not unit.subnormals:
        # A product is shifted by one place, and forced to zero.
        shifted = Bill.of(choice=precision, gate=precision, detect=precision, special=2)
        return staged(unit, product + shifted + rounding(fmt))
    bill = (
        product
        + normaliser(2 * precision, precision)
        + Bill.of(shift=precision.bit_length() * (precision + 1), detect=precision, special=2)
        + rounding(fmt)
    )
    return staged(unit, bill)


def float_to_fixed(unit: FloatToFixedPlan) -> Bill:
    """Negates the significand and shifts it left; the word grows with each level's step."""
    fmt = unit.fmt
    precision, width = fmt.mantissa + 1, fmt.fixed_bits + 1
    shifted, word = 0, precision + 1
    for level in range(fmt.exponent):
        word = min(word + (1 << level), width)
        shifted += word
    bill = Bill.of(complement=precision, increment=precision, shift=shifted)
    return staged(unit, bill)


def fixed_to_float(unit: FixedToFloatPlan) -> Bill:
    """Normalises a two's complement integer, and rounds the bits of its magnitude that fit."""
    fmt = unit.fmt
    bill = (
        normaliser(unit.magnitude, unit.reach)
        + Bill.of(complement=fmt.mantissa + 1)
        + (adder(fmt.exponent) if unit.scaled else NOTHING)
        + rounding(fmt, min(fmt.mantissa, unit.width))
    )
    return staged(unit, bill)


def largest_exponent(unit: LargestExponentPlan) -> Bill:
    """A tree of comparisons of exponents, of which infinities' and NaNs' are gated."""
    fmt, count = unit.fmt, unit.count
    bits = (count - 1) * fmt.exponent
    bill = Bill.of(compare=bits, choice=bits, gate=count * fmt.exponent)
    return staged(unit, bill)


def align(unit: AlignPlan) -> Bill:
    """Negates the significand, shifts it right by the distance of the exponents, and rounds.

    Of bits of the significand below those that are aligned only whether there are any counts.
    """
    fmt, bits, nearest = unit.fmt, unit.bits, unit.nearest
    precision, width = fmt.mantissa + 1, unit.shifted_bits
    shifted, word = 0, min(precision + 1, width)
    for level in range(min(fmt.exponent, width.bit_length())):
        word = min(word + (1 << level), width)
        shifted += word
    kept = min(precision, width)
    bill = (
        Bill.of(complement=kept, increment=kept, detect=precision if nearest else precision - kept)
        + Bill.of(increment=bits if nearest else 0)
        + Bill.of(shift=shifted, gate=width if fmt.exponent > width.bit_length() else 0)
        + adder(fmt.exponent)
    )
    return staged(unit, bill)


def widen(source: Float, target: Float) -> Bill:
    """Normalises what is subnormal in the narrower format alone, and biases the exponent."""
    if source.exponent == target.exponent:
        return Bill.of(gate=source.bits)
    exponent = adder(target.exponent) + Bill.of(gate=target.exponent)
    return normaliser(source.mantissa + 1, source.mantissa) + exponent


def with_last_sign(width: int) -> Bill:
    """A sum and the one sign that is still to be added to it."""
    return Bill.of(increment=width)


def normaliser(width: int, reach: int) -> Bill:
    """Shifts a word left to its first significant bit, by up to ``reach``, a level for each of its bits.

    Each level looks at the bits that it would shift out and at the exponent, which limits the distance.
    """
    steps = [min(1 << level, width) for level in range(reach.bit_length())]
    return Bill.of(normalise=sum(width - step for step in steps), detect=sum(steps))


def rounding(fmt: Float, fraction: int | None = None) -> Bill:
    """Subtracts the distance from the exponent, increments the result, puts special values in its place.

    A ``fraction`` that has fewer bits than the format's carries through those alone.
    """
    bits = (fmt.mantissa if fraction is None else fraction) + fmt.exponent
    return adder(fmt.exponent) + Bill.of(increment=bits, gate=bits, special=1)


def slowest_stage(unit: FloatUnit) -> Bill:
    """The path through a floating-point unit, or through the slowest of its stages."""
    return Bill.dearest_of(stage_paths(unit))


@cache
def stage_paths(unit: FloatUnit) -> list[Bill]:
    """The paths of a unit's stages, step by step."""
    with_carries = _with_carries(unit)
    assert with_carries.keys() <= unit.steps.keys(), unit
    paths = {name: with_carries.get(name, Bill.of(step=step.delay)) for name, step in unit.steps.items()}
    parts = _parts(unit)
    return [
        total([paths[step] for step in stage]) + Bill.of(part=parts * len(stage))
        for stage in unit.stage_steps
    ]


def _parts(unit: FloatUnit) -> float:
    """Parts on the way through a step, which nothing but tables makes.

    What makes an integer of a float tells nothing apart. What makes a float of an integer looks at all bits
    of a word in each step, by tables of four of them.
    """
    match unit:
        case FloatToFixedPlan():
            return 0
        case FixedToFloatPlan(width=width):
            return log2(width) / 2
        case FloatAdderPlan() | FloatMultiplierPlan() | LargestExponentPlan() | AlignPlan():
            return 1
        case unknown:
            assert_never(unknown)


def _with_carries(unit: FloatUnit) -> dict[str, Bill]:
    """The paths through the steps that have carries: those of a comparison and of an increment, too.

    A rounding's increment runs through the fraction; the exponent, which comes late, is one level more. A
    level of a normaliser that shifts by 2^k looks at as many bits. The other steps are levels of logic, as
    many as the unit is cut by.
    """
    fmt = unit.fmt
    match unit:
        case FloatAdderPlan():
            return {
                "order": _long("compare", fmt.bits - 1),
                "distance": carries(fmt.exponent) + Bill.of(step=2),
                "sum": carries(fmt.mantissa + 2) + Bill.of(step=2),
                "round": _long("increment", fmt.mantissa) + Bill.of(step=3),
            }
        case FloatMultiplierPlan():
            levels = unit.precision.bit_length()
            return {
                "multiply": carries(2 * fmt.mantissa) + Bill.of(step=2 * levels),
                "round": _long("increment", fmt.mantissa) + Bill.of(step=3),
            }
        case FloatToFixedPlan():
            return {"negate": _long("increment", fmt.mantissa + 1) + Bill.of(step=1)}
        case FixedToFloatPlan(reach=reach):
            levels = reach.bit_length()
            rounded = _long("increment", min(fmt.mantissa, unit.width))
            return {
                "normalise": Bill.of(step=levels, look=levels * (levels - 1) / 2, part=levels + 0.5),
                "round": rounded + Bill.of(step=3, look=log2(unit.magnitude + unit.below)),
            }
        case LargestExponentPlan():
            return dict.fromkeys(unit.steps, _long("compare", fmt.exponent) + Bill.of(step=1))
        case AlignPlan():
            rounded = _long("increment", unit.bits) + Bill.of(step=2) if unit.nearest else NOTHING
            return {"negate": carries(fmt.exponent) + Bill.of(step=2), "round": rounded}
        case unknown:
            assert_never(unknown)


def _long(component: str, bits: int) -> Bill:
    """A comparison's or an increment's path over so many bits, whose carries may run in parallel."""
    return Bill.of(**{component: bits}, prefix=log2(max(bits, 1)))
