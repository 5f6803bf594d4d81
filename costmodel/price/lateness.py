"""How long after a register the inputs of each block settle: what is between them, for glitches.

A block whose inputs come at different times works more than once in a cycle, and hands on what it makes: how
often grows with the blocks between it and the registers that they start from. Blocks of integers count as
levels of adders, whose carries run beside each other; floating-point units, which shift by what they have
just computed, by their paths. Bills are of the components of delay, which count alike in all technologies.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from typing import assert_never

from costmodel.price import activity
from costmodel.price.components import CLOCKED_COMPONENTS, NOTHING, Bill, total
from costmodel.price.fetch import fetch_path, unpacking_path
from costmodel.price.floating import slowest_stage, stage_paths
from costmodel.price.timing import conversion
from generator.formats import Float
from generator.plan import (
    AlignedDatapath,
    CompressorPlan,
    CorePlan,
    ExactDatapath,
    IntegerDatapath,
    NativeDatapath,
    ReductionPlan,
)
from generator.plan.float_units import FloatUnit

PACES: Mapping[str, float] = dict.fromkeys(CLOCKED_COMPONENTS, 0.0) | {
    "adder": 1.0,
    "carry": 0.7,
    "step": 0.9,
    "look": 0.9,
    "compare": 0.5,
}
"""What components of paths count, in delays of an adder but for its carries; what rounds is behind all that
shifts."""
LEVEL = Bill.of(adder=8)
"""A level of adders: it makes as many glitches as a path of so many times its delay through floats' units."""
CHOICE = 0.28
"""Levels that what a key chooses comes late by, for each doubling of the bits that the choice drives in all
rows."""
DRIVEN = 0.47
"""Levels that a product is later by for each doubling of the columns, whose rows an activation drives."""
ROW = 1.1
"""Levels that each row of a product counts for whose bits move, but the first."""
AMONG = 0.06
"""Levels, of integers or floats, that what is chosen is late by for each doubling of a table's entries."""
TAKEN, TAKEN_FIXED = 1.28, 2.4
"""How much later entries of floats count that registers take, whose choices to hold see what adders make; and
entries of what floats became, behind their converters."""
SUMMED = 0.25
"""Levels that entries of integers are later by for each level of a table's adders, where no register is
between."""
CHOSEN = 0.5
"""Levels that a float's sum is later by which is chosen among stored ones."""
LOADED, UNLOADED = 0.53, 0.7
"""Levels that a table's adders are late by: for each doubling of those that an activation drives, where their
sums end in registers, and whatever these are where they do not."""
INSIDE, INSIDE_CONVERTER, INSIDE_PRODUCT = 0.47, 0.28, 0.1
"""How late it is inside of a floating-point unit, in the mean, as a share of its path.

It is half of that in an adder, which shifts by what it has compared and added itself, in an exact product,
shifted into place, and in an alignment that waits for a tile's largest exponent, however many it is of.
Shifters of other converters follow what comes from registers, and a product's rows come at once.
"""
ALIGNED, PRODUCT, SUM = 1.95, 0.47, 0.45
"""What comes out of a float's alignment, of its product and of an aligned sum that becomes a float glitches
more or less than what comes out of an adder whose path is as long: shares of their paths."""
BEFORE = 0.14
"""How late what makes an aligned sum a float is by what that comes through, in what an adder would be: it
counts the sum's zeros, which glitches below its first bit do not change."""
FEW = 1.15
"""By how much longer the path of an adder counts whose significand has no fraction, and by half of it for
each bit of that: of two numbers with few bits the larger is often their sum, and the adder works less."""


def at_converters(plan: CorePlan) -> Bill:
    """Inside of what makes activations integers, in the mean; aligned ones wait for the largest exponent."""
    waits = isinstance(plan.datapath, AlignedDatapath) and plan.config.tile_length > 1
    return conversion(plan) * (INSIDE if waits and not plan.float_stages else INSIDE_CONVERTER)


def behind_converters(plan: CorePlan) -> Bill:
    """Behind them. One activation alone is its tile's largest: it is not shifted, and comes at once."""
    if plan.float_stages:
        return NOTHING
    if isinstance(plan.datapath, AlignedDatapath):
        return conversion(plan) * ALIGNED if plan.config.tile_length > 1 else NOTHING
    return conversion(plan)


def at_entries(plan: CorePlan) -> Bill:
    """In front of a table's adders, in the mean of them: converters and what activations drive; of floats the
    levels of adders before, which of integers' small sums make few glitches."""
    made = [entry for entry in plan.table.sums if entry.right is not None]
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath() | AlignedDatapath():
            driven = max(1.0, len(made) / plan.config.group_size)
            loaded = LOADED * log2(driven) if plan.registers_entries else UNLOADED * bool(made)
            taken = TAKEN_FIXED if plan.registers_entries else 1.0
            return behind_converters(plan) * taken + LEVEL * loaded
        case NativeDatapath(add=unit):
            before = 0 if plan.float_stages or not made else sum(one.depth - 1 for one in made) / len(made)
            return slowest_stage(unit) * (INSIDE + before) * (TAKEN if plan.registers_entries else 1.0)
        case unknown:
            assert_never(unknown)


