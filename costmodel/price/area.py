"""The area of a core: a sum of terms, each a number of equal units times the price of one.

What a unit is made of is read from the plan. A unit's price depends on few of the configuration's keys, which
the term states, so that a sweep prices each distinct unit once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Literal, assert_never, get_args

from costmodel.price import control, floating, scaling
from costmodel.price.components import (
    NOTHING,
    Bill,
    adder,
    gated,
    half_adders,
    inner,
    negation,
    register,
    total,
)
from costmodel.price.fetch import aligned_product, fetch, key_decoder, unpacked_key
from costmodel.price.filling import STORE_KEYS, filler, filling_adder, stored_entries
from costmodel.price.floating import FloatBills
from costmodel.price.throughput import PAUSE_KEYS, SCALER_COUNTS, STAGES
from generator.plan import (
    AlignedDatapath,
    CompressorPlan,
    CorePlan,
    ExactDatapath,
    IntegerDatapath,
    NativeDatapath,
    ReductionPlan,
)

Part = Literal["converters", "tables", "fetch", "reduction", "accumulators", "control"]
PARTS: tuple[Part, ...] = get_args(Part)
INTO_ADDER = (IntegerDatapath, ExactDatapath)
"""Datapaths whose accumulators are adders."""


@dataclass(frozen=True)
class AreaTerm:
    """Equal units of one ``part``.

    ``keys`` are the configuration's keys (dotted) that one unit's bill depends on; the product of the keys,
    and the stages and counts of the plan, in ``count`` is how many units a core has.
    """

    part: Part
    keys: tuple[str, ...]
    count: tuple[str, ...]
    bill: Callable[[CorePlan], Bill]

    def priced(self, plan: CorePlan) -> Bill:
        """What one unit costs area for: its bill, with clock gates if its clocks are gated.

        Those of the control are few to a group, and priced as if none was.
        """
        gates = plan.config.clock_gating and "clock_gating" in self.keys
        return gated(self.bill(plan)) if gates else self.bill(plan)

    def units(self, plan: CorePlan) -> int:
        of_plan = (*STAGES, *SCALER_COUNTS)
        return prod(getattr(plan if key in of_plan else plan.config, key) for key in self.count)


def table(plan: CorePlan, floats: FloatBills = floating) -> Bill:
    """One table: its adders and its registers, which hold while the pipeline waits; not of a memory."""
    if plan.filling is not None:
        return NOTHING
    if plan.receives_entries:
        return register(plan.table_register_bits, holds=True)
    bills = [register(plan.table_register_bits, holds=True)]
    match plan.config.architecture:
        case "lut":
            bills += _entry_adders(plan, floats)
        case "select":
            pass
        case "multiplier":
            # All columns multiply the same numbers, whose triple is made once.
            bills += [] if plan.multiplies_floats else [floats.triple(plan.activation_range.width)]
        case unknown:
            assert_never(unknown)
    if plan.tracks_invalid and not plan.multiplies_floats:
        bills += [
            Bill.of(gate=sum(map(abs, entry.digits)) - 1) for entry in plan.table.entries if not entry.negates
        ]
    return total(bills)


def _entry_adders(plan: CorePlan, floats: FloatBills) -> list[Bill]:
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath() | AlignedDatapath():
            # Twice an activation has no lowest bit to add.
            added = [
                floats.adder(made.range.width - made.doubled)
                for made in plan.table.sums
                if made.right is not None
            ]
            return [*added, *(negation(made.range.width) for made in plan.table.sums if made.negates)]
        case NativeDatapath(add=unit):
            # Entries come in pairs, the sum and the difference of the same two.
            return [floats.float_adder_pair(unit) * (plan.table.adders / 2)]
        case unknown:
            assert_never(unknown)


def _adder(plan: CorePlan, width: int, floats: FloatBills) -> Bill:
    """An adder of the reduction."""
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath() | AlignedDatapath():
            return floats.adder(width, plan.carries_signs)
        case NativeDatapath(add=unit):
            return floats.float_adder(unit)
        case unknown:
            assert_never(unknown)


def table_converters(plan: CorePlan, floats: FloatBills = floating) -> Bill:
    """What makes one table's activations integers."""
    if plan.receives_entries:
        return NOTHING
    group = plan.config.group_size
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return NOTHING
        case ExactDatapath(to_fixed=converter):
            return NOTHING if plan.multiplies_floats else floats.float_to_fixed(converter) * group
        case AlignedDatapath(align=converter):
            return floats.align(converter) * group
        case unknown:
            assert_never(unknown)


