"""The key code: how a group of ternary weights becomes the sign and index of a table entry, and back.

For weights w ∈ {-1, 0, 1}^µ let t = Σᵢ wᵢ·3^(µ-1-i), the balanced-ternary value. The key is the sign bit
t < 0 above the index |t|. Negating a group flips the sign alone, so half a table serves all 3^µ groups.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.errors import KeyFileError

GROUP_SIZES = range(1, 7)


def entry_count(group_size: int) -> int:
    """Stored entries of a table: one of each ± pair of non-zero groups, (3^µ - 1) / 2."""
    return (int(3**group_size) - 1) // 2


def index_width(group_size: int) -> int:
    """Bits of an index, which runs from 0 (nothing selected) to ``entry_count``."""
    return entry_count(group_size).bit_length()


def key_width(group_size: int) -> int:
    """Bits of a key: the index and the sign above it."""
    return 1 + index_width(group_size)


def digits_of(index: int, group_size: int) -> tuple[int, ...]:
    """The balanced-ternary digits (w₀ first, the most significant) whose value is ``index``."""
    digits = []
    for _ in range(group_size):
        digit = (index + 1) % 3 - 1
        digits.append(digit)
        index = (index - digit) // 3
    return tuple(reversed(digits))


def index_of(digits: tuple[int, ...]) -> int:
    """The balanced-ternary value of ``digits``; negative where the leading non-zero digit is -1."""
    value = 0
    for digit in digits:
        value = 3 * value + digit
    return value


@lru_cache
def index_cubes(group_size: int) -> tuple[dict[int, int], ...]:
    """For each entry the bits of the index that tell it from every other: bit position → value.

    Indices above the last entry never come, so an entry's cube may cover them; the fewer bits, the smaller
    the decoder. Bits are dropped greedily, from the lowest.
    """
    width, used = index_width(group_size), np.arange(entry_count(group_size) + 1)
    cubes = []
    for index in range(1, len(used)):
        differs, kept = used ^ index, (1 << width) - 1
        for bit in range(width):
            fewer = kept & ~(1 << bit)
            if np.count_nonzero(differs & fewer == 0) == 1:
                kept = fewer
        cubes.append({bit: index >> bit & 1 for bit in range(width) if kept >> bit & 1})
    return tuple(cubes)


def ternary(weights: ArrayLike) -> NDArray[np.int8]:
    """``weights`` (any shape) as int8; ``KeyFileError`` for one that is not -1, 0 or 1."""
    array = np.asarray(weights)
    if array.dtype == np.bool_:
        return array.astype(np.int8)
    if np.issubdtype(array.dtype, np.integer):
        right = not array.size or (array.min() >= -1 and array.max() <= 1)
    else:
        right = bool(np.isin(array, (-1, 0, 1)).all())
    if not right:
        bad = array[~np.isin(array, (-1, 0, 1))].flat[0]
        raise KeyFileError(f"weight {bad} is not ternary: -1, 0 and 1 are allowed")
    return array.astype(np.int8, copy=False)


def pack(weights: ArrayLike, group_size: int) -> NDArray[Any]:
    """Keys of ternary ``weights[..., N]``, one for each group of µ along the last axis: ``[..., ceil(N/µ)]``.

    They come in the smallest type that holds a key. N that is no multiple of µ is padded with zero weights.
    Raises ``KeyFileError`` for a weight that is not -1, 0 or 1.
    """
    array = ternary(weights)
    padding = -array.shape[-1] % group_size
    if padding:
        array = np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, padding)])
    groups = array.reshape(*array.shape[:-1], -1, group_size)
    # Up to µ = 5 values and keys fit a byte, and the processor does most at once with bytes.
    small = key_width(group_size) <= 8
    value: NDArray[Any] = groups[..., 0].astype(np.int8 if small else np.int16)
    for digit in range(1, group_size):
        value += value << 1
        value += groups[..., digit]
    sign = (value < 0).view(np.uint8)
    key: NDArray[Any] = np.abs(value, out=value).view(np.uint8 if small else np.uint16)
    key |= sign.astype(key.dtype, copy=False) << index_width(group_size)
    return key


@lru_cache
def weights_of_keys(group_size: int) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """For every pattern of a key's bits the weights [2^bits, µ], and whether it is a key at all."""
    width, last = index_width(group_size), entry_count(group_size)
    weights = np.zeros((2 << width, group_size), dtype=np.int8)
    weights[: last + 1] = [digits_of(index, group_size) for index in range(last + 1)]
    weights[1 << width :] = -weights[: 1 << width]
    known = np.arange(1 << width) <= last
    return weights, np.concatenate([known, known & (np.arange(1 << width) > 0)])


def unpack(keys: ArrayLike, group_size: int) -> NDArray[np.int8]:
    """The ternary weights of ``keys[..., G]``: ``[..., G·µ]``, zero padding included.

    Raises ``KeyFileError`` for an index above the last entry and for a sign on index 0.
    """
    array = np.asarray(keys)
    weights, known = weights_of_keys(group_size)
    inside = not array.size or (array.min() >= 0 and array.max() < len(known))
    if not (inside and known[array].all()):
        defined = [0 <= key < len(known) and known[key] for key in array.flat]
        raise KeyFileError(
            f"key {int(array.flat[defined.index(False)])} is not one of group_size {group_size}: "
            f"indices 0 … {entry_count(group_size)} are allowed, with a sign bit above 0"
        )
    decoded: NDArray[np.int8] = weights[array]
    return decoded.reshape(*array.shape[:-1], array.shape[-1] * group_size)


def encode(weights: ArrayLike, group_size: int, multiplier_bits: int | None = None) -> NDArray[Any]:
    """What the key stream carries for ternary ``weights[..., N]``.

    Keys of the code above, or, with ``multiplier_bits`` ≤ 64, each weight dequantised to two's complement of
    that many bits, which is what a conventional engine multiplies by. They come in the smallest type that
    holds them.
    """
    if multiplier_bits is None:
        return pack(weights, group_size)
    mask = (1 << multiplier_bits) - 1
    unsigned = np.min_scalar_type(mask)
    patterns: NDArray[Any] = ternary(weights).astype(f"i{unsigned.itemsize}").view(unsigned)
    patterns &= unsigned.type(mask)
    return patterns
