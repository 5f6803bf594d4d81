"""The Pareto front: which designs no other design beats in one objective without losing in another.

Costs are always minimised here; of designs with equal costs the one with the lowest id stands for all. Most
designs of a block are far from any front: ``Cells`` finds those for a fraction of what the exact test costs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import moocore
import numpy as np
from numpy.typing import NDArray

MERGED_AT_LEAST = 1 << 15
"""Designs that wait before they are merged."""

CELL_BITS = 15
"""Binary logarithm of the number of cells."""


@dataclass(frozen=True, eq=False)
class Front:
    """Mutually non-dominated designs: ``ids[k]`` ascending, and their ``costs[k, objectives]``."""

    ids: NDArray[np.int64]
    costs: NDArray[np.float64]

    @classmethod
    def empty(cls, objectives: int) -> Front:
        return cls(np.empty(0, np.int64), np.empty((0, objectives)))

    @classmethod
    def of(cls, ids: NDArray[np.int64], costs: NDArray[np.float64]) -> Front:
        """The front of any designs, exactly. ``ids`` are distinct, ``costs`` finite."""
        if len(ids) < 2:
            return cls(ids, costs)
        if np.any(ids[1:] < ids[:-1]):
            order = np.argsort(ids)
            ids, costs = ids[order], costs[order]
        kept = non_dominated(costs)
        return cls(ids[kept], costs[kept])

    @classmethod
    def merge(cls, fronts: Iterable[Front]) -> Front:
        """The front of the union of ``fronts``, whatever their order."""
        parts = list(fronts)
        if len(parts) == 1:
            return parts[0]
        return cls.of(np.concatenate([f.ids for f in parts]), np.concatenate([f.costs for f in parts]))

    def __len__(self) -> int:
        return len(self.ids)


class Gathering:
    """Fronts added one by one, merged when enough have come to be worth it."""

    def __init__(self) -> None:
        self._parts: list[Front] = []
        self._waiting = 0

    def add(self, front: Front) -> None:
        self._parts.append(front)
        self._waiting += len(front)
        if self._waiting > max(MERGED_AT_LEAST, 2 * len(self._parts[0])):
            self.front()

    @property
    def known(self) -> NDArray[np.float64] | None:
        """Costs of designs that were added, those that are merged already."""
        return self._parts[0].costs if self._parts else None

    def front(self) -> Front:
        """The front of all that was added."""
        self._parts = [Front.merge(self._parts)]
        self._waiting = 0
        return self._parts[0]


class Cells:
    """A coarse grid over all objectives but one, ``depth``, of which each cell knows the least.

    A design is beaten when a cell that is better in every other objective holds one of no more depth.
    ``others[k]`` are the costs of all designs in the objectives of the grid, of any shapes that broadcast to
    one; cells follow the order of floats, so that they are fine near zero and coarse far from it.
    """

    def __init__(self, others: Sequence[NDArray[np.float64]]) -> None:
        ordered = [_ordered(cost) for cost in others]
        proper = [values[np.isfinite(cost)] for values, cost in zip(ordered, others, strict=True)]
        self._low = [int(values.min()) for values in proper]
        high = [int(values.max()) for values in proper]
        varied = [k for k in range(len(others)) if high[k] > self._low[k]]
        bits = max(1, CELL_BITS // max(1, len(varied)))
        self._shift = [max(0, (high[k] - low).bit_length() - bits) for k, low in enumerate(self._low)]
        self._varied = varied
        self._bits = bits
        self._cells: NDArray[np.int64] = np.zeros((), np.int64)
        for place, k in enumerate(varied):
            cell = (ordered[k] - self._low[k]) >> self._shift[k]
            self._cells = self._cells + (cell << (bits * place))

    def survivors(
        self,
        shape: tuple[int, ...],
        found: NDArray[np.int64],
        depth: NDArray[np.float64],
        known: Known | None,
    ) -> NDArray[np.int64]:
        """Those of ``found`` (flat positions in ``shape``) that are not beaten.

        ``depth`` are the costs of those found in the objective left out, ``known`` the costs of other
        designs, in depth and in the others.
        """
        if not self._varied:
            deepest: NDArray[np.int64] = found[depth == depth.min(initial=np.inf)]
            return deepest
        cells = np.broadcast_to(self._cells, shape).reshape(-1)[found]
        least = np.full(1 << (self._bits * len(self._varied)), np.inf)
        np.minimum.at(least, cells, depth)
        if known is not None:
            self._add(least, *known)
        grid = least.reshape([1 << self._bits] * len(self._varied))
        bound = np.full_like(grid, np.inf)
        inner = tuple([slice(0, -1)] * grid.ndim)
        outer = tuple([slice(1, None)] * grid.ndim)
        for axis in range(grid.ndim):
            np.minimum.accumulate(grid, axis=axis, out=grid)
        bound[outer] = grid[inner]
        left: NDArray[np.int64] = found[depth < bound.reshape(-1)[cells]]
        return left

    def _add(self, least: NDArray[np.float64], depth: NDArray[np.float64], others: Any) -> None:
        """Known designs in the cells they reach; one that is better than all of a cell counts as in it."""
        ordered = [_ordered(others[:, k]) for k in range(len(self._low))]
        usable = np.ones(len(depth), dtype=np.bool_)
        for k, low in enumerate(self._low):
            if k not in self._varied:
                usable &= ordered[k] <= low
        cells = np.zeros(int(usable.sum()), np.int64)
        for place, k in enumerate(self._varied):
            cell = np.maximum(ordered[k][usable] - self._low[k], 0) >> self._shift[k]
            cells += np.minimum(cell, (1 << self._bits) - 1) << (self._bits * place)
        np.minimum.at(least, cells, depth[usable])


_MOOCORE = threading.Lock()
"""Held by the thread that is in moocore, which does not promise to serve several at once."""

Known = tuple[NDArray[np.float64], NDArray[np.float64]]


def _ordered(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Integers in the order of the floats, a quarter of their range so that differences do not overflow."""
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
    ordered: NDArray[np.int64] = (bits ^ ((bits >> 63) & np.int64(0x7FFF_FFFF_FFFF_FFFF))) >> 2
    return ordered


def non_dominated(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows of ``costs[k, objectives]`` no other row dominates; of equal rows the first alone."""
    if costs.shape[1] == 1:
        kept = np.zeros(len(costs), dtype=np.bool_)
        kept[np.argmin(costs[:, 0])] = True
        return kept
    with _MOOCORE:
        return np.asarray(moocore.is_nondominated(np.ascontiguousarray(costs)), dtype=np.bool_)
