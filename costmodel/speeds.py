"""What a core can be sized for: least area, or a clock, at ease or as fast as can be."""

from __future__ import annotations

from typing import Literal

Speed = Literal["relaxed", "medium", "tight"]
"""Least area without a clock, 1.25 times the shortest clock period, the shortest clock period."""
SPEEDS: tuple[Speed, ...] = ("relaxed", "medium", "tight")
EASE = 1.25
"""The clock period of a medium design, in the shortest that it can have."""
EASY = 0.9
"""The share of the clock period that a path may take without costing more area than in a medium design.

Sizing stops as soon as a clock is met, and nine tenths are met by buffering alone
(``benchmarks/clock_targets.py``)."""


def tightness(used: float) -> float:
    """How much of the way from a medium to a tight design a path asks for that takes ``used`` of its clock
    period, 0 … 1."""
    return min(max((used - EASY) / (1 - EASY), 0.0), 1.0)
