"""Memories on chip of designs: their sizes by hand, what they save the memory, what clock they allow."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pytest

from costmodel.price.sram import sram_tables
from costmodel.price.technology import load_technology
from dse.pricing.model import Model
from dse.spec.axes import SpecError
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from dse.sweep.results.designs import Row
from tests.dse.specs import model_of, small

LAYER = {"name": "only", "inputs": 600, "outputs": 250}
CORE = {
    "activation": "int8", "group_size": 3, "tables": 8, "columns": 16, "rows": 2, "max_reduction": 65536,
}  # fmt: skip
TILES_N, TILES_M = ceil(600 / 24), ceil(250 / 16)
KEY_BEAT, ACTIVATION_BEAT, RESULT_BITS = 8 * 16 * 5, 2 * 24 * 8, 25
"""Five bits a key of three weights; two rows of 24 activations; sums of 65,536 values up to 128."""


def rows(technology: str = "asap7", **changes: Any) -> list[Row]:
    """The designs of a small space with one layer and four tokens."""
    axes = changes.pop("axes", {"activation_buffer": [False, True], "key_buffer": [False, True]})
    spec = small(
        clock_mhz=None,
        constraints=[],
        workload={"layers": [LAYER], "tokens": 4},
        memory={"bandwidth_gb_per_s": 2.0} | changes.pop("memory", {}),
        axes=axes,
        fixed=CORE | changes.pop("fixed", {}),
        objectives={"area_um2": "min", "tokens_per_second": "max"},
    )
    model = Model.build(SweepSpec.parse(spec, "spec"), load_technology(technology))
    return design_rows(model, np.arange(model.space.size))


def test_a_buffer_of_activations_lets_the_memory_see_a_block_once() -> None:
    results = 4 * 250 * RESULT_BITS
    for row in rows():
        once = 4 * 600 * 8
        read = once if row["activation_buffer"] else once * TILES_M
        assert row["activation_mb_per_token"] == pytest.approx((read + results) / 8e6 / 4)
        keys = 2 * TILES_N * TILES_M * KEY_BEAT
        assert row["dram_mb_per_token"] == pytest.approx((keys + read + results) / 8e6 / 4)
        assert row["tokens_per_second"] == pytest.approx(4 * 2e9 * 8 / (keys + read + results))


def test_buffers_are_as_large_as_what_they_hold_twice() -> None:
    table = sram_tables()["asap7"]
    by_kind = {(row["activation_buffer"], row["key_buffer"]): row for row in rows(memory={"latency_ns": 300})}
    # 2 GB/s · 300 ns are 600 bytes: three bursts of 256.
    keys = table.memory(2 * ceil(3 * 256 * 8 / KEY_BEAT), KEY_BEAT, 2).area_um2
    block = table.memory(2 * TILES_N, ACTIVATION_BEAT, 2).area_um2
    results = table.memory(2 * ceil(256 * 8 / (32 * RESULT_BITS)), 32 * RESULT_BITS, 2).area_um2
    assert by_kind[False, False]["area_buffers"] == 0
    assert by_kind[False, True]["area_buffers"] == pytest.approx(keys)
    assert by_kind[True, False]["area_buffers"] == pytest.approx(block + results)
    assert by_kind[True, True]["area_buffers"] == pytest.approx(keys + block + results)
    for row in by_kind.values():
        bare = by_kind[False, False]["area_um2"]
        assert row["area_um2"] == pytest.approx(bare + row["area_buffers"])


def test_without_a_buffer_of_keys_every_burst_is_waited_for() -> None:
    keys = 2 * TILES_N * TILES_M * KEY_BEAT
    for row in rows(memory={"latency_ns": 300, "burst_bytes": 64}):
        moved = 8e6 * 4 * row["dram_mb_per_token"]
        waits = 0 if row["key_buffer"] else ceil(keys / (64 * 8)) * 300e-9
        assert 4 / row["tokens_per_second"] == pytest.approx(moved / 16e9 + waits)


def test_weights_on_chip_leave_the_memory_alone_and_are_paid_for() -> None:
    dram, chip = rows(axes={"weights": ["dram", "on_chip"]})
    words = ceil(600 * 250 * (5 / 3) / KEY_BEAT)
    assert chip["area_buffers"] == pytest.approx(sram_tables()["asap7"].memory(words, KEY_BEAT).area_um2)
    assert dram["area_buffers"] == 0
    moved = dram["dram_mb_per_token"] - dram["weight_mb_per_token"]
    assert chip["dram_mb_per_token"] == pytest.approx(moved)


def test_a_core_is_no_faster_than_its_buffers_are_read() -> None:
    bare, buffered = rows("sg13g2", axes={"activation_buffer": [False, True]}, fixed={"cores": 3})
    table = sram_tables()["sg13g2"]
    slowest = max(
        float(table.memory(2 * TILES_N, ACTIVATION_BEAT, 2).access_ps),
        float(table.memory(2, 3 * 32 * RESULT_BITS, 2).access_ps),
    )
    assert buffered["delay_ps"] == pytest.approx(max(bare["delay_ps"], slowest))
    # The core's own area is that of its clock, whatever is beside it.
    assert buffered["area_um2"] - buffered["area_buffers"] == pytest.approx(bare["area_um2"])


def test_energy_is_that_of_words_read_and_written() -> None:
    table = sram_tables()["asap7"]
    steps = 2 * TILES_N * TILES_M
    for row in rows(axes={"key_buffer": [False, True]}, memory={"dram": "LPDDR4"}):
        memory = table.memory(2 * ceil(256 * 8 / KEY_BEAT), KEY_BEAT, 2)
        energy = row["key_buffer"] * steps * float(memory.read_pj + memory.write_pj) / 1e6
        assert row["buffer_uj_per_token"] == pytest.approx(energy / 4)
        # LPDDR4: 8 pJ a bit.
        assert row["dram_uj_per_token"] == pytest.approx(row["dram_mb_per_token"] * 8 * 8)


def test_a_technology_without_memories_is_told() -> None:
    spec = small(axes={"tables": [1], "columns": [1], "key_buffer": [True]}, fixed={}, constraints=[])
    with pytest.raises(SpecError, match=r"key_buffer = True: no memories of technology .* are known"):
        model_of(spec)
