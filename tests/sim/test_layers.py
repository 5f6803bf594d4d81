"""Beats hold each activation, key and result at the bit that the streams' contract names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import keys
from generator.config import CoreConfig
from generator.errors import KeyFileError, WorkloadError
from generator.plan import plan_for
from sim.fields import pack_fields, unpack_fields, unpack_unsigned
from sim.layers import LayerData, beats_of
from sim.schedule import Schedule


def field(beat: Any, at: int, width: int) -> int:
    """``width`` bits from bit ``at`` of a beat's little-endian bytes."""
    return int(int.from_bytes(beat.tobytes(), "little") >> at & (1 << width) - 1)


CONFIG = CoreConfig(activation="int5", group_size=2, tables=3, columns=2, rows=2, max_reduction=40)


def test_activation_beats_hold_row_after_row() -> None:
    plan, layer = plan_for(CONFIG), LayerData.random(CONFIG, 10, 5, tokens=3, seed=1)
    beats = beats_of(plan, layer)
    n = CONFIG.tile_length
    for position, index in enumerate(beats.activation_order):
        block, tile = position // (2 * 3), position % 2
        for row in range(2):
            for i in range(n):
                token, at = 2 * block + row, tile * n + i
                value = int(layer.activations[token, at]) if token < 3 and at < 10 else 0
                assert field(beats.activation_beats[index], (row * n + i) * 5, 5) == value & 31


def test_key_beats_hold_column_after_column() -> None:
    plan, layer = plan_for(CONFIG), LayerData.random(CONFIG, 10, 5, tokens=3, seed=1)
    beats = beats_of(plan, layer)
    assert len(beats.key_order) == 2 * 3 * 2
    for position, index in enumerate(beats.key_order):
        m, n = position % 6 // 2, position % 2
        for column in range(2):
            for table in range(3):
                group = np.zeros(2, dtype=int)
                for i in range(2):
                    output, at = m * 2 + column, (n * 3 + table) * 2 + i
                    if output < 5 and at < 10:
                        group[i] = layer.weights[output, at]
                key = field(beats.key_beats[index], (column * 3 + table) * plan.key_width, plan.key_width)
                assert key == keys.pack(group, 2)[0]


def test_a_held_table_sees_the_keys_of_all_outputs() -> None:
    config = CONFIG.model_copy(update={"dataflow": "table_stationary", "outputs": 6})
    layer = LayerData.random(config, 10, 5, tokens=1, seed=1)
    held, streamed = beats_of(plan_for(config), layer), beats_of(plan_for(CONFIG), layer)
    assert len(held.activation_order) == 2
    order = held.key_beats[held.key_order].reshape(2, 3, -1)
    np.testing.assert_array_equal(order.swapaxes(0, 1).reshape(6, -1), streamed.key_beats[streamed.key_order])
    for core, beats, steps in ((config, held, [3, 4, 5]), (CONFIG, streamed, [1, 3, 5])):
        schedule = Schedule(plan_for(core), [beats.tiling])
        assert schedule.completed(np.arange(3)).tolist() == steps
    assert held.last.tolist() == [False, False, True]


def test_a_multipliers_keys_are_weights_in_the_activations_width() -> None:
    config = CoreConfig(architecture="multiplier", activation="int5", tables=3, columns=1, max_reduction=3)
    beats = beats_of(plan_for(config), LayerData.of([[1, 2, 3]], [[-1, 0, 1]]))
    assert [field(beats.key_beats[0], 5 * table, 5) for table in range(3)] == [31, 0, 1]


@given(st.integers(1, 64), st.integers(1, 19), st.integers(0, 2**32))
@settings(max_examples=120, deadline=None)
def test_fields_come_back_as_they_went(width: int, fields: int, seed: int) -> None:
    half = 1 << (width - 1)
    values = np.random.default_rng(seed).integers(-half, half, size=(3, fields), dtype=np.int64)
    beats = pack_fields(values.astype(np.uint64), width)
    assert beats.shape == (3, -(-fields * width // 8))
    for beat, row in zip(beats, values.tolist(), strict=True):
        right = sum((value & (2 * half - 1)) << (place * width) for place, value in enumerate(row))
        assert int.from_bytes(beat.tobytes(), "little") == right
    np.testing.assert_array_equal(unpack_fields(beats, fields, width), values)
    unsigned = unpack_unsigned(beats, fields, width).astype(np.uint64)
    np.testing.assert_array_equal(unsigned, values.astype(np.uint64) & np.uint64(2 * half - 1))


def test_shapes_and_weights_are_checked_at_the_door() -> None:
    with pytest.raises(WorkloadError, match="do not fit"):
        LayerData.of([[1, 2]], [[1]])
    with pytest.raises(KeyFileError, match="weight 16 is not ternary"):
        LayerData.of([[1, 2]], [[1, 16]])
    core = CoreConfig.parse({"group_size": 2, "tables": 1, "columns": 1, "activation": "int8"})
    with pytest.raises(KeyFileError, match="weight 3 is not ternary"):
        beats_of(plan_for(core), LayerData.of([[1, 2]], [[1, 3]]))
