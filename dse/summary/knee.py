"""The knee of a front: the design that gives up least of any objective against the best there is in each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]


def knee(costs: Costs) -> int:
    """The row of the front ``costs[designs, objectives]``, all minimised, that is the knee.

    It is the design of least ``imbalance``, of equals the first.
    """
    worst, total = imbalance(costs, costs)
    return int(np.lexsort((total, worst))[0])


def imbalance(costs: Costs, front: Costs) -> tuple[Costs, Costs]:
    """How far the worst objective of each design of ``costs`` is from the best of ``front``, and how far all.

    Every objective is scaled over the front from 0 at its best to 1 at its worst: on a logarithmic scale
    where all its values have one sign, so that factors count and not differences, else on a linear one. The
    worst objective counts first: by the sum alone, or the product of costs, a design that is best in several
    related objectives and worst in the only one against them would be called balanced.
    """
    scaled = np.column_stack([_scaled(own, all_) for own, all_ in zip(costs.T, front.T, strict=True)])
    return scaled.max(axis=1), scaled.sum(axis=1)


def _scaled(column: Costs, front: Costs) -> Costs:
    """From 0 to 1 where ``front`` is; 0 for an objective that is the same everywhere."""
    if (column > 0).all() and (front > 0).all():
        column, front = np.log(column), np.log(front)
    elif (column < 0).all() and (front < 0).all():
        column, front = -np.log(-column), -np.log(-front)
    low, high = front.min(), front.max()
    scaled: Costs = (column - low) / (high - low if high > low else 1.0)
    return scaled
