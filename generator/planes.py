"""Weights of several bits as planes of -1 and 1: w = Σ 2^i · bᵢ, the odd integers from -(2^q - 1) on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator import keys
from generator.alphabets import Symmetry
from generator.errors import KeyFileError

MOST_BITS = 16
"""Bits of a group's weights together by which their keys are looked up."""


def planes_of(weights: ArrayLike, count: int) -> NDArray[np.int8]:
    """The ``count`` planes of ``weights`` (any shape), the highest first: [count, …].

    Raises ``KeyFileError`` for a weight that is no sum of them.
    """
    code = doubled_codes(weights, count)
    planes = np.empty((count, *code.shape), dtype=np.int8)
    for place, plane in enumerate(planes):
        np.right_shift(code, count - 1 - place, out=plane)
        plane &= 2
        plane -= 1
    return planes


def pack_planes(
    weights: ArrayLike, count: int, group_size: int, alphabet: str, symmetry: Symmetry = "half"
) -> list[NDArray[Any]]:
    """The keys of every plane of ``weights[..., N]``, the highest first, as ``keys.pack`` has them.

    Where a group's weights have few bits together, they are where all of its keys are in a table.
    """
    array = np.asarray(weights)
    if count * group_size > MOST_BITS or array.shape[-1] % group_size:
        return [keys.pack(plane, group_size, alphabet, symmetry) for plane in planes_of(array, count)]
    codes = doubled_codes(array, count).view(np.uint8) >> 1
    groups = codes.reshape(*codes.shape[:-1], -1, group_size)
    place: NDArray[Any] = groups[..., 0].astype(np.uint8 if count * group_size <= 8 else np.uint16)
    for digit in range(1, group_size):
        place <<= count
        place |= groups[..., digit]
    table = _keys_of_groups(count, group_size, alphabet, symmetry)
    # All of a group's keys are one number, which numpy looks up faster than several.
    found = np.take(table.view(f"V{table.itemsize * table.shape[1]}")[:, 0], place)
    packed = found[..., None].view(table.dtype)
    return [packed[..., plane] for plane in range(count)]


@lru_cache
def _keys_of_groups(count: int, group_size: int, alphabet: str, symmetry: Symmetry) -> NDArray[Any]:
    """Keys [2^(q·µ), q] of all groups of weights, by the q bits of each, the first on top."""
    numbers = np.arange(1 << count * group_size)
    shifts = count * np.arange(group_size)[::-1]
    code = numbers[:, None] >> shifts & (1 << count) - 1
    planes = planes_of(2 * code - (1 << count) + 1, count)
    return np.stack([keys.pack(plane, group_size, alphabet, symmetry)[:, 0] for plane in planes], axis=-1)


def doubled_codes(weights: ArrayLike, count: int) -> NDArray[np.int8]:
    """Of each weight twice the number of which bit i is plane i; ``KeyFileError`` as of ``planes_of``.

    In bytes, of which the processor does most at once.
    """
    array, largest = np.asarray(weights), (1 << count) - 1
    if not _are_odd(array, largest):
        bad = array[(np.abs(array) > largest) | (array % 2 != 1)].flat[0]
        raise KeyFileError(
            f"weight {bad} is not of {count} planes: odd integers from {-largest} to {largest} are allowed"
        )
    return np.asarray(array.astype(np.int8, copy=False) + np.int8(largest))


def _are_odd(array: NDArray[Any], largest: int) -> bool:
    """Whether all are odd integers up to ``largest`` and down to minus it."""
    if not array.size:
        return True
    if not np.issubdtype(array.dtype, np.integer):
        return bool(((np.abs(array) <= largest) & (array % 2 == 1)).all())
    odd = np.bitwise_and.reduce(array, axis=None) & 1
    return bool(odd and array.min() >= -largest and array.max() <= largest)


def of_planes(planes: Iterable[NDArray[np.int8]]) -> NDArray[np.int8]:
    """The weights of ``planes`` of a shape, the highest first; those of a single one are that one."""
    weights, *others = planes
    for plane in others:
        weights = 2 * weights + plane
    return weights
