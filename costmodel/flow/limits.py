"""The library's limits of load and slew: which nets of a netlist exceed them, and how that is mended.

A cell whose net exceeds a limit is exchanged for a stronger one of its function; where there is none, its
readers are shared out among buffers. Clocks are ideal here: nets that a port drives have no limit.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from costmodel.cells.table import Cell, CellTable
from costmodel.flow.neighbours import is_neighbour
from costmodel.flow.netlist import Bit, Netlist, new_cell
from costmodel.flow.static_timing import Timing

ROUNDS = 20
_BUFFER, _FULL = (1, 0b10), 0.5
"""The function of a buffer, and which share of the load that a buffer may drive is given to it."""


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


def exceeded_limits(module: dict[str, Any], table: CellTable, timing: Timing) -> list[Exceeded]:
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


def keep_limits(module: dict[str, Any], table: CellTable, logic: CellTable) -> tuple[Timing, list[Exceeded]]:
    """Mends what exceeds a limit, in place, with the cells of ``logic``.

    Returns the timing of what came out, and what still exceeds a limit.
    """
    timing = Timing(module, table)
    exceeded = exceeded_limits(module, table, timing)
    mending = _Mending(module, table, logic) if exceeded else None
    for _ in range(ROUNDS):
        mended = [mending.mend(net) for net in exceeded] if mending is not None else []
        if not any(mended):
            break
        timing = Timing(module, table)
        exceeded = exceeded_limits(module, table, timing)
    return timing, exceeded


class _Mending:
    def __init__(self, module: dict[str, Any], table: CellTable, logic: CellTable) -> None:
        self._module, self._table = module, table
        self._netlist = Netlist(module)
        self._alike: defaultdict[tuple[Any, ...], list[Cell]] = defaultdict(list)
        flops = [cell for cell in table.cells.values() if cell.flip_flop]
        for cell in sorted((*logic.cells.values(), *flops), key=lambda cell: (cell.area, cell.name)):
            self._alike[self._function(cell)].append(cell)
        self._buffers = self._alike.get(_BUFFER, [])
        self._reading: defaultdict[Bit, dict[tuple[str, str], None]] = defaultdict(dict)
        for name in module["cells"]:
            self._note(name)

    def _note(self, name: str) -> None:
        """A cell's input pins among the readers of their nets."""
        cell = self._module["cells"][name]
        for pin, bits in cell["connections"].items():
            if self._table.cells[cell["type"]].pins[pin].direction == "input":
                for bit in bits:
                    self._reading[bit][name, pin] = None

    def _forget(self, name: str) -> None:
        for pin, bits in self._module["cells"][name]["connections"].items():
            for bit in bits:
                self._reading[bit].pop((name, pin), None)

    @staticmethod
    def _function(cell: Cell) -> tuple[Any, ...]:
        if cell.sequential:
            functions = [(pin, cell.pins[pin].function) for pin in cell.outputs]
            return (cell.flip_flop, *cell.inputs, *functions)
        if len(cell.outputs) != 1:
            return (cell.name,)
        return len(cell.inputs), cell.truth_table(cell.outputs[0])

    def mend(self, exceeded: Exceeded) -> bool:
        """Does something about a net; False where nothing can be done."""
        return self._enlarge(exceeded) or self._share_out(exceeded)

    def _enlarge(self, exceeded: Exceeded) -> bool:
        """Exchanges the driver for the next one of its function that may drive more."""
        cell = self._module["cells"][exceeded.cell]
        kind = self._table.cells[cell["type"]]
        if is_neighbour(exceeded.cell):
            return False
        least = max(exceeded.load_ff, 1.01 * exceeded.most_load_ff)
        for other in self._alike.get(self._function(kind), ()):
            if other.pins[other.outputs[0]].most_load >= least and other.area > kind.area:
                names = dict(zip((*kind.inputs, *kind.outputs), (*other.inputs, *other.outputs), strict=True))
                pins = {names[pin]: bits[0] for pin, bits in cell["connections"].items() if bits}
                self._forget(exceeded.cell)
                self._module["cells"][exceeded.cell] = new_cell(other.name, tuple(other.outputs), **pins)
                self._note(exceeded.cell)
                return True
        return False

    def _share_out(self, exceeded: Exceeded) -> bool:
        """Gives the readers of a net to buffers, as many as their loads take."""
        readers = self._readers(exceeded.bit)
        if not readers or not self._buffers:
            return False
        total = sum(load for _, _, load in readers)
        strongest = max(self._buffers, key=lambda cell: cell.pins[cell.outputs[0]].most_load)
        limit = _FULL * min(exceeded.most_load_ff, strongest.pins[strongest.outputs[0]].most_load)
        groups = min(len(readers), max(2, math.ceil(total / limit)))
        for group in (readers[i::groups] for i in range(groups)):
            self._buffer(exceeded.bit, group)
        return True

    def _readers(self, bit: Bit) -> list[tuple[str, str, float]]:
        """Cells, pins and loads of what reads a net, the largest first."""
        cells = self._module["cells"]
        readers = [
            (name, pin, self._table.cells[cells[name]["type"]].pins[pin].capacitance)
            for name, pin in self._reading[bit]
        ]
        return sorted(readers, key=lambda reader: -reader[2])

    def _buffer(self, bit: Bit, readers: list[tuple[str, str, float]]) -> None:
        load = sum(load for _, _, load in readers)
        fits = [b for b in self._buffers if _FULL * b.pins[b.outputs[0]].most_load >= load]
        kind = fits[0] if fits else self._buffers[-1]
        net = self._netlist.new_bit()
        pins = {kind.inputs[0]: bit, kind.outputs[0]: net}
        self._module["cells"][f"limit.{net}"] = new_cell(kind.name, tuple(kind.outputs), **pins)
        self._note(f"limit.{net}")
        for name, pin, _ in readers:
            self._module["cells"][name]["connections"][pin] = [net]
            del self._reading[bit][name, pin]
            self._reading[net][name, pin] = None
