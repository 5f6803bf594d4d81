"""From a narrow format to a wider one: exact, for sums that are accumulated in more precision."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module
from amaranth.lib.wiring import In, Out

from generator.block import Block, keep_low
from generator.errors import ConfigError
from generator.floating.bits import is_special, normalise, spread, subtract_distance, unpack, wire
from generator.formats import Float


class FloatWiden(Block):
    """A float in a format that has every one of its values; every NaN is ``target.canonical_nan``.

    Parameters
    ----------
    source, target : Float
        ``target`` has infinities, at least the fraction bits of ``source``, and either its exponent bits or
        exponents so much wider that no subnormal of ``source`` is one of ``target``; otherwise
        ``ConfigError``.

    Members
    -------
    value : In(source.bits)
    wide : Out(target.bits)
    """

    kind = "float_widen"

    def __init__(self, source: Float, target: Float) -> None:
        ports = {"value": In(source.bits), "wide": Out(target.bits)}
        summary = f"{source.name} as {target.name}; combinational"
        super().__init__(f"widen_{source.name}_to_{target.name}", summary, ports)
        self.source = source
        self.target = target
        roomy = target.bias - source.bias >= source.mantissa
        if (
            not target.infinities
            or target.mantissa < source.mantissa
            or not (roomy or (target.exponent == source.exponent and source.infinities))
        ):
            raise ConfigError(f"{target.name} does not have every value of {source.name}")

    def elaborate(self, platform: object) -> Module:
        source, target = self.source, self.target
        m = Module()
        field, fraction = self.value[source.mantissa : -1], self.value[: source.mantissa]
        sign = wire(m, "sign", self.value[-1])
        special = wire(m, "special", is_special(source, self.value[:-1]))
        nan = wire(m, "nan", special & (fraction.any() if source.infinities else Const(1, 1)))
        exponent = field
        if source.exponent != target.exponent:
            unpacked = unpack(m, "value", source, field, fraction)
            word, distance = normalise(m, "normal", unpacked.significand, None, source.mantissa)
            offset = Const(target.bias - source.bias, target.exponent)
            biased = keep_low(m, "biased", unpacked.exponent + offset, target.exponent)
            biased = subtract_distance(m, "normal_exponent", biased, distance)
            exponent = biased & spread(word[-1], target.exponent)
            fraction = word[:-1]
        fraction = wire(m, "kept", fraction & spread(~special, source.mantissa))
        wide = Cat(
            Const(0, target.mantissa - source.mantissa),
            fraction[:-1],
            fraction[-1] | nan,
            exponent | spread(special, target.exponent),
            sign & ~nan,
        )
        m.d.comb += self.wide.eq(wide)
        return m
