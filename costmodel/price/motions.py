"""How the units of a core move in a step: how often their bits change, when, and how late they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import log2
from typing import assert_never

from costmodel.price import activity, area, control, lateness, scaling
from costmodel.price.activity import Statistics
from costmodel.price.components import NOTHING, Bill, adder, register
from costmodel.price.fetch import aligned_product, fetch, key_decoder, unpacked_key
from costmodel.price.filling import filler, filling_adder, stored_entries
from generator.plan import AlignedDatapath, CorePlan, ExactDatapath, IntegerDatapath, NativeDatapath

RARELY = 0.005
"""The rate of what changes with results, not with steps."""
SHIFTED = 1.45
"""How often what finds an exact sum's first bit, and shifts by that, changes, in what the sum's bits do: all
that is behind it is another one where that is."""
FLAGS = 8
"""Flags and bits that travel with a tile whose table is held."""
EMPTY = 0.67
"""How often those bits of a wide accumulator glitch that aligned sums have nothing for, in what others do: it
is shifted through all of them."""
OTHERS = 0.35
"""How much more what sees sums take turns in an accumulator changes than by what is added, of its adder and
its registers."""
LINES, GATED_LINES = 0.42, 0.73
"""Choices among stored sums that change with the numbers of those that are read and written, whatever these
are: of each bit for each doubling of the sums; where clocks are gated no choice holds those not written."""
READ = 4.0
"""How many weights' decoders what reads a product's weight counts for, which drives all of its rows."""
UNWRITTEN = 0.7
"""What a stored sum's bit that is not written sees of a new sum at its door: a share of a choice to hold, and
of a gate where clocks are gated, and there is no choice."""
PASSED = 0.5
"""How often what is at the door of stored sums glitches where clocks are gated, in what it does otherwise."""


@dataclass(frozen=True)
class Motion:
    """How the components of a unit move: ``rate`` of a bit in a step, where ``held`` when a table is filled.

    ``late``: what is in front of them, in components of delay; ``path``: what a floating-point unit is from
    end to end. ``reads``: where its multiplexers' legs are entries of tables, and move with these, the
    share of legs that change when others are chosen, and ``entries`` the rate of theirs. ``writes``: the
    share of steps, or fillings, in which its registers take a new value. ``passing``: the rate of bits that
    are back where they were when a step ends, if that is higher. ``moving``: the share of bits that move at
    all, which rates are the mean of; ``empty``: how often the others glitch, in what these do. ``comes``:
    the rate of what glitches come from, where that changes more often, or less, than what is made of it.
    """

    rate: float
    late: Bill = NOTHING
    path: Bill = NOTHING
    held: bool = False
    reads: float = 0.0
    entries: float = 0.0
    writes: float = 1.0
    passing: float = 0.0
    moving: float = 1.0
    empty: float = 0.0
    comes: float | None = None

    @property
    def logic(self) -> float:
        """The rate of what is between bits that come and those that are held."""
        return (self.rate + max(self.rate, self.passing)) / 2

    @property
    def glitching(self) -> float:
        """The rate of what comes and goes within a step.

        A gate of integers glitches where two of its inputs change, one after the other, which few do where
        bits change rarely. A float that changes is shifted, and all of its bits move.
        """
        rate = max(self.rate, self.passing)
        if self.path:
            return rate * (1 + self.empty * (1 / self.moving - 1))
        rate = rate if self.comes is None else self.comes
        return rate * min(1.0, rate / self.moving / activity.RANDOM)


Moves = Callable[[CorePlan, Statistics], Motion]
Unit = Callable[[CorePlan, Statistics], tuple[Bill, Motion]]


Path = Callable[[CorePlan], Bill]


def _none(plan: CorePlan) -> Bill:
    return NOTHING


def _filled(
    late: Path = _none,
    path: Path = _none,
    rate: Callable[[CorePlan, Statistics], float] = activity.of_activations,
) -> Moves:
    """What changes with a table."""
    return lambda plan, data: Motion(
        rate(plan, data), late(plan), path(plan), held=True, moving=activity.moving(plan)
    )


def _table(plan: CorePlan, data: Statistics) -> Motion:
    """A table's adders, whose sums are less often zero than what they add."""
    late, path = lateness.at_entries(plan), lateness.of_adders(plan)
    rate, comes = activity.of_entries(plan, data), activity.of_halves(plan, data)
    return Motion(rate, late, path, held=True, moving=activity.moving(plan), comes=comes)


