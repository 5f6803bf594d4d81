"""The cells of a technology in a compact form of our own: area, functions, pin capacitances, sampled delays.

A ``CellTable`` is what every reader of a cell library works on: synthesis, the choice of full adders and
flip-flops, static timing. It is parsed from Liberty files (``costmodel.cells.liberty``), kept as a small
JSON file (``CellTable.save``, ``CellTable.load``), thinned out (``costmodel.cells.compact``) and written back
as Liberty (``write_liberty``) for tools that read nothing else. Units: µm², ps, fF.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costmodel.cells.functions import FunctionError, Literal, literal, truth_table, variables
from costmodel.cells.powers import CellPower, PowerTable, power_to_liberty, templates_to_liberty
from costmodel.cells.samples import Samples
from generator.files import write_text

# Bumped whenever the meaning of a stored cell table changes, so that stale cached ones are not read.
FORMAT = 2


@dataclass(frozen=True)
class Arc:
    """One timing arc into a pin, worst case over all conditions on the cell's other inputs.

    ``kind`` is Liberty's timing_type, ``sense`` its timing_sense; ``tables`` maps cell_rise, cell_fall,
    rise_transition, fall_transition, rise_constraint and fall_constraint to their samples.
    """

    related: str
    kind: str
    sense: str
    tables: Mapping[str, Samples]


@dataclass(frozen=True)
class Pin:
    """A pin: its direction, capacitance in fF, function if it is an output, and the arcs that end in it.

    ``edges`` are the capacitances of a rising and a falling edge in fF where the library tells them apart;
    ``most_load`` (fF, of an output) and ``most_slew`` (ps) are its max_capacitance and max_transition.
    """

    name: str
    direction: str
    capacitance: float = 0.0
    function: str | None = None
    clock: bool = False
    arcs: tuple[Arc, ...] = ()
    edges: tuple[float, float] | None = None
    most_load: float = math.inf
    most_slew: float = math.inf


@dataclass(frozen=True)
class FlipFlop:
    """The state of an edge-triggered cell, in Liberty's words."""

    state: str
    inverse: str
    next_state: str
    clocked_on: str
    clear: str | None = None
    preset: str | None = None

    @property
    def clock(self) -> Literal | None:
        """The clock pin, inverted for a falling edge; None for a clock of several pins."""
        return _literal(self.clocked_on)

    @property
    def data(self) -> Literal | None:
        """The pin that is stored, inverted if its complement is; None where it is more than one pin."""
        return _literal(self.next_state)

    @property
    def pins(self) -> set[str]:
        """The pins that what is stored, and when, depends on. Raises ``FunctionError``."""
        texts = (self.next_state, self.clocked_on, self.clear, self.preset)
        return {name for text in texts if text is not None for name in variables(text)} - {
            self.state,
            self.inverse,
        }


def _literal(function: str) -> Literal | None:
    try:
        return literal(function)
    except FunctionError:
        return None


@dataclass(frozen=True)
class ClockGate:
    """The pins of an integrated clock gate: ``output`` is ``clock`` in cycles that ``enable`` was 1 before.

    A latch holds the enable while the clock is high. ``test`` pins let the clock through; they are tied to 0.
    """

    clock: str
    enable: str
    output: str
    test: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """A library cell; ``sequential`` means latches and clock gates too, ``flip_flop`` only flip-flops."""

    name: str
    area: float
    pins: Mapping[str, Pin]
    flip_flop: FlipFlop | None = None
    sequential: bool = False
    clock_gate: ClockGate | None = None

    @property
    def inputs(self) -> list[str]:
        return [pin.name for pin in self.pins.values() if pin.direction == "input"]

    @property
    def outputs(self) -> list[str]:
        return [pin.name for pin in self.pins.values() if pin.direction == "output"]

    def truth_table(self, output: str, inputs: list[str] | None = None) -> int:
        """The function of a combinational output; bit i is its value where input j is bit j of i."""
        return truth_table(self.pins[output].function or "", self.inputs if inputs is None else inputs)


