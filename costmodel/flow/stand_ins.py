"""What ABC is shown of a netlist: combinational cells only, for those that it cannot see stand-ins.

Each output of a full adder or a flip-flop is shown as a cell of its own, each data pin of a flip-flop as a
cell as slow as the setup time. A sizer exchanges cells of equal functions. So every stand-in has a function
of its own: its real one, exclusive-or an expression of guards, which are inputs tied to zero. Only the
strengths of a flip-flop share a guard. A function that a library's cell has, in any order of its inputs, is
refused.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from costmodel.cells.functions import truth_table
from costmodel.cells.samples import Samples
from costmodel.cells.table import Arc, Cell, CellTable, Pin
from costmodel.flow.mapping import signature
from costmodel.flow.neighbours import is_neighbour
from costmodel.flow.netlist import new_cell

START = "START"
GUARDS = tuple(f"GUARD{i}" for i in range(6))
CONSTANTS = {"0": "zero", "1": "one", "x": "any"}
_LEAST_PS = 0.1


@dataclass(frozen=True)
class StandIn:
    """A cell shown in place of a share of the library's cell ``real``.

    Stand-ins of one ``group`` may be exchanged: they differ in strength alone.
    """

    cell: Cell
    real: str
    group: str


@dataclass(frozen=True)
class Place:
    """The pin of a real cell that a cell shown stands for; None for a cell that is shown as it is."""

    cell: str
    pin: str | None = None


class Shown:
    """A module as ABC sees it: cells of one output between the input ``START`` and the ends of paths.

    Attributes
    ----------
    cells : in Yosys' JSON form, by name.
    places : of each of them what it is in the module.
    ends : the nets that take the place of outputs.
    stand_ins : by the names of their kinds.
    """

    def __init__(self, module: Mapping[str, Any], table: CellTable) -> None:
        self.table = table
        self.cells: dict[str, Any] = {}
        self.places: dict[str, Place] = {}
        self.ends: list[str] = []
        self.stand_ins: dict[str, StandIn] = {}
        self._guards: Counter[int] = Counter()
        read = _read(module, table)
        for name, cell in module["cells"].items():
            kind, pins = table.cells[cell["type"]], cell["connections"]
            used = [output for output in kind.outputs if read.intersection(pins.get(output, ()))]
            if kind.sequential:
                self._show_register(name, kind, pins, used)
            elif len(kind.outputs) > 1:
                self._show_parts(name, kind, pins, used)
            else:
                self.cells[name] = cell
                self.places[name] = Place(name)

    def group(self, kind: str) -> str:
        """The group of a stand-in's kind; empty for cells of the library."""
        stand_in = self.stand_ins.get(kind)
        return "" if stand_in is None else stand_in.group

    def library(self, logic: CellTable) -> CellTable:
        """The cells that ABC sees. Raises ``ValueError`` if one could be exchanged for a stand-in."""
        used = {cell["type"] for cell in self.cells.values()} - self.stand_ins.keys()
        cells = logic.cells | {name: self.table.cells[name] for name in sorted(used)}
        refuse_equal_functions(cells, self.stand_ins)
        return CellTable(self.table.name, cells | {name: s.cell for name, s in self.stand_ins.items()})

    def _show(self, place: Place, kind: str, outputs: tuple[str, ...], **pins: int | str) -> None:
        name = f"{place.cell}.{place.pin}"
        self.cells[name] = new_cell(kind, outputs, **pins)
        self.places[name] = place

    def _show_register(self, name: str, kind: Cell, pins: Mapping[str, Any], used: list[str]) -> None:
        for output in used:
            fixed = is_neighbour(name)
            drive = self._launch(kind, output, fixed)
            self._show(Place(name, output), drive, (output,), START=START, **{output: pins[output][0]})
        for pin in kind.inputs:
            if pins.get(pin) and not kind.pins[pin].clock:
                end = f"end_{len(self.ends)}"
                self._show(Place(name, pin), self._capture(kind, pin), ("Y",), A=pins[pin][0], Y=end)
                self.ends.append(end)

    def _show_parts(self, name: str, kind: Cell, pins: Mapping[str, Any], used: list[str]) -> None:
        for output in used:
            nets = {pin: pins[pin][0] for pin in (*kind.inputs, output)}
            self._show(Place(name, output), self._part(kind, output, len(used)), (output,), **nets)

    def _launch(self, kind: Cell, output: str, fixed: bool) -> str:
        """A cell as slow as clock to output: in all strengths there are, unless its strength is fixed."""
        group = f"{'FIXED' if fixed else 'LAUNCH'}__{output}"
        if f"{kind.name}__{group}" not in self.stand_ins:
            number = self._next_guard(1)
            for other in self.table.cells.values():
                alike = other.flip_flop and not fixed and _interface(other) == _interface(kind)
                if other.name == kind.name or alike:
                    cell = _launching(other, output, f"{other.name}__{group}", number)
                    self._add(cell, other, f"{kind.name}__{group}")
        return f"{kind.name}__{group}"

    def _capture(self, kind: Cell, pin: str) -> str:
        """A cell as slow as the setup time of a flip-flop's input."""
        name = f"{kind.name}__CAPTURE__{pin}"
        if name not in self.stand_ins:
            self._add(_capturing(kind, pin, name, self._next_guard(1)), kind, name)
        return name

    def _part(self, kind: Cell, output: str, used: int) -> str:
        """One output of a cell of several, with its share of the inputs' capacitance."""
        name = f"{kind.name}__{output}__{used}"
        if name not in self.stand_ins:
            pins = {pin: _shared(kind.pins[pin], used) for pin in kind.inputs}
            real = kind.pins[output]
            number = self._next_guard(len(kind.inputs))
            pins |= guarded(real, f"({real.function})", real.arcs, number)
            self._add(Cell(name, kind.area / used, pins), kind, name)
        return name

    def _next_guard(self, inputs: int) -> int:
        self._guards[inputs] += 1
        return self._guards[inputs] - 1

    def _add(self, cell: Cell, real: Cell, group: str) -> None:
        self.stand_ins[cell.name] = StandIn(cell, real.name, group)


