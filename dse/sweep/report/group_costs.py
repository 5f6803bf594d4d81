"""What a token rate costs at each group size: the question that the lookup table answers, for every format.

For each activation format, datapath and group size the least area per token a second of any table design; for
architectures without tables, which know no groups, one figure a format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from dse.presentation.naming import has_groups
from dse.sweep.results.designs import Row
from dse.sweep.results.sweep_results import EFFICIENCY, Results
from generator.config import ARCHITECTURES

KEYS = ("activation", "datapath", "architecture", "group_size")


@dataclass(frozen=True)
class FormatCosts:
    """One format and datapath: its best table design of each group size, and its best without tables."""

    name: str
    lut: tuple[Row, ...]
    baselines: tuple[Row, ...]


def cost(row: Row) -> float:
    """Area (µm²) for each token a second."""
    return float(row[EFFICIENCY[0]])


def group_costs(results: Results) -> list[FormatCosts]:
    """For each format, the cheapest first; empty where no format has table designs of two group sizes."""
    if "group_size" not in results.keys or "group_size" in results.record.fixed:
        return []
    rows = sorted(results.best_of(KEYS), key=lambda row: (number_of(row), row["group_size"]))
    formats = []
    for name, group in groupby(rows, key=number_of):
        rows_of_format = list(group)
        lut = tuple(row for row in rows_of_format if has_groups(row["architecture"]))
        formats.append(FormatCosts(name, lut, tuple(_cheapest_without_tables(rows_of_format))))
    if all(len(costs.lut) < 2 for costs in formats):
        return []
    return sorted(formats, key=lambda costs: min(map(cost, (*costs.lut, *costs.baselines))))


def _cheapest_without_tables(rows: list[Row]) -> Iterator[Row]:
    for architecture in (name for name in ARCHITECTURES if not has_groups(name)):
        rows_of_format = [row for row in rows if row["architecture"] == architecture]
        if rows_of_format:
            yield min(rows_of_format, key=cost)


def number_of(row: Row) -> str:
    """A design's number format and what is done with it."""
    return f"{row['activation']} {row['datapath'] or 'integer'}"
