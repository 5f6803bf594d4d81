"""What is said of a design that is more than one core: what limits it, and its core file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dse.sweep.results.designs import core_of, core_toml
from dse.sweep.results.sweep_results import Results
from dse.sweep.run import sweep
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.limits import limits
from dse.sweep.summary.sentences import headline
from generator.config import CoreConfig
from tests.dse.specs import spec_file

FREE = {
    "weight_bandwidth_gb_per_s": 0.0,
    "activation_bandwidth_gb_per_s": 0.0,
    "weight_gb_per_s": 312.4,
    "activation_gb_per_s": 2.125,
    "weight_bound": 0.0,
    "activation_bound": 0.0,
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("systems")
    axes = {
        "group_size": [1, 2],
        "width": [4, 8],
        "columns": [2, 4],
        "cores": [2, 5],
        "split": ["outputs", "inputs"],
        "weight_bandwidth_gb_per_s": [1, 4],
    }
    changes: dict[str, Any] = {
        "axes": axes,
        "derived": {"tables": "width / group_size", "worth": "tokens_per_second / area_um2"},
        "objectives": {"area_um2": "min", "tokens_per_second": "max", "worth": "max"},
        "budget": {},
        "constraints": [],
        "fixed": {"max_reduction": "workload", "activation": "int6"},
    }
    sweep(spec_file(directory, **changes), directory / "out")
    return directory / "out"


def test_without_bandwidths_computing_alone_limits() -> None:
    assert limits(FREE) == (
        "It is compute-bound: the spec sets no bandwidth limit. It needs 312 GB/s for weights and 2.12 GB/s "
        "for activations."
    )


def test_shares_of_the_time_are_told_the_largest_first() -> None:
    row = FREE | {"weight_bandwidth_gb_per_s": 25.6, "weight_bound": 0.625}
    assert limits(row) == (
        "Its token rate is limited by weights at 25.6 GB/s for 62.5 % of the time, by computing for 37.5 %."
    )
    row |= {"activation_bandwidth_gb_per_s": 4, "weight_bound": 0.125, "activation_bound": 0.625}
    assert limits(row) == (
        "Its token rate is limited by activations at 4 GB/s for 62.5 % of the time, by computing for 25.0 % "
        "and by weights at 25.6 GB/s for 12.5 %."
    )


def test_one_limit_holds_all_the_time() -> None:
    row = FREE | {"weight_bandwidth_gb_per_s": 1.0, "weight_bound": 1.0}
    assert limits(row) == "Its token rate is limited by weights at 1 GB/s all the time."


def test_the_summary_tells_how_many_cores_split_what(results: Path) -> None:
    summary = Summary(Results.load(results))
    best = summary.best
    assert best is not None
    told = headline(summary)[0]
    assert f"{best['cores']} cores that split every layer's {best['split']}" in told
    assert limits(best) in headline(summary)


def test_the_best_core_file_holds_the_core_and_tells_of_the_rest_in_comments(results: Path) -> None:
    best = Summary(Results.load(results)).best
    assert best is not None
    text = core_toml(best)
    assert (results / "best.toml").read_text() == text
    assert CoreConfig.load(results / "best.toml") == core_of(best)
    assert core_of(best).tables == best["width"] / best["group_size"]
    comments = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    told = tomllib.loads("\n".join(line for line in comments if "=" in line))
    assert core_of(best).cores == best["cores"] > 1
    assert core_of(best).split == best["split"]
    assert told["weight_bandwidth_gb_per_s"] == best["weight_bandwidth_gb_per_s"]
    assert told["clock_mhz"] == pytest.approx(best["clock_mhz"], rel=1e-4)


def test_what_is_derived_is_told_beside_what_is_fixed(results: Path) -> None:
    summary = (results / "summary.md").read_text()
    assert "tables = width / group_size" in summary
