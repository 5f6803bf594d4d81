"""Static timing of a mapped netlist with the library's delay tables: arrivals, slacks and the longest path.

Full-adder cells are opaque to ABC, so its own timing report is blind through them. Here every cell counts:
delay and slew by table over input slew and load, rise and fall apart, worst case over the arcs into a pin.
The load of a net is the capacitance of the pins it drives, plus that of its wire; a wire has a delay to each
pin that it leads to. Without wires both are zero. Linear in the number of cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from costmodel.cells.grids import Curves, Floats, Indices
from costmodel.cells.table import CellTable
from costmodel.flow.graph import CLOCK, CONSTANT, Graph
from costmodel.flow.kinds import CLOCK_PIN, Library
from costmodel.flow.netlist import Bit, Terminal


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


@dataclass(frozen=True)
class Wires:
    """Capacitance of nets' wires (fF) by bit, their delays (ps) into input pins; 0 of those not there."""

    capacitance_ff: Mapping[Bit, float] = field(default_factory=dict)
    delay_ps: Mapping[Terminal, float] = field(default_factory=dict)


IDEAL = Wires()
"""No wires."""


def longest_path(module: Mapping[str, Any], table: CellTable, wires: Wires = IDEAL) -> Path | None:
    """The longest path between ports and flip-flops; None when nothing is timed (no cells at all).

    ``module`` is one of mapped cells only. Raises ``TimingError``.
    """
    return Timing(Graph(module, Library(table)), wires).longest()


