"""What a library says of energy: of each cell's transitions by arc, state, slew and load, and its leakage.

Kept apart from the cell table, for synthesis needs none of it. Energies are in fJ, leakage in nW, voltage in
V, slews in ps, loads in fF. What a net's capacitance takes is no part of a cell's energy: as Liberty has it,
that is ½CV² for every transition of the net, on top.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from costmodel.cells.samples import Samples, rounded
from generator.files import write_text

# Bumped whenever the meaning of stored power data changes, so that stale cached ones are not read.
FORMAT = 1


@dataclass(frozen=True)
class InternalPower:
    """Energy of a transition of a pin in fJ, over slew (rows) and load (columns); None where it has none.

    ``related`` is the input that an output follows; empty for a transition of an input by itself. ``when`` is
    the condition on the cell's pins, in Liberty's words; empty for whatever no other condition covers.
    """

    related: str
    when: str
    rise: Samples | None
    fall: Samples | None


@dataclass(frozen=True)
class CellPower:
    """Energies by pin, and pairs of condition and leakage (nW); an empty condition is the default."""

    pins: Mapping[str, tuple[InternalPower, ...]]
    leakage: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class PowerTable:
    """Energies and leakage of a library's cells by name, at its voltage (V)."""

    name: str
    voltage: float
    cells: Mapping[str, CellPower]
    attribution: str = ""

    def thinned(self, names: Iterable[str], slews: int, loads: int, attribution: str = "") -> PowerTable:
        """Of the named cells only, sampled at ``slews`` × ``loads`` points, in four significant digits."""

        def thin(samples: Samples | None) -> Samples | None:
            return None if samples is None else samples.thinned(slews, loads)

        cells = {}
        for name in names:
            power = self.cells[name]
            pins = {
                pin: tuple(InternalPower(e.related, e.when, thin(e.rise), thin(e.fall)) for e in each)
                for pin, each in power.pins.items()
            }
            cells[name] = CellPower(pins, tuple((when, rounded(nw)) for when, nw in power.leakage))
        return PowerTable(self.name, self.voltage, cells, attribution or self.attribution)

    def only(self, names: Collection[str] | None) -> PowerTable:
        """What the table has of the named cells; all of it for None."""
        if names is None:
            return self
        return replace(self, cells={name: each for name, each in self.cells.items() if name in names})

    def save(self, path: Path) -> None:
        """Writes the table as JSON, one cell a line."""
        axes: dict[tuple[float, ...], int] = {}
        texts: dict[str, int] = {}

        def samples(table: Samples | None) -> Any:
            if table is None:
                return 0
            place = [axes.setdefault(points, len(axes)) for points in (table.rows, table.columns)]
            return [*place, [value for row in table.values for value in row]]

        def text(condition: str) -> int:
            return texts.setdefault(condition, len(texts))

        lines = []
        for name, cell in self.cells.items():
            pins = {
                pin: [[e.related, text(e.when), samples(e.rise), samples(e.fall)] for e in each]
                for pin, each in cell.pins.items()
            }
            leakage = [[text(when), nw] for when, nw in cell.leakage]
            lines.append(f"  {json.dumps(name)}: {json.dumps([pins, leakage], separators=(',', ':'))}")
        head = {"format": FORMAT, "name": self.name, "voltage": self.voltage, "attribution": self.attribution}
        write_text(
            path,
            f"{json.dumps(head, ensure_ascii=False)[:-1]},\n"
            f' "units": "fJ, nW, ps, fF", "axes": {json.dumps(list(axes))},\n'
            f' "conditions": {json.dumps(list(texts))},\n "cells": {{\n' + ",\n".join(lines) + "\n}}\n",
        )

    @classmethod
    def load(cls, path: Path, names: Collection[str] | None = None) -> PowerTable:
        """The table of a file, or of its named cells. Raises ``ValueError`` for one of another format."""
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.get("format") != FORMAT:
            raise ValueError(f"{path}: power data of format {data.get('format')}, expected {FORMAT}")
        axes = [tuple(map(float, points)) for points in data["axes"]]
        conditions = data["conditions"]

        def samples(entry: Any) -> Samples | None:
            if not entry:
                return None
            rows, columns, values = axes[entry[0]], axes[entry[1]], entry[2]
            width = len(columns)
            return Samples(
                rows, columns, tuple(tuple(values[i * width : (i + 1) * width]) for i in range(len(rows)))
            )

        def cell(entry: Any) -> CellPower:
            pins = {
                pin: tuple(
                    InternalPower(r, conditions[w], samples(up), samples(down)) for r, w, up, down in each
                )
                for pin, each in entry[0].items()
            }
            return CellPower(pins, tuple((conditions[when], nw) for when, nw in entry[1]))

        wanted = data["cells"] if names is None else names
        cells = {name: cell(entry) for name, entry in data["cells"].items() if name in wanted}
        return cls(data["name"], data["voltage"], cells, data["attribution"])


