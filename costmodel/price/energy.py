"""The energy of a core's cycle: what its parts are made of, how often that changes, and how late.

A core takes energy for three reasons, which the model keeps apart: its registers' clock, in every cycle; what
changes with every step; and what changes with every table that is filled, which is once for many steps
where tables are held. What a component takes when it changes is its least area times what its kind takes for
a µm², with glitches on top: of adders as their carries ripple, and of everything that has logic in front of
it. Registers count one by one; whatever floating-point units are made of is of their kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import exp
from typing import Literal, get_args

from costmodel.price import activity, area, control, lateness, scaling
from costmodel.price.activity import BITNET, Statistics
from costmodel.price.area import AREA_TERMS, AreaTerm
from costmodel.price.combining import JoiningTerm
from costmodel.price.components import IN_TABLES_ALONE, NOTHING, Bill, adder, register
from costmodel.price.energy_coefficients import KIND_OF, LATE, LOGIC, REGISTERS, RIPPLE
from costmodel.price.fetch import aligned_product, fetch, key_decoder, unpacked_key
from costmodel.price.filling import filler, filling_adder, stored_entries
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import Technology
from costmodel.price.units import units_around, units_of
from generator.config import CoreConfig
from generator.plan import CorePlan, ExactDatapath

Reason = Literal["clock", "step", "load"]
"""Why a core takes energy: its clock, a step, a table that is filled."""
REASONS: tuple[Reason, ...] = get_args(Reason)

UNGATED = 0.1
"""What is left of the clock of registers behind clock gates: the gates', a tenth of theirs."""
LEVELS = 4.0
"""Levels of adders in front of one after which its glitches are two thirds of what they can be."""
TOLD = 2.0
"""How often what holds a table is told so, or otherwise, a filling."""
TELLING = 0.3
"""The share of what a choice takes, of a bit that changes, that it takes to be told."""
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
    ``told``: how often choices to hold are made anew.
    """

    rate: float
    late: Bill = NOTHING
    path: Bill = NOTHING
    held: bool = False
    reads: float = 0.0
    writes: float = 1.0
    multiplied: bool = False
    passing: float = 0.0
    told: float = 0.0

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
    """What changes with a table; one that is held is told when."""

    def moves(plan: CorePlan, data: Statistics) -> Motion:
        told = TOLD if plan.config.outputs is not None else 0.0
        return Motion(rate(plan, data), late(plan), path(plan), held=True, told=told)

    return moves


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


def _exchanged(plan: CorePlan, data: Statistics) -> tuple[Bill, Motion]:
    """What accumulators change more where stored sums take turns in them; new sums are at all stores."""
    width = plan.state_width if plan.stored_sums else 0
    bill = adder(width) + register(width, holds=False) + Bill.of(gate=width) if width else NOTHING
    bill += Bill.of(hold=width * plan.stored_sums)
    late, path = lateness.level(plan) * 2, lateness.of_accumulator(plan)
    motion = Motion(activity.of_others(plan, data), late, path, writes=0.0, passing=activity.RANDOM)
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


def _rarely(plan: CorePlan, data: Statistics) -> Motion:
    return Motion(RARELY, writes=RARELY)


def _fetch(plan: CorePlan, data: Statistics) -> Motion:
    multiplies = plan.fetch_circuit == "product"
    late = lateness.at_product(plan) if multiplies else lateness.at_fetch(plan)
    path = lateness.of_products(plan) if multiplies else NOTHING
    reads = min(1.0, 2 / max(1, len(plan.table.entries)))
    rate = (activity.of_fetched(plan, data) + activity.of_keys(plan, data)) / 2
    return Motion(rate, late, path, reads=reads, multiplied=multiplies)


MOVES: Mapping[Callable[[CorePlan], Bill], Moves] = {
    area.table: _filled(lateness.at_entries, lateness.of_adders, activity.of_entries),
    filling_adder: _adding,
    stored_entries: _filled(rate=activity.of_entries),
    filler: _filling,
    area.table_converters: _filled(lateness.at_converters, lateness.of_converters),
    area.scale: _filled(),
    area.scale_beside_table: _filled(),
    area.scale_beside_columns: _rarely,
    area.result_converters: _result,
    key_decoder: _keys,
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

_ENTRIES = ("pipeline.table", "table_depth", "table_store", "key_packing")
"""What says how late entries and keys come."""
_FILLED = ("dataflow", "max_reduction")
"""What says when a table changes, and how many activations are zero."""
LATE_KEYS: Mapping[Callable[[CorePlan], Bill], tuple[str, ...]] = {
    area.table: _FILLED,
    filling_adder: ("max_reduction",),
    stored_entries: _FILLED,
    area.scale: ("dataflow",),
    area.scale_beside_table: ("dataflow",),
    area.table_converters: ("tables",),
    fetch: _ENTRIES,
    aligned_product: ("group_size", *_ENTRIES),
    area.reduction: _ENTRIES,
    area.accumulator: ("pipeline.reduction_every", *_ENTRIES),
    control.length_counter: ("columns",),
    control.arriving_length: ("columns",),
}
"""Keys of a configuration that a unit's energy depends on beside its bill."""


def energy_keys(term: AreaTerm) -> tuple[str, ...]:
    """All keys that the energy of one unit depends on."""
    return tuple(dict.fromkeys((*term.keys, *LATE_KEYS.get(term.bill, ()))))