class Timing:
    """Loads, slews and arrivals of all nets of a netlist.

    Parameters
    ----------
    graph : the netlist.
    wires : between its cells.

    Attributes
    ----------
    kinds : the strengths of the cells, by their numbers in the library.
    load : in fF, by net and edge.
    arrival, slew : in ps, by node; -inf and 0 for what never changes.
    delay, wire : of each arc, in ps, wire included; that of the wire into it.
    tail : what each end of a path adds to the arrival at its net: setup time and wire.
    """

    def __init__(self, graph: Graph, wires: Wires = IDEAL) -> None:
        self.graph, self.library, self.kinds = graph, graph.library, graph.kinds
        self._wires(wires)
        self._load()
        self._curves = self._curves_of(np.arange(len(graph.start)))
        self._forward()

    def exchanged(self, kinds: Indices) -> Timing:
        """The timing with other strengths of the cells and the same wires."""
        after = object.__new__(Timing)
        after.graph, after.library, after.kinds = self.graph, self.library, kinds
        after._wire_ff, after.wire, after._end_wire = self._wire_ff, self.wire, self._end_wire
        after._load()
        graph = self.graph
        changed = (kinds != self.kinds)[graph.cell] | (after.load != self.load).reshape(-1)[graph.end]
        arcs = np.flatnonzero(changed)
        new = after._curves_of(arcs)
        after._curves = tuple(old.replaced(arcs, each) for old, each in zip(self._curves, new, strict=True))
        after._forward()
        return after

    def _wires(self, wires: Wires) -> None:
        graph, pins = self.graph, self.library.pins
        self._wire_ff = np.zeros(graph.nets)
        for bit, wire in wires.capacitance_ff.items():
            if bit in graph.numbers:
                self._wire_ff[graph.numbers[bit]] = wire
        into = np.zeros(graph.pins.shape)
        if wires.delay_ps:
            for i, (name, kind) in enumerate(zip(graph.names, self.kinds.tolist(), strict=True)):
                for pin, place in pins[kind].items():
                    into[i, place] = wires.delay_ps.get((name, pin), 0.0)
        self.wire = np.where(graph.source == CLOCK_PIN, 0.0, into[graph.cell, graph.source])
        inside = graph.end_cell >= 0
        self._end_wire = np.zeros(len(inside))
        self._end_wire[inside] = into[graph.end_cell[inside], graph.end_pin[inside]]

    def _load(self) -> None:
        graph = self.graph
        loads = self.library.capacitance[self.kinds[graph.input_cell], graph.input_pin]
        sums = [np.bincount(graph.input_net, loads[:, edge], graph.nets) for edge in (0, 1)]
        self.load: Floats = np.stack(sums, axis=1) + self._wire_ff[:, None]

    def _curves_of(self, arcs: Indices) -> tuple[Curves, ...]:
        """The delays and the slews of arcs at their loads."""
        graph, library = self.graph, self.library
        kinds, load = self.kinds[graph.cell[arcs]], self.load.reshape(-1)[graph.end[arcs]]
        tables = (each[kinds, graph.arc[arcs]] for each in (library.delays, library.slews))
        return tuple(library.grids.at_columns(each, load) for each in tables)

    def _forward(self) -> None:
        graph, library = self.graph, self.library
        self.arrival, self.slew = np.full(2 * graph.nets, -np.inf), np.zeros(2 * graph.nets)
        for net in (CLOCK, *graph.starts):
            self.arrival[2 * net : 2 * net + 2] = 0.0
        self.delay = np.zeros(len(graph.start))
        delays, slews = self._curves
        for level, groups in zip(graph.levels, graph.groups, strict=True):
            start, reached = graph.start[level], graph.end[level][groups]
            at, slew = self.arrival[start], self.slew[start]
            if library.one_axis:
                delay, leaving = delays.both_at(slews, level, slew)
            else:
                delay, leaving = delays.at(level, slew), slews.at(level, slew)
            self.delay[level] = delay + self.wire[level]
            self.arrival[reached] = np.maximum.reduceat(at + self.delay[level], groups)
            leaving = np.where(at > -np.inf, leaving, 0.0)
            self.slew[reached] = np.maximum(np.maximum.reduceat(leaving, groups), 0.0)
        self.setup = np.zeros(len(graph.end_node))
        timed = np.flatnonzero(graph.end_cell >= 0)
        setups = library.setups[self.kinds[graph.end_cell[timed]], graph.end_setup[timed]]
        self.setup[timed] = library.grids.at(setups, self.slew[graph.end_node[timed]], np.zeros(len(timed)))
        self.tail = self.setup + self._end_wire

    # What is asked of it ----------------------------------------------------------------------------------

    @property
    def delay_ps(self) -> float:
        """The longest path, clock-to-output at its start and setup time at its end included; 0 of none."""
        return float(max(np.max(self.arrival[self.graph.end_node] + self.tail, initial=0.0), 0.0))

    def load_of(self, bit: Bit) -> float:
        """The larger of a net's loads for a rising and a falling edge, wire included, in fF."""
        net = self.graph.numbers.get(bit)
        return 0.0 if net is None else float(self.load[net].max())

    def slew_of(self, bit: Bit) -> float:
        """The longer of a net's transitions, in ps; 0 for a net that never changes."""
        net = self.graph.numbers.get(bit, CONSTANT)
        return float(self.slew[2 * net : 2 * net + 2].max())

    def arrival_of(self, bit: Bit) -> tuple[float, float]:
        """When a net has risen and fallen at the latest, in ps; -inf for a net that never changes."""
        net = self.graph.numbers.get(bit, CONSTANT)
        return float(self.arrival[2 * net]), float(self.arrival[2 * net + 1])

    @cached_property
    def most_slew(self) -> Floats:
        """The least max_transition of the pins at each net, in ps."""
        graph = self.graph
        most = np.full(graph.nets, np.inf)
        for cells, pins, nets in (
            (graph.input_cell, graph.input_pin, graph.input_net),
            (graph.output_cell, graph.output_pin, graph.output_net),
        ):
            np.minimum.at(most, nets, self.library.most_slew[self.kinds[cells], pins])
        return most

    def lateness(self, clock_ps: float) -> float:
        """The sum, over all ends of paths, of the squares of what they are late by (ps²)."""
        late = np.maximum(0.0, self.arrival[self.graph.end_node] + self.tail - clock_ps)
        return float((late**2).sum())

    def late_ends(self, clock_ps: float) -> frozenset[str]:
        """The cells at the ends of paths that are longer than a clock period (ps)."""
        graph = self.graph
        late = (self.arrival[graph.end_node] + self.tail > clock_ps) & (graph.end_cell >= 0)
        return frozenset(graph.names[cell] for cell in graph.end_cell[late].tolist())

    def required(self, period_ps: float | Floats) -> Floats:
        """When a signal has to be at each node for a period (ps), of all ends of paths or of each; infinite
        where nothing waits for it.
        """
        graph = self.graph
        required = np.full(len(self.arrival), np.inf)
        np.minimum.at(required, graph.end_node, period_ps - self.tail)
        for level in reversed(graph.levels):
            np.minimum.at(required, graph.start[level], required[graph.end[level]] - self.delay[level])
        return required

    def slack(self, period_ps: float) -> Floats:
        """How many ps a period leaves to the longest path through each node; negative where it is late."""
        slack: Floats = np.where(self.arrival > -np.inf, self.required(period_ps) - self.arrival, np.inf)
        return slack

    def slacks(self, period_ps: float) -> dict[Bit, float]:
        """The same of each net, by bit."""
        slack = self.slack(period_ps).reshape(-1, 2).min(axis=1).tolist()
        return {bit: slack[net] for bit, net in self.graph.numbers.items()}

    def pin_slack(self, period_ps: float) -> Floats:
        """The same of the paths through each cell's input pins; row: cell, column: pin."""
        graph = self.graph
        slack = np.full(graph.pins.shape, np.inf)
        through = self.required(period_ps)[graph.end] - self.delay - self.arrival[graph.start]
        entered = graph.source != CLOCK_PIN
        np.minimum.at(slack, (graph.cell[entered], graph.source[entered]), through[entered])
        left, inside = period_ps - self.tail - self.arrival[graph.end_node], graph.end_cell >= 0
        np.minimum.at(slack, (graph.end_cell[inside], graph.end_pin[inside]), left[inside])
        return slack

    def pin_slacks(self, period_ps: float) -> dict[Terminal, float]:
        """The same, by cell and pin."""
        graph, slacks = self.graph, self.pin_slack(period_ps).tolist()
        names = [list(pins) for pins in self.library.pins]
        return {
            (graph.names[cell], names[self.kinds[cell]][pin]): slacks[cell][pin]
            for cell, pin in zip(graph.input_cell.tolist(), graph.input_pin.tolist(), strict=True)
        }

    # The longest path -------------------------------------------------------------------------------------

    def longest(self) -> Path | None:
        """The path to the latest end: an output port, or a flip-flop's data pin with its setup time."""
        graph = self.graph
        times = self.arrival[graph.end_node] + self.tail
        if not len(times):
            return None
        last = int(np.argmax(times))
        if times[last] == -np.inf:
            return None
        cell, pin, node = int(graph.end_cell[last]), int(graph.end_pin[last]), int(graph.end_node[last])
        if cell < 0:
            port = list(graph.ports)[pin]
            end = self._step(port, "port", port, node)
        else:
            end = self._at(cell, pin, node)
        return Path(float(times[last]), float(self.setup[last]), (*self._before(node), end))

    def _before(self, node: int) -> list[Step]:
        """The steps of the longest path to a node."""
        graph = self.graph
        bits = {number: bit for bit, number in graph.numbers.items()}
        steps: list[Step] = []
        while node // 2 != CLOCK:
            arcs = np.flatnonzero(graph.end == node)
            if not len(arcs):
                bit = bits[node // 2]
                name = next((name for name, port in graph.ports.items() if bit in port["bits"]), "")
                steps.append(self._step(name, "port", name, node))
                break
            arc = arcs[np.argmax(self.arrival[graph.start[arcs]] + self.delay[arcs])]
            steps.append(self._at(int(graph.cell[arc]), int(graph.sink[arc]), node))
            node = int(graph.start[arc])
        return steps[::-1]

    def _at(self, cell: int, pin: int, node: int) -> Step:
        kind = self.kinds[cell]
        return self._step(
            self.graph.names[cell], self.library.kinds[kind].name, list(self.library.pins[kind])[pin], node
        )

    def _step(self, cell: str, kind: str, pin: str, node: int) -> Step:
        return Step(cell, kind, pin, float(self.arrival[node]), ("rise", "fall")[node % 2])
