"""How often what a core is made of changes: rates of toggles, from the plan and the data's statistics.

Values that follow each other in a stream are independent of each other, so a bit that is 1 with the share p
changes in 2·p·(1 - p) of the steps. Activations and sums are as often negative as positive: a bit of one that
is not zero is 1 half of the time, sign bits included. Zero is all bits 0.
"""

from __future__ import annotations

from math import erf, log, log2, pi, sqrt
from statistics import NormalDist
from typing import assert_never

from pydantic import BaseModel, ConfigDict, Field

from generator.formats import Float, Integer
from generator.plan import AlignedDatapath, CorePlan, ExactDatapath, IntegerDatapath, NativeDatapath

RANDOM = 0.5
"""The rate of a bit that is 1 half of the time."""
SIGN = 0.1
"""The rate at which a sum changes its sign, in the first 40 steps of a random walk."""
SPREAD = 3.1
"""Places that activations differ by, those of a tile or of a stream."""
GROWN = 5.0
"""Bits that a sum has more than what is added."""
ALONE = 0.32
"""The share of glitches behind a tree of floats, or aligned ones, that come with each of its terms, not with
their sum: an adder makes none where one of its operands is zero."""
REACHED = 0.5
"""Bits that sums reach beyond half of their variance at the end, in the mean: drawn ones, as tests do."""
MEDIAN = log(2)
"""Of how many draws beyond it the largest one is the median."""


class Statistics(BaseModel):
    """What is known of the data: shares of zeros, and how many activations a result is the sum of.

    The defaults are BitNet b1.58 2B4T's: 42.19 % of its weights are zero, a token is 2,560 values, and its
    activations are scaled so that the largest of a token is the format's, 127 for int8. How many of them
    that makes zero (2 % of int8's, 95 % of int2's) follows from the format where it is not stated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    zero_weights: float = Field(default=0.42, ge=0, le=1)
    zero_activations: float | None = Field(default=None, ge=0, le=1)
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
    """The share of a number's bits that move at all, of floats that became integers.

    As fixed point, those below a value of about 1 are zero; aligned, those that are ``SPREAD`` places and a
    significand below the largest, which an activation that is a tile alone is itself.
    """
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return 1.0
        case ExactDatapath(number=number):
            return 1 - _bits_below_one(number) / number.fixed_bits
        case AlignedDatapath(number=number, align=unit):
            apart = SPREAD if plan.config.tile_length > 1 else 0.0
            return min(1.0, (1 + number.mantissa + 1 + apart) / unit.bits)
        case unknown:
            assert_never(unknown)


def _bits_below_one(number: Float) -> int:
    """Bits of a number as fixed point that are below a significand whose value is about 1."""
    return (1 << (number.exponent - 1)) - 2


def moving_sums(plan: CorePlan) -> float:
    """The same of an accumulator: a wide significand's last bits are zero where narrow ones are added."""
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return moving(plan)
        case NativeDatapath(number=number, accumulate=unit):
            comes = number.mantissa + 1 + SPREAD
        case AlignedDatapath(align=converter, accumulate=unit):
            comes = converter.bits * moving(plan)
        case unknown:
            assert_never(unknown)
    return min(1.0, (comes + GROWN) / (unit.fmt.mantissa + 1))


def zero_activations(plan: CorePlan, statistics: Statistics) -> float:
    """The share of activations that are zero: of integers unless stated those of a normal distribution whose
    largest value is ``CREST`` times its RMS that round to it, which few bits make many; of floats none."""
    if statistics.zero_activations is not None:
        return statistics.zero_activations
    number = plan.config.format
    if not isinstance(number, Integer):
        return 0.0
    return erf(_crest(plan, statistics) / number.maximum / 2 / sqrt(2))


def _crest(plan: CorePlan, statistics: Statistics) -> float:
    """The largest of a token's activations over their RMS, expected where they are normally distributed."""
    length = min(statistics.reduction, plan.config.max_reduction)
    return NormalDist().inv_cdf(1 - MEDIAN / (2 * length + 1))


def _adds_nothing(plan: CorePlan, statistics: Statistics) -> float:
    """The share of products that are zero, because the weight is, or the activation."""
    zeros = statistics.zero_weights
    return zeros + (1 - zeros) * zero_activations(plan, statistics)


