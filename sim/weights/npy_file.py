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

TORCH = (
    "a file of torch (a pickle), which is not read, for opening one can run code; what is read is what "
    "safetensors.torch.save_file(torch.load(FILE, weights_only=True), 'weights.safetensors') makes of it"
)
UNNAMED = {
    "V2": "numpy writes bfloat16 like this, without its name: save it as float32, or as safetensors",
    "V1": "numpy writes 8-bit floats like this, without their name: save them as float32, or as safetensors",
}
"""Types of ml_dtypes, as numpy writes them."""


def open_npy(path: Path) -> TensorFile:
    """The one array of a .npy file, mapped into memory, named as the file is."""
    with reading(path, ".npy"):
        with path.open("rb") as stream:
            shape, dtype = _header(stream)
            start, size = stream.tell(), path.stat().st_size
        if not dtype.hasobject and start + math.prod(shape) * dtype.itemsize > size:
            raise ValueError(
                f"it is damaged or cut short: shape {list(shape)} of {dtype} goes on to byte "
                f"{start + math.prod(shape) * dtype.itemsize:,}, the file has {size:,}"
            )
        # Nothing can be mapped of an array without values.
        array = np.load(path, mmap_mode="r" if math.prod(shape) else None, allow_pickle=False)
    return TensorFile(path, {path.stem: _tensor(path, path.stem, array.shape, array.dtype, lambda: array)})


def open_npz(path: Path) -> TensorFile:
    """The arrays of a .npz file; the one that was asked for last is in memory."""
    tensors, load = {}, lru_cache(maxsize=1)(partial(_member, path))
    with reading(path, ".npz"), zipfile.ZipFile(path) as archive:
        members = archive.namelist()
        if any(Path(member).name == "data.pkl" for member in members):
            raise WeightFileError(f"{path}: {TORCH}")
        if not any(member.endswith(".npy") for member in members):
            raise WeightFileError(f"{path}: a zip archive without arrays, .npz is expected")
        for member in members:
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
        values = array()
        if values.shape != shape:
            raise WeightFileError(f"{path}: array {name!r} is damaged: its shape is given twice and differs")
        flat = values.reshape(-1, shape[-1]) if len(shape) > 2 else np.atleast_1d(values)
        return flat[first:last]

    read = rows if dtype.kind in READABLE else None
    refusal = UNNAMED.get(dtype.str.lstrip("|<>="))
    kind = str(dtype)
    unread = f"which cannot be read: {refusal}" if refusal else "which cannot be read"
    return Tensor(str(path), name, kind, shape, read, refusal=unread)
