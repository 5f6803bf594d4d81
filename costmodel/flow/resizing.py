"""Resizes a placed netlist with its wires: within the library's limits, then faster until a clock is met.

Cells were sized without wires. Here those on the longest paths are exchanged for stronger ones
(``costmodel.flow.strengthening``), and readers that have time are put behind a buffer, as far as the gain
that the tables promise is more than what it costs. A round puts in many buffers at once; the whole netlist is
timed after it, and what made no path shorter is taken back. Cells stay where they are; a new buffer lies
half way between its driver and its readers, or beside the driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from costmodel.cells.table import Cell, CellTable
from costmodel.flow.edits import Edits, with_kinds
from costmodel.flow.exchanges import pushes
from costmodel.flow.limits import keep_limits
from costmodel.flow.netlist import Bit, Terminal
from costmodel.flow.static_timing import Timing
from costmodel.flow.strengthening import LEAST_GAIN, WINDOW, earlier, faster
from costmodel.flow.wires import Point, wire_of
from costmodel.flow.wiring import Wiring

ROUNDS = 60
MOST_CHANGES, MOST_FAILURES = 400, 12
"""Most changes of a round, and rounds one after the other that make no path shorter before it is over."""
SPARE = 2
"""How many times that window a reader must have to be put behind a buffer."""


def resize(wiring: Wiring, logic: CellTable, clock_ps: float | None) -> int:
    """Resizes the module of ``wiring`` in place; how many nets are still beyond the library's limits.

    Parameters
    ----------
    wiring : the placed netlist.
    logic : the combinational cells to choose from.
    clock_ps : the period to reach; None keeps the limits alone.
    """

    def timed() -> Timing:
        wiring.update()
        return wiring.timing()

    def near(reader: Terminal) -> float:
        return sum(wiring.points.get(reader[0], (0.0, 0.0)))

    timing, exceeded = keep_limits(wiring.module, wiring.table, logic, timed, near)
    if clock_ps is not None and timing.delay_ps > clock_ps:
        _Resizing(wiring, logic, clock_ps).run(timing)
        _, exceeded = keep_limits(wiring.module, wiring.table, logic, timed, near)
    return len(exceeded)


@dataclass(frozen=True)
class _Change:
    """A buffer of a kind behind a cell, before readers of its net."""

    gain_ps: float
    cell: str
    kind: Cell
    bit: Bit
    readers: tuple[Terminal, ...]
    at: Point | None = None

    @property
    def key(self) -> tuple[str, str, Bit]:
        return self.cell, self.kind.name, self.bit


class _Resizing:
    def __init__(self, wiring: Wiring, logic: CellTable, clock_ps: float) -> None:
        self._wiring, self._logic, self._clock = wiring, logic, clock_ps

    def run(self, timing: Timing) -> None:
        """Rounds of changes until the clock is met or nothing helps."""
        cells, most, failures = self._wiring.module["cells"], MOST_CHANGES, 0
        useless: set[tuple[str, str, Bit]] = set()
        timing = self._exchanged(timing)
        for _ in range(ROUNDS):
            if timing.delay_ps <= self._clock or failures > MOST_FAILURES:
                break
            before = dict(cells)
            edits = Edits(self._wiring.module, self._wiring.table, self._logic)
            changes = _Round(self._wiring, timing, edits).changes()
            hopeful = [change for change in changes if change.key not in useless]
            made = _apply(sorted(hopeful, key=lambda c: -c.gain_ps), edits, self._wiring, most)
            if not made:
                break
            self._wiring.update()
            after = self._wiring.timing()
            if earlier(after, timing, self._clock):
                timing, most, failures = self._exchanged(after), MOST_CHANGES, 0
                continue
            self._restore(before)
            if len(made) == 1:
                useless.add(made[0].key)
            most, failures = max(1, len(made) // 3), failures + 1

    def _exchanged(self, timing: Timing) -> Timing:
        """Makes cells on late paths stronger; the timing then."""
        fast = faster(timing, self._clock)
        if fast is timing:
            return timing
        cells = self._wiring.module["cells"]
        before = dict(cells)
        cells.update(with_kinds(self._wiring.module, fast)["cells"])
        self._wiring.update()
        after = self._wiring.timing()
        if after.delay_ps <= timing.delay_ps:
            return after
        self._restore(before)
        return timing

    def _restore(self, before: dict[str, Any]) -> None:
        cells = self._wiring.module["cells"]
        cells.clear()
        cells.update(before)
        self._wiring.update()


def _apply(changes: list[_Change], edits: Edits, wiring: Wiring, most: int) -> list[_Change]:
    """Makes the first of the changes, but none beside another, whose gain is another then; those it made."""
    touched: set[Bit] = set()
    made: list[_Change] = []
    for change in changes:
        bits = {bit for bits in edits.module["cells"][change.cell]["connections"].values() for bit in bits}
        if len(made) == most or not touched.isdisjoint(bits):
            continue
        name = edits.buffer(change.bit, change.readers, change.kind, "wire")
        if change.at is not None:
            wiring.points[name] = change.at
        touched |= bits
        made.append(change)
    return made


class _Round:
    """What a timing of the netlist says of the changes that would help."""

    def __init__(self, wiring: Wiring, timing: Timing, edits: Edits) -> None:
        self._wiring, self._timing, self._edits = wiring, timing, edits
        self._slack = timing.slack(timing.delay_ps)
        self._window = WINDOW * timing.delay_ps
        self._push = pushes(timing, np.arange(len(timing.graph.start)))
        self._spare = timing.pin_slacks(timing.delay_ps)

    def changes(self) -> Iterator[_Change]:
        """Of each cell on a path that is about the longest, the best change that there is, with its gain."""
        timing, graph, slack = self._timing, self._timing.graph, self._slack
        bits = {net: bit for bit, net in graph.numbers.items()}
        latest = slack.reshape(-1, 2).min(axis=1)[graph.output_net]
        for i in np.flatnonzero(latest < self._window):
            name, net = graph.names[graph.output_cell[i]], int(graph.output_net[i])
            node = 2 * net + int(np.argmin(slack[2 * net : 2 * net + 2]))
            changes = [*self._isolate(name, bits[net]), *self._drive(name, bits[net], node)]
            best = max(changes, key=lambda change: change.gain_ps, default=None)
            if best is not None and best.gain_ps > LEAST_GAIN * timing.delay_ps:
                yield best

    def _drive(self, name: str, bit: Bit, node: int) -> Iterator[_Change]:
        """A buffer beside a cell that is too weak for its net, before all readers of it."""
        timing, net = self._timing, self._wiring.nets.get(bit)
        if net is None:
            return
        load, slew, grids = timing.load.reshape(-1)[node], timing.slew[node], timing.library.grids
        for buffer in self._edits.buffers:
            kind = timing.library.number[buffer.name]
            arcs = timing.library.families[timing.library.family[kind]].arcs
            tables = timing.library.delays[kind, [i for i, arc in enumerate(arcs) if arc[3] == node % 2]]
            every = np.ones(len(tables))
            own = grids.at(tables, every * slew / 2, every * load)
            saved = self._push[node] * (load - _load(buffer, buffer.inputs[0]))
            at = self._wiring.points[net.driver[0]]
            yield _Change(float(saved - own.max()), name, buffer, bit, net.readers, at)

    def _isolate(self, name: str, bit: Bit) -> Iterator[_Change]:
        """A buffer before those readers of a net that have the time for it."""
        timing, net = self._timing, self._wiring.nets.get(bit)
        if net is None or len(net.readers) < 2 or not self._edits.buffers:
            return
        buffer = self._edits.buffers[0]
        enters = _load(buffer, buffer.inputs[0])
        rest = [reader for reader in net.readers if self._spare.get(reader, np.inf) > SPARE * self._window]
        kept = [reader for reader in net.readers if reader not in rest]
        if not rest or not kept:
            return
        points = self._wiring.points
        x, y = (float(np.mean([points[reader][i] for reader, _ in rest])) for i in (0, 1))
        places = [points[end] for end in (net.driver[0], *(reader for reader, _ in kept))]
        loads = [*map(self._wiring.load_of_pin, kept), enters]
        wire = wire_of([*places, (x, y)], loads, self._wiring.layer)
        saved = timing.load_of(bit) - sum(loads) - wire.capacitance_ff
        number = timing.graph.numbers[bit]
        push = float(self._push[2 * number : 2 * number + 2].max())
        yield _Change(push * saved, name, buffer, bit, tuple(rest))


def _load(kind: Cell, pin: str) -> float:
    return kind.pins[pin].capacitance