def _adding(plan: CorePlan, data: Statistics) -> Motion:
    """An adder that makes one entry after the other."""
    rate = activity.of_entries(plan, data) * plan.fill_cycles
    return Motion(rate, held=True, writes=plan.fill_cycles)


def _filling(plan: CorePlan, data: Statistics) -> Motion:
    """What counts the steps of filling: all lines of its decoder change twice together."""
    return Motion(2.0, held=True, writes=plan.fill_cycles)


def _result(plan: CorePlan, data: Statistics) -> Motion:
    """What makes a tile's sum a float, or a sum that is complete: it sees all sums, but of stages with gated
    clocks only the first one does, and they take what is complete."""
    late, path = lateness.at_results(plan), lateness.of_results(plan)
    if isinstance(plan.datapath, ExactDatapath):
        writes = 1 / activity.steps_a_result(plan, data)
        stages = plan.result_stages if plan.config.clock_gating else 0
        sees = max(writes, 1 / (stages + 1))
        return Motion(activity.of_accumulator(plan, data) * SHIFTED * sees, late, path, writes=writes)
    return Motion(activity.of_tree(plan, data), late, path)


def _result_in_turn(plan: CorePlan, data: Statistics) -> Motion:
    """The same where each step is of another sum, whose sign is another one, too."""
    of_one = _result(plan, data)
    if not isinstance(plan.datapath, ExactDatapath):
        return of_one
    more = activity.of_turns(plan, data) / max(activity.of_accumulator(plan, data), 1e-9)
    return replace(of_one, rate=of_one.rate * max(1.0, more))


def _keys(plan: CorePlan, data: Statistics) -> Motion:
    return Motion(activity.of_keys(plan, data))


def _decoded(plan: CorePlan, data: Statistics) -> Motion:
    """Of the lines of a decoder two change with the key, whatever their number."""
    lines = max(1, len(plan.table.entries))
    return Motion(min(activity.of_keys(plan, data), 2 / lines))


def read_weight(plan: CorePlan, data: Statistics) -> tuple[Bill, Motion]:
    """What reads the weight of products of integers, for all rows once."""
    bill = Bill.of(selector=READ) if plan.multiplies_integers else NOTHING
    return bill, Motion(activity.of_keys(plan, data))


def _hands_on_rows(plan: CorePlan) -> bool:
    """Whether what rows of integer products come to on the way reaches the adders behind them."""
    return plan.multiplies_integers and not plan.registers_fetched


def _reduced(plan: CorePlan, data: Statistics) -> Motion:
    late, path = lateness.inside_reduction(plan), lateness.of_adders(plan)
    groups = lateness.groups_inside(plan)
    rate = (activity.of_sum(plan, data, groups) + activity.of_sum(plan, data, 2 * groups)) / 2
    if not _hands_on_rows(plan):
        return Motion(rate, late, path)
    # Half of what carries of products make; the other half goes by what the sums do.
    rows = (activity.of_rows(plan, data, groups) + activity.of_rows(plan, data, 2 * groups)) / 2
    return Motion(rate, late, path, comes=(rows + rate) / 2)


def keeps(plan: CorePlan) -> bool:
    """Whether steps that keep their table move in another way: those of products of integers, and of floats
    each with a weight of its own, whose magnitudes stay as they are."""
    return plan.multiplies_integers or (plan.adds_floats and plan.config.group_size == 1)


def _reduced_of_kept(plan: CorePlan, data: Statistics) -> Motion:
    """The same in a step whose activations are those of the step before: all rows of an integer product
    change with its sign, at once, and floats change less often."""
    of_new = _reduced(plan, data)
    if plan.multiplies_integers:
        return replace(of_new, late=lateness.inside_reduction(plan, held=True))
    if not keeps(plan):
        return of_new
    groups = 1.5 * lateness.groups_inside(plan)
    return replace(of_new, rate=of_new.rate * activity.of_held_sum(plan, data, groups))


