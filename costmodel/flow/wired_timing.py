"""Static timing of a mapped netlist with the wires of its placement: arrivals, slews and slacks of all nets.

The figures are those of ``costmodel.flow.static_timing``, to which a wire adds its capacitance at the driver
and a delay to each reader; here a library's arcs are read once for all timings with it, so that resizing can
time a netlist of tens of thousands of cells again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from costmodel.cells.grids import Floats, Grids
from costmodel.cells.samples import ZERO, Samples
from costmodel.cells.table import Cell, CellTable
from costmodel.flow.netlist import Bit, Terminal
from costmodel.flow.static_timing import COMBINATIONAL, ENTERING, FALL, RISE, TimingError

_CONSTANT, _CLOCK = 0, 1
"""Nets that are in every netlist: what never changes, and what flip-flops are clocked by."""


@dataclass
class _Kind:
    """What all cells of a kind have: arcs (input, its edge, output, its edge, delay, slew) and ends.

    Inputs and outputs are numbers of pins; delays, slews and setup times (of ends, by input and edge) are
    those of grids, or -1. An arc whose input is -1 is launched by the clock.
    """

    cell: Cell
    arcs: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    ends: list[tuple[int, int, int]] = field(default_factory=list)


class Library:
    """The arcs of a cell table's cells, read once for all timings with it."""

    def __init__(self, table: CellTable) -> None:
        self.table = table
        self._numbers: dict[Samples, int] = {}
        self.kinds = {name: self._kind(cell) for name, cell in table.cells.items()}
        self.grids = Grids([*self._numbers] or [ZERO])

    def _number(self, samples: Samples) -> int:
        return self._numbers.setdefault(samples, len(self._numbers))

    def _kind(self, cell: Cell) -> _Kind:
        kind = _Kind(cell)
        numbers = {pin: i for i, pin in enumerate(cell.pins)}
        for pin in cell.pins.values():
            if pin.direction == "output":
                for arc in pin.arcs:
                    launches = cell.sequential and arc.kind in ("rising_edge", "falling_edge")
                    if not launches and (cell.sequential or arc.kind not in COMBINATIONAL):
                        continue
                    for edge, name in ((RISE, "rise"), (FALL, "fall")):
                        delays, slews = arc.tables.get(f"cell_{name}"), arc.tables.get(f"{name}_transition")
                        if delays is None or (not launches and arc.related not in numbers):
                            continue
                        grids = (self._number(delays), self._number(slews) if slews else -1)
                        starts = (RISE,) if launches else ENTERING.get((arc.sense, edge), (RISE, FALL))
                        source = -1 if launches else numbers[arc.related]
                        kind.arcs += [(source, start, numbers[pin.name], edge, *grids) for start in starts]
            elif cell.sequential and not pin.clock:
                for edge, name in ((RISE, "rise_constraint"), (FALL, "fall_constraint")):
                    setups = [arc.tables.get(name) for arc in pin.arcs if arc.kind.startswith("setup")]
                    known = [self._number(setup) for setup in setups if setup is not None]
                    kind.ends += [(numbers[pin.name], edge, grid) for grid in known or [-1]]
        return kind


