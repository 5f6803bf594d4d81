"""Packed weights: their code against a table of its own, in numpy and in gates, and where a beat has them."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator

from generator.block import Block
from generator.config import CoreConfig
from generator.errors import ConfigError, KeyFileError
from generator.packing import (
    bytes_by_value,
    pack_weights,
    packed_bytes,
    relative_cubes,
    relative_key_width,
    unpack_weights,
)
from generator.plan import beat_bits, plan_for
from generator.unpacking import ByteDecoder, KeyEncoder
from generator.verilog import emit
from sim.key_stream import matrix_of, stream_chunks
from sim.weights.key_image import read_image, write_image
from sim.weights.ternary import TernaryMatrix

PAIR = {
    "000": (1, 0), "001": (-1, 0), "010": (0, 1), "011": (0, -1),
    "100": (1, 1), "101": (1, -1), "110": (-1, 1), "111": (-1, -1),
}  # fmt: skip
LAST = {"00": 0, "01": 1, "10": -1}


def read(byte: int) -> tuple[int, ...] | None:
    """The weights of a byte, read by its digits; None where it has none."""
    text = f"{byte ^ 0xC7:08b}"
    e, p, q = text[:2], text[2:5], text[5:]
    if e in LAST:
        return (*PAIR[p], *PAIR[q], LAST[e])
    if q == "111":
        return (0, 0, 0, 0, LAST[p[:2]]) if p[:2] in LAST and p[2] == "0" else None
    if q[0] == "1":
        return (*PAIR[p], 0, 0, LAST[q[1:]])
    return (0, 0, *PAIR[p[2] + q[1:]], LAST[p[:2]]) if p[:2] in LAST else None


TABLE = {byte: weights for byte in range(256) if (weights := read(byte)) is not None}
"""Every byte that stands for weights."""


def test_every_five_weights_have_one_byte() -> None:
    assert sorted(TABLE.values()) == list(product((-1, 0, 1), repeat=5))
    assert read(0) == (0, 0, 0, 0, 0)
    weights = np.array(list(TABLE.values()), dtype=np.int8)
    assert pack_weights(weights).ravel().tolist() == list(TABLE)
    np.testing.assert_array_equal(unpack_weights(pack_weights(weights), 5), weights)
    for number, byte in enumerate(bytes_by_value().tolist()):
        assert sum((w + 1) * 3**place for place, w in enumerate(TABLE[byte])) == number


def outputs(block: Block, inputs: str, output: str, values: list[int]) -> list[int]:
    """What a combinational ``block`` makes of each of ``values``."""
    seen = []

    async def bench(context: Any) -> None:
        for value in values:
            context.set(getattr(block, inputs), value)
            await context.delay(1e-9)
            seen.append(context.get(getattr(block, output)))

    simulator = Simulator(block)
    simulator.add_testbench(bench)
    simulator.run()
    return seen


def coded(weights: tuple[int, ...]) -> int:
    """Two bits a weight: not zero, and above it negative."""
    return sum((abs(w) | (w < 0) << 1) << 2 * place for place, w in enumerate(weights))


def test_the_decoder_makes_of_every_byte_what_it_stands_for() -> None:
    made = outputs(ByteDecoder(), "octet", "weights", list(TABLE))
    assert made == [coded(weights) for weights in TABLE.values()]


@pytest.mark.parametrize("size", [2, 3, 4, 6])
def test_the_key_of_a_group_takes_the_one_entry_it_stands_for(size: int) -> None:
    groups = list(product((-1, 0, 1), repeat=size))
    keys = outputs(KeyEncoder(size), "weights", "key", [coded(group) for group in groups])
    cubes = relative_cubes(size)
    for group, key in zip(groups, keys, strict=True):
        value = sum(w * 3 ** (size - 1 - place) for place, w in enumerate(group))
        assert key >> (relative_key_width(size) - 1) == (value < 0)
        taken = [
            entry
            for entry, cube in enumerate(cubes, 1)
            if all(key >> bit & 1 == wanted for bit, wanted in cube.items())
        ]
        assert taken == ([abs(value)] if value else []), group


SHAPES: dict[str, dict[str, Any]] = {
    "core": {"group_size": 2, "tables": 2, "columns": 3},
    "held": {"group_size": 3, "tables": 1, "columns": 2, "dataflow": "table_stationary", "outputs": 16},
    "outputs": {"architecture": "select", "tables": 3, "columns": 2, "cores": 3},
    "inputs": {"group_size": 2, "tables": 3, "columns": 3, "cores": 2, "split": "inputs"},
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_weight_is_where_the_order_says(name: str, tmp_path: Path) -> None:
    config = CoreConfig.parse({"max_reduction": 64, **SHAPES[name], "key_packing": "base3"})
    rng = np.random.default_rng(1)
    plan, weights = plan_for(config), rng.integers(-1, 2, size=(16, 41), dtype=np.int8)
    write_image(config, TernaryMatrix(weights, np.array(1.0), "given", exact=True), tmp_path)
    octets = (tmp_path / "keys.bin").read_bytes()
    m_tiles, n_tiles = -(-16 // plan.columns), -(-41 // plan.tile_length)
    padded = np.zeros((m_tiles * plan.columns, n_tiles * plan.tile_length), dtype=int)
    padded[:16, :41] = weights
    held = config.dataflow == "table_stationary"
    order = product(range(n_tiles), range(m_tiles)) if held else product(range(m_tiles), range(n_tiles))
    beat_size = beat_bits(plan).key // 8
    core_size, length = beat_size // config.cores, config.tile_length
    assert len(octets) == m_tiles * n_tiles * beat_size
    for beat, (outer, inner) in enumerate(order):
        m, n = (inner, outer) if held else (outer, inner)
        tile = padded[m * plan.columns :, n * plan.tile_length :][: plan.columns, : plan.tile_length]
        for core in range(config.cores):
            along = (slice(None), slice(core * length, (core + 1) * length))
            across = (slice(core * config.columns, (core + 1) * config.columns), slice(None))
            wanted = tile[along if config.split == "inputs" else across].ravel().tolist()
            first = beat * beat_size + core * core_size
            made = [w for byte in octets[first : first + core_size] for w in TABLE[byte]]
            assert made[: len(wanted)] == wanted
            assert not any(made[len(wanted) :])
    np.testing.assert_array_equal(read_image(config, tmp_path).weights, weights)


def test_bytes_without_meaning_and_weights_in_the_padding_are_refused() -> None:
    plan = plan_for(CoreConfig(architecture="select", tables=4, columns=1, key_packing="base3"))
    (beats,) = stream_chunks(plan, np.array([[1, -1, 0, 1]], dtype=np.int8))
    without = next(byte for byte in range(256) if byte not in TABLE)
    with pytest.raises(
        KeyFileError, match=f"key byte {without} stands for no weights: 243 of the 256 values"
    ):
        matrix_of(plan, [np.full_like(beats, without)], 1, 4)
    filled = next(byte for byte, weights in TABLE.items() if weights == (1, -1, 0, 1, 1))
    with pytest.raises(KeyFileError, match="the weights that fill up the last byte of a beat are not zero"):
        matrix_of(plan, [np.full_like(beats, filled)], 1, 4)


def test_a_beat_has_eight_bits_for_five_weights() -> None:
    config = CoreConfig(group_size=3, tables=4, columns=7, key_packing="base3")
    plan = plan_for(config)
    assert packed_bytes(84) == 17
    assert beat_bits(plan).key == 8 * 17
    assert plan.bits_per_weight == pytest.approx(8 * 17 / 84)
    several = plan_for(CoreConfig.parse({**config.model_dump(), "cores": 3, "split": "inputs"}))
    assert beat_bits(several).key == 3 * 8 * 17


def test_keys_that_are_not_packed_are_what_they_were() -> None:
    values = {"group_size": 2, "tables": 2, "columns": 2}
    core = CoreConfig.parse(values)
    assert CoreConfig.parse({**values, "key_packing": "none"}).digest == core.digest
    assert "key_packing" not in core.to_toml()
    assert "unpacker" not in emit(core).verilog
    packed = CoreConfig.parse({**values, "key_packing": "base3"})
    assert packed.digest != core.digest
    assert plan_for(packed).latency_cycles == plan_for(core).latency_cycles


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"architecture": "multiplier"},
            "key_packing = 'base3' with architecture = 'multiplier': its weights come as numbers, which it "
            "multiplies by; 'none' is allowed",
        ),
        (
            {"group_size": 5},
            "key_packing = 'base3' with group_size = 5: a key has 5 weights in 8 bits already, 'none' is "
            "allowed",
        ),
        (
            {"group_size": 2, "fetch": "tree"},
            "key_packing = 'base3' with fetch = 'tree' and group_size = 2: a tree needs the index of an "
            "entry, which would be computed of packed weights; 'onehot' is allowed",
        ),
        ({"key_packing": "tq1"}, "key_packing = 'tq1': 'none' or 'base3' is expected"),
    ],
)
def test_what_cannot_be_packed_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        CoreConfig.parse({"tables": 2, "columns": 2, "key_packing": "base3", **values})
    assert str(refused.value) == f"core: {message}"
