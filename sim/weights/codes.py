"""Ternary weights stored as integers, four a byte or one a number, and what other integers seem to be."""

from __future__ import annotations

import numpy as np

from sim.weights import packed
from sim.weights.tensors import Tensor, WeightFileError
from sim.weights.ternary import TernaryMatrix, first_stranger

ANEW = "--ternary absmean or threshold makes it so"
NO_ACCIDENT = 32
"""Bytes from which on it is no accident that none is above 2."""
A_CODE_A_BYTE = "--ternary codes reads 0, 1, 2 as -1, 0, +1, one a byte"


def bytes_packed(tensor: Tensor, *, sure: bool) -> TernaryMatrix:
    """``tensor`` of bytes with four weights each, by quarters of the rows (``sim.weights.packed``).

    Bytes of nothing but 0, 1 and 2 would be packed weights of which three quarters are -1, and are refused
    unless the caller is ``sure``.
    """
    if not tensor.is_bytes:
        raise WeightFileError(f"{tensor} is of type {tensor.kind}, packed weights are bytes (U8)")
    quarter, length = tensor.shape
    quarters, top = np.empty((packed.VALUES_A_BYTE, quarter, length), dtype=np.int8), 0
    for first, last in tensor.strips():
        octets = tensor.rows(first, last)
        top = max(top, int(octets.max()))
        if not packed.holds_weights(octets):
            raise WeightFileError(
                f"{tensor} is not packed weights: two bits of a byte are 3, as with weights of more bits"
            )
        unpacked = packed.unpack_rows(octets)
        quarters[:, first:last] = unpacked.reshape(packed.VALUES_A_BYTE, last - first, length)
    if top == 2 and not sure and tensor.shape[0] * length >= NO_ACCIDENT:
        raise WeightFileError(
            f"{tensor} holds nothing but 0, 1 and 2, one weight a byte as it seems: {A_CODE_A_BYTE}; "
            "--ternary packed reads four weights a byte all the same"
        )
    matrix = TernaryMatrix(quarters.reshape(-1, length), np.array(1.0), "packed", exact=True)
    if top <= 2 and not sure:
        matrix = matrix.noted(
            f"no byte is above {top}, which is odd for four weights a byte; {A_CODE_A_BYTE}"
        )
    return matrix


def bytes_of_codes(tensor: Tensor) -> TernaryMatrix:
    """``tensor`` of integers 0, 1, 2, each a weight plus one."""
    if not tensor.is_integer:
        raise WeightFileError(f"{tensor} is of type {tensor.kind}, codes are bytes or other integers")
    weights = np.empty(tensor.shape, dtype=np.int8)
    for first, last in tensor.strips():
        codes = tensor.rows(first, last).astype(np.int64)
        if ((codes < 0) | (codes > 2)).any():
            outside = codes[(codes < 0) | (codes > 2)][0]
            raise WeightFileError(f"{tensor} is not codes 0, 1, 2: it holds {outside}")
        weights[first:last] = codes - 1
    return TernaryMatrix(weights, np.array(1.0), "codes", exact=True)


def stranger(tensor: Tensor) -> str:
    """What keeps ``tensor`` from being ternary (a weight, or two magnitudes of a row), and what to do."""
    if tensor.is_integer:
        return _strange_integer(tensor)
    if place := first_stranger(tensor):
        return f"it holds an infinity or a NaN ({place})"
    for first, last in tensor.strips():
        for row, values in enumerate(np.abs(tensor.rows(first, last).astype(np.float64)), start=first):
            magnitudes = np.unique(values[values != 0])
            if len(magnitudes) > 1:
                return f"row {row} holds {magnitudes[0]:.6g} and {magnitudes[-1]:.6g}; {ANEW}"
    raise AssertionError(f"{tensor} is ternary")


def _strange_integer(tensor: Tensor) -> str:
    """What integers other than -1, 0, 1 seem to be."""
    least, most, outside = 0, 0, None
    for first, last in tensor.strips():
        values = tensor.rows(first, last)
        least, most = min(least, int(values.min())), max(most, int(values.max()))
        strange = values[~np.isin(values, (-1, 0, 1))]
        if outside is None and strange.size:
            outside = strange[0]
    if (least, most) == (0, 2):
        return f"it holds 2, codes as it seems: {A_CODE_A_BYTE}"
    if tensor.kind.lower() in ("i32", "int32") and max(most, -least) > 1 << 16:
        return (
            f"it holds {outside}, several weights a number as it seems, as GPTQ and AWQ pack them (qweight, "
            "with scales and qzeros); they are not ternary: dequantise them to floats first"
        )
    return f"it holds {outside}; {ANEW}"