def scale(plan: CorePlan, floats: FloatBills = floating) -> Bill:
    """What finds the largest exponent of a row's tile; pipelined, the activations wait for it."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath() | ExactDatapath():
            return NOTHING
        case AlignedDatapath() if plan.receives_entries:
            return NOTHING
        case AlignedDatapath(scale=unit):
            waiting = plan.scale_stages * plan.config.tile_length * plan.activation_width
            return floats.largest_exponent(unit) + register(waiting, holds=True)
        case unknown:
            assert_never(unknown)


def scale_beside_table(plan: CorePlan) -> Bill:
    """The registers of a row's exponent while its tile is in the tables."""
    return register(plan.exponent_width * (plan.table_stages - plan.scale_stages), holds=True)


def scale_beside_columns(plan: CorePlan) -> Bill:
    """The registers of a row's exponent while its tile is in the columns."""
    return register(plan.exponent_width * (plan.pipeline_stages - plan.tile_stages), holds=True)


def reduction(plan: CorePlan, floats: FloatBills = floating) -> Bill:
    """The adders and pipeline registers between the fetched values of one column and its accumulator."""
    marks = Bill.of(gate=plan.config.tables - 1) if plan.tracks_invalid else NOTHING
    match plan.reduction:
        case ReductionPlan() as tree:
            return _adder_tree(plan, tree, floats) + marks
        case CompressorPlan() as tree:
            compressed = Bill.of(compressor=tree.full_adders) + half_adders(tree.half_adders)
            return compressed + register(tree.register_bits, holds=True) + marks
        case unknown:
            assert_never(unknown)


def _adder_tree(plan: CorePlan, tree: ReductionPlan, floats: FloatBills) -> Bill:
    """What has no partner in a level of pipelined adders waits for it."""
    # A sum of integers goes into the accumulator's adder.
    ends = [*tree.registered_levels, *([] if isinstance(plan.datapath, INTO_ADDER) else [tree.depth])]
    last = {node for level in ends for node in tree.levels[level]}
    widths = Counter(
        (node.width, plan.adds_floats or index in last)
        for index, node in enumerate(tree.nodes)
        if node.left is not None
    )
    adders = [
        (_adder(plan, width, floats) if alone else inner(_adder(plan, width, floats))) * count
        for (width, alone), count in widths.items()
    ]
    waiting = sum(len(before) % 2 for before in tree.levels[:-1]) * plan.level_stages * plan.fetched_width
    return total(adders) + register(tree.register_bits + waiting, holds=True)


def sign_reduction(plan: CorePlan) -> Bill:
    """The levels of a column's carry-save tree that work on sign bits alone, which all rows share."""
    match plan.reduction:
        case ReductionPlan():
            return NOTHING
        case CompressorPlan() as tree:
            return Bill.of(compressor=tree.early_full_adders)
        case unknown:
            assert_never(unknown)


def _arriving(plan: CorePlan) -> tuple[int, Bill]:
    """Bits in which a column's sum arrives at an exact accumulator, and the level of adders that two numbers
    need there."""
    match plan.reduction:
        case ReductionPlan() as tree:
            return tree.root.width, NOTHING
        case CompressorPlan() as tree:
            merged = Bill.of(compressor=tree.pairs) + half_adders(tree.sum_width - tree.pairs)
            return tree.sum_width + tree.pairs + tree.late_signs, merged
        case unknown:
            assert_never(unknown)


