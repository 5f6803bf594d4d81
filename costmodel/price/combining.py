"""What joins several equal cores that share a workload along its reduction: a tree that adds their results.

Cores that share the outputs need nothing between them; their tables are copied, which is T cores' price.
"""

from __future__ import annotations

from typing import assert_never

from costmodel.price import floating
from costmodel.price.area import NUMBER
from costmodel.price.components import Bill, adder, register
from generator.plan import AlignedDatapath, CorePlan, ExactDatapath, IntegerDatapath, NativeDatapath

COMBINING_KEYS = ("architecture", "group_size", *NUMBER, "tables", "max_reduction")
"""Keys of a configuration that ``combining`` depends on."""


def combining(plan: CorePlan) -> Bill:
    """One adder of the tree with its register, for one result of a core: T cores of R·K results need
    (T - 1)·R·K of them.

    Results come in the same cycle from all cores. An ``exact`` core's are added before they are rounded,
    which keeps the sum exact.
    """
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return adder(plan.accumulator_width) + register(plan.accumulator_width, holds=True)
        case NativeDatapath(accumulate=unit) | AlignedDatapath(accumulate=unit):
            sums = floating.float_adder(unit)
            return sums if unit.stages else sums + register(plan.state_width, holds=True)
        case unknown:
            assert_never(unknown)


def combining_stages(plan: CorePlan) -> int:
    """Cycles that one level of the tree takes."""
    return max(1, plan.float_stages) if plan.config.accumulator_format is not None else 1
