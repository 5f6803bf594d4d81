"""``pareto.csv`` and ``verified.csv``: designs for whoever reads tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dse.sweep.results.sweep_results import Results
from dse.sweep.results.verified import Verified
from generator.files import write_csv

MARKS = ("feasible", "front", "group_front")
"""Columns of ``points.parquet`` that are the same along the front."""

ROWS_AT_ONCE = 1 << 14


def write_pareto(path: Path, results: Results) -> None:
    """Writes ``pareto.csv``: the front of all, metrics to seven digits, best first in the first objective.

    Where designs were verified, what was measured stands in more columns, empty for the others.
    """
    name, goal = next(iter(results.objectives.items()))
    front = results.front
    front = front.take(front.order(front.column(name) if goal == "min" else -front.column(name)))
    names = [name for name in front.names if name not in MARKS]
    measured = {design.id: _measured(design) for design in results.verified}
    more = list(next(iter(measured.values()), {}))
    rows: list[tuple[str, ...]] = []
    for start in range(0, len(front), ROWS_AT_ONCE):
        part = front.take(range(start, min(start + ROWS_AT_ONCE, len(front))))
        cells = [_cells(part.values(name)) for name in names]
        measured_rows = [measured.get(id, {}) for id in part.column("id").tolist()] if more else []
        cells += [_cells([figures.get(name) for figures in measured_rows]) for name in more]
        rows += zip(*cells, strict=True)
    write_csv(path, [*names, *more], rows)


def write_verified(path: Path, verified: Sequence[Verified]) -> None:
    """Writes ``verified.csv``: a row for each design that was verified; none are no file."""
    rows = list(_rows(verified))
    if rows:
        write_csv(path, list(rows[0]), ([_cell(value) for value in row.values()] for row in rows))
    else:
        path.unlink(missing_ok=True)


def _measured(design: Verified) -> dict[str, Any]:
    """The measured figures as columns beside those of ``pareto.csv``."""
    figures = {f"measured_{name}": value for name, value in design.measured.items() if name != "cycles"}
    return figures | {"bit_exact": design.bit_exact}


def _rows(verified: Sequence[Verified]) -> Iterator[dict[str, Any]]:
    """The rows of ``verified.csv``."""
    for design in verified:
        row: dict[str, Any] = {
            "id": design.id,
            "what": design.what,
            "core": design.core,
            "library": design.library,
        }
        for name in design.measured:
            row[f"modelled_{name}"] = design.modelled[name]
            row[f"measured_{name}"] = design.measured[name]
            row[f"{name}_error_percent"] = design.error_percent.get(name)
        row |= {"trial": design.trial, "results": design.results, "mismatches": design.mismatches}
        yield row | {"bit_exact": design.bit_exact, "holds": design.holds}


def _cells(values: Sequence[Any]) -> list[str]:
    """The cells of a column."""
    if {type(value) for value in values} == {float}:
        return ("%.7g\n" * len(values) % tuple(values)).splitlines()
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.7g}" if isinstance(value, float) else str(value)