def at_fetch(plan: CorePlan) -> Bill:
    """In front of the fetches: tables that end in no registers, whose sums come late, of floats the most; and
    what the choice among entries adds, as it has levels of its own."""
    if plan.registers_entries or (plan.adds_floats and plan.float_stages):
        before = NOTHING
    else:
        before = behind_converters(plan)
        if isinstance(plan.datapath, NativeDatapath):
            before += slowest_stage(plan.datapath.add) * plan.table.depth
        else:
            before += LEVEL * (SUMMED * plan.table.depth)
    before = Bill.dearest_of([before, unpacking_path(plan)]) if plan.config.packs_keys else before
    return before + level(plan) * (AMONG * among(plan))


def among(plan: CorePlan) -> float:
    """Doublings of the entries that a key chooses among."""
    return 0.0 if plan.fetch_circuit == "product" else log2(max(1, len(plan.table.entries)))


def choice(plan: CorePlan) -> Bill:
    """What a choice by a key counts for, whose lines drive all bits of a value, in one row."""
    return LEVEL * (CHOICE * log2(plan.fetched_width))


def at_product(plan: CorePlan) -> Bill:
    """Inside of a multiplier, in the mean."""
    match plan.datapath:
        case IntegerDatapath() | AlignedDatapath():
            return at_fetch(plan) + _rows(plan) * 0.5
        case NativeDatapath():
            return at_fetch(plan) + fetch_path(plan, followed=True) * INSIDE_PRODUCT
        case ExactDatapath():
            return at_fetch(plan) + fetch_path(plan, followed=True) * INSIDE
        case unknown:
            assert_never(unknown)


def _rows(plan: CorePlan) -> Bill:
    """The levels of adders of an integer product: a row for each two bits, the first is not added."""
    moving = activity.moving(plan) * plan.activation_range.width
    return LEVEL * (ROW * max(0.0, moving / 2 - 1))


def at_reduction(plan: CorePlan, held: bool = False) -> Bill:
    """In front of the reduction's first level of adders; of integers' products nothing in steps in which
    activations are ``held``.

    A float times a ternary weight is that float, or none: it comes late, but it seldom comes twice. An exact
    one is shifted into place behind that.
    """
    if plan.registers_fetched:
        return NOTHING
    if plan.fetch_circuit == "product":
        match plan.datapath:
            case IntegerDatapath() | AlignedDatapath():
                return NOTHING if held else at_fetch(plan) + _rows(plan)
            case ExactDatapath():
                return at_fetch(plan) + fetch_path(plan, followed=True)
            case NativeDatapath():
                return fetch_path(plan, followed=True) * PRODUCT
            case unknown:
                assert_never(unknown)
    if plan.adds_floats:
        return at_fetch(plan)
    return at_fetch(plan) + choice(plan)


def levels_before(plan: CorePlan) -> tuple[list[tuple[float, int, bool]], tuple[int, bool]]:
    """Of each level of the reduction its adders' bits, the levels since a register, and whether that register
    is in the reduction; the same of what comes behind the last one."""
    tree = plan.reduction
    match tree:
        case ReductionPlan():
            bits = [
                float(sum(tree.nodes[i].width for i in set(alive) - set(before)))
                for before, alive in zip(tree.levels, tree.levels[1:], strict=False)
            ]
        case CompressorPlan():
            bits = [float(sum(level.full) + sum(level.half) / 2) for level in tree.levels]
        case unknown:
            assert_never(unknown)
    levels, since, inside = [], 0, False
    for number, width in enumerate(bits, start=1):
        levels.append((width, since, inside))
        since += 1
        if number in tree.registered_levels or plan.level_stages:
            since, inside = 0, True
    return levels, (since, inside)


def level(plan: CorePlan) -> Bill:
    """One level of the reduction's adders."""
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath() | AlignedDatapath():
            return LEVEL
        case NativeDatapath(add=unit):
            return slowest_stage(unit)
        case unknown:
            assert_never(unknown)


def inside_reduction(plan: CorePlan, held: bool = False) -> Bill:
    """In front of the reduction's adders, in the mean of their bits; in steps in which activations are
    ``held``, too."""
    levels, _ = levels_before(plan)
    total = sum(bits for bits, _, _ in levels) or 1.0
    mean = sum(bits * since for bits, since, _ in levels) / total
    own = INSIDE if plan.adds_floats else 0.0
    return at_reduction(plan, held) * _ahead(plan) + level(plan) * (mean + own)


def _ahead(plan: CorePlan) -> float:
    """The share of the reduction's adders, by bits, that no register in it is in front of."""
    levels, _ = levels_before(plan)
    return sum(bits for bits, _, inside in levels if not inside) / (sum(bits for bits, _, _ in levels) or 1.0)


