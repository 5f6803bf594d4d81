"""Sums of products where an FPGA's synthesis merges their adders: carry-save numbers, added by one chain.

What is added must go into no register, and take no sign along.
"""

from __future__ import annotations

from typing import assert_never

from costmodel.price.components import NOTHING, Bill
from costmodel.speeds import full_adder_levels
from generator.plan import CompressorPlan, CorePlan, ReductionPlan


def merges_products(plan: CorePlan) -> bool:
    """Whether sums of a column's values are carry-save numbers on a fabric: Yosys makes such of what goes
    into no register and has no sign to take along. Products of two bits are tables, which it does not see.
    """
    match plan.reduction:
        case ReductionPlan(signed=signed):
            numbers = not signed and not plan.adds_floats and plan.fetch_circuit == "product"
            return numbers and plan.activation_range.width > 2
        case CompressorPlan():
            return False
        case unknown:
            assert_never(unknown)


def full_adders_path(plan: CorePlan, numbers: int) -> Bill:
    """The levels of full adders in lookup tables that so many products are summed by."""
    return Bill.of(compress=full_adder_levels(numbers)) if merges_products(plan) else NOTHING
