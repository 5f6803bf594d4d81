"""Figures tabulated over the axes they depend on: the whole cost of a space, in a few small arrays.

Every table is filled by asking real ``CoreConfig`` and ``CorePlan`` objects, one for each combination of the
keys that matter; which combinations are no core, or cannot run the workload, is tabulated the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from costmodel.price.activity import BITNET, Statistics
from costmodel.price.representative import (
    CONFIG_KEYS,
    DECIDING_KEYS,
    OPTIONAL_KEYS,
    representative,
    without_columns,
    without_idle,
)
from costmodel.price.sharing import SharingPlan, unit_plan
from costmodel.price.technology import Technology
from dse.pricing.distinct import distinct_tables
from dse.pricing.figure import Column, Figure
from dse.pricing.filling import Table, fill, table_shape
from dse.pricing.plan_figures import tabulated
from dse.spec.space import Space, default_value
from dse.spec.system import SYSTEM_KEYS, check_system
from dse.spec.workload import Workload
from generator.errors import WorkloadError
from generator.plan import CorePlan, Tiling
from generator.rule import Rule
from generator.rules import RULES

Figures = tuple[Callable[[CorePlan], float], ...]


PROGRESS_EVERY = 256
"""Entries between two reports of progress."""


def axis_values(space: Space) -> dict[Column, Table]:
    """The value of every key, along its axes where it has some; 1 where it cannot be derived."""
    values: dict[Column, Table] = {
        axis.key: _along(space, i, axis.values) for i, axis in enumerate(space.axes)
    }
    for key, value in space.fixed.items():
        values[key] = np.asarray(value)
    for key in space.derived:
        kind = type(default_value(key))
        column = fill(space, (key,), lambda only: [float(value) for value in only.values()], [1.0])
        values[key] = column[..., 0].astype(kind if kind in (bool, float) else np.int64)
    return values


def unstated_value(key: str) -> Table:
    """The value of a key that the space does not state; 0 stands for none."""
    value = default_value(key)
    return np.asarray(0 if value is None else value)


def cost_tables(
    space: Space,
    technology: Technology,
    rules: Sequence[Table] = (),
    progress: Callable[[float], None] = lambda share: None,
    data: Statistics = BITNET,
) -> dict[Column, Table]:
    """Prices, delays, errors and the plan's figures; NaN where ``rules`` say that there is no core.

    ``progress`` is told the share that is done, 0 … 1. Energies are for ``data``.
    """
    groups: dict[tuple[str, ...], dict[Figure, Callable[[CorePlan], float]]] = {}
    for figure, entry in tabulated(technology, data).items():
        groups.setdefault(entry.keys, {})[figure] = entry.value
    masks = [_allowed(space, keys, rules) for keys in groups]
    sizes = [int(np.count_nonzero(mask)) for mask in masks]
    tables: dict[Column, Table] = {}
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if done % PROGRESS_EVERY == 0:
            progress(done / sum(sizes))

    for (keys, figures), mask in zip(groups.items(), masks, strict=True):
        row = _figures(tuple(figures.values()))
        filled = fill(space, keys, row, [np.nan] * len(figures), mask, advance)
        tables.update({figure: _collapsed(filled[..., i]) for i, figure in enumerate(figures)})
    return tables


def _figures(figures: Figures) -> Callable[[Mapping[str, Any]], list[float]]:
    """``figures`` of a core with some values, computed once for all that no unit tells apart."""
    known: dict[frozenset[tuple[str, Any]], list[float]] = {}

    def row(values: Mapping[str, Any]) -> list[float]:
        meant = without_idle(without_columns(values))
        alike = frozenset(meant.items())
        if alike not in known:
            plan = unit_plan(meant)
            known[alike] = [figure(plan) for figure in figures]
        return known[alike]

    return row


def _collapsed(table: Table) -> Table:
    """``table`` without the axes along which it does not change, where there are cores at all.

    What changes along fewer axes is cheaper to look up, and lets the engine leave out more.
    """
    for axis, length in enumerate(table.shape):
        if length > 1:
            least = np.fmin.reduce(table, axis=axis, keepdims=True)
            most = np.fmax.reduce(table, axis=axis, keepdims=True)
            if ((least == most) | np.isnan(least)).all():
                table = least
    return np.ascontiguousarray(table)


def rule_tables(space: Space) -> list[Table]:
    """For each rule, which combinations are allowed; of those that are the same design one is."""

    def allowed(values: Mapping[str, Any]) -> list[float]:
        representative(values)
        return [1.0]

    tables = [fill(space, keys_asked(rule), allowed, [0.0]) for rule in RULES]
    tables += [fill(space, (key,), _is_allowed(key), [0.0]) for key in space.derived]
    return [*(table[..., 0] > 0 for table in tables), *distinct_tables(space)]


def keys_asked(rule: Rule) -> tuple[str, ...]:
    """The keys of ``rule``, and those that say which of these mean anything."""
    deciding = (key for name in rule.keys for key in DECIDING_KEYS.get(name, ()))
    return tuple(dict.fromkeys((*rule.keys, *deciding)))


def _is_allowed(key: str) -> Callable[[Mapping[str, Any]], list[float]]:
    """Whether a design may have a derived value of ``key``."""

    def check(values: Mapping[str, Any]) -> list[float]:
        if key in SYSTEM_KEYS:
            check_system(values)
        elif key not in OPTIONAL_KEYS:
            representative(values)
        return [1.0]

    return check


def fit_tables(space: Space, workload: Workload) -> list[Table]:
    """Which cores can run every layer of ``workload``: long enough accumulators, enough partial sums."""

    def runs(length: int, outputs: int) -> Callable[[Mapping[str, Any]], list[float]]:
        def check(values: Mapping[str, Any]) -> list[float]:
            core = {key: value for key, value in values.items() if key in CONFIG_KEYS}
            cores, split = values.get("cores", 1), values.get("split", "outputs")
            share = -(-outputs // cores) if split == "outputs" else outputs
            try:
                Tiling.of(SharingPlan(representative(core)), length, share)
            except WorkloadError:
                return [0.0]
            return [1.0]

        return check

    shared = ("dataflow", "outputs", "columns", "cores", "split")
    return [
        fill(space, ("max_reduction",), runs(workload.longest, 1), [0.0])[..., 0] > 0,
        fill(space, shared, runs(1, workload.widest), [0.0])[..., 0] > 0,
    ]


def _allowed(space: Space, keys: tuple[str, ...], rules: Sequence[Table]) -> Table:
    """Which combinations of ``keys`` none of ``rules`` forbids, of those that ask about nothing else."""
    shape = table_shape(space, keys)
    mask: Table = np.ones(shape, dtype=np.bool_)
    for rule in rules:
        if all(length in (1, size) for length, size in zip(rule.shape, shape, strict=True)):
            mask &= rule
    return mask


def _along(space: Space, axis: int, values: Any) -> Table:
    array = np.asarray(values)
    return array.reshape([len(array) if i == axis else 1 for i in range(len(space.axes))])
