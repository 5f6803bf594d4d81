"""What is said of files and tensors that are not weights as they are read: what they seem to be."""

from __future__ import annotations

import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from sim.weights.files import open_tensors
from sim.weights.reading import ternary_of
from sim.weights.tensors import WeightFileError
from tests.sim.weights import writers

RNG = np.random.default_rng(2)


def refusal(path: Path, rule: Any = "auto") -> str:
    def read() -> None:
        file = open_tensors(path)
        ternary_of(file, file.find(), rule)

    with pytest.raises(WeightFileError) as error:
        read()
    assert str(path) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("start", "hint"),
    [
        (pickle.dumps({}, protocol=2), "a file of torch"),
        (b"\x89HDF\r\n", "an HDF5 file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"<!doctype html><html>", "a web page"),
        (b"\xef\xbb\xbf<html>", "a web page"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"tjgg\x03", "convert it to GGUF"),
        (b"\xef\xbb\xbf0.5,1e-3\n-1,0\n", "numbers as text"),
        (b"1;0;-1\r\n", "numbers as text"),
        (b"", "it is empty"),
    ],
)
def test_a_file_of_another_kind_is_told_by_its_start(tmp_path: Path, start: bytes, hint: str) -> None:
    (tmp_path / "w").write_bytes(start)
    assert hint in refusal(tmp_path / "w")


def test_torch_files_and_other_archives_are_told_from_npz(tmp_path: Path) -> None:
    for name, hint in (("archive/data.pkl", "a file of torch"), ("readme.txt", "without arrays")):
        with zipfile.ZipFile(tmp_path / "w.pt", "w") as archive:
            archive.writestr(name, b"")
        assert hint in refusal(tmp_path / "w.pt")


def test_bfloat16_that_numpy_wrote_is_called_that(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.ones((2, 2), dtype=ml_dtypes.bfloat16))
    assert "bfloat16" in refusal(tmp_path / "w.npy")
    assert "float32, or as safetensors" in refusal(tmp_path / "w.npy")


def test_one_code_a_byte_is_not_taken_for_four(tmp_path: Path) -> None:
    weights = RNG.integers(-1, 2, (6, 8)).astype(np.int8)
    np.save(tmp_path / "w.npy", (weights + 1).astype(np.uint8))
    assert "--ternary codes reads 0, 1, 2 as -1, 0, +1" in refusal(tmp_path / "w.npy")
    file = open_tensors(tmp_path / "w.npy")
    np.testing.assert_array_equal(ternary_of(file, file.find(), "codes").weights, weights)
    assert ternary_of(file, file.find(), "packed").weights.shape == (24, 8)
    np.save(tmp_path / "w.npy", (weights + 1).astype(np.int32))
    assert "--ternary codes" in refusal(tmp_path / "w.npy")
    file = open_tensors(tmp_path / "w.npy")
    np.testing.assert_array_equal(ternary_of(file, file.find(), "codes").weights, weights)
    np.save(tmp_path / "w.npy", (weights + 2).astype(np.uint8))
    assert "is not codes 0, 1, 2: it holds 3" in refusal(tmp_path / "w.npy", "codes")
    np.save(tmp_path / "w.npy", np.eye(8, dtype=np.uint8))
    file = open_tensors(tmp_path / "w.npy")
    assert "no byte is above 1" in ternary_of(file, file.find()).notes[0]


def test_integers_of_gptq_are_called_that(tmp_path: Path) -> None:
    words = RNG.integers(-(2**31), 2**31, (8, 8)).astype(np.int32)
    writers.safetensors(tmp_path / "w.safetensors", q__qweight=words)
    assert "as GPTQ and AWQ pack them" in refusal(tmp_path / "w.safetensors")
    np.save(tmp_path / "w.npy", np.array([[0, 3], [-1, 1]]))
    assert "it holds 3; --ternary absmean or threshold" in refusal(tmp_path / "w.npy")


def test_a_value_that_is_no_number_is_named_with_its_place(tmp_path: Path) -> None:
    weights = RNG.standard_normal((4, 5)).astype(np.float32)
    weights[2, 3] = np.nan
    np.save(tmp_path / "nan.npy", weights)
    for rule in ("auto", "exact", "absmean", "threshold"):
        assert "an infinity or a NaN (nan at row 2, column 3)" in refusal(tmp_path / "nan.npy", rule)
    weights[2, 3] = -np.inf
    np.save(tmp_path / "nan.npy", weights)
    assert "(-inf at row 2, column 3)" in refusal(tmp_path / "nan.npy")


def test_a_layer_of_zeros_says_so(tmp_path: Path) -> None:
    for array in (np.zeros((2, 40), dtype=np.float32), np.zeros((2, 40), dtype=np.int8)):
        np.save(tmp_path / "w.npy", array)
        file = open_tensors(tmp_path / "w.npy")
        matrix = ternary_of(file, file.find())
        assert "all of its weights are zero" in matrix.notes
        assert not matrix.weights.any()


def test_damaged_safetensors_are_said_where(tmp_path: Path) -> None:
    path = writers.safetensors(tmp_path / "w.safetensors", w=np.ones((4, 4), dtype=np.float32))
    whole = path.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    path.write_bytes(whole[: length - 3])
    assert f"damaged or cut short: its header goes on to byte {8 + length}" in refusal(path)
    path.write_bytes(whole[:-7])
    assert f"tensor 'w' goes on to byte {len(whole)}, the file has {len(whole) - 7}" in refusal(path)
    path.write_bytes(whole.replace(b'"dtype"', b'"d}ype:'))
    assert f"damaged in its header, bytes 8 to {8 + length}" in refusal(path)
    text = json.dumps({"w": {"dtype": "F9", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))
    assert "cannot be read as safetensors: it is damaged: " in refusal(path)


def test_arrays_cut_short_or_without_values_are_said_so(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.ones((100, 3)))
    whole = (tmp_path / "w.npy").read_bytes()
    (tmp_path / "w.npy").write_bytes(whole[:-1])
    assert f"[100, 3] of float64 goes on to byte {len(whole):,}, the file has" in refusal(tmp_path / "w.npy")
    np.save(tmp_path / "w.npy", np.ones((0, 3)))
    assert "shape [0, 3], a matrix W[M, N] is expected" in refusal(tmp_path / "w.npy")
    np.save(tmp_path / "w.npy", np.float32(3))
    assert "shape [], a matrix W[M, N] is expected" in refusal(tmp_path / "w.npy")
