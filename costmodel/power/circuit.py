"""A mapped netlist as the simulator takes it: gates, flip-flops and clocks over numbered nets, and counters.

Every counter counts transitions that take the same energy: of a cell's output by the input that causes it,
its edge and the state of the cell's pins, of an input by itself, of a clock pin. Nets are numbered as
``Graph`` does it; net 0 is the constant 0, and one more than the graph has is the constant 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from costmodel.cells.functions import FunctionError, truth_table, variables
from costmodel.cells.powers import PowerTable
from costmodel.cells.table import Cell, CellTable
from costmodel.flow.netlist import Bit
from costmodel.power.diagrams import Node, diagram_of
from costmodel.power.errors import PowerError
from costmodel.power.states import Class, Classes, leakage_of

MOST_INPUTS = 12
"""Pins that leakage is looked up by."""
MOST_PINS = 6
"""Data pins and outputs of a flip-flop."""


@dataclass(frozen=True)
class Gate:
    """An output of a combinational cell: the number of the cell, its nets and its pins."""

    cell: int
    output: int
    output_pin: str
    inputs: tuple[int, ...]
    pins: tuple[str, ...]
    kind: GateKind


@dataclass(frozen=True)
class GateKind:
    """What gates of a kind of cell share.

    ``classes`` are the numbers of ``energies`` by (input · 2 + edge) << inputs | state; there are none where
    the state does not matter, and energies then are by input · 2 + edge.
    """

    pins: tuple[str, ...]
    diagram: tuple[Node, ...]
    classes: tuple[int, ...]
    energies: tuple[Class, ...]


@dataclass(frozen=True)
class FlopKind:
    """What flip-flops of a kind share.

    ``energies`` are those of each output's rise and fall, then of what the others number: those of the clock
    pin by edge << pins | state, and of data pins by ((pin · 2 + edge) · 2 + clock) << pins | state, where
    pins are data pins and outputs.
    """

    data: tuple[str, ...]
    outputs: tuple[str, ...]
    inverted: tuple[bool, ...]
    clock: str
    diagram: tuple[Node, ...]
    clock_classes: tuple[int, ...]
    data_classes: tuple[int, ...]
    energies: tuple[Class, ...]


@dataclass(frozen=True)
class Flop:
    """A flip-flop: its cell, the nets of its data pins and outputs, and the number of its clock."""

    cell: int
    data: tuple[int, ...]
    outputs: tuple[int, ...]
    domain: int
    kind: FlopKind


@dataclass(frozen=True)
class Domain:
    """A clock: the one it is gated from, the cell that does it, what enables it, and its net."""

    parent: int
    cell: int
    net: int
    diagram: tuple[Node, ...] = ()
    inputs: tuple[int, ...] = ()


@dataclass
class Circuit:
    """The cells of a module by their names, and what they are made of for the simulator."""

    cells: list[str]
    kinds: list[Cell]
    nets: int
    one: int
    numbers: Mapping[Bit, int]
    gates: list[Gate] = field(default_factory=list)
    flops: list[Flop] = field(default_factory=list)
    domains: list[Domain] = field(default_factory=list)
    leakage_nets: list[tuple[int, ...]] = field(default_factory=list)
    leakage_nw: list[tuple[float, ...]] = field(default_factory=list)

    def net(self, bit: Bit) -> int:
        """The number of a net; undefined constants are 0."""
        if isinstance(bit, str):
            return self.one if bit == "1" else 0
        return self.numbers[bit]


def circuit_of(
    module: Mapping[str, Any], table: CellTable, powers: PowerTable, numbers: Mapping[Bit, int], nets: int
) -> Circuit:
    """The circuit of a module of mapped cells, whose ``nets`` nets are numbered so. Raises ``PowerError``."""
    names = list(module["cells"])
    kinds = [table.cells[module["cells"][name]["type"]] for name in names]
    circuit = Circuit(names, kinds, nets + 1, nets, numbers)
    _Builder(circuit, module, powers).build()
    return circuit


class _Builder:
    def __init__(self, circuit: Circuit, module: Mapping[str, Any], powers: PowerTable) -> None:
        self.circuit, self.powers = circuit, powers
        self.pins: list[dict[str, int]] = [
            {pin: circuit.net(bits[0]) for pin, bits in module["cells"][name]["connections"].items() if bits}
            for name in circuit.cells
        ]
        self.gate_kinds: dict[tuple[str, str], GateKind] = {}
        self.flop_kinds: dict[str, FlopKind] = {}
        self.leakages: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {}
        self.domain_of: dict[int, int] = {}

    def build(self) -> None:
        circuit = self.circuit
        self._clocks()
        gates = []
        for cell, kind in enumerate(circuit.kinds):
            pins = self.pins[cell]
            if kind.flip_flop is not None:
                circuit.flops.append(self._flop(cell, kind, pins))
            elif not kind.sequential:
                gates += [self._gate(cell, kind, pins, output) for output in kind.outputs if output in pins]
            names, leakage = self._leakage(kind)
            circuit.leakage_nets.append(tuple(pins.get(name, 0) for name in names))
            circuit.leakage_nw.append(leakage)
        circuit.gates = _ordered([gate for gate in gates if gate.output not in self.domain_of])

    # Clocks -----------------------------------------------------------------------------------------------

    def _clocks(self) -> None:
        """Numbers the clocks: the nets at clock pins, each behind the one that it is gated from."""
        circuit = self.circuit
        drivers: dict[int, int] = {}
        clocked: set[int] = set()
        for cell, kind in enumerate(circuit.kinds):
            for pin, net in self.pins[cell].items():
                if kind.pins[pin].direction == "output":
                    drivers[net] = cell
                elif kind.flip_flop is not None and kind.pins[pin].clock:
                    clocked.add(net)
        for net in sorted(clocked):
            self._domain(net, drivers)
        if not circuit.domains:
            circuit.domains.append(Domain(0, -1, 0))
        roots = [domain.net for domain in circuit.domains if domain.cell < 0]
        if len(roots) > 1:
            raise PowerError(f"a netlist of {len(roots)} clocks; power is measured of one clock's")

    def _domain(self, net: int, drivers: Mapping[int, int]) -> int:
        """The number of the clock at a net."""
        circuit = self.circuit
        if net in self.domain_of:
            return self.domain_of[net]
        cell = drivers.get(net)
        if cell is None:
            parent, domain = 0, Domain(0, -1, net)
        else:
            kind, pins = circuit.kinds[cell], self.pins[cell]
            gate = kind.clock_gate
            if gate is None:
                raise PowerError(
                    f"cell {circuit.cells[cell]} ({kind.name}) drives a clock; a clock port or a "
                    "clock-gating cell is expected to"
                )
            parent = self._domain(pins[gate.clock], drivers)
            enables = [gate.enable, *gate.test]
            diagram = diagram_of((1 << (1 << len(enables))) - 2, len(enables))
            domain = Domain(parent, cell, net, diagram, tuple(pins.get(pin, 0) for pin in enables))
        if net not in self.domain_of:
            self.domain_of[net] = len(circuit.domains)
            circuit.domains.append(domain)
        return self.domain_of[net]

    # Cells ------------------------------------------------------------------------------------------------

    def _gate(self, cell: int, kind: Cell, pins: Mapping[str, int], output: str) -> Gate:
        key = kind.name, output
        if key not in self.gate_kinds:
            self.gate_kinds[key] = _gate_kind(kind, output, self.powers)
        shared = self.gate_kinds[key]
        inputs = tuple(pins.get(pin, 0) for pin in shared.pins)
        return Gate(cell, pins[output], output, inputs, shared.pins, shared)

    def _flop(self, cell: int, kind: Cell, pins: Mapping[str, int]) -> Flop:
        if kind.name not in self.flop_kinds:
            self.flop_kinds[kind.name] = _flop_kind(kind, self.powers)
        shared = self.flop_kinds[kind.name]
        for text in (kind.flip_flop.clear, kind.flip_flop.preset) if kind.flip_flop else ():
            for pin in variables(text) if text else ():
                if pins.get(pin, 0) not in (0, self.circuit.one):
                    raise PowerError(
                        f"cell {self.circuit.cells[cell]} ({kind.name}): an asynchronous {pin} that is used; "
                        "flip-flops that only their clock changes are expected"
                    )
        return Flop(
            cell,
            tuple(pins.get(pin, 0) for pin in shared.data),
            tuple(pins[pin] if pin in pins else self._unread() for pin in shared.outputs),
            self.domain_of[pins[shared.clock]],
            shared,
        )

    def _unread(self) -> int:
        """A net that nothing reads."""
        self.circuit.nets += 1
        return self.circuit.nets - 1

    def _leakage(self, kind: Cell) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """The pins that leakage depends on, of those with a state of their own, and nW by that state."""
        if kind.name not in self.leakages:
            names = [pin for pin in kind.inputs if not kind.pins[pin].clock]
            names += kind.outputs if kind.flip_flop is not None else []
            if len(names) > MOST_INPUTS:
                names = []
            leakage = leakage_of(self.powers.cells.get(kind.name), names)
            self.leakages[kind.name] = tuple(names), tuple(leakage)
        return self.leakages[kind.name]


def _gate_kind(kind: Cell, output: str, powers: PowerTable) -> GateKind:
    function = kind.pins[output].function
    try:
        if function is None:
            raise FunctionError("no function")
        power = powers.cells.get(kind.name)
        conditions = " ".join(
            energy.when for energy in (power.pins.get(output, ()) if power else ()) if energy.when
        )
        used = {*variables(function), *variables(conditions)}
        pins = [pin for pin in kind.inputs if pin in used]
        table = truth_table(function, pins)
    except FunctionError as error:
        raise PowerError(f"cell {kind.name}, output {output}: {error}; it cannot be simulated") from None
    classes = Classes(power)
    by_arc = [classes.of_arc(output, pin, edge, pins) for pin in pins for edge in (0, 1)]
    energies = classes.classes
    if all(len(set(numbers)) == 1 for numbers in by_arc):
        energies = tuple(energies[numbers[0]] for numbers in by_arc)
        by_arc = []
    every = tuple(number for numbers in by_arc for number in numbers)
    return GateKind(tuple(pins), diagram_of(table, len(pins)), every, energies)


def _flop_kind(kind: Cell, powers: PowerTable) -> FlopKind:
    flop = kind.flip_flop
    if flop is None or flop.clock is None or flop.clock.inverted:
        raise PowerError(f"cell {kind.name}: a flip-flop of a rising clock is expected")
    clock = flop.clock.name
    data = [pin for pin in kind.inputs if pin != clock]
    following = f"({flop.next_state})"
    if flop.clear:
        following = f"({following} * !({flop.clear}))"
    if flop.preset:
        following = f"({following} + ({flop.preset}))"
    outputs = [pin for pin in kind.outputs if kind.pins[pin].function in (flop.state, flop.inverse)]
    try:
        diagram = diagram_of(truth_table(following, [*data, flop.state]), len(data) + 1)
    except FunctionError as error:
        raise PowerError(f"cell {kind.name}: {error}; it cannot be simulated") from None
    inverted = [kind.pins[pin].function == flop.inverse for pin in outputs]
    pins = [*data, *outputs]
    if len(pins) > MOST_PINS:
        raise PowerError(f"cell {kind.name}: a flip-flop of {len(pins)} pins, {MOST_PINS} are the most")
    classes = Classes(powers.cells.get(kind.name))
    first = 2 * len(outputs)
    of_clock = [first + n for edge in (0, 1) for n in classes.of_input(clock, edge, pins)]
    # The clock is the highest bit of the state.
    states = [classes.of_input(pin, edge, [*pins, clock]) for pin in data for edge in (0, 1)]
    of_data = [first + n for numbers in states for n in numbers]
    of_outputs = Classes(powers.cells.get(kind.name))
    arcs = [of_outputs.of_arc(output, clock, edge, ())[0] for output in outputs for edge in (0, 1)]
    energies = (*(of_outputs.classes[arc] for arc in arcs), *classes.classes)
    return FlopKind(
        tuple(data),
        tuple(outputs),
        tuple(inverted),
        clock,
        diagram,
        tuple(of_clock),
        tuple(of_data),
        energies,
    )


def _ordered(gates: Sequence[Gate]) -> list[Gate]:
    """Gates, each behind those that drive it. Raises ``PowerError`` for a loop."""
    driven = {gate.output: i for i, gate in enumerate(gates)}
    missing = [0] * len(gates)
    readers: defaultdict[int, list[int]] = defaultdict(list)
    for i, gate in enumerate(gates):
        for net in set(gate.inputs):
            if net in driven:
                readers[driven[net]].append(i)
                missing[i] += 1
    ready = [i for i, count in enumerate(missing) if not count]
    for i in ready:  # grows while it is walked
        for reader in readers[i]:
            missing[reader] -= 1
            if not missing[reader]:
                ready.append(reader)
    if len(ready) < len(gates):
        raise PowerError("a combinational loop; it has no settled state")
    return [gates[i] for i in ready]
