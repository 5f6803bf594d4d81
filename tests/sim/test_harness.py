"""The harness builds once, finds what is wrong, and says in one line why it cannot run."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator.config import CoreConfig
from generator.pipeline_config import PipelineConfig
from generator.plan import Tiling, plan_for
from generator.verilog import emit
from sim import build, compiler, harness
from sim.build import SimulationError
from sim.cache import SHARED_BY_ALL
from sim.harness import Session, Streams, simulate, simulate_sessions
from sim.layers import LayerData
from sim.program import COCOTB
from sim.runtime import Runtime
from tests.sim.faults import rewired

CONFIG = CoreConfig(group_size=2, tables=2, columns=3, max_reduction=32)
LAYER = LayerData.random(CONFIG, 19, 8, tokens=2, seed=3)
TRUTH = LAYER.activations @ LAYER.weights.T.astype(np.int64)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, but for the run-time library, which takes long to compile."""
    made = Runtime(COCOTB)
    cache = tmp_path / "cache" / "simulation"
    cache.mkdir(parents=True)
    for shared in (path.parent for path in (made.headers(0).result(), *made.library)):
        (cache / shared.name).symlink_to(shared)
    monkeypatch.setenv("TERNLUT_CACHE", str(tmp_path / "cache"))
    return cache


def models(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if not path.name.startswith(SHARED_BY_ALL)]


@pytest.mark.parametrize("driver", ["lean", "axi"])
def test_a_layer_is_bit_exact_and_takes_the_cycles_of_the_plan(driver: Any) -> None:
    result = simulate(CONFIG, LAYER.activations, LAYER.weights, driver=driver)
    assert result.passed
    assert not result.failures
    assert result.results == TRUTH.size
    np.testing.assert_array_equal(result.outputs[0], TRUTH)
    assert result.cycles == result.expected_cycles == Tiling.of(plan_for(CONFIG), 19, 8, 2).cycles
    assert result.latency == plan_for(CONFIG).latency_cycles


@pytest.mark.parametrize("driver", ["lean", "axi"])
@pytest.mark.parametrize("stalls", [0.5, Streams(key=0.7), Streams(activation=0.7), Streams(result=0.7)])
def test_pauses_cost_cycles_and_nothing_else(driver: Any, stalls: Any) -> None:
    result = simulate(CONFIG, LAYER.activations, LAYER.weights, stalls=stalls, seed=5, driver=driver)
    assert result.passed
    assert result.expected_cycles is None
    assert result.cycles > Tiling.of(plan_for(CONFIG), 19, 8, 2).cycles


def test_the_same_seed_gives_the_same_run() -> None:
    runs = [simulate(CONFIG, LAYER.activations, LAYER.weights, stalls=0.4, seed=s) for s in (1, 1, 2)]
    assert runs[0].cycles == runs[1].cycles != runs[2].cycles


def test_wrong_values_are_reported() -> None:
    corrupt = TRUTH.copy()
    corrupt[1, 4] += 1
    result = simulate(CONFIG, LAYER.activations, LAYER.weights, expected=corrupt)
    assert not result.passed
    assert result.mismatches == 1
    right, wrong = corrupt[1, 4], TRUTH[1, 4]
    assert result.failures == (f"y[1, 4] is {wrong}, {right} is right (1 of {TRUTH.size} are wrong)",)


def test_a_core_that_is_late_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    slower = CONFIG.model_copy(update={"pipeline": PipelineConfig(fetch=True)})
    monkeypatch.setattr(harness, "emit", lambda config: emit(slower))
    result = simulate(CONFIG, LAYER.activations, LAYER.weights)
    assert not result.passed
    assert not result.mismatches
    assert result.failures == ("result beat 0 came 7 cycles after the first activation, 6 is right",)


def test_a_core_that_starves_its_keys_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    rewired(monkeypatch, harness, s_axis_key_tvalid="s_axis_key_tvalid & ~m_axis_result_tvalid")
    rewired_result = simulate(CONFIG, LAYER.activations, LAYER.weights)
    assert not rewired_result.passed


def test_data_that_changes_before_it_is_taken_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    rewired(monkeypatch, harness, m_axis_result_tready="1'b1")
    result = simulate(CONFIG, LAYER.activations, LAYER.weights, stalls=Streams(result=0.8))
    assert not result.passed
    assert any("tvalid fell before tready" in failure for failure in result.failures)


def test_a_wrong_tlast_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    rewired(monkeypatch, harness, m_axis_result_tlast="~real_m_axis_result_tlast")
    result = simulate(CONFIG, LAYER.activations, LAYER.weights)
    assert result.failures == ("tlast of result beat 0 is 1",)


def test_a_stuck_core_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    rewired(monkeypatch, harness, s_axis_key_tready="1'b0", s_axis_key_tvalid="1'b0")
    result = simulate(CONFIG, LAYER.activations, LAYER.weights)
    assert "no beat moves after cycle" in result.failures[0]
    assert "0 of" in result.failures[1]


def test_a_core_that_talks_on_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    rewired(monkeypatch, harness, m_axis_result_tvalid="1'b1")
    result = simulate(CONFIG, LAYER.activations, LAYER.weights)
    assert any("in reset" in failure for failure in result.failures)
    assert any("a result after the last one" in failure for failure in result.failures)


def test_sessions_add_up_and_a_stopped_one_counts_what_it_saw() -> None:
    sessions = [
        Session([LAYER], stop_after=1),
        Session([LAYER, LayerData.random(CONFIG, 32, 2, seed=4)]),
        Session([LAYER], delays=Streams(activation=5)),
    ]
    result = simulate_sessions(CONFIG, sessions)
    assert result.passed
    assert result.results == 2 * TRUTH.size + 2
    assert result.cycles == result.expected_cycles


def test_an_equal_design_is_built_once(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emission = emit(CONFIG)
    first = build.build(emission.verilog, emission.top)
    monkeypatch.setattr(build, "_build", lambda *_: pytest.fail("built again"))
    assert build.build(emission.verilog, emission.top) == first
    assert [path.name for path in first.parent.iterdir()] == [emission.top]


def test_builds_at_the_same_time_do_not_disturb_each_other(own_cache: Path) -> None:
    emission = emit(CONFIG)
    with ThreadPoolExecutor(3) as pool:
        made = set(pool.map(lambda _: build.build(emission.verilog, emission.top), range(3)))
    assert len(made) == 1
    assert subprocess.run([made.pop(), "--help"], check=False).returncode == 0
    assert len(models(own_cache)) == 1


def test_verilog_that_does_not_compile_is_one_line(own_cache: Path) -> None:
    with pytest.raises(SimulationError, match=r"^verilator_bin failed \(1\): %Error.*$"):
        build.build("module broken(input aclk); assign = 1; endmodule\n", "broken")
    assert not models(own_cache)


def test_a_missing_compiler_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler.compiler.cache_clear()
    compiler.toolchain.cache_clear()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SimulationError, match=r"^g\+\+ is missing: .*$"):
        simulate(CONFIG, LAYER.activations, LAYER.weights)


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    monkeypatch.setenv("TERNLUT_CACHE", str(occupied))
    with pytest.raises(SimulationError, match=r"TERNLUT_CACHE chooses another$"):
        simulate(CONFIG, LAYER.activations, LAYER.weights)


def test_a_simulator_that_dies_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "build", lambda *_, **__: Path("/bin/false"))
    with pytest.raises(SimulationError, match=r"^the simulator failed: .*$"):
        simulate(CONFIG, LAYER.activations, LAYER.weights)
