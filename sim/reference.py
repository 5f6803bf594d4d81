"""The golden model: a core's plan evaluated in numpy, addition by addition as the hardware makes them.

Entries come from the plan's adders, a fetch is one's complement with its sign bit pending, the reduction tree
hands that bit on as the plan says, tiles accumulate, and cores that divide the inputs are added up. What is
particular to a kind of number lives in an ``Arithmetic``; the walk over the plan is the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import ArrayLike

from generator import keys
from generator.errors import WorkloadError
from generator.formats import Float
from generator.plan import (
    AlignedDatapath,
    CompressorPlan,
    CorePlan,
    ExactDatapath,
    IntegerDatapath,
    NativeDatapath,
    Range,
    ReductionPlan,
    TablePlan,
    Tiling,
)
from sim import carry_save
from sim.arithmetic import Arithmetic, Array, Pending, arithmetic_of, within, wrap
from sim.key_stream import in_groups, plane_codes
from sim.scales import scale_patterns, scaled

CHUNK_VALUES = 1 << 21
"""Fetched values alive at a time, which bounds memory for any layer."""


def evaluate(
    plan: CorePlan,
    activations: ArrayLike,
    weights: ArrayLike,
    scales: ArrayLike | None = None,
    *,
    check: bool = False,
) -> Array:
    """y[B, M] as the core of ``plan`` computes it from x[B, N] ``activations`` and W[M, N] ``weights``.

    Where groups have scales, these are ``scales`` [M, groups], ones without any.

    Integers, or for floats the bits of each result, ``invalid`` above its value; the value beside a set
    ``invalid`` is given as the canonical NaN, whatever the hardware has there.

    With ``check`` every intermediate is held against the plan's range and width, and ``PlanViolation`` tells
    of the first that is outside. Raises ``WorkloadError`` for shapes the core cannot run, ``ConfigError`` and
    ``KeyFileError`` for values that are not of the format or the alphabet.
    """
    x, w = np.asarray(activations), np.asarray(weights)
    if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[1]:
        raise WorkloadError(
            f"x{list(x.shape)} and W{list(w.shape)} do not fit: x[B, N] and W[M, N] are expected"
        )
    (tokens, length), outputs = x.shape, w.shape[0]
    n_tiles = Tiling.of(plan, length, outputs, tokens).n_tiles
    arithmetic = arithmetic_of(plan, check)
    check = check and not plan.adds_floats
    groups, codes, exponents = _selection(plan, arithmetic, x, w, check)

    has_scales = plan.scaler is not None or scales is not None
    patterns = scale_patterns(plan, scales, outputs, length) if has_scales else None
    chunk = max(1, CHUNK_VALUES // (plan.config.tables * n_tiles))
    y = np.empty((tokens, outputs), dtype=np.int64)
    for first in range(0, outputs, chunk):
        columns = slice(first, first + chunk)
        code = np.ascontiguousarray(codes[..., columns]).astype(np.int64)
        for token in range(tokens):
            tables = groups[:, :, token].swapaxes(0, 1)
            roots = [
                _with_planes(plan, arithmetic, each, code[:, core], check) for core, each in enumerate(tables)
            ]
            if plan.scaler is not None and patterns is not None:
                sums = group_sums(plan, arithmetic, roots[0])
                y[token, columns] = scaled(plan.scaler, sums, patterns[columns].T)
                continue
            parts = [arithmetic.accumulate(*each) for each in zip(roots, exponents[:, token], strict=True)]
            y[token, columns] = arithmetic.results(joined(arithmetic, parts))
    special = arithmetic.special(x)
    return y if special is None else with_invalid(plan, y, special.astype(int) @ (w != 0).T.astype(int) > 0)


def _selection(
    plan: CorePlan, arithmetic: Arithmetic, x: Array, w: Array, check: bool
) -> tuple[Array, Array, Array]:
    """What tables hold [entries, cores, tokens, L, tiles], the keys [planes, cores, L, tiles, M], and what
    the activations of tiles have in common [cores, tokens, tiles].

    Cores that divide the inputs have tables of their own, and each a sum to which the others' are added.
    """
    outputs, tables = w.shape[0], plan.config.tables
    cores, n_tiles = plan.tables // tables, plan.tiles_of(x.shape[1])
    tiles = tiles_of(plan, arithmetic, x)
    match plan.config.architecture:
        case "lut" | "select":
            groups = tiles.entries(plan, arithmetic, check)
            codes = np.array(plane_codes(plan, w))
        case "multiplier":
            groups, codes = tiles.groups, in_groups(plan, keys.ternary(w))[None]
        case unknown:
            assert_never(unknown)
    codes = np.pad(codes, ((0, 0), (0, 0), (0, n_tiles * plan.tables - codes.shape[2])))
    codes = codes.reshape(len(codes), outputs, n_tiles, cores, tables).transpose(0, 3, 4, 2, 1)
    return groups, codes, tiles.exponents


@dataclass(frozen=True)
class Tiles:
    """Activations as tables take them: ``groups`` [µ, cores, tokens, L, tiles], which of them are ``special``
    if that is tracked, and what those of a tile have in common, ``exponents`` [cores, tokens, tiles]."""

    groups: Array
    special: Array | None
    exponents: Array

    def entries(self, plan: CorePlan, arithmetic: Arithmetic, check: bool = False) -> Array:
        """What tables hold, [entries, cores, tokens, L, tiles], what the indices of keys select."""
        return table_entries(plan.table, arithmetic, self.groups, check)


def tiles_of(plan: CorePlan, arithmetic: Arithmetic, x: Array) -> Tiles:
    """The activations ``x`` [tokens, N], zeros filled up."""
    tables, group = plan.config.tables, plan.config.group_size
    tokens, cores = len(x), plan.tables // tables
    n_tiles = plan.tiles_of(x.shape[1])
    tiles = in_groups(plan, x).reshape(tokens, n_tiles, cores, tables * group).transpose(2, 0, 1, 3)

    def grouped(values: Array) -> Array:
        return values.reshape(cores, tokens, n_tiles, tables, group).transpose(4, 0, 1, 3, 2)

    exponents, special = arithmetic.scales(tiles), arithmetic.special(tiles)
    groups = grouped(arithmetic.activations(tiles, exponents))
    return Tiles(groups, None if special is None else grouped(special), exponents)


def _with_planes(plan: CorePlan, arithmetic: Arithmetic, tables: Array, codes: Array, check: bool) -> Pending:
    """The sum of a column over the tile, [tiles, M]: of ``codes`` [planes, L, tiles, M], the highest first,
    each twice as much as the next."""
    first, *others = (
        column_sum(plan, arithmetic, fetched(plan, arithmetic, tables, code), check) for code in codes
    )
    for plane in others:
        sign = None if first.sign is None or plane.sign is None else 2 * first.sign + plane.sign
        first = Pending(2 * first.value + plane.value, sign)
    return first


def group_sums(plan: CorePlan, arithmetic: Arithmetic, root: Pending) -> Array:
    """The accumulators [groups, M] at the end of every group of the tiles of ``root`` [tiles, M]."""
    tiles, sums = plan.group_tiles, []
    for first in range(0, len(root.value), tiles):
        value, sign = (None if part is None else part[first : first + tiles] for part in root)
        assert value is not None
        total = arithmetic.accumulate(Pending(value, sign), np.zeros(len(value)))
        sums.append(wrap(total, plan.sum_range.width))
    return np.array(sums)


def joined(arithmetic: Arithmetic, sums: Sequence[Array]) -> Array:
    """The accumulators of all cores added as a ``Joining`` does: neighbours in pairs, an odd one waits."""
    alive = list(sums)
    while len(alive) > 1:
        pairs = [arithmetic.join(*alive[first : first + 2]) for first in range(0, len(alive) - 1, 2)]
        alive = pairs + alive[2 * len(pairs) :]
    return alive[0]


def with_invalid(plan: CorePlan, values: Array, invalid: Array) -> Array:
    """Results of ``values`` [B, M] with the bit ``invalid`` above them, and the canonical NaN below a set
    one; of scaled sums that NaN alone."""
    if plan.scaler is not None and isinstance(plan.result_number, Float):
        return np.where(invalid, plan.result_number.canonical_nan, values)
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
    """What the indices of keys select of ``groups[µ, …]``, stacked on the first axis; nothing is zero."""
    made = np.zeros((len(plan.sums) + 1, *groups.shape[1:]), dtype=groups.dtype)
    for entry in plan.sums:
        number = entry.index
        if entry.negates:
            made[number] = -made[entry.left]
        elif entry.right is None:
            made[number] = groups[entry.left]
        else:
            right = 2 * made[entry.right] if entry.doubled else made[entry.right]
            made[number] = arithmetic.add(made[entry.left], right, entry.subtract)
        if check:
            within(f"entry {number}", made[number], entry.range, entry.range.width)
    return made[1 - plan.code.first_index : len(plan.entries) + 1]


def fetched(plan: CorePlan, arithmetic: Arithmetic, tables: Array, code: Array) -> list[Pending]:
    """What each table hands to the reduction: per table l a value for every tile and output.

    ``tables[entry, L, tiles]`` (activations, for ``multiplier``), ``code[L, tiles, m]``.
    """
    match plan.config.architecture:
        case "lut" | "select":
            by_table = np.ascontiguousarray(tables.transpose(1, 2, 0))
            index, sign = code & ((1 << plan.index_width) - 1), code >> plan.index_width
            picked = [np.take_along_axis(by_table[leaf], index[leaf], axis=1) for leaf in range(len(code))]
            if not plan.signed_keys:
                return [Pending(entry, None) for entry in picked]
            return [arithmetic.fetch(entry, sign[leaf]) for leaf, entry in enumerate(picked)]
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
