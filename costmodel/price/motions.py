"""How the units of a core move in a step: how often their bits change, when, and how late they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from costmodel.price import activity, area, control, lateness, scaling
from costmodel.price.activity import Statistics
from costmodel.price.components import NOTHING, Bill, adder, register
from costmodel.price.fetch import aligned_product, fetch, key_decoder, unpacked_key
from costmodel.price.filling import filler, filling_adder, stored_entries
from generator.plan import CorePlan, ExactDatapath

RARELY = 0.05
"""The rate of what changes with results, not with steps."""


@dataclass(frozen=True)
class Motion:
    """How the components of a unit move: ``rate`` of a bit in a step, where ``held`` when a table is filled.

    ``late``: what is in front of them, in components of delay; ``path``: what a floating-point unit is from
    end to end. ``reads``: where its multiplexers' legs are entries of tables, and move with these, the
    share of legs that change when others are chosen. ``writes``: the share of steps, or fillings, in which
    its registers take a new value. ``multiplied``: what arrives comes from products without a register in
    between. ``passing``: the rate of bits that are back where they were when a step ends, if that is higher.
    """

    rate: float
    late: Bill = NOTHING
    path: Bill = NOTHING
    held: bool = False
    reads: float = 0.0
    writes: float = 1.0
    multiplied: bool = False
    passing: float = 0.0

    @property
    def logic(self) -> float:
        """The rate of what is between bits that come and those that are held."""
        return (self.rate + self.glitching) / 2

    @property
    def glitching(self) -> float:
        """The rate of what comes and goes within a step."""
        return max(self.rate, self.passing)


Moves = Callable[[CorePlan, Statistics], Motion]


Path = Callable[[CorePlan], Bill]


def _none(plan: CorePlan) -> Bill:
    return NOTHING


def _filled(
    late: Path = _none,
    path: Path = _none,
    rate: Callable[[CorePlan, Statistics], float] = activity.of_activations,
) -> Moves:
    """What changes with a table."""
    return lambda plan, data: Motion(rate(plan, data), late(plan), path(plan), held=True)


def _adding(plan: CorePlan, data: Statistics) -> Motion:
    """An adder that makes one entry after the other."""
    rate = activity.of_entries(plan, data) * plan.fill_cycles
    return Motion(rate, held=True, writes=plan.fill_cycles)


def _filling(plan: CorePlan, data: Statistics) -> Motion:
    """What counts the steps of filling: all lines of its decoder change twice together."""
    return Motion(2.0, held=True, writes=plan.fill_cycles)


def _result(plan: CorePlan, data: Statistics) -> Motion:
    """What makes a tile's sum a float, or a sum that is complete: it sees all sums."""
    late, path = lateness.at_results(plan), lateness.of_results(plan)
    if isinstance(plan.datapath, ExactDatapath):
        return Motion(activity.of_accumulator(plan, data), late, path)
    return Motion(activity.of_sum(plan, data, plan.config.tables), late, path)


def _keys(plan: CorePlan, data: Statistics) -> Motion:
    return Motion(activity.of_keys(plan, data))


def _decoded(plan: CorePlan, data: Statistics) -> Motion:
    """Of the lines of a decoder two change with the key, whatever their number."""
    lines = max(1, len(plan.table.entries))
    return Motion(min(activity.of_keys(plan, data), 2 / lines))


def _multiplied(plan: CorePlan) -> bool:
    """Whether products go into adders without a register in between."""
    held = plan.config.pipeline.fetch or bool(plan.product_stages)
    return plan.fetch_circuit == "product" and not held


def _reduced(plan: CorePlan, data: Statistics) -> Motion:
    late, path = lateness.inside_reduction(plan), lateness.of_adders(plan)
    groups = lateness.groups_inside(plan)
    rate = (activity.of_sum(plan, data, groups) + activity.of_sum(plan, data, 2 * groups)) / 2
    return Motion(rate, late, path, multiplied=_multiplied(plan))


def _accumulated(plan: CorePlan, data: Statistics) -> Motion:
    late, path = lateness.at_accumulator(plan), lateness.of_accumulator(plan)
    behind = _multiplied(plan) and not plan.reduction.registered_levels
    # All bits of a float may pass by what is rounded off; of integers those that come.
    share = 1.0 if plan.adds_floats else activity.moving_sums(plan)
    passing = activity.of_sum(plan, data, plan.config.tables) * share
    return Motion(activity.of_accumulator(plan, data), late, path, multiplied=behind, passing=passing)


