"""The energy of a core's cycle: what its parts are made of, how often that changes, and how late.

A core takes energy for three reasons, which the model keeps apart: its registers' clock, in every cycle; what
changes with every step; and what changes with every table that is filled, which is once for many steps
where tables are held. What a component takes when it changes is its least area times what its kind takes for
a µm², with glitches on top: of adders as their carries ripple, and of everything that has logic in front of
it. Registers count one by one; whatever floating-point units are made of is of their kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import log2
from typing import Literal, get_args

from costmodel.price import activity, area, control
from costmodel.price.activity import BITNET, Statistics
from costmodel.price.area import AREA_TERMS, AreaTerm
from costmodel.price.combining import JoiningTerm
from costmodel.price.components import NOTHING, Bill, total
from costmodel.price.energy_coefficients import KIND_OF, LATE, LOGIC, REGISTERS, RIPPLE
from costmodel.price.fetch import aligned_product, fetch, still_product
from costmodel.price.filling import filling_adder, stored_entries
from costmodel.price.lateness import LEVEL, PACES, by_columns, by_rows
from costmodel.price.motions import (
    BESIDES,
    IN_TURN,
    KEPT,
    MOVES,
    SEEN,
    Motion,
    Moves,
    keeps,
    rarely,
)
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import Technology
from costmodel.price.units import units_around, units_of
from generator.config import CoreConfig
from generator.plan import CorePlan

Reason = Literal["clock", "step", "load", "hold", "turn", "rows", "columns"]
"""Why a core takes energy: its clock, a step, a table that is filled, one that is held and is told when, a
step of another sum than the one before, a step's glitches for each doubling of the rows, and those of a table
that is filled, or of new activations, for each doubling of the columns."""
REASONS: tuple[Reason, ...] = get_args(Reason)

TOGETHER = 2.8
"""Bits of an adder that its carries are as early at as what is added."""
SLOWER = 0.9
"""Floats' glitches grow with this power of how late it is: some of those that come late meet others."""
TOLD = 2.0
"""How often what holds a table is told so, or otherwise, a filling."""
TELLING = 0.5
"""What telling a choice to hold, or not to, takes of what the choice does for a bit that changes."""

_ENTRIES = ("pipeline.table", "table_depth", "table_store", "key_packing")
"""What says how late entries and keys come."""
_ZEROS = ("max_reduction", "tables")
"""What says how large the largest activation is, and so how many are zero, or how far a tile's differ."""
ARRIVING = (control.arriving_length, control.arriving_outputs)
"""What is gated with the tables, though it is priced as if it was not."""
LATE_KEYS: Mapping[Callable[[CorePlan], Bill], tuple[str, ...]] = {
    area.table: _ZEROS,
    filling_adder: _ZEROS,
    stored_entries: _ZEROS,
    area.table_converters: ("tables",),
    area.scale_beside_table: ("tables",),
    area.result_converters: ("pipeline.fetch", "pipeline.reduction_every", *_ENTRIES),
    fetch: _ENTRIES,
    aligned_product: ("group_size", *_ENTRIES),
    area.reduction: _ENTRIES,
    area.accumulator: ("pipeline.reduction_every", *_ENTRIES),
    control.length_counter: ("columns",),
    control.arriving_length: ("columns", "clock_gating"),
    control.arriving_outputs: ("clock_gating",),
}
"""Keys of a configuration that a unit's energy depends on beside its bill."""


STILL = (fetch, aligned_product)
"""What has a part that stands still, which is no row of a product."""
_TAKEN_BY: Mapping[Reason, Mapping[Callable[[CorePlan], Bill], object]] = {
    "turn": IN_TURN,
    "rows": SEEN,
    "columns": SEEN,
}


def takes(bill: Callable[[CorePlan], Bill], reason: Reason) -> bool:
    """Whether units of a bill may take anything for a reason; those between cores take for none of these."""
    return reason not in _TAKEN_BY or bill in _TAKEN_BY[reason]


def energy_keys(term: AreaTerm) -> tuple[str, ...]:
    """All keys that the energy of one unit depends on."""
    return tuple(dict.fromkeys((*term.keys, *LATE_KEYS.get(term.bill, ()))))


@dataclass(frozen=True)
class UnitEnergy:
    """What one unit takes energy for: bills of ``ENERGY_COMPONENTS`` by reason."""

    clock: Bill = NOTHING
    step: Bill = NOTHING
    load: Bill = NOTHING
    hold: Bill = NOTHING
    turn: Bill = NOTHING
    rows: Bill = NOTHING
    columns: Bill = NOTHING

    def of(self, reason: Reason) -> Bill:
        bill: Bill = getattr(self, reason)
        return bill


