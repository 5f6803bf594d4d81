"""Tables that are memories: what makes their entries one after the other, what holds them, what all share."""

from __future__ import annotations

from math import log2

from costmodel.price.components import (
    NOTHING,
    Bill,
    adder,
    carries,
    counter,
    decoder,
    register,
    tree_multiplexer,
)
from generator.plan import CorePlan

STORE_KEYS = ("table_store", "table_banks")
"""Keys of a configuration that say where entries are, and how many tables there is room for."""


def filling_adder(plan: CorePlan) -> Bill:
    """What makes the entries of one memory: an adder that goes on from its last sum, or from nothing."""
    if plan.filling is None:
        return NOTHING
    width, activation = plan.fill_width, plan.activation_width
    operands = tree_multiplexer(plan.config.group_size, activation, plan.filling.stores_zero)
    chosen = operands + Bill.of(complement=activation, gate=width)
    doubled = Bill.of(choice=activation if plan.filling.doubles else 0)
    return adder(width) + register(width, holds=True) + chosen + doubled


def stored_entries(plan: CorePlan) -> Bill:
    """The words of one memory, and of two banks which is read; memories of the fetches are the same one."""
    if plan.filling is None:
        return NOTHING
    if plan.reads_memories:
        return register(plan.filling.words * plan.leaf_width, holds=True) + decoder(plan.filling.words)
    banks, bits = plan.filling.banks, plan.table.entry_bits
    return register(banks * bits, holds=True) + Bill.of(choice=(banks - 1) * bits)


def filler(plan: CorePlan) -> Bill:
    """What all memories of a core share: the number of the step, and what is to be done in it."""
    if plan.filling is None:
        return NOTHING
    filling = plan.filling
    steps = counter(filling.step_width) + register(filling.banks - 1, holds=True) + decoder(filling.cycles)
    # Of each step whether it subtracts, and which activation it takes; each entry's enable in each bank.
    roms = filling.cycles * 2
    enables = 0 if plan.reads_memories else filling.banks * len(plan.code.entries)
    return steps + Bill.of(gate=roms + enables)


def filling_path(plan: CorePlan) -> Bill:
    """From the activations through the choice of one of them, and the adder, into the words."""
    chosen = Bill.of(merge=log2(2 * plan.config.group_size), adder=1)
    return chosen + carries(plan.fill_width)


def bank_path(plan: CorePlan) -> Bill:
    """From the words of two banks to the entries that fetches see."""
    return NOTHING if plan.filling is None else Bill.of(merge=plan.filling.banks - 1)
