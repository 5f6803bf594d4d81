"""What is recommended, and what it is held against."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from costmodel.price.technology import FitError
from dse.presentation.naming import tile
from dse.sweep.report.cards import cards
from dse.sweep.results.sweep_results import Results
from dse.sweep.run import sweep
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.sentences import headline
from tests.dse.specs import TECHNOLOGY, small, spec_file

ERRORS = {"area_um2": "min", "tokens_per_second": "max", "rms_error": "min"}


def summary_of(directory: Path, **changes: object) -> Summary:
    axes = small()["axes"] | {
        "activation": ["int3", "int6", "int9"],
        "rows": [1],
        "pipeline": {"fetch": [True]},
    }
    fixed = {"max_reduction": "workload", "outputs": "workload"}
    path = spec_file(directory, objectives=ERRORS, axes=axes, fixed=fixed, **changes)
    return sweep(path, directory / "out").summary


def test_without_a_budget_the_knee_is_recommended(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, budget={})
    front = list(summary.results.front)
    costs = np.log([[row["area_um2"], 1 / row["tokens_per_second"], row["rms_error"]] for row in front])
    scaled = (costs - costs.min(axis=0)) / np.ptp(costs, axis=0)
    nearest = min(range(len(front)), key=lambda i: (scaled[i].max(), scaled[i].sum()))
    assert summary.best == summary.knee == front[nearest]
    text = headline(summary)[0]
    assert text.startswith("The most balanced design, the knee of area, token rate and RMS error, is a")


def test_what_a_design_is_held_against_is_as_fast_and_as_exact(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, budget={})
    best = summary.best
    assert best is not None
    for rival in summary.rivals:
        good = [
            row for row in summary.results.fronts
            if row["architecture"] == rival.value[0] and row["rms_error"] <= best["rms_error"]
            and row["tokens_per_second"] >= best["tokens_per_second"]
        ]  # fmt: skip
        assert (rival.equal is None) == (not good)
        if rival.equal:
            assert rival.equal["area_um2"] == min(row["area_um2"] for row in good)
    assert all(" and at least as exact" in sentence for sentence in headline(summary)[2:])


def test_one_of_something_is_singular() -> None:
    row = {"architecture": "lut", "group_size": 2, "tables": 1, "columns": 4, "rows": 1}
    assert tile(row) == "group size 2, 1 table × 4 columns"
    assert tile(row | {"tables": 3, "columns": 1}) == "group size 2, 3 tables × 1 column"


def test_designs_closer_than_the_model_is_exact_are_not_told_apart(tmp_path: Path) -> None:
    """A technology whose fit is off by 90 %: what is 1.9 times as large is no worse, as far as is known."""
    path = spec_file(tmp_path)
    fit = FitError(points=9, median_percent=90.0, max_percent=99.0)
    vague = TECHNOLOGY.model_copy(update={"fit": {"medium_area": fit, "tight_area": fit}})
    (tmp_path / "invented.toml").write_text(vague.to_toml())
    summary = sweep(path, tmp_path / "out").summary
    best = summary.best
    assert best is not None
    near = [
        rival for rival in summary.rivals
        if rival.equal and best["area_um2"] != rival.equal["area_um2"]
        and max(best["area_um2"] / rival.equal["area_um2"], rival.equal["area_um2"] / best["area_um2"]) < 1.9
    ]  # fmt: skip
    assert near
    rows = {what for what, _ in summary.highlights}
    for rival in near:
        (name,) = rival.value
        said = [text for text in headline(summary) if f"the cheapest {name} core" in text]
        assert said[0].startswith("The model does not tell it apart from")
        assert "the model's error is 90.0 % in the median" in said[0]
        assert f"{name}, as fast, not told apart by the model" in rows
        card = next(card for card in cards(summary) if card["label"] == f"area against {name}")
        assert card["value"] == "not told apart by the model"
        assert "the model's error is 90.0 %" in card["note"]


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A sweep of three objectives, without limits."""
    directory = tmp_path_factory.mktemp("requests")
    goals = {"area_um2": "min", "tokens_per_second": "max", "first_token_ms": "min"}
    return sweep(spec_file(directory, objectives=goals, budget={}), directory / "out").results


def asked(results: Results, **changes: object) -> Summary:
    """What is found of the same designs where the spec asks for something else."""
    spec = results.record.spec.model_copy(update=changes)
    return Summary(replace(results, record=results.record.model_copy(update={"spec": spec})))


def test_the_cheapest_that_keeps_all_limits_is_recommended_if_they_are_of_speed(requests: Results) -> None:
    rates, times = (requests.front.column(name) for name in ("tokens_per_second", "first_token_ms"))
    least, most = float(np.quantile(rates, 0.6)), float(np.quantile(times, 0.5))
    summary = asked(requests, budget={"tokens_per_second": least, "first_token_ms": most})
    good = [
        row for row in requests.front if row["tokens_per_second"] >= least and row["first_token_ms"] <= most
    ]
    assert summary.best is not None
    assert summary.best["area_um2"] == min(row["area_um2"] for row in good)
    text = headline(summary)[0]
    assert text.startswith("Within a token rate of at least ")
    assert " ms the cheapest design is a" in text
    assert (summary.price, summary.merit) == ("area_um2", "tokens_per_second")


def test_the_rule_that_is_stated_is_followed_within_the_limits(requests: Results) -> None:
    cheapest, fastest, knee = (
        asked(requests, budget={"area_um2": 700.0}, recommend=rule).best
        for rule in ("cheapest", "fastest", "knee")
    )
    assert cheapest is not None
    assert fastest is not None
    assert knee is not None
    assert cheapest["area_um2"] < knee["area_um2"] < fastest["area_um2"] <= 700
    assert cheapest["tokens_per_second"] < knee["tokens_per_second"] < fastest["tokens_per_second"]


def test_limits_that_nothing_keeps_are_told_with_the_best_there_is(requests: Results) -> None:
    summary = asked(requests, budget={"tokens_per_second": 1e12})
    assert summary.best is None
    most = requests.fronts.column("tokens_per_second").max()
    (text,) = headline(summary)
    assert "stays within a token rate of at least 1,000,000,000,000 tokens/s: the best is token rate" in text
    assert f"{most:,.0f} tokens/s" in text
