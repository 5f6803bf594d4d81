"""The delay of a core: its longest path between registers, over the stages that the plan has.

Where adders ripple, only the sum's first bits are waited for behind another adder: both carries run up side
by side, so that a tree of adders costs one carry chain and an adder a level. Where carries run in parallel, a
level costs the logarithm of its width. Fetched values come through buffers, from nets that all columns read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from costmodel.price import floating, scaling
from costmodel.price.area import LONGEST, NUMBER
from costmodel.price.components import IN_CELLS_ALONE, IN_TABLES_ALONE, NOTHING, Bill, carries, saved_carries
from costmodel.price.fetch import fetch_path, unpacking_path
from costmodel.price.filling import STORE_KEYS, bank_path, filling_path
from costmodel.price.merging import full_adders_path
from costmodel.price.quantity import Over, PricedQuantity
from generator.plan import (
    AlignedDatapath,
    CompressorPlan,
    CorePlan,
    ExactDatapath,
    FixedToFloatPlan,
    IntegerDatapath,
    NativeDatapath,
    ReductionPlan,
)

CHOSEN_BITS = 8
"""Bits of a table's adder beyond which its carries take more where a choice follows, and below which less."""
MERGE_BITS = 6
"""Bits of a partial sum for each level of logic that decodes and spreads the choice between two addends."""


@dataclass(frozen=True)
class DelayTerm:
    """A stage between registers; ``keys`` are those its delay depends on.

    A stage that is ``broadcast`` begins with nets that every row and column reads, a control or a table's
    entries: a load of the logarithm of their number, beside what its path has in a core of one.
    ``at_port``: whether a plan's stage begins or ends at a port of the core.
    """

    stage: str
    keys: tuple[str, ...]
    bill: Callable[[CorePlan], Bill]
    broadcast: bool = False
    at_port: Callable[[CorePlan], bool] = lambda plan: False

    def delay(self, plan: CorePlan, delay: PricedQuantity) -> float:
        """ps of the stage's longest path, of what a technology prices; 0 where the plan has no such stage."""
        if not self.counts(plan, delay.over):
            return 0.0
        return self.path(plan, delay.over).price(delay.coefficients)

    def counts(self, plan: CorePlan, over: Over) -> bool:
        """Whether the stage is one of the paths that a quantity is ``over``."""
        return over != "clocked" or not self.at_port(plan)

    def path(self, plan: CorePlan, over: Over = "path") -> Bill:
        """What the stage's longest path is made of, registers included; in cells or in lookup tables."""
        between = self.bill(plan).without(IN_CELLS_ALONE if over == "clocked" else IN_TABLES_ALONE)
        if not between:
            return NOTHING
        driven = plan.config.rows * plan.config.columns
        return between + Bill.of(launch=1, load=log2(driven) if self.broadcast else 0)


def stages_of(plan: CorePlan, delay: PricedQuantity) -> dict[str, float]:
    """ps of the longest path of each stage, of what a technology prices; 0 of those that there are not."""
    return {term.stage: term.delay(plan, delay) for term in DELAY_TERMS}


