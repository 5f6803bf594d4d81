"""The driver in C++ and cocotb's testbench agree on every result and cycle, and find the same faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator.config import CoreConfig
from generator.plan import Tiling, plan_for
from generator.verilog import emit
from sim import fast, harness
from sim.build import BuildOptions, SimulationError, build
from sim.fast import simulate_fast
from sim.harness import simulate
from sim.layers import LayerData
from sim.program import DRIVER
from sim.session import SimulationResult, Streams
from tests.rtl.cores import truth
from tests.sim.faults import rewired

CONFIG = CoreConfig(group_size=2, tables=2, columns=3, max_reduction=32)
LAYER = LayerData.random(CONFIG, 19, 8, tokens=2, seed=3)
TRUTH = LAYER.activations @ LAYER.weights.T.astype(np.int64)
HELD = {"dataflow": "table_stationary", "outputs": 11}

CORES: dict[str, dict[str, Any]] = {
    "lut": {"group_size": 3, "tables": 3, "columns": 4, "pipeline": {"fetch": True, "reduction_every": 1}},
    "lut-held-rows": {"group_size": 2, "tables": 3, "columns": 2, "rows": 2, **HELD},
    "select": {"architecture": "select", "tables": 5, "columns": 3},
    "multiplier-held": {
        "architecture": "multiplier",
        "activation": "int5",
        "tables": 3,
        "columns": 2,
        **HELD,
    },
    "native": {
        "activation": "fp8_e4m3",
        "datapath": "native",
        "group_size": 2,
        "tables": 2,
        "columns": 2,
        "pipeline": {"float_stages": 2},
    },
    "exact-held": {"activation": "fp8_e5m2", "datapath": "exact", "tables": 3, "columns": 2, **HELD},
    "aligned": {
        "activation": "bf16",
        "datapath": "aligned",
        "aligned_bits": 11,
        "rounding": "nearest",
        "group_size": 2,
        "tables": 2,
        "columns": 2,
    },
}


def both(config: CoreConfig, layer: LayerData, **options: Any) -> tuple[SimulationResult, SimulationResult]:
    """What the two drivers find."""
    given = config, layer.activations, layer.weights
    return simulate_fast(*given, **options), simulate(*given, **options)


SHORT = ("lut-held-rows", "native")
"""Those that are not long proofs."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SHORT else pytest.mark.exhaustive) for name in CORES]
)
def test_results_and_cycles_are_those_of_cocotb(name: str) -> None:
    config = CoreConfig.parse({"max_reduction": 40, **CORES[name]})
    layer = LayerData.random(config, 31, 11, tokens=3, seed=5)
    expected = truth(config, layer)
    for stalls in (0.0, Streams(0.2, 0.5, 0.3)):
        quick, slow = both(config, layer, stalls=stalls, seed=7, expected=expected)
        assert quick.passed
        assert slow.passed
        np.testing.assert_array_equal(quick.outputs[0], expected)
        assert (quick.cycles, quick.latency) == (slow.cycles, slow.latency)
        assert quick.expected_cycles == slow.expected_cycles
    assert quick.cycles > Tiling.of(plan_for(config), 31, 11, 3).cycles


BLOCKS = tuple(name for name, kind in emit(CONFIG).kinds.items() if kind in ("column", "table"))


@pytest.mark.parametrize(
    ("of_fast", "of_cocotb"),
    [
        (BuildOptions(apart=BLOCKS, optimise=1), BuildOptions(apart=BLOCKS)),
        pytest.param(
            BuildOptions(optimise=1),
            BuildOptions(shared=BLOCKS, optimise=1),
            marks=pytest.mark.exhaustive,
        ),
    ],
    ids=["large", "long"],
)
def test_how_a_model_is_built_changes_nothing(
    of_fast: BuildOptions, of_cocotb: BuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "recipe_for", lambda *_, **__: of_fast)
    monkeypatch.setattr(harness, "recipe_for", lambda *_, **__: of_cocotb)
    quick, slow = both(CONFIG, LAYER, stalls=0.3, seed=2, expected=TRUTH)
    assert quick.passed
    assert slow.passed
    assert quick.cycles == slow.cycles
    assert simulate_fast(CONFIG, LAYER.activations, LAYER.weights).latency == plan_for(CONFIG).latency_cycles


