"""Which cells of a timed netlist to exchange for other strengths: to shorten paths, and to save area.

All cells are looked at at once, on the delay tables. What an exchange does is estimated where it is made: at
the outputs of the cell, whose delays change, and at its inputs, whose drivers get another load.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from costmodel.cells.grids import Floats, Indices
from costmodel.flow.kinds import CLOCK_PIN
from costmodel.flow.static_timing import Timing

SLEW = 1.5
"""What a slower net costs what it drives, over its own delay: the slews behind it become longer, too."""


@dataclass(frozen=True)
class Exchanges:
    """Cells, the kinds to put in their places, how much earlier (ps) that is, and the µm² that it adds."""

    cells: Indices
    kinds: Indices
    gains: Floats
    areas: Floats

    def chosen(self, which: NDArray[np.bool_] | Indices) -> Exchanges:
        """Some of them."""
        return Exchanges(self.cells[which], self.kinds[which], self.gains[which], self.areas[which])

    def first_of_cells(self, keys: tuple[Floats, ...], allowed: NDArray[np.bool_]) -> Exchanges:
        """Of each cell's allowed exchanges the one with the least of ``keys``, the first of which decides."""
        order = np.lexsort((*reversed(keys), self.cells))
        order = order[allowed[order]]
        return self.chosen(order[np.flatnonzero(np.diff(self.cells[order], prepend=-1))])


