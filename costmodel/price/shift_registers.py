"""Registers in a row, of which nothing but the last is read: AMD's lookup tables hold a bit's as one.

What is counted here are the bits that wait: of activations for their exponent, of sums for others, of flags
and signs beside what is computed in stages. A bill of them has a table for each run, and takes back its
flip-flops.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import assert_never

from costmodel.price.components import Bill
from generator.plan import (
    AlignedDatapath,
    AlignPlan,
    CompressorPlan,
    CorePlan,
    ExactDatapath,
    FixedToFloatPlan,
    FloatAdderPlan,
    FloatMultiplierPlan,
    FloatToFixedPlan,
    IntegerDatapath,
    LargestExponentPlan,
    NativeDatapath,
    ReductionPlan,
)
from generator.plan.float_units import FloatUnit

RUN = 3
"""Registers in a row, of which nothing but the last is read, that become a table."""
TILE_FLAGS = 3
"""Flags of a tile that nothing clears on their way."""


def packed(runs: Iterable[int], kind: str = "register") -> Bill:
    """What becomes of registers of a ``kind`` in runs so long, a bit each."""
    long = [run for run in runs if run >= RUN]
    return Bill.of(**{"table": len(long), kind: -sum(long)}) if long else Bill()


def of_unit(unit: FloatUnit) -> Bill:
    """Of a pipelined unit: what is only carried along between two of its steps."""
    stages, names = unit.registers, list(unit.steps)
    runs = []
    for bits, first, last in _carried(unit):
        between = names[names.index(first) : names.index(last) + 1]
        runs += [sum(stages[name] for name in between)] * bits
    return packed(runs, "stage")


def _carried(unit: FloatUnit) -> list[tuple[int, str, str]]:
    """Bits, the first and the last of the steps behind which they are, unchanged."""
    match unit:
        case FloatAdderPlan(fmt):
            flags = [(2, "order", "normalise"), (2, "distance", "normalise")]
            return [*flags, (fmt.exponent, "distance", "normalise"), (fmt.bits, "round", "round")]
        case FloatMultiplierPlan(fmt, subnormals=True):
            kept = (3, "multiply", "denormalise"), (fmt.exponent + 1, "normalise", "denormalise")
            return [*kept, (fmt.bits, "round", "round")]
        case FloatMultiplierPlan(fmt):
            return [(fmt.bits, "round", "round")]
        case FloatToFixedPlan(fmt):
            return [(1, "negate", "shift"), (fmt.fixed_bits, "shift", "shift")]
        case FixedToFloatPlan(fmt):
            return [(fmt.bits, "round", "round")]
        case LargestExponentPlan():
            return []  # Those behind its last step go on into the exponent's line.
        case AlignPlan():
            return [(1, "negate", "round"), (unit.bits, "round" if unit.nearest else "shift", "round")]
        case unknown:
            assert_never(unknown)


def converters(plan: CorePlan) -> Bill:
    """Of the units that make a table's activations integers."""
    if plan.receives_entries:
        return Bill()
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return Bill()
        case ExactDatapath(to_fixed=unit):
            return Bill() if plan.multiplies_floats else of_unit(unit) * plan.config.group_size
        case AlignedDatapath(align=unit):
            return of_unit(unit) * plan.config.group_size
        case unknown:
            assert_never(unknown)


def waiting_activations(plan: CorePlan) -> Bill:
    """Activations of a row that wait for the exponent they are aligned to."""
    if not plan.scale_stages:
        return Bill()
    run = plan.scale_stages + int(plan.registers_activations)
    return packed([run] * (plan.config.tile_length * plan.activation_width))


def exponents(plan: CorePlan) -> Bill:
    """A row's exponent: on its way to what is aligned to it, and from there to what makes a sum a float."""
    match plan.datapath:
        case AlignedDatapath(scale=unit):
            before = int(plan.registers_activations)
            found = list(unit.registers.values())[-1] if plan.scale_stages else 0
            in_tables = plan.table_stages - plan.scale_stages - before
            in_columns = plan.pipeline_stages - plan.tile_stages
            runs = [found + before, *((in_tables, in_columns) if plan.table_stages > 1 else (in_columns,))]
            return packed([run for run in runs for _ in range(plan.exponent_width)])
        case IntegerDatapath() | NativeDatapath() | ExactDatapath():
            return Bill()
        case unknown:
            assert_never(unknown)


