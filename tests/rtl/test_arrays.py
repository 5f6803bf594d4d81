"""Arrays of cores: every datapath, dataflow and way to divide a layer, held against the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from generator.config import CoreConfig, Split
from generator.errors import ConfigError
from generator.plan import ArrayPlan, Tiling, beat_bits, plan_for
from sim.harness import Driver
from sim.layers import LayerData
from sim.run import simulate
from tests.rtl.cores import assert_bit_exact

HELD = {"dataflow": "table_stationary", "outputs": 5}
KINDS: dict[str, dict[str, Any]] = {
    "int8": {"group_size": 2},
    "int5-carry-save": {"activation": "int5", "group_size": 3, "reduction": "carry_save", **HELD},
    "native": {"activation": "fp16", "group_size": 2},
    "native-stages2": {"activation": "bf16", "accumulation": "fp32", "pipeline": {"float_stages": 2}, **HELD},
    "exact": {"activation": "fp8_e4m3", "datapath": "exact", "group_size": 2, **HELD},
    "exact-stages2": {
        "activation": "fp16",
        "datapath": "exact",
        "clock_gating": True,
        "pipeline": {"float_stages": 2},
    },
    "aligned": {"activation": "bf16", "datapath": "aligned", "aligned_bits": 10, "group_size": 2},
    "aligned-stages3": {
        "activation": "fp16",
        "datapath": "aligned",
        "aligned_bits": 12,
        "accumulation": "fp32",
        "pipeline": {"float_stages": 3, "fetch": True},
        **HELD,
    },
}
SPLITS: tuple[Split, ...] = ("outputs", "inputs")
ARRAYS: dict[str, dict[str, Any]] = {
    f"{kind}-4{split}": {**core, "cores": 4, "split": split}
    for kind, core in KINDS.items()
    for split in SPLITS
}
for split, packed in (
    ("inputs", {"group_size": 2, "tables": 3, "columns": 3}),
    ("outputs", {"architecture": "select", "tables": 3, "rows": 2, **HELD}),
):
    ARRAYS[f"packed-3{split}"] = {**packed, "key_packing": "base3", "cores": 3, "split": split}
ARRAYS["select-rows-3inputs"] = {"architecture": "select", "rows": 2, "cores": 3, "split": "inputs"}
ARRAYS["multiplier-rows-5outputs"] = {"architecture": "multiplier", "rows": 2, "cores": 5}
ARRAYS["int8-rows-7inputs"] = {
    **{"group_size": 2, "rows": 2, "cores": 7, "split": "inputs", "clock_gating": True},
    **HELD,
}

QUICK = (
    "int8-4outputs",
    "int8-4inputs",
    "packed-3inputs",
    "exact-stages2-4inputs",
    "native-stages2-4inputs",
    "aligned-4inputs",
)
NAMES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.exhaustive) for name in ARRAYS]


def array(name: str) -> CoreConfig:
    return CoreConfig.parse({"tables": 2, "columns": 2, "max_reduction": 61, **ARRAYS[name]})


@pytest.mark.parametrize("name", NAMES)
def test_array_is_bit_exact_and_on_time(name: str) -> None:
    driver: Driver = "axi" if "rows" in name else "lean"
    test = f"tests/rtl/test_arrays.py::test_array_is_bit_exact_and_on_time[{name}]"
    assert_bit_exact(array(name), driver, 1, f".venv/bin/python -m pytest '{test}'")


def test_the_fast_driver_runs_arrays() -> None:
    config = array("int8-4inputs")
    layer = LayerData.random(config, 61, 9, tokens=2, seed=3)
    result = simulate(config, layer.activations, layer.weights, fast=True, stalls=0.2)
    assert result.passed, result.failures
    np.testing.assert_array_equal(result.y, layer.activations @ layer.weights.T.astype(np.int64))


@pytest.mark.parametrize("split", SPLITS)
def test_an_array_has_the_streams_of_a_core_as_wide(split: Split) -> None:
    core = CoreConfig(group_size=2, tables=2, columns=3, rows=2)
    wide = {"tables": 8} if split == "inputs" else {"columns": 12}
    alike = CoreConfig.parse(core.model_dump() | wide)
    several = CoreConfig.parse(core.model_dump() | {"cores": 4, "split": split})
    assert beat_bits(plan_for(several)) == beat_bits(plan_for(alike))
    assert several.macs_per_cycle == alike.macs_per_cycle
    assert several.alone == core
    one, other = (Tiling.of(plan_for(each), 61, 29, 3) for each in (several, alike))
    assert (one.n_tiles, one.m_tiles, one.steps) == (other.n_tiles, other.m_tiles, other.steps)


def test_a_tree_adds_neighbours_and_the_odd_one_waits() -> None:
    plan = plan_for(array("int8-rows-7inputs"))
    assert isinstance(plan, ArrayPlan)
    assert (plan.joining.levels, plan.joining.adders, plan.joining.waiting) == ((7, 4, 2), 6, 1)
    assert plan.latency_cycles == plan.core.latency_cycles + 3


def test_one_core_is_what_it_was_and_has_nothing_to_divide() -> None:
    values = {"tables": 2, "columns": 2}
    core = CoreConfig.parse(values)
    assert CoreConfig.parse({**values, "cores": 1}).digest == core.digest
    assert "cores" not in core.to_toml()
    with pytest.raises(ConfigError, match="split = 'inputs' with cores = 1: one core has nothing to divide"):
        CoreConfig.parse({**values, "split": "inputs"})
