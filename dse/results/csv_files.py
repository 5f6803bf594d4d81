"""``pareto.csv`` and ``verified.csv``: designs for whoever reads tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dse.results.designs import Row
from dse.results.verified import MEASURED, Verified
from generator.files import write_text


def write_pareto(path: Path, front: Sequence[Row], verified: Sequence[Verified] = ()) -> None:
    """Writes ``pareto.csv``: the front of all, metrics to seven digits, best first in the first objective.

    Where designs were verified, what was measured stands in more columns, empty for the others.
    """
    names = [name for name in front[0] if name not in ("feasible", "front", "group_front")]
    measured = {one.id: _measured(one) for one in verified}
    more = list(next(iter(measured.values()), {}))
    _write_csv(
        path,
        [*names, *more],
        [{name: row[name] for name in names} | measured.get(row["id"], {}) for row in front],
    )


def write_verified(path: Path, verified: Sequence[Verified]) -> None:
    """Writes ``verified.csv``: a row for each design that was verified; none are no file."""
    rows = list(_rows(verified))
    if rows:
        _write_csv(path, list(rows[0]), rows)
    else:
        path.unlink(missing_ok=True)


def _measured(one: Verified) -> dict[str, Any]:
    """The measured figures as columns beside those of ``pareto.csv``."""
    figures = {f"measured_{name}": getattr(one.measured, name) for name in MEASURED[:-1]}
    return figures | {"bit_exact": one.bit_exact}


def _rows(found: Sequence[Verified]) -> Iterator[dict[str, Any]]:
    """The rows of ``verified.csv``."""
    for one in found:
        row: dict[str, Any] = {"id": one.id, "what": one.what, "core": one.core, "library": one.library}
        for name in MEASURED:
            row[f"modelled_{name}"] = getattr(one.modelled, name)
            row[f"measured_{name}"] = getattr(one.measured, name)
            row[f"{name}_error_percent"] = one.error_percent.get(name)
        row |= {"trial": one.trial, "results": one.results, "mismatches": one.mismatches}
        yield row | {"bit_exact": one.bit_exact, "holds": one.holds}


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Row]) -> None:
    lines = [",".join(names)]
    lines += [",".join(_cell(row.get(name)) for name in names) for row in rows]
    write_text(path, "\n".join(lines) + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.7g}" if isinstance(value, float) else str(value)
