"""Cores side by side, clocks and bandwidths as axes: against arithmetic on one design at a time."""

from __future__ import annotations

from math import ceil, log2
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.price.estimate import estimate
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from generator.config import CoreConfig
from generator.errors import ConfigError, TernlutError
from generator.plan import Tiling, beat_bits, plan_for
from tests.dse.specs import LAYERS, TECHNOLOGY, model_of, small

SYSTEMS: dict[str, Any] = small(
    clock_mhz=None,
    constraints=[],
    axes={
        "activation": ["int6", "fp8_e4m3"],
        "architecture": ["lut", "multiplier"],
        "group_size": [1, 3],
        "tables": [1, 3],
        "columns": [4],
        "rows": [1, 2],
        "dataflow": ["output_stationary", "table_stationary"],
        "pipeline": {"float_stages": [0, 2]},
        "cores": [1, 2, 5],
        "split": ["outputs", "inputs"],
        "speed": ["medium", "tight"],
        "weight_bandwidth_gb_per_s": [0, 1.5],
        "activation_bandwidth_gb_per_s": [0, 0.5],
    },
    fixed={"max_reduction": 250, "outputs": "workload"},
)
MODEL = model_of(SYSTEMS)


def designs(model: Model, count: int, seed: int) -> list[tuple[dict[str, Any], CoreConfig]]:
    """Some designs' rows and their cores."""
    positions = np.random.default_rng(seed).permutation(model.space.size)
    chosen = positions[np.flatnonzero(next(iter(model.judge_picks(positions))))[:count]]
    rows = design_rows(model, chosen)
    return [(row, model.space.config(row["id"])) for row in rows]


def expected(row: dict[str, Any], config: CoreConfig) -> dict[str, float]:
    """A design's figures: every core runs its share of a layer, and waits for the slowest stream."""
    plan, cores, tokens = plan_for(config), row["cores"], 3
    by_inputs = row["split"] == "inputs" and cores > 1
    tight, medium = (estimate(config, TECHNOLOGY, speed=speed) for speed in ("tight", "medium"))
    clock = 1e6 / tight.delay_ps / (1 if row["speed"] == "tight" else 2)
    seconds, waits, steps = 0.0, {"weight": 0.0, "activation": 0.0}, 0
    for layer in LAYERS:
        inputs, outputs, times = int(layer["inputs"]), int(layer["outputs"]), int(layer.get("count", 1))
        part = (ceil(inputs / cores), outputs) if by_inputs else (inputs, ceil(outputs / cores))
        tiling = Tiling.of(plan, *part, tokens)
        cycles = tiling.cycles
        if by_inputs:
            stages = config.pipeline.float_stages if config.accumulator_format else 1
            cycles += ceil(log2(cores)) * max(1, stages)
        layer_steps = tiling.n_tiles * tiling.m_tiles * tiling.blocks
        beats = layer_steps if config.dataflow == "output_stationary" else tiling.n_tiles * tiling.blocks
        streams = {
            "weight": cores * layer_steps * beat_bits(plan).key / 8e9,
            "activation": (cores if by_inputs else 1) * beats * beat_bits(plan).activation / 8e9,
        }
        limits = {name: row[f"{name}_bandwidth_gb_per_s"] for name in streams}
        needed = {name: streams[name] / limits[name] if limits[name] else 0.0 for name in streams}
        computing = cycles / (1e6 * clock)
        longest = max(computing, *needed.values())
        seconds += times * longest
        steps += times * layer_steps
        if longest > computing:
            waits[max(needed, key=lambda name: needed[name])] += times * longest
    area = cores * (tight if row["speed"] == "tight" else medium).cost
    macs = cores * plan.config.macs_per_cycle
    return {
        "clock_mhz": clock,
        "macs_per_cycle": macs,
        "steps_per_pass": steps,
        "tokens_per_second": tokens / seconds,
        "weight_bound": waits["weight"] / seconds,
        "activation_bound": waits["activation"] / seconds,
        "cores_area": area,
    }


def test_figures_of_systems_are_those_of_their_cores_run_layer_by_layer() -> None:
    limited = 0
    for row, config in designs(MODEL, 300, seed=3):
        found = row | {"cores_area": row["area_um2"] - row["area_combining"]}
        wanted = expected(row, config)
        assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-9, abs=1e-12)
        limited += wanted["weight_bound"] > 0 or wanted["activation_bound"] > 0
    assert limited > 50


def test_only_cores_that_share_inputs_need_adders_between_them() -> None:
    for row, config in designs(MODEL, 200, seed=4):
        if row["cores"] == 1 or row["split"] == "outputs":
            assert row["area_combining"] == 0
        else:
            sums = (row["cores"] - 1) * config.rows * config.columns
            width = plan_for(config).accumulator_width
            assert row["area_combining"] / sums > width * 0.3


