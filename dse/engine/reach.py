"""What a sweep can reach with each value of each axis: the best of all designs that have it, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from dse.pricing.figure import Idle
from dse.pricing.filling import Table
from dse.pricing.model import Model
from dse.pricing.table_view import TableView

Reach = NDArray[np.float64]
"""The least cost of the model's aim with each value of each axis, one after the other; infinite for none."""


def unreached(model: Model) -> Reach:
    """Nothing is reached yet."""
    return np.full(sum(model.space.shape), inf)


def by_axis(model: Model, reach: Reach) -> list[Reach]:
    """``reach`` for each axis."""
    return [reach[start:end] for start, end in _places(model)]


def reached(model: Model, view: TableView, mask: Table, slices: Sequence[slice]) -> Reach:
    """What the designs of a block that ``mask`` leaves reach.

    A design that a key means nothing for counts with every value of that key.
    """
    reach = unreached(model)
    name, sign = model.aim
    costs = np.where(mask, sign * view(name), inf)
    costs = costs.reshape((1,) * (len(slices) - costs.ndim) + costs.shape)
    if not np.isfinite(costs.min()):
        return reach
    left = costs
    # From the last axis on: what is behind an axis is reduced to one value by then.
    for axis, ((start, end), part) in reversed(list(enumerate(zip(_places(model), slices, strict=True)))):
        nothing = view(Idle(model.space.axes[axis].key))
        if not nothing.any():
            reach[start + part.start : start + part.stop] = _along(axis, left)
        else:
            reach[start + part.start : start + part.stop] = _along(axis, np.where(nothing, inf, costs))
            reach[start:end] = np.minimum(reach[start:end], np.where(nothing, costs, inf).min())
        left = left.min(axis=axis, keepdims=True)
    return reach


def _along(axis: int, costs: Table) -> Table:
    """The least of ``costs`` at each place of an axis."""
    others = tuple(i for i in range(costs.ndim) if i != axis)
    least: Table = costs.min(axis=others)
    return least


def _places(model: Model) -> list[tuple[int, int]]:
    """Where the values of each axis stand in a reach."""
    return list(pairwise(accumulate(model.space.shape, initial=0)))
