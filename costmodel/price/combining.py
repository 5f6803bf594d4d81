"""What joins equal cores that divide the inputs: a tree that adds their results, as ``Joining`` has it.

Cores that divide the outputs need nothing between them; their tables are copied, which is T cores' price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from costmodel.price import floating
from costmodel.price.area import NUMBER, result_converters
from costmodel.price.components import NOTHING, Bill, adder, gated, register
from generator.plan import AlignedDatapath, CorePlan, ExactDatapath, IntegerDatapath, NativeDatapath

COMBINING: Literal["combining"] = "combining"
"""The part that adds the results of several cores."""

COMBINING_KEYS = (
    *("architecture", "group_size", "alphabet", "symmetry", *NUMBER),
    *("tables", "max_reduction", "weight_bits"),
)
"""Keys of a configuration that the bills of ``JOINING_TERMS`` depend on."""
JOINING_KEYS = (*COMBINING_KEYS, "clock_gating")
"""Those that their prices depend on."""


@dataclass(frozen=True)
class JoiningTerm:
    """Equal units of one ``part`` that several cores have beside their own, or too often (a negative count).

    ``count`` of T cores and of the R·K results of one; both may be arrays.
    """

    part: Literal["combining", "converters"]
    count: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]
    bill: Callable[[CorePlan], Bill]

    def priced(self, plan: CorePlan) -> Bill:
        """What one unit costs area for."""
        return gated(self.bill(plan)) if plan.config.clock_gating else self.bill(plan)


def combining(plan: CorePlan) -> Bill:
    """One adder of the tree with its register: T cores of R·K results need (T - 1)·R·K of them.

    Results come in the same cycle from all cores. An ``exact`` core's are added before they are rounded,
    which keeps the sum exact.
    """
    marks = Bill.of(gate=1) + register(plan.joining_stages, holds=True) if plan.tracks_invalid else NOTHING
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            width = plan.accumulator_width
            return adder(width) + register(width, holds=True) + marks
        case NativeDatapath(accumulate=unit) | AlignedDatapath(accumulate=unit):
            sums = floating.float_adder(unit) + marks
            return sums if unit.stages else sums + register(plan.accumulator_width, holds=True)
        case unknown:
            assert_never(unknown)


def waiting(plan: CorePlan) -> Bill:
    """What the last of an odd number of results waits in for the next level."""
    return register(plan.joining_stages * plan.state_width, holds=True)


def level_flags(plan: CorePlan) -> Bill:
    """The flags of a beat in the registers of a level."""
    return register(2 * plan.joining_stages, holds=True)


def rounding(plan: CorePlan) -> Bill:
    """What rounds a result of one core; cores whose results are added before need it once."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath() | AlignedDatapath():
            return NOTHING
        case ExactDatapath():
            return result_converters(plan)
        case unknown:
            assert_never(unknown)


def levels_of(cores: ArrayLike) -> NDArray[np.int64]:
    """Levels of the tree between so many cores."""
    return np.asarray(np.ceil(np.log2(np.asarray(cores))), dtype=np.int64)


def waiting_of(cores: ArrayLike) -> NDArray[np.int64]:
    """Values that wait in the tree between so many cores, for each result of one."""
    left = np.asarray(cores, dtype=np.int64)
    total: NDArray[np.int64] = np.zeros_like(left)
    while (left > 1).any():
        total = total + np.where(left > 1, left % 2, 0)
        left = left - left // 2
    return total


JOINING_TERMS = (
    JoiningTerm(COMBINING, lambda cores, results: (cores - 1) * results, combining),
    JoiningTerm(COMBINING, lambda cores, results: waiting_of(cores) * results, waiting),
    JoiningTerm(COMBINING, lambda cores, results: levels_of(cores) + 0 * results, level_flags),
    JoiningTerm("converters", lambda cores, results: -(cores - 1) * results, rounding),
)
"""What cores that divide the inputs have beside themselves."""


def joining_units(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """Of each kind of units that the cores of ``plan`` have between them: part, number, and what one is."""
    config = plan.config
    if not config.adds_results:
        return []
    cores, results = np.asarray(config.cores), np.asarray(config.rows * config.columns)
    return [(term.part, int(term.count(cores, results)), term.priced(plan)) for term in JOINING_TERMS]
