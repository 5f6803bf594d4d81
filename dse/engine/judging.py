"""The sweep: every point of a space judged, in vectorised blocks, and the Pareto fronts kept exactly.

A space is cut into blocks, sub-products of the axes, whose figures are slices of small tables multiplied out
by broadcasting. Blocks are handed to an executor in chunks; of a chunk only its counts and fronts are kept,
so memory does not grow with the space. The result depends on the spec alone, never on who worked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, prod
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dse.engine.checkpoint import Checkpoint, ChunkResult
from dse.engine.dense import Box, boxes, placed, within
from dse.engine.pareto import Front, FrontBuilder, beaten_by_neighbours
from dse.engine.reach import by_axis, reached, unreached
from dse.pricing.filling import Table
from dse.pricing.model import Model
from dse.pricing.table_view import TableView

BLOCK_POINTS = 1 << 22
"""Points of a block at most: the larger, the more axes a block has, along which designs beat each other."""

BOX_POINTS = 1 << 19
"""Points that are priced at once: so many that each box by itself costs little; arrays are of 4 MB."""

FEW = 1 << 10
"""Designs of a block that are compared with each other at once, without a look at their neighbours first."""

CHUNK_POINTS = 1 << 21
"""Points of a chunk, roughly: a fraction of a second's work, the most that an interruption loses."""


