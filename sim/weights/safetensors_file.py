"""Tensors of a safetensors file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from sim.weights.tensors import Tensor, TensorFile, reading

READABLE = ("F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL")


def open_safetensors(path: Path) -> TensorFile:
    """The tensors of a safetensors file; ``WeightFileError`` where it is damaged."""
    with reading(path, "safetensors"):
        opened: Any = safe_open(path, framework="numpy")
        tensors = {name: _tensor(path, opened, name) for name in opened.keys()}  # noqa: SIM118
    return TensorFile(path, tensors)


def _tensor(path: Path, opened: Any, name: str) -> Tensor:
    part = opened.get_slice(name)
    kind = str(part.get_dtype())
    shape = tuple(part.get_shape())
    read = partial(_rows, part) if shape else partial(_scalar, opened, name)
    return Tensor(str(path), name, kind, shape, read if kind in READABLE else None)


def _rows(part: Any, first: int, last: int) -> NDArray[Any]:
    return np.asarray(part[first:last])


def _scalar(opened: Any, name: str, first: int, last: int) -> NDArray[Any]:
    return np.asarray(opened.get_tensor(name)).reshape(1)[first:last]
