"""What floating-point blocks are made of: comparisons, shifters, normalisers, adders and increments.

Widths follow from the formats as in ``generator.floating``, level by level where a word grows on its way; so
one price of each component serves every format and width.
"""

from __future__ import annotations

from costmodel.components import NOTHING, Bill, adder, recoder, register, signed_multiplier
from generator.floating.adder import FloatAdder
from generator.floating.align import Align, LargestExponent
from generator.floating.fixed import FixedToFloat, FloatToFixed, fixed_bits
from generator.floating.multiplier import FloatMultiplier
from generator.floating.pipeline import PipelinedBlock
from generator.formats import Float


def staged(block: PipelinedBlock, bill: Bill) -> Bill:
    """``bill`` with the registers of the block's stages, which hold while the pipeline waits."""
    return bill + register(register_bits(block), holds=True) if block.stages else bill


def float_adder(fmt: Float, stages: int = 0) -> Bill:
    """Orders the operands, aligns the smaller, adds, normalises and rounds.

    The aligned word has two more bits than the significand; the sum's has four.
    """
    precision = fmt.mantissa + 1
    levels = (precision + 1).bit_length()
    bill = (
        Bill.of(compare=fmt.bits - 1, choice=2 * (fmt.bits - 1), complement=precision, special=1)
        + adder(fmt.exponent)
        + Bill.of(shift=levels * (precision + 2), detect=precision)
        + adder(precision + 1)
        + normaliser(precision + 4, precision + 1)
        + rounding(fmt)
    )
    return staged(FloatAdder(fmt, stages=stages), bill)


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
    return staged(FloatMultiplier(fmt, stages=stages), bill)


def float_to_fixed(fmt: Float, stages: int = 0) -> Bill:
    """Negates the significand and shifts it left; the word grows with each level's step."""
    precision, width = fmt.mantissa + 1, fixed_bits(fmt) + 1
    shifted, word = 0, precision + 1
    for level in range(fmt.exponent):
        word = min(word + (1 << level), width)
        shifted += word
    bill = Bill.of(complement=precision, increment=precision, shift=shifted)
    return staged(FloatToFixed(fmt, stages=stages), bill)


def fixed_to_float(fmt: Float, width: int, lsb: int, scaled: bool, stages: int = 0) -> Bill:
    """Normalises a two's complement integer, and rounds the bits of its magnitude that fit."""
    block = FixedToFloat(fmt, width, lsb, scaled=scaled, stages=stages)
    field = lsb + width - 2 + fmt.bias - 1
    largest = max(0, field) + scaled * ((1 << fmt.exponent) - 1)
    magnitude = width - 1 + max(0, -field - scaled)
    bill = (
        normaliser(magnitude, min(magnitude, largest))
        + Bill.of(complement=fmt.mantissa + 1)
        + (adder(fmt.exponent) if scaled else NOTHING)
        + rounding(fmt)
    )
    return staged(block, bill)


def largest_exponent(fmt: Float, count: int, stages: int = 0) -> Bill:
    """A tree of comparisons of exponents, of which infinities' and NaNs' are gated."""
    bits = (count - 1) * fmt.exponent
    bill = Bill.of(compare=bits, choice=bits, gate=count * fmt.exponent)
    return staged(LargestExponent(fmt, count, stages=stages), bill)


def align(fmt: Float, bits: int, rounding: str, stages: int = 0) -> Bill:
    """Negates the significand, shifts it right by the distance of the exponents, and rounds."""
    precision, nearest = fmt.mantissa + 1, rounding == "nearest"
    width = bits + nearest
    shifted, word = 0, min(precision + 1, width)
    for level in range(min(fmt.exponent, width.bit_length())):
        word = min(word + (1 << level), width)
        shifted += word
    bill = (
        Bill.of(complement=precision, increment=precision)
        + (Bill.of(increment=bits, detect=precision) if nearest else NOTHING)
        + Bill.of(shift=shifted, gate=width if fmt.exponent > width.bit_length() else 0)
        + adder(fmt.exponent)
    )
    assert rounding in ("nearest", "truncate")
    return staged(Align(fmt, bits, "nearest" if nearest else "truncate", stages=stages), bill)


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


def rounding(fmt: Float) -> Bill:
    """Subtracts the distance from the exponent, increments the result, puts special values in its place."""
    return adder(fmt.exponent) + Bill.of(increment=fmt.bits - 1, gate=fmt.bits - 1, special=1)


def register_bits(block: PipelinedBlock) -> int:
    """Bits of the registers of a block's stages, counted where the block is written."""
    return _written(block)[0]


def longest_stage(block: PipelinedBlock) -> int:
    """Full adders' times on the path of a block's slowest stage."""
    return _written(block)[1]


def _written(block: PipelinedBlock) -> tuple[int, int]:
    if block.module_name not in _WRITTEN:
        # Only looked at: Amaranth would complain that nobody uses it.
        block.elaborate(None)._MustUse__used = True
        _WRITTEN[block.module_name] = block.pipeline.bits, block.pipeline.longest
    return _WRITTEN[block.module_name]


_WRITTEN: dict[str, tuple[int, int]] = {}
"""Register bits and longest stages by the names of modules, which are equal where blocks are."""