def seen_by_fetch(plan: CorePlan) -> float:
    """How much of what makes choices and products late the fetches see: all of it."""
    return 1.0


def seen_by_reduction(plan: CorePlan) -> float:
    """The same of adders of integers, in the mean; floats that are chosen are not added at once."""
    return 0.0 if plan.adds_floats or plan.registers_fetched else _ahead(plan)


def seen_by_accumulator(plan: CorePlan) -> float:
    """The same of accumulators."""
    _, (_, inside) = levels_before(plan)
    stages = isinstance(plan.datapath, AlignedDatapath) and plan.float_stages > 0
    return float(not (plan.adds_floats or inside or stages or plan.registers_fetched))


def by_columns(plan: CorePlan) -> Bill:
    """How much later products are for each doubling of the columns."""
    return LEVEL * DRIVEN if plan.multiplies_integers else NOTHING


def by_rows(plan: CorePlan) -> Bill:
    """How much later what is chosen by a key is for each doubling of the rows."""
    return NOTHING if plan.fetch_circuit == "product" else LEVEL * CHOICE


def groups_inside(plan: CorePlan) -> float:
    """How many groups' values an input of the reduction's adders is the sum of, in the (geometric) mean."""
    levels, _ = levels_before(plan)
    total = sum(bits for bits, _, _ in levels) or 1.0
    return 2 ** (sum(bits * level for level, (bits, _, _) in enumerate(levels)) / total)


def behind_reduction(plan: CorePlan) -> Bill:
    """Behind the reduction: what is between the last register in it, or in front of it, and its sum."""
    _, (since, inside) = levels_before(plan)
    return level(plan) * since + (NOTHING if inside else at_reduction(plan))


def at_accumulator(plan: CorePlan) -> Bill:
    """In front of the accumulators: what is between the reduction's last register and them.

    Of floats also what is inside of them, in the mean.
    """
    before = behind_reduction(plan)
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return before
        case NativeDatapath(accumulate=unit):
            return (NOTHING if unit.stages else before) + _within(slowest_stage(unit))
        case AlignedDatapath(accumulate=unit, to_float=converter):
            front = NOTHING if plan.float_stages else before + slowest_stage(converter) * SUM
            return front + _within(slowest_stage(unit))
        case unknown:
            assert_never(unknown)


def at_results(plan: CorePlan) -> Bill:
    """In front of what makes a sum a float, in the mean."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return NOTHING
        case ExactDatapath(to_float=converter):
            return slowest_stage(converter) * INSIDE_CONVERTER
        case AlignedDatapath(to_float=converter):
            before = NOTHING if plan.float_stages else behind_reduction(plan) * BEFORE
            return before + slowest_stage(converter) * INSIDE_CONVERTER
        case unknown:
            assert_never(unknown)


def of_unit(*units: FloatUnit) -> Bill:
    """Through floating-point units with all of their stages, one behind the other."""
    return total([path for unit in units for path in stage_paths(unit)])


def of_adders(plan: CorePlan) -> Bill:
    """Through an adder of floats; nothing where there is none."""
    match plan.datapath:
        case NativeDatapath(number=number, add=unit):
            return of_unit(unit) * _few(number)
        case IntegerDatapath() | ExactDatapath() | AlignedDatapath():
            return NOTHING
        case unknown:
            assert_never(unknown)


def _few(number: Float) -> float:
    """By how much the path of an adder counts longer that works less often."""
    return 1 + FEW * 2.0**-number.mantissa


def of_converters(plan: CorePlan) -> Bill:
    """Through what makes an activation an integer."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return NOTHING
        case ExactDatapath(to_fixed=converter):
            return of_unit(converter)
        case AlignedDatapath(align=converter):
            return of_unit(converter)
        case unknown:
            assert_never(unknown)


def of_products(plan: CorePlan) -> Bill:
    """Through a multiplier of floats."""
    match plan.datapath:
        case NativeDatapath(multiply=unit):
            return of_unit(unit)
        case ExactDatapath(to_fixed=converter, multiply=unit):
            return of_unit(unit, converter)
        case IntegerDatapath() | AlignedDatapath():
            return NOTHING
        case unknown:
            assert_never(unknown)


def of_accumulator(plan: CorePlan) -> Bill:
    """Through an accumulator of floats."""
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return NOTHING
        case NativeDatapath(accumulate=unit) | AlignedDatapath(accumulate=unit):
            return of_unit(unit) * _few(unit.fmt)
        case unknown:
            assert_never(unknown)


def of_results(plan: CorePlan) -> Bill:
    """Through what makes a sum a float."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return NOTHING
        case ExactDatapath(to_float=converter) | AlignedDatapath(to_float=converter):
            return of_unit(converter)
        case unknown:
            assert_never(unknown)


def _within(stage: Bill) -> Bill:
    """The middle of an adder's stage."""
    return stage * INSIDE
