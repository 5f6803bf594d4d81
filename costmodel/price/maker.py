"""The price of what makes the tables of cores that take them from their stream."""

from __future__ import annotations

from costmodel.price import area
from costmodel.price.area import AREA_TERMS
from costmodel.price.components import Bill, register
from costmodel.price.fabric import bill_of
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import Technology
from generator.config import CoreConfig
from generator.plan import maker_plan

MADE = (area.table, area.table_converters, area.scale, area.scale_beside_table)
"""What tables are made of, by its bills."""


def maker_cost(config: CoreConfig, technology: Technology) -> float:
    """The least cost, in the unit of the technology's, of the maker for one of the cores of ``config``.

    Its tables with registers behind their adders, and a flag that travels with each beat.
    """
    plan = plan_to_price(maker_plan(config).config)
    over, prices = technology.summed_over, technology.cost_at().coefficients
    bills: list[Bill] = [
        bill_of(term, plan, over) * term.units(plan) for term in AREA_TERMS if term.bill in MADE
    ]
    bills.append(register(plan.table_stages, holds=True))
    return sum(bill.price(prices) for bill in bills)
