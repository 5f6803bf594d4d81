"""The golden model: a core's plan evaluated in numpy, addition by addition as the hardware makes them.

Entries come from the plan's adders, a fetch is one's complement with its sign bit pending, the reduction tree
hands that bit on as the plan says, tiles accumulate. What is particular to a kind of number lives in an
``Arithmetic``; the walk over the plan is the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, assert_never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator import keys, softfloat
from generator.errors import WorkloadError
from generator.formats import Float
from generator.plan import (
    AlignedDatapath,
    CompressorPlan,
    CorePlan,
    ExactDatapath,
    IntegerDatapath,
    MergePlan,
    NativeDatapath,
    Range,
    ReductionPlan,
    TablePlan,
    Tiling,
)
from sim import carry_save

CHUNK_VALUES = 1 << 21
"""Fetched values alive at a time, which bounds memory for any layer."""

Array = NDArray[Any]


class PlanViolation(AssertionError):
    """An intermediate value left the interval or the width that the plan gives it."""


class Pending(NamedTuple):
    """A value in the reduction with the sign bit still to be added (``None``: the arithmetic has none)."""

    value: Array
    sign: Array | None


class Arithmetic(Protocol):
    """What the walk over a plan needs of a kind of number."""

    def scales(self, tiles: Array) -> Array:
        """What the activations ``tiles``[…, n] of a tile have in common: […]."""

    def activations(self, tiles: Array, scales: Array) -> Array:
        """The working representation of activations; raises ``ConfigError`` for one outside the format."""

    def special(self, values: ArrayLike) -> Array | None:
        """Where activations invalidate whatever they are selected into, if the datapath tracks that."""

    def add(self, left: Array, right: Array, subtract: bool) -> Array:
        """One addition or subtraction of the table."""

    def fetch(self, entry: Array, sign: Array) -> Pending:
        """A fetched entry, negated where ``sign`` is 1."""

    def multiply(self, activation: Array, weight: Array) -> Pending:
        """A product of the ``multiplier`` architecture."""

    def reduce(self, left: Pending, right: Pending) -> Pending:
        """One adder of the reduction tree."""

    def accumulate(self, tiles: Pending, scales: Array) -> Array:
        """The sums over the leading axis, tile after tile, of which each has its scale."""

    def results(self, sums: Array) -> Array:
        """Accumulators as the core's results: integers, or bit patterns of floats."""


class IntegerArithmetic:
    """Exact integers in int64: every sum of the plan is far below 2^63, the accumulator alone wraps.

    With ``check`` every partial sum of the accumulator has to stay inside the accumulator's range.
    """

    def __init__(self, plan: CorePlan, check: bool = False) -> None:
        self._format = plan.config.format
        self._range, self._width = plan.sum_range, plan.sum_range.width
        self._check = check

    def scales(self, tiles: Array) -> Array:
        return np.zeros(tiles.shape[:-1], dtype=np.int64)

    def activations(self, tiles: Array, scales: Array) -> Array:
        return np.asarray(self._format.decode(self._format.encode(tiles)))

    def special(self, values: ArrayLike) -> Array | None:
        return None

    def add(self, left: Array, right: Array, subtract: bool) -> Array:
        return left - right if subtract else left + right

    def fetch(self, entry: Array, sign: Array) -> Pending:
        return Pending(entry ^ -sign, sign)

    def multiply(self, activation: Array, weight: Array) -> Pending:
        return Pending(activation * weight, None)

    def reduce(self, left: Pending, right: Pending) -> Pending:
        total = left.value + right.value
        if left.sign is not None:
            total += left.sign
        return Pending(total, right.sign)

    def accumulate(self, tiles: Pending, scales: Array) -> Array:
        if self._check:
            steps = tiles.value if tiles.sign is None else tiles.value + tiles.sign
            within("accumulator", np.cumsum(steps, axis=0), self._range, self._width)
        sums = tiles.value.sum(axis=0)
        return np.asarray(sums if tiles.sign is None else sums + tiles.sign.sum(axis=0))

    def results(self, sums: Array) -> Array:
        return wrap(sums, self._width)


