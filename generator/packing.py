"""Packed keys: five ternary weights in a byte, in a code that takes few gates to decode.

243 of a byte's 256 values stand for five weights a b c d e. The weights a b, and c d, are pairs; a pair that
is not 0 0 has a code of three bits, and e one of two. Where both pairs have codes, the byte is e's above the
pairs'. Where one is 0 0, the two highest bits say so, which are none of e's codes, and the pair's place is
used for the rest. Some twenty gates decode that, where digits to base 3 would take seven times the area. Bits
are complemented so that 0 stands for five zeros.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from generator.errors import KeyFileError
from generator.keys import digits_of, entry_count

WEIGHTS_A_BYTE = 5
BYTE = 8

PAIRS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""The pairs that have codes, in the order of these."""
LAST = (0, 1, -1)
"""Values of the fifth weight, in the order of their codes."""
ESCAPE = len(LAST)
"""In the place of the fifth weight's code: a pair is 0 0."""
COMPLEMENT = 0b11_000_111
"""Bits of the byte that are complemented."""

Count = TypeVar("Count", int, NDArray[Any])


def packed_bytes(weights: Count) -> Count:
    """Bytes that so many weights take; zeros fill up the last."""
    return -(-weights // WEIGHTS_A_BYTE)


def byte_of(weights: tuple[int, ...]) -> int:
    """The byte of five ``weights``."""
    first, second, last = weights[:2], weights[2:4], LAST.index(weights[4])
    if any(first) and any(second):
        fields = last, PAIRS.index(first), PAIRS.index(second)
    elif any(first):
        fields = ESCAPE, PAIRS.index(first), 0b100 | last
    elif any(second):
        code = PAIRS.index(second)
        fields = ESCAPE, last << 1 | code >> 2, code & 0b11
    else:
        fields = ESCAPE, last << 1, 0b111
    return (fields[0] << 6 | fields[1] << 3 | fields[2]) ^ COMPLEMENT


def relative_key_width(group_size: int) -> int:
    """Bits of the key that a core makes of a group's packed weights: its sign, and the weights less that.

    The sign is that of the first weight that is not zero. Of each weight a bit says whether it is not zero,
    and of all but the first a bit above that whether it has the other sign: what a one-hot decoder needs.
    """
    return 2 * group_size


@cache
def relative_cubes(group_size: int) -> tuple[dict[int, int], ...]:
    """For each entry the bits of such a key that tell it from every other: bit position → value."""
    cubes = []
    for index in range(1, entry_count(group_size) + 1):
        digits, leads = digits_of(index, group_size), True
        cube = {}
        for place, digit in enumerate(digits):
            taken, opposite = max(2 * place - 1, 0), 2 * place
            if digit < 0:
                cube[opposite] = 1
            else:
                cube[taken] = digit
            if digit > 0 and not leads:
                cube[opposite] = 0
            leads = leads and not digit
        cubes.append(cube)
    return tuple(cubes)


@cache
def bytes_by_value() -> NDArray[np.uint8]:
    """The byte of every five weights, by their value to base 3: digits w + 1, least significant first."""
    table = np.zeros(3**WEIGHTS_A_BYTE, dtype=np.uint8)
    for weights in product((-1, 0, 1), repeat=WEIGHTS_A_BYTE):
        table[sum((w + 1) * 3**place for place, w in enumerate(weights))] = byte_of(weights)
    return table


@cache
def weights_by_byte() -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """For every byte its weights [256, 5], and whether it stands for any."""
    weights = np.zeros((1 << BYTE, WEIGHTS_A_BYTE), dtype=np.int8)
    known = np.zeros(1 << BYTE, dtype=np.bool_)
    for five in product((-1, 0, 1), repeat=WEIGHTS_A_BYTE):
        weights[byte_of(five)], known[byte_of(five)] = five, True
    return weights, known


def pack_weights(weights: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Ternary ``weights[..., n]`` as bytes ``[..., ceil(n / 5)]``, zeros behind the last weight."""
    padding = -weights.shape[-1] % WEIGHTS_A_BYTE
    if padding:
        weights = np.pad(weights, [(0, 0)] * (weights.ndim - 1) + [(0, padding)])
    digits = (weights + np.int8(1)).view(np.uint8).reshape(*weights.shape[:-1], -1, WEIGHTS_A_BYTE)
    value: NDArray[np.uint8] = digits[..., -1].copy()
    for place in reversed(range(WEIGHTS_A_BYTE - 1)):
        value *= np.uint8(3)
        value += digits[..., place]
    return np.asarray(bytes_by_value()[value])


def unpack_weights(packed: NDArray[np.uint8], weights: int) -> NDArray[np.int8]:
    """The first so many weights of bytes ``packed[..., b]``: ``[..., weights]``.

    Raises ``KeyFileError`` for a byte that stands for no weights, and for weights behind that are not zero.
    """
    by_byte, known = weights_by_byte()
    if not known[packed].all():
        raise KeyFileError(
            f"key byte {int(packed[~known[packed]].flat[0])} stands for no weights: {known.sum()} of the "
            f"{len(known)} values of a packed byte do"
        )
    unpacked = by_byte[packed].reshape(*packed.shape[:-1], -1)
    if unpacked[..., weights:].any():
        raise KeyFileError("the weights that fill up the last byte of a beat are not zero")
    return np.asarray(unpacked[..., :weights])
