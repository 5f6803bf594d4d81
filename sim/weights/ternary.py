"""How a matrix becomes ternary: W ≈ scale · T with T in {-1, 0, +1} and one scale, or one a row.

A rule goes through a tensor strip by strip; only T, a byte a weight, is held.

- ``absmean`` (BitNet b1.58, Ma et al. 2024, section 2): T = RoundClip(W / (γ + ε), -1, 1) with γ = mean|W|.
  Rounding takes a half to the even 0, so T is the sign of W where |W| > (γ + ε)/2. The scale is γ + ε.
- ``threshold`` (TWN, Li et al. 2016, section 2.2): T is the sign of W where |W| > Δ = 0.7·mean|W|; the
  scale is the mean of those |W|, which minimises the squared error.
- ``exact``: W is ternary already: all of its non-zero magnitudes, or all of a row, are one number, which
  for integers is 1.
- ``nearly``: W is ternary already but for noise in its scale: the non-zero magnitudes of a row are within a
  factor of 1.5. T is the sign of W, the scale the mean of its non-zero magnitudes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.weights.tensors import Tensor, WeightFileError

EPSILON = 1e-8
"""ε of absmean: keeps a matrix of zeros from dividing by zero, and is far below any weight's precision."""
TWN_THRESHOLD = 0.7
NOISE = 1.5
"""By what factor the magnitudes of a matrix that is ternary but for noise differ at most."""
NOUGHT = 1e-3
"""The share of a row's largest magnitude up to which a weight of such a matrix is zero."""

Per = Literal["tensor", "row"]


WORTH_SAYING = 1.25
"""From how many times the least error on absmean's scale is remarked upon."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Scales that the weights of a row have by groups of ``length``: ``scales`` [M, groups]."""

    length: int
    scales: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TernaryMatrix:
    """T[M, N] ``weights`` and the ``scale`` that makes them W ≈ scale · T: one number, or [M], one a row.

    ``rule`` is how they came about, ``exact`` whether W = scale · T; where it is not, ``residual`` [M] and
    ``power`` [M] are the sums of (W - scale · T)² and W² over the rows. ``groups`` has the scales of a matrix
    that is ternary with several in a row, which ``scale`` stands for. ``applied`` are those that a core
    multiplies the sums of its groups by: then W ≈ scale · applied · T. Of weights of several bits T are odd
    integers, and ``offset`` is what a group's weights are besides, which times the sum of its activations is
    added outside of the core. ``factor`` is what W was multiplied by
    beside what the file's tensor holds, ``notes`` what was assumed.
    """

    weights: NDArray[np.int8]
    scale: NDArray[np.float64]
    rule: str
    exact: bool
    residual: NDArray[np.float64] | None = None
    power: NDArray[np.float64] | None = None
    groups: Groups | None = None
    applied: Groups | None = None
    offset: Groups | None = None
    factor: NDArray[np.float64] = field(default_factory=lambda: np.array(1.0))
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many weights are -1, 0 and +1."""
        minus = int(np.count_nonzero(self.weights < 0))
        zero = self.weights.size - int(np.count_nonzero(self.weights))
        return minus, zero, self.weights.size - minus - zero

    @property
    def weight_error(self) -> float:
        """The root-mean-square of W - scale · T over that of W."""
        if self.residual is None or self.power is None or not self.power.any():
            return 0.0
        return float(np.sqrt(self.residual.sum() / self.power.sum()))

    def scaled_by(self, factor: NDArray[np.float64]) -> TernaryMatrix:
        """The same weights with ``factor``, one number or [M], in the scale."""
        by_row = np.broadcast_to(factor, len(self.weights))
        groups = self.groups and replace(self.groups, scales=self.groups.scales * by_row[:, None])
        squares = [None if part is None else part * by_row**2 for part in (self.residual, self.power)]
        return replace(
            self,
            scale=self.scale * factor,
            residual=squares[0],
            power=squares[1],
            groups=groups,
            factor=self.factor * factor,
        )

    def scaled_outside(self, factor: float) -> TernaryMatrix:
        """The same with ``factor`` in what results are multiplied by, and nowhere else."""
        residual = None if self.residual is None else self.residual * factor**2
        return replace(self, scale=self.scale * factor, residual=residual)

    def noted(self, *notes: str) -> TernaryMatrix:
        """The same with ``notes`` behind its own."""
        return replace(self, notes=(*self.notes, *notes))


def absmean(tensor: Tensor, per: Per) -> TernaryMatrix:
    """``tensor`` by BitNet's rule, with one mean for all or one ``per`` row."""

    def limits(mean: NDArray[np.float64]) -> NDArray[np.float64]:
        return (mean + EPSILON) / 2

    cut = _cut(tensor, per, limits)
    matrix = cut.scaled(cut.means + EPSILON, f"absmean per {per}")
    kept = cut.scaled(cut.kept, "")
    if matrix.weight_error > WORTH_SAYING * kept.weight_error:
        matrix = matrix.noted(
            f"the weights are {matrix.weight_error:.1%} off with absmean's scale, {kept.weight_error:.1%} "
            f"with the mean of those that are kept, {float(np.mean(cut.kept)):.4g}"
        )
    return matrix


def threshold(tensor: Tensor, per: Per) -> TernaryMatrix:
    """``tensor`` by the rule of ternary weight networks, with one threshold for all or one ``per`` row."""
    cut = _cut(tensor, per, lambda mean: TWN_THRESHOLD * mean)
    return cut.scaled(cut.kept, f"threshold per {per}")


