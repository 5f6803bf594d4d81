"""Floating-point units in lookup tables: how many each kind takes, by what it is made of.

A unit mapped by itself says how its tables grow with widths and levels; what is left of them inside a core,
where they share inputs with what is around them, calibration says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from costmodel.price.components import NOTHING, Bill, adder
from costmodel.price.floating import FRONT, staged
from generator.formats import Float
from generator.plan import (
    AlignPlan,
    FixedToFloatPlan,
    FloatAdderPlan,
    FloatMultiplierPlan,
    FloatToFixedPlan,
    LargestExponentPlan,
)

UNIT = {"unit": "lookup table of a floating-point unit as it is mapped by itself"}
"""The component that units are counted in."""


@dataclass(frozen=True)
class Rates:
    """Tables of units of a fabric, by what they are made of; from each kind mapped by itself.

    ``adder``: for a bit of a number, for a bit and level of shifts, for a bit of an aligning shifter.
    ``multiplier``: for a bit of a number, a row's bit, and a normaliser's bit of a level. ``normal``: the
    first two without subnormals. ``to_fixed``: a shifter's bit, a significand's. ``largest``: a bit compared
    by tables, by a chain, what a number without infinities takes, and once. ``align``: a shifter's bit, a
    significand's, a bit that is cleared where all is shifted out, a significand's bit that may be rounded.
    ``to_float``: a bit of a level, a table that looks for ones, a bit of a number, and of a scaled one, and
    a bit of a normalised word that goes into a register.
    """

    adder: tuple[float, float, float]
    multiplier: tuple[float, float, float]
    normal: tuple[float, float]
    to_fixed: tuple[float, float]
    largest: tuple[float, float, float, float]
    align: tuple[float, float, float, float]
    to_float: tuple[float, float, float, float, float]


@dataclass(frozen=True)
class FabricFloats:
    """Bills of adders and units in lookup tables of so many ``inputs``, that make ``levels`` of a shifter at
    a time.

    Sums of at least ``shortest_chain`` bits are carry chains. Where these are cells of two bits (``paired``),
    a carry into the first one takes a bit, and a cell is two tables.
    """

    inputs: int
    levels: int
    shortest_chain: int
    paired: bool
    rates: Rates

    def adder(self, width: int, carried: bool = False) -> Bill:
        """Shorter sums are tables: one a bit, and one for a carry that depends on more than they see."""
        chained = width + (carried and self.paired)
        if chained < self.shortest_chain:
            operands = 2 * (width - 1) + carried
            return Bill.of(table=width + (operands > self.inputs))
        if self.paired:
            return Bill.of(full_adder=2 * -(-chained // 2))
        return adder(width)

    def triple(self, bits: int) -> Bill:
        """The lowest bit of three times a number is its own; where that is short, rows make it themselves."""
        return self.adder(bits + 1) if bits >= max(3, self.shortest_chain - 1) else NOTHING

    def float_adder(self, unit: FloatAdderPlan) -> Bill:
        fmt, precision = unit.fmt, unit.precision
        steps = (precision + 1).bit_length()
        aligning = -(-steps // self.levels) * (precision + 2)
        tables = _sum(self.rates.adder, (fmt.bits, fmt.bits * steps, aligning))
        return staged(unit, Bill.of(unit=tables))

    def float_adder_pair(self, unit: FloatAdderPlan) -> Bill:
        """A sum and a difference: in front a comparison, two choices, a distance and an aligning shifter."""
        fmt, steps = unit.fmt, (unit.precision + 1).bit_length()
        aligning = -(-steps // self.levels) * (unit.precision + 2)
        front = 3 * (fmt.bits - 1) + fmt.exponent + self.rates.adder[2] * aligning
        shared = sum(unit.register_bits[step] for step in FRONT) if unit.stages else 0
        return self.float_adder(unit) * 2 + Bill.of(unit=-front, stage=-shared)

    def float_multiplier(self, unit: FloatMultiplierPlan) -> Bill:
        bits, precision = unit.fmt.bits, unit.precision
        rows = precision + 2 + sum(min(precision + 2, 2 * precision - at) for at in range(0, precision, 2))
        if not unit.subnormals:
            return staged(unit, Bill.of(unit=_sum(self.rates.normal, (bits, rows))))
        normaliser = precision.bit_length() * 2 * precision
        tables = _sum(self.rates.multiplier, (bits, rows, normaliser))
        return staged(unit, Bill.of(unit=tables))

    def float_to_fixed(self, unit: FloatToFixedPlan) -> Bill:
        fmt = unit.fmt
        shifter = self._shifter(fmt.mantissa + 2, fmt.fixed_bits + 1, fmt.exponent)
        tables = _sum(self.rates.to_fixed, (shifter, fmt.mantissa + 1))
        return staged(unit, Bill.of(unit=tables))

    def fixed_to_float(self, unit: FixedToFloatPlan) -> Bill:
        steps = [min(1 << level, unit.magnitude) for level in range(unit.reach.bit_length())]
        normaliser = sum(unit.magnitude - step for step in steps)
        looking = sum(self._of(2 + step) for step in steps)
        level, look, plain, scaled, word = self.rates.to_float
        # A fraction that is longer than the integer ends in zeros, which neither tables nor registers make.
        zeros = max(0, unit.fmt.mantissa - (unit.width - 1))
        rounded = (unit.fmt.bits - zeros) * (scaled if unit.scaled else plain)
        # Behind a register rounding sees all bits of the word that is shifted, not whether any is set.
        held = unit.magnitude * word if unit.registers["normalise"] else 0
        return staged(unit, Bill.of(unit=level * normaliser + look * looking + rounded + held)) + Bill.of(
            stage=-zeros * unit.registers["round"]
        )

    def largest_exponent(self, unit: LargestExponentPlan) -> Bill:
        """Exponents of more bits than a table has inputs are compared by a carry chain."""
        fmt, compared = unit.fmt, (unit.count - 1) * unit.fmt.exponent
        by_table, by_chain, finite, once = self.rates.largest
        tables = compared * (by_chain if fmt.exponent >= self.inputs else by_table) + once
        tables += 0 if fmt.infinities else unit.count * finite
        return staged(unit, Bill.of(unit=tables))

    def align(self, unit: AlignPlan) -> Bill:
        fmt, width, precision = unit.fmt, unit.shifted_bits, unit.fmt.mantissa + 1
        levels = min(fmt.exponent, width.bit_length())
        shifter = self._shifter(min(precision + 1, width), width, levels)
        kept = min(precision, width)
        cleared = width if fmt.exponent > width.bit_length() else 0
        # As many bits as exponents differ by: then nothing is shifted out.
        rounded = kept if unit.nearest and unit.bits < fmt.mantissa + (1 << fmt.exponent) - 1 else 0
        tables = _sum(self.rates.align, (shifter, kept, cleared, rounded))
        return staged(unit, Bill.of(unit=tables))

    def widen(self, source: Float, target: Float) -> Bill:
        """Specials told apart; where subnormals become normal, a normaliser, and two sums of exponents."""
        if source.exponent == target.exponent:
            return Bill.of(table=source.mantissa)
        normaliser = source.mantissa.bit_length() * (source.mantissa + 1)
        return Bill.of(table=normaliser + source.bits) + self.adder(target.exponent) * 2

    def with_last_sign(self, width: int) -> Bill:
        return self.adder(width, carried=True)

    def _of(self, inputs: int) -> int:
        return -(-(inputs - 1) // (self.inputs - 1))

    def _shifter(self, word: int, width: int, levels: int) -> int:
        """Tables of a shifter of a ``word`` that grows to ``width`` bits."""
        words = []
        for level in range(levels):
            word = min(word + (1 << level), width)
            words.append(word)
        return sum(words[:: -self.levels])


def _sum(rates: Iterable[float], counts: Iterable[float]) -> float:
    return sum(rate * count for rate, count in zip(rates, counts, strict=True))


LUT6 = FabricFloats(
    6,
    2,
    3,
    False,
    Rates(
        adder=(8.35, 0.713, 0.773),
        multiplier=(5.93, 0.385, 1.493),
        normal=(3.58, 0.886),
        to_fixed=(0.875, 4.37),
        largest=(2.21, 3.18, 2.17, 6.1),
        align=(1.17, 1.76, 0.3, 3.12),
        to_float=(0.345, 4.35, 1.45, 3.2, 2.0),
    ),
)
"""AMD's tables: a table makes two levels of a shifter."""

