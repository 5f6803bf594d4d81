"""What the same question is answered with behind memories of other bandwidths."""

from __future__ import annotations

from dataclasses import dataclass

from dse.presentation.phrases import relation
from dse.sweep.results.designs import Row
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.sentences import held_against, recommendation

NONE = "no design keeps the limits"


@dataclass(frozen=True)
class Answer:
    """What is recommended behind one memory, and the best of each kind that it is held against there.

    ``compared``: with names, the recommended design first; empty where no design keeps the limits. ``text``
    says the same in words.
    """

    gigabytes: float
    here: bool
    compared: list[tuple[str, Row]]
    text: list[str]

    @property
    def best(self) -> Row | None:
        return self.compared[0][1] if self.compared else None


def answers(summary: Summary) -> list[Answer]:
    """The answers behind all bandwidths for which the space was judged, its own among them."""
    here = summary.results.record.bandwidth
    if here is None or not summary.results.behind:
        return []
    found = [(here, summary)]
    found += [(gigabytes, Summary(results)) for gigabytes, results in summary.results.behind.items()]
    return [
        Answer(gigabytes, gigabytes == here, [] if each.best is None else each.compared, _text(each))
        for gigabytes, each in sorted(found, key=lambda pair: pair[0])
    ]


def _text(summary: Summary) -> list[str]:
    if summary.best is None:
        return [f"{NONE[0].upper()}{NONE[1:]}."]
    return [recommendation(summary, summary.best), *held_against(summary, summary.best)]


def head(summary: Summary) -> list[str]:
    """Headings of ``rows``."""
    names = [summary.rules.metric(name).label for name in summary.results.objectives]
    return ["memory", *names, "recommended", "held against"]


def rows(summary: Summary) -> list[list[str]]:
    """A table of the answers."""
    lines = []
    metrics = [summary.rules.metric(name) for name in summary.results.objectives]
    for answer in answers(summary):
        memory = f"{answer.gigabytes:g} GB/s" + (", the spec's" if answer.here else "")
        best = answer.best
        if best is None:
            lines.append([memory, *["–"] * len(metrics), NONE, ""])
            continue
        others = [f"{name}: {_beside(summary, best, other)}" for name, other in answer.compared[1:]]
        figures = [metric.text(best[metric.name]) for metric in metrics]
        lines.append([memory, *figures, summary.naming.phrase(best), "; ".join(others)])
    return lines


def _beside(summary: Summary, best: Row, other: Row) -> str:
    """What another kind's best costs, and how that stands beside the recommended design's price."""
    price = summary.rules.metric(summary.price)
    words = relation(float(other[price.name]), float(best[price.name]))
    return price.text(other[price.name]) + (f" ({words})" if words else "")


def explained(summary: Summary) -> str:
    """What the table says."""
    return (
        "The same question behind memories of other bandwidths, everything else as it is: every design of "
        "the space was judged behind each of them, and buffers are as large as that memory needs them."
    )
