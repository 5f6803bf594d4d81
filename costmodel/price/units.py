"""What a design is made of: units of equal bills, of its cores, between them, and around its memories."""

from __future__ import annotations

from costmodel.price.area import AREA_TERMS
from costmodel.price.buffering import buffering_units
from costmodel.price.combining import joining_units
from costmodel.price.components import Bill
from generator.plan import CorePlan


def units_of(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """Of each kind of units: their part, how many all cores have, and what one is made of."""
    cores = plan.config.cores
    units = [(term.part, cores * term.units(plan), term.priced(plan)) for term in AREA_TERMS]
    return [*units, *units_around(plan)]


def units_around(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """The same of those that no core has."""
    return joining_units(plan) + buffering_units(plan)