LUT4 = FabricFloats(
    4,
    1,
    5,
    True,
    Rates(
        adder=(12.0, 0.0, 1.14),
        multiplier=(8.1, 3.31, 0.138),
        normal=(1.93, 2.95),
        to_fixed=(0.835, 5.96),
        largest=(3.14, 3.55, 0.0, 8.84),
        align=(1.17, 3.61, 0.57, 2.62),
        to_float=(0.851, 2.18, 4.0, 4.29, 0.0),
    ),
)
"""Tables of four inputs: one for a level."""

AROUND = {
    **{"compare": 1.0, "shift": 0.6, "normalise": 1.0, "detect": 0.3, "increment": 1.0, "special": 8.0},
    **{"gate": 0.7, "choice": 0.3, "complement": 0.5, "product_bit": 1.5},
}
"""Tables of what is around units: gates and choices, which the tables of what follows take part of, and what
units are made of in cells, of those between cores and of those that scale sums."""


def around(counts: dict[str, float]) -> dict[str, float]:
    """``counts`` with tables in place of what units of floats are made of in cells."""
    tables = sum(AROUND[name] * count for name, count in counts.items() if name in AROUND)
    rest = {name: count for name, count in counts.items() if name not in AROUND}
    return {**rest, "table": rest.get("table", 0.0) + tables} if tables else rest
