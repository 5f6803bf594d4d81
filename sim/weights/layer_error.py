"""How far a core's results for a layer of a network are from what the network itself would compute."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.plan import CorePlan
from sim.layers import values_of
from sim.weights.activations import Activations
from sim.weights.reading import scaled_rows, weights_beside
from sim.weights.tensors import Tensor
from sim.weights.ternary import TernaryMatrix


@dataclass(frozen=True)
class LayerError:
    """Root-mean-square errors of y[B, M] over the root-mean-square of what is right, both in float64.

    ``original``: against x · Wᵀ with the weights of the file; ``ternary``: with scale · T instead, which
    leaves what quantised activations and the core's arithmetic add. None where a result is no number, 0 where
    nothing but zeros is right and all results are.
    """

    original: float | None
    ternary: float | None


def layer_error(
    plan: CorePlan,
    tensor: Tensor,
    matrix: TernaryMatrix,
    activations: Activations,
    results: NDArray[np.int64],
) -> LayerError:
    """The error of ``results`` y[B, M], which a core made of ``activations`` and the ternary ``matrix``."""
    rows, length = matrix.weights.shape
    y = values_of(plan, results) * matrix.scale / activations.scale[:, None]
    if matrix.offset is not None:
        # Software adds offsets times the sums of the activations that the core was given.
        starts = np.arange(0, length, matrix.offset.length)
        sums = np.add.reduceat(activations.values.astype(np.float64), starts, axis=1)
        y += sums / activations.scale[:, None] @ matrix.offset.scales.T
    original, ternary = np.empty_like(y), np.empty_like(y)
    # For packed weights a stored row is four rows; all of them are at hand as T anyway.
    at_once = max(1, (1 << 20) // length)
    for first in range(0, rows, at_once):
        last = min(first + at_once, rows)
        ternary[:, first:last] = activations.x @ scaled_rows(matrix, first, last).T
        original[:, first:last] = activations.x @ weights_beside(tensor, matrix, first, last).T
    return LayerError(_relative(y, original), _relative(y, ternary))


def _relative(computed: NDArray[np.float64], right: NDArray[np.float64]) -> float | None:
    if not right.any() and not computed.any():
        return 0.0
    with np.errstate(all="ignore"):
        error = float(np.sqrt(np.mean((computed - right) ** 2) / np.mean(right**2)))
    return error if math.isfinite(error) else None
