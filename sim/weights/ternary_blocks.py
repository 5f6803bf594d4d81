"""The ternary block types of GGUF: so many weights of a row and one fp16 scale a block.

TQ2_0 (type 35, 256 weights, 66 bytes): 64 bytes of four 2-bit values each, then the scale. Each half of 32
bytes holds 128 weights: bits 2k and 2k+1 of byte i are weight 32·k + i of the half, plus one.

Q2_0 (type 42, 64 weights, 18 bytes) and PQ2_0 (type 142, 128 weights, 34 bytes): the scale, then four weights
a byte, the first in the lowest bits, each plus one. Early files have Q2_0 in blocks of 128 as well.

TQ1_0 (type 34, 256 weights, 54 bytes): 32 bytes of five ternary digits (weights 0 … 159), 16 of five
(160 … 239), 4 of four (240 … 255), then the scale. PTQ1_0 (type 143, 128 weights, 28 bytes): 16 bytes of
five (0 … 79), 8 of five (80 … 119), 2 of four (120 … 127), then the scale. In a part of B bytes digit k of
byte i is weight B·k + i of the part, plus one. A byte is the fraction 0.d₀d₁d₂d₃d₄ in base 3, times 256 and
rounded up: multiplying by 3 (modulo 256 for those behind) carries out one digit after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray


def _digits(count: int) -> NDArray[np.int8]:
    """The weights of the first ``count`` digits of each of the 256 bytes: [256, count]."""
    byte = np.arange(256)[:, None] * 3 ** np.arange(count) % 256
    return (byte * 3 // 256 - 1).astype(np.int8)


FIVE_DIGITS, FOUR_DIGITS = _digits(5), _digits(4)
FOUR_PAIRS = ((np.arange(256)[:, None] >> np.array([0, 2, 4, 6]) & 3) - 1).astype(np.int8)
"""The weights of each of the 256 bytes, the lowest bits first: [256, 4]."""


def spread(table: NDArray[np.int8], octets: NDArray[np.uint8]) -> NDArray[np.int8]:
    """[blocks, B] bytes as [blocks, B · digits] weights, all first digits before all second ones."""
    weights = table[octets]
    return np.asarray(weights.transpose(0, 2, 1).reshape(len(octets), -1))


def _base_3(first: int, second: int, qs: NDArray[np.uint8]) -> NDArray[np.int8]:
    """``first`` and ``second`` bytes of five digits, the others of four."""
    five, four = qs[:, : first + second], qs[:, first + second :]
    parts = ((FIVE_DIGITS, five[:, :first]), (FIVE_DIGITS, five[:, first:]), (FOUR_DIGITS, four))
    return np.concatenate([spread(table, octets) for table, octets in parts], axis=1)


def _halves(qs: NDArray[np.uint8]) -> NDArray[np.int8]:
    return np.concatenate([spread(FOUR_PAIRS, qs[:, :32]), spread(FOUR_PAIRS, qs[:, 32:])], axis=1)


def _in_order(qs: NDArray[np.uint8]) -> NDArray[np.int8]:
    return np.asarray(FOUR_PAIRS[qs].reshape(len(qs), -1))


@dataclass(frozen=True)
class BlockFormat:
    """How a block's bytes beside the scale become weights; ``scale_first``: the scale is before them."""

    weights: int
    block_bytes: int
    unpack: Callable[[NDArray[np.uint8]], NDArray[np.int8]]
    scale_first: bool = False

    def decode(self, blocks: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Weights [blocks, weights] and scales [blocks] of [blocks, bytes].

        Two bits can hold 2 for a weight, which is for the caller to refuse.
        """
        scale, qs = (blocks[:, :2], blocks[:, 2:]) if self.scale_first else (blocks[:, -2:], blocks[:, :-2])
        scales = np.ascontiguousarray(scale).view("<f2")[:, 0].astype(np.float32)
        return self.unpack(qs), scales


Q2_0_BY_128 = BlockFormat(128, 34, _in_order, scale_first=True)
BLOCK_FORMATS = {
    "TQ1_0": BlockFormat(256, 54, partial(_base_3, 32, 16)),
    "TQ2_0": BlockFormat(256, 66, _halves),
    "Q2_0": BlockFormat(64, 18, _in_order, scale_first=True),
    "PQ2_0": Q2_0_BY_128,
    "PTQ1_0": BlockFormat(128, 28, partial(_base_3, 16, 8)),
}
