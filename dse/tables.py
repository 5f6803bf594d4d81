"""Figures tabulated over the axes they depend on: the whole cost of a space, in a few small arrays.

Every table is filled by asking real ``CoreConfig`` and ``CorePlan`` objects, one for each combination of the
keys that matter; which combinations are no core, or cannot run the workload, is tabulated the same way.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from costmodel.sharing import SharingPlan
from costmodel.technology import Technology
from dse.metrics import tabulated
from dse.space import Space, default_of, representative
from dse.workload import Workload
from generator.config import CoreConfig
from generator.errors import ConfigError, WorkloadError
from generator.plan import CorePlan

Table = NDArray[Any]

Figures = tuple[Callable[[CorePlan], float], ...]


RULES = (
    ("architecture", "group_size"),
    ("tables", "group_size", "max_reduction"),
    ("dataflow", "outputs"),
)
"""Keys whose combinations ``CoreConfig`` may refuse; a core is one when no rule refuses it."""


def axis_values(space: Space) -> dict[str, Table]:
    """The value of every key, along its axis where it has one."""
    values = {axis.key: _along(space, i, axis.values) for i, axis in enumerate(space.axes)}
    for key, value in space.fixed.items():
        values[key] = np.asarray(value)
    return values


def default_value(key: str) -> Table:
    """The value of a key that the space does not state; 0 stands for none."""
    value = default_of(key)
    return np.asarray(0 if value is None else value)


def cost_tables(
    space: Space, technology: Technology, progress: Callable[[float], None] = lambda share: None
) -> dict[str, Table]:
    """Prices, delays and the plan's figures by name; NaN where there is no such core.

    ``progress`` is told the share that is done, 0 … 1.
    """
    groups: dict[tuple[str, ...], dict[str, Callable[[CorePlan], float]]] = {}
    for name, figure in tabulated(technology).items():
        groups.setdefault(figure.keys, {})[name] = figure.value
    sizes = [_table_size(space, keys) for keys in groups]
    tables: dict[str, Table] = {}
    done = 0
    for (keys, figures), size in zip(groups.items(), sizes, strict=True):

        def row(config: CoreConfig, values: Figures = tuple(figures.values())) -> list[float]:  # noqa: B008
            plan = SharingPlan(config)
            return [value(plan) for value in values]

        def advance(count: int, done: int = done) -> None:
            progress((done + count) / sum(sizes))

        filled = _fill(space, keys, row, [np.nan] * len(figures), advance)
        tables.update({name: _collapsed(filled[..., i]) for i, name in enumerate(figures)})
        done += size
    return tables


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
    """For each rule, which combinations are allowed."""

    def allowed(config: CoreConfig) -> list[float]:
        return [1.0]

    tables = [_fill(space, keys, allowed, [0.0])[..., 0] > 0 for keys in RULES]
    outputs = space.axis("outputs")
    if outputs is not None:
        once = _along(space, outputs, [True] + [False] * (len(space.axes[outputs]) - 1))
        tables.append(once | (_dataflows(space) == "table_stationary"))
    return tables


def fit_tables(space: Space, workload: Workload) -> list[Table]:
    """Which cores can run every layer of ``workload``: long enough accumulators, enough partial sums."""

    def runs(length: int, outputs: int) -> Callable[[CoreConfig], list[float]]:
        def check(config: CoreConfig) -> list[float]:
            try:
                SharingPlan(config).tiling(length, outputs)
            except WorkloadError:
                return [0.0]
            return [1.0]

        return check

    return [
        _fill(space, ("max_reduction",), runs(workload.longest, 1), [0.0])[..., 0] > 0,
        _fill(space, ("dataflow", "outputs", "columns"), runs(1, workload.widest), [0.0])[..., 0] > 0,
    ]


def _fill(
    space: Space,
    keys: tuple[str, ...],
    row: Callable[[CoreConfig], list[float]],
    refused: list[float],
    advance: Callable[[int], None] = lambda count: None,
) -> Table:
    """``row`` of a core for every combination of ``keys``: one dimension an axis, and one for the row."""
    axes = _axes_of(space, keys)
    chosen = [space.axes[i] for i in axes]
    fixed = {key: space.fixed[key] for key in keys if key in space.fixed}
    rows = np.empty((_table_size(space, keys), len(refused)))
    for count, combination in enumerate(itertools.product(*(axis.values for axis in chosen))):
        values = fixed | {axis.key: value for axis, value in zip(chosen, combination, strict=True)}
        try:
            rows[count] = row(representative(values))
        except ConfigError:
            rows[count] = refused
        if count % 256 == 0:
            advance(count)
    shape = [len(axis) if i in axes else 1 for i, axis in enumerate(space.axes)]
    return rows.reshape(*shape, len(refused))


def _axes_of(space: Space, keys: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(i for i, axis in enumerate(space.axes) if axis.key in keys)


def _table_size(space: Space, keys: tuple[str, ...]) -> int:
    return int(np.prod([len(space.axes[i]) for i in _axes_of(space, keys)], dtype=np.int64))


def _along(space: Space, axis: int, values: Any) -> Table:
    array = np.asarray(values)
    return array.reshape([len(array) if i == axis else 1 for i in range(len(space.axes))])


def _dataflows(space: Space) -> Table:
    axis = space.axis("dataflow")
    return (
        _along(space, axis, space.axes[axis].values)
        if axis is not None
        else np.asarray(space.values_of("dataflow")[0])
    )
