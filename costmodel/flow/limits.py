"""The library's limits of load and slew: which nets of a netlist exceed them, and how that is mended.

A cell whose net exceeds a limit is exchanged for a stronger one of its function; where there is none, its
readers are shared out among buffers. Clocks are ideal here: nets that a port drives have no limit.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from costmodel.cells.table import CellTable
from costmodel.flow.edits import Edits
from costmodel.flow.neighbours import is_neighbour
from costmodel.flow.netlist import Bit, Terminal

ROUNDS = 20
_FULL = 0.5
"""Which share of the load that a buffer may drive is given to it."""


class Loads(Protocol):
    """What timing tells of nets: the load in fF and the slew in ps."""

    def load_of(self, bit: Bit, /) -> float: ...

    def slew_of(self, bit: Bit, /) -> float: ...


Timed = TypeVar("Timed", bound=Loads)


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


def exceeded_limits(module: dict[str, Any], table: CellTable, timing: Loads) -> list[Exceeded]:
    """The nets driven by cells of the module that exceed the limit of a pin at them."""
    most_slew: defaultdict[Bit, float] = defaultdict(lambda: math.inf)
    drivers: dict[Bit, tuple[str, str]] = {}
    for name, cell in module["cells"].items():
        for pin_name, bits in cell["connections"].items():
            pin = table.cells[cell["type"]].pins[pin_name]
            for bit in bits:
                most_slew[bit] = min(most_slew[bit], pin.most_slew)
                if pin.direction == "output":
                    drivers[bit] = name, pin_name
    exceeded = []
    for bit, (name, pin_name) in drivers.items():
        most_load = table.cells[module["cells"][name]["type"]].pins[pin_name].most_load
        load, slew = timing.load_of(bit), timing.slew_of(bit)
        if load > most_load or slew > most_slew[bit]:
            exceeded.append(Exceeded(bit, name, pin_name, load, most_load, slew, most_slew[bit]))
    return exceeded


def keep_limits(
    module: dict[str, Any],
    table: CellTable,
    logic: CellTable,
    time: Callable[[], Timed],
    near: Callable[[Terminal], float] | None = None,
) -> tuple[Timed, list[Exceeded]]:
    """Mends what exceeds a limit, in place, with the cells of ``logic``.

    ``time`` times the module as it is. ``near`` orders the readers of a net, so that those that share a
    buffer come one after the other; without it, buffers get equal loads.
    Returns the timing of what came out, and what still exceeds a limit.
    """
    timing = time()
    exceeded = exceeded_limits(module, table, timing)
    mending = _Mending(module, table, logic, near) if exceeded else None
    for _ in range(ROUNDS):
        mended = [mending.mend(net) for net in exceeded] if mending is not None else []
        if not any(mended):
            break
        timing = time()
        exceeded = exceeded_limits(module, table, timing)
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
        limit = _FULL * min(exceeded.most_load_ff, strongest.pins[strongest.outputs[0]].most_load)
        groups = min(len(readers), max(2, math.ceil(total / limit)))
        for number in range(groups):
            # Neighbours stay together; without places, readers of like loads are dealt out.
            start, end = (len(readers) * n // groups for n in (number, number + 1))
            group = readers[number::groups] if self._near is None else readers[start:end]
            load = sum(map(self._load, group)) * (total / sum(map(self._load, readers)))
            fits = [b for b in buffers if _FULL * b.pins[b.outputs[0]].most_load >= load]
            self._edits.buffer(exceeded.bit, group, fits[0] if fits else buffers[-1], "limit")
        return True

    def _load(self, reader: Terminal) -> float:
        name, pin = reader
        return self._edits.kind(name).pins[pin].capacitance

    def _readers(self, bit: Bit) -> list[Terminal]:
        """What reads a net: in order of place, or the largest load first."""
        return sorted(self._edits.readers[bit], key=self._near or (lambda reader: -self._load(reader)))
