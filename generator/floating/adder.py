"""The floating-point adder: a single path, with subnormals, shaped for area.

Ordering the operands by magnitude, on their packed bits, means that a subtraction never turns out negative,
that the larger one shows whether anything is special, and that the sign of the result is known at once.
Only operands at most one binade apart can need a long normalising shift, and their difference is exact.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Value
from amaranth.lib.wiring import In, Out

from generator.floating.bits import (
    add_unsigned,
    is_special,
    normalise,
    round_and_pack,
    shift_right_sticky,
    spread,
    subtract_distance,
    unpack,
    wire,
    with_specials,
)
from generator.floating.pipeline import PipelinedBlock
from generator.plan.float_units import FloatAdderPlan


class FloatAdder(PipelinedBlock):
    """``a`` + ``b``, or ``a`` - ``b``, rounded to nearest even.

    Subnormals, signed zeros and infinities as IEEE 754 has them; every NaN is ``fmt.canonical_nan``. A format
    without infinities answers an overflow with NaN.

    Parameters
    ----------
    plan : FloatAdderPlan
    subtract : bool
        Compute ``a`` - ``b``, which is ``a`` + (-``b``).

    Members
    -------
    a, b : In(fmt.bits)
    sum : Out(fmt.bits)
    """

    kind = "float_adder"

    def __init__(self, plan: FloatAdderPlan, *, subtract: bool = False) -> None:
        fmt = plan.fmt
        name = f"float_{'subtract' if subtract else 'add'}_{fmt.name}"
        summary = f"{fmt.name} a {'-' if subtract else '+'} b"
        super().__init__(name, summary, {"a": In(fmt.bits), "b": In(fmt.bits), "sum": Out(fmt.bits)}, plan)
        self.plan = plan
        self.subtract = subtract

    def _ordered(self, m: Module) -> tuple[Value, Value, Value, Value]:
        """The magnitudes of the larger and the smaller operand, the result's sign, whether signs differ."""
        b_sign = ~self.b[-1] if self.subtract else self.b[-1]
        differ = wire(m, "differ", self.a[-1] ^ b_sign)
        less = wire(m, "less", self.a[:-1] < self.b[:-1])
        large = wire(m, "large", Mux(less, self.b[:-1], self.a[:-1]))
        small = wire(m, "small", Mux(less, self.a[:-1], self.b[:-1]))
        return large, small, wire(m, "sign", Mux(less, b_sign, self.a[-1])), differ

    def elaborate(self, platform: object) -> Module:
        fmt, precision = self.plan.fmt, self.plan.precision
        m, pipeline = self.pipelined()

        large, small, sign, differ = pipeline.after("order", *self._ordered(m))

        # The distance counts from exponents of at least 1; if only the small operand is subnormal, that is
        # one less than the difference of the fields.
        field, fraction = large[fmt.mantissa :], large[: fmt.mantissa]
        small_field, small_fraction = small[fmt.mantissa :], small[: fmt.mantissa]
        of_large = unpack(m, "large", fmt, field, fraction)
        of_small = unpack(m, "small", fmt, small_field, small_fraction)
        both = of_small.normal | ~of_large.normal
        distance = add_unsigned(m, "distance", field, ~small_field, both, fmt.exponent)
        special = wire(m, "special", is_special(fmt, large))
        cancelling = small_field.all() & differ
        nan = wire(m, "nan", special & (fraction.any() | cancelling) if fmt.infinities else special)
        exponent, augend, addend = of_large.exponent, of_large.significand, of_small.significand
        exponent, augend, addend, distance, sign, differ, special, nan = pipeline.after(
            "distance", exponent, augend, addend, distance, sign, differ, special, nan
        )

        aligned, sticky = shift_right_sticky(m, "align", Cat(Const(0, 2), addend), distance)
        exponent, augend, aligned, sticky, sign, differ, special, nan = pipeline.after(
            "align", exponent, augend, aligned, sticky, sign, differ, special, nan
        )

        # The augend has nothing below its last place, so there a difference is the two's complement of what
        # was shifted out, and a borrow from it is a carry that does not come.
        half, guard = aligned[0], aligned[1]
        below = wire(m, "below", half | sticky)
        carry = wire(m, "carry", differ & ~(guard | below))
        addend = wire(m, "addend", aligned[2:] ^ spread(differ, precision))
        total = add_unsigned(m, "total", augend, addend, carry, precision + 1)
        low = wire(m, "low", Cat(half ^ (sticky & differ), guard ^ (below & differ)))
        word = Cat(sticky, low, total[:-1], wire(m, "above", total[-1] & ~differ))
        exponent, word, sign, differ, special, nan = pipeline.after(
            "sum", exponent, word, sign, differ, special, nan
        )

        # The word's top bit is one binade above the augend, so the exponent is the limit as it stands.
        word, distance = normalise(m, "normal", word, exponent, precision + 1, short=2)
        exponent, word, distance, sign, differ, special, nan = pipeline.after(
            "normalise", exponent, word, distance, sign, differ, special, nan
        )

        hidden, result, half, rest = word[-1], word[4:-1], word[3], word[:3]
        up = wire(m, "up", half & (rest.any() | result[0]))
        field = subtract_distance(m, "field", exponent, distance)
        packed = round_and_pack(m, fmt, hidden, result, up, field, may_exceed=not fmt.infinities)
        sign = wire(m, "signed", sign & ~(differ & ~word[4:].any()))
        value = with_specials(m, fmt, packed, sign, special, nan)
        (value,) = pipeline.after("round", value)
        m.d.comb += self.sum.eq(value)
        return m
