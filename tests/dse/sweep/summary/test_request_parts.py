"""A request part by part: the parts of a design add up to the sweep's figures of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from costmodel.price.technology import load_technology
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from dse.sweep.summary.request_parts import HEAD, request_parts
from dse.sweep.summary.roofline import roofline
from tests.dse.specs import small

SPEC = small(
    clock_mhz=None,
    constraints=[],
    workload={"model": "trilm-99m", "prompt": 40, "generate": 9, "head": "int8", "kv": "int8"},
    memory={"latency_ns": 50},
    axes={
        "dram": ["LPDDR4 x16", "HBM3"], "engine_gmacs_per_s": [0, 5], "activation_buffer": [False, True],
        "key_buffer": [False, True], "rows": [1, 8],
    },
    fixed={"tables": 4, "columns": 16, "group_size": 3, "max_reduction": 1280, "activation": "int8"},
    budget={},
)  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.build(SweepSpec.parse(SPEC, "spec"), load_technology("asap7"))


def test_parts_add_up_to_the_figures_of_the_whole(model: Model) -> None:
    for row in design_rows(model, np.arange(model.space.size)):
        parts = request_parts(model.space.config(row["id"]), row, model.spec.workload)
        made = [part for part in parts if part.phase == "generate"]
        assert sum(part.seconds for part in parts) == pytest.approx(row["request_seconds"])
        assert sum(part.share for part in parts) == pytest.approx(1)
        assert 1e3 * sum(part.seconds for part in parts if part.phase == "prompt") == pytest.approx(
            row["first_token_ms"]
        )
        assert 8 / sum(part.seconds for part in made) == pytest.approx(row["tokens_per_second"])
        assert sum(part.megabytes for part in made) / 8 == pytest.approx(row["dram_mb_per_token"])
        for part in parts:
            assert sum(part.waits.values()) == pytest.approx(part.seconds)
            assert len(part.cells) == len(HEAD)
        waits = sum(part.waits["memory"] for part in made) / sum(part.seconds for part in made)
        assert waits == pytest.approx(row["memory_bound"], abs=1e-12)


def test_a_roofline_passes_through_the_design_and_never_falls(model: Model) -> None:
    rows = design_rows(model, np.arange(model.space.size))
    row = next(row for row in rows if row["dram"] == "LPDDR4 x16" and not row["engine_gmacs_per_s"])
    core = {key: SPEC["fixed"][key] for key in ("tables", "columns", "group_size", "activation")}
    line = roofline("it", {**row, **core, "pipeline.fetch": False}, model.spec.workload)
    assert line.rates == sorted(line.rates)
    # 16 bits of LPDDR4-3200 are 6.4 GB/s.
    at = float(np.interp(np.log(6.4), np.log(line.bandwidths), np.log(line.rates)))
    assert np.exp(at) == pytest.approx(row["tokens_per_second"], rel=0.01)
