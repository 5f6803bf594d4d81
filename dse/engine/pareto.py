"""The Pareto front: which designs no other design beats in one objective without losing in another.

Costs are always minimised here; of designs with equal costs the one with the lowest id stands for all, but
where ``ties`` stay, because something else decides between them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import moocore
import numpy as np
from numpy.typing import NDArray

MERGED_AT_LEAST = 1 << 18
"""Designs that wait before they are merged."""

SWEPT = 3
"""Objectives up to which moocore sweeps over the designs; of more it divides them again and again (Kung)."""

SAMPLE = 1 << 10
"""Designs that say which objectives contradict each other."""


@dataclass(frozen=True, eq=False)
class Front:
    """Mutually non-dominated designs: ``ids[k]`` ascending, and their ``costs[k, objectives]``."""

    ids: NDArray[np.int64]
    costs: NDArray[np.float64]

    @classmethod
    def empty(cls, objectives: int) -> Front:
        return cls(np.empty(0, np.int64), np.empty((0, objectives)))

    @classmethod
    def of(cls, ids: NDArray[np.int64], costs: NDArray[np.float64], ties: bool = False) -> Front:
        """The front of any designs, exactly. ``ids`` are distinct, ``costs`` finite."""
        if len(ids) < 2:
            return cls(ids, costs)
        if np.any(ids[1:] < ids[:-1]):
            order = np.argsort(ids)
            ids, costs = ids[order], costs[order]
        kept = non_dominated(costs, ties)
        return cls(ids[kept], costs[kept])

    @classmethod
    def merge(cls, fronts: Iterable[Front], ties: bool = False) -> Front:
        """The front of the union of ``fronts``, whatever their order."""
        parts = list(fronts)
        return parts[0] if len(parts) == 1 else cls.of(*_together(parts), ties)

    def __len__(self) -> int:
        return len(self.ids)


def _together(parts: Sequence[Front]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return np.concatenate([part.ids for part in parts]), np.concatenate([part.costs for part in parts])


class FrontBuilder:
    """The front of what is added part by part, found when enough has come to be worth it.

    Parts are fronts, unless ``mixed`` says that their designs may beat each other.
    """

    def __init__(self, ties: bool = False, mixed: bool = False) -> None:
        self._parts: list[Front] = []
        self._waiting = 0
        self._ties, self._mixed = ties, mixed

    def __len__(self) -> int:
        """Designs that are there, of which some may yet be beaten."""
        return sum(len(part) for part in self._parts)

    def add(self, part: Front) -> None:
        self._parts.append(part)
        self._waiting += len(part)
        if self._waiting > max(MERGED_AT_LEAST, 2 * len(self._parts[0])):
            self.front()

    def front(self) -> Front:
        """The front of all that was added."""
        if self._mixed:
            self._parts = [Front.of(*_together(self._parts), self._ties)]
        else:
            self._parts = [Front.merge(self._parts, self._ties)]
        self._waiting = 0
        return self._parts[0]


def beaten_by_neighbours(costs: Sequence[NDArray[np.float64]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which designs of a block a neighbour along one of its axes beats; of equal neighbours the later is.

    ``costs[k]`` broadcast to ``shape``, and are infinite where there is no design. Most steps along an axis
    bring nothing, or a gain for nothing: comparing neighbours, an objective at a time and each only along
    the axes that it changes along, costs little and leaves few designs to compare with all others.
    """
    beaten = np.zeros(shape, dtype=np.bool_)
    costs = sorted(costs, key=np.size)
    for axis, length in enumerate(shape):
        changing = [cost for cost in costs if cost.ndim and cost.shape[axis] > 1]
        if length == 1:
            continue
        first = (*[slice(None)] * axis, slice(None, -1))
        second = (*[slice(None)] * axis, slice(1, None))
        no_worse: NDArray[np.bool_] = np.ones((), dtype=np.bool_)
        no_better: NDArray[np.bool_] = np.ones((), dtype=np.bool_)
        for cost in changing:
            no_worse = no_worse & (cost[first] <= cost[second])
            no_better = no_better & (cost[second] <= cost[first])
        beaten[second] |= no_worse
        beaten[first] |= no_better & ~no_worse
    return beaten


_MOOCORE = threading.Lock()
"""Held by the thread that is in moocore, which does not promise to serve several at once."""


def non_dominated(costs: NDArray[np.float64], ties: bool = False) -> NDArray[np.bool_]:
    """Which rows of ``costs[k, objectives]`` no other row dominates; of equal rows the first alone, or all
    where ``ties`` stay."""
    if costs.shape[1] == 1:
        least = costs[:, 0] == costs[:, 0].min()
        return least if ties else np.asarray(np.arange(len(costs)) == np.argmax(least))
    if costs.shape[1] > SWEPT:
        costs = costs[:, _quickest_order(costs)]
    with _MOOCORE:
        kept = moocore.is_nondominated(np.ascontiguousarray(costs), keep_weakly=ties)
    return np.asarray(kept, dtype=np.bool_)


def _quickest_order(costs: NDArray[np.float64]) -> list[int]:
    """The objectives in the order in which moocore needs least time: first the two that agree least.

    It divides designs in halves by the first, then holds the halves against each other by the second: where
    that is the worse the better the first, few of one half can beat any of the other. Where they stand is
    asked of a sample; the designs that are found are the same in any order.
    """
    sample = costs[:: -(-len(costs) // SAMPLE)]
    places = [np.searchsorted(np.sort(column), column) for column in sample.T]
    with np.errstate(all="ignore"):
        agreement = np.nan_to_num(np.corrcoef(places))
    first, second = divmod(int(np.argmin(agreement)), len(places))
    return [first, second, *(k for k in range(len(places)) if k not in (first, second))]