def test_a_split_of_one_core_is_listed_once_and_its_outputs_are_shared() -> None:
    alone = [row for row, _ in designs(MODEL, 1000, seed=5) if row["cores"] == 1]
    assert alone
    assert {row["split"] for row in alone} == {"outputs"}
    for row, config in designs(MODEL, 300, seed=6):
        if config.outputs is not None:
            share = row["cores"] if row["split"] == "outputs" else 1
            assert config.outputs == ceil(250 / share)


@given(st.lists(st.sampled_from([1, 7, 250, 300, 900]), min_size=1, max_size=4, unique=True))
@settings(max_examples=20, deadline=None)
def test_designs_grow_with_the_clock_and_those_too_slow_for_it_are_left_out(clocks: list[float]) -> None:
    axes = {"tables": [2], "columns": [4], "group_size": [2], "clock_mhz": sorted(clocks)}
    model = model_of(small(clock_mhz=None, constraints=[], axes=axes, fixed={"max_reduction": 250}))
    rows = design_rows(model, np.arange(model.space.size))
    areas = [row["area_um2"] for row in rows]
    assert areas == sorted(areas)
    reached = np.logical_and.reduce(list(model.judge_picks(np.arange(model.space.size))))
    for row, reaches in zip(rows, reached.tolist(), strict=True):
        assert reaches == (row["clock_mhz"] * row["delay_ps"] <= 1e6)
        assert row["clock_mhz"] in clocks


def test_keys_follow_from_variables_where_they_come_out_whole() -> None:
    axes = {"mults": [24, 48], "group_size": [1, 2, 3, 5], "columns": [2, 4]}
    spec = small(
        clock_mhz=None,
        axes=axes,
        constraints=["L * mu * K == mults"],
        fixed={"max_reduction": 250},
        derived={"tables": "mults / (mu * K)", "area_share": "area_um2 / mults"},
        objectives={"area_share": "min", "tokens_per_second": "max"},
        budget={},
    )
    model = model_of(spec)
    passed = list(model.judge_picks(np.arange(model.space.size)))
    cores = np.flatnonzero(passed[0])
    rows = design_rows(model, cores)
    assert {(r["mults"], r["group_size"], r["columns"], r["tables"]) for r in rows} == {
        (m, mu, k, m // (mu * k))
        for m in (24, 48)
        for mu in (1, 2, 3, 5)
        for k in (2, 4)
        if m % (mu * k) == 0
    }
    assert all(np.logical_and.reduce(passed)[cores])
    assert all(row["area_share"] == pytest.approx(row["area_um2"] / row["mults"]) for row in rows)
    with pytest.raises(ConfigError, match=r"tables = 2\.4: an integer is expected"):
        model.space.values(["tables"], {"mults": 24, "group_size": 5, "columns": 2})


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"fixed": {"cores": 0}}, "fixed.cores: cores = 0: greater than or equal to 1 is expected"),
        ({"fixed": {"split": "rows"}}, "split = 'rows': 'outputs' or 'inputs' is expected"),
        ({"fixed": {"speed": "tight"}}, "speed is for designs without clock_mhz"),
        ({"fixed": {"clock_mhz": 3}}, "clock_mhz and fixed.clock_mhz: one of the two is expected"),
        ({"derived": {"tables": "8"}}, "tables is an axis and derived, one of the two"),
        ({"derived": {"rows": "2"}, "fixed": {"rows": 2}}, "rows is fixed and derived, one of the two"),
        (
            {"derived": {"rows": "outputs", "outputs": "rows"}},
            "rows depends on itself: rows -> outputs -> rows",
        ),
        ({"derived": {"rows": "kolumns * 2"}}, "derived: 'kolumns \\* 2': unknown name 'kolumns'"),
        ({"derived": {"area_um2": "1"}}, "derived.area_um2 is a metric, another name is expected"),
        ({"derived": {"mine": "areas"}}, "derived: 'areas': unknown name 'areas'"),
        ({"axes": {"tables": [1], "columns": [1], "width": [1]}}, "axes.width: unknown key 'width'"),
    ],
)
def test_what_is_wrong_with_a_system_is_said_in_one_line(changes: dict[str, Any], complaint: str) -> None:
    base = {"axes": {"tables": [1], "columns": [1]}, "fixed": {}, "constraints": []}
    with pytest.raises(TernlutError, match=complaint) as caught:
        Model.build(SweepSpec.parse(small(**base) | changes, "spec"), TECHNOLOGY)
    assert "\n" not in str(caught.value)