def driven(stage: NDArray[Any], load: float | NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """ps of a ``broadcast`` stage in cores of so many ``columns`` in all rows, from that in a core of one.

    ``load`` is the price (ps) of the component of that name; a stage of 0 ps is none.
    """
    return np.where(stage == 0, 0.0, stage + load * np.log2(columns))


def _adders(widths: Sequence[int], followed: bool = False) -> Bill:
    """Adders so many bits wide, one behind the other; the last one's carries do not ripple if one follows."""
    bill = Bill.of(adder=len(widths)) if widths else NOTHING
    for number, width in enumerate(widths, 1):
        bill += carries(width, followed or number < len(widths))
    return bill


def _chosen(table: Bill) -> Bill:
    """A ``table``'s adders of integers where one of its entries is chosen at once."""
    adders, levels = (table.counts.get(name, 0.0) for name in ("adder", "prefix"))
    return table + Bill.of(prefix=max(levels - adders * log2(CHOSEN_BITS), -levels)) if adders else table


def conversion(plan: CorePlan) -> Bill:
    """What makes an activation an integer, or the slowest of its stages."""
    if plan.receives_entries:
        return NOTHING
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return NOTHING
        case ExactDatapath(to_fixed=converter):
            return NOTHING if plan.multiplies_floats else floating.slowest_stage(converter)
        case AlignedDatapath(align=converter):
            return floating.slowest_stage(converter)
        case unknown:
            assert_never(unknown)


def entry_path(plan: CorePlan, followed: bool = False) -> Bill:
    """A table's adders, one after the other; of pipelined ones the slowest stage."""
    if plan.receives_entries:
        return NOTHING
    match plan.config.architecture:
        case "lut":
            return _sums(plan, followed) if plan.filling is None else filling_path(plan)
        case "select" | "multiplier":
            return NOTHING
        case unknown:
            assert_never(unknown)


def _sums(plan: CorePlan, followed: bool) -> Bill:
    depth = plan.table.depth
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath() | AlignedDatapath():
            widest = plan.table.widest
            return _adders([max(1, widest - level) for level in reversed(range(depth))], followed)
        case NativeDatapath(add=unit):
            return floating.slowest_stage(unit) * (min(1, depth) if plan.float_stages else depth)
        case unknown:
            assert_never(unknown)


def _run(plan: CorePlan, level: int, before: Bill = NOTHING) -> Bill:
    """From ``level`` of the reduction, and what is ``before`` it, to a register or into the accumulator."""
    match plan.reduction:
        case ReductionPlan() as tree:
            return _run_of_adders(plan, tree, level, before)
        case CompressorPlan() as tree:
            return _run_of_full_adders(plan, tree, level, before)
        case unknown:
            assert_never(unknown)


def _run_of_full_adders(plan: CorePlan, tree: CompressorPlan, level: int, before: Bill) -> Bill:
    """The same in carry-save form: levels without carries, and the one adder in front of what follows.

    A level of full adders takes as long as a level of adders does on top of its carries.
    """
    end = next((end for end in tree.registered_levels if end > level), None)
    if end is not None:
        return before + Bill.of(adder=end - level)
    sums = before + Bill.of(adder=tree.depth - level)
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return sums + _accumulate(plan)
        case AlignedDatapath(to_float=converter):
            return _rounded(plan, converter, sums + _adders([plan.sum_range.width]))
        case NativeDatapath():
            raise AssertionError("floats that round in every addition have no carry-save form")
        case unknown:
            assert_never(unknown)


def _rounded(plan: CorePlan, converter: FixedToFloatPlan, tile: Bill) -> Bill:
    """Behind the sum of a ``tile``, what makes it a float and, if nothing is pipelined, accumulates it."""
    first, *others = floating.stage_paths(converter)
    if plan.float_stages:
        return Bill.dearest_of([tile + first, *others])
    return tile + first + _accumulate(plan)


def _run_of_adders(plan: CorePlan, tree: ReductionPlan, level: int, before: Bill) -> Bill:
    end = next((end for end in tree.registered_levels if end > level), None)
    last = tree.depth if end is None else end
    levels = [max(tree.nodes[i].width for i in tree.levels[after]) for after in range(level + 1, last + 1)]
    numbers = -(-len(tree.levels[level]) // len(tree.levels[last]))
    match plan.datapath:
        case NativeDatapath(add=unit):
            path = floating.slowest_stage(unit)
            if plan.float_stages:
                return before + path
            return before + path * len(levels) + (_accumulate(plan) if end is None else NOTHING)
        case IntegerDatapath() | ExactDatapath() | AlignedDatapath() if end is not None:
            return before + full_adders_path(plan, numbers) + saved_carries(levels, numbers)
        case IntegerDatapath() | ExactDatapath():
            sums = before + full_adders_path(plan, numbers)
            return sums + saved_carries([*levels, plan.sum_range.width], numbers + 1)
        case AlignedDatapath(to_float=converter):
            sums = before + full_adders_path(plan, numbers) + saved_carries(levels, numbers)
            last_sign = _last_sign(plan, follows_adders="adder" in sums.counts)
            return _rounded(plan, converter, sums + last_sign)
        case unknown:
            assert_never(unknown)


def _last_sign(plan: CorePlan, follows_adders: bool) -> Bill:
    """A tile's sum with the one sign that no adder took: an increment, whose carries run along the last's."""
    if not plan.carries_signs:
        return NOTHING
    return Bill.of(step=1, increment=0 if follows_adders else plan.sum_range.width)


def _accumulate(plan: CorePlan) -> Bill:
    """The accumulator's adder."""
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return _levels_before_sum(plan) + _adders([plan.accumulator_width])
        case NativeDatapath(accumulate=unit) | AlignedDatapath(accumulate=unit):
            return floating.slowest_stage(unit)
        case unknown:
            assert_never(unknown)


def _levels_before_sum(plan: CorePlan) -> Bill:
    """The level of full adders that makes a column's carry-save sum and an exact accumulator two numbers."""
    match plan.reduction:
        case ReductionPlan():
            return NOTHING
        case CompressorPlan():
            return Bill.of(adder=1)
        case unknown:
            assert_never(unknown)


def scale_stage(plan: CorePlan) -> Bill:
    """From the activation stream to the largest exponent; into the table, where nothing is between."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath() | ExactDatapath():
            return NOTHING
        case AlignedDatapath() if plan.receives_entries:
            return NOTHING
        case AlignedDatapath(scale=unit):
            reaches = plan.registers_entries and not plan.float_stages
            behind = conversion(plan) + entry_path(plan) if reaches else NOTHING
            return floating.slowest_stage(unit) + behind
        case unknown:
            assert_never(unknown)


def convert_stage(plan: CorePlan) -> Bill:
    """Through a pipelined converter, whose last stage ends at its output."""
    return conversion(plan) if plan.float_stages else NOTHING


def entry_stage(plan: CorePlan) -> Bill:
    """From the activation stream, or its converters' registers, through the adders into the entries' own."""
    if not plan.registers_entries and not (plan.adds_floats and plan.float_stages):
        return NOTHING
    return entry_path(plan) if plan.float_stages else conversion(plan) + entry_path(plan)


def fetch_stage(plan: CorePlan) -> Bill:
    """From the table's registers through the fetch to the next register or the accumulator."""
    ends = plan.registers_fetched
    followed = not ends and _adders_follow_fetch(plan)
    before = NOTHING
    if not plan.registers_entries and not (plan.adds_floats and plan.float_stages):
        convert = NOTHING if plan.float_stages else conversion(plan)
        before = convert + _chosen(entry_path(plan, followed))
    if plan.config.packs_keys:
        # Keys are made while tables are.
        before = Bill.dearest_of([before, unpacking_path(plan)])
    before += fetch_path(plan, followed) + bank_path(plan)
    return before if ends else _run(plan, 0, before)


def _adders_follow_fetch(plan: CorePlan) -> bool:
    """Whether a fetched value goes into an adder whose carries run along with its own."""
    match plan.reduction:
        case ReductionPlan():
            pass
        case CompressorPlan(registered_levels=registers):
            return not registers
        case unreduced:
            assert_never(unreduced)
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return True
        case NativeDatapath():
            return False
        case AlignedDatapath():
            return plan.reduction.depth > 0
        case unknown:
            assert_never(unknown)


def reduction_stage(plan: CorePlan) -> Bill:
    """The longest run of adders behind a register of the reduction."""
    starts = [*([0] if plan.config.pipeline.fetch else []), *plan.reduction.registered_levels]
    if plan.product_stages or plan.level_stages:
        starts.append(0)
    return Bill.dearest_of([_run(plan, level) for level in starts]) if starts else NOTHING


def result_stage(plan: CorePlan) -> Bill:
    """From an exact accumulator to the result stream."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath() | AlignedDatapath():
            return NOTHING
        case ExactDatapath() if plan.scaler is not None:
            return NOTHING
        case ExactDatapath(to_float=unit):
            return floating.slowest_stage(unit)
        case unknown:
            assert_never(unknown)


def accept_stage(plan: CorePlan) -> Bill:
    """From the flag of a waiting result, through the handshakes, into the accumulators."""
    flags = Bill.of(sequencer=1, load=log2(plan.accumulator_width))
    match plan.config.dataflow:
        case "output_stationary":
            return flags + Bill.of(finish=1) + _accumulated(plan)
        case "table_stationary":
            return flags + _accumulated(plan)
        case unknown:
            assert_never(unknown)


def recall_stage(plan: CorePlan) -> Bill:
    """From a stored sum's slot to all memories, and what they choose into the accumulators."""
    words = plan.stored_sums
    if words < 2:
        return NOTHING
    return Bill.of(sequencer=1, load=log2(plan.accumulator_width * words), merge=log2(words)) + _accumulated(
        plan
    )


def _accumulated(plan: CorePlan) -> Bill:
    """The accumulator's adder behind a control; if that is pipelined, its first stage alone.

    Where partial sums are merged, the pause's step decides which of two addends comes in front of it.
    """
    stages = _accumulator_stages(plan)
    if not stages:
        return _accumulate(plan)
    chosen = Bill.of(step=plan.state_width / MERGE_BITS) if plan.merge.steps else NOTHING
    return chosen + stages[0]


def accumulate_stage(plan: CorePlan) -> Bill:
    """The slowest stage of a pipelined accumulator but the first."""
    others = _accumulator_stages(plan)[1:]
    return Bill.dearest_of(others) if others else NOTHING


def _accumulator_stages(plan: CorePlan) -> list[Bill]:
    """The stages of a pipelined accumulator; none of one that adds in one cycle."""
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return []
        case NativeDatapath(accumulate=unit) | AlignedDatapath(accumulate=unit):
            return floating.stage_paths(unit) if unit.stages else []
        case unknown:
            assert_never(unknown)


_VALUE = ("architecture", "group_size", "alphabet", "symmetry", "table_depth", *STORE_KEYS, *NUMBER)
_REDUCTION = ("tables", *LONGEST, "reduction", "pipeline.fetch", "pipeline.reduction_every")
_MERGED = (*LONGEST, "dataflow", "reduction")


def _combinational(plan: CorePlan) -> bool:
    return not plan.float_stages


def _from_stream(plan: CorePlan) -> bool:
    return _combinational(plan) and not plan.registers_activations


DELAY_TERMS = (
    DelayTerm(
        "scale",
        (*NUMBER, "group_size", "tables", "table_store", "pipeline.table"),
        scale_stage,
        at_port=_combinational,
    ),
    DelayTerm("convert", _VALUE, convert_stage),
    DelayTerm("entries", (*_VALUE, "pipeline.table"), entry_stage, at_port=_from_stream),
    DelayTerm("fetch", (*_VALUE, "pipeline.table", "key_packing", *_REDUCTION), fetch_stage, broadcast=True),
    DelayTerm("reduction", (*_VALUE, *_REDUCTION), reduction_stage),
    DelayTerm(
        "result", (*NUMBER, "max_reduction", "scale_group", "scale"), result_stage, at_port=_combinational
    ),
    DelayTerm("accumulate", NUMBER, accumulate_stage),
    DelayTerm("scaling", (*NUMBER, "group_size", "tables", *LONGEST), scaling.paths),
    DelayTerm("accept", (*NUMBER, *_MERGED), accept_stage, broadcast=True),
    DelayTerm("recall", (*NUMBER, *_MERGED, "outputs", "columns"), recall_stage, broadcast=True),
)
