"""Places the cells of a netlist in rows of a square core, its neighbours around it, with Coloquinte.

A cell is as wide as its area over the height of a row, and lies on a grid of nanometres, for cell tables have
no sites. Free space is spread evenly, as routing needs it: each cell is given its share of it in its row. The
neighbours' flip-flops stand for the core's pins and have no width: they start evenly around the core and go,
after a first rough placement, where the cells that they are connected to lie. Clocks are ideal: their nets
have no wire, as have constants.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from costmodel.cells.table import CellTable
from costmodel.flow.neighbours import is_neighbour
from costmodel.flow.netlist import Bit, Terminal

NM = 1000
"""Coloquinte's units in a µm."""
_FILLED = 0.98
"""Of the space that cells are spread over, the share that they are given, but for one cell a row."""
ROUGH, FINE = 1, 3
"""Coloquinte's efforts of the placement that pins are moved after, and of the final one."""


@dataclass(frozen=True)
class Net:
    """What a net connects: its driver and its readers."""

    driver: Terminal
    readers: tuple[Terminal, ...]


@dataclass(frozen=True)
class Floorplan:
    """Height of a row in µm, and which share of the core's area is cells."""

    row_um: float
    utilisation: float


@dataclass(frozen=True)
class Placement:
    """Where cells and pins are: lower left corners of cells of the given widths, in a core so large (µm)."""

    width_um: float
    rows: int
    row_um: float
    corners: Mapping[str, tuple[float, float]]
    widths: Mapping[str, float]
    pins: Mapping[str, tuple[float, float]]

    @property
    def height_um(self) -> float:
        return self.rows * self.row_um

    @property
    def area_um2(self) -> float:
        """Of all rows."""
        return self.width_um * self.height_um

    def point(self, name: str) -> tuple[float, float]:
        """The middle of a cell, or a pin."""
        if name in self.pins:
            return self.pins[name]
        x, y = self.corners[name]
        return x + self.widths[name] / 2, y + self.row_um / 2


def nets_of(module: Mapping[str, Any], table: CellTable) -> dict[Bit, Net]:
    """The nets of a module among its neighbours that have a wire: but for clocks and constants, all."""
    drivers: dict[Bit, Terminal] = {}
    readers: defaultdict[Bit, list[Terminal]] = defaultdict(list)
    clocks: set[Bit] = set()
    for name, cell in module["cells"].items():
        pins = table.cells[cell["type"]].pins
        for pin, bits in cell["connections"].items():
            for bit in bits:
                if pins[pin].direction == "output":
                    drivers[bit] = name, pin
                else:
                    readers[bit].append((name, pin))
                    if pins[pin].clock:
                        clocks.add(bit)
    return {
        bit: Net(driver, tuple(readers[bit]))
        for bit, driver in drivers.items()
        if readers[bit] and bit not in clocks
    }


def place(module: Mapping[str, Any], table: CellTable, floorplan: Floorplan) -> Placement:
    """The placement of a module among its neighbours."""
    widths = cell_widths(module, table, floorplan.row_um)
    area = sum(widths.values()) * floorplan.row_um / floorplan.utilisation
    rows = max(1, round(math.sqrt(area) / floorplan.row_um))
    width = math.ceil(area / (rows * floorplan.row_um) * NM) / NM
    nets = nets_of(module, table)
    names = [name for name in module["cells"] if is_neighbour(name)]
    middle = (width / 2, rows * floorplan.row_um / 2)
    start = Placement(width, rows, floorplan.row_um, {}, widths, dict.fromkeys(names, middle))
    placed = _placed(_around(start, names), nets.values(), ROUGH)
    return _placed(_around(placed, _by_direction(placed, nets.values(), names)), nets.values(), FINE)


def legalized(placement: Placement, module: Mapping[str, Any], table: CellTable) -> Placement:
    """The placement made legal for a module that has changed, each cell near to where it was.

    ``placement`` has the corner and the width of each cell of the module. The core stays as large as it is.
    Cells may lie side by side: with a share for each of what is free there would be no room to improve wires.
    """
    return _placed(placement, nets_of(module, table).values(), None)


def cell_widths(module: Mapping[str, Any], table: CellTable, row_um: float) -> dict[str, float]:
    """The width of each cell (µm), whole nanometres."""
    return {
        name: max(1, round(table.cells[cell["type"]].area / row_um * NM)) / NM
        for name, cell in module["cells"].items()
        if not is_neighbour(name)
    }


