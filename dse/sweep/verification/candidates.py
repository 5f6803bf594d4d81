"""Which designs are verified: the one that is recommended, and then those that would change the answer.

In this order, each design once: the recommended one; the best of each other compared value, by the rule that
recommends; the most balanced of the front; the best in each objective; then those that follow the recommended
one. With a budget all of them are within it, as far as any design is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dse.sweep.results.designs import Row
from dse.sweep.summary.findings import Summary


@dataclass(frozen=True)
class Candidate:
    """A design to verify: ``what`` it is, and its ``rank`` among those that could be recommended, from 1."""

    what: str
    rank: int
    row: Row


def candidates(summary: Summary, count: int) -> list[Candidate]:
    """The first ``count`` designs to verify; fewer where there are no more."""
    ranks = {id: rank for rank, id in enumerate(summary.ranking.column("id").tolist(), start=1)}
    chosen: dict[int, Candidate] = {}
    for what, row in _proposals(summary):
        if len(chosen) == count:
            break
        chosen.setdefault(row["id"], Candidate(what, ranks[row["id"]], row))
    return list(chosen.values())


def _proposals(summary: Summary) -> Iterator[tuple[str, Row]]:
    """Designs in order, some of them more than once, with what they are."""
    results, ranking = summary.results, summary.ranking
    if summary.best is not None:
        yield "recommended core", summary.best
    for value in results.kinds:
        designs = results.of_kind(ranking, value)
        if len(designs):
            yield summary.naming.kind(value, "best"), designs[0]
    yield "most balanced core", summary.balanced
    front = ranking.where(ranking.column("front"))
    for name, goal in results.objectives.items():
        best = np.argmin(front.column(name)) if goal == "min" else np.argmax(front.column(name))
        yield f"core of {summary.extreme(name)}", front[int(best)]
    for place in range(len(ranking)):
        yield f"core ranked {place + 1}", ranking[place]
