"""Static timing of a mapped netlist with the library's delay tables: its longest path.

Full-adder cells are opaque to ABC, so its own timing report is blind through them. Here every cell counts:
delay and slew by table over input slew and load, rise and fall apart, worst case over the arcs into a pin.
The load of a net is the capacitance of the pins it drives, plus a wire capacitance per net if one is given;
wires have no delay. Works on one module of a netlist in Yosys' JSON form. Linear in the number of cells.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from costmodel.cells.table import Arc, CellTable

Bit = int | str

RISE, FALL = 0, 1
_COMBINATIONAL = ("", "combinational", "combinational_rise", "combinational_fall")


class TimingError(ValueError):
    """A netlist that has no longest path: a combinational loop, or a cell without timing."""


@dataclass(frozen=True)
class Step:
    """A point on a path: the cell passed (or port), the pin reached, when the signal is there, and how."""

    cell: str
    kind: str
    pin: str
    arrival_ps: float
    edge: str


@dataclass(frozen=True)
class Path:
    """The longest path; ``delay_ps`` includes clock-to-output at its start and the setup time at its end."""

    delay_ps: float
    setup_ps: float
    steps: tuple[Step, ...]


@dataclass
class _Node:
    """A net: latest arrival and slew of both edges, and from where each came."""

    arrival: list[float]
    slew: list[float]
    came: list[tuple[Bit, int, str, str] | None]
    """Per edge: the net before, its edge, the cell between, that cell's output pin."""


def longest_path(
    module: dict[str, Any], table: CellTable, wire_ff: float = 0.0, input_slew_ps: float = 0.0
) -> Path | None:
    """The longest path between ports and flip-flops; None when nothing is timed (no cells at all).

    Parameters
    ----------
    module : a module of mapped cells only.
    table : the library.
    wire_ff : capacitance added to every net, in fF.
    input_slew_ps : slew at input ports and at clock pins, in ps.
    """
    return Timing(module, table, wire_ff, input_slew_ps).longest()