def late_share(motion: Motion) -> float:
    """How late a unit's inputs are, which its glitches grow with: in levels of adders; of floating-point
    units, which shift by what was just computed, in what is from end to end of one itself.
    """
    late, path = motion.late.price(PACES), motion.path.price(PACES)
    return (late / path) ** SLOWER if path else late / LEVEL.price(PACES)


def _size(name: str, areas: Mapping[str, float]) -> float:
    """µm² of a component. What holds a register's value is at least a choice: fits of areas may count it with
    the register, which mostly has one."""
    return max(areas[name], areas["choice"]) if name == "hold" else areas[name]


def _components(bill: Bill) -> list[tuple[str, float, str]]:
    """A unit's components, how many, and the kind that they count as: all are of floats where one is."""
    counts = bill.renamed("inner_adder", "full_adder").counts
    floats = any(KIND_OF.get(name) == "float" for name in counts)
    return [(name, count, "float" if floats else KIND_OF.get(name, LOGIC)) for name, count in counts.items()]


def _glitches(kind: str) -> str:
    """What glitches of a kind of components count as."""
    return LATE + (LOGIC if kind == "leg" else kind)


def unit_energy(bill: Bill, motion: Motion, technology: Technology, gated: bool = False) -> UnitEnergy:
    """What a unit made of ``bill`` (components of area) takes energy for, when it moves so.

    Where clocks are ``gated`` registers have one when they take a new value, and need no choice to hold.
    """
    areas = technology.cost_at().coefficients
    moved: dict[bool, dict[str, float]] = {True: {}, False: {}}
    late = late_share(motion)
    clocked = 0.0
    for name, count, kind in _components(bill):
        size = count * _size(name, areas)
        if name in REGISTERS:
            clocked += count * REGISTERS[name]
            kinds = {"register": count * REGISTERS[name]}
        elif gated and name == "hold":
            continue
        else:
            kinds = {kind: size, _glitches(kind): size * late}
            if name == "full_adder" and kind != "float":  # Compressors hand no carry on to one another.
                kinds[RIPPLE] = max(0.0, count - TOGETHER * bill.counts.get("sum", 0.0)) * areas[name]
        reads = name == "leg" and motion.reads > 0
        moves = motion.entries if reads else motion.logic
        into = moved[motion.held or reads]
        for takes, amount in kinds.items():
            glitches = takes == RIPPLE or takes.startswith(LATE)
            rate = motion.glitching if glitches else motion.rate if takes == "register" else moves
            into[takes] = into.get(takes, 0.0) + amount * rate
        if reads:
            moved[False][kind] = moved[False].get(kind, 0.0) + size * motion.reads * moves
    told = NOTHING
    held = 0.0 if gated else bill.counts.get("hold", 0.0)
    if motion.held and held:
        telling = TOLD * held * _size("hold", areas)
        told = Bill.of(hold=telling * TELLING, late_hold=telling)
    clock = NOTHING
    if gated and clocked:
        moved[motion.held]["gated"] = clocked * motion.writes
        clock = Bill.of(gate=clocked)
    elif clocked:
        clock = Bill.of(clock=clocked)
    return UnitEnergy(clock, Bill(moved[False]), Bill(moved[True]), told)


def later_glitches(
    bill: Bill, motion: Motion, later: Bill, technology: Technology, gated: bool = False
) -> Bill:
    """What a unit takes more where its inputs are ``later`` than they are."""
    if not later:
        return NOTHING
    areas = technology.cost_at().coefficients
    share = late_share(replace(motion, late=motion.late + later))
    share = (share - late_share(motion)) * motion.glitching
    more: dict[str, float] = {}
    for name, count, kind in _components(bill):
        if name not in REGISTERS and not (gated and name == "hold"):
            glitches = _glitches(kind)
            more[glitches] = more.get(glitches, 0.0) + count * _size(name, areas) * share
    return Bill(more)


