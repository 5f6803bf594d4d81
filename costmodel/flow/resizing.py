"""Resizes a placed netlist with its wires: within the library's limits, then faster until a clock is met.

Cells were sized without wires. Here those on the longest paths are exchanged for stronger ones
(``costmodel.flow.strengthening``), and readers that have time are put behind a buffer, or those of each
region behind one of their own, as far as the gain that the tables promise is more than what it costs. A round
puts in many buffers at once; the whole netlist is timed after it, and what made paths longer than the longest
was is taken back. Cells stay where they are; a new buffer lies half way between its driver and its readers,
beside the driver, or amid a region's readers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from costmodel.cells.table import Cell, CellTable
from costmodel.flow.edits import Edits, with_kinds
from costmodel.flow.exchanges import pushes
from costmodel.flow.limits import keep_limits
from costmodel.flow.netlist import Bit, Terminal
from costmodel.flow.placement import Net
from costmodel.flow.static_timing import Timing
from costmodel.flow.strengthening import LEAST_GAIN, RETRIES, WINDOW, earlier, faster
from costmodel.flow.wires import Point, wire_of
from costmodel.flow.wiring import Wiring, cell_area

ROUNDS = 60
MOST_CHANGES, MOST_FAILURES = 400, 12
"""Most changes of a round, and rounds one after the other that make no path shorter before it is over."""
HALVINGS = 3
"""How often a net's readers are halved at most, for a buffer in each region."""
LEAST_READERS = 3
"""Readers of a region."""
Group = tuple[tuple[Terminal, ...], Point | None]
"""Readers of a net, and where their buffer lies; None is half way to them."""
Key = tuple[str, str, Bit, int]
"""Cell, kind of buffer, net and number of buffers of a change."""


def resize(wiring: Wiring, logic: CellTable, clock_ps: float | None, room_um2: float = math.inf) -> int:
    """Resizes the module of ``wiring`` in place; how many nets are still beyond the library's limits.

    Parameters
    ----------
    wiring : the placed netlist.
    logic : the combinational cells to choose from.
    clock_ps : the period to reach; None keeps the limits alone.
    room_um2 : what all cells may take.
    """

    def timed() -> Timing:
        wiring.update()
        return wiring.timing()

    def near(reader: Terminal) -> float:
        return sum(wiring.points.get(reader[0], (0.0, 0.0)))

    timing, exceeded = keep_limits(wiring.module, wiring.table, logic, timed, near)
    if clock_ps is not None and timing.delay_ps > clock_ps:
        _Resizing(wiring, logic, clock_ps, room_um2).run(timing)
        _, exceeded = keep_limits(wiring.module, wiring.table, logic, timed, near)
    return len(exceeded)


@dataclass(frozen=True)
class _Change:
    """Buffers of a kind behind a cell, each before a group of its net's readers."""

    gain_ps: float
    cell: str
    kind: Cell
    bit: Bit
    groups: tuple[Group, ...]

    @property
    def key(self) -> Key:
        return self.cell, self.kind.name, self.bit, len(self.groups)


@dataclass(frozen=True)
class _Branch:
    """A wire with its readers: the load in all (fF), and the delay to the last of them (ps)."""

    load: float
    delay: float


