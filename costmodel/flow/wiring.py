"""A placed netlist with its wires: kept up to date as cells are exchanged and put in, and timed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from costmodel.cells.table import CellTable
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.neighbours import is_neighbour
from costmodel.flow.netlist import Bit, Terminal
from costmodel.flow.placement import Net, Placement, cell_widths, nets_of
from costmodel.flow.static_timing import Timing, Wires
from costmodel.flow.wires import Layer, Point, Wire, wire_of


@dataclass(frozen=True)
class WiredFigures:
    """What a placed netlist is: areas in µm², lengths in µm, capacitances in fF, delays in ps.

    ``area_um2`` is that of the cells. ``pin_ff`` and ``wire_ff`` are of all nets but clocks; ``nets`` is how
    many those are. ``delay_ideal_ps`` is the longest path of the same netlist without wires.
    """

    cells: int
    nets: int
    area_um2: float
    wire_um: float
    wire_ff: float
    pin_ff: float
    delay_ps: float
    delay_ideal_ps: float


class Wiring:
    """The wires of a module among its neighbours, whose cells and neighbours are at ``points`` (µm)."""

    def __init__(
        self, module: dict[str, Any], library: Library, points: Mapping[str, Point], layer: Layer
    ) -> None:
        self.module, self.library, self.layer = module, library, layer
        self.points = dict(points)
        self.nets: dict[Bit, Net] = {}
        self._wires: dict[Bit, tuple[Net, tuple[float, ...], Wire]] = {}
        self.update()

    @classmethod
    def of(cls, module: dict[str, Any], library: Library, placement: Placement, layer: Layer) -> Wiring:
        """The wires of a placement."""
        points = {name: placement.point(name) for name in (*placement.corners, *placement.pins)}
        return cls(module, library, points, layer)

    def placement(self, before: Placement) -> Placement:
        """Where the cells are, legal or not, in the core of another placement."""
        widths = cell_widths(self.module, self.table, before.row_um)
        points = {name: self.points.get(name, (before.width_um / 2, before.height_um / 2)) for name in widths}
        corners = {name: (x - widths[name] / 2, y - before.row_um / 2) for name, (x, y) in points.items()}
        return replace(before, corners=corners, widths=widths)

    @property
    def table(self) -> CellTable:
        return self.library.table

    def update(self) -> None:
        """To be called when the module has changed: new buffers get a place between their ends."""
        self.nets = nets_of(self.module, self.table)
        self._place_new()
        wires = {}
        for bit, net in self.nets.items():
            loads = tuple(map(self.load_of_pin, net.readers))
            known = self._wires.get(bit)
            if known is None or known[:2] != (net, loads):
                pins = [self.points[name] for name, _ in (net.driver, *net.readers)]
                known = (net, loads, wire_of(pins, loads, self.layer))
            wires[bit] = known
        self._wires = wires

    def load_of_pin(self, terminal: Terminal) -> float:
        """The capacitance of an input pin, in fF."""
        name, pin = terminal
        return self.table.cells[self.module["cells"][name]["type"]].pins[pin].capacitance

    def _place_new(self) -> None:
        """Puts each buffer that has no place half way between its driver and the middle of its readers."""
        drivers = {reader: net.driver[0] for net in self.nets.values() for reader, _ in net.readers}
        driven = {net.driver[0]: net for net in self.nets.values() if net.driver[0] not in self.points}
        while driven:
            for name, net in list(driven.items()):
                around = [self.points[reader] for reader, _ in net.readers if reader in self.points]
                start = self.points.get(drivers[name])
                if around and start is not None:
                    x, y = (sum(values) / len(around) for values in zip(*around, strict=True))
                    self.points[name] = (x + start[0]) / 2, (y + start[1]) / 2
                    del driven[name]

    def wire(self, bit: Bit) -> Wire:
        """The wire of a net."""
        return self._wires[bit][2]

    def by_driver(self) -> list[tuple[Terminal, float, list[tuple[Terminal, float]]]]:
        """Of each net its driver, its wire's capacitance (fF), and its readers with their delays (ps)."""
        return [
            (net.driver, wire.capacitance_ff, list(zip(net.readers, wire.delays_ps, strict=True)))
            for net, _, wire in self._wires.values()
        ]

    def timing(self) -> Timing:
        """The timing of the module with its wires."""
        capacitances: dict[Bit, float] = {}
        delays: dict[Terminal, float] = {}
        for bit, (net, _, wire) in self._wires.items():
            capacitances[bit] = wire.capacitance_ff
            delays.update(zip(net.readers, wire.delays_ps, strict=True))
        return Timing(Graph(self.module, self.library), Wires(capacitances, delays))

    def figures(self) -> WiredFigures:
        """What the module is."""
        wires = [wire for _, _, wire in self._wires.values()]
        return WiredFigures(
            cells=sum(not is_neighbour(name) for name in self.module["cells"]),
            nets=len(wires),
            area_um2=cell_area(self.module["cells"], self.table),
            wire_um=sum(wire.length_um for wire in wires),
            wire_ff=sum(wire.capacitance_ff for wire in wires),
            pin_ff=sum(sum(loads) for _, loads, _ in self._wires.values()),
            delay_ps=self.timing().delay_ps,
            delay_ideal_ps=Timing(Graph(self.module, self.library)).delay_ps,
        )


def cell_area(cells: Mapping[str, Any], table: CellTable) -> float:
    """µm² of the cells of a module, without its neighbours."""
    return sum(table.cells[cell["type"]].area for name, cell in cells.items() if not is_neighbour(name))
