"""A design of the study in a few words, and what is changed between two of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dse.presentation.phrases import listing
from dse.sweep.results.designs import Row

FEW = ("pipeline.table", "pipeline.fetch", "pipeline.reduction_every", "pipeline.float_stages")
"""Keys that say where registers are."""


def records(table: pd.DataFrame) -> list[Row]:
    """The lines of a table by its columns; whole numbers as such, None where there is nothing."""
    return [{str(key): plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def plain(value: Any) -> Any:
    """A value as it was before a table with gaps made it a float."""
    if not stated(value):
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def shape(row: Row) -> str:
    """``µ = 3, 24 × 32``: group size, activations by outputs, cores, arithmetic."""
    length = row["tables"] * row["group_size"]
    words = [f"µ = {row['group_size']:.0f}" if row["architecture"] == "lut" else str(row["architecture"])]
    words.append(f"{length:.0f} × {row['columns']:.0f}")
    if row["cores"] > 1:
        words.append(f"{row['cores']:.0f} cores")
    if stated(row.get("datapath")) and row["datapath"] != "native":
        kept = f" {row['aligned_bits']:.0f} bits" if row["datapath"] == "aligned" else ""
        words.append(f"{row['datapath']}{kept}")
    return ", ".join(words)


def stated(value: Any) -> bool:
    """Whether a row has a value there."""
    return not bool(pd.isna(value))


def correction_of(before: Row, after: Row) -> str:
    """What is changed: ``µ 5 → 2; 39 × 5 × 8 → 48 × 32``."""
    changes = []
    if before["architecture"] != after["architecture"]:
        changes.append("no tables" if after["architecture"] == "select" else "tables")
    if before["group_size"] != after["group_size"] and after["architecture"] == "lut":
        changes.append(f"µ {before['group_size']:.0f} → {after['group_size']:.0f}")
    tables = after["architecture"] == "lut"
    if tables and _changed(before, after, "symmetry"):
        changes.append("half of each table")
    if (old := _tile(before)) != (new := _tile(after)):
        changes.append(f"{old} → {new}")
    if before["fetch"] != after["fetch"] and after["architecture"] == "lut":
        changes.append(f"{after['fetch']} fetch")
    if _changed(before, after, "reduction"):
        changes.append(f"{str(after['reduction']).replace('_', '-')} sums")
    if any(_changed(before, after, key) for key in FEW):
        changes.append("registers")
    return listing(changes) if changes else "nothing"


def _changed(before: Row, after: Row, key: str) -> bool:
    """Whether both say something of ``key``, and not the same."""
    old, new = before.get(key), after.get(key)
    return stated(old) and stated(new) and old != new


def _tile(row: Row) -> str:
    cores = f"{row['cores']:.0f} × " if row["cores"] > 1 else ""
    return f"{cores}{row['tables'] * row['group_size']:.0f} × {row['columns']:.0f}"
