"""How a matrix becomes ternary: W ≈ scale · T with T in {-1, 0, +1} and one scale, or one a row.

A rule goes through a tensor strip by strip; only T, a byte a weight, is held.

- ``absmean`` (BitNet b1.58, Ma et al. 2024, section 2): T = RoundClip(W / (γ + ε), -1, 1) with γ = mean|W|.
  Rounding takes a half to the even 0, so T is the sign of W where |W| > (γ + ε)/2. The scale is γ + ε.
- ``threshold`` (TWN, Li et al. 2016, section 2.2): T is the sign of W where |W| > Δ = 0.7·mean|W|; the
  scale is the mean of those |W|, which minimises the squared error.
- ``exact``: W is ternary already: all of its non-zero magnitudes, or all of a row, are one number, which
  for integers is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.weights.tensors import Blocks, Tensor, WeightFileError

EPSILON = 1e-8
"""ε of absmean: keeps a matrix of zeros from dividing by zero, and is far below any weight's precision."""
TWN_THRESHOLD = 0.7

Per = Literal["tensor", "row"]


@dataclass(frozen=True, eq=False)
class TernaryMatrix:
    """T[M, N] ``weights`` and the ``scale`` that makes them W ≈ scale · T: one number, or [M], one a row.

    ``rule`` is how they were found, ``exact`` whether W = scale · T.
    """

    weights: NDArray[np.int8]
    scale: NDArray[np.float64]
    rule: str
    exact: bool

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many weights are -1, 0 and +1."""
        minus = int(np.count_nonzero(self.weights < 0))
        zero = self.weights.size - int(np.count_nonzero(self.weights))
        return minus, zero, self.weights.size - minus - zero

    def scaled_by(self, factor: NDArray[np.float64]) -> TernaryMatrix:
        """The same weights with ``factor``, one number or [M], in the scale."""
        return replace(self, scale=self.scale * factor)


def absmean(tensor: Tensor, per: Per) -> TernaryMatrix:
    """``tensor`` by BitNet's rule, with one mean for all or one ``per`` row."""

    def limits(mean: NDArray[np.float64]) -> NDArray[np.float64]:
        return (mean + EPSILON) / 2

    weights, means, _ = _cut(tensor, per, limits)
    return TernaryMatrix(weights, means + EPSILON, f"absmean per {per}", exact=False)


def threshold(tensor: Tensor, per: Per) -> TernaryMatrix:
    """``tensor`` by the rule of ternary weight networks, with one threshold for all or one ``per`` row."""
    weights, _, scale = _cut(tensor, per, lambda mean: TWN_THRESHOLD * mean)
    return TernaryMatrix(weights, scale, f"threshold per {per}", exact=False)


def exact(tensor: Tensor) -> TernaryMatrix | None:
    """``tensor`` if it is ternary already, else None."""
    weights, scales = np.empty(tensor.shape, dtype=np.int8), np.zeros(tensor.shape[0])
    for first, last in tensor.strips():
        values = _numbers(tensor, first, last)
        magnitudes = np.abs(values)
        scales[first:last] = magnitudes.max(axis=1)
        if tensor.is_integer and scales[first:last].max() > 1:
            return None
        if not np.isfinite(scales[first:last]).all():
            return None
        if ((magnitudes != 0) & (magnitudes != scales[first:last, None])).any():
            return None
        weights[first:last] = np.sign(values)
    return TernaryMatrix(weights, _joined(scales), "ternary", exact=True)


def of_blocks(tensor: Tensor) -> TernaryMatrix:
    """``tensor`` of ternary blocks, if the blocks of a row agree on a scale; blocks of zeros agree with all.

    Raises ``WeightFileError`` where they do not, for a core has one scale for a whole sum.
    """
    assert tensor.blocks is not None
    weights, scales = np.empty(tensor.shape, dtype=np.int8), np.zeros(tensor.shape[0])
    for first, last in tensor.strips():
        weights[first:last], scales[first:last] = _merged(tensor, tensor.blocks(first, last))
    return TernaryMatrix(weights, _joined(scales), "ternary", exact=True)


def _merged(tensor: Tensor, blocks: Blocks) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """The weights of rows of blocks, and the scale that each row's blocks share."""
    if (blocks.weights > 1).any():
        raise WeightFileError(f"{tensor} is damaged: a block holds a weight of 2")
    if not np.isfinite(blocks.scales).all():
        raise WeightFileError(f"{tensor} is damaged: the scale of a block is not a number")
    rows, count = blocks.scales.shape
    parts = blocks.weights.reshape(rows, count, -1)
    live = parts.any(axis=2) & (blocks.scales != 0)
    scale = np.take_along_axis(blocks.scales, np.argmax(live, axis=1)[:, None], axis=1)
    if (live & (blocks.scales != scale)).any():
        raise WeightFileError(
            f"{tensor}: the blocks of a row differ in scale, which one key stream cannot carry; "
            "--ternary absmean makes it ternary anew"
        )
    weights = np.where(live[:, :, None], parts, np.int8(0)).reshape(rows, -1)
    return weights, np.where(live.any(axis=1), scale[:, 0], 0).astype(np.float64)


def _joined(scales: NDArray[np.float64]) -> NDArray[np.float64]:
    """One scale where all rows that have any share it, else one a row; of nothing but zeros it is 1."""
    used = scales[scales != 0]
    if not len(used):
        return np.array(1.0)
    return np.array(used[0]) if (used == used[0]).all() else scales


def _cut(
    tensor: Tensor, per: Per, limit_of: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]:
    """The signs of what is above a limit that depends on mean|W|; the means; and the means of what is above.

    Means are one number, or [M] ``per`` row.
    """
    rows, length = tensor.shape
    sums = np.empty(rows)
    for first, last in tensor.strips():
        sums[first:last] = np.abs(_numbers(tensor, first, last)).sum(axis=1, dtype=np.float64)
    if not np.isfinite(sums).all():
        raise WeightFileError(f"{tensor} holds an infinity or a NaN, which no rule makes ternary")
    means = sums / length if per == "row" else np.array(sums.sum() / (rows * length))
    limits = np.broadcast_to(limit_of(means), rows)
    weights = np.empty(tensor.shape, dtype=np.int8)
    above, count = np.empty(rows), np.empty(rows)
    for first, last in tensor.strips():
        values = _numbers(tensor, first, last)
        limit = limits[first:last, None]
        high, low = values > limit, values < -limit
        np.subtract(high, low, out=weights[first:last], dtype=np.int8, casting="unsafe")
        high |= low
        above[first:last] = np.sum(np.abs(values), axis=1, dtype=np.float64, where=high)
        count[first:last] = np.count_nonzero(high, axis=1)
    if per == "tensor":
        above, count = above.sum(), count.sum()
    return weights, means, np.asarray(above / np.maximum(count, 1))


def _numbers(tensor: Tensor, first: int, last: int) -> NDArray[Any]:
    """Rows as float64 where they are that or integers, else as float32, which holds all shorter floats."""
    values = tensor.rows(first, last)
    return (
        values
        if values.dtype in (np.float32, np.float64)
        else values.astype(np.float64 if values.dtype.kind in "iub" else np.float32)
    )
