"""What a core can be sized for: least area without a clock, a moderate clock, the fastest clock."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Speed = Literal["relaxed", "medium", "tight"]
"""Least area without a clock, twice the shortest clock period that pays, that period (``EASE``)."""
SPEEDS: tuple[Speed, ...] = ("relaxed", "medium", "tight")
MEDIUM_PERIOD = 2.0
"""The clock period of a medium design, in the shortest that it can have.

Rippling carries suffice for it nearly everywhere, so that a medium design is hardly larger than the
smallest; on the way from there to the shortest period area grows with the frequency
(``benchmarks/clock_targets.py``)."""


def tightness(used: ArrayLike) -> NDArray[np.float64]:
    """How much of the way from a medium to a tight design paths ask for that take ``used`` of their clock
    period when they are as fast as can be, 0 … 1."""
    medium = 1 / MEDIUM_PERIOD
    way: NDArray[np.float64] = (np.asarray(used, dtype=np.float64) - medium) / (1 - medium)
    return np.clip(way, 0.0, 1.0)
