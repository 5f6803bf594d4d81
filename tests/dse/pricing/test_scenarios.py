"""Workloads as axes: each design is what it is where its workload is the spec's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from costmodel.price.technology import load_technology
from dse.engine.judging import Grid, run
from dse.pricing.energy_metrics import OF_CHIPS, WITH_MEMORY
from dse.pricing.model import Model
from dse.spec.axes import SpecError
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from dse.sweep.run import sweep
from tests.dse.specs import TECHNOLOGY, model_of, small

CORES = {"architecture": ["lut", "select"], "tables": [1, 3, 4], "columns": [2, 8], "rows": [1, 4]}
ASKED = {
    "model": "trilm-99m",
    "prompt": 20,
    "generate": 3,
    "kv": "int8",
}


def model(workload: dict[str, Any], **axes: Any) -> Model:
    return model_of(
        small(
            clock_mhz=None,
            constraints=["tables * columns < 32"],
            workload=workload,
            memory={"bandwidth_gb_per_s": 3},
            axes=CORES | axes,
            fixed={"max_reduction": "workload"},
            objectives={"area_um2": "min", "tokens_per_second": "max", "first_token_ms": "min"},
            budget={},
        )
    )


def rows_of(model: Model, ids: Any = None) -> list[dict[str, Any]]:
    return design_rows(model, np.arange(model.space.size) if ids is None else ids)


def test_every_design_is_what_it_is_for_its_own_workload() -> None:
    whole = model(ASKED, batch=[1, 4, 6], head=["int8", "ternary"])
    ids = np.random.default_rng(5).permutation(whole.space.size)
    found = rows_of(whole, ids)
    passed = [test[np.argsort(ids)] for test in whole.judge_picks(ids)]
    names = ("tables", "columns", "rows", "architecture")
    for batch in (1, 4, 6):
        for head in ("int8", "ternary"):
            alone = model(ASKED | {"batch": batch, "head": head})
            single = {tuple(row[n] for n in names): row for row in rows_of(alone)}
            judged = {
                row["id"]: bool(ok)
                for row, ok in zip(rows_of(alone), np.logical_and.reduce(list(alone.judge_picks(
                    np.arange(alone.space.size)))), strict=True)
            }  # fmt: skip
            mine = [row for row in found if row["batch"] == batch and row["head"] == head]
            assert len(mine) == len(single)
            for row in mine:
                other = single[tuple(row[n] for n in names)]
                assert {n: row[n] for n in alone.metrics} == pytest.approx(
                    {n: other[n] for n in alone.metrics}, rel=1e-12, nan_ok=True
                )
                assert np.logical_and.reduce(passed)[row["id"]] == judged[other["id"]]


@pytest.mark.parametrize("compare", ["architecture", "batch"])
def test_the_front_is_that_of_all_designs_of_all_workloads(compare: str) -> None:
    spec = model(ASKED, batch=[1, 6], prompt=[3, 20])
    whole = Model.build(spec.spec.model_copy(update={"compare": (compare,)}), spec.technology)
    outcome = run(whole, Grid.of(whole, block_points=10, chunk_points=30))
    feasible = np.logical_and.reduce(list(whole.judge_picks(np.arange(whole.space.size))))
    rows = [row for row in rows_of(whole) if feasible[row["id"]]]
    assert outcome.feasible == len(rows)

    def costs(row: dict[str, Any]) -> tuple[float, ...]:
        return row["area_um2"], -row["tokens_per_second"], row["first_token_ms"]

    best = {
        costs(row)
        for row in rows
        if not any(
            all(a <= b for a, b in zip(costs(other), costs(row), strict=True)) and costs(other) != costs(row)
            for other in rows
        )
    }
    by_id = {row["id"]: row for row in rows}
    assert {costs(by_id[i]) for i in outcome.front.ids.tolist()} == best


@pytest.mark.parametrize(
    ("axes", "complaint"),
    [
        ({"batch": [0, 1]}, r"axes.batch: .*batch = 0: greater than or equal to 1"),
        ({"head": ["int3"]}, r"axes.head: head = 'int3': 'none', "),
        ({"batch": [1, 1]}, "a value occurs twice"),
    ],
)
def test_a_workload_that_is_none_is_refused(axes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        model(ASKED, **axes)


def test_only_a_request_of_a_workload_s_own_has_axes() -> None:
    several = [{"name": "a", "prompt": 3}, {"name": "b", "generate": 3}]
    with pytest.raises(SpecError, match="axes of the one request of a workload are expected"):
        model({"model": "trilm-99m", "requests": several}, batch=[1, 2])
    assert model({"model": "trilm-99m"}, tokens=[1, 8]).space.size == 2 * 24


def test_each_of_several_requests_has_figures_of_its_own() -> None:
    chat, code = {"prompt": 20, "generate": 3}, {"prompt": 4, "generate": 9, "batch": 2}
    both = model(
        {"model": "trilm-99m", "requests": [
            {"name": "chat", "weight": 3, **chat}, {"name": "code", "weight": 1, **code}
        ]}
    )  # fmt: skip
    singles = {
        name: rows_of(model({"model": "trilm-99m", **asked}))
        for name, asked in (("chat", chat), ("code", code))
    }
    for i, row in enumerate(rows_of(both)):
        for name in ("first_token_ms", "request_seconds", "tokens_per_second"):
            for request, rows in singles.items():
                assert row[f"{request}_{name}"] == pytest.approx(rows[i][name], rel=1e-12, nan_ok=True)
        mean = (3 * row["chat_request_seconds"] + row["code_request_seconds"]) / 4
        assert row["request_seconds"] == pytest.approx(mean, rel=1e-12, nan_ok=True)


def test_designs_of_several_technologies_are_what_they_are_in_each() -> None:
    names = ["asap7", "sg13g2"]
    spec = small(
        clock_mhz=None, constraints=[], axes=CORES | {"activation_buffer": [False, True]}, budget={},
        fixed={"max_reduction": 250}, memory={"bandwidth_gb_per_s": 1.0}, compare="technology",
    )  # fmt: skip
    spec["axes"]["technology"] = names
    whole = Model.build(SweepSpec.parse(spec, "spec"), TECHNOLOGY)
    found = rows_of(whole)
    feasible = np.logical_and.reduce(list(whole.judge_picks(np.arange(whole.space.size))))
    del spec["axes"]["technology"]
    for name in names:
        alone = Model.build(
            SweepSpec.parse(spec | {"compare": "rows", "technology": name}, "spec"), load_technology(name)
        )
        keys = (*CORES, "activation_buffer")
        single = {tuple(row[key] for key in keys): row for row in rows_of(alone)}
        mine = [row for row in found if row["technology"] == name]
        assert len(mine) == len(single) == whole.space.size / 2
        for row in mine:
            other = single[tuple(row[key] for key in keys)]
            wanted = {metric: other[metric] for metric in alone.metrics}
            assert {m: row[m] for m in wanted} == pytest.approx(wanted, rel=1e-12, nan_ok=True)
    outcome = run(whole, Grid.of(whole, block_points=10, chunk_points=30))
    assert outcome.feasible == feasible.sum()
    assert set(outcome.fronts) == {0, 1}


def test_several_technologies_are_not_one() -> None:
    spec = small(axes=CORES | {"technology": ["asap7", "sg13g2"]}, fixed={"max_reduction": 250})
    with pytest.raises(SpecError, match=r"technology and axes.technology: one of the two is expected"):
        SweepSpec.parse(spec | {"technology": "asap7"}, "spec")
    with pytest.raises(SpecError, match="verify: designs of one technology are measured"):
        sweep(spec, verify=2)


def test_a_technology_that_is_none_is_refused() -> None:
    spec = small(axes=CORES | {"technology": ["asap7", "tsmc"]}, fixed={"max_reduction": 250})
    with pytest.raises(SpecError, match=r"axes.technology: .*tsmc"):
        model_of(spec)


def test_technology_memory_and_batch_are_axes_of_one_space() -> None:
    apart: dict[str, list[Any]] = {
        "technology": ["asap7", "sky130hd"], "dram": ["LPDDR4", "HBM3"], "batch": [1, 6]
    }  # fmt: skip
    usual: dict[str, Any] = {
        "clock_mhz": None, "constraints": [], "budget": {}, "workload": ASKED, "compare": [*apart],
        "objectives": {"area_um2": "min", "tokens_per_second": "max", "first_token_ms": "min"},
        "fixed": {"max_reduction": "workload"}, "memory": {"efficiency": 0.8},
    }  # fmt: skip
    whole = model_of(small(**usual, axes=CORES | apart))
    outcome = run(whole, Grid.of(whole, block_points=20, chunk_points=70))
    found = rows_of(whole)
    assert len(whole.groups) == len(outcome.fronts) == 8
    for kind, (technology, dram, batch) in enumerate(whole.groups):
        spec = small(**usual | {
            "compare": "rows", "workload": ASKED | {"batch": batch}, "technology": technology, "axes": CORES,
            "memory": {"efficiency": 0.8, "dram": dram}, "bandwidths_gb_per_s": [],
        })  # fmt: skip
        alone = Model.build(SweepSpec.parse(spec, "spec"), load_technology(technology))
        single = {tuple(row[key] for key in CORES): row for row in rows_of(alone)}
        mine = [
            row
            for row in found
            if (row["technology"], row["dram"], row["batch"]) == (technology, dram, batch)
        ]
        assert len(mine) == len(single)
        # Energies of cores count where all technologies have some.
        names = alone.metrics.keys() - {*OF_CHIPS, *WITH_MEMORY}
        assert names == whole.metrics.keys() - {*OF_CHIPS, *WITH_MEMORY}
        for row in mine:
            wanted = {name: single[tuple(row[key] for key in CORES)][name] for name in names}
            assert {name: row[name] for name in wanted} == pytest.approx(wanted, rel=1e-12, nan_ok=True)
        by_itself = run(alone, Grid.of(alone))
        assert outcome.fronts[kind].costs[np.lexsort(outcome.fronts[kind].costs.T)] == pytest.approx(
            by_itself.front.costs[np.lexsort(by_itself.front.costs.T)], rel=1e-12
        )
