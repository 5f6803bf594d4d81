"""Keys: how a group of weights becomes the sign and index of a table entry, and back.

For weights w ∈ {-1, 0, 1}^µ let t = Σᵢ wᵢ·3^(µ-1-i), the balanced-ternary value. The key is the sign bit
t < 0 above the index, the rank of |t| among the groups of the alphabet: of the ternary one |t| itself.
Negating a group flips the sign alone, so half a table serves all groups. Keys to a full table have no sign:
they are t modulo the number of groups, of another alphabet the rank of that.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.alphabets import ALPHABETS, TERNARY, Digits, Symmetry, code_of, value_of
from generator.errors import KeyFileError


def entry_count(group_size: int, alphabet: str = TERNARY) -> int:
    """Entries of half a table: one of each ± pair of groups that are not zero, ternary (3^µ - 1) / 2."""
    return len(code_of(alphabet, group_size).entries)


def index_width(group_size: int, alphabet: str = TERNARY) -> int:
    """Bits of an index."""
    return code_of(alphabet, group_size).index_width


def key_width(group_size: int, alphabet: str = TERNARY) -> int:
    """Bits of a key: the index and the sign above it."""
    return code_of(alphabet, group_size).key_width


def digits_of(index: int, group_size: int, alphabet: str = TERNARY) -> Digits:
    """The weights (w₀ first) that a key without a sign selects by ``index``."""
    return code_of(alphabet, group_size).halves[index]


@lru_cache
def index_cubes(
    group_size: int, alphabet: str = TERNARY, symmetry: Symmetry = "half"
) -> tuple[dict[int, int], ...]:
    """For each entry the bits of the index that tell it from every other: bit position → value.

    Indices above the last entry never come, so an entry's cube may cover them; the fewer bits, the smaller
    the decoder. Bits are dropped greedily, from the lowest.
    """
    code = code_of(alphabet, group_size, symmetry)
    width, used = code.index_width, np.arange(code.last_index + 1)
    cubes = []
    for index in range(code.first_index, len(used)):
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


def pack(
    weights: ArrayLike, group_size: int, alphabet: str = TERNARY, symmetry: Symmetry = "half"
) -> NDArray[Any]:
    """Keys of ``weights[..., N]``, one for each group of µ along the last axis: ``[..., ceil(N/µ)]``.

    They come in the smallest type that holds a key. A last group of fewer weights is filled up: ternary
    with zeros, of another alphabet to the group of the least index. Raises ``KeyFileError``
    for a weight that is not -1, 0 or 1, and for a group that the alphabet has not.
    """
    array = ternary(weights)
    if alphabet != TERNARY:
        return _pack_by_table(array, group_size, alphabet, symmetry)
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
    unsigned = np.uint8 if small else np.uint16
    negative: NDArray[Any] = (value < 0).view(np.uint8).astype(unsigned, copy=False)
    if not code_of(alphabet, group_size, symmetry).signed:
        key: NDArray[Any] = value.view(unsigned)
        key += negative * unsigned(3**group_size)
        return key
    key = np.abs(value, out=value).view(unsigned)
    key |= negative << index_width(group_size)
    return key


PLACES = 2
"""Bits of a weight in the place of its group's key in a table of keys."""


def _pack_by_table(
    array: NDArray[np.int8], group_size: int, alphabet: str, symmetry: Symmetry = "half"
) -> NDArray[Any]:
    """``pack`` for any alphabet: a group's weights, two bits each, are where its key is in a table."""
    whole = array.shape[-1] // group_size * group_size
    parts = [(array[..., :whole], group_size), (array[..., whole:], array.shape[-1] - whole)]
    packed = []
    for part, size in parts:
        if not size:
            continue
        groups = part.reshape(*part.shape[:-1], -1, size).view(np.uint8) & np.uint8((1 << PLACES) - 1)
        place: NDArray[Any] = groups[..., 0].astype(np.uint16 if PLACES * size > 8 else np.uint8)
        for digit in range(1, size):
            place <<= PLACES
            place |= groups[..., digit]
        keys = keys_of_weights(group_size, alphabet, size, symmetry)[place]
        no_key = np.iinfo(keys.dtype).max
        if keys.size and keys.max() == no_key:
            bad = part.reshape(*part.shape[:-1], -1, size)[keys == no_key][0]
            raise KeyFileError(
                f"weights {' '.join(map(str, bad.tolist()))} are no group of alphabet = {alphabet!r}: "
                f"{ALPHABETS[alphabet].meaning}"
            )
        packed.append(keys)
    return packed[0] if len(packed) == 1 else np.concatenate(packed, axis=-1)


def completed(prefix: Digits, group_size: int, alphabet: str) -> Digits | None:
    """The group of the least index that begins with ``prefix``; None if there is none."""
    groups = (prefix + rest for rest in product((-1, 0, 1), repeat=group_size - len(prefix)))
    allowed = filter(ALPHABETS[alphabet].allows, groups)
    return min(allowed, key=lambda group: abs(value_of(group)), default=None)


