"""A mapped netlist as arrays for timing: its cells' pins on numbered nets, and its arcs level by level.

It holds whatever strengths its cells have, for these have the same pins and arcs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from costmodel.cells.grids import Indices
from costmodel.flow.kinds import CLOCK_PIN, Library
from costmodel.flow.netlist import Bit

CONSTANT, CLOCK = 0, 1
"""Nets that are in every netlist: what never changes, and what flip-flops are clocked by."""


class TimingError(ValueError):
    """A netlist that has no longest path: a combinational loop, or a cell without timing."""


class Graph:
    """The nets, arcs and ends of paths of a module of mapped cells.

    A node is a net's edge: twice the net's number, and one more for its falling edge.

    Attributes
    ----------
    names, kinds : of the cells; the kinds are those that the module has.
    numbers : of the nets, by bit; constants are net 0.
    pins : the net at each cell's pins, as the library numbers them; 0 where there is none.
    start, end, cell, arc, source, sink : of each arc its nodes, cell, number in the family, and pins.
    levels : slices of the arcs, each of which needs only those before; within it arcs of an end are together.
    groups : where in each level those of another end begin.
    end_node, end_cell, end_setup, end_pin : the ends of paths; cell -1 of a port, whose number is the pin.

    Raises ``TimingError``.
    """

    def __init__(self, module: Mapping[str, Any], library: Library) -> None:
        self.library, self.ports = library, module["ports"]
        cells: Mapping[str, Any] = module["cells"]
        self.names = list(cells)
        self.numbers: dict[Bit, int] = {}
        self._number(cells)
        self._connect()
        self._arcs()
        self._ends()
        self._order()

    def _number(self, cells: Mapping[str, Any]) -> None:
        library, numbers = self.library, self.numbers
        inputs = [port for port in self.ports.values() if port["direction"] == "input"]
        for bit in (bit for port in inputs for bit in port["bits"]):
            if not isinstance(bit, str):
                numbers.setdefault(bit, len(numbers) + 2)
        self.starts = np.arange(2, len(numbers) + 2)
        kinds = []
        self.pins = np.zeros((len(cells), library.capacitance.shape[1]), dtype=np.intp)
        for i, cell in enumerate(cells.values()):
            kind = library.number.get(cell["type"])
            if kind is None:
                raise TimingError(f"cell {cell['type']} is not in library {library.table.name}")
            kinds.append(kind)
            places = library.pins[kind]
            for pin, bits in cell["connections"].items():
                if bits and not isinstance(bit := bits[0], str):
                    self.pins[i, places[pin]] = numbers.setdefault(bit, len(numbers) + 2)
        self.kinds = np.array(kinds, dtype=np.intp)
        self.nets = len(numbers) + 2

    def _connect(self) -> None:
        """Which cells are of which family, and the pins at which they load and drive nets."""
        family = np.array(self.library.family, dtype=np.intp)[self.kinds]
        self._members = {int(number): np.flatnonzero(family == number) for number in np.unique(family)}
        families = self.library.families
        width = self.pins.shape[1]
        inputs = np.array([each.inputs for each in families] or [0])[family]
        pins = np.array([each.pins for each in families] or [0])[family]
        column = np.arange(width)
        reads = (column < inputs[:, None]) & (self.pins > CONSTANT)
        drives = (column >= inputs[:, None]) & (column < pins[:, None]) & (self.pins > CONSTANT)
        self.input_cell, self.input_pin = np.nonzero(reads)
        self.input_net = self.pins[self.input_cell, self.input_pin]
        self.output_cell, self.output_pin = np.nonzero(drives)
        self.output_net = self.pins[self.output_cell, self.output_pin]

    def _arcs(self) -> None:
        columns: list[Indices] = [np.zeros((6, 0), dtype=np.intp)]
        for number, cells in self._members.items():
            for arc, (source, start, sink, edge, _) in enumerate(self.library.families[number].arcs):
                begin = np.full(len(cells), CLOCK) if source == CLOCK_PIN else self.pins[cells, source]
                fixed = (np.full(len(cells), value) for value in (arc, source, sink))
                nodes = 2 * begin + start, 2 * self.pins[cells, sink] + edge
                columns.append(np.stack((*nodes, cells, *fixed)))
        arcs = np.concatenate(columns, axis=1)
        self._table = arcs[:, (arcs[0] > 1) & (arcs[1] > 1)]

    def _ends(self) -> None:
        columns: list[Indices] = [np.zeros((4, 0), dtype=np.intp)]
        for port, entry in enumerate(self.ports.values()):
            nets = [self.numbers[bit] for bit in entry["bits"] if bit in self.numbers]
            if entry["direction"] != "input":
                for edge in (0, 1):
                    nodes = 2 * np.array(nets, dtype=np.intp) + edge
                    fixed = (np.full(len(nets), value) for value in (-1, -1, port))
                    columns.append(np.stack((nodes, *fixed)))
        for number, cells in self._members.items():
            for end, (pin, edge, _) in enumerate(self.library.families[number].ends):
                nodes = 2 * self.pins[cells, pin] + edge
                fixed = (np.full(len(cells), value) for value in (end, pin))
                columns.append(np.stack((nodes, cells, *fixed))[:, nodes > 1])
        self.end_node, self.end_cell, self.end_setup, self.end_pin = np.concatenate(columns, axis=1)

    def _order(self) -> None:
        """Sorts the arcs by level, each behind all arcs that it depends on."""
        start, end = self._table[0] // 2, self._table[1] // 2
        self._refuse_undriven(start)
        level = self._levels(start, end)
        order = np.lexsort((self._table[1], level[end]))
        self.start, self.end, self.cell, self.arc, self.source, self.sink = self._table[:, order]
        del self._table
        of_arcs = level[self.end // 2]
        bounds = np.searchsorted(of_arcs, np.arange(1, of_arcs.max(initial=0) + 2))
        self.levels = [slice(int(a), int(b)) for a, b in pairwise(bounds) if b > a]
        self.groups = [np.flatnonzero(np.diff(self.end[level], prepend=-1)) for level in self.levels]

    def _refuse_undriven(self, start: Indices) -> None:
        driven = np.zeros(self.nets, dtype=bool)
        driven[[CONSTANT, CLOCK, *self.starts]] = True
        driven[self.output_net] = True
        missing = np.flatnonzero(~driven[start])
        if len(missing):
            net, cell = start[missing[0]], self._table[2, missing[0]]
            bit = next(bit for bit, number in self.numbers.items() if number == net)
            raise TimingError(f"net {bit} at cell {self.names[cell]} has no driver")

    def _levels(self, start: Indices, end: Indices) -> Indices:
        """The level of each net: 0 of what starts paths, one more than the last before it of all others."""
        edges = np.unique(start * self.nets + end)
        start, end = edges // self.nets, edges % self.nets
        first = np.searchsorted(start, np.arange(self.nets + 1))
        waiting = np.bincount(end, minlength=self.nets)
        level = np.zeros(self.nets, dtype=np.intp)
        front, number = np.flatnonzero(waiting == 0), 0
        while len(front):
            level[front] = number
            counts = first[front + 1] - first[front]
            offset = np.repeat(first[front] - np.cumsum(counts) + counts, counts)
            reached = end[offset + np.arange(counts.sum())]
            waiting -= np.bincount(reached, minlength=self.nets)
            front = np.unique(reached[waiting[reached] == 0])
            number += 1
        if waiting.any():
            raise TimingError(f"combinational loop through cell {self._looped(start, end, waiting > 0)}")
        return level

    def _looped(self, start: Indices, end: Indices, stuck: Any) -> str:
        """A cell of a loop: walked against the arcs among nets that wait until a net comes again."""
        before = dict(zip(end[stuck[start]].tolist(), start[stuck[start]].tolist(), strict=True))
        net, seen = next(iter(before)), set()
        while net not in seen:
            seen.add(net)
            net = before[net]
        return self.names[int(self.output_cell[np.flatnonzero(self.output_net == net)[0]])]

    def readers(self) -> defaultdict[int, list[int]]:
        """For each net which of the inputs (``input_cell``, ``input_pin``) read it."""
        readers: defaultdict[int, list[int]] = defaultdict(list)
        for i, net in enumerate(self.input_net.tolist()):
            readers[net].append(i)
        return readers