def of_activations(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of the activations."""
    return changing(zero_activations(plan, statistics)) * moving(plan)


def of_entries(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of a table's entries, in the mean: a sum is zero where all that it adds is."""
    zeros = zero_activations(plan, statistics)
    terms = [sum(map(abs, entry.digits)) for entry in plan.table.entries]
    rates = [changing(zeros**count) for count in terms] or [changing(zeros)]
    return moving(plan) * sum(rates) / len(rates)


def of_halves(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of what a table's adders add, each half of an entry's terms, in the mean."""
    zeros = zero_activations(plan, statistics)
    terms = [sum(map(abs, entry.digits)) for entry in plan.table.entries]
    rates = [changing(zeros ** (count / 2)) for count in terms if count > 1] or [changing(zeros)]
    return moving(plan) * sum(rates) / len(rates)


def of_sum(plan: CorePlan, statistics: Statistics, groups: float) -> float:
    """The rate of a bit of the sum of what ``groups`` tables give, which is zero where all of that is."""
    return changing(_gives_zero(plan, statistics) ** (plan.config.group_size * groups))


def _gives_zero(plan: CorePlan, statistics: Statistics) -> float:
    """The share of what weights make of activations that is all bits 0: products that are zero, but what
    tables give is inverted for negative weights, also where it is zero, and 1 is added to the sum later."""
    return statistics.zero_weights if inverts(plan) else _adds_nothing(plan, statistics)


def inverts(plan: CorePlan) -> bool:
    """Whether negative weights invert what is added, to which 1 is added later."""
    return plan.fetch_circuit != "product" and not plan.adds_floats


def of_fetched(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of a fetched value, which is zero where all of its group's are."""
    return of_sum(plan, statistics, 1)


def of_tree(plan: CorePlan, statistics: Statistics) -> float:
    """How often what comes out of a tree of adders glitches: as its sum changes, and as each term does."""
    whole = of_sum(plan, statistics, plan.config.tables)
    return (1 - ALONE) * whole + ALONE * of_fetched(plan, statistics)


def of_rows(plan: CorePlan, statistics: Statistics, groups: float) -> float:
    """The rate of a bit of the sum of ``groups`` integer products before their carries have come: a row is
    inverted for a negative weight, also where the activation is zero, and 1 is added to it."""
    return changing(statistics.zero_weights ** (plan.config.group_size * groups))


def of_chosen(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of what a fetch chooses, before it is inverted."""
    return changing(_adds_nothing(plan, statistics) ** plan.config.group_size)


def of_keys(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of a key, or of what it is decoded to."""
    return changing(statistics.zero_weights**plan.config.group_size)


def of_held_rows(plan: CorePlan, statistics: Statistics) -> float:
    """How often bits of a product's rows change in a step that keeps its table, in what they do with another.

    All bits but the last of a ternary weight are its sign, and so rows are all an activation's bits, or all
    zero: a bit is 1 for a negative weight where the activation's is. Held with its table, the activation's
    own half of the bits follow the sign, and the others stand still.
    """
    negative = (1 - statistics.zero_weights) / 2
    return (1 - negative) / (1 - negative / 2)


def of_held_floats(plan: CorePlan, statistics: Statistics) -> float:
    """The same of a float times a weight: a sign is a bit of its own, and the others change where a weight
    is zero, and the one before was not, or the other way round."""
    zeros = statistics.zero_weights
    return RANDOM * 2 * zeros * (1 - zeros) / max(changing(zeros), 1e-9)


def of_held_sum(plan: CorePlan, statistics: Statistics, groups: float) -> float:
    """The same of the sum of so many of these, which is the one before where no weight is another one."""
    zeros = statistics.zero_weights
    same = zeros**2 + (1 - zeros) ** 2 / 2
    return float((1 - same**groups) / max(1 - zeros ** (2 * groups), 1e-9))


def of_accumulator(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of an accumulator whose steps are of one sum.

    Bits below the sum's size change in half of the steps that add something, those above when its sign does.
    """
    adds = 1 - _adds_nothing(plan, statistics) ** plan.config.tile_length
    moved, signs = _below_and_above(plan, statistics)
    return RANDOM * adds * moved + of_sign(plan, statistics) * signs


def of_sign(plan: CorePlan, statistics: Statistics) -> float:
    """How often a sum changes its sign: a random walk does with a share of 1 / (π·√t) in its step t, in the
    mean of T steps with twice that of the last. Of steps that add nothing there are none."""
    adds = 1 - _adds_nothing(plan, statistics) ** plan.config.tile_length
    return min(RANDOM, 2 / pi * sqrt(adds / steps_a_result(plan, statistics)))


def steps_a_result(plan: CorePlan, statistics: Statistics) -> float:
    """Steps of which a result is the sum."""
    return max(1.0, min(statistics.reduction, plan.longest_sum) / plan.config.tile_length)


def of_others(plan: CorePlan, statistics: Statistics) -> float:
    """How much higher the rate is where every step is of another sum, which changes signs, too."""
    above = _below_and_above(plan, statistics)[1]
    return (1 - SIGN / RANDOM) * above * of_stored(plan, statistics)


def of_stored(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit where one sum takes the place of another: both are zero as long as all that was added
    is, in the mean for half of a result's steps."""
    added = min(statistics.reduction, plan.longest_sum) / 2
    return changing(_adds_nothing(plan, statistics) ** added)


def of_turns(plan: CorePlan, statistics: Statistics) -> float:
    """The rate of a bit of an accumulator where every step is of another sum: all bits but those below its
    last that moves are as often 1 as 0."""
    return of_stored(plan, statistics) * sum(_below_and_above(plan, statistics))


def _below_and_above(plan: CorePlan, statistics: Statistics) -> tuple[float, float]:
    """The shares of an accumulator's bits that its sum moves, and that are copies of its sign, in the mean of
    a result's steps.

    Of a float, which has neither size nor sign so, a wide one's last bits are zero. As fixed point it is
    about 1, in the last place of a significand that begins at its lowest bit that moves.
    """
    number = plan.config.format
    match plan.datapath:
        case IntegerDatapath():
            assert isinstance(number, Integer)
            places = sqrt(1 - zero_activations(plan, statistics))
            lowest, activation = 0, max(number.maximum / _crest(plan, statistics), places)
        case ExactDatapath(number=fixed):
            lowest = _bits_below_one(fixed)
            activation = 2.0 ** (lowest + fixed.mantissa)
        case NativeDatapath() | AlignedDatapath():
            return moving_sums(plan), 0.0
        case unknown:
            assert_never(unknown)
    length = min(statistics.reduction, plan.longest_sum)
    size = activation * sqrt(max(1 - statistics.zero_weights, 1e-3) * length / 2)
    reached = min(plan.state_width, max(0.0, log2(max(size, 1.0)) + REACHED))
    return max(0.0, reached - lowest) / plan.state_width, 1 - reached / plan.state_width


def loads_a_step(plan: CorePlan) -> float:
    """How many tables are filled in a step: one, or where they are held one for all outputs of a column."""
    match plan.config.dataflow:
        case "output_stationary":
            return 1.0 / plan.config.weight_bits
        case "table_stationary":
            return 1.0 / plan.partial_sums
        case unknown:
            assert_never(unknown)
