"""The floating-point multiplier: what a conventional engine spends on each weight."""

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
from generator.floating.pipeline import Pipeline, PipelinedBlock
from generator.formats import Float
from generator.plan.float_units import FloatMultiplierPlan
from generator.products import product


def _less_bias(m: Module, fmt: Float, a: Value, b: Value, one: Value) -> Value:
    """``a`` + ``b`` - bias, or one less without ``one``: a bias is one less than a power of two, which leaves
    the bits below it alone."""
    total = add_unsigned(m, "exponents", a, b, one, fmt.exponent + 1)
    low, high = total[:-2], total[-2:]
    return Cat(low, ~high[0], ~(high[0] ^ high[1]), ~high.any())


class FloatMultiplier(PipelinedBlock):
    """``a`` · ``b``, rounded to nearest even.

    Signed zeros, infinities and, where the plan has them, subnormals as IEEE 754 has them; every NaN is
    ``fmt.canonical_nan``. A format without infinities answers an overflow with NaN.

    Parameters
    ----------
    plan : FloatMultiplierPlan

    Members
    -------
    a, b : In(fmt.bits)
    product : Out(fmt.bits)
    """

    kind = "float_multiplier"

    def __init__(self, plan: FloatMultiplierPlan) -> None:
        fmt = plan.fmt
        ports = {"a": In(fmt.bits), "b": In(fmt.bits), "product": Out(fmt.bits)}
        name = f"float_multiply_{fmt.name}" if plan.subnormals else f"float_multiply_{fmt.name}_normal"
        super().__init__(name, f"{fmt.name} a * b", ports, plan)
        self.plan = plan

    def elaborate(self, platform: object) -> Module:
        fmt, precision = self.plan.fmt, self.plan.precision
        m, pipeline = self.pipelined()

        magnitudes = self.a[:-1], self.b[:-1]
        fields = [magnitude[fmt.mantissa :] for magnitude in magnitudes]
        fractions = [magnitude[: fmt.mantissa] for magnitude in magnitudes]
        a, b = (
            unpack(m, name, fmt, field, fraction)
            for name, field, fraction in zip("ab", fields, fractions, strict=True)
        )
        special_a, special_b = (is_special(fmt, magnitude) for magnitude in magnitudes)
        zero_a, zero_b = (
            ~(each.significand if self.plan.subnormals else each.normal).any() for each in (a, b)
        )
        special = wire(m, "special", special_a | special_b)
        nan = special
        if fmt.infinities:
            invalid = special_a & (fractions[0].any() | zero_b) | special_b & (fractions[1].any() | zero_a)
            nan = wire(m, "nan", invalid)
        sign = wire(m, "sign", self.a[-1] ^ self.b[-1])
        word = product(m, "word", a.significand, b.significand, 2 * precision, signed=False)
        # One less than the exponent field of a product whose top bit is set; negative when it is subnormal
        # then.
        if not self.plan.subnormals:
            zero = wire(m, "zero", ~a.normal | ~b.normal)
            exponent = _less_bias(m, fmt, fields[0], fields[1], word[-1])
            value = self._normal(m, pipeline, exponent, word, zero, sign, special, nan)
            m.d.comb += self.product.eq(value)
            return m
        exponent = _less_bias(m, fmt, a.exponent, b.exponent, Const(1, 1))
        exponent, word, sign, special, nan = pipeline.after("multiply", exponent, word, sign, special, nan)

        # Two subnormals make a product far below the format, so one significand is normalised already.
        tiny = exponent[-1]
        limit = wire(m, "limit", exponent[:-1] & spread(~tiny, fmt.exponent + 1))
        depth = wire(m, "depth", ~exponent[:-1] & spread(tiny, fmt.exponent + 1))
        word, distance = normalise(m, "normal", word, limit, precision)
        kept, rest = word[precision - 1 :], word[: precision - 1]
        # A product below the format is shifted right by minus its exponent, which is one more than ``depth``.
        kept = wire(m, "kept", Mux(tiny, Cat(kept[1:], Const(0, 1)), kept))
        sticky = wire(m, "sticky", rest.any() | tiny & word[precision - 1])
        limit, kept, sticky, depth, distance, sign, special, nan = pipeline.after(
            "normalise", limit, kept, sticky, depth, distance, sign, special, nan
        )

        kept, lost = shift_right_sticky(m, "denormal", kept, depth)
        sticky = wire(m, "inexact", sticky | lost)
        limit, kept, sticky, distance, sign, special, nan = pipeline.after(
            "denormalise", limit, kept, sticky, distance, sign, special, nan
        )

        hidden, result, half = kept[-1], kept[1:-1], kept[0]
        up = wire(m, "up", half & (sticky | result[0]))
        field = subtract_distance(m, "field", limit, distance)
        packed = round_and_pack(m, fmt, hidden, result, up, field, may_exceed=True)
        value = with_specials(m, fmt, packed, sign, special, nan)
        (value,) = pipeline.after("round", value)
        m.d.comb += self.product.eq(value)
        return m

    def _normal(
        self,
        m: Module,
        pipeline: Pipeline,
        exponent: Value,
        word: Value,
        zero: Value,
        sign: Value,
        special: Value,
        nan: Value,
    ) -> Value:
        """The product where there are no subnormals; ``exponent`` is one less than its field, or negative."""
        fmt, precision = self.plan.fmt, self.plan.precision
        exponent, word, zero, sign, special, nan = pipeline.after(
            "multiply", exponent, word, zero, sign, special, nan
        )
        hidden = wire(m, "hidden", ~zero & ~exponent[-1])
        kept = wire(m, "kept", Mux(word[-1], word[precision - 1 : -1], word[precision - 2 : -2]))
        sticky = word[: precision - 2].any() | word[precision - 2] & word[-1]
        result = wire(m, "result", kept[1:] & spread(hidden, fmt.mantissa))
        up = wire(m, "up", kept[0] & (sticky | kept[1]) & hidden)
        packed = round_and_pack(m, fmt, hidden, result, up, exponent[:-1], may_exceed=True)
        (value,) = pipeline.after("round", with_specials(m, fmt, packed, sign, special, nan))
        return value