def accumulator(plan: CorePlan, floats: FloatBills = floating) -> Bill:
    """One accumulator: it adds the gated root of the reduction to itself, or to zero at a result's start.

    Where clocks are gated it holds by its clock, and the root is not. A pipelined adder is its own register,
    holds by itself, and may have to merge its partial sums.
    """
    gates = plan.config.clock_gating
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            arriving, merged = _arriving(plan)
            bill = adder(plan.accumulator_width) + register(plan.state_width, holds=gates) + merged
            if (planes := plan.config.weight_bits) > 1:
                # What arrives is shifted by its plane, which nothing is where nothing arrives.
                return bill + Bill.of(gate=plan.state_width, leg=planes * (arriving + planes - 1))
            return bill + Bill.of(gate=plan.state_width + (0 if gates else arriving))
        case NativeDatapath(number, accumulate=unit) as units:
            bill = floats.float_adder(unit) + Bill.of(gate=plan.state_width)
            bill += floats.widen(number, unit.fmt) if units.widens else NOTHING
        case AlignedDatapath(accumulate=unit):
            bill = floats.float_adder(unit) + Bill.of(gate=plan.state_width)
        case unknown:
            assert_never(unknown)
    if not plan.pipelines_accumulator:
        held = register(plan.state_width, holds=gates)
        return bill + held + Bill.of(gate=0 if gates else plan.state_width)
    return bill + register(plan.accumulator_stages if plan.tracks_invalid else 0, holds=True)


def merger(plan: CorePlan) -> Bill:
    """What merges one accumulator's interleaved partial sums: a captured one, chosen as addend."""
    bits = plan.state_width if plan.merge.steps else 0
    return register(bits, holds=True) + Bill.of(choice=bits)


def result_converters(plan: CorePlan, floats: FloatBills = floating) -> Bill:
    """What makes one column's exact sum, or its tile's sum, a float."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return NOTHING
        case ExactDatapath() if plan.scaler is not None:
            return NOTHING
        case ExactDatapath(to_float=converter):
            return floats.fixed_to_float(converter) + register(plan.result_stages, holds=True)
        case AlignedDatapath(to_float=converter):
            bill = _last_sum(plan, converter.width, floats) + floats.fixed_to_float(converter)
            return bill + register(plan.tile_stages, holds=True)
        case unknown:
            assert_never(unknown)


def _last_sum(plan: CorePlan, width: int, floats: FloatBills) -> Bill:
    """What makes a tile's sum one number: the last sign added to it, or two carry-save numbers."""
    match plan.reduction:
        case ReductionPlan(signed=signed):
            return floats.with_last_sign(width) if signed else NOTHING
        case CompressorPlan():
            return adder(width)
        case unknown:
            assert_never(unknown)


def memory(plan: CorePlan) -> Bill:
    """The other partial sums of one column, a delay line: one is read and overwritten in each step."""
    words, width = plan.stored_sums, plan.state_width
    if words < 1:
        return NOTHING
    return register(words * width, holds=True) + Bill.of(leg=width, choice=(words - 1) * width)


NUMBER = (
    "activation",
    "symmetric",
    "datapath",
    "aligned_bits",
    "rounding",
    "accumulation",
    "subnormals",
    "pipeline.float_stages",
)
"""Keys that say how numbers are added."""
_VALUE = ("architecture", "group_size", "alphabet", "symmetry", *NUMBER)
_GATED = ("clock_gating",)
_STORE = (*STORE_KEYS, "fetch")
_OUTPUTS = ("dataflow", "outputs", "columns")
LONGEST = ("max_reduction", "weight_bits", "scale_group", "scale")
"""Keys that say how much is added to a sum before it is taken out."""
_ADDED = ("tables", *LONGEST, "reduction", "pipeline.fetch")
_SCALED = ("scale_group", "scale")
_SUMMED = ("activation", "symmetric", "datapath", *LONGEST, "pipeline.float_stages")
_SCALE = ("activation", "datapath", "aligned_bits", "pipeline.float_stages")
_COLUMN = ("rows", "columns")
_TILES = ("dataflow", "outputs", "group_size", "tables", *LONGEST)