def guarded(output: Pin, function: str, arcs: tuple[Arc, ...], number: int) -> dict[str, Pin]:
    """The output with the function behind a guard, and the guard's pins, as slow as the first arc.

    Raises ``ValueError`` when there are no more guards.
    """
    expressions = list(_expressions())
    if number >= len(expressions):
        raise ValueError("more kinds of flip-flops and adders than can be told apart")
    names, expression = expressions[number]
    slow = tuple(replace(arcs[0], related=name) for name in names)
    pins = {name: Pin(name, "input") for name in names}
    return pins | {output.name: replace(output, function=f"{function}^({expression})", arcs=(*arcs, *slow))}


def _expressions() -> Iterator[tuple[tuple[str, ...], str]]:
    """Functions of three or more guards that are zero where these are, no two equal: a product with a sum."""
    for count in range(3, len(GUARDS) + 1):
        names = GUARDS[:count]
        for split in range(1, count):
            yield names, "*".join((*names[:split], f"({'+'.join(names[split:])})"))


def refuse_equal_functions(cells: Mapping[str, Cell], stand_ins: Mapping[str, StandIn]) -> None:
    """Raises ``ValueError`` if a stand-in's function is, in any order of inputs, that of another cell.

    Functions count as equal where their signatures are, which no order of inputs changes.
    """
    known: dict[tuple[int, ...], tuple[str, str]] = {}
    for stand_in in stand_ins.values():
        name, group = known.setdefault(_signature_of(stand_in.cell), (stand_in.cell.name, stand_in.group))
        if group != stand_in.group:
            raise ValueError(f"stand-ins {name} and {stand_in.cell.name} have the same function")
    widths = {key[0] for key in known}
    for cell in cells.values():
        if len(cell.inputs) in widths and len(cell.outputs) == 1:
            name, _ = known.get(_signature_of(cell), ("", ""))
            if name:
                raise ValueError(
                    f"cell {cell.name} has the function of {name}, which stands for a flip-flop or an adder "
                    "in sizing, so that they could be exchanged: exclude the cell"
                )


def _signature_of(cell: Cell) -> tuple[int, ...]:
    inputs = cell.inputs
    return signature(len(inputs), truth_table(cell.pins[cell.outputs[0]].function or "0", inputs))


def _shared(pin: Pin, parts: int) -> Pin:
    edges = pin.edges and (pin.edges[0] / parts, pin.edges[1] / parts)
    return replace(pin, capacitance=pin.capacitance / parts, edges=edges)


def _interface(cell: Cell) -> tuple[Any, ...]:
    """What a flip-flop does, apart from how strongly."""
    functions = [(output, cell.pins[output].function) for output in cell.outputs]
    return cell.flip_flop, cell.inputs, functions


def _launching(kind: Cell, output: str, name: str, guard: int) -> Cell:
    launch = next(arc for arc in kind.pins[output].arcs if arc.kind in ("rising_edge", "falling_edge"))
    arcs = (replace(launch, related=START, kind="combinational", sense="non_unate"),)
    pins = {START: Pin(START, "input")}
    return Cell(name, kind.area, pins | guarded(kind.pins[output], START, arcs, guard))


def _capturing(kind: Cell, pin: str, name: str, guard: int) -> Cell:
    """As slow as the setup time, by the slew of its input; ABC wants it to take some."""
    least = Samples((0.0, 1000.0), (0.0, 1000.0), ((_LEAST_PS, _LEAST_PS), (_LEAST_PS, _LEAST_PS)))
    tables = dict.fromkeys(("cell_rise", "cell_fall", "rise_transition", "fall_transition"), least)
    for arc, edge in itertools.product(kind.pins[pin].arcs, ("rise", "fall")):
        samples = arc.tables.get(f"{edge}_constraint")
        if arc.kind.startswith("setup") and samples is not None:
            times = tuple((max(row[0], _LEAST_PS),) * 2 for row in samples.values)
            tables[f"cell_{edge}"] = Samples(samples.rows, (0.0, 1000.0), times)
    arcs = (Arc("A", "combinational", "positive_unate", tables),)
    pins = {"A": replace(kind.pins[pin], name="A", arcs=())}
    return Cell(name, 0.0, pins | guarded(Pin("Y", "output"), "A", arcs, guard))


def _read(module: Mapping[str, Any], table: CellTable) -> set[int | str]:
    """The nets that a cell or a port reads: ABC drops what drives no other."""
    read: set[int | str] = set()
    for cell in module["cells"].values():
        for pin in table.cells[cell["type"]].inputs:
            read.update(cell["connections"].get(pin, ()))
    for port in module["ports"].values():
        if port["direction"] == "output":
            read.update(port["bits"])
    return read
