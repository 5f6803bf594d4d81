"""Reading Liberty files: a small parser that keeps what synthesis and timing need, and a user's `Library`.

Several files, plain or gzip, make one library. The compact form is cached by the files' contents: it is
read in hundredths of a second, where the 44 MB of the ASAP7 libraries take one.
"""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import math
import os
import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from costmodel.cells.table import FORMAT, Arc, Cell, CellTable, FlipFlop, Pin, Samples
from generator.errors import TernlutError

# What the open flows exclude from mapping: cells too weak to route well, scan flip-flops, clock gates, cells
# of other power domains. The first cell name that starts with the key decides.
KNOWN_DONT_USE: dict[str, tuple[str, ...]] = {
    "asap7": ("*x1p*_ASAP7*", "*xp*_ASAP7*", "SDF*", "ICG*"),
    "sky130": ("*lpflow*", "*probe*"),
}


class LibertyError(TernlutError):
    """A Liberty file that cannot be used; the message is one line that names the file."""


@dataclass(frozen=True)
class Library:
    """A cell library: Liberty files, plain or gzip, and the patterns (fnmatch) of cells not to be used.

    Parameters
    ----------
    name : a name for reports.
    files : the Liberty files; together they are one library.
    dont_use : patterns of cell names; `Library.of` fills in the usual ones of the open libraries.

    Raises `LibertyError` when the files are read and found unusable.
    """

    name: str
    files: tuple[Path, ...]
    dont_use: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        files: tuple[Path, ...] | list[Path],
        name: str = "",
        dont_use: tuple[str, ...] | None = None,
    ) -> Library:
        """A library with the customary don't-use patterns unless others are given."""
        files = tuple(files)
        if not files:
            raise LibertyError("a library needs at least one Liberty file")
        name = name or files[0].name.split(".")[0]
        if dont_use is None:
            dont_use = next(
                (
                    usual
                    for start in (_first_cell(path) for path in files)
                    for key, usual in KNOWN_DONT_USE.items()
                    if key in start
                ),
                (),
            )
        return cls(name, files, dont_use)

    @cached_property
    def digest(self) -> str:
        """A hash of everything that the library is: contents and don't-use patterns, not names and places."""
        digest = hashlib.sha256(f"format {FORMAT}\n".encode())
        for path in self.files:
            digest.update(_read_bytes(path))
        digest.update("\n".join(sorted(self.dont_use)).encode())
        return digest.hexdigest()

    def cached_table(self, cache_dir: Path) -> Path:
        """The file with the library's cells in compact form, parsed once per content."""
        cached = cache_dir / f"library-{self.digest[:32]}.json"
        if not cached.exists():
            self.table().save(cached)
        return cached

    def table(self, cache_dir: Path | None = None) -> CellTable:
        """All usable cells; parsed once per content when a cache directory is given."""
        if cache_dir is not None:
            return CellTable.load(self.cached_table(cache_dir))
        cells: dict[str, Cell] = {}
        for path in self.files:
            cells.update(parse(read_text(path), str(path), self.dont_use))
        if not cells:
            raise LibertyError(
                f"{self.files[0]}: every cell is excluded by the don't-use patterns "
                f"{', '.join(self.dont_use)}"
            )
        return CellTable(self.name, cells)


def read_text(path: Path) -> str:
    """The text of a Liberty file, plain or gzip. Raises `LibertyError`."""
    data = _read_bytes(path)
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise LibertyError(f"{path}: truncated or damaged gzip file ({error})") from None
    return data.decode("utf-8", errors="replace")


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LibertyError(
            f"{path}: cannot read this Liberty file ({os.strerror(error.errno or 0)})"
        ) from None


def _first_cell(path: Path) -> str:
    """The name of the file's first cell in lower case; empty if it has none."""
    try:
        match = re.search(r'\bcell\s*\(\s*"?([\w.]+)', read_text(path))
    except LibertyError:
        return ""
    return match.group(1).lower() if match else ""


# Parsing --------------------------------------------------------------------------------------------------

# One statement: `name (arguments) {` or `;`, `name : value;`, or a closing brace.
_STATEMENT = re.compile(
    r"""
    ([A-Za-z_]\w*)\s*
    (?: \( ([^()"]*(?:"[^"]*"[^()"]*)*) \) \s* ([{;]?)
      | : \s* ("[^"]*"|[^;\n{}]*?) \s* (?:;|\n|(?=\})) )
    | (\})""",
    re.VERBOSE,
)
_BRACE = re.compile(r"[{}]")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

