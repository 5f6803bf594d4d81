"""What floating-point blocks are made of: comparisons, shifters, normalisers, adders and increments.

Widths follow from the formats as in ``generator.floating``, level by level where a word grows on its way; so
one price of each component serves every format and width.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ParamSpec, TypeVar

from costmodel.price.components import NOTHING, Bill, adder, recoder, signed_multiplier, total
from generator.floating.adder import FloatAdder
from generator.floating.align import Align, LargestExponent
from generator.floating.fixed import FixedToFloat, FloatToFixed, fixed_bits
from generator.floating.multiplier import FloatMultiplier
from generator.floating.pipeline import Pipeline, PipelinedBlock
from generator.formats import Float

Given = ParamSpec("Given")
Unit = TypeVar("Unit", bound=PipelinedBlock)

FRONT = ("order", "distance", "align")
"""Steps of an adder that do not ask whether it adds or subtracts."""


def unit(kind: Callable[Given, Unit], *arguments: Given.args, **options: Given.kwargs) -> Unit:
    """A floating-point unit to look at; equal ones are made once, because Amaranth takes its time."""
    key = (kind, arguments, tuple(options.items()))
    if key not in _UNITS:
        _UNITS[key] = kind(*arguments, **options)
    made: Unit = _UNITS[key]
    return made


_UNITS: dict[Any, Any] = {}


def staged(block: PipelinedBlock, bill: Bill) -> Bill:
    """``bill`` with the registers of the block's stages, which hold while the pipeline waits."""
    return bill + Bill.of(stage=sum(_pipeline(block).bits_after.values())) if block.stages else bill


def float_adder(fmt: Float, stages: int = 0) -> Bill:
    """Orders the operands, aligns the smaller, adds, normalises and rounds.

    The aligned word has two more bits than the significand; the sum's has four.
    """
    return staged(unit(FloatAdder, fmt, stages=stages), _front(fmt) + _back(fmt))


def float_adder_pair(fmt: Float, stages: int = 0) -> Bill:
    """A sum and a difference of the same two numbers: a flattened design has one front for both."""
    block = unit(FloatAdder, fmt, stages=stages)
    shared = sum(_pipeline(block).bits_after[step] for step in FRONT) if stages else 0
    return staged(block, _front(fmt) + _back(fmt)) + staged(block, _back(fmt)) + Bill.of(stage=-shared)


def _front(fmt: Float) -> Bill:
    precision = fmt.mantissa + 1
    levels = (precision + 1).bit_length()
    ordered = Bill.of(compare=fmt.bits - 1, choice=2 * (fmt.bits - 1))
    return ordered + adder(fmt.exponent) + Bill.of(shift=levels * (precision + 2), detect=precision)


def _back(fmt: Float) -> Bill:
    precision = fmt.mantissa + 1
    added = Bill.of(complement=precision, special=1) + adder(precision + 1)
    return added + normaliser(precision + 4, precision + 1) + rounding(fmt)


def float_multiplier(fmt: Float, stages: int = 0) -> Bill:
    """Multiplies significands, adds exponents, normalises, shifts a subnormal product back and rounds."""
    precision = fmt.mantissa + 1
    bill = (
        signed_multiplier(precision + 1, 2 * precision + 1)
        + recoder(precision + 1)
        + 2 * adder(fmt.exponent + 2)
        + normaliser(2 * precision, precision)
        + Bill.of(shift=precision.bit_length() * (precision + 1), detect=precision, special=2)
        + rounding(fmt)
    )
    return staged(unit(FloatMultiplier, fmt, stages=stages), bill)


def float_to_fixed(fmt: Float, stages: int = 0) -> Bill:
    """Negates the significand and shifts it left; the word grows with each level's step."""
    precision, width = fmt.mantissa + 1, fixed_bits(fmt) + 1
    shifted, word = 0, precision + 1
    for level in range(fmt.exponent):
        word = min(word + (1 << level), width)
        shifted += word
    bill = Bill.of(complement=precision, increment=precision, shift=shifted)
    return staged(unit(FloatToFixed, fmt, stages=stages), bill)


