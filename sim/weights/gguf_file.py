"""Tensors of a GGUF file: plain floats and integers, and the ternary blocks TQ1_0 and TQ2_0."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from gguf import GGUFReader
from gguf.gguf_reader import ReaderTensor
from numpy.typing import NDArray

from sim.weights.tensors import Blocks, Tensor, TensorFile, WeightFileError, reading
from sim.weights.ternary_blocks import BLOCK_FORMATS, BlockFormat

PLAIN = ("F64", "F32", "F16", "I8", "I16", "I32", "I64")
"""Types that the file's reader gives as numbers."""


def open_gguf(path: Path) -> TensorFile:
    """The tensors of a GGUF file; ``WeightFileError`` where it is damaged or of types not known."""
    with reading(path, "GGUF"):
        reader = GGUFReader(path)
    if reader.byte_order != "I":
        raise WeightFileError(f"{path}: big-endian, a little-endian GGUF file is expected")
    return TensorFile(path, {tensor.name: _tensor(path, tensor) for tensor in reader.tensors})


def _tensor(path: Path, stored: ReaderTensor) -> Tensor:
    kind = stored.tensor_type.name
    shape = tuple(int(size) for size in reversed(stored.shape))
    if kind in BLOCK_FORMATS:
        blocks = partial(_blocks, stored.data, BLOCK_FORMATS[kind])
        return Tensor(str(path), stored.name, kind, shape, partial(_block_values, blocks), blocks)
    if kind == "BF16":
        return Tensor(str(path), stored.name, kind, shape, partial(_bf16, stored.data))
    return Tensor(str(path), stored.name, kind, shape, partial(_rows, stored.data) if kind in PLAIN else None)


def _rows(data: NDArray[Any], first: int, last: int) -> NDArray[Any]:
    return np.asarray(data[first:last])


def _bf16(data: NDArray[np.uint8], first: int, last: int) -> NDArray[Any]:
    return np.ascontiguousarray(data[first:last]).view(ml_dtypes.bfloat16)


def _blocks(data: NDArray[np.uint8], layout: BlockFormat, first: int, last: int) -> Blocks:
    rows = np.asarray(data[first:last])
    weights, scales = layout.decode(rows.reshape(-1, layout.block_bytes))
    return Blocks(weights.reshape(len(rows), -1), scales.reshape(len(rows), -1))


def _block_values(blocks: Any, first: int, last: int) -> NDArray[np.float32]:
    values: NDArray[np.float32] = blocks(first, last).values
    return values