def nearly(tensor: Tensor, per: Per) -> TernaryMatrix | None:
    """``tensor`` if it is ternary but for noise in its scale, else None.

    One scale is taken for all where ``per`` is tensor and the rows do not differ more than a row may.
    """
    least, most = np.full(tensor.shape[0], np.inf), np.zeros(tensor.shape[0])
    for first, last in tensor.strips():
        magnitudes = np.abs(numbers(tensor, first, last))
        top = most[first:last] = magnitudes.max(axis=1)
        if not np.isfinite(top).all():
            return None
        kept = magnitudes > NOUGHT * top[:, None]
        low = least[first:last] = np.min(magnitudes, axis=1, where=kept, initial=np.inf)
        if (top > NOISE * low).any():
            return None
    if not most.any():
        return None
    alike = most.max() <= NOISE * least.min()
    by: Per = "tensor" if per == "tensor" and alike else "row"
    cut = _cut(tensor, by, lambda mean: mean * 0, NOUGHT * most)
    return cut.scaled(cut.kept, f"nearly ternary per {by}")


def exact(tensor: Tensor) -> TernaryMatrix | None:
    """``tensor`` if it is ternary already, else None."""
    weights, scales = np.empty(tensor.shape, dtype=np.int8), np.zeros(tensor.shape[0])
    for first, last in tensor.strips():
        values = numbers(tensor, first, last)
        magnitudes = np.abs(values)
        scales[first:last] = magnitudes.max(axis=1)
        if tensor.is_integer and scales[first:last].max() > 1:
            return None
        if not np.isfinite(scales[first:last]).all():
            return None
        if ((magnitudes != 0) & (magnitudes != scales[first:last, None])).any():
            return None
        weights[first:last] = np.sign(values)
    return TernaryMatrix(weights, joined(scales), "ternary", exact=True)


def joined(scales: NDArray[np.float64]) -> NDArray[np.float64]:
    """One scale where all rows that have any share it, else one a row; of nothing but zeros it is 1."""
    used = scales[scales != 0]
    if not len(used):
        return np.array(1.0)
    return np.array(used[0]) if (used == used[0]).all() else scales


@dataclass(frozen=True, eq=False)
class _Cut:
    """The signs of what is above a limit; means of |W| and of what is above, one number or [M]; and over each
    row the sum of W², and the sum and number of what is above."""

    weights: NDArray[np.int8]
    means: NDArray[np.float64]
    kept: NDArray[np.float64]
    power: NDArray[np.float64]
    above: NDArray[np.float64]
    count: NDArray[np.float64]

    def scaled(self, scale: NDArray[np.float64], rule: str) -> TernaryMatrix:
        """With ``scale`` s, one number or [M]: Σ(W - s·T)² = ΣW² - 2·s·Σ|W| + s²·n, Σ|W| and n above it."""
        residual = self.power - 2 * scale * self.above + scale**2 * self.count
        return TernaryMatrix(
            self.weights, scale, rule, exact=False, residual=np.maximum(residual, 0), power=self.power
        )


def _cut(
    tensor: Tensor,
    per: Per,
    limit_of: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    least: NDArray[np.float64] | None = None,
) -> _Cut:
    """Cuts W at a limit that depends on mean|W|, of the tensor or ``per`` row, at least at ``least`` [M]."""
    rows, length = tensor.shape
    sums, power = np.empty(rows), np.empty(rows)
    for first, last in tensor.strips():
        values = numbers(tensor, first, last)
        sums[first:last] = np.abs(values).sum(axis=1, dtype=np.float64)
        power[first:last] = np.square(values, dtype=np.float64).sum(axis=1)
    if not np.isfinite(sums).all():
        place = first_stranger(tensor) or "in the sum of its magnitudes"
        raise WeightFileError(f"{tensor} holds an infinity or a NaN ({place}), which no rule makes ternary")
    means = sums / length if per == "row" else np.array(sums.sum() / (rows * length))
    limits = np.maximum(np.broadcast_to(limit_of(means), rows), 0 if least is None else least)
    weights = np.empty(tensor.shape, dtype=np.int8)
    above, count = np.empty(rows), np.empty(rows)
    for first, last in tensor.strips():
        values = numbers(tensor, first, last)
        limit = limits[first:last, None]
        high, low = values > limit, values < -limit
        np.subtract(high, low, out=weights[first:last], dtype=np.int8, casting="unsafe")
        high |= low
        above[first:last] = np.sum(np.abs(values), axis=1, dtype=np.float64, where=high)
        count[first:last] = np.count_nonzero(high, axis=1)
    kept = above / np.maximum(count, 1) if per == "row" else above.sum() / max(count.sum(), 1)
    return _Cut(weights, means, np.asarray(kept), power, above, count)


def first_stranger(tensor: Tensor) -> str:
    """The first value that is no number, and where it is; empty where all are."""
    for first, last in tensor.strips():
        values = numbers(tensor, first, last)
        strange = np.argwhere(~np.isfinite(values))
        if len(strange):
            row, column = strange[0]
            return f"{values[row, column]} at row {first + row}, column {column}"
    return ""


def numbers(tensor: Tensor, first: int, last: int) -> NDArray[Any]:
    """Rows as float64 where they are that or integers, else as float32, which holds all shorter floats."""
    values = tensor.rows(first, last)
    return (
        values
        if values.dtype in (np.float32, np.float64)
        else values.astype(np.float64 if values.dtype.kind in "iub" else np.float32)
    )
