"""The front against its definition."""

from __future__ import annotations

from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dse.pareto import Cells, Front


def by_definition(ids: list[int], costs: NDArray[np.float64]) -> list[int]:
    """Ids of designs that none dominates, the lowest of those with equal costs."""
    kept = []
    for i, a in zip(ids, costs, strict=True):
        dominated = any(bool((b <= a).all() and (b < a).any()) for b in costs)
        twin = any(j < i and bool((b == a).all()) for j, b in zip(ids, costs, strict=True))
        if not dominated and not twin:
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


@pytest.mark.parametrize("objectives", [2, 3, 4, 5])
def test_a_front_of_many_is_found_by_brute_force_too(objectives: int) -> None:
    rng = np.random.default_rng(objectives)
    costs = rng.integers(0, 50, size=(1500, objectives)).astype(np.float64)
    front = Front.of(np.arange(len(costs)), costs)
    dominates = (costs[:, None] <= costs[None]).all(-1) & (costs[:, None] < costs[None]).any(-1)
    free = costs[~dominates.any(0)]
    assert {tuple(row) for row in front.costs} == {tuple(row) for row in free}
    assert len(front) == len(np.unique(free, axis=0))


@given(designs(), designs(), st.integers(1, 12))
def test_the_coarse_look_beats_only_what_is_beaten(given, also, bits) -> None:  # type: ignore[no-untyped-def]
    """Survivors hold the front; with other designs known, all of it that those do not beat."""
    _, costs = given
    _, known = also
    objectives = min(costs.shape[1], known.shape[1])
    if objectives < 2:
        return
    costs, known = costs[:, :objectives], known[:, :objectives]
    with mock.patch("dse.pareto.CELL_BITS", bits):
        cells = Cells([costs[:, k] for k in range(1, objectives)])
    found = np.arange(len(costs))
    front = set(by_definition(list(found), costs))
    assert front <= set(cells.survivors(costs.shape[:1], found, costs[:, 0], None).tolist())
    beaten = {i for i in front if ((known <= costs[i]).all(1) & (known < costs[i]).any(1)).any()}
    twins = {i for i in front if (known == costs[i]).all(1).any()}
    left = cells.survivors(costs.shape[:1], found, costs[:, 0], (known[:, 0], known[:, 1:]))
    assert front - beaten - twins <= set(left.tolist())
