"""GGUF's ternary types that the gguf package lacks, types that nobody knows, and where a file is damaged."""

from __future__ import annotations

import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.weights.files import open_tensors
from sim.weights.i2_s import LAYOUTS
from sim.weights.reading import ternary_of
from sim.weights.tensors import WeightFileError
from tests.sim.weights import writers

RNG = np.random.default_rng(5)
F32, I2_S, Q2_0, PQ2_0, PTQ1_0 = 0, 36, 42, 142, 143


def ternary(*shape: int) -> np.ndarray:
    return RNG.integers(-1, 2, size=shape).astype(np.int8)


@pytest.mark.parametrize("shape", [(8, 256), (12, 96), (4, 128), (64, 64)], ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_i2_s_is_read_in_each_of_its_layouts(
    tmp_path: Path, layout: Any, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = ternary(*shape)
    norm = np.arange(5, dtype=np.float32)
    path = writers.gguf(
        tmp_path / "w.gguf",
        ("w", I2_S, shape, writers.i2_s(weights, 1.25, layout)),
        ("norm", F32, (5,), norm.tobytes()),
    )
    # Strips of three rows begin inside blocks and groups of rows.
    monkeypatch.setattr("sim.weights.tensors.STRIP_VALUES", 3 * shape[1])
    file = open_tensors(path, layout)
    matrix = ternary_of(file, file.find("w"))
    np.testing.assert_array_equal(matrix.weights, weights)
    assert (matrix.exact, matrix.scale) == (True, 1.25)
    assert f"in the layout {layout}" in matrix.notes[0]
    np.testing.assert_array_equal(file.find("w").rows(1, 4), weights[1:4] * np.float32(1.25))
    np.testing.assert_array_equal(file.find("norm").rows(0, 5), norm)


def test_i2_s_that_does_not_fit_its_layout_is_listed_and_refused(tmp_path: Path) -> None:
    weights = ternary(6, 64)
    octets = writers.i2_s(weights, 1, "arm")
    path = writers.gguf(tmp_path / "w.gguf", ("w", I2_S, (6, 64), octets), ("n", F32, (1,), bytes(4)))
    file = open_tensors(path, "rows")
    assert list(file.tensors) == ["w", "n"]
    with pytest.raises(WeightFileError, match="layout rows does not fit: 6 rows are no multiple of 4"):
        ternary_of(file, file.find("w"))


@pytest.mark.parametrize(("kind", "group"), [(Q2_0, 64), (PQ2_0, 128), (PTQ1_0, 128)])
@pytest.mark.parametrize("alike", [True, False])
def test_groups_of_weights_are_read_with_their_scales(
    tmp_path: Path, kind: int, group: int, alike: bool
) -> None:
    weights = ternary(5, 512)
    scales = np.full((5, 512 // group), 0.5) if alike else RNG.integers(1, 9, (5, 512 // group)) / 8
    octets = writers.base_3(weights, scales) if kind == PTQ1_0 else writers.two_bits(weights, scales, group)
    path = writers.gguf(tmp_path / "w.gguf", ("w", kind, (5, 512), octets), ("n", F32, (1,), bytes(4)))
    file = open_tensors(path)
    right = weights * np.repeat(scales, group, axis=1)
    np.testing.assert_array_equal(file.find("w").rows(0, 5), right)
    matrix = ternary_of(file, file.find("w"))
    np.testing.assert_array_equal(matrix.weights, weights)
    if alike:
        assert (matrix.exact, matrix.scale, matrix.groups) == (True, 0.5, None)
        return
    assert matrix.groups is not None
    np.testing.assert_array_equal(matrix.groups.scales, scales)
    np.testing.assert_allclose(matrix.scale, [np.abs(row[row != 0]).mean() for row in right], rtol=1e-12)
    lost = np.linalg.norm(right - matrix.weights * matrix.scale[:, None]) / np.linalg.norm(right)
    assert matrix.weight_error == pytest.approx(lost)
    assert f"a scale for every {group} of a row" in matrix.notes[0]
    with pytest.raises(WeightFileError, match="'w': the blocks of a row differ in scale"):
        ternary_of(file, file.find("w"), "exact")


def test_early_q2_0_in_groups_of_128_is_told_by_its_size(tmp_path: Path) -> None:
    weights, scales = ternary(16, 256), np.full((16, 2), 2.0)
    octets = writers.two_bits(weights, scales, 128)
    path = writers.gguf(tmp_path / "w.gguf", ("w", Q2_0, (16, 256), octets), ("n", F32, (1,), bytes(4)))
    matrix = ternary_of(file := open_tensors(path), file.find("w"))
    np.testing.assert_array_equal(matrix.weights, weights)
    assert "in blocks of 128" in matrix.notes[0]


def test_a_weight_of_two_is_not_ternary(tmp_path: Path) -> None:
    weights = ternary(2, 64)
    weights[1, 7] = 2
    path = writers.gguf(
        tmp_path / "w.gguf", ("w", Q2_0, (2, 64), writers.two_bits(weights, np.ones((2, 1)), 64))
    )
    file = open_tensors(path)
    with pytest.raises(WeightFileError, match="'w' is not ternary: a block holds a weight of 2"):
        ternary_of(file, file.find())
    np.testing.assert_array_equal(file.find().rows(0, 2), weights)


def test_one_unknown_type_leaves_the_rest_of_a_file_usable(tmp_path: Path) -> None:
    weights = np.sign(RNG.standard_normal((3, 4))).astype(np.float32)
    path = writers.gguf(
        tmp_path / "w.gguf",
        ("odd", 777, (3, 4), bytes(40)),
        ("w", F32, (3, 4), weights.tobytes()),
        ("empty", F32, (0, 4), b""),
        ("number", F32, (), np.float32(2).tobytes()),
    )
    file = open_tensors(path)
    assert [(t.name, t.kind) for t in file.tensors.values()][:2] == [("odd", "type 777"), ("w", "F32")]
    assert file.find("empty").shape == (0, 4)
    assert file.find("number").rows(0, 1).tolist() == [2]
    np.testing.assert_array_equal(ternary_of(file, file.find("w")).weights, weights)
    with pytest.raises(WeightFileError, match="'odd' is of type 777, which is not known"):
        ternary_of(file, file.find("odd"))


def test_a_vocabulary_is_passed_over(tmp_path: Path) -> None:
    names = [f"token {i} é" for i in range(100_000)]
    array = struct.pack("<IIQ", writers.ARRAY, writers.STRING, len(names))
    nested = struct.pack("<IIQ", writers.ARRAY, writers.ARRAY, 2)
    fields = {
        "tokens": array + b"".join(map(writers.text_of, names)),
        "scores": struct.pack("<IIQ", writers.ARRAY, 6, 3) + bytes(12),
        "nested": nested + (struct.pack("<IQ", 0, 3) + bytes(3)) * 2,
    }
    weights = ternary(4, 8).astype(np.float32)
    tensor = ("w", F32, (4, 8), weights.tobytes())
    path = writers.gguf(tmp_path / "w.gguf", tensor, fields=fields, alignment=256)
    octets = path.read_bytes()
    began = time.process_time()
    file = open_tensors(path)
    assert time.process_time() - began < 1
    np.testing.assert_array_equal(file.find("w").rows(0, 4), weights)
    for cut in (5000, octets.index(b"nested") + 40):
        path.write_bytes(octets[:cut])
        with pytest.raises(WeightFileError, match=rf"at byte .* goes on to byte .* has {cut:,}$"):
            open_tensors(path)


def test_experts_are_matrices_of_their_own(tmp_path: Path) -> None:
    weights = ternary(3, 4, 128)
    octets = b"".join(writers.two_bits(expert, np.full((4, 1), 0.5), 128) for expert in weights)
    plain = RNG.standard_normal((3, 2, 5)).astype(np.float32)
    path = writers.gguf(
        tmp_path / "w.gguf", ("w", PQ2_0, (3, 4, 128), octets), ("f", F32, (3, 2, 5), plain.tobytes())
    )
    file = open_tensors(path)
    for number, expert in enumerate(file.find("w").matrices):
        assert expert.name == f"w[{number}]"
        np.testing.assert_array_equal(ternary_of(file, expert).weights, weights[number])
    np.testing.assert_array_equal(file.find("f").expert(2).rows(1, 2), plain[2, 1:2])
    with pytest.raises(WeightFileError, match=r"\[3, 4, 128\], a matrix W\[M, N\] is expected: 'w\[0\]'"):
        ternary_of(file, file.find("w"))
    with pytest.raises(WeightFileError, match=r"holds 3 matrices, \[0\] to \[2\]: no \[3\]"):
        file.find("w").expert(3)


def test_a_damaged_file_is_called_damaged_and_where(tmp_path: Path) -> None:
    weights = ternary(4, 128)
    path = writers.gguf(
        tmp_path / "w.gguf", ("w", PQ2_0, (4, 128), writers.two_bits(weights, np.ones((4, 1)), 128))
    )
    whole = path.read_bytes()
    for cut in range(8, len(whole) - 24, 5):
        path.write_bytes(whole[:cut])
        with pytest.raises(
            WeightFileError, match=rf"w\.gguf: .* is damaged or cut short: .*byte .* has {cut:,}"
        ):
            open_tensors(path)
    path.write_bytes(whole[:4] + b"\x09" + whole[5:])
    with pytest.raises(WeightFileError, match=r"of no known version, at byte 4: "):
        open_tensors(path)
    tensor = ("w", F32, (1,), bytes(4))
    with pytest.raises(WeightFileError, match=r"damaged.* at byte \d+: two tensors are named 'w'"):
        open_tensors(writers.gguf(path, tensor, tensor))
