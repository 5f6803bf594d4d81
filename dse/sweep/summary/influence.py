"""Which axis mattered most: what the answer would be with the axis held at each of its values, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dse.sweep.results.sweep_results import Results

HEAD = ("axis", "best", "at", "worst", "at", "factor", "without a design")


@dataclass(frozen=True)
class Influence:
    """An axis, and of each of its values the best aim of all designs that have it; None where none has."""

    axis: str
    reached: list[tuple[Any, float | None]]
    better: str

    @property
    def known(self) -> list[tuple[Any, float]]:
        """The values with which there is an answer, the best first."""
        known = [(value, figure) for value, figure in self.reached if figure is not None]
        return sorted(known, key=lambda pair: pair[1], reverse=self.better == "max")

    @property
    def missing(self) -> list[Any]:
        """The values with which no design keeps the limits."""
        return [value for value, figure in self.reached if figure is None]

    @property
    def factor(self) -> float:
        """How many times worse the worst answer is than the best."""
        best, worst = self.known[0][1], self.known[-1][1]
        if best <= 0 or worst <= 0:
            return 1.0
        return max(worst / best, best / worst)


def influences(results: Results) -> list[Influence]:
    """The axes of a sweep, that first which matters most; none where no design keeps the limits."""
    record = results.record
    if not record.reach:
        return []
    better = results.metric(record.aim).better
    if record.aim in results.objectives:
        better = results.objectives[record.aim]
    found = [
        Influence(axis, list(zip(values, record.reach[axis], strict=True)), better)
        for axis, values in results.axes.items()
    ]
    found = [influence for influence in found if influence.known]
    return sorted(found, key=lambda influence: -influence.factor)


def rows(results: Results) -> list[list[str]]:
    """A table under ``HEAD``, an axis a row."""
    metric = results.metric(results.record.aim)
    lines = []
    for influence in influences(results):
        (first, best), (last, worst) = influence.known[0], influence.known[-1]
        missing = ", ".join(_text(value) for value in influence.missing[:4])
        more = len(influence.missing) - 4
        lines.append(
            [
                influence.axis, metric.text(best), _text(first), metric.text(worst), _text(last),
                f"{influence.factor:.2f}×", missing + (f" and {more} more" if more > 0 else ""),
            ]
        )  # fmt: skip
    return lines


def explained(results: Results) -> str:
    """What the table says."""
    metric = results.metric(results.record.aim)
    within = " within the limits" if results.budget else ""
    return (
        f"The best {metric.label} of all designs{within} that have the axis at one value, for its best and "
        f"its worst value: all of {results.record.feasible:,} feasible designs were looked at. A design that "
        "a key means nothing for counts with each of its values."
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
