"""The knee of a front: the design past which a little more of one objective costs a lot of the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def knee(costs: NDArray[np.float64]) -> int:
    """The row of the front ``costs[designs, objectives]``, all minimised, that is the knee.

    Every objective is scaled over the front from 0 at its best to 1 at its worst: on a logarithmic scale
    where all its values have one sign, so that factors count and not differences, else on a linear one. The
    knee is the design farthest below the plane through the points that are worst in one objective and best in
    all others, the one with the least sum; for two objectives that is the chord between the front's ends.
    An objective that is the same everywhere adds nothing; of equal designs the first is taken.
    """
    total = np.zeros(len(costs))
    for column in costs.T:
        if (column > 0).all():
            scale = np.log(column)
        elif (column < 0).all():
            scale = -np.log(-column)
        else:
            scale = column
        low, high = scale.min(), scale.max()
        if high > low:
            total += (scale - low) / (high - low)
    return int(np.argmin(total))
