"""The knee where it can be seen, and where it must not move."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dse.knee import knee
from dse.sweep import sweep
from tests.dse.test_sweep import spec_file


def test_the_knee_of_two_objectives_is_farthest_from_the_chord_between_the_ends() -> None:
    x = np.geomspace(1, 1000, 50)
    costs = np.column_stack([x, 1000 / x**0.3 + 5 * (x[-1] - x)])
    costs = costs[np.argsort(costs[:, 0])]
    u, v = (np.log(c) - np.log(c).min() for c in costs.T)
    u, v = u / u.max(), v / v.max()
    ends = np.array([u[-1] - u[0], v[-1] - v[0]])
    below = (ends[0] * (v - v[0]) - ends[1] * (u - u[0])) / np.hypot(*ends)
    assert knee(costs) == np.argmin(below)


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