def _accumulated(plan: CorePlan, data: Statistics) -> Motion:
    """An accumulator, in whose steps one sum grows."""
    late, path = lateness.at_accumulator(plan), lateness.of_accumulator(plan)
    moving, rate = activity.moving_sums(plan), activity.of_accumulator(plan, data)
    comes = activity.of_sum(plan, data, plan.config.tables)
    match plan.datapath:
        case IntegerDatapath():
            if not _hands_on_rows(plan):
                return Motion(rate, late, passing=comes)
            # As much of it comes through a tree of adders, and all of one product.
            rows = activity.of_rows(plan, data, plan.config.tables)
            through = 1.0 if plan.config.tables == 1 else 0.5
            return Motion(rate, late, passing=comes, comes=through * rows + (1 - through) * max(rate, comes))
        case ExactDatapath():
            # What is inverted is so below its last bit that moves, too.
            passing = comes if activity.inverts(plan) else comes * moving
            return Motion(rate, late, passing=passing, moving=moving)
        case NativeDatapath() | AlignedDatapath():
            if plan.accumulator_stages > 1:
                rate = activity.RANDOM * moving
            # All bits of a float may pass by what is rounded off; those of an aligned sum that a register
            # hands on as a float do not.
            empty = 1.0 if plan.adds_floats else 0.0 if plan.float_stages else EMPTY
            passing = activity.of_tree(plan, data) * moving
            return Motion(rate, late, path, passing=passing, moving=moving, empty=empty)
        case unknown:
            assert_never(unknown)


def _in_turn(plan: CorePlan, data: Statistics) -> Motion:
    """The same where each step is of another sum, one that is stored: all of a float's bits see that."""
    of_one = _accumulated(plan, data)
    if not of_one.path:
        return of_one
    chosen = lateness.LEVEL * lateness.CHOSEN
    return replace(of_one, rate=activity.RANDOM * of_one.moving, late=of_one.late + chosen)


def _stored(plan: CorePlan, data: Statistics) -> Motion:
    """Of all stored sums one is written in a step, and another one is chosen."""
    share = 1 / max(1, plan.stored_sums)
    return Motion(activity.of_stored(plan, data) * min(1.0, 2 * share), writes=share)


def exchanged(plan: CorePlan, data: Statistics) -> tuple[Bill, Motion]:
    """What accumulators change more where stored sums take turns in them; new sums are at all stores."""
    width = plan.state_width if plan.stored_sums else 0
    bill = adder(width) + register(width, holds=False) + Bill.of(gate=width) if width else NOTHING
    bill *= OTHERS
    gated = plan.config.clock_gating
    doors = width * plan.stored_sums
    bill += Bill.of(gate=UNWRITTEN * doors) if gated else Bill.of(hold=UNWRITTEN * doors)
    late, path = lateness.level(plan) * 2, lateness.of_accumulator(plan)
    passing = activity.of_stored(plan, data) * (PASSED if gated else 1.0)
    motion = Motion(activity.of_others(plan, data), late, path, writes=0.0, passing=passing)
    return bill, motion


def turning(plan: CorePlan, data: Statistics) -> tuple[Bill, Motion]:
    """What chooses among stored sums, which others do in every step."""
    lines = GATED_LINES if plan.config.clock_gating else LINES
    return Bill.of(choice=lines * plan.state_width * log2(1 + plan.stored_sums)), Motion(1.0)


def _counting(values: float, bits: int, often: float = 1.0) -> Motion:
    """What has ``bits`` bits, some of which count through so many ``values``, ``often`` a step: half of the
    counter's bits change, a quarter, and so on, those of its logic as well."""
    changes = 2 * (1 - 1 / values) * often
    return Motion(max(RARELY, min(activity.RANDOM, changes / max(bits, 1))), writes=max(RARELY, often))


def _length(plan: CorePlan, data: Statistics) -> Motion:
    """What is kept to start again from is as wide as the counter, and stands still."""
    bits, values = plan.n_tiles_width, 2.0**plan.n_tiles_width
    if plan.config.outputs is None:
        return _counting(values, 2 * bits)
    return _counting(values, bits, activity.loads_a_step(plan))


