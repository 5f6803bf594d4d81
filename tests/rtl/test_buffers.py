"""Cores behind their buffers: bit for bit and cycle for cycle, whatever the streams and the memory do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.plan import beat_bits, buffers_of, plan_for
from generator.verilog import emit
from sim.dram import Dram
from sim.fast import simulate_fast
from sim.harness import Session, simulate_sessions
from sim.layers import LayerData
from sim.session import Streams
from tests.rtl.cores import SLOW_ACTIVATIONS, SLOW_KEYS, SLOW_TAKER, layers_for, truth

HELD = {"dataflow": "table_stationary", "outputs": 9}
BOTH = {"activations": True, "keys": 4}
DESIGNS: dict[str, dict[str, Any]] = {
    # Beats of 6 and 4 bytes in words of 8; of 15 and 7 bytes: units of a byte.
    "narrow-bus": {"group_size": 3, "tables": 2, "buffers": BOTH | {"bus_bits": 64}},
    "odd-beats": {"group_size": 3, "tables": 5, "buffers": {"activations": True, "keys": 7, "bus_bits": 64}},
    "wide-bus": {"group_size": 2, "tables": 2, "rows": 2, "buffers": BOTH | {"bus_bits": 512}},
    "whole-words": {"tables": 8, "columns": 32, "buffers": BOTH | {"bus_bits": 64}},
    "keys-alone": {"group_size": 2, "buffers": {"keys": 5}, **HELD},
    "memory-tables": {"group_size": 3, "table_store": "memory", "buffers": {"keys": 6}, **HELD},
    "memory-one-bank": {
        "group_size": 2,
        "table_store": "memory",
        "table_banks": 1,
        "fetch": "tree",
        "buffers": {"keys": 4, "bus_bits": 64},
        **HELD,
    },
    "activations-alone": {"architecture": "select", "buffers": {"activations": True}},
    "float-pauses": {"activation": "fp16", "pipeline": {"float_stages": 3}, "buffers": BOTH},
    "float-held": {
        "activation": "bf16",
        "pipeline": {"float_stages": 4, "fetch": True},
        "buffers": {"keys": 6, "bus_bits": 64},
        **HELD,
    },
    "cores-inputs": {
        "group_size": 2,
        "cores": 3,
        "split": "inputs",
        "activation": "fp16",
        "datapath": "exact",
        "pipeline": {"float_stages": 2, "reduction_every": 1},
        "buffers": BOTH,
    },
    "cores-outputs": {"group_size": 3, "cores": 4, "buffers": BOTH | {"bus_bits": 256}},
    "scaled-planes": {
        "alphabet": "binary",
        "weight_bits": 3,
        "group_size": 2,
        "columns": 7,
        "scale_group": 13,
        "pipeline": {"fetch": True, "float_stages": 1},
        "buffers": BOTH,
    },
}
QUICK = ("odd-beats", "memory-one-bank")
NAMES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.exhaustive) for name in DESIGNS]
DRAM = Dram(ticks_per_byte=(1 << 24) // 5, latency=23, burst=64)


def design(name: str) -> CoreConfig:
    return CoreConfig.parse({"tables": 2, "columns": 3, "max_reduction": 61, **DESIGNS[name]})


def sessions(config: CoreConfig) -> list[Session]:
    """Full rate, every stream slow in turn, late starts, a reset in the middle of the work, and a memory."""
    layers = layers_for(config, 1)
    return [
        Session(layers),
        Session(layers[1:3], stalls=SLOW_KEYS, seed=1, stop_after=1),
        Session(layers[:3], stalls=SLOW_KEYS, seed=2),
        Session(layers[1:4], stalls=SLOW_ACTIVATIONS, seed=3),
        Session(layers[:4], stalls=SLOW_TAKER, seed=4),
        Session(layers[1:3], delays=Streams(key=5, result=20), seed=5),
        Session(layers[1:2], dram=DRAM),
        Session(layers[1:2], dram=DRAM, stalls=SLOW_TAKER, seed=6),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_buffered_design_is_bit_exact_and_on_time(name: str) -> None:
    config = design(name)
    runs = sessions(config)
    known = {id(layer): truth(config, layer) for session in runs for layer in session.layers}
    expected: Sequence[Sequence[Any]] = [[known[id(layer)] for layer in session.layers] for session in runs]
    result = simulate_sessions(config, runs, expected=expected)
    assert result.passed, result.failures
    assert result.cycles == result.expected_cycles


@pytest.mark.parametrize("name", NAMES)
def test_both_drivers_see_the_same_cycles(name: str) -> None:
    config = design(name)
    layer = LayerData.random(config, 61, 9, tokens=2 * config.rows + 1, seed=3)
    for stalls, dram in ((0.0, None), (0.3, None), (0.0, DRAM), (0.2, DRAM)):
        given = layer.activations, layer.weights, layer.scales
        result = simulate_fast(config, *given, stalls=stalls, dram=dram)
        assert result.passed, (stalls, dram, result.failures)
        assert result.cycles == result.expected_cycles
        np.testing.assert_array_equal(result.outputs[0], truth(config, layer))


def test_a_block_of_activations_is_taken_once() -> None:
    config = design("activations-alone")
    plan = plan_for(config)
    buffer = buffers_of(plan).activations
    assert buffer is not None
    n_tiles = -(-61 // config.tile_length)
    assert (buffer.words, buffer.bits) == (2 * n_tiles, beat_bits(plan).activation)
    layer = LayerData.random(config, 61, 9, seed=3)
    result = simulate_fast(config, layer.activations, layer.weights)
    # 31 beats of 2 bytes are 4 words of 16; the cores take them three times.
    assert buffer.packet_words(n_tiles) == 4
    assert buffer.last_bytes(n_tiles) == 31 * 2 - 3 * 16
    assert result.passed
    assert result.cycles >= 3 * n_tiles


def test_without_buffers_the_verilog_is_what_it_was() -> None:
    plain = CoreConfig(tables=2, columns=3)
    stated = CoreConfig.parse({"tables": 2, "columns": 3, "buffers": {"keys": 0, "activations": False}})
    assert emit(stated).verilog == emit(plain).verilog
    assert "buffers" not in plain.to_toml()
    buffered = design("odd-beats")
    assert CoreConfig.parse(buffered.model_dump()) == buffered
    assert buffered.alone.digest == CoreConfig.parse(buffered.model_dump() | {"buffers": {}}).digest


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"buffers": {"keys": 3}}, "buffers.keys = 3: 0 for none, or from 4 to 65536 beats are expected"),
        ({"buffers": {"bus_bits": 256}}, "buffers.bus_bits = 256 with nothing buffered"),
        ({"buffers": {"keys": 4, "bus_bits": 96}}, "buffers.bus_bits = 96"),
        ({"buffers": {"activations": True}, **HELD}, "activations come once, there is nothing to replay"),
    ],
)
def test_buffers_without_a_use_are_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint.replace("(", "[(]")):
        CoreConfig.parse({"tables": 2, "columns": 3, **values})
