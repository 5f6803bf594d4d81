"""Figures at their limits: bandwidths that are reached, and what has no finite value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dse.engine.judging import Grid, run
from dse.sweep.run import sweep
from generator.errors import TernlutError
from tests.dse.specs import model_of, small, spec_file


def test_a_stream_that_limits_every_layer_takes_exactly_its_limit() -> None:
    limits = [0.7, 1.1, 2.3, 3.3, 25.0]
    model = model_of(
        small(
            axes={
                "tables": [1, 2, 3, 5, 7, 8], "columns": [1, 2, 3, 4, 5, 7, 8, 11, 16],
                "weight_bandwidth_gb_per_s": limits, "activation_bandwidth_gb_per_s": [0.3, 0],
            },
            fixed={"architecture": "select"}, constraints=[], clock_mhz=None,
            objectives={"weight_gb_per_s": "min"}, budget={},
        )
    )  # fmt: skip
    column = model.picks(np.arange(model.space.size))
    for stream in ("weight", "activation"):
        limit, bound = column(f"{stream}_bandwidth_gb_per_s"), column(f"{stream}_bound")
        taken = column(f"{stream}_gb_per_s")
        reached = bound == 1
        assert reached.sum() > 20
        assert np.array_equal(taken[reached], limit[reached])
        assert (taken[limit > 0] <= limit[limit > 0]).all()


def test_a_design_with_a_figure_that_is_not_finite_is_infeasible() -> None:
    """log2(tables - 1) has none for one table, and 1 / (tables - 2) none for two."""
    spec = small(
        derived={"a": "log2(tables - 1)", "b": "1 / (tables - 2)"},
        objectives={"area_um2": "min", "b": "min"},
        constraints=[],
    )
    model = model_of(spec)
    outcome = run(model, Grid.of(model))
    at = model.tests.index("have a finite a") + 1
    assert outcome.passed[at] < outcome.passed[at - 1]
    assert outcome.passed[at + 1] < outcome.passed[at]
    tables = model.picks(outcome.front.ids)("tables")
    assert not np.isin(tables, [1, 2]).any()
    assert np.isfinite(outcome.front.costs).all()


def test_a_space_without_finite_figures_says_which(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, derived={"worth": "0 * log2(0 * tables)"}, constraints=[])
    with pytest.raises(TernlutError, match=r"the space is empty: none of .* have a finite worth"):
        sweep(spec, tmp_path / "out")