_TIMES = {
    "cell_rise",
    "cell_fall",
    "rise_transition",
    "fall_transition",
    "rise_constraint",
    "fall_constraint",
}
# Groups we descend into; all others are skipped unread.
_GROUPS = {
    "library",
    "cell",
    "pin",
    "ff",
    "latch",
    "timing",
    "lu_table_template",
    "statetable",
    "clock_gating",
    "test_cell",
    *_TIMES,
}
_KEPT_KINDS = (
    "",
    "combinational",
    "combinational_rise",
    "combinational_fall",
    "rising_edge",
    "falling_edge",
    "setup_rising",
    "setup_falling",
)
_TIME_UNITS = {"s": 1e12, "ms": 1e9, "us": 1e6, "ns": 1e3, "ps": 1.0, "fs": 1e-3}
_CAPACITANCE_UNITS = {"ff": 1.0, "pf": 1e3, "nf": 1e6}


class _Group:
    """A group of the file as read: its kind, arguments, simple attributes and inner groups."""

    __slots__ = ("arguments", "attributes", "groups", "kind")

    def __init__(self, kind: str, arguments: str) -> None:
        self.kind = kind
        self.arguments = arguments.strip().strip('"')
        self.attributes: dict[str, str] = {}
        self.groups: list[_Group] = []

    def of(self, kind: str) -> list[_Group]:
        return [group for group in self.groups if group.kind == kind]


def parse(text: str, source: str, dont_use: tuple[str, ...] = ()) -> dict[str, Cell]:
    """The usable cells of one Liberty text. Raises `LibertyError` with one line that names the source."""
    root = _parse_groups(text, source, dont_use)
    libraries = root.of("library")
    if not libraries:
        raise LibertyError(f"{source}: not a Liberty file (no library group)")
    library = libraries[0]
    if "cell" not in library.attributes and not library.of("cell"):
        raise LibertyError(f"{source}: the library has no cells")
    try:
        return _Reader(library).cells()
    except (ValueError, IndexError, KeyError) as error:
        raise LibertyError(f"{source}: damaged Liberty file ({error})") from None


def _parse_groups(text: str, source: str, dont_use: tuple[str, ...]) -> _Group:
    def fail(what: str) -> NoReturn:
        raise LibertyError(f"{source}: {what}")

    text = _COMMENT.sub("", text) if "/*" in text else text
    unused = re.compile("|".join(fnmatch.translate(pattern) for pattern in dont_use) or r"(?!)")
    root = _Group("", "")
    open_groups = [root]
    position = 0
    search = _STATEMENT.search
    while match := search(text, position):
        position = match.end()
        name, arguments, follow, value, closing = match.groups()
        if closing:
            open_groups.pop()
            if not open_groups:
                fail("unbalanced braces, one } too many")
        elif value is not None:
            open_groups[-1].attributes[name] = value.strip('"')
        elif follow == "{":
            group = _Group(name, arguments)
            if name in _GROUPS and not (name == "cell" and unused.match(group.arguments)):
                open_groups[-1].groups.append(group)
                open_groups.append(group)
            else:
                # A don't-use cell still counts as a cell of the file.
                open_groups[-1].attributes.setdefault(name, group.arguments)
                position = _skip(text, position)
                if position < 0:
                    fail("truncated Liberty file (unbalanced braces)")
        else:
            open_groups[-1].attributes[name] = arguments
    if len(open_groups) > 1:
        fail("truncated Liberty file (unbalanced braces)")
    return root


def _skip(text: str, position: int) -> int:
    """The position after the group whose opening brace lies just before; -1 if it never ends."""
    depth = 1
    for match in _BRACE.finditer(text, position):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.end()
    return -1


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, _NUMBER.findall(text)))