def fixed_to_float(fmt: Float, width: int, lsb: int, scaled: bool, stages: int = 0) -> Bill:
    """Normalises a two's complement integer, and rounds the bits of its magnitude that fit."""
    block = unit(FixedToFloat, fmt, width, lsb, scaled=scaled, stages=stages)
    field = lsb + width - 2 + fmt.bias - 1
    largest = max(0, field) + scaled * ((1 << fmt.exponent) - 1)
    magnitude = width - 1 + max(0, -field - scaled)
    bill = (
        normaliser(magnitude, min(magnitude, largest))
        + Bill.of(complement=fmt.mantissa + 1)
        + (adder(fmt.exponent) if scaled else NOTHING)
        + rounding(fmt, min(fmt.mantissa, width))
    )
    return staged(block, bill)


def largest_exponent(fmt: Float, count: int, stages: int = 0) -> Bill:
    """A tree of comparisons of exponents, of which infinities' and NaNs' are gated."""
    bits = (count - 1) * fmt.exponent
    bill = Bill.of(compare=bits, choice=bits, gate=count * fmt.exponent)
    return staged(unit(LargestExponent, fmt, count, stages=stages), bill)


def align(fmt: Float, bits: int, rounding: str, stages: int = 0) -> Bill:
    """Negates the significand, shifts it right by the distance of the exponents, and rounds.

    Of bits of the significand below those that are aligned only whether there are any counts.
    """
    precision, nearest = fmt.mantissa + 1, rounding == "nearest"
    width = bits + nearest
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
    assert rounding in ("nearest", "truncate")
    return staged(unit(Align, fmt, bits, "nearest" if nearest else "truncate", stages=stages), bill)


def widen(source: Float, target: Float) -> Bill:
    """Normalises what is subnormal in the narrower format alone, and biases the exponent."""
    if source.exponent == target.exponent:
        return Bill.of(gate=source.bits)
    exponent = adder(target.exponent) + Bill.of(gate=target.exponent)
    return normaliser(source.mantissa + 1, source.mantissa) + exponent


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


def slowest_stage(block: PipelinedBlock) -> Bill:
    """The path through a floating-point unit, or through the slowest of its stages."""
    return Bill.dearest_of(stage_paths(block))


@cache
def stage_paths(block: PipelinedBlock) -> list[Bill]:
    """The paths of a block's stages, step by step."""
    return [total([_step(block, step) for step in stage]) for stage in _pipeline(block).stages]


def _step(block: PipelinedBlock, step: str) -> Bill:
    """The path through one step: carries ripple, also a comparison's and an increment's; the rest are levels.

    A rounding's increment runs through the fraction; the exponent, which comes late, is one level more.
    What is not said here takes the full adders' times that the block is cut by.
    """
    match block, step:
        case (FloatAdder(), "order"):
            return Bill.of(compare=block.fmt.bits - 1)
        case (FloatAdder(), "distance"):
            return Bill.of(carry=block.fmt.exponent, step=2)
        case (FloatAdder(), "sum"):
            return Bill.of(carry=block.fmt.mantissa + 2, step=2)
        case (FloatMultiplier(), "multiply"):
            levels = (block.fmt.mantissa + 1).bit_length()
            return Bill.of(carry=2 * block.fmt.mantissa, step=2 * levels)
        case (FixedToFloat(), "round"):
            return Bill.of(increment=min(block.fmt.mantissa, block.width), step=3)
        case (FloatAdder() | FloatMultiplier(), "round"):
            return Bill.of(increment=block.fmt.mantissa, step=3)
        case (FloatToFixed(), "negate"):
            return Bill.of(increment=block.fmt.mantissa + 1, step=1)
        case (Align(), "negate"):
            return Bill.of(carry=block.fmt.exponent, step=2)
        case (Align(), "round"):
            nearest = block.rounding == "nearest"
            return Bill.of(increment=block.bits, step=2) if nearest else NOTHING
        case (LargestExponent(), _):
            return Bill.of(compare=block.fmt.exponent, step=1)
    return Bill.of(step=_pipeline(block).delays[step])


@cache
def _pipeline(block: PipelinedBlock) -> Pipeline:
    """The steps and registers of a block, as it is written."""
    # Only looked at: Amaranth would complain that nobody uses it.
    block.elaborate(None)._MustUse__used = True
    return block.pipeline
