"""The front against its definition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dse.engine import pareto
from dse.engine.pareto import Front, FrontBuilder, beaten_by_neighbours, non_dominated

Block = tuple[list[NDArray[np.float64]], tuple[int, ...]]


def by_definition(ids: list[int], costs: NDArray[np.float64]) -> list[int]:
    """Ids of designs that none dominates, the lowest of those with equal costs."""
    kept = []
    for i, a in zip(ids, costs, strict=True):
        twin = any(j < i and bool((b == a).all()) for j, b in zip(ids, costs, strict=True))
        if not beaten(a, costs) and not twin:
            kept.append(i)
    return sorted(kept)


@st.composite
def designs(draw: st.DrawFn) -> tuple[list[int], NDArray[np.float64]]:
    objectives = draw(st.integers(1, 5))
    rows = draw(st.lists(st.tuples(*[st.integers(-3, 3)] * objectives), min_size=1, max_size=40))
    ids = draw(st.permutations(range(len(rows))))
    return list(ids), np.array(rows, dtype=np.float64)


@given(designs())
def test_the_front_is_what_the_definition_says(given: tuple[list[int], NDArray[np.float64]]) -> None:
    ids, costs = given
    assert Front.of(np.array(ids), costs).ids.tolist() == by_definition(ids, costs)


@given(designs(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_merged_parts_make_the_front_of_the_whole_in_any_order(given, random) -> None:  # type: ignore[no-untyped-def]
    ids, costs = given
    cuts = sorted(random.randrange(len(ids) + 1) for _ in range(3))
    bounds = [0, *cuts, len(ids)]
    parts = [Front.of(np.array(ids[a:b], dtype=np.int64), costs[a:b]) for a, b in pairwise(bounds) if b > a]
    random.shuffle(parts)
    assert Front.merge(parts).ids.tolist() == by_definition(ids, costs)


@given(designs(), st.integers(0, 30), st.lists(st.integers(0, 40), max_size=4), st.booleans())
def test_parts_that_are_no_fronts_make_the_front_of_the_whole(
    given: tuple[list[int], NDArray[np.float64]], waiting: int, cuts: list[int], ties: bool
) -> None:
    ids, costs = given
    builder = FrontBuilder(ties, mixed=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pareto, "MERGED_AT_LEAST", waiting)
        for a, b in pairwise([0, *sorted(min(cut, len(ids)) for cut in cuts), len(ids)]):
            builder.add(Front(np.array(ids[a:b], dtype=np.int64), costs[a:b]))
    free = {i for i, a in zip(ids, costs, strict=True) if not beaten(a, costs)}
    assert set(builder.front().ids.tolist()) == (free if ties else set(by_definition(ids, costs)))


def beaten(a: NDArray[np.float64], costs: NDArray[np.float64]) -> bool:
    return any(bool((b <= a).all() and (b < a).any()) for b in costs)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4, 5])
def test_a_front_of_many_is_found_by_brute_force_too(objectives: int) -> None:
    rng = np.random.default_rng(objectives)
    costs = rng.integers(0, 50, size=(1500, objectives)).astype(np.float64)
    ids = np.arange(len(costs))
    front = Front.of(ids, costs)
    dominates = (costs[:, None] <= costs[None]).all(-1) & (costs[:, None] < costs[None]).any(-1)
    free = costs[~dominates.any(0)]
    assert {tuple(row) for row in front.costs} == {tuple(row) for row in free}
    assert len(front) == len(np.unique(free, axis=0))
    assert np.flatnonzero(~dominates.any(0)).tolist() == Front.of(ids, costs, ties=True).ids.tolist()


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Costs that each change along some axes of a block; infinite where there is no design."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    costs = []
    for _ in range(draw(st.integers(1, 5))):
        own = tuple(length if draw(st.booleans()) else 1 for length in shape)
        costs.append(rng.integers(0, draw(st.integers(1, 6)), size=own).astype(np.float64))
    absent = rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 1.0]))
    costs[0] = np.where(absent, np.inf, costs[0])
    return costs, shape


@given(blocks())
def test_no_neighbour_beats_what_is_on_the_front(
    block: tuple[list[NDArray[np.float64]], tuple[int, ...]],
) -> None:
    costs, shape = block
    rows = np.stack([np.broadcast_to(cost, shape).reshape(-1) for cost in costs], axis=1)
    designs = np.flatnonzero(np.isfinite(rows).all(axis=1))
    left = designs[~beaten_by_neighbours(costs, shape).reshape(-1)[designs]]
    front = by_definition(designs.tolist(), rows[designs])
    assert set(front) <= set(left.tolist())
    assert by_definition(left.tolist(), rows[left]) == front


def test_neighbours_beat_what_costs_more_and_the_later_of_equals() -> None:
    area, error = np.array([[3.0, 3.0, 2.0], [4.0, 1.0, 2.0]]), np.array([[1.0], [2.0]])
    assert beaten_by_neighbours([area, error], (2, 3)).tolist() == [[False, True, False], [True, False, True]]


@pytest.mark.parametrize("ties", [False, True])
def test_objectives_that_contradict_each_other_come_first_and_change_no_front(
    monkeypatch: pytest.MonkeyPatch, ties: bool
) -> None:
    """Columns 1 and 3 do; column 2 says nothing; many rows are equal."""
    rng = np.random.default_rng(7)
    level = rng.integers(0, 30, size=2500)
    noise = rng.integers(0, 4, size=(4, 2500))
    costs = np.stack(
        [level + noise[0], level, np.full(2500, 5), noise[1] - level, level + noise[2]], axis=1
    ).astype(np.float64)
    asked = []

    def is_nondominated(rows: NDArray[np.float64], keep_weakly: bool) -> NDArray[np.bool_]:
        asked.append(rows)
        return found(rows, keep_weakly=keep_weakly)

    found = pareto.moocore.is_nondominated
    monkeypatch.setattr(pareto.moocore, "is_nondominated", is_nondominated)
    kept = non_dominated(costs, ties)
    assert {tuple(asked[0][:, k]) for k in (0, 1)} == {tuple(costs[:, k]) for k in (1, 3)}
    dominates = (costs[:, None] <= costs[None]).all(-1) & (costs[:, None] < costs[None]).any(-1)
    free = np.flatnonzero(~dominates.any(0))
    firsts = np.sort(free[np.unique(costs[free], axis=0, return_index=True)[1]])
    assert len(firsts) < len(free)
    assert np.flatnonzero(kept).tolist() == (free if ties else firsts).tolist()
