"""A cell table that is small enough to ship: chosen cells of a library, their delays thinned out.

``python -m costmodel.cells.compact --liberty FILE... -o FILE`` makes one of whole Liberty files; with
``--like`` it has the cells of another table, which is how a shipped one is made anew, and besides those of
``--cells``.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from costmodel.cells.liberty import Library
from costmodel.cells.liberty_syntax import LibertyError
from costmodel.cells.samples import rounded
from costmodel.cells.table import Arc, CellTable
from generator.errors import TernlutError


def compact(
    table: CellTable, names: Iterable[str], slews: int = 4, loads: int = 4, attribution: str = ""
) -> CellTable:
    """A table of only the named cells, delays sampled at ``slews`` × ``loads`` points."""
    cells = {}
    for name in names:
        cell = table.cells[name]
        pins = {}
        for pin in cell.pins.values():
            arcs = tuple(
                Arc(
                    arc.related,
                    arc.kind,
                    arc.sense,
                    {key: samples.thinned(slews, loads) for key, samples in arc.tables.items()},
                )
                for arc in pin.arcs
            )
            edges = pin.edges and (rounded(pin.edges[0]), rounded(pin.edges[1]))
            pins[pin.name] = replace(pin, capacitance=rounded(pin.capacitance), arcs=arcs, edges=edges)
        cells[name] = replace(cell, pins=pins)
    return CellTable(table.name, cells, attribution or table.attribution)


def chosen(table: CellTable, patterns: Sequence[str]) -> list[str]:
    """The cells of ``table`` that match ``patterns``, in their order; ``LibertyError`` if one has none."""
    names: dict[str, None] = {}
    for pattern in patterns:
        matches = fnmatch.filter(table.cells, pattern)
        if not matches:
            raise LibertyError(f"no cell of library {table.name} is called {pattern}")
        names |= dict.fromkeys(matches)
    return list(names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes a table; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m costmodel.cells.compact", description=__doc__)
    parser.add_argument("--liberty", type=Path, nargs="+", required=True, metavar="FILE", help="the library")
    parser.add_argument("--name", default="", help="the table's name; that of --like, or of the first file")
    parser.add_argument("--cells", nargs="+", metavar="PATTERN", help="cells to keep; all unless said")
    parser.add_argument("--like", type=Path, metavar="FILE", help="a table whose cells are kept")
    parser.add_argument("--slews", type=int, default=4, help="samples along the slew")
    parser.add_argument("--loads", type=int, default=4, help="samples along the load")
    parser.add_argument("--attribution", default="", help="whose figures they are, and their licence")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="table to write")
    options = parser.parse_args(arguments)
    try:
        like = CellTable.load(options.like) if options.like else None
        name = options.name or (like.name if like else "")
        table = Library.of(options.liberty, name).table()
        kept = list(like.cells) if like else []
        names = chosen(table, [*kept, *(options.cells or ([] if like else table.cells))])
        attribution = options.attribution or (like.attribution if like else "")
        small = compact(table, names, options.slews, options.loads, attribution)
        small.save(options.out)
    except (TernlutError, OSError, ValueError) as error:
        print(f"compact: {error}", file=sys.stderr)
        return 2
    print(f"{options.out}: {len(small.cells)} of {len(table.cells)} cells")
    return 0


if __name__ == "__main__":
    sys.exit(main())
