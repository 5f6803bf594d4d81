"""Checkpoints in several files: a directory, an index, and a shard whose neighbours hold its scales."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sim.weights.files import open_tensors
from sim.weights.reading import ternary_of
from sim.weights.tensors import WeightFileError
from tests.sim.weights import writers

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"
PACKED = np.full((4, 8), 0b10011000, dtype=np.uint8)


def checkpoint(folder: Path, *, index: bool = True) -> Path:
    """A packed matrix in one shard, its scale in the other."""
    folder.mkdir(exist_ok=True)
    writers.safetensors(folder / FIRST, up__weight=PACKED)
    scale = np.array([1.5], dtype=np.float32)
    writers.safetensors(folder / SECOND, up__weight_scale=scale, head=np.ones((2, 8), dtype=np.float32))
    if index:
        places = {"up.weight": FIRST, "up.weight_scale": SECOND, "head": SECOND}
        (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("given", ["", INDEX, FIRST])
def test_a_scale_in_another_shard_is_found(tmp_path: Path, index: bool, given: str) -> None:
    folder = checkpoint(tmp_path / "model", index=index)
    if given == INDEX and not index:
        return
    file = open_tensors(folder / given)
    assert "head" in file.tensors or given == FIRST
    matrix = ternary_of(file, file.find("up.weight"))
    assert matrix.scale == 1.5
    assert matrix.weights.shape == (16, 8)
    assert matrix.notes == ()


def test_a_config_beside_the_shards_says_whether_scales_divide(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "model")
    config = json.dumps({"quantization_config": {"quant_method": "bitnet"}})
    (folder / "config.json").write_text("\ufeff" + config, encoding="utf-8")
    for given in ("", INDEX, FIRST):
        file = open_tensors(folder / given)
        assert ternary_of(file, file.find("up.weight")).scale == pytest.approx(1 / 1.5)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "model")
    (folder / SECOND).unlink()
    for given in ("", INDEX):
        with pytest.raises(WeightFileError, match=rf"{SECOND} missing, of the 2 shards"):
            open_tensors(folder / given)
    file = open_tensors(folder / FIRST)
    with pytest.raises(WeightFileError, match=rf"'up.weight_scale' is in {SECOND}, which is missing"):
        ternary_of(file, file.find("up.weight"))
    (folder / INDEX).unlink()
    with pytest.raises(WeightFileError, match=rf"{SECOND} missing, of 2 shards"):
        open_tensors(folder)
    file = open_tensors(folder / FIRST)
    assert "no scale is stored with it, 1 is taken" in ternary_of(file, file.find("up.weight")).notes


def test_one_file_in_a_directory_is_the_file(tmp_path: Path) -> None:
    writers.safetensors(tmp_path / "model.safetensors", w=np.eye(3, dtype=np.float32))
    (tmp_path / "config.json").write_text("{}")
    assert open_tensors(tmp_path).find().shape == (3, 3)


def test_split_gguf_is_one_file_too(tmp_path: Path) -> None:
    for number, name in enumerate(("a", "b"), start=1):
        octets = np.ones((2, 2), dtype=np.float32).tobytes()
        writers.gguf(tmp_path / f"m-0000{number}-of-00002.gguf", (name, 0, (2, 2), octets))
    assert list(open_tensors(tmp_path).tensors) == ["a", "b"]


def test_a_name_in_two_shards_is_refused(tmp_path: Path) -> None:
    for name in (FIRST, SECOND):
        writers.safetensors(tmp_path / name, w=np.ones((2, 2), dtype=np.float32))
    with pytest.raises(WeightFileError, match=rf"{SECOND}: tensor 'w' is in .*{FIRST} too"):
        open_tensors(tmp_path)
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"w": SECOND}}))
    assert open_tensors(tmp_path).find("w").where.endswith(SECOND)


def test_directories_without_one_checkpoint_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        WeightFileError, match=r"without weights .* a \.safetensors or .gguf file is expected"
    ):
        open_tensors(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"PK")
    with pytest.raises(WeightFileError, match=r"pytorch_model.bin is a file of torch"):
        open_tensors(tmp_path)
    for name in ("model.safetensors", "adapter.safetensors"):
        writers.safetensors(tmp_path / name, w=np.ones((2, 2), dtype=np.float32))
    with pytest.raises(
        WeightFileError, match=r"more than one checkpoint: adapter\.safetensors, model\.safet"
    ):
        open_tensors(tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not JSON, an index of shards is expected"),
        ("[1]", "no index of shards"),
        ('{"weight_map": {}}', "no index of shards"),
        ('{"weight_map": {"w": "../w.safetensors"}}', "a file in the same directory is expected"),
        ('{"weight_map": {"w": 3}}', "a file in the same directory is expected"),
        ('{"weight_map": {"w": "pytorch_model-1.bin"}}', "is a file of torch"),
        ('\ufeff{"weight_map": {"w": "none.safetensors"}}', "none.safetensors missing, of the 1 shards"),
        ('{"weight_map": {"v": "w.safetensors"}}', "'v' is said to be in w.safetensors, which does not hold"),
    ],
)
def test_an_index_that_is_wrong_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    writers.safetensors(tmp_path / "w.safetensors", w=np.ones((2, 2), dtype=np.float32))
    (tmp_path / INDEX).write_text(text, encoding="utf-8")
    with pytest.raises(WeightFileError, match=complaint):
        open_tensors(tmp_path / INDEX)
