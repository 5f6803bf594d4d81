"""What a core can be sized for: least area without a clock, a moderate clock, the fastest clock."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Speed = Literal["relaxed", "medium", "tight"]
"""Least area without a clock, 1.25 times the shortest clock period, the shortest clock period."""
SPEEDS: tuple[Speed, ...] = ("relaxed", "medium", "tight")
MEDIUM_PERIOD = 1.25
"""The clock period of a medium design, in the shortest that it can have."""
BUFFERING_SUFFICES_TO = 0.9
"""The share of the clock period that a path may take without costing more area than in a medium design.

Sizing stops as soon as a clock is met, and nine tenths are met by buffering alone
(``benchmarks/clock_targets.py``)."""


def tightness(used: ArrayLike) -> NDArray[np.float64]:
    """How much of the way from a medium to a tight design paths ask for that take ``used`` of their clock
    period, 0 … 1."""
    beyond = np.asarray(used, dtype=np.float64) - BUFFERING_SUFFICES_TO
    way: NDArray[np.float64] = beyond / (1 - BUFFERING_SUFFICES_TO)
    return np.clip(way, 0.0, 1.0)