class ExactArithmetic(IntegerArithmetic):
    """Floats in units of the smallest subnormal, rounded once; infinities and NaNs count as nothing."""

    def __init__(self, plan: CorePlan, units: ExactDatapath, check: bool = False) -> None:
        super().__init__(plan, check)
        self._float, self._lsb = units.number, units.to_float.lsb

    def activations(self, tiles: Array, scales: Array) -> Array:
        fixed, special = softfloat.to_fixed(self._float, self._float.encode(tiles))
        return np.where(special, 0, fixed)

    def special(self, values: ArrayLike) -> Array | None:
        return self._float.is_special(self._float.encode(values))

    def results(self, sums: Array) -> Array:
        return softfloat.from_fixed(self._float, super().results(sums), self._lsb).astype(np.int64)


class AlignedArithmetic(IntegerArithmetic):
    """Integers on the scale of a tile's largest exponent; each tile's sum is rounded to a float and added."""

    def __init__(self, plan: CorePlan, units: AlignedDatapath) -> None:
        super().__init__(plan)
        self._float, self._align, self._lsb = units.number, units.align, units.to_float.lsb
        self._total, self._merge = units.accumulate.fmt, plan.merge

    def scales(self, tiles: Array) -> Array:
        return softfloat.largest_exponent(self._float, self._float.encode(tiles))

    def activations(self, tiles: Array, scales: Array) -> Array:
        patterns, bits, rounding = self._float.encode(tiles), self._align.bits, self._align.rounding
        aligned, special = softfloat.align(self._float, patterns, scales[..., None], bits, rounding)
        return np.where(special, 0, aligned)

    def special(self, values: ArrayLike) -> Array | None:
        return self._float.is_special(self._float.encode(values))

    def accumulate(self, tiles: Pending, scales: Array) -> Array:
        sums = tiles.value if tiles.sign is None else tiles.value + tiles.sign
        within("tile", sums, self._range, self._width)
        lsb = self._lsb + scales[:, None]
        return accumulated(self._total, softfloat.from_fixed(self._total, sums, lsb), self._merge)

    def results(self, sums: Array) -> Array:
        return sums.astype(np.int64)


class NativeArithmetic(IntegerArithmetic):
    """Bits of floats; every addition is rounded, in the plan's order."""

    def __init__(self, plan: CorePlan, units: NativeDatapath) -> None:
        super().__init__(plan)
        self._float, self._total, self._merge = units.number, units.accumulate.fmt, plan.merge

    def activations(self, tiles: Array, scales: Array) -> Array:
        return self._float.encode(tiles).astype(np.int64)

    def add(self, left: Array, right: Array, subtract: bool) -> Array:
        return softfloat.add(self._float, left, right, subtract=subtract).astype(np.int64)

    def fetch(self, entry: Array, sign: Array) -> Pending:
        return Pending(entry ^ (sign << (self._float.bits - 1)), None)

    def multiply(self, activation: Array, weight: Array) -> Pending:
        selected = np.where(weight == 0, 0, activation)
        product = softfloat.multiply(self._float, selected, self._float.encode(weight))
        return Pending(product.astype(np.int64), None)

    def reduce(self, left: Pending, right: Pending) -> Pending:
        return Pending(self.add(left.value, right.value, False), None)

    def accumulate(self, tiles: Pending, scales: Array) -> Array:
        addends = tiles.value.astype(np.uint64)
        if self._total != self._float:
            addends = softfloat.widen(self._float, self._total, addends)
        return accumulated(self._total, addends, self._merge)

    def results(self, sums: Array) -> Array:
        return sums.astype(np.int64)


def arithmetic_of(plan: CorePlan, check: bool) -> Arithmetic:
    """The arithmetic that ``plan`` is evaluated with."""
    match plan.datapath:
        case IntegerDatapath():
            return IntegerArithmetic(plan, check)
        case NativeDatapath() as units:
            return NativeArithmetic(plan, units)
        case ExactDatapath() as units:
            return ExactArithmetic(plan, units, check)
        case AlignedDatapath() as units:
            return AlignedArithmetic(plan, units)
        case unknown:
            assert_never(unknown)