@lru_cache
def keys_of_weights(group_size: int, alphabet: str, given: int, symmetry: Symmetry = "half") -> NDArray[Any]:
    """Keys of groups of which the first ``given`` weights are known, by these in two's complement of two
    bits, the first on top; the largest number of the type, which is no key, where no group begins so."""
    code = code_of(alphabet, group_size, symmetry)
    index = {digits: number for number, digits in enumerate(code.selected)}
    unsigned = np.min_scalar_type(2 << code.index_width)
    keys = np.full(1 << PLACES * given, np.iinfo(unsigned).max, dtype=unsigned)
    for prefix in product((-1, 0, 1), repeat=given):
        group = completed(prefix, group_size, alphabet)
        if group is None:
            continue
        negative = code.signed and value_of(group) < 0
        place = 0
        for weight in prefix:
            place = place << PLACES | weight & ((1 << PLACES) - 1)
        half = tuple(-w for w in group) if negative else group
        keys[place] = negative << code.index_width | index[half]
    return keys


@lru_cache
def weights_of_keys(
    group_size: int, alphabet: str = TERNARY, symmetry: Symmetry = "half"
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """For every pattern of a key's bits the weights [2^bits, µ], and whether it is a key at all."""
    code = code_of(alphabet, group_size, symmetry)
    width, last = code.index_width, code.last_index
    weights = np.zeros((1 << code.key_width, group_size), dtype=np.int8)
    weights[: last + 1] = code.selected
    known = np.arange(1 << width) <= last
    if not code.signed:
        return weights, known
    weights[1 << width :] = -weights[: 1 << width]
    return weights, np.concatenate([known, known & (np.arange(1 << width) >= code.first_index)])


def unpack(
    keys: ArrayLike, group_size: int, alphabet: str = TERNARY, symmetry: Symmetry = "half"
) -> NDArray[np.int8]:
    """The weights of ``keys[..., G]``: ``[..., G·µ]``, padding included.

    Raises ``KeyFileError`` for an index above the last entry and for a sign on the group of zeros.
    """
    array = np.asarray(keys)
    weights, known = weights_of_keys(group_size, alphabet, symmetry)
    inside = not array.size or (array.min() >= 0 and array.max() < len(known))
    if not (inside and known[array].all()):
        defined = [0 <= key < len(known) and known[key] for key in array.flat]
        code = code_of(alphabet, group_size, symmetry)
        signs = ", with a sign bit above 0" if code.first_index and code.signed else ""
        raise KeyFileError(
            f"key {int(array.flat[defined.index(False)])} is not one of group_size {group_size}: "
            f"indices 0 … {code.last_index} are allowed{signs}"
        )
    decoded: NDArray[np.int8] = weights[array]
    return decoded.reshape(*array.shape[:-1], array.shape[-1] * group_size)


def encode(
    weights: ArrayLike, group_size: int, multiplier_bits: int | None = None, alphabet: str = TERNARY
) -> NDArray[Any]:
    """What the key stream carries for ``weights[..., N]``.

    Keys of the code above, or, with ``multiplier_bits`` ≤ 64, each weight dequantised to two's complement of
    that many bits, which is what a conventional engine multiplies by. They come in the smallest type that
    holds them.
    """
    if multiplier_bits is None:
        return pack(weights, group_size, alphabet)
    mask = (1 << multiplier_bits) - 1
    unsigned = np.min_scalar_type(mask)
    patterns: NDArray[Any] = of_alphabet(weights, alphabet).astype(f"i{unsigned.itemsize}").view(unsigned)
    patterns &= unsigned.type(mask)
    return patterns


def of_alphabet(weights: ArrayLike, alphabet: str) -> NDArray[np.int8]:
    """``weights`` as int8; ``KeyFileError`` for one that is no group of one weight of ``alphabet``."""
    array = ternary(weights)
    if alphabet != TERNARY:
        _pack_by_table(array.reshape(-1, 1), 1, alphabet)
    return array


def random_weights(rng: np.random.Generator, alphabet: str, group_size: int, shape: Any) -> NDArray[np.int8]:
    """Weights ``shape`` [M, N] of random groups, each of the alphabet's as likely."""
    outputs, length = shape
    if alphabet == TERNARY:
        return np.asarray(rng.integers(-1, 1, size=shape, endpoint=True, dtype=np.int8))
    halves = np.array(code_of(alphabet, group_size).halves, dtype=np.int8)
    picked = halves[rng.integers(len(halves), size=(outputs, -(-length // group_size)))]
    picked *= rng.choice(np.array([-1, 1], dtype=np.int8), size=(*picked.shape[:2], 1))
    return np.asarray(picked.reshape(outputs, -1)[:, :length])