class Timing:
    """Loads, slews and arrivals of all nets of a module; the parameters are those of ``longest_path``."""

    def __init__(
        self, module: dict[str, Any], table: CellTable, wire_ff: float = 0.0, input_slew_ps: float = 0.0
    ) -> None:
        self.cells: dict[str, Any] = module["cells"]
        self.ports: dict[str, Any] = module["ports"]
        self.table = table
        self.input_slew = input_slew_ps
        self.load: defaultdict[Bit, tuple[float, float]] = defaultdict(lambda: (wire_ff, wire_ff))
        self.nodes: dict[Bit, _Node] = {}
        for cell in self.cells.values():
            if cell["type"] not in table.cells:
                raise TimingError(f"cell {cell['type']} is not in library {table.name}")
            pins = table.cells[cell["type"]].pins
            for pin, bits in cell["connections"].items():
                if pins[pin].direction == "input":
                    rise, fall = pins[pin].edges or (pins[pin].capacitance,) * 2
                    for bit in bits:
                        before = self.load[bit]
                        self.load[bit] = before[RISE] + rise, before[FALL] + fall

        self._time()

    def load_of(self, bit: Bit) -> float:
        """The larger of a net's loads for a rising and a falling edge, in fF."""
        return max(self.load[bit])

    def slew_of(self, bit: Bit) -> float:
        """The longer of a net's transitions, in ps; 0 for a net that never changes."""
        return max(self.nodes[bit].slew) if bit in self.nodes else 0.0

    def _time(self) -> None:
        for bit in ("0", "1", "x"):
            self.nodes[bit] = _Node([float("-inf")] * 2, [0.0, 0.0], [None, None])
        for port in self.ports.values():
            if port["direction"] == "input":
                for bit in port["bits"]:
                    self.nodes[bit] = _Node([0.0, 0.0], [self.input_slew] * 2, [None, None])
        for name in self._order():
            self._propagate(name)

    def _order(self) -> list[str]:
        """Sequential cells first, then every cell after those that drive it."""
        readers: defaultdict[Bit, list[str]] = defaultdict(list)
        waiting: dict[str, int] = {}
        driven: set[Bit] = set()
        for cell in self.cells.values():
            pins = self.table.cells[cell["type"]].pins
            for pin, bits in cell["connections"].items():
                if bits and pins[pin].direction == "output":
                    driven.update(bits)
        order = []
        for name, cell in self.cells.items():
            library_cell = self.table.cells[cell["type"]]
            waiting[name] = 0
            if not library_cell.sequential:
                for pin, bits in cell["connections"].items():
                    if bits and library_cell.pins[pin].direction == "input" and bits[0] in driven:
                        readers[bits[0]].append(name)
                        waiting[name] += 1
            if waiting[name] == 0:
                order.append(name)
        for name in order:  # grows while it is walked
            cell = self.cells[name]
            pins = self.table.cells[cell["type"]].pins
            for pin, bits in cell["connections"].items():
                if bits and pins[pin].direction == "output":
                    for reader in readers[bits[0]]:
                        waiting[reader] -= 1
                        if waiting[reader] == 0:
                            order.append(reader)
        if len(order) < len(self.cells):
            stuck = next(name for name, count in waiting.items() if count)
            raise TimingError(f"combinational loop through cell {stuck}")
        return order

    def _propagate(self, name: str) -> None:
        cell = self.cells[name]
        library_cell = self.table.cells[cell["type"]]
        connections = cell["connections"]
        for pin_name, bits in connections.items():
            pin = library_cell.pins[pin_name]
            if pin.direction != "output" or not bits:
                continue
            node = self.nodes[bits[0]] = _Node([float("-inf")] * 2, [0.0, 0.0], [None, None])
            load = self.load[bits[0]]
            for arc in pin.arcs:
                if library_cell.sequential:
                    if arc.kind in ("rising_edge", "falling_edge"):
                        self._launch(node, arc, load, name, pin_name)
                elif arc.kind in _COMBINATIONAL and (source := connections.get(arc.related)):
                    self._traverse(node, arc, source[0], load, name, pin_name)

    def _launch(self, node: _Node, arc: Arc, load: tuple[float, float], cell: str, pin: str) -> None:
        for edge in (RISE, FALL):
            delay, slew = _look_up(arc, edge, self.input_slew, load[edge])
            if delay > node.arrival[edge]:
                node.arrival[edge] = delay
                node.came[edge] = ("", edge, cell, pin)
            node.slew[edge] = max(node.slew[edge], slew)

    def _traverse(
        self, node: _Node, arc: Arc, source: Bit, load: tuple[float, float], cell: str, pin: str
    ) -> None:
        before = self.nodes.get(source)
        if before is None:
            raise TimingError(f"net {source} at cell {cell} has no driver")
        for edge in (RISE, FALL):
            if arc.sense == "positive_unate":
                edges: tuple[int, ...] = (edge,)
            elif arc.sense == "negative_unate":
                edges = (1 - edge,)
            else:
                edges = (RISE, FALL)
            for entering in edges:
                start = before.arrival[entering]
                if start == float("-inf"):
                    continue
                delay, slew = _look_up(arc, edge, before.slew[entering], load[edge])
                if start + delay > node.arrival[edge]:
                    node.arrival[edge] = start + delay
                    node.came[edge] = (source, entering, cell, pin)
                node.slew[edge] = max(node.slew[edge], slew)

    def longest(self) -> Path | None:
        """The path to the latest end: an output port, or a flip-flop's data pin with its setup time."""
        ends: list[tuple[float, float, Bit, int, str, str]] = []
        for port_name, port in self.ports.items():
            if port["direction"] != "input":
                for bit in port["bits"]:
                    node = self.nodes.get(bit)
                    if node is not None:
                        ends += [(node.arrival[edge], 0.0, bit, edge, port_name, "") for edge in (RISE, FALL)]
        for name, cell in self.cells.items():
            library_cell = self.table.cells[cell["type"]]
            if not library_cell.sequential:
                continue
            for pin_name, bits in cell["connections"].items():
                pin = library_cell.pins[pin_name]
                node = self.nodes.get(bits[0]) if bits else None
                if pin.direction != "input" or pin.clock or node is None:
                    continue
                for edge in (RISE, FALL):
                    setup = max(
                        (
                            samples.at(node.slew[edge], self.input_slew)
                            for arc in pin.arcs
                            if arc.kind.startswith("setup")
                            for key, samples in arc.tables.items()
                            if key == ("rise_constraint", "fall_constraint")[edge]
                        ),
                        default=0.0,
                    )
                    ends.append((node.arrival[edge] + setup, setup, bits[0], edge, name, pin_name))
        ends = [end for end in ends if end[0] > float("-inf")]
        if not ends:
            return None
        delay, setup, bit, edge, end_name, end_pin = max(ends, key=lambda end: end[0])
        return Path(delay, setup, self._trace(bit, edge, end_name, end_pin))

    def _trace(self, bit: Bit, edge: int, end_name: str, end_pin: str) -> tuple[Step, ...]:
        node = self.nodes[bit]
        kind = self.cells[end_name]["type"] if end_pin else "port"
        steps = [Step(end_name, kind, end_pin or end_name, node.arrival[edge], ("rise", "fall")[edge])]
        while (came := node.came[edge]) is not None:
            before, entering, cell, pin = came
            steps.append(
                Step(cell, self.cells[cell]["type"], pin, node.arrival[edge], ("rise", "fall")[edge])
            )
            if before == "":
                break
            node, edge, bit = self.nodes[before], entering, before
        else:
            name = next((name for name, port in self.ports.items() if bit in port["bits"]), "")
            steps.append(Step(name, "port", name, 0.0, ("rise", "fall")[edge]))
        return tuple(reversed(steps))


def _look_up(arc: Arc, edge: int, slew: float, load: float) -> tuple[float, float]:
    """Delay and output slew of an arc for an output edge; no table means it never happens."""
    delays = arc.tables.get(("cell_rise", "cell_fall")[edge])
    slews = arc.tables.get(("rise_transition", "fall_transition")[edge])
    if delays is None:
        return float("-inf"), 0.0
    return delays.at(slew, load), max(0.0, slews.at(slew, load)) if slews else 0.0
