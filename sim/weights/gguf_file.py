"""Tensors of a GGUF file: plain floats and integers, and the types that are ternary already."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from sim.weights import i2_s
from sim.weights.coded_blocks import CODE_FORMATS, Coded, CodeFormat, Codes, coded
from sim.weights.gguf_header import GGUFHeader, Stored
from sim.weights.i2_s import Layout
from sim.weights.tensors import Blocks, Tensor, TensorFile, reading
from sim.weights.ternary_blocks import BLOCK_FORMATS, Q2_0_BY_128, BlockFormat

PLAIN: dict[str, Any] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": ml_dtypes.bfloat16,
    "I8": "<i1",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
}
"""Types whose bytes are numbers, as numpy names them."""


def open_gguf(path: Path, layout: Layout = "x86") -> TensorFile:
    """The tensors of a GGUF file, I2_S in ``layout``; ``WeightFileError`` where it is damaged.

    Tensors of types that are not known are listed.
    """
    with reading(path, "GGUF"):
        header = GGUFHeader(path)
        tensors = {stored.name: _tensor(path, header, stored, layout) for stored in header.stored}
    return TensorFile(path, tensors)


def _tensor(path: Path, header: GGUFHeader, stored: Stored, layout: Layout) -> Tensor:
    kind, shape, length = stored.kind, stored.shape, stored.shape[-1] if stored.shape else 1
    count = math.prod(shape)
    if kind in PLAIN:
        dtype = np.dtype(PLAIN[kind])
        numbers = header.octets(stored, count * dtype.itemsize).view(dtype)
        values = numbers.reshape(-1, length) if len(shape) > 1 and length else numbers
        return Tensor(str(path), stored.name, kind, shape, partial(_rows, values))
    if kind in BLOCK_FORMATS:
        return _block_tensor(path, header, stored)
    if kind in CODE_FORMATS:
        return _coded_tensor(path, header, stored)
    if kind == "I2_S":
        return _i2_s_tensor(path, header, stored, layout)
    known = "which cannot be read" if not kind.startswith("type ") else "which is not known"
    return Tensor(str(path), stored.name, kind, shape, None, refusal=known)


def _i2_s_tensor(path: Path, header: GGUFHeader, stored: Stored, layout: Layout) -> Tensor:
    tensor = Tensor(str(path), stored.name, stored.kind, stored.shape, None)
    if reason := i2_s.misfit(layout, stored.shape):
        return replace(tensor, refusal=f"whose layout {layout} does not fit: {reason}")
    octets = header.octets(stored, math.prod(stored.shape) // 4 + i2_s.SCALE_BYTES)
    blocks = partial(i2_s.read_rows, octets, stored.shape[1], layout)
    notes = (i2_s.assumed(layout),)
    return replace(tensor, read=partial(_block_values, blocks), blocks=blocks, notes=notes)


def _coded_tensor(path: Path, header: GGUFHeader, stored: Stored) -> Tensor:
    layout = CODE_FORMATS[stored.kind]
    codes = coded(_rows_of_blocks(header, stored, layout), layout)
    read = partial(_block_values, codes.read)
    return Tensor(str(path), stored.name, stored.kind, stored.shape, read, coded=codes)


def _rows_of_blocks(
    header: GGUFHeader, stored: Stored, layout: BlockFormat | CodeFormat
) -> NDArray[np.uint8]:
    """The bytes of a tensor's rows, which are whole blocks: [rows, bytes]."""
    length = stored.shape[-1] if stored.shape else 1
    if length % layout.weights:
        raise ValueError(
            f"tensor {stored.name!r} is damaged: rows of {length} weights are no multiple of the "
            f"{layout.weights} of a block of {stored.kind}"
        )
    octets = header.octets(stored, math.prod(stored.shape) // layout.weights * layout.block_bytes)
    a_row = length // layout.weights * layout.block_bytes
    return octets.reshape(-1, a_row) if a_row else octets


def _block_tensor(path: Path, header: GGUFHeader, stored: Stored) -> Tensor:
    block_format, shape = BLOCK_FORMATS[stored.kind], stored.shape
    notes: tuple[str, ...] = ()
    count, length = math.prod(shape), shape[-1] if shape else 1
    if stored.kind == "Q2_0" and stored.room < count // 64 * block_format.block_bytes and length % 128 == 0:
        block_format = Q2_0_BY_128
        notes = ("Q2_0 is read in blocks of 128, for which alone there is room in the file",)
    blocks = partial(_blocks, _rows_of_blocks(header, stored, block_format), block_format)
    read = partial(_block_values, blocks)
    four = stored.kind in ("Q2_0", "PQ2_0")
    codes = Coded(2, block_format.weights, partial(_two_bit_codes, blocks)) if four else None
    return Tensor(str(path), stored.name, stored.kind, shape, read, blocks, notes, coded=codes)


def _rows(data: NDArray[Any], first: int, last: int) -> NDArray[Any]:
    return data[first:last]


def _blocks(data: NDArray[np.uint8], block_format: BlockFormat, first: int, last: int) -> Blocks:
    rows = np.asarray(data[first:last])
    weights, scales = block_format.decode(rows.reshape(-1, block_format.block_bytes))
    return Blocks(weights.reshape(len(rows), -1), scales.reshape(len(rows), -1))


def _two_bit_codes(blocks: Callable[[int, int], Blocks], first: int, last: int) -> Codes:
    """The codes of blocks with weights -1 … 2."""
    read = blocks(first, last)
    return Codes((read.weights + 1).view(np.uint8), read.scales, -read.scales)


def _block_values(blocks: Any, first: int, last: int) -> NDArray[np.float32]:
    values: NDArray[np.float32] = blocks(first, last).values
    return values
