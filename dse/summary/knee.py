"""The knee of a front: the design that gives up least of any objective against the best there is in each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def knee(costs: NDArray[np.float64]) -> int:
    """The row of the front ``costs[designs, objectives]``, all minimised, that is the knee.

    Every objective is scaled over the front from 0 at its best to 1 at its worst: on a logarithmic scale
    where all its values have one sign, so that factors count and not differences, else on a linear one. The
    knee is the design nearest to the ideal point, the best of everything, in the maximum norm: the one whose
    worst objective is best; of several the one with the least sum, of equals the first. (By the sum alone a
    design that is best in several related objectives and worst in the only one against them would win.)
    """
    scaled = np.column_stack([_scaled(column) for column in costs.T])
    return int(np.lexsort((scaled.sum(axis=1), scaled.max(axis=1)))[0])


def _scaled(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 to 1; 0 for an objective that is the same everywhere."""
    if (column > 0).all():
        column = np.log(column)
    elif (column < 0).all():
        column = -np.log(-column)
    low, high = column.min(), column.max()
    scaled: NDArray[np.float64] = (column - low) / (high - low if high > low else 1.0)
    return scaled
