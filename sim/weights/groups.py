"""Matrices that are ternary with several scales in a row: W[m, n] = s[m, n div G] · T[m, n].

GGUF's blocks say their scale. In plain floats (TriLM's shards were scaled apart, for example) the non-zero
magnitudes of a row change only where one group ends and the next begins. A core sums a whole row before it is
scaled, so that one scale has to stand for those of a row: the mean of its non-zero magnitudes, which has the
least squared error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.weights.tensors import Tensor, WeightFileError
from sim.weights.ternary import Groups, TernaryMatrix, joined, numbers

SMALLEST = 8
"""Weights of the smallest group that is looked for."""
USUAL = (256, 128, 64, 32)
"""Lengths of groups that are looked for in rows of whatever length."""
EVIDENCE = 4
"""Non-zero weights to a scale, on average, from which on equal magnitudes are no accident."""


def of_blocks(tensor: Tensor) -> TernaryMatrix:
    """``tensor`` of ternary blocks, with one scale, one a row, or ``groups`` where those of a row differ.

    Raises ``WeightFileError`` for blocks that hold anything else.
    """
    assert tensor.blocks is not None
    weights, parts = np.empty(tensor.shape, dtype=np.int8), []
    for first, last in tensor.strips():
        blocks = tensor.blocks(first, last)
        if (blocks.weights > 1).any():
            raise WeightFileError(f"{tensor} {TWO.get(tensor.kind, DAMAGED)}")
        if not np.isfinite(blocks.scales).all():
            raise WeightFileError(f"{tensor} is damaged: the scale of a block is not a number")
        grouped = blocks.weights.reshape(*blocks.scales.shape, -1)
        # Blocks of zeros agree with every scale.
        live = grouped.any(axis=2) & (blocks.scales != 0)
        signs = np.where(live, np.sign(blocks.scales), 0).astype(np.int8)
        weights[first:last] = (grouped * signs[:, :, None]).reshape(last - first, -1)
        parts.append(np.where(live, np.abs(blocks.scales), 0))
    scales = np.concatenate(parts).astype(np.float64)
    return _settled(weights, scales, tensor.shape[1] // scales.shape[1])


DAMAGED = "is damaged: a block holds a weight of 2"
_CODE_3 = (
    "is not ternary: a block holds a weight of 2; --ternary absmean or threshold makes it so, and a core "
    "with weight_bits = 2 takes it as it is"
)
TWO = {"Q2_0": _CODE_3, "PQ2_0": _CODE_3}
"""What a weight of 2 means in types that have it."""


def grouped(tensor: Tensor) -> TernaryMatrix | None:
    """``tensor`` of floats if it is ternary with a scale for every so many weights of a row, else None."""
    length = _group_length(tensor)
    if length is None:
        return None
    starts = np.arange(0, tensor.shape[1], length)
    weights, scales = np.empty(tensor.shape, dtype=np.int8), np.empty((tensor.shape[0], len(starts)))
    for first, last in tensor.strips():
        values = numbers(tensor, first, last)
        weights[first:last] = np.sign(values)
        scales[first:last] = np.maximum.reduceat(np.abs(values), starts, axis=1)
    if np.count_nonzero(weights) < EVIDENCE * np.count_nonzero(scales):
        return None
    return _settled(weights, scales, length)


def _group_length(tensor: Tensor) -> int | None:
    """The longest groups with equal non-zero magnitudes in every row; None where there are none."""
    columns = tensor.shape[1]
    divisors = {columns // parts for parts in range(2, columns // SMALLEST + 1) if columns % parts == 0}
    lengths = sorted(divisors | {length for length in USUAL if length < columns}, reverse=True)
    for first, last in tensor.strips():
        magnitudes = np.abs(numbers(tensor, first, last))
        if not np.isfinite(magnitudes).all():
            return None
        row, column = np.nonzero(magnitudes)
        value = magnitudes[row, column]
        change = (row[1:] == row[:-1]) & (value[1:] != value[:-1])
        if np.count_nonzero(change) * EVIDENCE > len(value):
            return None
        before, after = column[:-1][change], column[1:][change]
        lengths = [length for length in lengths if (after // length > before // length).all()]
        if not lengths:
            return None
    return lengths[0] if lengths else None


def _settled(weights: NDArray[np.int8], scales: NDArray[np.float64], length: int) -> TernaryMatrix:
    """The matrix of T ``weights`` and ``scales`` [M, groups], zero for groups of zeros."""
    top = scales.max(axis=1)
    if ((scales == 0) | (scales == top[:, None])).all():
        return TernaryMatrix(weights, joined(top), "ternary", exact=True)
    starts = np.arange(0, weights.shape[1], length)
    count = np.add.reduceat(weights != 0, starts, axis=1, dtype=np.float64)
    total, power, kept = (scales * count).sum(axis=1), (scales**2 * count).sum(axis=1), count.sum(axis=1)
    scale = total / np.maximum(kept, 1)
    if (scales == scales[0]).all():
        scale = np.array(total.sum() / kept.sum())
    residual = np.maximum(power - 2 * scale * total + scale**2 * kept, 0)
    return TernaryMatrix(
        weights, scale, f"ternary by {length}", exact=False, residual=residual, power=power,
        groups=Groups(length, scales),
    )  # fmt: skip