def _stored(plan: CorePlan, data: Statistics) -> Motion:
    """Of all stored sums one is written in a step, and another one is chosen."""
    share = 1 / max(1, plan.stored_sums)
    return Motion(activity.RANDOM * min(1.0, 2 * share), writes=share)


def exchanged(plan: CorePlan, data: Statistics) -> tuple[Bill, Motion]:
    """What accumulators change more where stored sums take turns in them; new sums are at all stores."""
    width = plan.state_width if plan.stored_sums else 0
    bill = adder(width) + register(width, holds=False) + Bill.of(gate=width) if width else NOTHING
    bill += Bill.of(hold=width * plan.stored_sums)
    late, path = lateness.level(plan) * 2, lateness.of_accumulator(plan)
    # Without choices to hold nothing sees what passes.
    passing = 0.0 if plan.config.clock_gating else activity.RANDOM
    motion = Motion(activity.of_others(plan, data), late, path, writes=0.0, passing=passing)
    return bill, motion


def _counting(counts: bool, bits: int) -> Motion:
    """A counter that ``counts`` steps: all of its bits change twice a step together."""
    return Motion(min(activity.RANDOM, 2 / max(bits, 1))) if counts else Motion(RARELY, writes=RARELY)


def _length(plan: CorePlan, data: Statistics) -> Motion:
    return _counting(True, plan.n_tiles_width) if plan.config.outputs is None else _by_tile(plan, data)


def _by_tile(plan: CorePlan, data: Statistics) -> Motion:
    """What changes with every tile that is held, at most twice; of others with their results."""
    often = max(RARELY, min(activity.RANDOM, activity.loads_a_step(plan))) if plan.config.outputs else RARELY
    return Motion(often, writes=often)


def _outputs(plan: CorePlan, data: Statistics) -> Motion:
    return _counting(plan.config.outputs is not None, plan.m_tiles_width)


def _scaled(plan: CorePlan, data: Statistics) -> Motion:
    """Another column's sum and scale in every step."""
    return Motion(activity.RANDOM)


def rarely(plan: CorePlan, data: Statistics) -> Motion:
    return Motion(RARELY, writes=RARELY)


def _fetch(plan: CorePlan, data: Statistics) -> Motion:
    multiplies = plan.fetch_circuit == "product"
    late = lateness.at_product(plan) if multiplies else lateness.at_fetch(plan)
    path = lateness.of_products(plan) if multiplies else NOTHING
    reads = min(1.0, 2 / max(1, len(plan.table.entries)))
    rate = (activity.of_fetched(plan, data) + activity.of_keys(plan, data)) / 2
    # Entries are inverted, bits that stand still among them; products are not.
    rate *= activity.moving(plan) if multiplies else 1.0
    return Motion(rate, late, path, reads=reads, multiplied=multiplies)


MOVES: Mapping[Callable[[CorePlan], Bill], Moves] = {
    area.table: _filled(lateness.at_entries, lateness.of_adders, activity.of_entries),
    filling_adder: _adding,
    stored_entries: _filled(rate=activity.of_entries),
    filler: _filling,
    area.table_converters: _filled(lateness.at_converters, lateness.of_converters),
    area.scale: _filled(),
    area.scale_beside_table: _filled(),
    area.scale_beside_columns: rarely,
    area.result_converters: _result,
    key_decoder: _decoded,
    unpacked_key: _keys,
    fetch: _fetch,
    aligned_product: _fetch,
    area.reduction: _reduced,
    area.sign_reduction: _keys,
    area.accumulator: _accumulated,
    area.memory: _stored,
    scaling.waiting_sum: _scaled,
    scaling.unit: _scaled,
    scaling.scale_of_unit: _scaled,
    scaling.arriving_scale: _scaled,
    control.length_counter: _length,
    control.output_counter: _outputs,
    control.arriving_length: _by_tile,
    control.flags: _by_tile,
    control.arriving_outputs: _by_tile,
}
"""How the units of the terms of area move; those that are not here change with results, if at all."""