class Estimate:
    """What exchanges do to a timed netlist.

    Parameters
    ----------
    timing : of the netlist as it is.
    period_ps : when paths have to end, in ps; of all, or of each.
    free : of each cell, whether it may be exchanged.
    """

    def __init__(self, timing: Timing, period_ps: float | Floats, free: NDArray[np.bool_]) -> None:
        self._timing, self._period, self._free = timing, period_ps, free
        graph, library = timing.graph, timing.library
        required = timing.required(period_ps)
        ends = np.flatnonzero(graph.end_cell >= 0)
        nodes = graph.end_node[ends]
        # The setup times at the ends of paths count like the delays of arcs.
        self._tables = np.concatenate((library.delays, library.setups), axis=1)
        self._column = np.concatenate((graph.arc, library.delays.shape[1] + graph.end_setup[ends]))
        self._cell = np.concatenate((graph.cell, graph.end_cell[ends]))
        self._start = np.concatenate((graph.start, nodes))
        self._source = np.concatenate((graph.source, graph.end_pin[ends]))
        self._load = np.concatenate((timing.load.reshape(-1)[graph.end], np.zeros(len(ends))))
        self._delay = np.concatenate((timing.delay - timing.wire, timing.setup[ends]))
        slack = np.concatenate((required[graph.end] - timing.delay, (period_ps - timing.tail)[ends]))
        arrival = timing.arrival[self._start]
        self._live = (arrival > -np.inf) & np.isfinite(slack)
        self._slack = np.where(self._live, slack - np.where(self._live, arrival, 0.0), np.inf)
        self._alike = [np.array(library.alike(kind)) for kind in range(len(library.kinds))]

    def faster(self, window_ps: float) -> Exchanges:
        """For each cell within a window of the latest path the exchange that gains most."""
        latest = self._slack.min(initial=np.inf)
        cells = np.zeros(len(self._free), dtype=bool)
        cells[self._cell[self._slack < latest + window_ps]] = True
        found = self._all(cells & self._free)
        return found.first_of_cells((-found.gains, found.areas), found.gains > 0)

    def smaller(self, share: float | None) -> Exchanges:
        """For each cell the smallest kind that leaves all paths in time if all are exchanged at once.

        Every arc may become longer by as much as its path, in proportion; ``share`` of that is used. With
        None, each cell is looked at as if it alone was exchanged.
        """
        timing, library = self._timing, self._timing.library
        smallest = library.area[np.array([kinds[0] for kinds in self._alike], dtype=np.intp)]
        cells = self._free & (library.area[timing.kinds] > smallest[timing.kinds])
        arcs, kinds, pair = self._pairs(cells)
        path = np.maximum(self._period - self._slack, 1.0)
        spare = np.maximum(0.0, self._slack)
        given = spare if share is None else share * self._delay * spare / path
        budget = np.where(self._live, given, np.inf)
        fits = SLEW * (self._delays(arcs, kinds) - self._delay[arcs]) <= budget[arcs]
        fits &= self._within_limits(arcs, kinds)
        starts = np.flatnonzero(np.diff(pair, prepend=-1))
        fits = np.logical_and.reduceat(fits, starts) if len(starts) else fits
        found = self._exchanges(arcs[starts], kinds[starts], np.zeros(len(starts))).chosen(fits)
        return found.first_of_cells((found.areas,), found.areas < 0)

    def _all(self, cells: NDArray[np.bool_]) -> Exchanges:
        """All exchanges of some cells, with what each gains at the latest of the cell's arcs."""
        timing, capacitance = self._timing, self._timing.library.capacitance
        arcs, kinds, pair = self._pairs(cells)
        start, source = self._start[arcs], np.maximum(0, self._source[arcs])
        before = timing.kinds[self._cell[arcs]]
        more = capacitance[kinds, source, start % 2] - capacitance[before, source, start % 2]
        later = np.where(self._source[arcs] == CLOCK_PIN, 0.0, SLEW * more * self._pushes(cells)[start])
        change = SLEW * (self._delays(arcs, kinds) - self._delay[arcs]) + later
        starts = np.flatnonzero(np.diff(pair, prepend=-1))
        if not len(starts):
            return self._exchanges(starts, starts, np.zeros(0))
        old = np.minimum.reduceat(self._slack[arcs], starts)
        new = np.minimum.reduceat(self._slack[arcs] - change, starts)
        return self._exchanges(arcs[starts], kinds[starts], new - old)

    def _exchanges(self, arcs: Indices, kinds: Indices, gains: Floats) -> Exchanges:
        """Exchanges of the cells of some arcs."""
        cells, area = self._cell[arcs], self._timing.library.area
        return Exchanges(cells, kinds, gains, area[kinds] - area[self._timing.kinds[cells]])

    def _pairs(self, cells: NDArray[np.bool_]) -> tuple[Indices, Indices, Indices]:
        """All arcs of some cells with each other kind of their families; number of the cell and kind."""
        arcs = np.flatnonzero(cells[self._cell] & self._live)
        own = self._timing.kinds[self._cell[arcs]]
        table = np.full((len(self._alike), max(map(len, self._alike), default=1)), -1, dtype=np.intp)
        for kind, alike in enumerate(self._alike):
            table[kind, : len(alike)] = alike
        choices = table[own]
        row, place = np.nonzero((choices >= 0) & (choices != own[:, None]))
        arcs, kinds = arcs[row], choices[row, place]
        pair = self._cell[arcs] * table.shape[1] + place
        order = np.argsort(pair, kind="stable")
        return arcs[order], kinds[order], pair[order]

    def _delays(self, arcs: Indices, kinds: Indices) -> Floats:
        """The delays of arcs of cells of other kinds, without wires."""
        tables = self._tables[kinds, self._column[arcs]]
        slew = self._timing.slew[self._start[arcs]]
        return self._timing.library.grids.at(tables, slew, self._load[arcs])

    def _within_limits(self, arcs: Indices, kinds: Indices) -> NDArray[np.bool_]:
        """Whether cells of other kinds keep the library's limits of load and slew at the ends of arcs."""
        timing, graph, library = self._timing, self._timing.graph, self._timing.library
        within = np.ones(len(arcs), dtype=bool)
        inside = np.flatnonzero(arcs < len(graph.end))
        arcs, kinds = arcs[inside], kinds[inside]
        load = timing.load.max(axis=1)[graph.end[arcs] // 2]
        tables = library.slews[kinds, graph.arc[arcs]]
        slew = library.grids.at(tables, timing.slew[graph.start[arcs]], load)
        within[inside] = load <= library.most_load[kinds, graph.sink[arcs]]
        within[inside] &= slew <= timing.most_slew[graph.end[arcs] // 2]
        return within

    def _pushes(self, cells: NDArray[np.bool_]) -> Floats:
        """``pushes`` at the nodes that some cells read."""
        read = np.zeros(len(self._timing.arrival), dtype=bool)
        read[self._start[cells[self._cell]]] = True
        return pushes(self._timing, np.flatnonzero(read[self._timing.graph.end]))


def pushes(timing: Timing, arcs: Indices) -> Floats:
    """How much later (ps) each node is for one fF more at it: by the steepest of ``arcs`` into it."""
    graph, library = timing.graph, timing.library
    arcs = arcs[timing.arrival[graph.start[arcs]] > -np.inf]
    tables = library.delays[timing.kinds[graph.cell[arcs]], graph.arc[arcs]]
    load = timing.load.reshape(-1)[graph.end[arcs]] + 1.0
    more = library.grids.at(tables, timing.slew[graph.start[arcs]], load) + timing.wire[arcs]
    push = np.zeros(len(timing.arrival))
    np.maximum.at(push, graph.end[arcs], more - timing.delay[arcs])
    return push