class _Resizing:
    def __init__(self, wiring: Wiring, logic: CellTable, clock_ps: float, room_um2: float) -> None:
        self._wiring, self._logic, self._clock = wiring, logic, clock_ps
        self._room = room_um2

    def run(self, timing: Timing) -> None:
        """Rounds of changes until the clock is met or nothing helps."""
        most, failures = MOST_CHANGES, 0
        useless: set[Key] = set()
        timing = self._exchanged(timing)
        for _ in range(ROUNDS):
            if timing.delay_ps <= self._clock or failures > MOST_FAILURES:
                break
            changes = _Round(self._wiring, timing, self._edits()).changes()
            hopeful = sorted((c for c in changes if c.key not in useless), key=lambda change: -change.gain_ps)
            if not hopeful:
                break
            after, tried = self._tried(hopeful, most, timing)
            if after is not None:
                timing, most, failures = self._exchanged(after), MOST_CHANGES, 0
                continue
            if tried == 1:
                useless.add(hopeful[0].key)
            most, failures = max(1, tried // 3), failures + 1

    def _tried(self, changes: Sequence[_Change], most: int, timing: Timing) -> tuple[Timing | None, int]:
        """The timing with the first of some changes, but for those that made paths longer than the longest
        was; None where that helps nothing or there is no room. And how many were tried."""
        cells, tried = self._wiring.module["cells"], 0
        for _ in range(RETRIES):
            before = dict(cells)
            made = _apply(changes, self._edits(), self._wiring, most)
            tried = tried or len(made)
            if not self._fits(cells):
                self._restore(before)
                break
            self._wiring.update()
            after = self._wiring.timing()
            if earlier(after, timing, self._clock):
                return after, tried
            self._restore(before)
            slacks = after.slacks(timing.delay_ps)
            changes = [change for change in made if slacks.get(change.bit, 0.0) >= 0]
            if not changes or len(changes) == len(made):
                break
        return None, tried

    def _fits(self, cells: Mapping[str, Any]) -> bool:
        return cell_area(cells, self._wiring.table) <= self._room

    def _edits(self) -> Edits:
        return Edits(self._wiring.module, self._wiring.table, self._logic)

    def _exchanged(self, timing: Timing) -> Timing:
        """Makes cells on late paths stronger, as far as there is room; the timing then."""
        cells, period = self._wiring.module["cells"], self._clock
        for _ in range(RETRIES):
            fast = faster(timing, period)
            if fast is timing:
                return timing
            stronger = with_kinds(self._wiring.module, fast)["cells"]
            if self._fits(stronger):
                break
            period = (period + timing.delay_ps) / 2
        else:
            return timing
        before = dict(cells)
        cells.update(stronger)
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


def _apply(changes: Sequence[_Change], edits: Edits, wiring: Wiring, most: int) -> list[_Change]:
    """Makes the first of the changes, but none next to another along a path, whose gain is another then;
    those it made."""
    changed: set[Bit] = set()
    read: set[Bit] = set()
    made: list[_Change] = []
    for change in changes:
        connections = edits.module["cells"][change.cell]["connections"].values()
        inputs = {bit for bits in connections for bit in bits} - {change.bit}
        if len(made) == most or change.bit in read or not changed.isdisjoint(inputs):
            continue
        for readers, at in change.groups:
            name = edits.buffer(change.bit, readers, change.kind, "wire")
            if at is not None:
                wiring.points[name] = at
        changed.add(change.bit)
        read |= inputs
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
            name, number = graph.names[graph.output_cell[i]], int(graph.output_net[i])
            node = 2 * number + int(np.argmin(slack[2 * number : 2 * number + 2]))
            bit = bits[number]
            net = self._wiring.nets.get(bit)
            if net is None:
                continue
            looked_at = name, bit, net, node
            changes = [*self._isolate(*looked_at), *self._drive(*looked_at), *self._split(*looked_at)]
            best = max(changes, key=lambda change: change.gain_ps, default=None)
            if best is not None and best.gain_ps > LEAST_GAIN * timing.delay_ps:
                yield best

    def _drive(self, name: str, bit: Bit, net: Net, node: int) -> Iterator[_Change]:
        """A buffer beside a cell that is too weak for its net, before all readers of it."""
        load, at = self._load_at(node), self._wiring.points[net.driver[0]]
        for buffer in self._edits.buffers:
            saved = self._push[node] * (load - _load(buffer, buffer.inputs[0]))
            gain = saved - self._delay_of(buffer, node, load)
            yield _Change(float(gain), name, buffer, bit, ((net.readers, at),))

    def _split(self, name: str, bit: Bit, net: Net, node: int) -> Iterator[_Change]:
        """A buffer amid the readers of each region, where a net leads to many or far."""
        points = self._wiring.points
        regions, load, before = [net.readers], self._load_at(node), max(self._wiring.wire(bit).delays_ps)
        for _ in range(HALVINGS):
            regions = [half for region in regions for half in _halves(region, points)]
            if min(map(len, regions)) < LEAST_READERS:
                return
            groups = tuple((region, _middle(region, points)) for region in regions)
            branches = [self._wire(middle, region) for region, middle in groups]
            for buffer in self._edits.buffers:
                enters = [_load(buffer, buffer.inputs[0])] * len(groups)
                ends = [points[net.driver[0]], *(middle for _, middle in groups)]
                trunk = wire_of(ends, enters, self._wiring.layer)
                saved = self._push[node] * (load - sum(enters) - trunk.capacitance_ff)
                behind = max(
                    first + self._delay_of(buffer, node, branch.load) + branch.delay
                    for first, branch in zip(trunk.delays_ps, branches, strict=True)
                )
                yield _Change(float(saved + before - behind), name, buffer, bit, groups)

    def _wire(self, start: Point, readers: Sequence[Terminal]) -> _Branch:
        """The wire to readers from where their buffer lies."""
        loads = self._loads(readers)
        wire = wire_of([start, *(self._wiring.points[r] for r, _ in readers)], loads, self._wiring.layer)
        return _Branch(sum(loads) + wire.capacitance_ff, max(wire.delays_ps))

    def _load_at(self, node: int) -> float:
        return float(self._timing.load.reshape(-1)[node])

    def _loads(self, readers: Sequence[Terminal]) -> list[float]:
        return [self._wiring.load_of_pin(reader) for reader in readers]

    def _delay_of(self, buffer: Cell, node: int, load: float) -> float:
        """ps that a buffer behind a node takes with a load (fF)."""
        library, slew = self._timing.library, self._timing.slew[node]
        kind = library.number[buffer.name]
        arcs = library.families[library.family[kind]].arcs
        tables = library.delays[kind, [i for i, arc in enumerate(arcs) if arc[3] == node % 2]]
        every = np.ones(len(tables))
        return float(library.grids.at(tables, every * slew / 2, every * load).max())

    def _isolate(self, name: str, bit: Bit, net: Net, node: int) -> Iterator[_Change]:
        """A buffer before those readers of a net that have the time for it."""
        points = self._wiring.points
        spare = {reader: self._spare.get(reader, np.inf) for reader in net.readers}
        idle = [reader for reader, ps in spare.items() if ps > self._window]
        if not idle:
            return
        behind = self._wire(_middle(idle, points), idle).load
        for buffer in self._edits.buffers:
            takes = self._window + self._delay_of(buffer, node, behind)
            rest = tuple(reader for reader, ps in spare.items() if ps > takes)
            kept = [reader for reader, ps in spare.items() if ps <= takes]
            if not rest or not kept:
                continue
            places = [points[end] for end in (net.driver[0], *(reader for reader, _ in kept))]
            loads = [*self._loads(kept), _load(buffer, buffer.inputs[0])]
            left = wire_of([*places, _middle(rest, points)], loads, self._wiring.layer)
            saved = self._timing.load_of(bit) - sum(loads) - left.capacitance_ff
            yield _Change(float(self._push[node] * saved), name, buffer, bit, ((rest, None),))


def _middle(readers: Sequence[Terminal], points: Mapping[str, Point]) -> Point:
    x, y = (float(np.mean([points[reader][i] for reader, _ in readers])) for i in (0, 1))
    return x, y


def _halves(
    readers: Sequence[Terminal], points: Mapping[str, Point]
) -> tuple[tuple[Terminal, ...], tuple[Terminal, ...]]:
    """Readers on either side of the middle of the longer side of where they lie."""
    places = np.array([points[reader] for reader, _ in readers])
    order = np.argsort(places[:, int(np.argmax(np.ptp(places, axis=0)))], kind="stable").tolist()
    middle = len(order) // 2
    return tuple(readers[i] for i in order[:middle]), tuple(readers[i] for i in order[middle:])


def _load(kind: Cell, pin: str) -> float:
    return kind.pins[pin].capacitance
