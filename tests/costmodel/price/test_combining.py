"""What arrays cost: counts against trees, a sweep against core files, the model against synthesis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from costmodel.fit.cores import synthesize
from costmodel.price.combining import levels_of, waiting_of
from costmodel.price.estimate import estimate
from dse.spec.space import unstated
from dse.sweep.results.designs import core_of, core_toml
from generator.config import CoreConfig
from generator.plan.array import Joining
from tests.dse.pricing.test_system import designs
from tests.dse.specs import TECHNOLOGY, model_of

SMALL: dict[str, dict[str, Any]] = {
    "int8": {"group_size": 3, "tables": 2, "columns": 4},
    "exact": {"activation": "fp8_e4m3", "datapath": "exact", "tables": 2, "columns": 2},
    "native": {"activation": "bf16", "tables": 2, "columns": 2, "pipeline": {"float_stages": 2}},
}


def test_counts_of_many_arrays_are_those_of_each_tree() -> None:
    cores = np.arange(1, 300)
    trees = [Joining(int(count), 1) for count in cores]
    np.testing.assert_array_equal(levels_of(cores), [len(tree.levels) for tree in trees])
    np.testing.assert_array_equal(waiting_of(cores), [tree.waiting for tree in trees])
    assert [tree.adders for tree in trees] == list(cores - 1)


def test_arrays_are_priced_in_a_sweep_as_their_core_files_are(tmp_path: Path) -> None:
    model = model_of(
        {
            "objectives": {"area_um2": "min"},
            "workload": {"layers": [{"name": "only", "inputs": 96, "outputs": 70}], "tokens": 2},
            "axes": {
                "cores": [1, 2, 3, 7],
                "split": ["outputs", "inputs"],
                "activation": ["int8", "fp16"],
                "datapath": ["native", "exact", "aligned"],
                "rows": [1, 2],
                "pipeline.float_stages": [0, 2],
            },
            "fixed": {"tables": 2, "columns": 3, "aligned_bits": 12, "max_reduction": 96},
        }
    )
    several = 0
    for chosen, _ in designs(model, 60, seed=5):
        row = unstated(model.space.keys) | chosen
        path = tmp_path / "core.toml"
        path.write_text(core_toml(row), encoding="utf-8")
        array = CoreConfig.load(path)
        assert array == core_of(row)
        assert array.cores == row["cores"]
        costs, tight = estimate(array, TECHNOLOGY), estimate(array, TECHNOLOGY, speed="tight")
        assert row["least_area_um2"] == pytest.approx(costs.cost, rel=1e-9)
        assert row["area_um2"] == pytest.approx(tight.cost, rel=1e-9)
        assert row["latency_cycles"] == estimate(array.alone, TECHNOLOGY).latency_cycles
        for part, cost in tight.breakdown.items():
            assert row[f"area_{part}"] == pytest.approx(cost, rel=1e-9)
        several += array.adds_results
    assert several > 10


@pytest.mark.parametrize(
    "name", ["int8", *(pytest.param(name, marks=pytest.mark.exhaustive) for name in ("exact", "native"))]
)
def test_an_array_is_as_near_to_synthesis_as_its_core(name: str) -> None:
    array = CoreConfig.parse({**SMALL[name], "max_reduction": 512, "cores": 4, "split": "inputs"})

    def error(config: CoreConfig) -> float:
        return abs(estimate(config).cost / synthesize(config).area_um2 - 1)

    assert error(array) < error(array.alone) + 0.01
