"""A few designs that stand for the whole front: those that are spoken of, and an even choice between them."""

from __future__ import annotations

import numpy as np

from dse.sweep.results.designs import Designs, Row
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.rules import Rules

EVEN = 12
"""Designs chosen evenly along the front."""


def along_front(summary: Summary, even: int = EVEN) -> list[tuple[str, Row]]:
    """Designs in the order of their price, each with what it is called, or with nothing.

    The even choice is one of the best designs in price and rate alone, in the order of price.
    """
    price = summary.price
    steps = staircase(summary.results.front, summary.rules)
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


def staircase(designs: Designs, rules: Rules) -> Designs:
    """Of ``designs`` those that are on the front of price and merit alone, cheapest first."""
    prices, rates = rules.cost(designs, rules.price), rules.cost(designs, rules.merit)
    order = designs.order(prices, rates)
    best = np.minimum.accumulate(rates[order])
    return designs.take(order[np.concatenate([[True], best[1:] < best[:-1]])[: len(order)]])
