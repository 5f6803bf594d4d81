"""What a core can be sized for: least area without a clock, a moderate clock, the fastest clock."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Speed = Literal["relaxed", "medium", "tight"]
"""Least area without a clock, twice the shortest clock period that pays, that period (``EASE``)."""
SPEEDS: tuple[Speed, ...] = ("relaxed", "medium", "tight")
MEDIUM_PERIOD = 2.0
"""The clock period of a medium design, in the shortest that it can have."""
AT_ONCE, NEAR = 0.4, 0.1
"""What faster carries take at once of all that speed costs, and the share of a period within which it is open
whether rippling carries suffice."""


def tightness(period: ArrayLike, rippling: ArrayLike, shortest: ArrayLike) -> NDArray[np.float64]:
    """How much of the way from a design at ease to the fastest one a clock ``period`` asks of paths, 0 … 1.

    At ease carries ripple, and the paths take ``rippling``; as fast as can be they take ``shortest`` (all in
    the same unit; 0 is no path). Where rippling carries no longer suffice, faster ones come at once; from
    there on cells grow with the frequency (``benchmarks/clock_targets.py``).
    """
    period, shortest = np.asarray(period, dtype=np.float64), np.asarray(shortest, dtype=np.float64)
    none = shortest <= 0
    rippling = np.where(none, 2.0, rippling)
    safe = np.minimum(np.where(none, 1.0, shortest), rippling / 1.001)
    faster = (1 / period - 1 / rippling) / (1 / safe - 1 / rippling)
    beyond = (rippling / period - (1 - NEAR)) / (2 * NEAR)
    share = AT_ONCE * np.clip(beyond, 0, 1) + (1 - AT_ONCE) * np.clip(faster, 0, 1)
    result: NDArray[np.float64] = np.where(none, 0.0, share)
    return result
