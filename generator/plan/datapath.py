"""Kinds of numbers: how a core adds its activations, and the floating-point units that it does that with.

Every reader of a plan tells them apart by these classes, so that none can be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from generator.config import CoreConfig
from generator.formats import Float, Integer
from generator.plan.float_units import (
    AlignPlan,
    FixedToFloatPlan,
    FloatAdderPlan,
    FloatMultiplierPlan,
    FloatToFixedPlan,
    LargestExponentPlan,
)


@dataclass(frozen=True)
class IntegerDatapath:
    """Integers, added exactly."""

    number: Integer


@dataclass(frozen=True)
class NativeDatapath:
    """Floats, each addition rounded: in tables and reduction by ``add``, in accumulators by ``accumulate``.

    ``multiply`` makes the products of the architecture that has them.
    """

    number: Float
    add: FloatAdderPlan
    accumulate: FloatAdderPlan
    multiply: FloatMultiplierPlan

    @property
    def widens(self) -> bool:
        """Whether sums are accumulated in another format than that of the activations."""
        return self.accumulate.fmt != self.number


@dataclass(frozen=True)
class ExactDatapath:
    """Floats in fixed point: ``to_fixed`` on the way in, one rounding by ``to_float`` on the way out."""

    number: Float
    to_fixed: FloatToFixedPlan
    to_float: FixedToFloatPlan
    multiply: FloatMultiplierPlan


@dataclass(frozen=True)
class AlignedDatapath:
    """Floats as integers on the scale of a tile's largest exponent, which ``scale`` finds, cut by ``align``.

    A tile's sum is rounded by ``to_float`` and added by ``accumulate``.
    """

    number: Float
    scale: LargestExponentPlan
    align: AlignPlan
    to_float: FixedToFloatPlan
    accumulate: FloatAdderPlan


FloatDatapath = NativeDatapath | ExactDatapath | AlignedDatapath
Datapath = IntegerDatapath | FloatDatapath


def datapath_of(config: CoreConfig, sum_width: int) -> Datapath:
    """What ``config`` adds its activations with; the sum that is exact has ``sum_width`` bits."""
    number, stages = config.format, config.pipeline.float_stages
    if isinstance(number, Integer):
        return IntegerDatapath(number)
    multiply = FloatMultiplierPlan(number, subnormals=config.subnormals, stages=stages)
    accumulate = FloatAdderPlan(config.accumulator_format or number, stages=stages)
    match config.datapath:
        case "native" | None:
            return NativeDatapath(number, FloatAdderPlan(number, stages=stages), accumulate, multiply)
        case "exact":
            return ExactDatapath(
                number,
                FloatToFixedPlan(number, stages=stages),
                FixedToFloatPlan(number, sum_width, number.smallest_exponent, stages=stages),
                multiply,
            )
        case "aligned":
            lsb = number.aligned_lsb(config.kept_bits)
            return AlignedDatapath(
                number,
                LargestExponentPlan(number, config.tile_length, stages=stages),
                AlignPlan(number, config.kept_bits, config.rounding or "nearest", stages=stages),
                FixedToFloatPlan(accumulate.fmt, sum_width, lsb, scaled=True, stages=stages),
                accumulate,
            )
        case unknown:
            assert_never(unknown)
