"""What a core can be sized for: least area, a moderate or the fastest clock; what speed makes of adders."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Speed = Literal["relaxed", "medium", "tight"]
"""Least area without a clock, twice the shortest clock period that pays, that period (``EASE``)."""
SPEEDS: tuple[Speed, ...] = ("relaxed", "medium", "tight")
MEDIUM_PERIOD = 2.0
"""The clock period of a medium design, in the shortest that it can have."""
FASTEST = 4.0
"""How many times as fast as with rippling carries a part is whose cells are all as fast as can be."""
NO_PATH = 1e-9
"""Stands for a path of nothing in ratios (ps), and for no difference between them."""


def tightness(period: ArrayLike, rippling: ArrayLike, shortest: ArrayLike) -> NDArray[np.float64]:
    """How much of the way from a design at ease to the fastest one a clock ``period`` asks of paths, 0 … 1.

    At ease carries ripple, and the paths take ``rippling``; as fast as can be they take ``shortest`` (all in
    the same unit; 0 is no path). A shorter period is not met, and costs no more
    (``benchmarks/clock_targets.py``). It is the geometric mean of how much faster a part becomes and of how
    much of what it can be that is, in logarithms.
    """
    period, rippling, shortest = (np.asarray(each, dtype=np.float64) for each in (period, rippling, shortest))
    shortest = np.maximum(shortest, NO_PATH)
    speedup = np.log(np.maximum(rippling / np.maximum(period, shortest), 1.0))
    possible = np.log(np.maximum(rippling / shortest, 1.0 + NO_PATH))
    share = np.minimum(speedup / np.log(FASTEST), 1.0)
    result: NDArray[np.float64] = np.sqrt(share * speedup / possible)
    return result


def at_ease(period: float, rippling: float) -> bool:
    """Whether the ``tightness`` of a clock ``period`` is 0 of paths that take at most ``rippling``."""
    return rippling <= period


def full_adder_levels(numbers: int) -> int:
    """Levels of full adders that leave two of so many numbers: what adders become where carries are saved."""
    levels = 0
    while numbers > 2:
        numbers, levels = numbers - numbers // 3, levels + 1
    return levels
