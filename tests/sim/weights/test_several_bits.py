"""Weights of two to four bits: GGUF's blocks against the gguf package's values, and integers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from gguf.quants import dequantize

from generator.config import CoreConfig
from generator.plan import plan_for
from sim.layers import LayerData, evaluated
from sim.weights.arrays import load
from sim.weights.formats import open_file
from sim.weights.key_image import read_image, write_image
from sim.weights.reading import scaled_rows
from sim.weights.stored_layer import StoredLayer
from sim.weights.tensors import WeightFileError
from tests.sim.weights import writers

CORE: dict[str, Any] = {"alphabet": "binary", "group_size": 4, "tables": 2, "columns": 4, "weight_bits": 4}
TYPES = {"Q4_0": gguf.GGMLQuantizationType.Q4_0, "Q4_1": gguf.GGMLQuantizationType.Q4_1}


def gguf_file(folder: Path, kind: str) -> tuple[Path, Any]:
    """A file with a tensor ``w``, random in blocks of differing scales, and what its weights are."""
    rng = np.random.default_rng(3)
    given = np.float32(rng.standard_normal((6, 96)) * np.repeat(rng.uniform(0.5, 4, (6, 3)), 32, axis=1))
    octets = gguf.quants.quantize(given, TYPES[kind])
    path = writers.gguf(folder / "w.gguf", ("w", int(TYPES[kind]), (6, 96), octets.tobytes()))
    return path, dequantize(octets, TYPES[kind]).astype(np.float64)


@pytest.mark.parametrize("kind", TYPES)
def test_rows_are_bit_identical_to_gguf_s_own(kind: str, tmp_path: Path) -> None:
    path, right = gguf_file(tmp_path, kind)
    np.testing.assert_array_equal(open_file(path).find("w").rows(0, 6), np.float32(right))


@pytest.mark.parametrize("kind", TYPES)
def test_a_layer_runs_with_its_planes_scales_and_offsets(kind: str, tmp_path: Path) -> None:
    path, right = gguf_file(tmp_path, kind)
    core = CoreConfig.parse({**CORE, "scale_group": 32})
    plan, file = plan_for(core), open_file(path)
    stored = StoredLayer.of(core.format, file, file.find("w"), tokens=4, core=core)
    assert stored.matrix.exact
    np.testing.assert_allclose(scaled_rows(stored.matrix, 0, 6), right, rtol=1e-6, atol=1e-7)
    layer = LayerData.of(stored.activations.values, stored.matrix.weights, stored.scales)
    error = stored.figures(plan, evaluated(plan, layer))["error"]
    assert 0 < error["original"] < 0.02


def test_an_image_has_the_offsets_that_software_adds(tmp_path: Path) -> None:
    """W = d · u + m = (w · d) / 2 + offset, with w as the core has it."""
    path, right = gguf_file(tmp_path, "Q4_1")
    core = CoreConfig.parse({**CORE, "scale_group": 32})
    matrix = load(path, "w", core=core)
    write_image(core, matrix, tmp_path / "image")
    offsets = np.load(tmp_path / "image" / "offsets.npy")
    applied = np.load(tmp_path / "image" / "scales.npy")
    weights = read_image(core, tmp_path / "image").weights
    values = [np.repeat(each, 32, axis=1) for each in (applied, offsets)]
    np.testing.assert_allclose(weights * values[0] / 2 + values[1], right, rtol=1e-6, atol=1e-7)


def test_two_bits_of_q2_0_are_four_weights(tmp_path: Path) -> None:
    """d and 16 bytes of codes 0 … 3, which are -d, 0, d and 2·d."""
    codes = np.random.default_rng(0).integers(0, 4, (2, 128))
    scales = np.float16([[0.5, 0.25], [2.0, 1.0]])
    octets = writers.two_bits(codes - 1, scales, 64)
    path = writers.gguf(tmp_path / "w.gguf", ("w", 42, (2, 128), octets))
    right = (codes - 1) * np.repeat(scales.astype(np.float64), 64, axis=1)
    core = CoreConfig.parse({**CORE, "weight_bits": 2, "scale_group": 64})
    np.testing.assert_array_equal(scaled_rows(load(path, "w", core=core), 0, 2), right)
    with pytest.raises(WeightFileError, match="a block holds a weight of 2"):
        load(path, "w")


def test_integers_are_planes_or_codes_with_an_offset(tmp_path: Path) -> None:
    core = CoreConfig.parse({**CORE, "weight_bits": 2})
    for given in ([[3, -1, 1, -3]], [[0, 1, 2, 3]]):
        np.save(tmp_path / "w.npy", np.array(given, dtype=np.int8))
        matrix = load(tmp_path / "w.npy", core=core)
        assert set(matrix.weights.reshape(-1).tolist()) == {-3, -1, 1, 3}
        np.testing.assert_array_equal(scaled_rows(matrix, 0, 1), given)


@pytest.mark.parametrize(
    ("values", "keys", "message"),
    [
        (np.int8([[0, 4]]), {"weight_bits": 2}, "holds 4: for weight_bits = 2 codes 0 … 3 are expected"),
        (
            np.float32([[1, 3]]),
            {"weight_bits": 2},
            "integers or GGUF's Q2_0, PQ2_0, Q4_0 and Q4_1",
        ),
        ("Q4_0", {"weight_bits": 3}, "has codes of 4 bits, the core weight_bits = 3: 4 are expected"),
        ("Q4_0", {}, "the core none: scale_group = 32 is expected"),
        ("Q4_0", {"scale_group": 24}, "a scale for every 32 weights of a row, the core for every 24"),
    ],
)
def test_what_does_not_fit_is_refused(
    values: Any, keys: dict[str, Any], message: str, tmp_path: Path
) -> None:
    if isinstance(values, str):
        path, _ = gguf_file(tmp_path, values)
    else:
        np.save(path := tmp_path / "w.npy", values)
    with pytest.raises(WeightFileError) as refusal:
        load(path, core=CoreConfig.parse({**CORE, **keys}))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
