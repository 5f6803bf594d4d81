"""Kinds of designs by several keys: rivals, fronts and findings are those of every combination by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dse.spec.axes import SpecError
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.summary.summary_file import markdown
from tests.dse.specs import SMALL, model_of, small
from tests.dse.sweep.summaries import summary_of


def kinds_of(points: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], pd.DataFrame]:
    """The feasible designs of each combination; None stands for what means nothing there."""
    chosen = points[points["feasible"]]
    return {
        tuple(
            None if pd.isna(value) else value for value in (kind if isinstance(kind, tuple) else (kind,))
        ): rows
        for kind, rows in chosen.groupby(keys, dropna=False)
    }


@pytest.mark.parametrize(
    "keys", [["architecture", "rows"], ["fetch"], ["rows", "architecture", "fetch"], ["group_size"]]
)
def test_rivals_are_the_best_of_every_other_combination(keys: list[str], tmp_path: Path) -> None:
    summary = summary_of(tmp_path, small(compare=keys))
    points = pd.read_parquet(tmp_path / "points.parquet")
    kinds = kinds_of(points, keys)
    best = summary.best
    assert best is not None
    mine = tuple(best[key] for key in keys)
    by_rivals = {rival.value: rival for rival in summary.rivals}
    assert mine in kinds
    assert mine not in by_rivals
    equals = {}
    for kind, designs in kinds.items():
        good = designs[designs["tokens_per_second"] >= best["tokens_per_second"]]
        equals[kind] = good["area_um2"].min() if len(good) else None
        within = designs[designs["area_um2"] <= SMALL["budget"]["area_um2"]]
        if rival := by_rivals.get(kind):
            assert (rival.equal and rival.equal["area_um2"]) == equals[kind]
            rate = rival.within and rival.within["tokens_per_second"]
            assert rate == (within["tokens_per_second"].max() if len(within) else None)
    others = sorted(area for kind, area in equals.items() if area is not None and kind != mine)
    named = sorted(rival.equal["area_um2"] for rival in summary.rivals if rival.equal)
    assert named == others[:5]


def test_the_front_of_every_combination_is_marked(tmp_path: Path) -> None:
    keys = ["architecture", "fetch"]
    summary_of(tmp_path, small(compare=keys, objectives={"area_um2": "min", "tokens_per_second": "max"}))
    points = pd.read_parquet(tmp_path / "points.parquet")
    kinds = kinds_of(points, keys)
    assert {("multiplier", None), ("lut", "tree"), ("select", "onehot")} <= set(kinds)
    for designs in kinds.values():
        costs = list(zip(designs["area_um2"], -designs["tokens_per_second"], strict=True))
        best = {
            cost for cost in costs
            if not any(a <= cost[0] and b <= cost[1] and (a, b) != cost for a, b in costs)
        }  # fmt: skip
        marked = designs[designs["group_front"]]
        assert set(zip(marked["area_um2"], -marked["tokens_per_second"], strict=True)) == best
        assert len(marked) == len(best)


def test_kinds_are_named_by_what_tells_them(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, small(compare=["architecture", "rows"]))
    text = markdown(summary)
    names = {summary.naming.group(kind) for kind in summary.results.kinds}
    assert names == {f"{name}, rows = {rows}" for name in ("lut", "select", "multiplier") for rows in (1, 2)}
    for rival in summary.rivals:
        architecture, rows = rival.value
        assert f"{architecture} core with rows = {rows}" in text


def test_one_key_may_stand_by_itself() -> None:
    assert SweepSpec.parse(small(compare="rows"), "spec").compare == ("rows",)
    assert SweepSpec.parse(small(compare=["rows"]), "spec").compare == ("rows",)


@pytest.mark.parametrize(
    ("compare", "complaint"),
    [
        (["rows", "row"], "compare = 'row': a key that is not derived is expected, did you mean 'rows'"),
        (["rows", "rows"], r"compare = \['rows', 'rows'\]: a key occurs twice"),
        ([], "compare"),
        (3, "compare"),
    ],
)
def test_keys_that_are_none_are_refused(compare: Any, complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        model_of(small(compare=compare))
