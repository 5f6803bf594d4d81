"""Words for numbers, always by the same thresholds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Word = Literal["confirmed", "refined", "refuted"]
Outcome = Literal["wins", "ties", "loses"]

APART = 1.05
"""Ratio beyond which two designs differ; the model is off by 1 to 2 % in the median."""


def verdict(ratios: Iterable[float], claimed: float) -> Word:
    """Whether all, some or none of the cases reach what is claimed, a few percent forgiven."""
    reached = [ratio * APART >= claimed for ratio in ratios]
    if not reached:
        raise ValueError("no case to judge a claim by")
    return "confirmed" if all(reached) else "refined" if any(reached) else "refuted"


def outcome(ratio: float) -> Outcome:
    """What a design does that is ``ratio`` times smaller than another."""
    return "wins" if ratio > APART else "loses" if ratio * APART < 1 else "ties"


def span(ratios: Iterable[float]) -> str:
    """The least and the greatest of some ratios."""
    values = list(ratios)
    low, high = (factor(value) for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def factor(ratio: float) -> str:
    """A ratio as it is written everywhere."""
    return f"{ratio:.1f}×" if ratio >= 10 else f"{ratio:.2f}×"
