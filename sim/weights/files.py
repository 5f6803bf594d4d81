"""Opens weights wherever they are: one file of any kind, a directory, or an index of shards."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sim.weights.formats import open_file
from sim.weights.i2_s import Layout
from sim.weights.shards import open_directory, open_index, with_shards_beside
from sim.weights.tensors import TensorFile


def open_tensors(path: Path, layout: Layout = "x86") -> TensorFile:
    """The tensors of a safetensors, GGUF, .npy or .npz file, of a directory with one checkpoint, or of the
    shards that an index names; I2_S of GGUF in ``layout``. ``WeightFileError`` where it is none of these.
    """
    opened = partial(open_file, layout=layout)
    if path.is_dir():
        return open_directory(path, opened)
    if path.suffix == ".json":
        return open_index(path, opened)
    return with_shards_beside(opened(path), opened)