class _Reader:
    """Turns the groups of one library into cells, in ps and fF."""

    def __init__(self, library: _Group) -> None:
        self.library = library
        self.templates = {group.arguments: group for group in library.of("lu_table_template")}
        self.time = self._unit(library.attributes.get("time_unit", "1ns"), _TIME_UNITS, "time_unit")
        self.capacitance = self._unit(
            library.attributes.get("capacitive_load_unit", "1,pf"), _CAPACITANCE_UNITS, "capacitive_load_unit"
        )

    @staticmethod
    def _unit(text: str, units: dict[str, float], what: str) -> float:
        match = re.match(r'([\d.eE+-]+)[\s,"]*([a-zA-Z]+)', text.strip().strip('"'))
        if not match or match.group(2).lower() not in units:
            raise ValueError(f"unknown {what} {text!r}")
        return float(match.group(1)) * units[match.group(2).lower()]

    def cells(self) -> dict[str, Cell]:
        cells = {}
        for group in self.library.of("cell"):
            attributes = group.attributes
            # Macros with buses and cells that the library itself excludes are of no use to us.
            if "bus" in attributes or "bundle" in attributes or attributes.get("dont_use") == "true":
                continue
            cells[group.arguments] = Cell(
                group.arguments,
                float(attributes.get("area", "0")),
                {pin.arguments: self._pin(pin) for pin in group.of("pin")},
                self._flip_flop(group),
                any(group.of(kind) for kind in ("ff", "latch", "statetable"))
                or "clock_gating_integrated_cell" in attributes,
            )
        return cells

    @staticmethod
    def _flip_flop(cell: _Group) -> FlipFlop | None:
        groups = cell.of("ff")
        if len(groups) != 1:
            return None
        names = [name.strip().strip('"') for name in groups[0].arguments.replace('"', "").split(",")]
        attributes = groups[0].attributes
        return FlipFlop(
            names[0],
            names[1],
            attributes["next_state"],
            attributes["clocked_on"],
            attributes.get("clear"),
            attributes.get("preset"),
        )

    def _pin(self, group: _Group) -> Pin:
        attributes = group.attributes
        output = attributes.get("direction") == "output"
        rise, fall = (attributes.get(f"{edge}_capacitance") for edge in ("rise", "fall"))
        edges = None
        if rise is not None and fall is not None and not output:
            edges = float(rise) * self.capacitance, float(fall) * self.capacitance
        return Pin(
            group.arguments,
            attributes.get("direction", "input"),
            float(attributes.get("capacitance", "0")) * self.capacitance,
            attributes.get("function"),
            attributes.get("clock") == "true",
            self._arcs(group),
            edges,
            self._limit(group, "max_capacitance") * self.capacitance if output else math.inf,
            self._limit(group, "max_transition") * self.time,
        )

    def _limit(self, pin: _Group, name: str) -> float:
        """A limit of a pin, by default the library's; infinite where neither states one."""
        stated = pin.attributes.get(name, self.library.attributes.get(f"default_{name}"))
        return math.inf if stated is None else float(stated)

    def _arcs(self, pin: _Group) -> tuple[Arc, ...]:
        """The arcs into a pin, those that differ only in their conditions merged into the slowest."""
        merged: dict[tuple[str, str], tuple[set[str], dict[str, Samples]]] = {}
        for group in pin.of("timing"):
            kind = group.attributes.get("timing_type", "combinational")
            if kind not in _KEPT_KINDS:
                continue
            for related in group.attributes.get("related_pin", "").split():
                senses, tables = merged.setdefault((related, kind), (set(), {}))
                senses.add(group.attributes.get("timing_sense", ""))
                for table in group.groups:
                    if table.kind in _TIMES:
                        samples = self._samples(table)
                        seen = tables.get(table.kind)
                        tables[table.kind] = samples if seen is None else _slower(seen, samples)
        return tuple(
            Arc(related, kind, senses.pop() if len(senses) == 1 else "non_unate", tables)
            for (related, kind), (senses, tables) in merged.items()
            if tables
        )

    def _samples(self, group: _Group) -> Samples:
        template = self.templates.get(group.arguments)
        known = template.attributes if template is not None else {}
        values = [v * self.time for v in _numbers(group.attributes["values"])]
        axes: list[tuple[float, ...]] = []
        scales = [self.time, self.time if group.kind.endswith("constraint") else self.capacitance]
        if "capacitance" in known.get("variable_1", ""):
            scales.reverse()
        for index, scale in zip(("index_1", "index_2"), scales, strict=True):
            points = _numbers(group.attributes.get(index, known.get(index, "")))
            axes.append(tuple(p * scale for p in points) or (0.0,))
        rows, columns = axes
        if len(values) != len(rows) * len(columns) or not all(map(math.isfinite, values)):
            raise ValueError(f"{group.kind} has {len(values)} values for {len(rows)} × {len(columns)} points")
        grid = tuple(tuple(values[i * len(columns) : (i + 1) * len(columns)]) for i in range(len(rows)))
        if "capacitance" in known.get("variable_1", ""):
            rows, columns, grid = columns, rows, tuple(zip(*grid, strict=True))
        return Samples(rows, columns, grid)


def _slower(one: Samples, other: Samples) -> Samples:
    if (one.rows, one.columns) != (other.rows, other.columns):
        return one
    return Samples(
        one.rows,
        one.columns,
        tuple(tuple(map(max, a, b)) for a, b in zip(one.values, other.values, strict=True)),
    )
