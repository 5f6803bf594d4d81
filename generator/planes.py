"""Weights of several bits as planes of -1 and 1: w = Σ 2^i · bᵢ, the odd integers from -(2^q - 1) on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.errors import KeyFileError


def planes_of(weights: ArrayLike, count: int) -> NDArray[np.int8]:
    """The ``count`` planes of ``weights`` (any shape), the highest first: [count, …].

    Raises ``KeyFileError`` for a weight that is no sum of them.
    """
    array = np.asarray(weights)
    largest = (1 << count) - 1
    known = (np.abs(array) <= largest) & (array % 2 == 1)
    if not known.all():
        bad = array[~known].flat[0]
        raise KeyFileError(
            f"weight {bad} is not of {count} planes: odd integers from {-largest} to {largest} are allowed"
        )
    code = (array.astype(np.int64) + largest) >> 1
    bits = [code >> plane & 1 for plane in reversed(range(count))]
    return (2 * np.array(bits) - 1).astype(np.int8)


def of_planes(planes: Iterable[NDArray[np.int8]]) -> NDArray[np.int8]:
    """The weights of ``planes`` of a shape, the highest first; those of a single one are that one."""
    weights, *others = planes
    for plane in others:
        weights = 2 * weights + plane
    return weights
