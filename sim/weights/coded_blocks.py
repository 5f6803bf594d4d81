"""GGUF's block types of few bits: unsigned codes u of a row's weights, which are scale · u + least.

Q4_0 (type 2, 32 weights, 18 bytes): the scale d as fp16, then 16 bytes, whose low halves are weights 0 … 15
and whose high halves 16 … 31; the least weight is -8·d. Q4_1 (type 3, 20 bytes) has the least weight as fp16
behind d. Q2_0 and PQ2_0, whose blocks ``ternary_blocks`` reads, have codes 0 … 3, and -d is the least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Codes(NamedTuple):
    """``codes`` [rows, N], and ``scales`` and ``least`` weights [rows, blocks]."""

    codes: NDArray[np.uint8]
    scales: NDArray[np.float32]
    least: NDArray[np.float32]

    @property
    def values(self) -> NDArray[np.float32]:
        """What the codes stand for, float32 [rows, N]."""
        length = self.codes.shape[1] // self.scales.shape[1]
        scales, least = (np.repeat(each, length, axis=1) for each in (self.scales, self.least))
        return np.asarray(scales * self.codes.astype(np.float32) + least)


@dataclass(frozen=True)
class CodeFormat:
    """A block of ``weights`` weights of ``bits`` bits in ``block_bytes`` bytes.

    Two codes a byte, those of the high halves behind all others. ``zero`` is the code of 0; None where the
    least weight is stored behind the scale.
    """

    bits: int
    weights: int
    block_bytes: int
    zero: int | None

    def decode(self, blocks: NDArray[np.uint8]) -> Codes:
        """The codes of blocks [blocks, bytes], each a row."""
        numbers = 1 if self.zero is not None else 2
        head = np.ascontiguousarray(blocks[:, : 2 * numbers]).view("<f2").astype(np.float32)
        octets = blocks[:, 2 * numbers :]
        codes = np.concatenate([octets & 15, octets >> 4], axis=1)
        scales = head[:, :1]
        return Codes(codes, scales, head[:, 1:] if self.zero is None else -self.zero * scales)


CODE_FORMATS = {
    "Q4_0": CodeFormat(4, 32, 18, zero=8),
    "Q4_1": CodeFormat(4, 32, 20, zero=None),
}

ReadCodes = Callable[[int, int], Codes]
"""Codes of rows first … last - 1."""


@dataclass(frozen=True)
class Coded:
    """Codes of ``bits`` bits, ``length`` of which share a scale, of rows that are read on demand."""

    bits: int
    length: int
    read: ReadCodes


def coded(octets: NDArray[np.uint8], layout: CodeFormat) -> Coded:
    """The codes of a tensor whose rows are the bytes ``octets`` [rows, bytes]."""

    def read(first: int, last: int) -> Codes:
        rows = np.asarray(octets[first:last])
        codes, scales, least = layout.decode(rows.reshape(-1, layout.block_bytes))
        count = len(rows)
        return Codes(codes.reshape(count, -1), scales.reshape(count, -1), least.reshape(count, -1))

    return Coded(layout.bits, layout.weights, read)
