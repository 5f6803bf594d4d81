"""What buffers cost: memories by a technology's table, registers that make beats of words, and counters."""

from __future__ import annotations

from typing import Literal

from costmodel.price.components import Bill, counter, register
from costmodel.price.sram import Sram, sram_of
from costmodel.price.technology import Technology
from generator.config import CoreConfig
from generator.plan import CorePlan, GearboxPlan, buffers_of, plan_for

BUFFERS: Literal["buffers"] = "buffers"
"""The part that buffers are."""
PORTS = 2
"""Ports of a buffer's memory: it is written while it is read."""


def buffering_units(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """Of what is around the memories of a design: part, number, and what it is made of."""
    buffers = buffers_of(plan)
    bills = [gearbox(each.gearbox) + counter(2 * each.address_bits) for each in buffers.all]
    if buffers.activations is not None:
        bills.append(replay_counts(plan))
    if buffers.keys is not None:
        bills.append(counter(buffers.keys.words.bit_length()))
    return [(BUFFERS, 1, bill) for bill in bills]


def gearbox(plan: GearboxPlan) -> Bill:
    """Registers that hold what becomes a beat, and what chooses where a word goes."""
    return register(plan.register_bits, holds=True) + Bill.of(choice=plan.choice_bits)


def replay_counts(plan: CorePlan) -> Bill:
    """The tile counts of both halves, the counters of what is written and read, and what chooses a half."""
    counts = plan.n_tiles_width + plan.m_tiles_width
    halves = register(2 * counts, holds=True) + Bill.of(choice=3 * counts)
    return halves + counter(counts + plan.n_tiles_width)


def access_ps(config: CoreConfig, technology: Technology) -> float:
    """ps of the slowest access to a design's memories; 0 where there are none."""
    return max((float(memory.access_ps) for memory in _memories(config, technology)), default=0.0)


def memories_um2(config: CoreConfig, technology: Technology) -> float:
    """µm² of a design's memories; 0 in a technology whose memories are not known."""
    return float(sum(memory.area_um2 for memory in _memories(config, technology)))


def _memories(config: CoreConfig, technology: Technology) -> list[Sram]:
    table = sram_of(technology)
    if table is None:
        return []
    return [table.memory(each.words, each.bits, PORTS) for each in buffers_of(plan_for(config)).all]
