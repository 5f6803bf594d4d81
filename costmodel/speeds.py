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
    period, rippling, shortest = (np.asarray(each, dtype=np.float64) for each in (period, rippling, shortest))
    none = shortest <= 0
    some = bool(none.any())
    if some:
        rippling, shortest = np.where(none, 2.0, rippling), np.where(none, 1.0, shortest)
    slowest = 1 / rippling
    faster = (1 / period - slowest) / (1 / np.minimum(shortest, rippling / 1.001) - slowest)
    beyond = (rippling / period - (1 - NEAR)) / (2 * NEAR)
    share = AT_ONCE * _between(beyond) + (1 - AT_ONCE) * _between(faster)
    result: NDArray[np.float64] = np.where(none, 0.0, share) if some else share
    return result


def at_ease(period: float, rippling: float) -> bool:
    """Whether the ``tightness`` of a clock ``period`` is 0 of paths that take at most ``rippling``."""
    return rippling <= (1 - NEAR) * period


def _between(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 … 1."""
    return np.minimum(np.maximum(share, 0.0), 1.0)
