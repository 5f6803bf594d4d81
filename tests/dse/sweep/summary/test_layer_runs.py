"""The layers of a design: against counting by hand, and against the sweep's figures of whole passes."""

from __future__ import annotations

import math

import pytest

from dse.spec.layer import Layer
from dse.sweep.summary.layer_runs import HEAD, layer_runs
from generator.config import CoreConfig
from generator.plan import plan_for
from tests.dse.pricing.test_system import MODEL, designs
from tests.dse.specs import LAYERS

WIDE = Layer(name="wide", inputs=96, outputs=250, count=3)
LONG = Layer(name="long", inputs=250, outputs=33)
CORE = CoreConfig.parse(
    {"group_size": 2, "tables": 3, "columns": 4, "activation": "int8", "max_reduction": 250}
)
ALONE = {
    "cores": 1,
    "split": "outputs",
    "clock_mhz": 1000.0,
    "weight_bandwidth_gb_per_s": 0.0,
    "activation_bandwidth_gb_per_s": 0.0,
}


def test_a_layer_takes_its_tiles_and_the_pipeline() -> None:
    wide, long = layer_runs(CORE, ALONE, [WIDE, LONG], tokens=3)
    latency = plan_for(CORE).latency_cycles
    assert (wide.n_tiles, wide.m_tiles, wide.steps) == (16, 63, 3 * 16 * 63)
    assert (long.n_tiles, long.m_tiles, long.steps) == (42, 9, 3 * 42 * 9)
    assert (wide.cycles, long.cycles) == (3024 + latency, 1134 + latency)
    assert wide.utilisation == pytest.approx(96 * 250 * 3 / (24 * wide.cycles))
    assert wide.share == pytest.approx(3 * wide.cycles / (3 * wide.cycles + long.cycles))
    assert wide.seconds == pytest.approx(wide.cycles * 1e-9)
    assert {wide.bound, long.bound} == {"compute"}


def test_cores_share_outputs_or_inputs() -> None:
    by_outputs, by_inputs = (
        layer_runs(CORE, ALONE | {"cores": 4, "split": split}, [WIDE], tokens=1)[0]
        for split in ("outputs", "inputs")
    )
    latency = plan_for(CORE).latency_cycles
    assert (by_outputs.n_tiles, by_outputs.m_tiles, by_outputs.cycles) == (16, 16, 256 + latency)
    assert (by_inputs.n_tiles, by_inputs.m_tiles, by_inputs.cycles) == (4, 63, 252 + latency + 2)


def test_a_layer_takes_as_long_as_the_slowest_stream() -> None:
    slow = ALONE | {"weight_bandwidth_gb_per_s": 1.0, "activation_bandwidth_gb_per_s": 100.0}
    run = layer_runs(CORE, slow, [WIDE], tokens=1)[0]
    # µ = 2: a key has four bits; three tables and four columns take twelve keys a step.
    assert run.seconds == pytest.approx(16 * 63 * 12 * 4 / 8e9)
    assert run.bound == "weights"
    slow = ALONE | {"weight_bandwidth_gb_per_s": 100.0, "activation_bandwidth_gb_per_s": 1.0}
    run = layer_runs(CORE, slow, [WIDE], tokens=1)[0]
    assert run.seconds == pytest.approx(16 * 63 * 6 * 8 / 8e9)
    assert run.bound == "activations"
    assert run.utilisation == pytest.approx(96 * 250 / (24 * run.seconds * 1e9))


def test_layers_add_up_to_the_sweep_s_figures_of_a_pass() -> None:
    layers = [Layer(**layer) for layer in LAYERS]
    for row, config in designs(MODEL, 150, seed=8):
        runs = layer_runs(config, row, layers, tokens=3)
        seconds = sum(run.layer.count * run.seconds for run in runs)
        assert sum(run.layer.count * run.steps for run in runs) == row["steps_per_pass"]
        assert 3 / seconds == pytest.approx(row["tokens_per_second"])
        for bound, name in (("weights", "weight_bound"), ("activations", "activation_bound")):
            share = sum(run.share for run in runs if run.bound == bound)
            assert share == pytest.approx(row[name], abs=1e-12)


def test_a_row_has_a_cell_for_every_heading() -> None:
    run = layer_runs(CORE, ALONE, [WIDE], tokens=3)[0]
    assert dict(zip(HEAD, run.cells, strict=True))["N × M"] == "96 × 250"


def test_layers_share_a_memory_that_is_waited_for() -> None:
    behind = ALONE | {
        "dram": "LPDDR5 x8", "efficiency": 0.5, "weights": "dram", "key_buffer": False, "burst_bytes": 64,
        "latency_ns": 100.0, "activation_buffer": True,
    }  # fmt: skip
    run = layer_runs(CORE, behind, [WIDE], tokens=2)[0]
    keys = 2 * 16 * 63 * 12 * 4
    moved = keys + 2 * 96 * 8 + 2 * 250 * plan_for(CORE).result_width
    assert run.seconds == pytest.approx(moved / (0.5 * 6.4e9 * 8) + math.ceil(keys / 512) * 100e-9)
    assert run.bound == "memory"