@dataclass(frozen=True)
class Grid:
    """How a model's space is cut into blocks and chunks; that depends on nothing else.

    A block has one value of each of the first axes, which are ``apart``.
    """

    shape: tuple[int, ...]
    apart: int
    block_points: int
    chunk_points: int

    @classmethod
    def of(cls, model: Model, block_points: int = 0, chunk_points: int = 0) -> Grid:
        """The grid for ``model``'s space; 0 stands for the usual sizes."""
        leading = len({*model.kinds.axes, *model.space.scenarios})
        chunk = CHUNK_POINTS // (1 + len(model.bandwidths))
        return cls(model.space.shape, leading, block_points or BLOCK_POINTS, chunk_points or chunk)

    @cached_property
    def pieces(self) -> tuple[int, ...]:
        """Into how many slices each axis is cut: the last axes not at all, the first ones wholly."""
        pieces: list[int] = []
        block = 1
        for i, length in reversed(list(enumerate(self.shape))):
            room = max(1, self.block_points // block) if i >= self.apart else 1
            cut = -(-length // room)
            pieces.append(cut)
            block *= -(-length // cut)
            if cut > 1:
                block = self.block_points
        return tuple(reversed(pieces))

    @property
    def blocks(self) -> int:
        return prod(self.pieces)

    @cached_property
    def blocks_per_chunk(self) -> int:
        return max(1, round(self.chunk_points * self.blocks / prod(self.shape)))

    @property
    def chunks(self) -> int:
        return -(-self.blocks // self.blocks_per_chunk)

    def blocks_of(self, chunk: int) -> Iterator[Box]:
        """The slices of each of a chunk's blocks."""
        first = chunk * self.blocks_per_chunk
        for block in range(first, min(first + self.blocks_per_chunk, self.blocks)):
            numbers = np.unravel_index(block, self.pieces)
            yield tuple(
                slice(int(n) * length // cut, (int(n) + 1) * length // cut)
                for n, length, cut in zip(numbers, self.shape, self.pieces, strict=True)
            )


@dataclass(frozen=True)
class Outcome:
    """A finished sweep: how many points passed each test, and the front of each compared kind.

    ``behind``: the same fronts behind each of the model's other memories, of designs within the limits.
    ``reach``: for each axis the least cost of the model's aim with each of its values.
    """

    passed: tuple[int, ...]
    fronts: Mapping[int, Front]
    behind: Mapping[float, Mapping[int, Front]]
    reach: Sequence[NDArray[np.float64]]

    @property
    def points(self) -> int:
        return self.passed[0]

    @property
    def cores(self) -> int:
        """Points that are cores."""
        return self.passed[1]

    @property
    def feasible(self) -> int:
        return self.passed[-1]

    @cached_property
    def front(self) -> Front:
        """The front of all."""
        return Front.merge(self.fronts.values())


class Judged(NamedTuple):
    """A judged block: how many points pass each test, the front of those that pass all, that behind each of
    the model's other memories, and what was reached."""

    passed: tuple[int, ...]
    front: Front
    behind: tuple[Front, ...]
    reach: NDArray[np.float64]


Candidates = Front
"""Designs of which some may beat others: a front before it is one."""


def judge_block(model: Model, slices: Box) -> Judged:
    """Judges the designs of a block: its cores are found first, only the boxes that hold them are priced."""
    shape = tuple(part.stop - part.start for part in slices)
    passed = np.zeros(len(model.tests) + 1, dtype=np.int64)
    passed[0] = size = prod(shape)
    counts, cores = _tested(model.judge_cores(model.block(slices)), np.ones((), dtype=np.bool_), size)
    passed[1 : 1 + len(counts)] = counts
    reach = unreached(model)
    found = [_builder(model, memory, mixed=True) for memory in range(1 + len(model.bandwidths))]
    for box in boxes(cores, shape, BOX_POINTS):
        more, best, designs = _judge_box(model, placed(box, slices), within(cores, box))
        for test, count in enumerate(more, start=1 + len(counts)):
            passed[test] += count
        np.minimum(reach, best, out=reach)
        for memory, those in designs.items():
            found[memory].add(those)
    objectives = [len(model.spec.objectives), *[len(model.roles.deciding)] * len(model.bandwidths)]
    front, *behind = (
        parts.front() if parts else Front.empty(costs) for parts, costs in zip(found, objectives, strict=True)
    )
    return Judged(tuple(passed.tolist()), front, tuple(behind), reach)


def _judge_box(
    model: Model, slices: Box, cores: Table
) -> tuple[list[int], NDArray[np.float64], dict[int, Candidates]]:
    """Judges the ``cores`` of a box: how many pass each of their tests, what they reach, and by memory those
    that can be on its front, 0 for the one of the spec."""
    view, size = model.block(slices), prod(part.stop - part.start for part in slices)
    passed, mask = _tested(model.judge_figures(view), cores, size)
    reach, designs = unreached(model), {}
    if not passed or passed[-1]:
        designs[0] = _candidates(model, view, mask, slices)
        reach = reached(model, view, model.within(view, mask), slices)
    for memory, gigabytes in enumerate(model.bandwidths, start=1):
        there = view.behind(gigabytes)
        _, mask = _tested(model.judge_figures(there), cores, size)
        mask = model.within(there, mask)
        if mask.any():
            designs[memory] = _candidates_behind(model, there, mask, slices)
    return passed, reach, designs


def _candidates_behind(model: Model, view: TableView, mask: Table, slices: Box) -> Candidates:
    """Those of a box, behind another memory, that can be on the front of what can be the answer there.

    Of the objectives those that decide count; designs that are equal in these all stay.
    """
    deciding = model.roles.deciding
    if len(deciding) == len(model.spec.objectives):
        return _candidates(model, view, mask, slices)
    costs = model.costs(view, deciding)
    if len(costs) == 1:
        cost = np.where(mask, costs[0], inf)
        mask = cost == cost.min()
    shape = np.broadcast_shapes(mask.shape, *(cost.shape for cost in costs)) or (1,) * len(slices)
    return _picked(model, costs, np.broadcast_to(mask, shape), slices)


def _tested(tests: Iterator[Table], mask: Table, size: int) -> tuple[list[int], Table]:
    """How many of ``size`` designs pass each of ``tests`` and all before, until none does; which pass all."""
    passed = []
    for test in tests:
        mask = mask & test
        passed.append(int(np.count_nonzero(mask)) * (size // mask.size))
        if not passed[-1]:
            break
    return passed, mask


def _candidates(model: Model, view: TableView, mask: Table, slices: Box) -> Candidates:
    """Those of a box that ``mask`` leaves, without most that others of the box beat."""
    costs = model.costs(view)
    reduced = costs[model.reduced] = np.where(mask, costs[model.reduced], inf)
    keep = reduced < inf
    if model.reducible and reduced.ndim:
        keep &= reduced == reduced.min(axis=model.reducible, keepdims=True)
    shape = np.broadcast_shapes(keep.shape, *(cost.shape for cost in costs)) or (1,) * len(slices)
    keep = np.broadcast_to(keep, shape)
    if np.count_nonzero(keep) > FEW:
        keep = keep & ~beaten_by_neighbours(costs, shape)
    return _picked(model, costs, keep, slices)


def _picked(model: Model, costs: Sequence[Table], keep: Table, slices: Box) -> Candidates:
    """Ids and costs of those of a box that ``keep`` says."""
    kept = np.flatnonzero(keep)
    index = np.unravel_index(kept, keep.shape)
    rows = np.empty((len(kept), len(costs)))
    for i, cost in enumerate(costs):
        # Most costs are of the whole box: looked up by one number they take a fifth of the time.
        whole = cost.shape == keep.shape
        rows[:, i] = cost.reshape(-1)[kept] if whole else np.broadcast_to(cost, keep.shape)[index]
    digits = tuple(digit + s.start for digit, s in zip(index, slices, strict=True))
    return Front(np.ravel_multi_index(digits, model.space.shape).astype(np.int64), rows)


def judge_chunk(model: Model, grid: Grid, chunk: int) -> ChunkResult:
    """The counts, fronts and reach of a chunk.

    Fronts are numbered by kind; those behind other memories follow, one memory after the other.
    """
    passed = np.zeros(len(model.tests) + 1, dtype=np.int64)
    reach = unreached(model)
    fronts: dict[int, FrontBuilder] = {}
    with np.errstate(all="ignore"):
        for slices in grid.blocks_of(chunk):
            judged = judge_block(model, slices)
            passed += judged.passed
            np.minimum(reach, judged.reach, out=reach)
            for memory, front in enumerate((judged.front, *judged.behind)):
                if len(front):
                    number = memory * len(model.groups) + model.group(slices)
                    fronts.setdefault(number, _builder(model, memory)).add(front)
    finished = {number: parts.front() for number, parts in sorted(fronts.items())}
    return ChunkResult(tuple(passed.tolist()), finished, reach)


def _builder(model: Model, memory: int, mixed: bool = False) -> FrontBuilder:
    """What collects fronts, 0 for the memory of the spec. Behind others what is equal in the objectives that
    decide stays, if there are more: these decide between them."""
    return FrontBuilder(memory > 0 and len(model.roles.deciding) < len(model.spec.objectives), mixed)


class Executor(Protocol):
    """Who judges chunks: this process, others of this machine, or those of a cluster."""

    def judged(
        self, model: Model, grid: Grid, todo: Sequence[int], checkpoint: Checkpoint | None
    ) -> Iterator[tuple[int, ChunkResult]]:
        """Chunks ``todo`` with their results in the order they finish, each in ``checkpoint`` already.

        At no time are more chunks finished and not yet in ``checkpoint`` than there are workers, so that
        whatever is killed costs at most one chunk a worker.
        """
        ...


class ThisProcess:
    """This process."""

    def judged(
        self, model: Model, grid: Grid, todo: Sequence[int], checkpoint: Checkpoint | None
    ) -> Iterator[tuple[int, ChunkResult]]:
        for chunk in todo:
            yield chunk, judge_and_keep(model, grid, chunk, checkpoint)


def judge_and_keep(model: Model, grid: Grid, chunk: int, checkpoint: Checkpoint | None) -> ChunkResult:
    """``judge_chunk``, and the result in ``checkpoint``."""
    result = judge_chunk(model, grid, chunk)
    if checkpoint:
        checkpoint.save(chunk, result)
    return result


def run(
    model: Model,
    grid: Grid,
    *,
    executor: Executor | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int], None] = lambda points: None,
) -> Outcome:
    """Has the whole space judged by ``executor``, this process unless said, and returns its fronts.

    Chunks that ``checkpoint`` holds are taken from it, others added to it as they finish. ``progress`` is
    told the number of points that were taken, then that of each finished chunk.
    """
    fronts: dict[int, FrontBuilder] = {}
    passed = np.zeros(len(model.tests) + 1, dtype=np.int64)
    reach, kinds = unreached(model), len(model.groups)

    def take(result: ChunkResult) -> None:
        nonlocal passed
        passed = passed + np.array(result.passed, dtype=np.int64)
        np.minimum(reach, result.reach, out=reach)
        for number, front in result.fronts.items():
            fronts.setdefault(number, _builder(model, number // kinds)).add(front)

    kept = checkpoint.load() if checkpoint else {}
    for result in kept.values():
        take(result)
    progress(sum(result.passed[0] for result in kept.values()))
    todo = [chunk for chunk in range(grid.chunks) if chunk not in kept]
    left = Counter(kind for chunk in todo for kind in _kinds_of(model, grid, chunk))
    for chunk, result in (executor or ThisProcess()).judged(model, grid, todo, checkpoint):
        take(result)
        progress(result.passed[0])
        # The front of a kind is found as soon as all of it is there, while others judge the next.
        for kind in _kinds_of(model, grid, chunk):
            left[kind] -= 1
            if not left[kind] and kind in fronts:
                fronts[kind].front()
    finished = {number: parts.front() for number, parts in sorted(fronts.items())}
    here, *others = (
        {number % kinds: front for number, front in finished.items() if number // kinds == memory}
        for memory in range(1 + len(model.bandwidths))
    )
    behind = dict(zip(model.bandwidths, others, strict=True))
    return Outcome(tuple(passed.tolist()), here, behind, by_axis(model, reach))


def _kinds_of(model: Model, grid: Grid, chunk: int) -> set[int]:
    """The kinds of designs in a chunk."""
    return {model.group(slices) for slices in grid.blocks_of(chunk)}
