"""The knee where it can be seen, and where it must not move."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from dse.sweep.run import sweep
from dse.sweep.summary.knee import independent, knee
from dse.sweep.summary.sentences import headline
from tests.dse.specs import small, spec_file


def test_halfway_in_factors_is_the_knee_of_a_front_without_a_bend() -> None:
    x = np.geomspace(1, 1000, 51)
    assert knee(np.column_stack([x, 7 / x])) == 25


def test_what_is_best_in_most_objectives_and_worst_in_one_is_no_knee() -> None:
    assert knee(np.array([[1.0, 1, 1, 100], [11, 11, 11, 9], [100, 100, 100, 1]])) == 1


def test_of_designs_whose_worst_objective_is_equal_the_others_decide() -> None:
    assert knee(np.array([[0.0, 8, 5], [8, 0, 5], [4, 4, 4], [4, 4, 3], [8, 8, 0]])) == 3


@pytest.mark.parametrize("factor", [1e-6, 1.0, 3e4])
def test_units_do_not_matter(factor: float) -> None:
    costs = np.array([[1.0, -1.0, 7.0], [2.0, -50.0, 7.0], [60.0, -100.0, 7.0]])
    assert knee(costs * [factor, 1 / factor, 1]) == 1


def test_values_that_reach_zero_are_scaled_linearly() -> None:
    assert knee(np.array([[0.0, 10.0], [1.0, 2.0], [10.0, 0.0]])) == 1


def test_a_front_of_one_design_is_its_own_knee() -> None:
    assert knee(np.array([[0.0, -1.0]])) == 0


def test_a_sweep_names_its_knee_and_the_best_few_in_every_objective(tmp_path: Path) -> None:
    finished = sweep(spec_file(tmp_path), tmp_path / "out")
    front, figures = finished.results.front, finished.figures()
    meta = json.loads((tmp_path / "out" / "sweep.json").read_text())
    text = (tmp_path / "out" / "summary.md").read_text()
    assert figures["knee"] in front
    assert meta["knee"] == figures["knee"]["id"]
    assert "| knee |" in text
    for name, goal in finished.results.objectives.items():
        values = sorted((row[name] for row in front), reverse=goal == "max")[:3]
        assert [row[name] for row in figures["top"][name]] == values
        assert meta["top"][name] == [row["id"] for row in figures["top"][name]]


def front_of(x: NDArray[np.float64], *others: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([x, *others])


def test_an_objective_that_follows_from_others_is_no_trade_off() -> None:
    random = np.random.default_rng(3)
    area = np.geomspace(1, 1000, 200)
    rate = -3 * area**1.1
    bandwidth = -rate * random.uniform(0.8, 1.0, 200)
    error = random.permutation(np.geomspace(1e-3, 1, 200))
    kept, dropped = independent(front_of(area, rate, bandwidth, error))
    assert kept == [0, 1, 3]
    assert list(dropped) == [2]
    slope, start = np.polyfit(np.log(-rate), np.log(bandwidth), 1)
    residual = np.log(bandwidth) - slope * np.log(-rate) - start
    assert dropped[2] == pytest.approx(1 - residual.var() / np.log(bandwidth).var(), abs=1e-3)


def test_what_is_the_same_everywhere_is_no_trade_off() -> None:
    x = np.geomspace(1, 10, 9)
    assert independent(front_of(x, 1 / x, np.ones(9))) == ([0, 1], {2: 1.0})


def test_a_bandwidth_does_not_make_a_larger_design_of_the_same_rate_the_knee(tmp_path: Path) -> None:
    """Without a budget: whatever is recommended, nothing as fast is cheaper."""
    axes = small()["axes"] | {"rows": [1], "fetch": ["onehot"]}
    finished = sweep(spec_file(tmp_path, budget={}, axes=axes), tmp_path / "out")
    summary, points = finished.summary, pd.read_parquet(tmp_path / "out" / "points.parquet")
    assert summary.rules.tradeoffs[0] == ["area_um2", "tokens_per_second"]
    assert summary.best is not None
    fast = points[points["feasible"] & (points["tokens_per_second"] >= summary.best["tokens_per_second"])]
    assert summary.best["area_um2"] == fast["area_um2"].min()
    assert "weight bandwidth follows from area and token rate (R² = 0.9" in " ".join(headline(summary))


def test_of_designs_that_are_equally_extreme_the_cheapest_is_named(tmp_path: Path) -> None:
    finished = sweep(spec_file(tmp_path, budget={}), tmp_path / "out")
    points = pd.read_parquet(tmp_path / "out" / "points.parquet")
    points = points[points["feasible"]]
    for name, goal in finished.results.objectives.items():
        best = points[name].min() if goal == "min" else points[name].max()
        row = finished.summary.top[name][0]
        assert row[name] == best
        assert row["area_um2"] == points[points[name] == best]["area_um2"].min()
