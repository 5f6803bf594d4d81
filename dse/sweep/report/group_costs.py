"""What a token rate costs at each group size: the question that the lookup table answers, for every format.

For each activation format, datapath and group size the least that any table design costs for each token a
second; for architectures without tables, which know no groups, one figure a format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from dse.presentation.naming import has_groups
from dse.sweep.results.designs import Row
from dse.sweep.results.sweep_results import Results
from generator.config import ARCHITECTURES

KEYS = ("activation", "datapath", "architecture", "group_size")


@dataclass(frozen=True)
class FormatCosts:
    """One format and datapath: its best table design of each group size, and its best without tables.

    ``figure`` is the name of what each token a second costs.
    """

    name: str
    figure: str
    lut: tuple[Row, ...]
    baselines: tuple[Row, ...]

    def cost(self, row: Row) -> float:
        """What a design costs for each token a second."""
        return float(row[self.figure])


def group_costs(results: Results) -> list[FormatCosts]:
    """For each format, the cheapest first; empty where no format has table designs of two group sizes."""
    if "group_size" not in results.keys or "group_size" in results.record.fixed:
        return []
    rows = sorted(results.best_of(KEYS), key=lambda row: (number_of(row), row["group_size"]))
    formats = []
    for name, group in groupby(rows, key=number_of):
        rows_of_format = list(group)
        lut = tuple(row for row in rows_of_format if has_groups(row["architecture"]))
        baselines = tuple(_cheapest_without_tables(rows_of_format, results.for_rate.name))
        formats.append(FormatCosts(name, results.for_rate.name, lut, baselines))
    if all(len(costs.lut) < 2 for costs in formats):
        return []
    return sorted(formats, key=lambda costs: min(map(costs.cost, (*costs.lut, *costs.baselines))))


def _cheapest_without_tables(rows: list[Row], figure: str) -> Iterator[Row]:
    for architecture in (name for name in ARCHITECTURES if not has_groups(name)):
        rows_of_format = [row for row in rows if row["architecture"] == architecture]
        if rows_of_format:
            yield min(rows_of_format, key=lambda row: float(row[figure]))


def number_of(row: Row) -> str:
    """A design's number format and what is done with it."""
    return f"{row['activation']} {row['datapath'] or 'integer'}"
