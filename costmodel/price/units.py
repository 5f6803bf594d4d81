"""What a design is made of: units of equal bills, of its cores, between them, and around its memories."""

from __future__ import annotations

from costmodel.price.area import AREA_TERMS
from costmodel.price.buffering import buffering_units
from costmodel.price.combining import joining_units
from costmodel.price.components import Bill
from costmodel.price.fabric import bill_of, on_fabric
from costmodel.price.quantity import Over
from generator.plan import CorePlan


def units_of(plan: CorePlan, over: Over = "core") -> list[tuple[str, int, Bill]]:
    """Of each kind of units: their part, how many all cores have, and what one is made of.

    ``over``: in cells, or in an FPGA's lookup tables.
    """
    cores = plan.config.cores
    units = [(term.part, cores * term.units(plan), bill_of(term, plan, over)) for term in AREA_TERMS]
    return units + [(part, count, on_fabric(bill, over)) for part, count, bill in units_around(plan)]


def units_around(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """The same of those that no core has."""
    return joining_units(plan) + buffering_units(plan)
