"""Which designs are verified: the one that is recommended, and then those that would change the answer.

In this order, each design once: the recommended one; the best of each other compared value, by the rule that
recommends; the most balanced of the front; the best in each objective; then those that follow the recommended
one. With a budget all of them are within it, as far as any design is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dse.results.designs import Row
from dse.summary.findings import Summary


@dataclass(frozen=True)
class Candidate:
    """A design to verify: ``what`` it is, and its ``rank`` among those that could be recommended, from 1."""

    what: str
    rank: int
    row: Row


def candidates(summary: Summary, count: int) -> list[Candidate]:
    """The first ``count`` designs to verify; fewer where there are no more."""
    ranks = {row["id"]: rank for rank, row in enumerate(summary.ranking, start=1)}
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
    for value in results.meta["groups"]:
        own = next((row for row in ranking if row[results.compare] == value), None)
        if own is not None:
            named = value if results.compare == "architecture" else f"{results.compare} = {value}"
            yield f"best {named} core", own
    yield "most balanced core", summary.balanced
    front = [row for row in ranking if row["front"]]
    for name, goal in results.objectives.items():
        sign = 1 if goal == "min" else -1
        yield f"core of {summary.extreme(name)}", min(front, key=lambda row: sign * row[name])
    for rank, row in enumerate(ranking, start=1):
        yield f"core ranked {rank}", row
