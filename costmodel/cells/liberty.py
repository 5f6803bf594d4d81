"""A user's cell ``Library``: its Liberty files, what of them is not to be used, its cells in compact form.

Several files, plain or gzip, make one library. The compact form is cached by the files' contents: it is
read in hundredths of a second, where the 44 MB of the ASAP7 libraries take some seconds.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from costmodel.cells.clock_gates import read_clock_gates
from costmodel.cells.delay_cells import delay_cells
from costmodel.cells.liberty_cells import is_used, read_cells
from costmodel.cells.liberty_syntax import LibertyError, parse_groups, read_text
from costmodel.cells.table import FORMAT, Cell, CellTable

# Bumped whenever a Liberty text is read into other cells than before, so that stale tables are not used.
READER = 2
TABLE = 1
"""The same of what is in tables besides, which no result of a design without it depends on: clock gates."""

# What the open flows exclude from mapping: cells too weak to route well, scan flip-flops, clock gates, cells
# of other power domains. The first cell name that starts with the key decides.
KNOWN_DONT_USE: dict[str, tuple[str, ...]] = {
    "asap7": ("*x1p*_ASAP7*", "*xp*_ASAP7*", "SDF*", "ICG*"),
    "sky130": ("*lpflow*", "*probe*"),
}


@dataclass(frozen=True)
class Library:
    """A cell library: Liberty files, plain or gzip, and the patterns (fnmatch) of cells not to be used.

    Parameters
    ----------
    name : a name for reports.
    files : the Liberty files; together they are one library.
    dont_use : patterns of cell names; ``Library.of`` adds the usual ones of the open libraries, which are not
        meant for clock gates.
    gates : Liberty files that only clock gates are taken from, besides.

    Raises ``LibertyError`` when the files are read and found unusable.
    """

    name: str
    files: tuple[Path, ...]
    dont_use: tuple[str, ...] = ()
    gates: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls,
        files: tuple[Path, ...] | list[Path],
        name: str = "",
        dont_use: Iterable[str] = (),
        gates: tuple[Path, ...] = (),
    ) -> Library:
        """A library without the cells that are not customarily used, nor those of ``dont_use``."""
        files = tuple(files)
        if not files:
            raise LibertyError("a library needs at least one Liberty file")
        name = name or files[0].name.split(".")[0]
        usual: tuple[str, ...] = next(
            (
                patterns
                for start in (_first_cell(path) for path in files)
                for key, patterns in KNOWN_DONT_USE.items()
                if key in start
            ),
            (),
        )
        return cls(name, files, tuple(dict.fromkeys((*usual, *dont_use))), gates)

    @cached_property
    def digest(self) -> str:
        """A hash of what the library is: contents and don't-use patterns, not names and places.

        Clock gates of files of their own are left out: ``gates_digest`` is for designs that have some.
        """
        digest = hashlib.sha256(f"format {FORMAT}, reader {READER}\n".encode())
        for path in self.files:
            digest.update(read_text(path).encode("utf-8", errors="replace"))
        digest.update("\n".join(sorted(self.dont_use)).encode())
        return digest.hexdigest()

    @cached_property
    def gates_digest(self) -> str:
        """A hash of the library with all its clock gates."""
        digest = hashlib.sha256(f"{self.digest} {TABLE}\n".encode())
        for path in self.gates:
            digest.update(read_text(path).encode("utf-8", errors="replace"))
        return digest.hexdigest()

    def cached_table(self, cache_dir: Path) -> Path:
        """The file with the library's cells in compact form, parsed once per content."""
        cached = cache_dir / f"library-{self.gates_digest[:32]}.json"
        if not cached.exists():
            self.table().save(cached)
        return cached

    def table(self, cache_dir: Path | None = None) -> CellTable:
        """All usable cells; parsed once per content when a cache directory is given."""
        if cache_dir is not None:
            return CellTable.load(self.cached_table(cache_dir))
        cells: dict[str, Cell] = {}
        origin: dict[str, Path] = {}
        for path in self.files:
            for name, cell in parse(read_text(path), str(path), self.dont_use).items():
                if name in cells:
                    where = "twice" if origin[name] == path else f"in {origin[name]} too"
                    raise LibertyError(f"{path}: cell {name} is {where}; files of one corner make a library")
                cells[name], origin[name] = cell, path
        table = self.with_cells(cells)
        usual = {pattern for patterns in KNOWN_DONT_USE.values() for pattern in patterns}
        unused = tuple(pattern for pattern in self.dont_use if pattern not in usual)
        for path in (*self.files, *self.gates):
            table.cells.update(read_clock_gates(read_text(path), str(path), unused))
        return table

    def with_cells(self, cells: Mapping[str, Cell]) -> CellTable:
        """The table of those cells that are used. Raises ``LibertyError`` if there are none."""
        slow = delay_cells(cells)
        usable = {name: cell for name, cell in cells.items() if name not in slow}
        if not usable:
            patterns = ", ".join(self.dont_use)
            raise LibertyError(
                f"{self.files[0]}: every cell is excluded by the don't-use patterns {patterns}"
                if patterns
                else f"{self.files[0]}: no cell is left: all are marked dont_use, or of a special purpose"
            )
        return CellTable(self.name, usable)

    def unmatched(self) -> list[str]:
        """The don't-use patterns that no cell of the files matches."""
        names = [name for path in (*self.files, *self.gates) for name in _cell_names(read_text(path))]
        return [pattern for pattern in self.dont_use if not fnmatch.filter(names, pattern)]


_CELL = re.compile(r'\bcell\s*\(\s*"?([^\s")]+)"?\s*\)\s*{')


def _cell_names(text: str) -> list[str]:
    return _CELL.findall(text)


def _first_cell(path: Path) -> str:
    """The name of the file's first cell in lower case; empty if it has none."""
    try:
        match = _CELL.search(read_text(path))
    except LibertyError:
        return ""
    return match[1].lower() if match else ""


def parse(text: str, source: str, dont_use: tuple[str, ...] = ()) -> dict[str, Cell]:
    """The usable cells of one Liberty text. Raises ``LibertyError`` with one line that names the source."""
    unused = re.compile("|".join(fnmatch.translate(pattern) for pattern in dont_use) or r"(?!)")
    root = parse_groups(
        text, source, lambda kind, name: is_used(kind) and not (kind == "cell" and unused.match(name))
    )
    libraries = root.of("library")
    if not libraries:
        raise LibertyError(f"{source}: not a Liberty file (no library group)")
    if not any("cell" in library.attributes or library.of("cell") for library in libraries):
        raise LibertyError(f"{source}: the library has no cells")
    cells: dict[str, Cell] = {}
    for library in libraries:
        for name, cell in read_cells(library, source).items():
            if name in cells:
                raise LibertyError(
                    f"{source}: cell {name} is in two of its libraries; one corner is expected"
                )
            cells[name] = cell
    return cells
