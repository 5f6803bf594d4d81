"""What drives the gates: typical layers, windows of them, and what a waiting core takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from costmodel.power.figures import Energy, MeasuredEnergy
from costmodel.power.simulator import LANES
from dse.measuring.workload import statistics_of, stimulus_of, typical_layer, windows_of
from generator.config import CoreConfig

CORE = CoreConfig(activation="int8", group_size=2, tables=2, columns=4, max_reduction=256)


def test_a_typical_layer_has_bitnets_zeros_and_activations_that_fill_the_format() -> None:
    layer = typical_layer(CORE)
    assert np.mean(layer.weights == 0) == pytest.approx(0.42, abs=0.005)
    assert np.mean(layer.weights == 1) == pytest.approx(0.29, abs=0.005)
    assert (np.abs(layer.activations).max(axis=1) == 127).all()


def test_weights_of_another_alphabet_are_its_own() -> None:
    binary = CORE.model_copy(update={"alphabet": "binary"})
    assert set(np.unique(typical_layer(binary).weights)) == {-1, 1}


@pytest.mark.parametrize("update", [{}, {"dataflow": "table_stationary", "outputs": 16}, {"rows": 2}])
def test_windows_are_whole_tiles_of_the_layer(update: dict[str, object]) -> None:
    core = CoreConfig.model_validate({**CORE.model_dump(exclude_unset=True), **update})
    layer = typical_layer(core)
    windows = windows_of(core, layer, 50)
    known = statistics_of(core, 0.42, 50)
    assert known.reduction == windows.lanes[0].length
    assert known.zero_activations == pytest.approx(np.mean(layer.activations == 0), abs=0.005)
    assert len(windows.lanes) == LANES
    assert 25 <= windows.tiling.n_tiles * windows.tiling.slots <= 100
    rows = {row.tobytes() for row in layer.activations[:, : core.tile_length]}
    for lane in windows.lanes:
        assert lane.tokens == windows.tiling.blocks * core.rows
        assert lane.weights.shape == windows.lanes[0].weights.shape
    first = windows.lanes[0]
    if first.length == layer.length:
        assert all(row[: core.tile_length].tobytes() in rows for row in first.activations)
    assert len({lane.weights.tobytes() for lane in windows.lanes}) > 1 or layer.outputs == first.outputs


def test_keys_wait_in_the_share_of_cycles_that_is_asked_for() -> None:
    windows = windows_of(CORE, typical_layer(CORE), 20)
    keys = stimulus_of(windows, 20, waiting=0.7).streams[1]
    assert np.mean(~keys.offered) == pytest.approx(0.7, abs=0.03)
    assert stimulus_of(windows, 20).streams[1].offered.all()


def test_a_cycle_without_a_key_takes_what_is_left() -> None:
    def run(fj: float) -> Energy:
        return Energy({"control": {"switching": fj}}, 0.0)

    busy = MeasuredEnergy(run(100.0), run(100.0), run(80.0), 8.0, 1000.0, 10, 64, 1, 1, 1.0)
    waiting = replace(busy, timed=run(40.0), macs_per_cycle=2.0)
    # A quarter of the cycles takes 100 fJ, the other three quarters 20.
    assert waiting.idle_fj(busy) == pytest.approx(20.0)
    with pytest.raises(ValueError, match="nothing waits"):
        busy.idle_fj(busy)
