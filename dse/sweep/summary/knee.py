"""The knee of a front: the design that gives up least of any objective against the best there is in each.

Only trade-offs count. An objective that follows from the others along the front, as a bandwidth follows
from a token rate, is no trade-off of its own: counted as one it would pull the knee to one side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]

COLLINEAR = 0.95
"""Share of an objective's variance along the front (R², on the scale of the knee) from which on others say it
all but for what is not worth a trade-off."""


@dataclass(frozen=True)
class Scale:
    """What scales one objective to 0 at the front's best and 1 at its worst.

    ``sign`` is that of all its costs, which are then scaled logarithmically, so that factors count and not
    differences; 0 where they have no common one.
    """

    low: float
    high: float
    sign: int

    @classmethod
    def of(cls, front: Costs) -> Scale:
        """The scale of the costs ``front[designs]`` of one objective, to be minimised."""
        sign = 1 if (front > 0).all() else -1 if (front < 0).all() else 0
        scaled_costs = _stretched(front, sign)
        return cls(float(scaled_costs.min()), float(scaled_costs.max()), sign)

    def __call__(self, costs: Costs) -> Costs:
        """From 0 to 1 where the front is; 0 for an objective that is the same everywhere."""
        scaled_costs = _stretched(costs, self.sign)
        scaled: Costs = (scaled_costs - self.low) / (self.high - self.low if self.high > self.low else 1.0)
        return scaled


def _stretched(costs: Costs, sign: int) -> Costs:
    if not sign:
        return costs
    with np.errstate(divide="ignore"):
        scaled_costs: Costs = sign * np.log(np.maximum(sign * costs, 0.0))
    return scaled_costs


def scaled(costs: Costs, front: Costs) -> Costs:
    """``costs[designs, objectives]`` on the scales of ``front``."""
    return np.column_stack([Scale.of(whole)(values) for values, whole in zip(costs.T, front.T, strict=True)])


def knee(costs: Costs) -> int:
    """The row of the front ``costs[designs, objectives]``, all minimised, that is the knee.

    It is the design of least ``imbalance``, of equals the first.
    """
    worst, total = imbalance(costs, costs)
    return int(np.lexsort((total, worst))[0])


def imbalance(costs: Costs, front: Costs) -> tuple[Costs, Costs]:
    """How far the worst objective of each design of ``costs`` is from the best of ``front``, and how far all.

    The worst objective counts first: by the sum alone, or the product of costs, a design that is best in
    several related objectives and worst in the only one against them would be called balanced.
    """
    scaled_costs = scaled(costs, front)
    return scaled_costs.max(axis=1), scaled_costs.sum(axis=1)


def independent(costs: Costs) -> tuple[list[int], dict[int, float]]:
    """Which objectives of the front ``costs[designs, objectives]`` are trade-offs of their own.

    The first two always are; each further one unless it follows from those that are, by a straight line on
    the scales of the knee, with R² of ``COLLINEAR`` or more. Returns them, and of the others their R².
    """
    scaled_costs = scaled(costs, costs)
    kept: list[int] = []
    dropped: dict[int, float] = {}
    for place in range(scaled_costs.shape[1]):
        share = explained(scaled_costs[:, place], scaled_costs[:, kept])
        if len(kept) < 2 or share < COLLINEAR:
            kept.append(place)
        else:
            dropped[place] = share
    return kept, dropped


def explained(values: Costs, by: Costs) -> float:
    """R² of the least-squares fit of ``values[designs]`` by the columns of ``by`` and a constant.

    1 where they do not vary: what is the same everywhere is no trade-off.
    """
    total = float(((values - values.mean()) ** 2).sum())
    if not total > 0:
        return 1.0
    columns = np.column_stack([np.ones(len(values)), by])
    fitted = columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
    return 1.0 - float(((values - fitted) ** 2).sum()) / total