AREA_TERMS = (
    AreaTerm(
        "tables",
        (*_VALUE, *_GATED, "table_depth", "table_store", "pipeline.table"),
        ("rows", "tables"),
        table,
    ),
    AreaTerm("tables", (*_VALUE, *_GATED, *_STORE), ("rows", "tables"), filling_adder),
    AreaTerm("tables", (*_VALUE, *_GATED, *_STORE, "max_reduction"), ("rows", "tables"), stored_entries),
    AreaTerm("tables", (*_VALUE, *_STORE), (), filler),
    AreaTerm("converters", (*_VALUE, *_GATED, "table_store"), ("rows", "tables"), table_converters),
    AreaTerm("converters", (*_SCALE, *_GATED, "group_size", "tables", "table_store"), ("rows",), scale),
    AreaTerm(
        "converters",
        (*_SCALE, *_GATED, "group_size", "table_store", "pipeline.table"),
        ("rows",),
        scale_beside_table,
    ),
    AreaTerm(
        "converters",
        (*_VALUE, *_ADDED, *_GATED, "pipeline.reduction_every"),
        ("rows",),
        scale_beside_columns,
    ),
    AreaTerm("converters", (*_VALUE, *_GATED, "tables", *LONGEST, "reduction"), _COLUMN, result_converters),
    AreaTerm(
        "fetch",
        (
            *("architecture", "activation", "group_size", "alphabet", "symmetry", "fetch", "datapath"),
            *("table_store", "aligned_bits"),
        ),
        ("columns", "tables"),
        key_decoder,
    ),
    AreaTerm("fetch", ("key_packing", "group_size"), ("columns", "tables"), unpacked_key),
    AreaTerm(
        "fetch",
        (*_VALUE, *_GATED, *_STORE, *LONGEST, "pipeline.fetch"),
        ("rows", "columns", "tables"),
        fetch,
    ),
    AreaTerm(
        "fetch",
        ("architecture", *NUMBER, *_GATED, "tables", "pipeline.fetch"),
        ("rows", "columns", "tables"),
        aligned_product,
    ),
    AreaTerm("reduction", (*_VALUE, *_ADDED, *_GATED, "pipeline.reduction_every"), _COLUMN, reduction),
    AreaTerm("reduction", (*_VALUE, *_ADDED), ("columns",), sign_reduction),
    AreaTerm("accumulators", (*_VALUE, *_ADDED, *_GATED), _COLUMN, accumulator),
    AreaTerm("accumulators", (*NUMBER, *_GATED, "dataflow"), _COLUMN, merger),
    AreaTerm("accumulators", (*NUMBER, *_GATED, *LONGEST, *_OUTPUTS), _COLUMN, memory),
    AreaTerm("control", _TILES, (), control.length_counter),
    AreaTerm("control", (*_OUTPUTS, *PAUSE_KEYS), (), control.output_counter),
    AreaTerm(
        "control", (*_OUTPUTS, *PAUSE_KEYS, "weight_bits", *_SCALED), ("pipeline_stages",), control.flags
    ),
    AreaTerm("control", (), (), control.handshakes),
    AreaTerm(
        "control",
        _TILES,
        ("arriving_stages",),
        control.arriving_length,
    ),
    AreaTerm("control", _OUTPUTS, ("arriving_stages",), control.arriving_outputs),
    AreaTerm("control", ("dataflow", *PAUSE_KEYS), (), control.finishing),
    AreaTerm("accumulators", (*_SUMMED, *_GATED), _COLUMN, scaling.waiting_sum),
    AreaTerm("accumulators", (*_SUMMED, *_GATED), ("rows", "scale_units"), scaling.unit),
    AreaTerm("accumulators", (*_SCALED, *_GATED), ("scale_units",), scaling.scale_of_unit),
    AreaTerm("accumulators", (*_SCALED, *_GATED), ("scale_units", "pipeline_stages"), scaling.arriving_scale),
    AreaTerm("accumulators", (*_SCALED, *_GATED), ("scale_units", "scale_steps"), scaling.waiting_scale),
    AreaTerm("control", _SCALED, ("scale_steps",), scaling.step),
    AreaTerm("control", (*_SCALED, *PAUSE_KEYS), (), scaling.control),
)


def core_bills(plan: CorePlan) -> dict[Part, Bill]:
    """What each part of a core is made of."""
    bills: dict[Part, Bill] = dict.fromkeys(PARTS, NOTHING)
    for term in AREA_TERMS:
        bills[term.part] += term.priced(plan) * term.units(plan)
    return bills
