"""A few designs that stand for the whole front: those that are spoken of, and an even choice between them."""

from __future__ import annotations

from collections.abc import Sequence

from dse.results.designs import Row
from dse.results.sweep_results import Results
from dse.summary.findings import Summary

EVEN = 12
"""Designs chosen evenly along the front."""


def along_front(summary: Summary, even: int = EVEN) -> list[tuple[str, Row]]:
    """Designs in the order of their price, each with what it is called, or with nothing.

    The even choice is one of the best designs in price and rate alone, in the order of price.
    """
    price = summary.price
    steps = staircase(summary.results.front, price, summary.rate, summary.results)
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


def staircase(rows: Sequence[Row], price: str, rate: str, results: Results) -> list[Row]:
    """Of ``rows`` those that are on the front of the two objectives alone, cheapest first."""
    sign_price = 1 if results.objectives[price] == "min" else -1
    sign_rate = 1 if results.objectives[rate] == "min" else -1
    kept: list[Row] = []
    for row in sorted(rows, key=lambda row: (sign_price * row[price], sign_rate * row[rate], row["id"])):
        if not kept or sign_rate * row[rate] < sign_rate * kept[-1][rate]:
            kept.append(row)
    return kept