def accumulated(number: Float, addends: Array, merge: MergePlan) -> Array:
    """The floats ``addends`` added up over the leading axis: partial sums in turn from +0, then merged."""
    sums = [np.zeros(addends.shape[1:], dtype=np.uint64) for _ in range(merge.sums)]
    for tile, addend in enumerate(addends):
        place = tile % merge.sums
        sums[place] = softfloat.add(number, sums[place], addend)
    oldest = len(addends) % merge.sums
    sums = sums[oldest:] + sums[:oldest]
    for captured, merged in zip(merge.captures, merge.merges, strict=True):
        into = merged % merge.sums
        sums[into] = softfloat.add(number, sums[into], sums[captured % merge.sums])
    return sums[merge.merges[-1] % merge.sums] if merge.merges else sums[0]


def wrap(values: Array, width: int) -> Array:
    """``values`` cut to ``width`` bits of two's complement."""
    half = np.int64(1 << (width - 1))
    return np.asarray(((values + half) & np.int64((1 << width) - 1)) - half)


def within(name: str, values: Array, allowed: Range, width: int | None) -> None:
    """Raise ``PlanViolation`` where a value is outside ``allowed`` or does not fit ``width`` bits."""
    low, high = int(values.min()), int(values.max())
    if low < allowed.low or high > allowed.high:
        raise PlanViolation(f"{name}: {low} … {high} is outside the plan's {allowed.low} … {allowed.high}")
    if width is not None and Range(low, high).width > width:
        raise PlanViolation(f"{name}: {low} … {high} does not fit the plan's {width} bits")


