"""Many sampled tables side by side, looked up all at once: what static timing spends its time with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from costmodel.cells.samples import Samples

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


class Grids:
    """Tables of whatever sizes; looked up by number, with the results of ``Samples.at``.

    Parameters
    ----------
    tables : at least one.
    """

    def __init__(self, tables: Sequence[Samples]) -> None:
        widened = [_widened(table) for table in tables]
        most_rows = max(len(rows) for rows, _, _ in widened)
        most_columns = max(len(columns) for _, columns, _ in widened)
        self._rows = np.full((len(tables), most_rows), np.inf)
        self._columns = np.full((len(tables), most_columns), np.inf)
        self._values = np.zeros((len(tables), most_columns, most_rows))
        for i, (rows, columns, values) in enumerate(widened):
            self._rows[i, : len(rows)] = rows
            self._columns[i, : len(columns)] = columns
            self._values[i, : len(columns), : len(rows)] = values.T
        self._last_row = np.array([len(rows) - 2 for rows, _, _ in widened])
        self._last_column = np.array([len(columns) - 2 for _, columns, _ in widened])

    def alike(self, tables: Indices, others: Indices) -> bool:
        """Whether each of ``tables`` is sampled over the rows of its partner among ``others``."""
        return np.array_equal(self._rows[tables], self._rows[others])

    def at(self, tables: Indices, rows: Floats, columns: Floats) -> Floats:
        """The value of each of ``tables`` at a row and a column."""
        return self.at_columns(tables, columns).at(slice(None), rows)

    def at_columns(self, tables: Indices, columns: Floats) -> Curves:
        """Of each of ``tables`` the curve over its rows at a place of its columns."""
        j, v = _places(self._columns[tables], self._last_column[tables], columns)
        before, after = self._values[tables, j], self._values[tables, j + 1]
        return Curves(self._rows[tables], self._last_row[tables], before + v[:, None] * (after - before))


class Curves:
    """A curve over sampled points each; ``at`` looks some of them up."""

    def __init__(self, points: Floats, last: Indices, values: Floats) -> None:
        self._points, self._last, self._values = points, last, values

    def at(self, curves: slice, points: Floats) -> Floats:
        """The values of ``curves`` at a point of each, linear between the samples and straight on beyond."""
        i, u = _places(self._points[curves], self._last[curves], points)
        return _between(self._values[curves], i, u)

    def both_at(self, other: Curves, curves: slice, points: Floats) -> tuple[Floats, Floats]:
        """The values of ``curves``, and those of another's that are sampled over the same points."""
        i, u = _places(self._points[curves], self._last[curves], points)
        return _between(self._values[curves], i, u), _between(other._values[curves], i, u)

    def replaced(self, which: Indices, others: Curves) -> Curves:
        """The curves with others in the places of some."""
        points, last, values = self._points.copy(), self._last.copy(), self._values.copy()
        points[which], last[which], values[which] = others._points, others._last, others._values
        return Curves(points, last, values)


def _places(points: Floats, last: Indices, values: Floats) -> tuple[Indices, Floats]:
    """The interval of each row of ``points`` that a value lies in, or the nearest, and how far into it."""
    i = np.minimum(np.maximum((points <= values[:, None]).sum(axis=1) - 1, 0), last)
    start, end = _pair(points, i)
    return i, (values - start) / (end - start)


def _between(values: Floats, i: Indices, share: Floats) -> Floats:
    """Of each row of ``values`` what is a share of the way from its sample ``i`` to the next."""
    below, above = _pair(values, i)
    return below + share * (above - below)


def _pair(rows: Floats, i: Indices) -> tuple[Floats, Floats]:
    """Of each row its elements ``i`` and ``i`` + 1."""
    flat = rows.reshape(-1)
    at = np.arange(0, len(flat), rows.shape[1]) + i
    return flat.take(at), flat.take(at + 1)


def _widened(table: Samples) -> tuple[Sequence[float], Sequence[float], NDArray[Any]]:
    """Rows, columns and values of a table; of an axis of one sample two, with the same value."""
    rows, columns, values = table.rows, table.columns, np.array(table.values)
    if len(rows) < 2:
        rows, values = (rows[0], rows[0] + 1), np.repeat(values, 2, axis=0)
    if len(columns) < 2:
        columns, values = (columns[0], columns[0] + 1), np.repeat(values, 2, axis=1)
    return rows, columns, values
