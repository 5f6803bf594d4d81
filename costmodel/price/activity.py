"""How often what a core is made of changes: rates of toggles, from the plan and the data's statistics.

Values that follow each other in a stream are independent of each other, so a bit that is 1 with the share p
changes in 2·p·(1 - p) of the steps. Activations and sums are as often negative as positive: a bit of one that
is not zero is 1 half of the time, sign bits included. Zero is all bits 0.
"""

from __future__ import annotations

from math import log2, sqrt
from typing import assert_never

from pydantic import BaseModel, ConfigDict, Field

from generator.formats import Integer
from generator.plan import CorePlan

RANDOM = 0.5
"""The rate of a bit that is 1 half of the time."""
SIGN = 0.1
"""The rate at which a sum changes its sign: a random walk of t steps does in 2 / (π·√t) of them."""
CREST = 4.0
"""The largest activation over the RMS of all: those of a normal distribution are clipped about there."""


class Statistics(BaseModel):
    """What is known of the data: shares of zeros, and how many activations a result is the sum of.

    The defaults are BitNet b1.58 2B4T's: 42.19 % of its weights are zero, a token is 2,560 values, and its
    activations are scaled so that the largest of a token is 127.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    zero_weights: float = Field(default=0.42, ge=0, le=1)
    zero_activations: float = Field(default=0.02, ge=0, le=1)
    reduction: int = Field(default=2560, ge=1)


BITNET = Statistics()
"""Where nobody says otherwise."""


def changing(zeros: float) -> float:
    """The rate of a bit of values of which a share is zero.

    >>> changing(0.0), changing(1.0)
    (0.5, 0.0)
    """
    return RANDOM * (1 - zeros) * (1 + zeros)


def moving(plan: CorePlan) -> float:
    """The share of a number's bits that move at all: of floats as fixed point those below a value of about 1
    are zero."""
    number = plan.config.format
    if plan.config.number_kind != "exact" or isinstance(number, Integer):
        return 1.0
    below = (1 << (number.exponent - 1)) - 2
    return 1 - below / number.fixed_bits


def of_activations(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of the activations, and of the entries that are sums of them."""
    return changing(statistics.zero_activations) * moving(plan)


def of_fetched(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of a fetched value, which is zero where all weights of its group are."""
    return changing(statistics.zero_weights**plan.config.group_size) * moving(plan)


def of_keys(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of a key, or of what it is decoded to."""
    return changing(statistics.zero_weights**plan.config.group_size)


def of_accumulator(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of an accumulator whose steps are of one sum.

    Integers' bits below the sum's RMS change like those of any value, those above when its sign does.
    """
    return SIGN + (RANDOM * moving(plan) - SIGN) * _below_rms(plan, statistics)


def of_others(plan: CorePlan, statistics: Statistics) -> float:
    """How much higher the rate is where every step is of another sum, which changes signs, too."""
    return (RANDOM - SIGN) * (1 - _below_rms(plan, statistics))


def _below_rms(plan: CorePlan, statistics: Statistics) -> float:
    """The share of an accumulator's bits that are below its sum's RMS, in the mean of a result's steps."""
    number = plan.config.format
    if not isinstance(number, Integer):
        return 1.0
    length = min(statistics.reduction, plan.longest_sum)
    activation = 2.0 ** (number.bits - 1) / CREST
    size = activation * sqrt(max(1 - statistics.zero_weights, 1e-3) * length / 2)
    return min(1.0, max(0.0, log2(max(size, 1.0)) + 1) / plan.state_width)


def loads_a_step(plan: CorePlan) -> float:
    """How many tables are filled in a step: one, or where they are held one for all outputs of a column."""
    match plan.config.dataflow:
        case "output_stationary":
            return 1.0 / plan.config.weight_bits
        case "table_stationary":
            return 1.0 / plan.partial_sums
        case unknown:
            assert_never(unknown)
