"""The ternary block types of GGUF, TQ1_0 and TQ2_0: 256 weights and one fp16 scale a block.

TQ2_0 (66 bytes): 64 bytes of four 2-bit values each, then the scale. Each half of 32 bytes holds 128 weights:
bits 2k and 2k+1 of byte i are weight 32·k + i of the half, plus one.

TQ1_0 (54 bytes): 32 bytes of five ternary digits (weights 0 … 159), 16 of five (160 … 239), 4 of four
(240 … 255), then the scale. In a part of B bytes digit k of byte i is weight B·k + i of the part, plus one.
A byte is the fraction 0.d₀d₁d₂d₃d₄ in base 3, times 256 and rounded up: multiplying by 3 (modulo 256 for
those behind) carries out one digit after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def _digits(count: int) -> NDArray[np.int8]:
    """The weights of the first ``count`` digits of each of the 256 bytes: [256, count]."""
    byte = np.arange(256)[:, None] * 3 ** np.arange(count) % 256
    return (byte * 3 // 256 - 1).astype(np.int8)


FIVE_DIGITS, FOUR_DIGITS = _digits(5), _digits(4)
FOUR_PAIRS = ((np.arange(256)[:, None] >> np.array([0, 2, 4, 6]) & 3) - 1).astype(np.int8)


def _part(table: NDArray[np.int8], octets: NDArray[np.uint8]) -> NDArray[np.int8]:
    """[blocks, B] bytes as [blocks, B · digits] weights, all first digits before all second ones."""
    found = table[octets]
    return np.asarray(found.transpose(0, 2, 1).reshape(len(octets), -1))


def _tq1_0(qs: NDArray[np.uint8]) -> NDArray[np.int8]:
    parts = ((FIVE_DIGITS, qs[:, :32]), (FIVE_DIGITS, qs[:, 32:48]), (FOUR_DIGITS, qs[:, 48:]))
    return np.concatenate([_part(table, octets) for table, octets in parts], axis=1)


def _tq2_0(qs: NDArray[np.uint8]) -> NDArray[np.int8]:
    return np.concatenate([_part(FOUR_PAIRS, qs[:, :32]), _part(FOUR_PAIRS, qs[:, 32:])], axis=1)


@dataclass(frozen=True)
class BlockFormat:
    """How a block's bytes before the scale become weights."""

    block_bytes: int
    unpack: Callable[[NDArray[np.uint8]], NDArray[np.int8]]

    def decode(self, blocks: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Weights [blocks, 256] and scales [blocks] of [blocks, bytes].

        Damaged TQ2_0 can hold 2 for a weight, which is for the caller to refuse.
        """
        scales = np.ascontiguousarray(blocks[:, -2:]).view("<f2")[:, 0].astype(np.float32)
        return self.unpack(blocks[:, :-2]), scales


BLOCK_FORMATS = {"TQ1_0": BlockFormat(54, _tq1_0), "TQ2_0": BlockFormat(66, _tq2_0)}
