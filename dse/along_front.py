"""A few designs that stand for the whole front: those that are spoken of, and an even choice between them."""

from __future__ import annotations

from dse.results import Row
from dse.summary import Summary

EVEN = 12
"""Designs chosen evenly along the front."""


def along_front(summary: Summary, even: int = EVEN) -> list[tuple[str, Row]]:
    """Designs in the order of their price, each with what it is called, or with nothing.

    The even choice is one of the best designs in price and rate alone, in the order of price.
    """
    price, rate = summary.price, summary.rate
    sign = 1 if summary.results.objectives[rate] == "min" else -1
    steps: list[Row] = []
    for row in sorted(summary.results.front, key=lambda row: (row[price], sign * row[rate], row["id"])):
        if not steps or sign * row[rate] < sign * steps[-1][rate]:
            steps.append(row)
    count = min(even, len(steps))
    chosen = {
        row["id"]: row for row in (steps[i * (len(steps) - 1) // max(1, count - 1)] for i in range(count))
    }
    names: dict[int, list[str]] = {}
    for what, row in summary.highlights:
        chosen[row["id"]] = row
        names.setdefault(row["id"], []).append(what)
    ordered = sorted(chosen.values(), key=lambda row: (row[price], row["id"]))
    return [("; ".join(names.get(row["id"], ())), row) for row in ordered]
