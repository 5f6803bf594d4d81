"""What a sweep prices is what its core files are: every point against the estimate of its own TOML."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from costmodel.price.estimate import Estimate, estimate
from costmodel.price.technology import Technology
from dse.engine.judging import Grid, run
from dse.spec.axes import SpecError
from dse.spec.space import CONFIG_KEYS, unstated
from dse.sweep.results.designs import core_toml
from dse.sweep.results.points import write_points
from generator.config import CoreConfig
from tests.dse.specs import TECHNOLOGY, model_of

CHOICES: dict[str, list[Any]] = {
    "architecture": ["lut", "select", "multiplier"],
    "activation": ["int2", "int8", "fp16", "bf16", "fp8_e4m3", "fp32"],
    "symmetric": [False, True],
    "group_size": [1, 2, 3, 6],
    "rows": [1, 3],
    "max_reduction": ["workload", 96, 8191, 8192, 20000],
    "dataflow": ["output_stationary", "table_stationary"],
    "outputs": ["workload", 70, 100],
    "fetch": ["onehot", "tree"],
    "reduction": ["tree", "carry_save", "chain"],
    "datapath": ["native", "exact", "aligned"],
    "aligned_bits": [3, 12, 30],
    "rounding": ["nearest", "truncate"],
    "accumulation": ["fp16", "fp32"],
    "key_packing": ["none", "base3"],
    "alphabet": ["ternary", "binary", "sparse_3_4"],
    "table_depth": [0, 3],
    "clock_gating": [False, True],
    "weight_bits": [1, 2, 3],
    "scale_group": [0, 12, 32, 96],
    "scale": ["fp16", "bf16", "int4"],
    "pipeline.table": ["entries", "activations"],
    "pipeline.fetch": [False, True],
    "pipeline.reduction_every": [0, 1, 2],
    "pipeline.float_stages": [0, 1, 3],
    "symmetry": ["half", "full"],
    "table_store": ["registers", "memory", "port"],
    "table_banks": [2, 1],
}


def random_spec(seed: int) -> dict[str, Any]:
    """A spec that states some keys of a core as axes, some fixed, and most not at all."""
    draw = random.Random(seed)
    axes: dict[str, Any] = {"tables": draw.sample([1, 2, 5, 11], 2), "columns": [draw.choice([1, 3, 8])]}
    fixed: dict[str, Any] = {}
    for key, values in CHOICES.items():
        where = draw.random()
        if where < 0.3:
            axes[key] = draw.sample(values, 2)
        elif where < 0.4:
            fixed[key] = draw.choice(values)
    if seed % 4:
        given = {**axes, **fixed}
        if "aligned" in str(given.get("datapath")) and "aligned_bits" not in given:
            fixed["aligned_bits"] = 12
        if ("table_stationary" in str(given.get("dataflow"))) != ("outputs" in given):
            axes["dataflow"] = CHOICES["dataflow"]
            fixed.pop("dataflow", None)
            axes.setdefault("outputs", ["workload"])
            fixed.pop("outputs", None)
    return {
        "objectives": {"area_um2": "min", "delay_ps": "min", "rms_error": "min"},
        "workload": {"layers": [{"name": "only", "inputs": 96, "outputs": 70}], "tokens": 2},
        "axes": axes,
        "fixed": fixed,
    }


def figures(costs: Estimate, sized: Estimate) -> dict[str, float]:
    """The figures of ``ternlut estimate``, by the sweep's names."""
    assert sized.energy is not None
    return {
        "least_area_um2": costs.cost,
        "area_um2": sized.cost,
        **{f"area_{part}": area for part, area in sized.breakdown.items()},
        "delay_ps": costs.delay_ps,
        "macs_per_cycle": costs.macs_per_cycle,
        "latency_cycles": costs.latency_cycles,
        "bits_per_weight": costs.bits_per_weight,
        "rms_error": costs.rms_error,
        "arithmetic_error": costs.arithmetic_error,
        "pj_per_cycle": sized.energy.busy_fj / 1000,
        "fj_per_mac": sized.energy.fj_per_mac,
    }


def some_points(
    spec: dict[str, Any], seed: int, folder: Path, technology: Technology | None = None
) -> Iterator[tuple[dict[str, Any], CoreConfig]]:
    """Some points of a sweep, each with the core of its own core file; none of a spec that is refused."""
    try:
        model = model_of(spec, technology)
    except SpecError:  # What is missing is refused before anything is priced.
        return
    grid = Grid.of(model)
    outcome = run(model, grid)
    if not outcome.cores:
        return
    write_points(folder / "points.parquet", model, outcome)
    rows = pq.read_table(folder / "points.parquet").to_pylist()
    for chosen in random.Random(seed).sample(rows, min(25, len(rows))):
        row = unstated(model.space.keys) | chosen
        (folder / "core.toml").write_text(core_toml(row), encoding="utf-8")
        yield row, CoreConfig.load(folder / "core.toml")


@pytest.mark.parametrize("seed", range(24))
def test_every_point_is_priced_as_its_own_core_file(seed: int, tmp_path: Path) -> None:
    spec = random_spec(seed)
    for row, core in some_points(spec, seed, tmp_path):
        expected = figures(estimate(core, TECHNOLOGY), estimate(core, TECHNOLOGY, speed="tight"))
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-12)
        assert core == CoreConfig.parse(stated(spec, row, core)), "a key that is not stated has another value"


def stated(spec: dict[str, Any], row: dict[str, Any], core: CoreConfig) -> dict[str, Any]:
    """What a user would write in a core file for ``row``: the keys of the spec that mean something for it."""
    meant = core.model_dump()
    values: dict[str, Any] = {}
    for key in CONFIG_KEYS:
        *table, leaf = key.split(".")
        means_something = bool(table) or meant.get(key, key) is not None
        if key in {*spec["axes"], *spec["fixed"]} and row[key] is not None and means_something:
            (values.setdefault(table[0], {}) if table else values)[leaf] = row[key]
    return values


def is_priced(spec: dict[str, Any]) -> bool:
    """Whether a spec is not refused."""
    try:
        model_of(spec)
    except SpecError:
        return False
    return True


def test_random_specs_are_priced_more_often_than_refused() -> None:
    assert sum(is_priced(random_spec(seed)) for seed in range(24)) >= 12
