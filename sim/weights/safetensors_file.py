"""Tensors of a safetensors file."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401  numpy knows bfloat16, which safetensors asks it for, once this is imported
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from sim.weights.tensors import Tensor, TensorFile, reading

READABLE = ("F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL")
METADATA = "__metadata__"
"""The entry of a header that is no tensor."""


def open_safetensors(path: Path) -> TensorFile:
    """The tensors of a safetensors file; ``WeightFileError`` where it is damaged."""
    with reading(path, "safetensors"):
        try:
            opened: Any = safe_open(path, framework="numpy")
        except Exception as error:
            raise ValueError(_damage(path) or f"it is damaged: {error}") from None
        tensors = {name: _tensor(path, opened, name) for name in opened.keys()}  # noqa: SIM118
    return TensorFile(path, tensors)


def _damage(path: Path) -> str:
    """Where a file that its package refuses is damaged; empty where that is not so plain."""
    size = path.stat().st_size
    with path.open("rb") as file:
        data = 8 + int.from_bytes(file.read(8), "little")
        if data > size:
            return f"it is damaged or cut short: its header goes on to byte {data:,}, the file has {size:,}"
        try:
            header = json.loads(file.read(data - 8))
            ends = {name: entry["data_offsets"][1] for name, entry in header.items() if name != METADATA}
            name, end = max(ends.items(), key=lambda item: item[1])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            return f"it is damaged in its header, bytes 8 to {data:,}: {error or type(error).__name__}"
    if data + end > size:
        return (
            f"it is damaged or cut short: tensor {name!r} goes on to byte {data + end:,}, "
            f"the file has {size:,}"
        )
    return ""


def _tensor(path: Path, opened: Any, name: str) -> Tensor:
    part = opened.get_slice(name)
    kind = str(part.get_dtype())
    shape = tuple(part.get_shape())
    read = partial(_rows, part) if shape else partial(_scalar, opened, name)
    if len(shape) == 3:
        read = partial(_rows_of_stack, part, shape[-2])
    return Tensor(str(path), name, kind, shape, read if kind in READABLE else None)


def _rows(part: Any, first: int, last: int) -> NDArray[Any]:
    return np.asarray(part[first:last])


def _rows_of_stack(part: Any, rows: int, first: int, last: int) -> NDArray[Any]:
    """Rows of a stack, its matrices of ``rows`` rows counted through."""
    strips: list[NDArray[Any]] = []
    while first < last or not strips:
        number, start = divmod(first, rows)
        strips.append(np.asarray(part[number, start : min(start + last - first, rows)]))
        first += len(strips[-1]) or 1
    return np.concatenate(strips)


def _scalar(opened: Any, name: str, first: int, last: int) -> NDArray[Any]:
    return np.asarray(opened.get_tensor(name)).reshape(1)[first:last]
