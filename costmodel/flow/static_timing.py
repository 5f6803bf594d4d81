"""Static timing of a mapped netlist with the library's delay tables: its longest path.

Full-adder cells are opaque to ABC, so its own timing report is blind through them. Here every cell counts:
delay and slew by table over input slew and load, rise and fall apart, worst case over the arcs into a pin.
The load of a net is the capacitance of the pins it drives, plus a wire capacitance per net if one is given;
wires have no delay. Works on one module of a netlist in Yosys' JSON form. Linear in the number of cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from costmodel.cells.grids import Floats, Grids, Indices
from costmodel.cells.samples import ZERO, Samples
from costmodel.cells.table import Cell, CellTable, Pin
from costmodel.flow.netlist import Bit

RISE, FALL = 0, 1
COMBINATIONAL = ("", "combinational", "combinational_rise", "combinational_fall")
ENTERING = {
    ("positive_unate", RISE): (RISE,),
    ("positive_unate", FALL): (FALL,),
    ("negative_unate", RISE): (FALL,),
    ("negative_unate", FALL): (RISE,),
}
"""Edges at an input by which an output changes so; both where an arc has no such sense."""


class TimingError(ValueError):
    """A netlist that has no longest path: a combinational loop, or a cell without timing."""


@dataclass(frozen=True)
class Step:
    """A point on a path: the cell passed (or port), the pin reached, when the signal is there, and how."""

    cell: str
    kind: str
    pin: str
    arrival_ps: float
    edge: str


@dataclass(frozen=True)
class Path:
    """The longest path; ``delay_ps`` includes clock-to-output at its start and the setup time at its end."""

    delay_ps: float
    setup_ps: float
    steps: tuple[Step, ...]


def longest_path(
    module: dict[str, Any], table: CellTable, wire_ff: float = 0.0, input_slew_ps: float = 0.0
) -> Path | None:
    """The longest path between ports and flip-flops; None when nothing is timed (no cells at all).

    Parameters
    ----------
    module : a module of mapped cells only.
    table : the library.
    wire_ff : capacitance added to every net, in fF.
    input_slew_ps : slew at input ports and at clock pins, in ps.
    """
    return Timing(module, table, wire_ff, input_slew_ps).longest()


class Timing:
    """Loads, slews and arrivals of all nets of a module; the parameters are those of ``longest_path``.

    Each net has two nodes, of its rising and of its falling edge. Arcs between nodes are looked up level by
    level, those of a level at once. Raises ``TimingError``.
    """

    def __init__(
        self, module: dict[str, Any], table: CellTable, wire_ff: float = 0.0, input_slew_ps: float = 0.0
    ) -> None:
        self._cells: dict[str, Any] = module["cells"]
        self._ports: dict[str, Any] = module["ports"]
        self._table = table
        self._input_slew = input_slew_ps
        for cell in self._cells.values():
            if cell["type"] not in table.cells:
                raise TimingError(f"cell {cell['type']} is not in library {table.name}")
        self._kinds = {name: _Kind(table.cells[name]) for name in {c["type"] for c in self._cells.values()}}
        self._number_nets()
        self._load = self._loads(wire_ff)
        self._propagate(self._arcs(self._levels()))

    # The graph --------------------------------------------------------------------------------------------

    def _number_nets(self) -> None:
        """Numbers the nets that have a driver; 0 is the clock edge that all flip-flops start with."""
        self._nets: dict[Bit, int] = {"0": 1, "1": 2, "x": 3}
        started = []
        for port in self._ports.values():
            if port["direction"] == "input":
                started += [self._nets.setdefault(bit, len(self._nets) + 1) for bit in port["bits"]]
        for cell in self._cells.values():
            connections = cell["connections"]
            for pin in self._kinds[cell["type"]].outputs:
                for bit in connections.get(pin, ()):
                    self._nets.setdefault(bit, len(self._nets) + 1)
        self._bits: dict[int, Bit] = {number: bit for bit, number in self._nets.items()}
        nodes = 2 * (len(self._nets) + 1)
        self.arrival = np.full(nodes, -np.inf)
        self.slew = np.zeros(nodes)
        for net in (0, *started):
            self.arrival[2 * net : 2 * net + 2] = 0.0
            self.slew[2 * net : 2 * net + 2] = self._input_slew

    def _loads(self, wire_ff: float) -> Floats:
        load: list[float] = [wire_ff] * (2 * (len(self._nets) + 1))
        for cell in self._cells.values():
            connections = cell["connections"]
            for pin, rise, fall in self._kinds[cell["type"]].capacitances:
                for bit in connections.get(pin, ()):
                    net = self._nets.get(bit)
                    if net is not None:
                        load[2 * net + RISE] += rise
                        load[2 * net + FALL] += fall
        return np.array(load)

    def _levels(self) -> dict[str, int]:
        """Sequential cells in level 0, every other cell in the level after those that drive it."""
        driver: dict[Bit, str] = {}
        for name, cell in self._cells.items():
            for pin in self._kinds[cell["type"]].outputs:
                for bit in cell["connections"].get(pin, ()):
                    driver[bit] = name
        readers: defaultdict[str, list[str]] = defaultdict(list)
        waiting: dict[str, int] = {}
        for name, cell in self._cells.items():
            waiting[name], kind = 0, self._kinds[cell["type"]]
            if kind.sequential:
                continue
            for pin, _, _ in kind.capacitances:
                bits = cell["connections"].get(pin)
                if bits and (source := driver.get(bits[0])) is not None:
                    readers[source].append(name)
                    waiting[name] += 1
        order = [name for name, count in waiting.items() if count == 0]
        levels = dict.fromkeys(order, 0)
        for name in order:  # grows while it is walked
            for reader in readers[name]:
                waiting[reader] -= 1
                if waiting[reader] == 0:
                    levels[reader] = levels[name] + 1
                    order.append(reader)
        if len(order) < len(self._cells):
            stuck = next(name for name, count in waiting.items() if count)
            raise TimingError(f"combinational loop through cell {stuck}")
        return levels

    def _arcs(self, levels: Mapping[str, int]) -> list[tuple[int, int, int, int, int]]:
        """(step, node to, node from, table of delays, table of slews) of all arcs, in order.

        A level is two steps, for an output of a cell may come after another one.

        ``_grids`` become those tables, ``_passed`` the cell and output pin of each arc.
        """
        tables: list[Samples] = []
        numbers = {name: kind.number_tables(tables) for name, kind in self._kinds.items()}
        self._grids = Grids(tables or [ZERO])
        arcs: list[tuple[int, int, int, int, int]] = []
        passed: list[tuple[str, str]] = []
        for name, cell in self._cells.items():
            connections, level = cell["connections"], levels[name]
            for output, related, edge, entering, delay, slew in numbers[cell["type"]]:
                bits = connections.get(output)
                if not bits:
                    continue
                source = 0
                if related:
                    reached = connections.get(related)
                    if not reached:
                        continue
                    if reached[0] not in self._nets:
                        raise TimingError(f"net {reached[0]} at cell {name} has no driver")
                    source = self._nets[reached[0]]
                node = 2 * self._nets[bits[0]] + edge
                step = 2 * level + (output in self._kinds[cell["type"]].after_outputs)
                arcs.append((step, node, 2 * source + entering, delay, slew))
                passed.append((name, output))
        order = sorted(range(len(arcs)), key=arcs.__getitem__)
        self._passed = [passed[i] for i in order]
        return [arcs[i] for i in order]

    # Arrivals ---------------------------------------------------------------------------------------------

    def _propagate(self, arcs: list[tuple[int, int, int, int, int]]) -> None:
        step, self._to, self._from, delays, slews = np.array(arcs, dtype=np.intp).reshape(len(arcs), 5).T
        self._delay = np.zeros(len(arcs))
        starts = np.flatnonzero(np.diff(step, prepend=-1))
        ends = np.append(starts[1:], len(arcs))
        self._slices = [slice(*pair) for pair in zip(starts, ends, strict=False)]
        if not arcs:
            return
        load = self._load[self._to]
        delay_curves, slew_curves = (self._grids.at_columns(each, load) for each in (delays, slews))
        for part in self._slices:
            source, to = self._from[part], self._to[part]
            before, slew = self.arrival[source], self.slew[source]
            self._delay[part] = delay_curves.at(part, slew)
            reached = np.flatnonzero(np.diff(to, prepend=-1))
            self.arrival[to[reached]] = np.maximum.reduceat(before + self._delay[part], reached)
            slews_out = np.where(before > -np.inf, slew_curves.at(part, slew), 0.0)
            self.slew[to[reached]] = np.maximum(np.maximum.reduceat(slews_out, reached), 0.0)

    def load_of(self, bit: Bit) -> float:
        """The larger of a net's loads for a rising and a falling edge, in fF."""
        return float(max(self._load[2 * self._nets[bit] : 2 * self._nets[bit] + 2]))

    def slew_of(self, bit: Bit) -> float:
        """The longer of a net's transitions, in ps; 0 for a net that never changes."""
        net = self._nets.get(bit)
        return 0.0 if net is None else float(max(self.slew[2 * net : 2 * net + 2]))

    def arrival_of(self, bit: Bit) -> tuple[float, float]:
        """When a net has risen and fallen at the latest, in ps; -inf for a net that never changes."""
        net = self._nets.get(bit)
        return (-np.inf, -np.inf) if net is None else (self.arrival[2 * net], self.arrival[2 * net + 1])

    def slacks(self, period_ps: float) -> dict[Bit, float]:
        """How many ps a period leaves to the longest path through each net; negative where it is late."""
        required = self._required(period_ps)
        slack = np.where(self.arrival > -np.inf, required - self.arrival, np.inf)
        return {bit: float(min(slack[2 * net : 2 * net + 2])) for bit, net in self._nets.items()}

    def reader_slacks(self, period_ps: float) -> dict[tuple[str, Bit], float]:
        """The same of the paths through a net and one of the cells that read it, by cell and net."""
        required = self._required(period_ps)
        through = required[self._to] - self._delay - self.arrival[self._from]
        slacks: dict[tuple[str, Bit], float] = {}
        for (cell, _), node, slack in zip(self._passed, self._from.tolist(), through.tolist(), strict=True):
            if node > 1:
                key = cell, self._bits[node // 2]
                slacks[key] = min(slacks.get(key, slack), slack)
        nodes, setups, names = self._ends()
        ends = period_ps - setups - self.arrival[nodes]
        for (cell, pin), node, slack in zip(names, nodes.tolist(), ends.tolist(), strict=True):
            if pin:
                key = cell, self._bits[node // 2]
                slacks[key] = min(slacks.get(key, slack), slack)
        return slacks

    def _required(self, period_ps: float) -> Floats:
        """When a signal has to be at each node for a period (ps); infinite where nothing waits for it."""
        required = np.full(len(self.arrival), np.inf)
        nodes, setups, _ = self._ends()
        np.minimum.at(required, nodes, period_ps - setups)
        for part in reversed(self._slices):
            np.minimum.at(required, self._from[part], required[self._to[part]] - self._delay[part])
        return required

    # The longest path -------------------------------------------------------------------------------------

    def longest(self) -> Path | None:
        """The path to the latest end: an output port, or a flip-flop's data pin with its setup time."""
        nodes, setups, names = self._ends()
        if not len(nodes):
            return None
        times = self.arrival[nodes] + setups
        last = int(np.argmax(times))
        if times[last] == -np.inf:
            return None
        return Path(float(times[last]), float(setups[last]), self._trace(int(nodes[last]), *names[last]))

    def _ends(self) -> tuple[Indices, Floats, list[tuple[str, str]]]:
        """Nodes that paths end at, the setup times (ps) there, and the cell and pin (or port) of each."""
        ends: list[tuple[int, Samples]] = []
        names: list[tuple[str, str]] = []
        for port_name, port in self._ports.items():
            if port["direction"] != "input":
                for bit in port["bits"]:
                    if (net := self._nets.get(bit)) is not None:
                        ends += [(2 * net + edge, ZERO) for edge in (RISE, FALL)]
                        names += [(port_name, "")] * 2
        for name, cell in self._cells.items():
            for pin, edge, setup in self._kinds[cell["type"]].setups:
                bits = cell["connections"].get(pin)
                if bits and (net := self._nets.get(bits[0])) is not None:
                    ends.append((2 * net + edge, setup))
                    names.append((name, pin))
        tables = {id(setup): setup for _, setup in ends}
        numbers = {key: i for i, key in enumerate(tables)}
        nodes = np.array([node for node, _ in ends], dtype=np.intp)
        if not ends:
            return nodes, np.zeros(0), names
        which = np.array([numbers[id(setup)] for _, setup in ends])
        curves = Grids(list(tables.values())).at_columns(which, np.full(len(ends), self._input_slew))
        return nodes, curves.at(slice(None), self.slew[nodes]), names

    def _trace(self, node: int, end_name: str, end_pin: str) -> tuple[Step, ...]:
        kind = self._cells[end_name]["type"] if end_pin else "port"
        steps = [self._step(end_name, kind, end_pin or end_name, node)]
        while node > 1:
            arcs = np.flatnonzero(self._to == node)
            if not len(arcs):
                bit = self._bits[node // 2]
                name = next((name for name, port in self._ports.items() if bit in port["bits"]), "")
                steps.append(self._step(name, "port", name, node))
                break
            arc = arcs[np.argmax(self.arrival[self._from[arcs]] + self._delay[arcs])]
            cell, pin = self._passed[arc]
            steps.append(self._step(cell, self._cells[cell]["type"], pin, node))
            node = int(self._from[arc])
        return tuple(reversed(steps))

    def _step(self, cell: str, kind: str, pin: str, node: int) -> Step:
        return Step(cell, kind, pin, float(self.arrival[node]), ("rise", "fall")[node % 2])


class _Kind:
    """What timing needs of a library's cell, by pin.

    ``capacitances``: of each input for a rising and a falling edge (fF). ``setups``: data pin, edge, table.
    ``after_outputs``: outputs with arcs from another output.
    """

    def __init__(self, cell: Cell) -> None:
        self.sequential = cell.sequential
        self.outputs = cell.outputs
        pins = [pin for pin in cell.pins.values() if pin.direction == "input"]
        self.capacitances = [(pin.name, *(pin.edges or (pin.capacitance,) * 2)) for pin in pins]
        self.setups = [
            setup for pin in pins if cell.sequential and not pin.clock for setup in self._setups(pin)
        ]
        self._arcs = [(name, arc) for name in cell.outputs for arc in cell.pins[name].arcs]
        self.after_outputs = {name for name, arc in self._arcs if arc.related in cell.outputs}

    @staticmethod
    def _setups(pin: Pin) -> list[tuple[str, int, Samples]]:
        """Of a data pin; one that has no setup time ends paths, too."""
        tables = [
            (pin.name, edge, arc.tables[key])
            for arc in pin.arcs
            if arc.kind.startswith("setup")
            for edge, key in ((RISE, "rise_constraint"), (FALL, "fall_constraint"))
            if key in arc.tables
        ]
        without = {RISE, FALL} - {edge for _, edge, _ in tables}
        return tables + [(pin.name, edge, ZERO) for edge in sorted(without)]

    def number_tables(self, tables: list[Samples]) -> list[tuple[str, str, int, int, int, int]]:
        """(output, input or "" for a clock, edge, entering edge, table of delays, of slews) of all arcs.

        Appends the tables to ``tables``.
        """
        numbered: list[tuple[str, str, int, int, int, int]] = []
        for output, arc in self._arcs:
            launches = arc.kind in ("rising_edge", "falling_edge")
            if not (launches if self.sequential else arc.kind in COMBINATIONAL):
                continue
            for edge in (RISE, FALL):
                delays = arc.tables.get(("cell_rise", "cell_fall")[edge])
                if delays is None:
                    continue  # never happens
                slews = arc.tables.get(("rise_transition", "fall_transition")[edge], ZERO)
                tables += [delays, slews]
                related, entering = (
                    ("", (edge,))
                    if self.sequential
                    else (arc.related, ENTERING.get((arc.sense, edge), (RISE, FALL)))
                )
                numbers = len(tables) - 2, len(tables) - 1
                numbered += [(output, related, edge, before, *numbers) for before in entering]
        return numbered
