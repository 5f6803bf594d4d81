"""Scales of groups: how a group's sum is scaled and added to those before it.

A group's weights share a scale, so the integer sum of a group's tiles is a result of its own: it is taken
out of the accumulators, multiplied by its scale and added in a wider format, while the next group is summed.
As that takes several cycles, a multiplier and an adder serve several columns in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from generator.formats import FLOATS, Float, Format, Integer
from generator.plan.float_units import FixedToFloatPlan, FloatAdderPlan
from generator.plan.ranges import Range

SCALED_SUM = FLOATS["fp32"]
"""The format in which sums of groups that have floats for scales are added."""


@dataclass(frozen=True)
class FloatScaling:
    """A sum times the significand of a scale, exactly; rounded once by ``to_float``, and added by ``add``."""

    number: Float
    product_width: int
    to_float: FixedToFloatPlan
    add: FloatAdderPlan


@dataclass(frozen=True)
class IntegerScaling:
    """A sum times an integer, exactly, and added exactly."""

    number: Integer
    product_width: int
    total: Range


Scaling = FloatScaling | IntegerScaling


@dataclass(frozen=True)
class GroupSums:
    """What is scaled: integers of a ``range``, in units of 2 to the power of ``unit``; with a bit above that
    says whether an infinity or a NaN is among what was added, where they are ``marked``."""

    range: Range
    unit: int = 0
    marked: bool = False

    @property
    def bits(self) -> int:
        """Bits of a sum, with its mark."""
        return self.range.width + self.marked


@dataclass(frozen=True)
class ScalerPlan:
    """What scales the sums of ``columns`` of each row, while a group takes ``tiles`` steps.

    ``float_stages``: cycles of a converter and of an adder, less than ``tiles``; 0: everything is
    combinational. ``groups`` of the longest reduction are added.
    """

    columns: int
    tiles: int
    groups: int
    sums: GroupSums
    number: Format
    float_stages: int

    @property
    def sum_width(self) -> int:
        return self.sums.range.width

    @property
    def units(self) -> int:
        """Multipliers, and adders, of a row: as few as finish a group while the next one is summed."""
        return -(-self.columns // self.tiles)

    @property
    def steps(self) -> int:
        """S: cycles in which a unit serves its columns, one after the other."""
        return -(-self.columns // self.units)

    @property
    def beat_bits(self) -> int:
        """Bits of scales that a beat of keys brings: in the s-th of a group those of all units' column s."""
        return self.units * self.number.bits

    @cached_property
    def scaling(self) -> Scaling:
        """The arithmetic of a unit."""
        number = self.number
        if isinstance(number, Integer):
            largest = self.groups * -self.sums.range.low * -number.minimum
            product = self.sum_width + number.bits - 1
            return IntegerScaling(number, product, Range(-largest, largest))
        width = self.sum_width + number.mantissa + 1
        lsb = number.smallest_exponent - 1 + self.sums.unit
        stages = self.float_stages
        return FloatScaling(
            number,
            width,
            FixedToFloatPlan(SCALED_SUM, width, lsb, scaled=True, stages=stages),
            FloatAdderPlan(SCALED_SUM, stages=stages),
        )

    @property
    def total_width(self) -> int:
        """Bits of a scaled sum."""
        scaling = self.scaling
        return scaling.total.width if isinstance(scaling, IntegerScaling) else scaling.add.fmt.bits

    @property
    def product_stages(self) -> int:
        """Registers between a sum and the adder: behind the product, and those of the converter."""
        return self.float_stages + 1 if self.float_stages else 0

    @property
    def add_stages(self) -> int:
        """Cycles of the adder before its sum is written."""
        return self.float_stages

    @property
    def cycles(self) -> int:
        """Clock edges from a group's sums in the accumulators to the last of its scaled sums."""
        return 1 + self.steps + self.product_stages + self.add_stages
