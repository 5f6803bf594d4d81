"""Changes to a mapped netlist that leave its function as it is: other strengths of a cell, and buffers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from costmodel.cells.table import Cell, CellTable
from costmodel.flow.kinds import function_of
from costmodel.flow.netlist import Bit, Terminal, highest_bit, new_cell
from costmodel.flow.static_timing import Timing

FULL = 0.5
"""Share of the load that a buffer may drive that is given to it."""
_BUFFER = (1, 0b10)
"""The function of a buffer."""


class Edits:
    """Changes ``module`` in place, with the cells of ``logic`` and the flip-flops of ``table``.

    A cell that changes is replaced, never altered: a copy of the cells' dictionary is the netlist as it was.
    """

    def __init__(self, module: dict[str, Any], table: CellTable, logic: CellTable) -> None:
        self.module, self.table = module, table
        self._bits = itertools.count(1 + highest_bit(module))
        self._alike: defaultdict[tuple[Any, ...], list[Cell]] = defaultdict(list)
        flops = [cell for cell in table.cells.values() if cell.flip_flop]
        for cell in sorted((*logic.cells.values(), *flops), key=lambda cell: (cell.area, cell.name)):
            self._alike[function_of(cell)].append(cell)
        self.buffers: Sequence[Cell] = self._alike.get(_BUFFER, [])
        """The smallest first."""
        self.readers: defaultdict[Bit, dict[Terminal, None]] = defaultdict(dict)
        for name in module["cells"]:
            self._note(name)

    def kind(self, name: str) -> Cell:
        """What a cell of the module is."""
        return self.table.cells[self.module["cells"][name]["type"]]

    def alike(self, kind: Cell) -> Sequence[Cell]:
        """The cells of a function, the smallest first."""
        return self._alike.get(function_of(kind), ())

    def exchange(self, name: str, other: Cell) -> None:
        """Puts a cell of the same function in the place of one of the module."""
        self._forget(name)
        self.module["cells"][name] = exchanged(self.module["cells"][name], self.kind(name), other)
        self._note(name)

    def buffer_for(self, load_ff: float) -> Cell:
        """The smallest buffer that a load fills to the share of its limit that is given to it, or the
        largest."""
        fits = (kind for kind in self.buffers if FULL * kind.pins[kind.outputs[0]].most_load >= load_ff)
        return next(fits, self.buffers[-1])

    def buffer(self, bit: Bit, readers: Iterable[Terminal], kind: Cell, prefix: str) -> str:
        """Puts a buffer between a net and some of its readers; its name."""
        net = next(self._bits)
        name, cells = f"{prefix}.{net}", self.module["cells"]
        # A netlist that was read has buffers by that name already, and nets in another order.
        while name in cells:
            name += "_"
        cells[name] = new_cell(kind.name, tuple(kind.outputs), **{kind.inputs[0]: bit, kind.outputs[0]: net})
        for reader, pin in readers:
            connections = {**cells[reader]["connections"], pin: [net]}
            cells[reader] = {**cells[reader], "connections": connections}
            del self.readers[bit][reader, pin]
            self.readers[net][reader, pin] = None
        self._note(name)
        return name

    def _note(self, name: str) -> None:
        """A cell's input pins among the readers of their nets."""
        pins = self.kind(name).pins
        for pin, bits in self.module["cells"][name]["connections"].items():
            if pins[pin].direction == "input":
                for bit in bits:
                    self.readers[bit][name, pin] = None

    def _forget(self, name: str) -> None:
        for pin, bits in self.module["cells"][name]["connections"].items():
            for bit in bits:
                self.readers[bit].pop((name, pin), None)


def exchanged(cell: Mapping[str, Any], kind: Cell, other: Cell) -> dict[str, Any]:
    """A cell with another kind of the same function, its pins in the same order, on the same nets."""
    names = dict(zip((*kind.inputs, *kind.outputs), (*other.inputs, *other.outputs), strict=True))
    pins = {names[pin]: bits[0] for pin, bits in cell["connections"].items() if bits}
    return new_cell(other.name, tuple(other.outputs), **pins)


def with_kinds(module: Mapping[str, Any], timing: Timing) -> dict[str, Any]:
    """A module in the strengths in which ``timing`` times its cells."""
    library, cells = timing.library, dict(module["cells"])
    for name, number in zip(timing.graph.names, timing.kinds.tolist(), strict=True):
        before, after = library.number[cells[name]["type"]], library.kinds[number]
        if before != number:
            cells[name] = exchanged(cells[name], library.kinds[before], after)
    return {**module, "cells": cells}