def entries(plan: CorePlan) -> Bill:
    """Sums of a table of pipelined adders that wait for others."""
    if plan.filling is not None or plan.receives_entries or not plan.level_stages:
        return Bill()
    table, runs = plan.table, []
    reads: dict[int, set[int]] = {}
    for entry in table.entries:
        reads.setdefault(entry.index, set()).add(table.depth - entry.depth)
    depth = {made.index: made.depth for made in table.sums}
    for made in table.sums:
        for operand in made.operands:
            reads.setdefault(operand, set()).add(made.depth - 1 - depth[operand])
    for made in table.sums:
        waits = sorted({0, *reads.get(made.index, ())})
        for start, end in pairwise(waits):
            runs += [(end - start) * plan.level_stages] * made.range.width
    return packed(runs)


def signs_of_rows(plan: CorePlan) -> Bill:
    """What a row's signs that wait in a column are less than registers of its own: all rows have the same."""
    shared = (plan.config.rows - 1) / plan.config.rows
    match plan.reduction:
        case ReductionPlan(signed=True) as tree:
            waiting = sum(len(tree.levels[level]) for level in tree.registered_levels)
            return Bill.of(register=-shared * waiting)
        case ReductionPlan() | CompressorPlan():
            return Bill()
        case unknown:
            assert_never(unknown)


def column(plan: CorePlan) -> Bill:
    """Values and signs that wait in a column's reduction."""
    match plan.reduction:
        case ReductionPlan() as tree:
            values, signs = _waiting(plan, tree)
            return packed(values) + packed(signs) * (1 / plan.config.rows)
        case CompressorPlan():
            return Bill()
        case unknown:
            assert_never(unknown)


def _waiting(plan: CorePlan, tree: ReductionPlan) -> tuple[list[int], list[int]]:
    """Registers in each run of a bit in a column's adders: of values without a partner, and of signs."""
    if not tree.registered_levels and not plan.level_stages:
        return [], []
    held, made = int(plan.config.pipeline.fetch), 1 if plan.level_stages else 0
    of_leaf = held + (1 if plan.product_stages else 0)
    values, signs = dict.fromkeys(range(tree.leaves), of_leaf), dict.fromkeys(range(tree.leaves), held)
    values_ended: list[int] = []
    signs_ended: list[int] = []
    for level, alive in enumerate(tree.levels[1:], start=1):
        for index in alive:
            node = tree.nodes[index]
            if node.level == level and node.left is not None and node.right is not None:
                signs_ended += [signs[node.left]] * plan.carries_signs
                for operand in (node.left, node.right):
                    values_ended += [values[operand]] * tree.nodes[operand].width
                values[index], signs[index] = made, signs[node.right]
            elif node.level < level:
                values[index] += plan.level_stages
            if level in tree.registered_levels:
                values[index] += 1
                signs[index] += 1
    last = tree.levels[-1][0]
    return values_ended, [*signs_ended, *[signs[last]] * plan.carries_signs]


def tile_flags(plan: CorePlan) -> Bill:
    """A stage's share of the flags that go with a tile through all of them; the last one's goes on to the
    result stream."""
    stages = plan.pipeline_stages
    if stages < RUN - 1 or plan.config.clock_gating:
        return Bill()
    flags = TILE_FLAGS if stages >= RUN else 0
    last = 0 if flags else RUN
    return Bill.of(register=-flags - last / stages, table=(flags + bool(last)) / stages)


def counts(plan: CorePlan, bits: int) -> Bill:
    """A stage's share of numbers of ``bits`` bits that go with activations through the tables' stages."""
    if plan.arriving_stages < RUN or plan.config.clock_gating:
        return Bill()
    return Bill.of(register=-bits, table=bits / plan.arriving_stages)
