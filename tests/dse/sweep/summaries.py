"""Findings of small spaces, without the pictures and the page that a sweep writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dse.engine.judging import Grid, run
from dse.spec.sweep_spec import Source
from dse.sweep.record import record_of
from dse.sweep.results.points import write_behind, write_points
from dse.sweep.results.sweep_results import BEHIND, POINTS, Results
from dse.sweep.summary.findings import Summary
from tests.dse.specs import model_of


def summary_of(directory: Path, values: dict[str, Any]) -> Summary:
    """What the space of a spec has, its results in ``directory``."""
    model = model_of(values)
    grid = Grid.of(model)
    outcome = run(model, grid)
    write_points(directory / POINTS, model, outcome)
    write_behind(directory / BEHIND, model, outcome)
    record_of(Source("spec", "spec", ""), model, outcome, "digest").write(directory)
    return Summary(Results.load(directory))
