"""Words and numbers that sentences are made of."""

from __future__ import annotations

from collections.abc import Sequence

from dse.pricing.metric import percent

SAME = 0.0005
"""Figures that differ by a smaller share are called the same."""


def counted(number: int, noun: str) -> str:
    """``1 table``, ``2 tables``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def article(word: str) -> str:
    """``word`` with a or an."""
    return f"an {word}" if word[:1] in "aeiou" else f"a {word}"


def relation(value: float, other: float) -> str:
    """How much ``value`` is beside ``other``: ``2.7 % less``, ``1.5 times as much``, ``the same``.

    Empty where a ratio says nothing, because one of them is not positive.
    """
    if value <= 0 or other <= 0:
        return ""
    ratio = value / other
    if ratio >= 2:
        return f"{ratio:,.2f} times as much"
    return (
        "the same"
        if abs(1 - ratio) < SAME
        else f"{percent(abs(1 - ratio))} {'less' if ratio < 1 else 'more'}"
    )


def listing(parts: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