def evaluate(plan: CorePlan, activations: ArrayLike, weights: ArrayLike, *, check: bool = False) -> Array:
    """y[B, M] as the core of ``plan`` computes it from x[B, N] ``activations`` and W[M, N] ``weights``.

    Integers, or for floats the bits of each result, ``invalid`` above its value; the value beside a set
    ``invalid`` is given as the canonical NaN, whatever the hardware has there.

    With ``check`` every intermediate is held against the plan's range and width, and ``PlanViolation`` tells
    of the first that is outside. Raises ``WorkloadError`` for shapes the core cannot run, ``ConfigError`` and
    ``KeyFileError`` for values that are not of the format or not ternary.
    """
    x, w = np.asarray(activations), np.asarray(weights)
    if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[1]:
        raise WorkloadError(
            f"x{list(x.shape)} and W{list(w.shape)} do not fit: x[B, N] and W[M, N] are expected"
        )
    tokens, length = x.shape
    outputs = w.shape[0]
    tiling = Tiling.of(plan, length, outputs, tokens)
    arithmetic = arithmetic_of(plan, check)
    check = check and not plan.adds_floats

    tables, group = plan.config.tables, plan.config.group_size
    tiles = np.pad(x, ((0, 0), (0, tiling.n_tiles * tables * group - length)))
    tiles = tiles.reshape(tokens, tiling.n_tiles, tables * group)
    scales = arithmetic.scales(tiles)
    groups = (
        arithmetic.activations(tiles, scales)
        .reshape(tokens, tiling.n_tiles, tables, group)
        .transpose(3, 0, 2, 1)
    )
    match plan.config.architecture:
        case "lut" | "select":
            groups = table_entries(plan.table, arithmetic, groups, check)
            codes: Array = keys.pack(w, group)
        case "multiplier":
            codes = keys.unpack(keys.pack(w, 1), 1)
        case unknown:
            assert_never(unknown)
    codes = np.pad(codes, ((0, 0), (0, tiling.n_tiles * tables - codes.shape[1])))
    codes = codes.reshape(outputs, tiling.n_tiles, tables).transpose(2, 1, 0)

    chunk = max(1, CHUNK_VALUES // (tables * tiling.n_tiles))
    y = np.empty((tokens, outputs), dtype=np.int64)
    for first in range(0, outputs, chunk):
        columns = slice(first, first + chunk)
        code = np.ascontiguousarray(codes[:, :, columns]).astype(np.int64)
        for token in range(tokens):
            leaves = fetched(plan, arithmetic, groups[:, token], code)
            root = column_sum(plan, arithmetic, leaves, check)
            y[token, columns] = arithmetic.results(arithmetic.accumulate(root, scales[token]))
    special = arithmetic.special(x)
    return y if special is None else with_invalid(plan, y, special.astype(int) @ (w != 0).T.astype(int) > 0)


def with_invalid(plan: CorePlan, values: Array, invalid: Array) -> Array:
    """Results of ``values`` [B, M] with the bit ``invalid`` above them, and the canonical NaN below a set
    one."""
    match plan.datapath:
        case IntegerDatapath() | NativeDatapath():
            return values
        case ExactDatapath(number):
            nan = number.canonical_nan
        case AlignedDatapath(accumulate=unit):
            nan = unit.fmt.canonical_nan
        case unknown:
            assert_never(unknown)
    return np.where(invalid, nan | 1 << plan.value_width, values)


def table_entries(plan: TablePlan, arithmetic: Arithmetic, groups: Array, check: bool = False) -> Array:
    """Entries 0 … (3^µ-1)/2 of ``groups[µ, …]``, stacked on the first axis; entry 0 is nothing selected."""
    made = np.zeros((len(plan.entries) + 1, *groups.shape[1:]), dtype=groups.dtype)
    for index in plan.build_order:
        entry = plan.entries[index - 1]
        if entry.right is None:
            made[index] = groups[entry.left]
        else:
            made[index] = arithmetic.add(made[entry.left], made[entry.right], entry.subtract)
        if check:
            within(f"entry {index}", made[index], entry.range, entry.range.width)
    return made


def fetched(plan: CorePlan, arithmetic: Arithmetic, tables: Array, code: Array) -> list[Pending]:
    """What each table hands to the reduction: per table l a value for every tile and output.

    ``tables[entry, L, tiles]`` (activations, for ``multiplier``), ``code[L, tiles, m]``.
    """
    match plan.config.architecture:
        case "lut" | "select":
            by_table = np.ascontiguousarray(tables.transpose(1, 2, 0))
            index, sign = code & ((1 << plan.index_width) - 1), code >> plan.index_width
            return [
                arithmetic.fetch(np.take_along_axis(by_table[leaf], index[leaf], axis=1), sign[leaf])
                for leaf in range(len(code))
            ]
        case "multiplier":
            return [arithmetic.multiply(tables[0, leaf, :, None], code[leaf]) for leaf in range(len(code))]
        case unknown:
            assert_never(unknown)


def column_sum(
    plan: CorePlan, arithmetic: Arithmetic, leaves: Sequence[Pending], check: bool = False
) -> Pending:
    """The sum of ``leaves``; with a tree of adders one sign bit of it is still pending."""
    match plan.reduction:
        case ReductionPlan() as tree:
            return reduced(tree, arithmetic, leaves, check)
        case CompressorPlan() as tree:
            return compressed(tree, leaves, check)
        case unknown:
            assert_never(unknown)


def compressed(plan: CompressorPlan, leaves: Sequence[Pending], check: bool = False) -> Pending:
    """The sum of ``leaves`` and their sign bits; with ``check`` the plan's numbers are held against it."""
    values = [leaf.value for leaf in leaves]
    signs = [leaf.sign for leaf in leaves if leaf.sign is not None]
    total = np.sum([*values, *signs], axis=0)
    if check:
        first, second = carry_save.rows(plan, values, signs[: plan.tree_signs])
        within("carry-save carries", second, Range(0, (1 << plan.carry_width) - 1), None)
        made = sum(signs[plan.tree_signs :], first + second)
        within("carry-save, less the exact sum", wrap(made - total, plan.width_limit), Range(0, 0), None)
    return Pending(total, None)


def reduced(
    plan: ReductionPlan, arithmetic: Arithmetic, leaves: Sequence[Pending], check: bool = False
) -> Pending:
    """The root of the reduction tree over ``leaves``, its sign bit still pending."""
    alive = dict(enumerate(leaves))
    for number, node in enumerate(plan.nodes):
        if node.left is not None and node.right is not None:
            alive[number] = arithmetic.reduce(alive.pop(node.left), alive.pop(node.right))
        if check:
            value, sign = alive[number]
            width = node.width if node.width < plan.width_limit else None
            for bit in (0, 1):
                chosen = value[sign == bit] if sign is not None else value
                if chosen.size:
                    within(f"reduction node {number}, sign {bit}", chosen, node.value.when[bit], width)
            total = value if sign is None else value + sign
            within(f"reduction node {number}, total", total, node.value.total, None)
    return alive[len(plan.nodes) - 1]