@dataclass
class CellTable:
    """The cells of a technology by name."""

    name: str
    cells: dict[str, Cell]
    attribution: str = ""

    @property
    def clock_gates(self) -> dict[str, Cell]:
        """The integrated clock gates among them."""
        return {name: cell for name, cell in self.cells.items() if cell.clock_gate is not None}

    @property
    def without_gates(self) -> CellTable:
        """The table without its clock gates."""
        others = {name: cell for name, cell in self.cells.items() if cell.clock_gate is None}
        return CellTable(self.name, others, self.attribution)

    def save(self, path: Path) -> None:
        """Writes the table as JSON, one cell a line."""
        cells = ",\n".join(
            f"  {json.dumps(name)}: {_dumps(_cell_to_json(cell))}" for name, cell in self.cells.items()
        )
        text = (
            f'{{"format": {FORMAT}, "name": {json.dumps(self.name)},\n'
            f' "attribution": {json.dumps(self.attribution, ensure_ascii=False)},\n'
            f' "units": "um2, ps, fF", "cells": {{\n{cells}\n}}}}\n'
        )
        write_text(path, text)

    @classmethod
    def load(cls, path: Path) -> CellTable:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.get("format") != FORMAT:
            raise ValueError(f"{path}: cell table of format {data.get('format')}, expected {FORMAT}")
        cells = {name: _cell_from_json(name, cell) for name, cell in data["cells"].items()}
        return cls(data["name"], cells, data["attribution"])


# JSON -----------------------------------------------------------------------------------------------------


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _cell_to_json(cell: Cell) -> dict[str, Any]:
    """Axes repeat in almost every table of a cell, so they are kept once and referred to by number."""
    axes: dict[tuple[float, ...], int] = {}

    def axis(points: tuple[float, ...]) -> int:
        return axes.setdefault(points, len(axes))

    def samples(table: Samples) -> list[Any]:
        return [axis(table.rows), axis(table.columns), [_number(v) for row in table.values for v in row]]

    pins = {}
    for pin in cell.pins.values():
        entry: dict[str, Any] = {"d": pin.direction, "c": pin.capacitance}
        if pin.function is not None:
            entry["f"] = pin.function
        if pin.clock:
            entry["clock"] = True
        if pin.edges is not None:
            entry["e"] = pin.edges
        for key, limit in (("load", pin.most_load), ("slew", pin.most_slew)):
            if limit < math.inf:
                entry[key] = limit
        if pin.arcs:
            entry["arcs"] = [
                [arc.related, arc.kind, arc.sense, {key: samples(table) for key, table in arc.tables.items()}]
                for arc in pin.arcs
            ]
        pins[pin.name] = entry
    data: dict[str, Any] = {"area": cell.area, "pins": pins}
    if cell.sequential:
        data["sequential"] = True
    if cell.flip_flop is not None:
        flop = cell.flip_flop
        data["ff"] = [flop.state, flop.inverse, flop.next_state, flop.clocked_on, flop.clear, flop.preset]
    if cell.clock_gate is not None:
        gate = cell.clock_gate
        data["gate"] = [gate.clock, gate.enable, gate.output, *gate.test]
    data["axes"] = [[_number(v) for v in points] for points in axes]
    return data


def _cell_from_json(name: str, data: Mapping[str, Any]) -> Cell:
    axes = [tuple(map(float, points)) for points in data["axes"]]

    def samples(entry: list[Any]) -> Samples:
        rows, columns = axes[entry[0]], axes[entry[1]]
        width = len(columns)
        values = entry[2]
        return Samples(
            rows, columns, tuple(tuple(values[i * width : (i + 1) * width]) for i in range(len(rows)))
        )

    pins = {}
    for pin_name, entry in data["pins"].items():
        arcs = tuple(
            Arc(related, kind, sense, {key: samples(table) for key, table in tables.items()})
            for related, kind, sense, tables in entry.get("arcs", ())
        )
        pins[pin_name] = Pin(
            pin_name,
            entry["d"],
            entry["c"],
            entry.get("f"),
            entry.get("clock", False),
            arcs,
            tuple(entry["e"]) if "e" in entry else None,
            entry.get("load", math.inf),
            entry.get("slew", math.inf),
        )
    flip_flop = FlipFlop(*data["ff"]) if "ff" in data else None
    clock, enable, output, *test = data.get("gate", ("", "", ""))
    gate = ClockGate(clock, enable, output, tuple(test)) if clock else None
    return Cell(name, data["area"], pins, flip_flop, data.get("sequential", False), gate)


# Liberty --------------------------------------------------------------------------------------------------


_THRESHOLDS = {
    "input_threshold": 50,
    "output_threshold": 50,
    "slew_lower_threshold": 10,
    "slew_upper_threshold": 90,
}


