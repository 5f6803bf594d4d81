"""Arrays of .npy and .npz files as tensors."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sim.weights.tensors import Tensor, TensorFile, WeightFileError, reading

READABLE = "fiub"
"""numpy's kinds of types that are numbers."""


def open_npy(path: Path) -> TensorFile:
    """The one array of a .npy file, mapped into memory, named as the file is."""
    with reading(path, ".npy"):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    return TensorFile(path, {path.stem: _tensor(path, path.stem, array.shape, array.dtype, lambda: array)})


def open_npz(path: Path) -> TensorFile:
    """The arrays of a .npz file; the one that was asked for last is in memory."""
    tensors, load = {}, lru_cache(maxsize=1)(partial(_member, path))
    with reading(path, ".npz"), zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            name = member.removesuffix(".npy")
            with archive.open(member) as stream:
                shape, dtype = _header(stream)
                held = archive.getinfo(member).file_size - stream.tell()
            if not dtype.hasobject and held != math.prod(shape) * dtype.itemsize:
                raise WeightFileError(f"{path}: array {name!r} has {held} bytes for shape {list(shape)}")
            tensors[name] = _tensor(path, name, shape, dtype, partial(load, name))
    return TensorFile(path, tensors)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the array that a .npy stream begins with."""
    major, _ = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


def _member(path: Path, name: str) -> NDArray[Any]:
    with reading(path, ".npz"), np.load(path, allow_pickle=False) as archive:
        return np.asarray(archive[name])


def _tensor(
    path: Path, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], array: Callable[[], NDArray[Any]]
) -> Tensor:
    def rows(first: int, last: int) -> NDArray[Any]:
        found = array()
        if found.shape != shape:
            raise WeightFileError(f"{path}: array {name!r} is damaged: its shape is given twice and differs")
        return np.atleast_1d(found)[first:last]

    return Tensor(str(path), name, str(dtype), shape, rows if dtype.kind in READABLE else None)
