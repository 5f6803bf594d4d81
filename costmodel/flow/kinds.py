"""What timing and sizing need of a library's cells, read once: arcs, ends of paths and loads as arrays.

Pins of a cell are numbered, inputs first. Cells that can be exchanged for each other, for they differ in
strength alone, are a family: they have the same pins and, by number, the same arcs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from costmodel.cells.functions import FunctionError
from costmodel.cells.grids import Grids
from costmodel.cells.samples import ZERO, Samples
from costmodel.cells.table import Cell, CellTable

RISE, FALL = 0, 1
EDGES = ((RISE, "rise"), (FALL, "fall"))
CLOCK_PIN = -1
"""In the place of an input: what the clock launches."""
COMBINATIONAL = ("", "combinational", "combinational_rise", "combinational_fall")
LAUNCHING = ("rising_edge", "falling_edge")
ENTERING = {
    ("positive_unate", RISE): (RISE,),
    ("positive_unate", FALL): (FALL,),
    ("negative_unate", RISE): (FALL,),
    ("negative_unate", FALL): (RISE,),
}
"""Edges at an input by which an output changes so; both where an arc has no such sense."""
NEVER = Samples((0.0,), (0.0,), ((-1e9,),))
"""The delay of an arc that others of a family have."""

ArcKey = tuple[int, int, int, int, int]
"""Number of the input, its edge, the output, its edge, and which it is of several arcs between these."""
EndKey = tuple[int, int, int]
"""Number of the data pin, its edge, and which it is of several setup times there."""


@dataclass
class Family:
    """Cells that differ in strength alone: numbers of the kinds, the smallest first, and what they share."""

    inputs: int
    pins: int
    sequential: bool
    kinds: list[int]
    arcs: list[ArcKey]
    ends: list[EndKey]


class Library:
    """The cells of a table as arrays.

    Attributes
    ----------
    kinds, number : the cells, and the place of each by its name.
    pins : for each kind its pins, and their numbers by name.
    families, family : the families, and the number of each kind's.
    delays, slews : tables in ``grids`` of each kind (row) and arc of its family (column).
    one_axis : whether both are sampled over the same slews, as most libraries have it.
    setups : the same of the setup times at the ends of paths.
    capacitance : in fF, by kind, pin and edge; ``most_load`` (fF) and ``most_slew`` (ps) by kind and pin.
    area : in µm², by kind.
    """

    def __init__(self, table: CellTable) -> None:
        self.table = table
        self.kinds = list(table.cells.values())
        self.number = {cell.name: i for i, cell in enumerate(self.kinds)}
        self.pins = [{pin: i for i, pin in enumerate((*cell.inputs, *cell.outputs))} for cell in self.kinds]
        tables: dict[Samples, int] = {}
        arcs = [_arcs(cell, pins) for cell, pins in zip(self.kinds, self.pins, strict=True)]
        ends = [_ends(cell, pins) for cell, pins in zip(self.kinds, self.pins, strict=True)]
        self._group(arcs, ends)
        shape = len(self.kinds), max((len(family.arcs) for family in self.families), default=0)
        self.delays, self.slews = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.intp)
        width = max((len(family.ends) for family in self.families), default=0)
        self.setups = np.zeros((len(self.kinds), width), dtype=np.intp)
        for kind, number in enumerate(self.family):
            family = self.families[number]
            for i, key in enumerate(family.arcs):
                for numbers, samples in zip(
                    (self.delays, self.slews), arcs[kind].get(key, (NEVER, ZERO)), strict=True
                ):
                    numbers[kind, i] = tables.setdefault(samples, len(tables))
            for i, end in enumerate(family.ends):
                self.setups[kind, i] = tables.setdefault(ends[kind].get(end, ZERO), len(tables))
        self.grids = Grids(list(tables) or [ZERO])
        self.one_axis = self.grids.alike(self.delays, self.slews)
        self._measure()

    def _group(self, arcs: Sequence[dict[ArcKey, Any]], ends: Sequence[dict[EndKey, Any]]) -> None:
        self.families: list[Family] = []
        self.family: list[int] = [0] * len(self.kinds)
        known: dict[tuple[Any, ...], int] = {}
        for kind in sorted(range(len(self.kinds)), key=lambda i: (self.kinds[i].area, self.kinds[i].name)):
            cell = self.kinds[kind]
            key = function_of(cell)
            if key not in known:
                known[key] = len(self.families)
                self.families.append(
                    Family(len(cell.inputs), len(self.pins[kind]), cell.sequential, [], [], [])
                )
            self.family[kind] = known[key]
            family = self.families[known[key]]
            family.kinds.append(kind)
            family.arcs += [arc for arc in arcs[kind] if arc not in family.arcs]
            family.ends += [end for end in ends[kind] if end not in family.ends]

    def _measure(self) -> None:
        shape = len(self.kinds), max(map(len, self.pins), default=0)
        self.capacitance = np.zeros((*shape, 2))
        self.most_load, self.most_slew = np.full(shape, np.inf), np.full(shape, np.inf)
        self.area = np.array([cell.area for cell in self.kinds])
        for kind, cell in enumerate(self.kinds):
            for name, i in self.pins[kind].items():
                pin = cell.pins[name]
                if pin.direction == "input":
                    self.capacitance[kind, i] = pin.edges or (pin.capacitance,) * 2
                else:
                    self.most_load[kind, i] = pin.most_load
                self.most_slew[kind, i] = pin.most_slew

    def alike(self, kind: int) -> Sequence[int]:
        """The kinds of a family, the smallest first."""
        return self.families[self.family[kind]].kinds


def function_of(cell: Cell) -> tuple[Any, ...]:
    """What cells share that can be exchanged for each other, their pins taken in order."""
    if cell.flip_flop:
        functions = [(pin, cell.pins[pin].function) for pin in cell.outputs]
        return (cell.flip_flop, *cell.inputs, *functions)
    if cell.sequential or len(cell.outputs) != 1 or not cell.inputs:
        return (cell.name,)
    try:
        return len(cell.inputs), cell.truth_table(cell.outputs[0])
    except FunctionError:
        return (cell.name,)


def _arcs(cell: Cell, pins: dict[str, int]) -> dict[ArcKey, tuple[Samples, Samples]]:
    """Delay and slew of each arc of a cell, in the order in which the library has them."""
    arcs: dict[ArcKey, tuple[Samples, Samples]] = {}
    for output in cell.outputs:
        for arc in cell.pins[output].arcs:
            launches = cell.sequential and arc.kind in LAUNCHING
            if not launches and (cell.sequential or arc.kind not in COMBINATIONAL or arc.related not in pins):
                continue
            for edge, name in EDGES:
                delay = arc.tables.get(f"cell_{name}")
                if delay is None:
                    continue
                slew = arc.tables.get(f"{name}_transition", ZERO)
                source = CLOCK_PIN if launches else pins[arc.related]
                for start in (edge,) if launches else ENTERING.get((arc.sense, edge), (RISE, FALL)):
                    between = (source, start, pins[output], edge)
                    count = next(n for n in range(len(arcs) + 1) if (*between, n) not in arcs)
                    arcs[(*between, count)] = delay, slew
    return arcs


def _ends(cell: Cell, pins: dict[str, int]) -> dict[EndKey, Samples]:
    """The setup times at a flip-flop's data pins; a pin that has none ends paths, too."""
    ends: dict[EndKey, Samples] = {}
    if not cell.sequential:
        return ends
    for name in cell.inputs:
        if cell.pins[name].clock:
            continue
        setups: defaultdict[int, list[Samples]] = defaultdict(list)
        for arc in cell.pins[name].arcs:
            for edge, word in EDGES:
                if arc.kind.startswith("setup") and f"{word}_constraint" in arc.tables:
                    setups[edge].append(arc.tables[f"{word}_constraint"])
        for edge, _ in EDGES:
            ends |= {(pins[name], edge, n): setup for n, setup in enumerate(setups[edge] or [ZERO])}
    return ends
