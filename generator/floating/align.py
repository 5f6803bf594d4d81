"""Block floating point: a group of floats on the scale of its largest exponent, cut to some bits."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Value
from amaranth.lib.wiring import In, Out

from generator.block import slices
from generator.floating.bits import (
    add_unsigned,
    increment,
    is_special,
    leave,
    shift_right_signed,
    spread,
    unpack,
    wire,
)
from generator.floating.fixed import negate_if
from generator.floating.pipeline import PipelinedBlock
from generator.plan.float_units import AlignPlan, LargestExponentPlan


class LargestExponent(PipelinedBlock):
    """The largest exponent field of a group of floats, at least 1; infinities and NaNs do not count.

    Parameters
    ----------
    plan : LargestExponentPlan

    Members
    -------
    values : In(plan.count · fmt.bits)
        Value 0 in the low bits.
    exponent : Out(fmt.exponent)
    """

    kind = "largest_exponent"

    def __init__(self, plan: LargestExponentPlan) -> None:
        fmt, count = plan.fmt, plan.count
        ports = {"values": In(count * fmt.bits), "exponent": Out(fmt.exponent)}
        summary = f"the largest exponent field of {count} {fmt.name} values"
        super().__init__(f"largest_exponent_{fmt.name}_of{count}", summary, ports, plan)
        self.plan = plan

    def elaborate(self, platform: object) -> Module:
        fmt, count = self.plan.fmt, self.plan.count
        m, pipeline = self.pipelined()
        fields: list[Value] = []
        for i, value in enumerate(slices(self.values, [fmt.bits] * count)):
            special = wire(m, f"special{i}", is_special(fmt, value[:-1]))
            leave(m, f"sign{i}", value[-1])
            if fmt.infinities:
                leave(m, f"fraction{i}", value[: fmt.mantissa])
            fields.append(wire(m, f"field{i}", value[fmt.mantissa : -1] & spread(~special, fmt.exponent)))
        for level in range(self.plan.levels):
            pairs = [fields[i : i + 2] for i in range(0, len(fields), 2)]
            fields = [
                wire(m, f"larger{level}_{i}", Mux(pair[0] < pair[1], pair[1], pair[0]))
                if pair[1:]
                else pair[0]
                for i, pair in enumerate(pairs)
            ]
            fields = list(pipeline.after(f"level{level}", *fields))
        (field,) = fields
        exponent = Cat(wire(m, "lowest", field[0] | ~field.any()), field[1:])
        (exponent,) = pipeline.after("least", exponent)
        m.d.comb += self.exponent.eq(exponent)
        return m


class Align(PipelinedBlock):
    """A float as an integer of ``bits`` bits on the scale of a common exponent, which is not below its own.

    The hidden bit of a float with the common exponent has weight 2^(bits - 2). "nearest" rounds to nearest
    even, but never beyond the largest integer; "truncate" drops the low bits of the two's complement, which
    rounds down.

    Parameters
    ----------
    plan : AlignPlan

    Members
    -------
    value : In(fmt.bits)
    exponent : In(fmt.exponent)
        The common exponent field, at least 1.
    aligned : Out(plan.bits)
        Two's complement. An infinity or a NaN counts as a subnormal of its fraction.
    special : Out(1)
        ``value`` is an infinity or a NaN.
    """

    kind = "align"

    def __init__(self, plan: AlignPlan) -> None:
        fmt, bits = plan.fmt, plan.bits
        ports = {"value": In(fmt.bits), "exponent": In(fmt.exponent), "aligned": Out(bits), "special": Out(1)}
        how = "rounded to nearest" if plan.nearest else "rounded down"
        summary = f"{fmt.name} on a common exponent in {bits} bits, {how}"
        super().__init__(f"align_{fmt.name}_to{bits}_{plan.rounding}", summary, ports, plan)
        self.plan = plan

    def elaborate(self, platform: object) -> Module:
        plan, fmt, bits = self.plan, self.plan.fmt, self.plan.bits
        m, pipeline = self.pipelined()

        special = wire(m, "is_special", is_special(fmt, self.value[:-1]))
        field = wire(m, "finite", self.value[fmt.mantissa : -1] & spread(~special, fmt.exponent))
        unpacked = unpack(m, "value", fmt, field, self.value[: fmt.mantissa])
        word = negate_if(m, "negated", unpacked.significand, self.value[-1])
        # As in the adder: fields count, less one if only this value is subnormal. The common exponent never
        # is.
        distance = add_unsigned(m, "distance", self.exponent, ~field, unpacked.normal, fmt.exponent)
        word, distance, special = pipeline.after("negate", word, distance, special)

        shifted, lost = shift_right_signed(m, "shifted", word, distance, plan.shifted_bits)
        shifted, lost, special = pipeline.after("shift", shifted, lost, special)

        if plan.nearest:
            kept = shifted[1:]
            up = shifted[0] & (lost | kept[0])
            if bits <= fmt.mantissa + 1:
                up = up & ~(kept[:-1].all() & ~kept[-1])
            shifted = increment(m, "nearest", kept, wire(m, "up", up), bits)
        shifted, special = pipeline.after("round", shifted, special)
        m.d.comb += [self.aligned.eq(shifted), self.special.eq(special)]
        return m
