"""A layer behind a memory of limited bandwidth and latency takes the cycles that the models say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from costmodel.price.technology import load_technology
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from generator.config import CoreConfig
from generator.plan import Tiling, Traffic, cycles_at_full_rate, cycles_behind, plan_for
from sim.dram import Dram
from sim.fast import simulate_fast
from sim.layers import LayerData
from sim.session import Session
from sim.tokens.bench import movements_of
from tests.dse.specs import small

CLOCK_MHZ = 500.0
CORE: dict[str, Any] = {"group_size": 3, "tables": 4, "columns": 8, "max_reduction": 1024}
BUFFERS = {"activations": True, "keys": 128, "bus_bits": 512}
MEMORIES = [(2.0, 80.0), (6.4, 100.0), (51.2, 100.0)]
"""GB/s and ns; with the first two the layer waits for its keys, with the last it does not."""
ARRAYS: dict[str, dict[str, Any]] = {
    "core": {},
    "rows": {"rows": 2},
    "outputs": {"cores": 2, "split": "outputs"},
    "inputs": {"cores": 2, "split": "inputs"},
}


def swept_cycles(
    array: dict[str, Any], shape: tuple[int, int], tokens: int, memory: tuple[float, float]
) -> Any:
    """Cycles of a layer by the prices of a sweep."""
    spec = small(
        constraints=[],
        clock_mhz=CLOCK_MHZ,
        workload={"layers": [{"name": "only", "inputs": shape[0], "outputs": shape[1]}], "tokens": tokens},
        memory={
            "bandwidth_gb_per_s": memory[0],
            "latency_ns": memory[1],
            "activation_buffer": True,
            "key_buffer": True,
        },
        axes={"fetch": ["onehot"]},
        fixed=CORE | {"activation": "int8"} | array,
        objectives={"area_um2": "min", "tokens_per_second": "max"},
        budget={},
    )
    model = Model.build(SweepSpec.parse(spec, "spec"), load_technology("asap7"))
    (row,) = design_rows(model, np.arange(model.space.size))
    return tokens / row["tokens_per_second"] * CLOCK_MHZ * 1e6


def config_of(array: dict[str, Any], **buffers: Any) -> CoreConfig:
    return CoreConfig.parse({**CORE, **array, "buffers": BUFFERS | buffers})


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_cycles_behind_a_memory_are_those_of_both_models(
    array: dict[str, Any], memory: tuple[float, float]
) -> None:
    """By tokens, which test_buffers holds against the Verilog in every cycle."""
    plan, shape = plan_for(config_of(array)), (480, 640)
    tiling, dram = Tiling.of(plan, *shape, 2), Dram.of(*memory, CLOCK_MHZ)
    moved = movements_of(plan, [tiling], Session([], dram=dram))
    cycles = moved.result[-1] - moved.activation[0] + 1
    model = cycles_behind(plan, tiling, dram.octets_per_cycle, dram.latency, dram.burst)
    assert cycles == pytest.approx(model, rel=0.01)
    assert cycles == pytest.approx(swept_cycles(array, shape, 2, memory), rel=0.01)
    assert (memory[0] > 50) == (cycles < 1.01 * tiling.cycles)


@pytest.mark.parametrize(
    ("shape", "memory"),
    [((480, 640), (6.4, 100.0)), pytest.param((2560, 2560), (25.6, 100.0), marks=pytest.mark.exhaustive)],
)
def test_the_verilog_takes_them_too(shape: tuple[int, int], memory: tuple[float, float]) -> None:
    config = config_of({"tables": 8, "columns": 16, "max_reduction": 2560})
    layer, dram = LayerData.random(config, *shape, tokens=1), Dram.of(*memory, CLOCK_MHZ)
    result = simulate_fast(config, layer.activations, layer.weights, dram=dram)
    assert result.passed, result.failures
    assert result.cycles == result.expected_cycles
    plan = plan_for(config)
    tiling = Tiling.of(plan, *shape)
    model = cycles_behind(plan, tiling, dram.octets_per_cycle, dram.latency, dram.burst)
    assert result.cycles == pytest.approx(model, rel=0.01)
    assert result.cycles > 1.05 * tiling.cycles


@pytest.mark.parametrize(("keys", "bus_bits"), [(16, 128), (32, 64), (128, 64)])
def test_a_bus_or_a_buffer_that_is_too_small_is_what_a_layer_waits_for(keys: int, bus_bits: int) -> None:
    plan = plan_for(config_of({}, keys=keys, bus_bits=bus_bits))
    tiling = Tiling.of(plan, 480, 320, 2)
    moved = movements_of(plan, [tiling], Session([]))
    cycles = moved.result[-1] - moved.activation[0] + 1
    assert cycles == pytest.approx(cycles_at_full_rate(plan, tiling), rel=0.01)
    dram = Dram.of(20.0, 100.0, CLOCK_MHZ)
    moved = movements_of(plan, [tiling], Session([], dram=dram))
    cycles = moved.result[-1] - moved.activation[0] + 1
    model = cycles_behind(plan, tiling, dram.octets_per_cycle, dram.latency, dram.burst)
    assert cycles == pytest.approx(model, rel=0.03)
    assert model > 1.2 * tiling.cycles


def test_what_a_layer_moves_is_counted_byte_by_byte() -> None:
    plan = plan_for(config_of({"rows": 2}))
    traffic = Traffic.of(plan, Tiling.of(plan, 100, 20, 3))
    # 9 tiles of 12 inputs and 3 of 8 outputs, two blocks of two tokens; keys of 5 bits for three weights.
    assert traffic.keys.total == 2 * 9 * 3 * (4 * 8 * 5 // 8)
    assert traffic.activations.total == 2 * 9 * (2 * 12)
    assert traffic.results == 2 * 3 * -(-2 * 8 * plan.result_width // 8)
    alone = plan_for(CoreConfig.parse({**CORE, "rows": 2}))
    again = Traffic.of(alone, Tiling.of(alone, 100, 20, 3))
    assert again.activations.total == 3 * traffic.activations.total
