"""Sweeps over number formats: every core once, and the best of each format in the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dse.engine.judging import Grid, run
from dse.sweep.finished import report
from dse.sweep.report.figures import write_figures
from dse.sweep.results.columns import design_rows
from dse.sweep.results.sweep_results import Results
from dse.sweep.run import sweep
from dse.sweep.summary.findings import Summary
from generator.config import CoreConfig
from generator.errors import ConfigError
from tests.dse.pictures import pictured
from tests.dse.specs import model_of, small

AXES: dict[str, Any] = {
    "activation": ["int4", "int8", "fp8_e4m3", "bf16", "fp16"],
    "datapath": ["native", "exact", "aligned"],
    "aligned_bits": [12, 24],
    "architecture": ["lut", "select", "multiplier"],
    "group_size": [1, 2],
    "tables": [2, 5],
    "columns": [1, 4],
    "dataflow": ["output_stationary", "table_stationary"],
    "pipeline": {"float_stages": [0, 3], "fetch": [False, True]},
}
MIXED = small(
    axes=AXES,
    fixed={"max_reduction": "workload", "outputs": "workload"},
    objectives={"area_um2": "min", "tokens_per_second": "max", "rms_error": "min"},
    budget={},
    constraints=[],
    clock_mhz=None,
)


def test_each_core_of_a_mixed_space_counts_once() -> None:
    model = model_of(MIXED)
    outcome = run(model, Grid.of(model, 500, 5000))
    cores: dict[CoreConfig, int] = {}
    for position in range(model.space.size):
        try:
            cores.setdefault(model.space.config(position), position)
        except ConfigError:
            continue
    assert outcome.cores == len(cores)
    rows = design_rows(model, np.array(list(cores.values())))
    costs = np.array([[row["area_um2"], -row["tokens_per_second"], row["rms_error"]] for row in rows])
    best = {tuple(a) for a in costs if not ((costs <= a).all(1) & (costs < a).any(1)).any()}
    assert {tuple(cost) for cost in outcome.front.costs} == best


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep over formats, finished."""
    folder = tmp_path_factory.mktemp("formats")
    spec = folder / "spec.toml"
    axes = {key: value for key, value in AXES.items() if key != "pipeline"}
    lines = ['technology = "asap7"', "[workload]", "tokens = 1", "[[workload.layers]]"]
    lines += ['name = "layer"', "inputs = 96", "outputs = 64", "[objectives]"]
    lines += ['area_um2 = "min"', 'tokens_per_second = "max"', 'rms_error = "min"', "[fixed]"]
    lines += ["max_reduction = 96", 'outputs = "workload"', "[axes]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in axes.items()]
    spec.write_text("\n".join(lines))
    sweep(spec, folder / "out")
    return folder / "out"


def test_the_best_of_each_format_is_the_best_there_is(directory: Path) -> None:
    results = report(directory).results
    found = {(row["activation"], row["datapath"], row["architecture"]): row for row in results.formats}
    floats = {("fp16", d) for d in ("native", "exact", "aligned")} | {("bf16", "native"), ("bf16", "aligned")}
    floats |= {("fp8_e4m3", d) for d in ("native", "exact", "aligned")}
    numbers = floats | {("int4", None), ("int8", None)}
    assert set(found) == {(*number, a) for number in numbers for a in ("lut", "select", "multiplier")}
    costs = [row["area_um2_per_token_per_second"] for row in results.formats]
    assert costs == sorted(costs)
    for row in results.fronts:
        best = found[row["activation"], row["datapath"], row["architecture"]]
        figure = "area_um2_per_token_per_second"
        assert best[figure] <= row[figure]


def test_the_report_shows_formats_and_errors(directory: Path, tmp_path: Path) -> None:
    page = (directory / "report.html").read_text(encoding="utf-8")
    assert "fp16 exact" in page
    assert "RMS error" in page
    assert "## Formats and datapaths" in (directory / "summary.md").read_text(encoding="utf-8")
    with pictured():
        write_figures(tmp_path, Summary(Results.load(directory)))
    assert (tmp_path / "formats.png").stat().st_size > 10_000
    header = (directory / "pareto.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert {"rms_error", "arithmetic_error", "datapath"} <= set(header)


def test_datapaths_and_bits_are_in_the_name_of_a_design(directory: Path) -> None:
    results = Results.load(directory)
    phrases = {results.naming.phrase(row): row for row in results.fronts}
    assert len(phrases) == len(results.fronts)
    for phrase, row in phrases.items():
        for key in ("activation", "datapath", "aligned_bits"):
            assert row[key] is None or str(row[key]) in phrase
