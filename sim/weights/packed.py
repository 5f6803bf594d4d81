"""The layout of published BitNet checkpoints: four ternary weights a byte, by quarters of the rows.

A matrix of M rows is stored as ceil(M/4) rows of bytes. With Q = ceil(M/4), bits 2k and 2k+1 of byte row i
hold row k·Q + i, k = 0 … 3, each weight plus one: 0, 1 or 2. (Hugging Face transformers,
integrations/bitnet.py, ``pack_weights``.) So rows that are neighbours in a byte are a quarter of the matrix
apart. M is not stored; it is taken to be 4·Q, and 3 in the two bits is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

VALUES_A_BYTE = 4


def holds_weights(octets: NDArray[Any]) -> bool:
    """Whether no two bits of the bytes are 3, which stands for no weight."""
    return not (octets & (octets >> 1) & 0x55).any()


def unpack_rows(octets: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Ternary W[4·Q, N] of packed bytes[Q, N]."""
    weights = np.empty((VALUES_A_BYTE, *octets.shape), dtype=np.int8)
    for quarter in range(VALUES_A_BYTE):
        np.subtract(octets >> (2 * quarter) & 3, 1, out=weights[quarter], dtype=np.int8, casting="unsafe")
    return weights.reshape(-1, octets.shape[1])
