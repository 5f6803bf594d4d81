"""Arrays of .npy and .npz files as tensors."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.weights.tensors import Tensor, TensorFile, WeightFileError

READABLE = "fiub"
"""numpy's kinds of types that are numbers."""


def open_npy(path: Path) -> TensorFile:
    """The one array of a .npy file, mapped into memory, named as the file is."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise WeightFileError(f"{path}: not a whole .npy file: {error}") from None
    return TensorFile(path, {path.stem: _tensor(path, path.stem, array.shape, array.dtype, lambda: array)})


def open_npz(path: Path) -> TensorFile:
    """The arrays of a .npz file; the one that was asked for last is in memory."""
    tensors = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                name = member.removesuffix(".npy")
                with archive.open(member) as stream:
                    major, _ = np.lib.format.read_magic(stream)
                    read_header = (
                        np.lib.format.read_array_header_1_0
                        if major == 1
                        else np.lib.format.read_array_header_2_0
                    )
                    shape, _, dtype = read_header(stream)
                tensors[name] = _tensor(path, name, shape, dtype, partial(_member, path, name))
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise WeightFileError(f"{path}: not a whole .npz file: {error}") from None
    return TensorFile(path, tensors)


@lru_cache(maxsize=1)
def _member(path: Path, name: str) -> NDArray[Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return np.asarray(archive[name])
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise WeightFileError(f"{path}: array {name!r} is damaged: {error}") from None


def _tensor(
    path: Path, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], array: Callable[[], NDArray[Any]]
) -> Tensor:
    def rows(first: int, last: int) -> NDArray[Any]:
        return np.atleast_1d(array())[first:last]

    return Tensor(str(path), name, str(dtype), shape, rows if dtype.kind in READABLE else None)
