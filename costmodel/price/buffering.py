"""What buffers cost: memories by a technology's table, and the registers that make beats of words.

Counters and flags beside them are left out: some fifty bits of logic.
"""

from __future__ import annotations

from typing import Literal

from costmodel.price.components import Bill, register
from costmodel.price.sram import sram_of
from costmodel.price.technology import Technology
from generator.config import CoreConfig
from generator.plan import CorePlan, buffers_of, plan_for

BUFFERS: Literal["buffers"] = "buffers"
"""The part that buffers are."""
PORTS = 2
"""Ports of a buffer's memory: it is written while it is read."""


def gearbox_units(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """Of each gearbox of a design: part, number, and what it is made of."""
    gearboxes = (buffer.gearbox for buffer in buffers_of(plan).all)
    return [
        (BUFFERS, 1, register(each.register_bits, holds=True) + Bill.of(choice=each.choice_bits))
        for each in gearboxes
    ]


def access_ps(config: CoreConfig, technology: Technology) -> float:
    """ps of the slowest access to a design's memories; 0 where there are none."""
    table = sram_of(technology)
    if table is None:
        return 0.0
    held = buffers_of(plan_for(config)).all
    return max((float(table.memory(each.words, each.bits, PORTS).access_ps) for each in held), default=0.0)


def memories_um2(config: CoreConfig, technology: Technology) -> float:
    """µm² of a design's memories; 0 in a technology whose memories are not known."""
    table = sram_of(technology)
    if table is None:
        return 0.0
    held = buffers_of(plan_for(config)).all
    return float(sum(table.memory(each.words, each.bits, PORTS).area_um2 for each in held))
