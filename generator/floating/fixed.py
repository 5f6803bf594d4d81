"""Between floating point and fixed point: exact on the way in, rounded once on the way out.

Both keep negative numbers in two's complement as long as they can: a float is negated while it is still a
short significand, and an integer is rounded from its one's complement, whose missing unit the rounding
itself supplies.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Value
from amaranth.lib.wiring import In, Out

from generator.block import keep_low
from generator.floating.bits import (
    increment,
    is_special,
    leave,
    normalise,
    round_and_pack,
    shift_left_signed,
    spread,
    subtract_distance,
    unpack,
    wire,
    with_specials,
)
from generator.floating.pipeline import PipelinedBlock
from generator.plan.float_units import FixedToFloatPlan, FloatToFixedPlan


def negate_if(m: Module, name: str, magnitude: Value, sign: Value) -> Value:
    """The two's complement, one bit wider, of ``magnitude`` or, with ``sign``, of minus it."""
    width = len(magnitude)
    flipped = wire(m, f"{name}_flipped", magnitude ^ spread(sign, width))
    value = increment(m, name, flipped, sign, width)
    return Cat(value, wire(m, f"{name}_sign", sign & magnitude.any()))


class FloatToFixed(PipelinedBlock):
    """A float as an integer multiple of its format's smallest subnormal, exactly.

    Parameters
    ----------
    plan : FloatToFixedPlan

    Members
    -------
    value : In(fmt.bits)
    fixed : Out(fmt.fixed_bits)
        Two's complement. Of an infinity or a NaN what the bits would mean one binade above the largest,
        wrapped.
    special : Out(1)
        ``value`` is an infinity or a NaN.
    """

    kind = "float_to_fixed"

    def __init__(self, plan: FloatToFixedPlan) -> None:
        fmt = plan.fmt
        ports = {"value": In(fmt.bits), "fixed": Out(fmt.fixed_bits), "special": Out(1)}
        summary = f"{fmt.name} to a multiple of 2^{fmt.smallest_exponent}"
        super().__init__(f"float_to_fixed_{fmt.name}", summary, ports, plan)
        self.plan = plan

    def elaborate(self, platform: object) -> Module:
        fmt = self.plan.fmt
        m, pipeline = self.pipelined()
        field, fraction = self.value[fmt.mantissa : -1], self.value[: fmt.mantissa]
        unpacked = unpack(m, "value", fmt, field, fraction)
        word = negate_if(m, "negated", unpacked.significand, self.value[-1])
        special = wire(m, "is_special", is_special(fmt, self.value[:-1]))
        word, exponent, special = pipeline.after("negate", word, unpacked.exponent, special)

        # The exponent is at least 1, so the lowest bit is always zero.
        shifted = shift_left_signed(m, "shifted", word, exponent, fmt.fixed_bits + 1)
        leave(m, "lowest", shifted[0])
        fixed, special = pipeline.after("shift", shifted[1:], special)
        m.d.comb += [self.fixed.eq(fixed), self.special.eq(special)]
        return m


class FixedToFloat(PipelinedBlock):
    """An integer multiple of a power of two as a float, rounded once to nearest even.

    Beyond the format's largest finite value it is an infinity, or NaN in a format without infinities. Zero is
    positive; a negative number that rounds to zero is -0.

    Parameters
    ----------
    plan : FixedToFloatPlan

    Members
    -------
    fixed : In(plan.width)
        Two's complement.
    exponent : In(fmt.exponent)
        Only if the plan is ``scaled``: the exponent field that a group of floats was aligned to, at least 1.
    value : Out(fmt.bits)
    """

    kind = "fixed_to_float"

    def __init__(self, plan: FixedToFloatPlan) -> None:
        fmt, width, lsb, scaled = plan.fmt, plan.width, plan.lsb, plan.scaled
        weight = f"{'e' if scaled else ''}{'m' if lsb < 0 else 'p'}{abs(lsb)}"
        ports = {"fixed": In(width), "value": Out(fmt.bits)}
        scale = {"exponent": In(fmt.exponent)} if scaled else {}
        summary = f"fixed * 2^({lsb}{' + exponent' if scaled else ''}) to {fmt.name}"
        super().__init__(f"fixed{width}_{weight}_to_{fmt.name}", summary, {**scale, **ports}, plan)
        self.plan = plan

    def elaborate(self, platform: object) -> Module:
        plan, fmt, bits = self.plan, self.plan.fmt, self.plan.exponent_bits
        may_exceed = plan.largest + 2 >= 1 << bits
        m, pipeline = self.pipelined()

        sign = wire(m, "sign", self.fixed[-1])
        word = Cat(Const(0, plan.below), self.fixed[:-1], spread(sign, plan.above))
        if plan.scaled:
            exponent = keep_low(m, "field", self.exponent + Const(plan.field, bits), bits)
        else:
            exponent = wire(m, "field", Const(plan.field, bits))
        limit = exponent if plan.field + plan.scaled < plan.magnitude else None
        word, distance = normalise(m, "normal", word, limit, plan.reach, sign)
        word, distance, exponent, sign = pipeline.after("normalise", word, distance, exponent, sign)

        # ``word`` is in two's complement, its one's complement is one unit too small if it is negative.
        # That unit carries through the ones below the half if the rest is zero: then half and all are
        # exact.
        precision = fmt.mantissa + 1
        kept = wire(m, "kept", word[len(word) - precision :] ^ spread(sign, precision))
        hidden, result = kept[-1], kept[:-1]
        half, rest = word[len(word) - precision - 1], word[: len(word) - precision - 1]
        inexact = wire(m, "inexact", rest.any())
        up_positive = half & (inexact | result[0])
        up_negative = ~half | ~inexact & result[0]
        up = wire(m, "up", up_positive & ~sign | up_negative & sign)
        packed_exponent = subtract_distance(m, "difference", exponent, distance)
        packed = round_and_pack(m, fmt, hidden, result, up, packed_exponent, may_exceed)
        none = Const(0, 1)
        value = with_specials(m, fmt, packed, sign, none, none)
        (value,) = pipeline.after("round", value)
        m.d.comb += self.value.eq(value)
        return m
