"""Blocks of GGUF with scales that differ, on cores that apply them: against the gguf package's own values."""

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
from sim.weights.arrays import load, pack, unpack
from sim.weights.formats import open_file
from sim.weights.stored_layer import StoredLayer
from sim.weights.tensors import WeightFileError
from tests.sim.weights import writers

CORE: dict[str, Any] = {"group_size": 3, "tables": 2, "columns": 4, "scale_group": 256}
TYPES = {"TQ1_0": gguf.GGMLQuantizationType.TQ1_0, "TQ2_0": gguf.GGMLQuantizationType.TQ2_0}


def gguf_file(folder: Path, kind: str, outputs: int = 6, blocks: int = 3) -> tuple[Path, Any]:
    """A file with a tensor ``w`` of random blocks, whose scales differ, and what its weights are."""
    rng = np.random.default_rng(3)
    shape = outputs, 256 * blocks
    scales = np.repeat(rng.uniform(0.01, 0.1, (outputs, blocks)), 256, axis=1)
    given = np.float32(rng.integers(-1, 2, shape) * np.float16(scales).astype(np.float32))
    octets = gguf.quants.quantize(given, TYPES[kind])
    path = writers.gguf(folder / "w.gguf", ("w", int(TYPES[kind]), shape, octets.tobytes()))
    return path, dequantize(octets, TYPES[kind]).astype(np.float64)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("length", [256, 128])
def test_blocks_of_gguf_run_with_the_scales_that_they_have(kind: str, length: int, tmp_path: Path) -> None:
    path, right = gguf_file(tmp_path, kind)
    core = CoreConfig.parse({**CORE, "scale_group": length})
    matrix = load(path, "w", core=core)
    assert matrix.exact
    assert matrix.applied is not None
    np.testing.assert_array_equal(matrix.weights * np.repeat(matrix.applied.scales, length, axis=1), right)
    x = np.random.default_rng(1).integers(-128, 128, (2, right.shape[1]))
    bits = evaluated(plan_for(core), LayerData.of(x, matrix.weights, matrix.applied.scales))
    seen = bits.astype(np.uint32).view(np.float32)
    np.testing.assert_allclose(seen, x @ right.T, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_left_of_the_error_is_that_of_activations(kind: str, tmp_path: Path) -> None:
    path, _ = gguf_file(tmp_path, kind)
    errors = {}
    for core in (CoreConfig.parse(CORE), CoreConfig.parse({**CORE, "scale_group": 0})):
        plan, file = plan_for(core), open_file(path)
        stored = StoredLayer.of(core.format, file, file.find("w"), tokens=4, core=core)
        layer = LayerData.of(stored.activations.values, stored.matrix.weights, stored.scales)
        errors[core.scale_group] = stored.figures(plan, evaluated(plan, layer))
    assert errors[256]["error"]["original"] < 0.02 < 0.2 < errors[0]["error"]["original"]
    assert errors[256]["weight_error"] == 0
    assert not errors[256]["notes"]
    assert "a scale for every 256 of a row" in errors[0]["notes"][0]


def test_scales_of_few_bits_are_shares_of_the_largest_and_what_is_lost_is_said(tmp_path: Path) -> None:
    path, right = gguf_file(tmp_path, "TQ2_0")
    for scale, most in (("int8", 0.02), ("int3", 0.3), ("fp8_e4m3", 0.05)):
        matrix = load(path, "w", core=CoreConfig.parse({**CORE, "scale": scale}))
        assert matrix.applied is not None
        back = matrix.weights * np.repeat(matrix.applied.scales, 256, axis=1) * matrix.scale[:, None]
        lost = np.sqrt(((back - right) ** 2).sum() / (right**2).sum())
        assert matrix.weight_error == pytest.approx(lost)
        assert 0 < lost < most
        assert matrix.notes[-1].startswith(f"its scales are rounded to {scale}, ")


def test_a_matrix_with_one_scale_leaves_it_outside() -> None:
    core = CoreConfig.parse({**CORE, "scale_group": 8})
    from sim.weights.arrays import ternary
    from sim.weights.core_scales import scaled_by_core

    matrix = scaled_by_core(ternary([[0.3, 0.0, -0.3, 0.3] * 5]), core)
    assert matrix.applied is not None
    assert (matrix.scale, matrix.applied.scales.tolist()) == (0.3, [[1, 1, 1]])


def test_groups_of_floats_run_with_the_scales_that_they_have(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    scales = np.repeat(rng.choice([0.25, 0.5, 1.0, 2.0], (6, 2)), 128, axis=1)
    right = scales * rng.integers(-1, 2, (6, 256))
    np.save(tmp_path / "w.npy", right.astype(np.float32))
    matrix = load(tmp_path / "w.npy", core=CoreConfig.parse({**CORE, "scale_group": 128}))
    assert matrix.applied is not None
    assert not matrix.notes
    back = matrix.weights * np.repeat(matrix.applied.scales, 128, axis=1) * matrix.scale
    np.testing.assert_array_equal(back, right)


def test_groups_that_are_not_those_of_the_core_are_refused(tmp_path: Path) -> None:
    path, _ = gguf_file(tmp_path, "TQ1_0")
    with pytest.raises(WeightFileError, match="every 256 weights of a row, the core for every 96"):
        load(path, "w", core=CoreConfig.parse({**CORE, "scale_group": 96}))


@pytest.mark.parametrize("alphabet", ["ternary", "binary"])
def test_an_image_with_scales_gives_the_weights_back(alphabet: str, tmp_path: Path) -> None:
    core = CoreConfig.parse({**CORE, "scale_group": 20, "alphabet": alphabet, "cores": 2})
    weights = np.random.default_rng(2).choice([-1, 1], (9, 50)).astype(np.int8)
    manifest = pack(core, weights, tmp_path)
    np.testing.assert_array_equal(unpack(core, tmp_path), weights)
    assert manifest["beat_bits"] == 2 * (4 * 2 * (5 if alphabet == "ternary" else 3) + 1 * 16)
