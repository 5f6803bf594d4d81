"""Which designs are verified, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dse.sweep.results.sweep_results import POINTS
from dse.sweep.run import sweep
from dse.sweep.summary.findings import Summary
from dse.sweep.verification.candidates import candidates
from tests.dse.specs import spec_file


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return summary_of(tmp_path_factory.mktemp("candidates"))


def summary_of(directory: Path, **changes: Any) -> Summary:
    """The findings of the small sweep with other sections; no pictures, they take the most time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dse.sweep.report.figures.write_figures", lambda directory, summary: None)
        return Summary(sweep(spec_file(directory, **changes), directory / "out").results)


def designs(summary: Summary) -> list[dict[str, Any]]:
    """The feasible designs within the budget of 700 µm², read from the file of all points."""
    points = pq.read_table(summary.results.directory / POINTS).to_pylist()
    return [p for p in points if p["feasible"] and p["area_um2"] <= 700]


def test_the_recommended_design_comes_first(summary: Summary) -> None:
    (only,) = candidates(summary, 1)
    assert only.row is summary.best
    assert (only.what, only.rank) == ("recommended core", 1)


def test_then_the_best_of_each_other_architecture_within_the_budget(summary: Summary) -> None:
    assert summary.best is not None
    following = {one.what: one.row for one in candidates(summary, 3)[1:]}
    others = {"lut", "select", "multiplier"} - {summary.best["architecture"]}
    assert set(following) == {f"best {name} core" for name in others}
    for name in others:
        fastest = max(p["tokens_per_second"] for p in designs(summary) if p["architecture"] == name)
        assert following[f"best {name} core"]["tokens_per_second"] == fastest


def test_no_design_comes_twice_and_none_is_beyond_the_budget(summary: Summary) -> None:
    chosen = [one.row for one in candidates(summary, 40)]
    assert len({row["id"] for row in chosen}) == 40
    assert all(row["area_um2"] <= 700 for row in chosen)
    least = min(designs(summary), key=lambda p: p["area_um2"])["area_um2"]
    assert least in [row["area_um2"] for row in chosen[:8]]


def test_those_that_follow_are_in_the_order_of_the_recommendation(summary: Summary) -> None:
    ranked = [one for one in candidates(summary, 40) if one.what.startswith("core ranked")]
    assert len(ranked) > 20
    rates = [one.row["tokens_per_second"] for one in ranked]
    assert rates == sorted(rates, reverse=True)
    assert [one.rank for one in ranked] == sorted(one.rank for one in ranked)


def test_asking_for_more_than_there_are_gives_all(summary: Summary) -> None:
    everything = candidates(summary, 10**9)
    assert {one.row["id"] for one in everything} == {row["id"] for row in summary.ranking}


def test_where_no_design_is_within_the_budget_the_cheapest_come_first(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, budget={"area_um2": 1})
    assert summary.best is None
    areas = [row["area_um2"] for row in summary.ranking]
    assert areas == sorted(areas)
    assert candidates(summary, 2)[0].what.startswith("best ")


def test_without_a_budget_the_most_balanced_is_recommended_and_comes_first(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, budget={})
    chosen = candidates(summary, 5)
    assert chosen[0].row is summary.best
    assert (chosen[0].what, chosen[0].rank) == ("recommended core", 1)