@dataclass(frozen=True)
class UnitEnergy:
    """What one unit takes energy for: bills of ``ENERGY_COMPONENTS`` by reason."""

    clock: Bill = NOTHING
    step: Bill = NOTHING
    load: Bill = NOTHING

    def of(self, reason: Reason) -> Bill:
        return {"clock": self.clock, "step": self.step, "load": self.load}[reason]


def late_share(motion: Motion, technology: Technology) -> float:
    """How much of the glitches that logic in front of a unit can make it has.

    In levels of adders: each adds some, and gates swallow some of the short pulses that arrive. Of
    floating-point units, which shift by what was just computed, all that is in front counts, in units of what
    one is itself.
    """
    coefficients = technology.rippling.coefficients
    in_cells = (bill.without(IN_TABLES_ALONE) for bill in (motion.late, motion.path))
    late, path = (bill.price(coefficients) for bill in in_cells)
    if path > 0:
        return late / path
    return LEVELS * (1 - exp(-late / max(coefficients["adder"], 1e-9) / LEVELS))


def unit_energy(bill: Bill, motion: Motion, technology: Technology, gated: bool = False) -> UnitEnergy:
    """What a unit made of ``bill`` (components of area) takes energy for, when it moves so.

    Where clocks are ``gated`` registers have one when they take a new value, and need no choice to hold.
    """
    areas = technology.cost_at().coefficients
    moved: dict[bool, dict[str, float]] = {True: {}, False: {}}
    floats = any(KIND_OF.get(name) == "float" for name in bill.counts)
    late = late_share(motion, technology)
    adders, clocked, told = bill.counts.get("sum", 0.0), 0.0, 0.0
    for name, count in bill.counts.items():
        kind, size = "float" if floats else KIND_OF.get(name, LOGIC), count * areas[name]
        if name in REGISTERS:
            clocked += count * REGISTERS[name]
            kinds = {"register": count * REGISTERS[name]}
        elif gated and name == "hold":
            continue
        else:
            slow = "product" if motion.multiplied and kind == "adder" else kind
            slow = LOGIC if kind in ("hold", "leg") else slow
            kinds = {kind: size, LATE + slow: size * late}
            told += size if name == "hold" else 0.0
            if name in ("full_adder", "compressor") and not floats:
                kinds[RIPPLE] = max(0.0, count - adders) * areas[name]
        reads = name == "leg" and motion.reads > 0
        into = moved[motion.held or reads]
        for takes, amount in kinds.items():
            rate = motion.glitching if takes == RIPPLE or takes.startswith(LATE) else motion.rate
            into[takes] = into.get(takes, 0.0) + amount * rate
        if reads:
            moved[False][kind] = moved[False].get(kind, 0.0) + size * motion.reads * motion.rate
    if motion.told and told:
        into = moved[motion.held]
        into["hold"] = into.get("hold", 0.0) + told * motion.told * TELLING
        into[LATE + "hold"] = told * motion.told
    if gated and clocked:
        moved[motion.held]["clock"] = (1 - UNGATED) * clocked * motion.writes
        clocked *= UNGATED
    return UnitEnergy(Bill.of(clock=clocked) if clocked else NOTHING, Bill(moved[False]), Bill(moved[True]))


def term_energy(
    term: AreaTerm, plan: CorePlan, technology: Technology, data: Statistics = BITNET
) -> UnitEnergy:
    """What one unit of a term of area takes energy for."""
    gates = plan.config.clock_gating and "clock_gating" in term.keys
    taken = unit_energy(term.bill(plan), MOVES.get(term.bill, _rarely)(plan, data), technology, gates)
    if term.bill is not area.memory:
        return taken
    bill, motion = _exchanged(plan, data)
    more = unit_energy(bill, motion, technology)
    return UnitEnergy(taken.clock, taken.step + more.step, taken.load)


def joining_energy(
    term: JoiningTerm, plan: CorePlan, technology: Technology, data: Statistics = BITNET
) -> UnitEnergy:
    """The same of a unit between cores, which works with results."""
    return unit_energy(term.bill(plan), _rarely(plan, data), technology, plan.config.clock_gating)


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
    grown, loads = 1 + energies.growth * (larger - 1), activity.loads_a_step(plan)
    often: dict[Reason, float] = {"clock": grown, "step": grown, "load": grown * loads}
    parts: dict[str, dict[Reason, float]] = {}
    for part, count, unit in core_units(plan, technology, data):
        reasons = parts.setdefault(part, dict.fromkeys(REASONS, 0.0))
        for reason in REASONS:
            reasons[reason] += count * often[reason] * unit.of(reason).price(energies.coefficients)
    cells = sum(count * bill.price(technology.cost_at().coefficients) for _, count, bill in units_of(plan))
    leakage = cells * larger * energies.leakage_nw_per_um2
    return CycleEnergy(parts, leakage, config.macs_per_cycle)


def core_units(
    plan: CorePlan, technology: Technology, data: Statistics = BITNET
) -> Iterator[tuple[str, int, UnitEnergy]]:
    """Of each kind of units: their part, how many all cores have, and what one takes energy for."""
    for term in AREA_TERMS:
        yield term.part, plan.config.cores * term.units(plan), term_energy(term, plan, technology, data)
    for part, count, bill in units_around(plan):
        yield part, count, unit_energy(bill, _rarely(plan, data), technology, plan.config.clock_gating)