def power_to_liberty(power: CellPower) -> tuple[list[str], dict[str, list[str]]]:
    """Liberty's groups of a cell's leakage, and of each pin's energies (fJ; leakage in nW)."""
    leakage = [
        f"    leakage_power () {{ value : {nw:.6g};{_when(when)} }}" for when, nw in power.leakage if when
    ]
    leakage += [f"    cell_leakage_power : {nw:.6g};" for when, nw in power.leakage if not when]
    pins = {}
    for pin, energies in power.pins.items():
        lines = []
        for energy in energies:
            related = f' related_pin : "{energy.related}";' if energy.related else ""
            lines.append(f"      internal_power () {{{related}{_when(energy.when)}")
            for word, table in (("rise_power", energy.rise), ("fall_power", energy.fall)):
                if table is not None:
                    lines.append(f"        {word} {_table(table)}")
            lines.append("      }")
        pins[pin] = lines
    return leakage, pins


def _when(condition: str) -> str:
    return f' when : "{condition}";' if condition else ""


def _table(table: Samples) -> str:
    def points(values: Iterable[float]) -> str:
        return '"' + ", ".join(f"{value:.6g}" for value in values) + '"'

    rows, columns = len(table.rows), len(table.columns)
    if rows == columns == 1:
        return f"(scalar) {{ values ({points(table.values[0])}); }}"
    values = ", ".join(points(row) for row in table.values)
    if columns == 1:
        flat = points(row[0] for row in table.values)
        return f"(power_{rows}x1) {{ index_1 ({points(table.rows)}); values ({flat}); }}"
    indices = f"index_1 ({points(table.rows)}); index_2 ({points(table.columns)});"
    return f"(power_{rows}x{columns}) {{ {indices} values ({values}); }}"


def templates_to_liberty(table: PowerTable) -> list[str]:
    """The templates of the tables that ``power_to_liberty`` writes, and the units."""
    shapes = sorted(
        {
            (len(samples.rows), len(samples.columns))
            for cell in table.cells.values()
            for energies in cell.pins.values()
            for energy in energies
            for samples in (energy.rise, energy.fall)
            if samples is not None
        }
        - {(1, 1)}
    )
    lines = [
        '  voltage_unit : "1V"; leakage_power_unit : "1nW";',
        f"  operating_conditions (typical) {{ process : 1; temperature : 25; voltage : {table.voltage}; }}",
        "  default_operating_conditions : typical;",
    ]
    for rows, columns in shapes:
        second = " variable_2 : total_output_net_capacitance;" if columns > 1 else ""
        indices = f'index_1 ("{_count(rows)}");' + (f' index_2 ("{_count(columns)}");' if columns > 1 else "")
        lines.append(
            f"  power_lut_template (power_{rows}x{columns}) {{ variable_1 : input_transition_time;{second} "
            f"{indices} }}"
        )
    return lines


def _count(count: int) -> str:
    return ", ".join(str(i + 1) for i in range(count))