def _terminals(net: Net) -> tuple[Terminal, ...]:
    return (net.driver, *net.readers)


def _by_direction(placement: Placement, nets: Iterable[Net], names: Iterable[str]) -> list[str]:
    """Pins in the order in which the cells that they are connected to lie around the middle of the core."""
    towards: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for net in nets:
        points = [placement.point(name) for name, _ in _terminals(net) if not is_neighbour(name)]
        for name, _ in _terminals(net):
            if is_neighbour(name):
                towards[name] += points
    middle = (placement.width_um / 2, placement.height_um / 2)

    def direction(name: str) -> tuple[float, str]:
        x, y = np.mean(towards[name] or [middle], axis=0) - middle
        return math.atan2(y, x), name

    return sorted(towards, key=direction)


def _around(placement: Placement, names: Sequence[str]) -> Placement:
    """Pins on the edge of the core, evenly, counterclockwise from the middle of its left edge."""
    width, height = placement.width_um, placement.height_um
    corners = np.array([0, height / 2, height / 2 + width, 1.5 * height + width, 1.5 * height + 2 * width])
    along = (np.arange(len(names)) + 0.5) / max(1, len(names)) * 2 * (width + height)
    ends = [*corners, 2 * (width + height)]
    x = np.interp(along, ends, [0, 0, width, width, 0, 0])
    y = np.interp(along, ends, [height / 2, 0, 0, height, height, height / 2])
    return replace(
        placement, pins={n: (float(x[i]), float(y[i])) for i, n in enumerate(names)} if names else {}
    )


def _placed(placement: Placement, nets: Iterable[Net], effort: int | None) -> Placement:
    """What Coloquinte makes of a placement: a new one, or with no effort a legal one near to it."""
    import coloquinte

    cells, pins = list(placement.widths), list(placement.pins)
    number = {name: i for i, name in enumerate([*cells, *pins])}
    height = round(placement.row_um * NM)
    circuit = coloquinte.Circuit(len(number))
    own = [round(width * NM) for width in placement.widths.values()]
    slots = own if effort is None else _slots(placement)
    # Each cell is in the middle of its slot.
    margins = [(slot - width) // 2 for slot, width in zip(slots, own, strict=True)]
    widths = slots + [0] * len(pins)
    circuit.cell_width = widths
    circuit.cell_height = [height] * len(cells) + [0] * len(pins)
    circuit.cell_is_fixed = [False] * len(cells) + [True] * len(pins)
    circuit.cell_is_obstruction = [True] * len(cells) + [False] * len(pins)
    circuit.cell_row_polarity = [coloquinte.CellRowPolarity.SAME] * len(number)
    start = [
        (*placement.corners.get(name, (0.0, 0.0)), margin)
        for name, margin in zip(cells, margins, strict=True)
    ]
    start += [(x, y, 0) for x, y in placement.pins.values()]
    circuit.cell_x = [round(x * NM) - margin for x, _, margin in start]
    circuit.cell_y = [round(y / placement.row_um * height) for _, y, _ in start]
    area = coloquinte.Rectangle(0, round(placement.width_um * NM), 0, placement.rows * height)
    circuit.setup_rows(area, height, True, False)
    for net in nets:
        members = sorted({number[name] for name, _ in _terminals(net)})
        if len(members) > 1:
            middles = [widths[i] // 2 for i in members]
            circuit.add_net(members, middles, [height // 2 if i < len(cells) else 0 for i in members])
    circuit.check()
    parameters = coloquinte.ColoquinteParameters(effort or FINE, 1)
    if effort is not None:
        circuit.place_global(parameters)
    if effort != ROUGH:
        circuit.legalize(parameters)
        circuit.place_detailed(parameters)
    corners = {
        name: ((x + margin) / NM, y / height * placement.row_um)
        for name, x, y, margin in zip(cells, circuit.cell_x, circuit.cell_y, margins, strict=False)
    }
    return replace(placement, corners=corners)


def _slots(placement: Placement) -> list[int]:
    """The nanometres that each cell gets in its row, its share of the free space included."""
    widths = placement.widths.values()
    free = placement.width_um * placement.rows / sum(widths)
    # A row may end where the next cell, which can be the widest, does not fit any more.
    given = free * (_FILLED - free * max(widths) / placement.width_um)
    return [math.floor(max(1.0, given) * width * NM) for width in widths]
