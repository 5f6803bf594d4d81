"""The knee where it can be seen, and where it must not move."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dse.summary.knee import knee
from dse.sweep.run import sweep
from tests.dse.specs import spec_file


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