def write_liberty(
    table: CellTable, names: Iterable[str] | None = None, powers: PowerTable | None = None
) -> str:
    """The table as Liberty text (ps, fF), as far as Yosys and ABC read it, with ``powers`` if given."""
    lines = [
        f"/* written from a compact cell table. {table.attribution} */",
        f"library ({re.sub(r'[^A-Za-z0-9_]', '_', table.name)}) {{",
        "  delay_model : table_lookup;",
        '  time_unit : "1ps";',
        "  capacitive_load_unit (1,ff);",
        f"  nom_process : 1; nom_temperature : 25; nom_voltage : {powers.voltage if powers else 1};",
        *(templates_to_liberty(powers) if powers else ()),
        # Where delays and slews are measured does not change them, but timing analysers want to know.
        *(
            f"  {name}_pct_{edge} : {percent};"
            for edge in ("rise", "fall")
            for name, percent in _THRESHOLDS.items()
        ),
    ]
    templates: dict[tuple[bool, int, int], str] = {}
    body = []
    for name in table.cells if names is None else names:
        power = powers.cells.get(name) if powers else None
        body += _cell_to_liberty(table.cells[name], templates, power)
    for (constraint, rows, columns), name in templates.items():
        variables = (
            ("constrained_pin_transition", "related_pin_transition")
            if constraint
            else ("input_net_transition", "total_output_net_capacitance")
        )
        lines += [
            f"  lu_table_template ({name}) {{",
            f"    variable_1 : {variables[0]}; variable_2 : {variables[1]};",
            f'    index_1 ("{_points(rows)}"); index_2 ("{_points(columns)}");',
            "  }",
        ]
    lines += body
    lines.append("}")
    return "\n".join(lines) + "\n"


def _points(count: int) -> str:
    return ", ".join(str(i + 1) for i in range(count))


def _cell_to_liberty(
    cell: Cell, templates: dict[tuple[bool, int, int], str], power: CellPower | None
) -> list[str]:
    leakage, energies = power_to_liberty(power) if power else ([], {})
    lines = [f"  cell ({cell.name}) {{", f"    area : {cell.area:.7g};", *leakage]
    if cell.flip_flop is not None:
        flop = cell.flip_flop
        lines += [
            f"    ff ({flop.state},{flop.inverse}) {{",
            f'      next_state : "{flop.next_state}"; clocked_on : "{flop.clocked_on}";',
        ]
        lines += [
            f'      {key} : "{value}";'
            for key, value in (("clear", flop.clear), ("preset", flop.preset))
            if value is not None
        ]
        lines.append("    }")
    roles: dict[str, str] = {}
    if cell.clock_gate is not None:
        gate = cell.clock_gate
        lines.append(
            f'    clock_gating_integrated_cell : "latch_posedge{"_precontrol" if gate.test else ""}";'
        )
        roles = {gate.clock: "clock", gate.enable: "enable", gate.output: "out"}
        roles |= dict.fromkeys(gate.test, "test")
    for pin in cell.pins.values():
        lines += [f"    pin ({pin.name}) {{", f"      direction : {pin.direction};"]
        if pin.direction == "input":
            lines.append(f"      capacitance : {pin.capacitance:.6g};")
        if pin.edges is not None:
            lines += [
                f"      {edge}_capacitance : {value:.6g};"
                for edge, value in zip(("rise", "fall"), pin.edges, strict=True)
            ]
        lines += [
            f"      {name} : {limit:.6g};"
            for name, limit in (("max_capacitance", pin.most_load), ("max_transition", pin.most_slew))
            if limit < math.inf
        ]
        if pin.clock:
            lines.append("      clock : true;")
        if pin.name in roles:
            lines.append(f"      clock_gate_{roles[pin.name]}_pin : true;")
        if pin.function is not None:
            lines.append(f'      function : "{pin.function}";')
        for arc in pin.arcs:
            lines += _arc_to_liberty(arc, templates)
        lines += energies.get(pin.name, ())
        lines.append("    }")
    lines.append("  }")
    return lines


def _arc_to_liberty(arc: Arc, templates: dict[tuple[bool, int, int], str]) -> list[str]:
    lines = [f'      timing () {{ related_pin : "{arc.related}"; timing_type : {arc.kind};']
    if arc.sense:
        lines.append(f"        timing_sense : {arc.sense};")
    for key, samples in arc.tables.items():
        rows = ", ".join(f"{v:.6g}" for v in samples.rows)
        columns = ", ".join(f"{v:.6g}" for v in samples.columns)
        values = ", ".join('"' + ", ".join(f"{v:.6g}" for v in row) + '"' for row in samples.values)
        constraint, shape = key.endswith("constraint"), (len(samples.rows), len(samples.columns))
        template = templates.setdefault(
            (constraint, *shape), "{}_{}x{}".format("constraint" if constraint else "delay", *shape)
        )
        lines.append(
            f'        {key} ({template}) {{ index_1 ("{rows}"); index_2 ("{columns}"); values ({values}); }}'
        )
    lines.append("      }")
    return lines