def _outputs(plan: CorePlan, data: Statistics) -> Motion:
    """The same of outputs, where tables are held for all of them; results are few."""
    if plan.config.outputs is None:
        return rarely(plan, data)
    return _counting(1 / activity.loads_a_step(plan), 2 * plan.m_tiles_width)


def _flags(plan: CorePlan, data: Statistics) -> Motion:
    """Flags of a tile, and of the sums that take turns while it is held."""
    if plan.config.outputs is None:
        return rarely(plan, data)
    return _counting(1 / activity.loads_a_step(plan), FLAGS)


def _by_tile(plan: CorePlan, data: Statistics) -> Motion:
    """What changes with every tile that is held, at most twice; of others with their results."""
    often = max(RARELY, min(activity.RANDOM, activity.loads_a_step(plan))) if plan.config.outputs else RARELY
    return Motion(often, writes=often)


def _arriving_length(plan: CorePlan, data: Statistics) -> Motion:
    """The number of a tile, and whether it is there."""
    if plan.config.clock_gating or plan.config.outputs is None:
        return _arriving(plan, data)
    bits = plan.n_tiles_width
    return _counting(2.0**bits, bits + 1, activity.loads_a_step(plan))


def _arriving(plan: CorePlan, data: Statistics) -> Motion:
    """What arrives with a tile, and goes with it into the tables; its clocks are gated as theirs."""
    return Motion(RARELY, held=True) if plan.config.clock_gating else _by_tile(plan, data)


def _scaled(plan: CorePlan, data: Statistics) -> Motion:
    """Another column's sum and scale in every step."""
    return Motion(activity.RANDOM)


def rarely(plan: CorePlan, data: Statistics) -> Motion:
    return Motion(RARELY, writes=RARELY)


def _fetch(plan: CorePlan, data: Statistics) -> Motion:
    chosen = activity.of_chosen(plan, data)
    if plan.fetch_circuit == "product":
        late, path, moving = lateness.at_product(plan), lateness.of_products(plan), activity.moving(plan)
        return Motion(chosen * moving, late, path, moving=moving)
    # Entries are inverted, bits that stand still among them; products are not.
    rate, late = (chosen + activity.of_keys(plan, data)) / 2, lateness.at_fetch(plan) + lateness.choice(plan)
    reads = min(1.0, 2 / max(1, len(plan.table.entries)))
    return Motion(rate, late, reads=reads, entries=activity.of_entries(plan, data))


def _fetch_of_kept(plan: CorePlan, data: Statistics) -> Motion:
    """The same in a step whose activations are those of the step before."""
    of_new = _fetch(plan, data)
    if not keeps(plan):
        return of_new
    held = activity.of_held_rows if plan.multiplies_integers else activity.of_held_floats
    return replace(of_new, rate=of_new.rate * held(plan, data))


MOVES: Mapping[Callable[[CorePlan], Bill], Moves] = {
    area.table: _table,
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
    control.arriving_length: _arriving_length,
    control.flags: _flags,
    control.arriving_outputs: _arriving,
}
"""How the units of the terms of area move; those that are not here change with results, if at all."""
KEPT: Mapping[Callable[[CorePlan], Bill], Moves] = {
    fetch: _fetch_of_kept,
    aligned_product: _fetch_of_kept,
    area.reduction: _reduced_of_kept,
}
"""How units move in steps that keep their table, where that is another way."""
IN_TURN: Mapping[Callable[[CorePlan], Bill], Moves] = {
    area.accumulator: _in_turn,
    area.result_converters: _result_in_turn,
}
"""How units move where sums take turns, where that is another way."""
BESIDES: Mapping[Callable[[CorePlan], Bill], tuple[Unit, ...]] = {
    key_decoder: (read_weight,),
    area.memory: (exchanged, turning),
}
"""What moves beside a unit in another way than it does, and what that is made of."""
SEEN: Mapping[Callable[[CorePlan], Bill], Callable[[CorePlan], float]] = {
    fetch: lateness.seen_by_fetch,
    aligned_product: lateness.seen_by_fetch,
    area.reduction: lateness.seen_by_reduction,
    area.accumulator: lateness.seen_by_accumulator,
}
"""How much units see of what is late because it drives several rows or columns."""