@pytest.mark.parametrize(
    ("fault", "stalls"),
    [
        ({"s_axis_key_tdata": "s_axis_key_tdata ^ 32'd4"}, 0.0),
        ({"m_axis_result_tlast": "~real_m_axis_result_tlast"}, 0.0),
        pytest.param({"m_axis_result_tready": "1'b1"}, Streams(result=0.8), marks=pytest.mark.exhaustive),
        ({"s_axis_key_tready": "1'b0", "s_axis_key_tvalid": "1'b0"}, 0.0),
        pytest.param({"m_axis_result_tvalid": "1'b1"}, 0.0, marks=pytest.mark.exhaustive),
    ],
    ids=["keys", "tlast", "impatient", "stuck", "talks on"],
)
def test_a_broken_core_is_found_as_cocotb_finds_it(
    monkeypatch: pytest.MonkeyPatch, fault: dict[str, str], stalls: Any
) -> None:
    for module in (fast, harness):
        rewired(monkeypatch, module, **fault)
    quick, slow = both(CONFIG, LAYER, stalls=stalls, expected=TRUTH)
    assert not quick.passed
    assert not slow.passed
    assert (quick.results, quick.mismatches) == (slow.results, slow.mismatches)
    assert quick.failures[0] == slow.failures[0]


def test_a_core_that_is_late_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    slower = CoreConfig.parse({**CONFIG.model_dump(), "pipeline": {"fetch": True}})
    monkeypatch.setattr(fast, "emit", lambda config: emit(slower))
    result = simulate_fast(CONFIG, LAYER.activations, LAYER.weights)
    assert result.failures == ("result beat 0 came 7 cycles after the first activation, 6 is right",)


def test_corrupted_keys_are_mismatches(monkeypatch: pytest.MonkeyPatch) -> None:
    def corrupted(*arguments: Any) -> Any:
        for beats in honest(*arguments):
            beats = beats.copy()
            beats[0, 0] ^= 1
            yield beats

    honest = fast.key_chunks
    monkeypatch.setattr(fast, "key_chunks", corrupted)
    result = simulate_fast(CONFIG, LAYER.activations, LAYER.weights)
    assert not result.passed
    assert result.mismatches
    assert result.failures[0].startswith("y[0, ")


def test_a_program_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "build", lambda *_: Path("/bin/false"))
    with pytest.raises(SimulationError, match=r"^the simulator failed: status 1$"):
        simulate_fast(CONFIG, LAYER.activations, LAYER.weights)


def test_the_program_refuses_what_it_cannot_run_in_one_line(tmp_path: Path) -> None:
    emission = emit(CONFIG)
    program = build(emission.verilog, emission.top, BuildOptions(optimise=1), DRIVER)
    beats = tmp_path / "beats.bin"
    beats.write_bytes(bytes(6))

    def said(**options: Any) -> str:
        with pytest.raises(SimulationError) as caught:
            fast._run(program, tmp_path, {"result-bytes": 3, **options})
        return str(caught.value)

    assert "activations.bin: No such file or directory" in said()
    (tmp_path / "activations.bin").write_bytes(bytes(6))
    (tmp_path / "keys.bin").write_bytes(bytes(6))
    assert "keys.bin: 6 bytes are no 4 beats" in said(**{"m-tiles": 4})
    assert "activation beats of 6 bytes do not fit" in said()
    assert "--blocks 0: a number from 1" in said(blocks=0)
    assert "--colour: no such option" in said(colour="red")
