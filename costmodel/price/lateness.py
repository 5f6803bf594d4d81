"""How long after a register the inputs of each block settle: what is between them, for glitches.

A block whose inputs come at different times works more than once in a cycle, and hands on what it makes: how
often grows with the blocks between it and the registers that they start from. Blocks of integers count as
levels of adders, whose carries run beside each other; floating-point units, which shift by what they have
just computed, by their paths. Bills are of the components of delay, so that a technology's delays say how
many levels of adders a unit's path is.
"""

from __future__ import annotations

from typing import assert_never

from costmodel.price.components import NOTHING, Bill, total
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

LEVEL = Bill.of(adder=1)
"""A level of adders."""
CHOICE = 1.0
"""Levels of adders that a choice by a key counts for."""
ROW = 0.5
"""Those that each row of a product counts for: rows of ternary weights are alike."""
INSIDE_CONVERTER, INSIDE_PRODUCT, INSIDE_EXACT, INSIDE_ADDER = 0.1, 0.15, 0.25, 0.5
"""How late it is inside of a floating-point unit, in the mean, as a share of its path.

Shifters of converters and of products follow what comes from registers, those of an adder what it has
compared and added itself. Exact products are shifted into place behind their product.
"""
WAITING = 0.4
"""The same of converters that wait for the largest exponent of a tile, however many it is of."""
FEW = 1.0
"""Significant bits with which an adder of floats works half as often: the larger of two such is often their
sum."""


def at_converters(plan: CorePlan) -> Bill:
    """Inside of what makes activations integers, in the mean; aligned ones wait for the largest exponent."""
    waits = isinstance(plan.datapath, AlignedDatapath) and plan.config.tile_length > 1
    return conversion(plan) * (WAITING if waits and not plan.float_stages else INSIDE_CONVERTER)


def _table_level(plan: CorePlan) -> Bill:
    """One level of a table's adders."""
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath() | AlignedDatapath():
            return LEVEL
        case NativeDatapath(add=unit):
            return slowest_stage(unit)
        case unknown:
            assert_never(unknown)


def at_entries(plan: CorePlan) -> Bill:
    """In front of a table's adders, in the mean of them: converters, and the levels of adders before."""
    before = NOTHING if plan.float_stages else conversion(plan)
    own = INSIDE_ADDER if plan.adds_floats else 0.0
    if plan.adds_floats and plan.float_stages:
        return _table_level(plan) * own
    depths = [made.depth - 1 for made in plan.table.sums if made.right is not None] or [0]
    return before + _table_level(plan) * (own + sum(depths) / len(depths))


def at_fetch(plan: CorePlan) -> Bill:
    """In front of the fetches: tables that end in no registers."""
    if plan.registers_entries or (plan.adds_floats and plan.float_stages):
        before = NOTHING
    else:
        before = (NOTHING if plan.float_stages else conversion(plan)) + _table_level(plan) * plan.table.depth
    return Bill.dearest_of([before, unpacking_path(plan)]) if plan.config.packs_keys else before


def at_product(plan: CorePlan) -> Bill:
    """Inside of a multiplier, in the mean."""
    match plan.datapath:
        case IntegerDatapath() | AlignedDatapath():
            return at_fetch(plan) + _rows(plan) * 0.5
        case NativeDatapath():
            return at_fetch(plan) + fetch_path(plan, followed=True) * INSIDE_PRODUCT
        case ExactDatapath():
            return at_fetch(plan) + fetch_path(plan, followed=True) * INSIDE_EXACT
        case unknown:
            assert_never(unknown)


def _rows(plan: CorePlan) -> Bill:
    """The levels of adders of an integer product: a row for each two bits, the first is not added."""
    return LEVEL * (ROW * max(0.0, plan.activation_range.width / 2 - 1))


def at_reduction(plan: CorePlan) -> Bill:
    """In front of the reduction's first level of adders.

    A float times a ternary weight is that float, or none: it comes late, but it comes once. An exact one is
    shifted into place behind that.
    """
    if plan.config.pipeline.fetch or plan.product_stages:
        return NOTHING
    if plan.fetch_circuit == "product":
        match plan.datapath:
            case IntegerDatapath():
                return at_fetch(plan) + _rows(plan)
            case ExactDatapath():
                return at_fetch(plan) + fetch_path(plan, followed=True)
            case NativeDatapath() | AlignedDatapath():
                return NOTHING
            case unknown:
                assert_never(unknown)
    if plan.adds_floats:
        return at_fetch(plan)
    return at_fetch(plan) + LEVEL * CHOICE


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
            return _within(slowest_stage(unit)) if unit.stages else slowest_stage(unit)
        case unknown:
            assert_never(unknown)


def inside_reduction(plan: CorePlan) -> Bill:
    """In front of the reduction's adders, in the mean of their bits."""
    levels, _ = levels_before(plan)
    total = sum(bits for bits, _, _ in levels) or 1.0
    ahead = sum(bits for bits, _, inside in levels if not inside) / total
    mean = sum(bits * since for bits, since, _ in levels) / total
    own = INSIDE_ADDER if plan.adds_floats else 0.0
    return at_reduction(plan) * ahead + level(plan) * (mean + own)


def groups_inside(plan: CorePlan) -> float:
    """How many groups' values an input of the reduction's adders is the sum of, in the (geometric) mean."""
    levels, _ = levels_before(plan)
    total = sum(bits for bits, _, _ in levels) or 1.0
    return 2 ** (sum(bits * level for level, (bits, _, _) in enumerate(levels)) / total)


def at_accumulator(plan: CorePlan) -> Bill:
    """In front of the accumulators: what is between the reduction's last register and them.

    Of floats also what is inside of them, in the mean.
    """
    _, (since, inside) = levels_before(plan)
    before = level(plan) * since + (NOTHING if inside else at_reduction(plan))
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            return before
        case NativeDatapath(accumulate=unit):
            return (NOTHING if unit.stages else before) + _within(slowest_stage(unit))
        case AlignedDatapath(accumulate=unit, to_float=converter):
            front = NOTHING if plan.float_stages else before + slowest_stage(converter)
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
            return level(plan) + slowest_stage(converter) * INSIDE_CONVERTER
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
    return 1 + FEW / (number.mantissa + 1)


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
        case NativeDatapath(number=number, accumulate=unit):
            return of_unit(unit) * _few(number)
        case AlignedDatapath(accumulate=unit):
            return of_unit(unit)
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
    return stage * INSIDE_ADDER