class WiredTiming:
    """Loads, slews and arrivals of all nets of a module among its neighbours.

    Parameters
    ----------
    module : a module of mapped cells only.
    library : its cells.
    wire_ff : capacitance of each net's wire, in fF; none of nets that are not there.
    wire_ps : delay of the wire into each input pin, in ps; 0 where it is not there.
    """

    def __init__(
        self,
        module: Mapping[str, Any],
        library: Library,
        wire_ff: Mapping[Bit, float],
        wire_ps: Mapping[Terminal, float],
    ) -> None:
        self.library = library
        self.cells: Mapping[str, Any] = module["cells"]
        self.numbers: dict[Bit, int] = {}
        for cell in self.cells.values():
            for bits in cell["connections"].values():
                for bit in bits:
                    if isinstance(bit, int):
                        self.numbers.setdefault(bit, len(self.numbers) + 2)
        self.load = np.zeros((len(self.numbers) + 2, 2))
        for bit, wire in wire_ff.items():
            self.load[self.numbers[bit]] += wire
        self._arcs(wire_ps)
        self._order()
        self._forward({bit for port in module["ports"].values() for bit in port["bits"]})

    def _arcs(self, wire_ps: Mapping[Terminal, float]) -> None:
        """All arcs of all cells as arrays, and all ends of paths."""
        by_kind: defaultdict[str, list[str]] = defaultdict(list)
        for name, cell in self.cells.items():
            by_kind[cell["type"]].append(name)
        self.names: list[str] = []
        arcs, ends = [np.zeros((0, 8))], [np.zeros((0, 5))]
        for kind_name, names in by_kind.items():
            if kind_name not in self.library.kinds:
                raise TimingError(f"cell {kind_name} is not in library {self.library.table.name}")
            kind = self.library.kinds[kind_name]
            pins = list(kind.cell.pins)
            nets = np.array([[self._net(name, pin) for pin in pins] for name in names])
            wires = np.array([[wire_ps.get((name, pin), 0.0) for pin in pins] for name in names])
            for i, pin in enumerate(kind.cell.pins.values()):
                if pin.direction == "input":
                    np.add.at(self.load, nets[:, i], pin.edges or (pin.capacitance,) * 2)
            cells = np.arange(len(self.names), len(self.names) + len(names))
            self.names += names
            one = np.ones(len(names))
            for source, start, sink, edge, delay, slew in kind.arcs:
                begin = one * 2 * _CLOCK if source < 0 else 2 * nets[:, source] + start
                wire = 0 * one if source < 0 else wires[:, source]
                columns = (begin, 2 * nets[:, sink] + edge, one * delay, one * slew, wire, cells)
                arcs.append(np.column_stack((*columns, one * source, one * sink)))
            for source, edge, setup in kind.ends:
                node, setups = 2 * nets[:, source] + edge, np.full(len(names), setup)
                ends.append(np.column_stack((node, setups, wires[:, source], cells, one * source)))
        self._table(np.concatenate(arcs), np.concatenate(ends))

    def _table(self, arcs: Floats, ends: Floats) -> None:
        arcs = arcs[arcs[:, 1] >= 2 * _CLOCK]
        whole = arcs.astype(np.int64)
        self.start, self.end, self.delays, self.slews = (whole[:, i] for i in range(4))
        self.wire, self.cell, self.source, self.sink = arcs[:, 4], *(whole[:, i] for i in (5, 6, 7))
        self.end_node, self.end_setup, _, self.end_cell, self.end_source = ends.astype(np.int64).T
        self.end_wire = ends[:, 2]

    def _net(self, name: str, pin: str) -> int:
        bits = self.cells[name]["connections"].get(pin)
        return self.numbers.get(bits[0], _CONSTANT) if bits else _CONSTANT

    def _order(self) -> None:
        """Sorts the arcs by level, each behind all arcs that it depends on."""
        levels = np.zeros(len(self.load), dtype=np.int64)
        start, end = self.start // 2, self.end // 2
        for _ in range(len(levels) + 1):
            reached = levels.copy()
            np.maximum.at(reached, end, levels[start] + 1)
            if (reached == levels).all():
                break
            levels = reached
        else:
            raise TimingError("combinational loop")
        order = np.lexsort((self.end, levels[end]))
        for name in ("start", "end", "delays", "slews", "wire", "cell", "source", "sink"):
            setattr(self, name, getattr(self, name)[order])
        of_arcs = levels[self.end // 2]
        bounds = np.searchsorted(of_arcs, np.arange(1, of_arcs.max(initial=0) + 2))
        self._levels = [slice(a, b) for a, b in pairwise(bounds) if b > a]

    def _forward(self, ports: set[Bit]) -> None:
        self.arrival = np.full(2 * len(self.load), -np.inf)
        self.slew = np.zeros(2 * len(self.load))
        self.arrival[2 * _CLOCK : 2 * _CLOCK + 2] = 0
        for bit in ports:
            if (net := self.numbers.get(bit)) is not None:
                self.arrival[2 * net : 2 * net + 2] = 0
        self.delay = np.zeros(len(self.start))
        load = self.load.reshape(-1)[self.end]
        grids = self.library.grids
        delays, leavings = (grids.at_columns(each, load) for each in (self.delays, np.maximum(self.slews, 0)))
        for level in self._levels:
            start, end, slews = self.start[level], self.end[level], self.slews[level]
            at, slew = self.arrival[start], self.slew[start]
            delay = delays.at(level, slew) + self.wire[level]
            leaving = np.maximum(0.0, leavings.at(level, slew))
            leaving = np.where(np.isfinite(at) & (slews >= 0), leaving, 0.0)
            groups = np.flatnonzero(np.r_[True, end[1:] != end[:-1]])
            self.arrival[end[groups]] = np.maximum.reduceat(at + delay, groups)
            self.slew[end[groups]] = np.maximum.reduceat(leaving, groups)
            self.delay[level] = delay
        setup = np.where(
            self.end_setup < 0,
            0.0,
            grids.at(np.maximum(self.end_setup, 0), self.slew[self.end_node], 0.0 * self.end_wire),
        )
        self.tail = setup + self.end_wire
        """What each end of a path adds to the arrival at its net."""

    @property
    def delay_ps(self) -> float:
        """The longest path, clock-to-output at its start and setup time at its end included; 0 of none."""
        return float(max(np.max(self.arrival[self.end_node] + self.tail, initial=0.0), 0.0))

    def lateness(self, clock_ps: float) -> float:
        """The sum, over all ends of paths, of the squares of what they are late by (ps²)."""
        late = np.maximum(0.0, self.arrival[self.end_node] + self.tail - clock_ps)
        return float((late**2).sum())

    def slack(self, clock_ps: float) -> Floats:
        """How much later (ps) each net's edges could be there for a clock; row: net, columns: edges."""
        needed = np.full(len(self.arrival), np.inf)
        np.minimum.at(needed, self.end_node, clock_ps - self.tail)
        for level in reversed(self._levels):
            np.minimum.at(needed, self.start[level], needed[self.end[level]] - self.delay[level])
        result: Floats = np.where(np.isfinite(self.arrival), needed - self.arrival, np.inf).reshape(-1, 2)
        return result

    def slack_at_pins(self, clock_ps: float) -> dict[Terminal, float]:
        """How much later (ps) the signal could be at each input pin for a clock."""
        late = self.slack(clock_ps).reshape(-1)
        arcs = late[self.end] + self.arrival[self.end] - self.arrival[self.start] - self.delay
        ends = clock_ps - self.tail - self.arrival[self.end_node]
        arcs, ends = (np.where(np.isfinite(values), values, np.inf) for values in (arcs, ends))
        slacks = np.concatenate((arcs[self.source >= 0], ends))
        cells = np.concatenate((self.cell[self.source >= 0], self.end_cell))
        pins = np.concatenate((self.source[self.source >= 0], self.end_source))
        order = np.lexsort((slacks, pins, cells))
        cells, pins, slacks = cells[order], pins[order], slacks[order]
        first = np.flatnonzero(np.r_[True, (cells[1:] != cells[:-1]) | (pins[1:] != pins[:-1])])
        names = {name: list(kind.cell.pins) for name, kind in self.library.kinds.items()}
        return {
            (name := self.names[cell], names[self.cells[name]["type"]][pin]): float(slack)
            for cell, pin, slack in zip(cells[first], pins[first], slacks[first], strict=True)
        }

    def load_of(self, bit: Bit) -> float:
        """The larger of a net's loads for a rising and a falling edge, wire included, in fF."""
        return float(self.load[self.numbers[bit]].max()) if bit in self.numbers else 0.0

    def slew_of(self, bit: Bit) -> float:
        """The longer of a net's transitions, in ps; 0 for a net that never changes."""
        net = self.numbers.get(bit, _CONSTANT)
        return float(self.slew[2 * net : 2 * net + 2].max())