def term_energy(
    term: AreaTerm, plan: CorePlan, technology: Technology, data: Statistics = BITNET
) -> UnitEnergy:
    """What one unit of a term of area takes energy for."""
    gates = plan.config.clock_gating and ("clock_gating" in term.keys or term.bill in ARRIVING)
    bill = term.bill(plan)
    if term.bill in STILL and bill:
        bill += still_product(plan) * -1
    motion = MOVES.get(term.bill, rarely)(plan, data)
    taken = unit_energy(bill, motion, technology, gates)

    def step(moves: Moves) -> Bill:
        other = moves(plan, data)
        return taken.step if other == motion else unit_energy(bill, other, technology, gates).step

    if term.bill in SEEN and (seen := SEEN[term.bill](plan)):
        rows, columns = (
            later_glitches(bill, motion, each * seen, technology, gates)
            for each in (by_rows(plan), by_columns(plan))
        )
        taken = replace(taken, rows=rows, columns=columns)
    if term.bill in KEPT and keeps(plan) and (kept := step(KEPT[term.bill])) is not taken.step:
        # A step that fills a table takes more than one that keeps it.
        return replace(taken, step=kept, load=taken.load + taken.step + kept * -1)
    if term.bill in IN_TURN and (in_turn := step(IN_TURN[term.bill])) is not taken.step:
        return replace(taken, turn=in_turn + taken.step * -1)
    more = [unit_energy(*unit(plan, data), technology, gates).step for unit in BESIDES.get(term.bill, ())]
    return replace(taken, step=total([taken.step, *more])) if more else taken


def joining_energy(
    term: JoiningTerm, plan: CorePlan, technology: Technology, data: Statistics = BITNET
) -> UnitEnergy:
    """The same of a unit between cores, which works with results."""
    return unit_energy(term.bill(plan), rarely(plan, data), technology, plan.config.clock_gating)


@dataclass(frozen=True)
class CycleEnergy:
    """What a design's parts take in a cycle of work, fJ, by part and reason; ``leakage_nw`` of all cells.

    Waiting for a memory, only the clock takes energy.
    """

    parts: Mapping[str, Mapping[Reason, float]]
    leakage_nw: float
    macs: int

    @property
    def busy_fj(self) -> float:
        """fJ of a cycle with a step."""
        return sum(sum(reasons.values()) for reasons in self.parts.values())

    @property
    def waiting_fj(self) -> float:
        """fJ of a cycle without one."""
        return sum(reasons["clock"] for reasons in self.parts.values())

    @property
    def fj_per_mac(self) -> float:
        """fJ of a multiply-accumulate, without leakage."""
        return self.busy_fj / self.macs

    def power_mw(self, clock_mhz: float) -> float:
        """mW of a design that makes a step in every cycle."""
        return self.busy_fj * clock_mhz * 1e-6 + self.leakage_nw * 1e-6


def cycle_energy(
    config: CoreConfig, technology: Technology, data: Statistics = BITNET, larger: float = 1.0
) -> CycleEnergy:
    """The energy of a cycle of all cores of ``config``, whose cells are ``larger`` than of least area.

    Raises ``TechnologyError`` where nobody has measured energies in ``technology``.
    """
    energies, plan = technology.energies, plan_to_price(config)
    grown = 1 + energies.growth * (larger - 1)
    often = {reason: grown * times for reason, times in reasons_a_step(plan).items()}
    parts: dict[str, dict[Reason, float]] = {}
    for part, count, unit in core_units(plan, technology, data):
        reasons = parts.setdefault(part, dict.fromkeys(REASONS, 0.0))
        for reason in REASONS:
            reasons[reason] += count * often[reason] * unit.of(reason).price(energies.coefficients)
    cells = sum(count * bill.price(technology.cost_at().coefficients) for _, count, bill in units_of(plan))
    leakage = cells * larger * energies.leakage_nw_per_um2
    return CycleEnergy(parts, leakage, config.macs_per_cycle)


def reasons_a_step(plan: CorePlan) -> dict[Reason, float]:
    """How often a core takes energy for each reason in a step. A table that every step fills is not held."""
    loads, turns = activity.loads_a_step(plan), float(plan.stored_sums > 0)
    config = plan.config
    # Where fewer sums take turns than a pipelined accumulator has stages, steps without keys follow them, and
    # all that a turn moves goes once more, to nothing.
    waits = config.outputs is not None and plan.partial_sums < plan.accumulator_stages
    often = 1 + 1 / plan.partial_sums if waits else 1.0
    return {
        **{"clock": 1.0, "step": often, "load": loads, "hold": loads if loads < 1 else 0.0, "turn": turns},
        **{"rows": often * log2(config.rows), "columns": loads * log2(config.columns)},
    }


def core_units(
    plan: CorePlan, technology: Technology, data: Statistics = BITNET
) -> Iterator[tuple[str, int, UnitEnergy]]:
    """Of each kind of units: their part, how many all cores have, and what one takes energy for."""
    for term in AREA_TERMS:
        yield term.part, plan.config.cores * term.units(plan), term_energy(term, plan, technology, data)
    for part, count, bill in units_around(plan):
        yield part, count, unit_energy(bill, rarely(plan, data), technology, plan.config.clock_gating)
