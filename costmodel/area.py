"""The area of a core: a sum of terms, each a number of equal units times the price of one.

What a unit is made of is read from the plan. A unit's price depends on few of the configuration's keys, which
the term states, so that a sweep prices each distinct unit once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from costmodel.components import (
    NOTHING,
    Bill,
    adder,
    counter,
    decoder,
    onehot_multiplexer,
    recoder,
    register,
    signed_multiplier,
    total,
    tree_multiplexer,
)
from costmodel.technology import Technology, TechnologyError
from generator.config import CoreConfig
from generator.formats import Integer
from generator.keys import entry_count
from generator.plan import CorePlan

PARTS = ("tables", "fetch", "reduction", "accumulators", "control")


@dataclass(frozen=True)
class AreaTerm:
    """Equal units of one ``part``.

    ``keys`` are the configuration's keys (dotted) that one unit's bill depends on; the product of the keys in
    ``count`` is how many units a core has.
    """

    part: str
    keys: tuple[str, ...]
    count: tuple[str, ...]
    bill: Callable[[CorePlan], Bill]

    def price(self, plan: CorePlan, technology: Technology) -> float:
        """µm² of one unit; ``TechnologyError`` for activations that the technology has no prices for."""
        if not isinstance(plan.config.format, Integer):
            raise TechnologyError(
                f"technology {technology.name} has no prices for activation = {plan.config.activation!r}: "
                "integers are priced"
            )
        return self.bill(plan).price(technology.area_um2)

    def units(self, config: CoreConfig) -> int:
        return prod(getattr(config, key) for key in self.count)


def table(plan: CorePlan) -> Bill:
    """One table: its adders and its registers, which hold while the pipeline waits."""
    bills = [register(plan.table_register_bits, holds=True)]
    if plan.config.architecture == "lut":
        bills += [adder(entry.range.width) for entry in plan.table.entries if entry.right is not None]
    return total(bills)


def key_decoder(plan: CorePlan) -> Bill:
    """What one key needs once for all rows: its index decoded, or a weight's controls, or its digits."""
    if plan.config.architecture == "multiplier":
        return recoder(plan.activation_width)
    if plan.config.group_size == 1:
        return Bill.of(selector=1)
    return decoder(entry_count(plan.config.group_size)) if plan.config.fetch == "onehot" else NOTHING


def fetch(plan: CorePlan) -> Bill:
    """One fetched value and its register: a multiplexer and complement, or a select, or a multiplier.

    A table of one entry is a select, whatever it is called: a mapper finds one where there is none.
    """
    config, entries = plan.config, plan.table.entries
    width, held = plan.fetched_width, config.pipeline.fetch
    if config.architecture == "multiplier":
        return signed_multiplier(plan.activation_width, width) + register(width if held else 0, holds=True)
    sign = register(int(held), holds=True)
    if config.group_size == 1:
        decoded = config.architecture == "select" and config.fetch == "onehot"
        value = Bill.of(undecoded_select=0 if decoded else width)
        return value + sign + (Bill.of(held_select=width, register=width) if held else Bill.of(select=width))
    if config.fetch == "onehot":
        value = onehot_multiplexer(sum(entry.range.width for entry in entries))
    else:
        value = tree_multiplexer(len(entries), width)
    return value + Bill.of(complement=width) + sign + register(width if held else 0, holds=True)


def reduction(plan: CorePlan) -> Bill:
    """The adders and pipeline registers between the fetched values of one column and its accumulator."""
    adders = [adder(node.width) for node in plan.reduction.nodes if node.left is not None]
    return total(adders) + register(plan.reduction.register_bits, holds=True)


def accumulator(plan: CorePlan) -> Bill:
    """One accumulator: it adds the gated root of the reduction to itself, or to zero at a result's start."""
    width = plan.accumulator_width
    gated = width + plan.reduction.root.width
    return adder(width) + register(width, holds=False) + Bill.of(gate=gated)


def memory(plan: CorePlan) -> Bill:
    """The other partial sums of one column, a delay line: one is read and overwritten in each step."""
    words, width = plan.stored_sums, plan.accumulator_width
    if words < 1:
        return NOTHING
    return register(words * width, holds=True) + Bill.of(leg=width, choice=(words - 1) * width)


def length_counter(plan: CorePlan) -> Bill:
    """Counts the tiles of the reduction length; output-stationary also keeps what to start again from."""
    bits = plan.n_tiles_width
    again = bits if plan.config.dataflow == "output_stationary" else 0
    return counter(bits) + register(again, holds=True)


def output_counter(plan: CorePlan) -> Bill:
    """Counts the tiles of the outputs; table-stationary also keeps what to start again from, and the slot."""
    bits = plan.m_tiles_width
    if plan.config.dataflow == "output_stationary":
        return counter(bits)
    bill = counter(bits) + register(bits, holds=True)
    if plan.stored_sums > 1:
        bill += counter(plan.slot_width) + Bill.of(choice=bits, full_adder=bits) + decoder(plan.stored_sums)
    return bill


def stages(plan: CorePlan) -> Bill:
    """The flags that travel with a tile through the pipeline, and the handshakes."""
    carried = 3 + (1 + plan.slot_width if plan.stored_sums else 0)
    flags = register(1 + carried, holds=True) * plan.pipeline_stages
    return flags + Bill.of(handshake=1)


_VALUE = ("architecture", "activation", "symmetric", "group_size")

AREA_TERMS = (
    AreaTerm("tables", (*_VALUE, "pipeline.table"), ("rows", "tables"), table),
    AreaTerm(
        "fetch", ("architecture", "activation", "group_size", "fetch"), ("columns", "tables"), key_decoder
    ),
    AreaTerm(
        "fetch",
        (*_VALUE, "max_reduction", "fetch", "pipeline.fetch"),
        ("rows", "columns", "tables"),
        fetch,
    ),
    AreaTerm(
        "reduction",
        (*_VALUE, "tables", "max_reduction", "pipeline.reduction_every"),
        ("rows", "columns"),
        reduction,
    ),
    AreaTerm("accumulators", (*_VALUE, "tables", "max_reduction"), ("rows", "columns"), accumulator),
    AreaTerm(
        "accumulators",
        ("activation", "symmetric", "max_reduction", "dataflow", "outputs", "columns"),
        ("rows", "columns"),
        memory,
    ),
    AreaTerm("control", ("dataflow", "outputs", "group_size", "tables", "max_reduction"), (), length_counter),
    AreaTerm("control", ("dataflow", "outputs", "columns"), (), output_counter),
    AreaTerm(
        "control",
        ("dataflow", "outputs", "columns", "tables", "pipeline.fetch", "pipeline.reduction_every"),
        (),
        stages,
    ),
)


def core_bills(plan: CorePlan) -> dict[str, Bill]:
    """What each part of a core is made of."""
    bills = dict.fromkeys(PARTS, NOTHING)
    for term in AREA_TERMS:
        bills[term.part] += term.bill(plan) * term.units(plan.config)
    return bills
