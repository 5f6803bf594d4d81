"""Answers behind other memories are those of sweeps with them; what an axis does is read off all designs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dse.engine.checkpoint import Checkpoint
from dse.engine.judging import Grid, run
from dse.pricing.model import Model
from dse.spec.axes import SpecError
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.summary.elsewhere import NONE, answers, rows
from dse.sweep.summary.influence import influences
from tests.dse.specs import model_of, small
from tests.dse.sweep.summaries import summary_of

WORKLOAD = {"model": "trilm-99m", "prompt": 20, "generate": 3, "kv": "int8"}
AXES = {
    "architecture": ["lut", "select", "multiplier"], "group_size": [1, 2, 3], "tables": [1, 3, 4],
    "columns": [2, 8, 32], "rows": [1, 4], "fetch": ["onehot", "tree"],
}  # fmt: skip
OBJECTIVES = {"area_um2": "min", "tokens_per_second": "max", "first_token_ms": "min"}
LIMITS: dict[str, dict[str, float]] = {
    "cheapest": {"tokens_per_second": 15.0, "first_token_ms": 4000.0},
    "fastest": {"area_um2": 700.0},
    "knee": {},
}
AIMS = {"cheapest": "area_um2", "fastest": "tokens_per_second", "knee": "area_um2_per_token_per_second"}


def asked(rule: str, **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "workload": WORKLOAD, "axes": AXES, "fixed": {"max_reduction": "workload"}, "constraints": [],
        "objectives": OBJECTIVES, "budget": LIMITS[rule], "recommend": rule,
        "memory": {"bandwidth_gb_per_s": 2.0},
    }  # fmt: skip
    return small(**usual | changes)


@pytest.mark.parametrize("rule", LIMITS)
def test_the_answer_behind_another_memory_is_that_of_a_sweep_with_it(rule: str, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    summary = summary_of(tmp_path / "all", asked(rule, bandwidths_gb_per_s=[0.05, 1, "8 GB/s"]))
    found = {answer.gigabytes: answer for answer in answers(summary)}
    assert list(found) == [0.05, 1.0, 2.0, 8.0]
    assert [answer.here for answer in found.values()] == [False, False, True, False]
    for gigabytes, answer in found.items():
        directory = tmp_path / f"{gigabytes}"
        directory.mkdir()
        memory = {"bandwidth_gb_per_s": gigabytes}
        alone = summary_of(directory, asked(rule, memory=memory, bandwidths_gb_per_s=[]))
        assert answers(alone) == []
        names = ["id", *OBJECTIVES, "first_token_ms", "area_buffers", "memory_bound"]
        wanted = [] if alone.best is None else alone.compared
        assert [(name, [row[n] for n in names]) for name, row in answer.compared] == [
            (name, pytest.approx([row[n] for n in names], rel=1e-12)) for name, row in wanted
        ]
    best = {answer.best["id"] for answer in found.values() if answer.best}
    assert len(best) > 1
    if rule == "cheapest":
        assert found[0.05].best is None
        assert rows(summary)[0][-2] == NONE


def test_memories_by_name_are_asked_at_fractions_and_multiples(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, asked("cheapest", memory={"dram": "LPDDR5", "efficiency": 0.5}))
    assert [answer.gigabytes for answer in answers(summary)] == [12.8, 25.6, 51.2, 102.4, 204.8]


def test_what_a_constraint_says_of_the_memory_holds_for_that_memory() -> None:
    spec = asked("knee", bandwidths_gb_per_s=[0.5], constraints=["bandwidth_gb_per_s < 1"])
    outcome = run(model := model_of(spec), Grid.of(model))
    assert outcome.feasible == 0
    assert sum(len(front) for front in outcome.behind[0.5].values()) > 10


def test_every_constraint_holds_behind_another_memory() -> None:
    """Also those after one that more axes matter for than for whether there is a core."""
    constraints = ["area_um2 < 1e9", "rows < 2"]
    model = model_of(asked("knee", bandwidths_gb_per_s=[0.5], constraints=constraints))
    ids = np.concatenate([front.ids for front in run(model, Grid.of(model)).behind[0.5].values()])
    assert len(ids) > 3
    assert np.logical_and.reduce(list(model.behind(0.5).judge_picks(ids))).all()


def test_parts_of_a_space_and_a_resumed_sweep_give_the_same(tmp_path: Path) -> None:
    model = model_of(asked("fastest"))
    whole = run(model, Grid.of(model))
    grid = Grid.of(model, block_points=20, chunk_points=60)
    checkpoint = Checkpoint(tmp_path / "chunks", "digest", resume=False)
    pieces = run(model, grid, checkpoint=checkpoint)
    again = run(model, grid, checkpoint=Checkpoint(tmp_path / "chunks", "digest", resume=True))
    for other in (pieces, again):
        assert [list(values) for values in other.reach] == [list(values) for values in whole.reach]
        for gigabytes, fronts in whole.behind.items():
            assert {k: set(map(tuple, f.costs)) for k, f in fronts.items()} == {
                k: set(map(tuple, f.costs)) for k, f in other.behind[gigabytes].items()
            }


@pytest.mark.parametrize("rule", LIMITS)
def test_what_an_axis_does_is_read_off_every_design(rule: str, tmp_path: Path) -> None:
    summary = summary_of(tmp_path, asked(rule, bandwidths_gb_per_s=[]))
    points = pd.read_parquet(tmp_path / "points.parquet")
    within = points[points["feasible"]]
    for name, limit in LIMITS[rule].items():
        goal = OBJECTIVES[name]
        within = within[within[name] <= limit if goal == "min" else within[name] >= limit]
    aim = {"cheapest": "area_um2", "fastest": "tokens_per_second", "knee": "area_um2_per_token_per_second"}[
        rule
    ]
    ranked = influences(summary.results)
    assert {influence.axis for influence in ranked} <= set(AXES)
    for influence in ranked:
        for value, figure in influence.reached:
            column = within[influence.axis]
            chosen = within[(column == value) | column.isna()][aim]
            wanted = None if chosen.empty else chosen.max() if rule == "fastest" else chosen.min()
            assert figure == (None if wanted is None else pytest.approx(wanted, rel=1e-12))
    factors = [influence.factor for influence in ranked]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] > 1.05


def test_of_a_single_objective_every_axis_is_ranked_by_it() -> None:
    spec = asked("knee", bandwidths_gb_per_s=[]) | {"objectives": {"rms_error": "min"}}
    outcome = run(model := model_of(spec), Grid.of(model))
    assert all(np.isfinite(values).all() for values in outcome.reach)
    assert model.aim == ("rms_error", 1)


def test_a_knee_is_looked_for_behind_stated_memories_alone() -> None:
    assert model_of(asked("knee")).bandwidths == ()
    assert model_of(asked("knee", bandwidths_gb_per_s=[1.0])).bandwidths == (1.0,)
    assert model_of(asked("cheapest")).bandwidths == (0.5, 1.0, 4.0, 8.0)


def test_designs_that_are_equal_in_what_decides_stay_until_the_other_objectives_do() -> None:
    model = model_of(asked("cheapest", axes=AXES | {"latency_ns": [0, 50, 100]}, bandwidths_gb_per_s=[8.0]))
    assert model.roles.deciding == ("area_um2",)
    fronts = run(model, Grid.of(model, block_points=20, chunk_points=60)).behind[8.0]
    assert {len(front) for front in fronts.values()} == {3}, "the latency of a memory changes no area"


def test_only_one_memory_has_others() -> None:
    with pytest.raises(SpecError, match="bandwidths_gb_per_s: others of one memory"):
        model_of(asked("knee", memory={}, bandwidths_gb_per_s=[1.0]))
    several = asked("knee", memory={}, axes=AXES | {"bandwidth_gb_per_s": [1, 2]})
    assert model_of(several).bandwidths == ()
    for wrong in ([0], [-1.0], ["fast"], "many"):
        with pytest.raises(SpecError, match="bandwidths"):
            SweepSpec.parse(asked("knee", bandwidths_gb_per_s=wrong), "spec")


def test_what_does_not_depend_on_the_memory_is_computed_once() -> None:
    model: Model = model_of(asked("knee"))
    view = model.block([slice(None)] * len(model.space.axes))
    for name in OBJECTIVES:
        view(name)
    other = view.behind(0.25)
    assert other("area_um2") is view("area_um2")
    assert (other("first_token_ms") > view("first_token_ms")).any()
    alone = model.behind(0.25).block([slice(None)] * len(model.space.axes))
    wanted = alone("first_token_ms")
    assert other("first_token_ms") == pytest.approx(wanted, rel=1e-15, nan_ok=True)
