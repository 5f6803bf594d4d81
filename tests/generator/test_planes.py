"""Weights of several planes: what they are, their stream, and what has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from generator import keys
from generator.alphabets import Symmetry
from generator.config import CoreConfig
from generator.errors import ConfigError, KeyFileError
from generator.plan import Tiling, plan_for
from generator.planes import of_planes, pack_planes, planes_of
from sim.key_stream import matrix_of, stream_chunks
from sim.run import reference

CORE: dict[str, Any] = {"alphabet": "binary", "group_size": 2, "tables": 2, "columns": 3, "weight_bits": 3}


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_planes_are_the_bits_of_a_weight_and_its_offset(count: int) -> None:
    """2·w = 2·u - (2^q - 1) for u of q bits: the unsigned weights of other tools, less their middle."""
    unsigned = np.arange(1 << count)
    weights = 2 * unsigned - ((1 << count) - 1)
    planes = planes_of(weights, count)
    assert np.isin(planes, (-1, 1)).all()
    for plane, bits in enumerate(planes):
        np.testing.assert_array_equal(bits > 0, unsigned >> (count - 1 - plane) & 1 == 1)
    np.testing.assert_array_equal(of_planes(planes), weights)


@pytest.mark.parametrize("weight", [0, 2, 5, -5])
def test_a_weight_that_has_no_planes_is_refused(weight: int) -> None:
    with pytest.raises(KeyFileError, match=f"weight {weight} is not of 2 planes: odd integers from -3 to 3"):
        planes_of([[1, weight]], 2)


@pytest.mark.parametrize("symmetry", ["half", "full"])
@pytest.mark.parametrize(("count", "group_size", "length"), [(2, 4, 40), (3, 3, 40), (4, 4, 40), (4, 5, 40)])
def test_keys_of_planes_are_those_of_each_plane_by_itself(
    count: int, group_size: int, length: int, symmetry: Symmetry
) -> None:
    """Looked up together (up to 16 bits a group, of whole groups) or not."""
    unsigned = np.random.default_rng(count).integers(0, 1 << count, (7, length))
    packed = pack_planes(2 * unsigned - (1 << count) + 1, count, group_size, "binary", symmetry)
    for plane, codes in enumerate(packed):
        signs = (unsigned >> (count - 1 - plane) & 1) * 2 - 1
        np.testing.assert_array_equal(codes, keys.pack(signs, group_size, "binary", symmetry))


def test_a_tile_takes_a_beat_of_keys_for_every_plane_the_highest_first() -> None:
    core = CoreConfig.parse(CORE)
    plan, weights = plan_for(core), np.array([[7, -7, 5, -3]] * 3, dtype=np.int8)
    (beats,) = stream_chunks(plan, weights)
    tiling = Tiling.of(plan, 4, 3)
    assert beats.shape == (3, 6)
    assert (tiling.steps, tiling.key_beats, tiling.activation_beats) == (3, 3, 1)
    alone = plan_for(CoreConfig.parse({**CORE, "weight_bits": 1}))
    for beat, plane in zip(beats, ([1, -1, 1, -1], [1, -1, 1, 1], [1, -1, -1, -1]), strict=True):
        (right,) = stream_chunks(alone, np.array([plane] * 3, dtype=np.int8))
        np.testing.assert_array_equal(beat, right[0])


def test_the_stream_gives_weights_back() -> None:
    weights = 2 * np.random.default_rng(0).integers(0, 8, (7, 30)) - 7
    for more in ({}, {"scale_group": 9}, {"cores": 2}):
        plan = plan_for(CoreConfig.parse({**CORE, **more}))
        back = matrix_of(plan, stream_chunks(plan, weights.astype(np.int8)), 7, 30)
        np.testing.assert_array_equal(back, weights)


def test_results_are_those_of_the_integers() -> None:
    rng = np.random.default_rng(1)
    x, w = rng.integers(-128, 128, (3, 50)), 2 * rng.integers(0, 8, (5, 50)) - 7
    np.testing.assert_array_equal(reference(CoreConfig.parse(CORE), x, w), x @ w.T)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"alphabet": "ternary"}, "weight_bits = 3 with alphabet = 'ternary': planes are of -1 and 1"),
        ({"activation": "fp16"}, "weight_bits = 3 with activation = 'fp16'"),
        ({"architecture": "multiplier", "group_size": 1}, "weight_bits = 3 with architecture = 'multiplier'"),
        (
            {"dataflow": "table_stationary", "outputs": 3},
            "weight_bits = 3 with dataflow = 'table_stationary'",
        ),
        ({"reduction": "carry_save"}, "weight_bits = 3 with reduction = 'carry_save'"),
        ({"wrapper": "axi"}, "weight_bits = 3 with wrapper = 'axi'"),
        ({"weight_bits": 5}, "weight_bits = 5: less than or equal to 4 is expected"),
    ],
)
def test_what_has_no_planes_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        CoreConfig.parse({**CORE, **keys})
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
