"""The library's limits of load and slew: which nets of a netlist exceed them, and how that is mended.

A cell whose net exceeds a limit is exchanged for a stronger one of its function; where there is none, its
readers are shared out among buffers. Clocks are ideal here: nets that a port drives have no limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from costmodel.cells.table import CellTable
from costmodel.flow.edits import FULL, Edits
from costmodel.flow.neighbours import is_neighbour
from costmodel.flow.netlist import Bit, Terminal
from costmodel.flow.static_timing import Timing

ROUNDS = 20


@dataclass(frozen=True)
class Exceeded:
    """A net beyond a limit: its driver, its load in fF, its slew in ps, and their limits."""

    bit: Bit
    cell: str
    pin: str
    load_ff: float
    most_load_ff: float
    slew_ps: float
    most_slew_ps: float


def exceeded_limits(timing: Timing) -> list[Exceeded]:
    """The nets driven by cells that exceed the limit of a pin at them."""
    graph, library = timing.graph, timing.library
    most_slew = timing.most_slew
    nets, kinds = graph.output_net, timing.kinds[graph.output_cell]
    most_load = library.most_load[kinds, graph.output_pin]
    load, slew = timing.load.max(axis=1)[nets], timing.slew.reshape(-1, 2).max(axis=1)[nets]
    bits = {number: bit for bit, number in graph.numbers.items()}
    return [
        Exceeded(
            bits[int(nets[i])],
            graph.names[graph.output_cell[i]],
            library.kinds[kinds[i]].outputs[graph.output_pin[i] - len(library.kinds[kinds[i]].inputs)],
            float(load[i]),
            float(most_load[i]),
            float(slew[i]),
            float(most_slew[nets[i]]),
        )
        for i in np.flatnonzero((load > most_load) | (slew > most_slew[nets]))
    ]


def keep_limits(
    module: dict[str, Any],
    table: CellTable,
    logic: CellTable,
    time: Callable[[], Timing],
    near: Callable[[Terminal], float] | None = None,
) -> tuple[Timing, list[Exceeded]]:
    """Mends what exceeds a limit, in place, with the cells of ``logic``.

    ``time`` times the module as it is. ``near`` orders the readers of a net, so that those that share a
    buffer come one after the other; without it, buffers get equal loads.
    Returns the timing of what came out, and what still exceeds a limit.
    """
    timing = time()
    exceeded = exceeded_limits(timing)
    mending = _Mending(module, table, logic, near) if exceeded else None
    for _ in range(ROUNDS):
        mended = [mending.mend(net) for net in exceeded] if mending is not None else []
        if not any(mended):
            break
        timing = time()
        exceeded = exceeded_limits(timing)
    return timing, exceeded


class _Mending:
    def __init__(
        self,
        module: dict[str, Any],
        table: CellTable,
        logic: CellTable,
        near: Callable[[Terminal], float] | None,
    ) -> None:
        self._edits, self._near = Edits(module, table, logic), near

    def mend(self, exceeded: Exceeded) -> bool:
        """Does something about a net; False where nothing can be done."""
        return self._enlarge(exceeded) or self._share_out(exceeded)

    def _enlarge(self, exceeded: Exceeded) -> bool:
        """Exchanges the driver for the next one of its function that may drive more."""
        if is_neighbour(exceeded.cell):
            return False
        kind = self._edits.kind(exceeded.cell)
        least = max(exceeded.load_ff, 1.01 * exceeded.most_load_ff)
        for other in self._edits.alike(kind):
            if other.pins[other.outputs[0]].most_load >= least and other.area > kind.area:
                self._edits.exchange(exceeded.cell, other)
                return True
        return False

    def _share_out(self, exceeded: Exceeded) -> bool:
        """Gives the readers of a net to buffers, as many as its load takes."""
        readers = self._readers(exceeded.bit)
        buffers = self._edits.buffers
        if not readers or not buffers:
            return False
        total = sum(map(self._load, readers)) if self._near is None else exceeded.load_ff
        strongest = max(buffers, key=lambda cell: cell.pins[cell.outputs[0]].most_load)
        limit = FULL * min(exceeded.most_load_ff, strongest.pins[strongest.outputs[0]].most_load)
        groups = min(len(readers), max(2, math.ceil(total / limit)))
        for number in range(groups):
            # Neighbours stay together; without places, readers of like loads are dealt out.
            start, end = (len(readers) * n // groups for n in (number, number + 1))
            group = readers[number::groups] if self._near is None else readers[start:end]
            load = sum(map(self._load, group)) * (total / sum(map(self._load, readers)))
            self._edits.buffer(exceeded.bit, group, self._edits.buffer_for(load), "limit")
        return True

    def _load(self, reader: Terminal) -> float:
        name, pin = reader
        return self._edits.kind(name).pins[pin].capacitance

    def _readers(self, bit: Bit) -> list[Terminal]:
        """What reads a net: in order of place, or the largest load first."""
        return sorted(self._edits.readers[bit], key=self._near or (lambda reader: -self._load(reader)))
