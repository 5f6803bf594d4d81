"""Values sampled on a grid, as cell libraries have delays, transitions and setup times."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class Samples:
    """A value sampled over input slew (ps, rows) and a second axis (columns).

    The second axis is the load in fF for delays and transitions, and the slew of the clock in ps for
    setup times.
    """

    rows: tuple[float, ...]
    columns: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]

    def at(self, row: float, column: float) -> float:
        """The value between the samples, bilinear; straight on beyond them."""
        i, u = _place(self.rows, row)
        j, v = _place(self.columns, column)
        below, above = (
            values[j] + (v * (values[j + 1] - values[j]) if v else 0.0)
            for values in (self.values[i], self.values[min(i + 1, len(self.rows) - 1)])
        )
        return below + u * (above - below)

    def thinned(self, rows: int, columns: int) -> Samples:
        """The same table with at most so many rows and columns, first and last ones kept."""
        keep_rows = _spread(len(self.rows), rows)
        keep_columns = _spread(len(self.columns), columns)
        return Samples(
            tuple(self.rows[i] for i in keep_rows),
            tuple(self.columns[j] for j in keep_columns),
            tuple(tuple(rounded(self.values[i][j]) for j in keep_columns) for i in keep_rows),
        )


ZERO = Samples((0.0,), (0.0,), ((0.0,),))
"""Nothing, whatever the slew and the load."""


def _place(points: tuple[float, ...], value: float) -> tuple[int, float]:
    """The interval that a value lies in, or the nearest one, and how far into it."""
    if len(points) < 2:
        return 0, 0.0
    i = min(max(bisect_right(points, value) - 1, 0), len(points) - 2)
    return i, (value - points[i]) / (points[i + 1] - points[i])


def _spread(available: int, wanted: int) -> list[int]:
    """Indices of ``wanted`` of ``available`` points, first and last included, evenly spread."""
    if available <= wanted:
        return list(range(available))
    return sorted({round(i * (available - 1) / (wanted - 1)) for i in range(wanted)})


def rounded(value: float) -> float:
    """Four significant digits: what a fitted table is good for."""
    return float(f"{value:.4g}") if math.isfinite(value) else 0.0
