"""In which polarity each full-adder cell and each flip-flop works: the choice with the fewest inverters.

A full adder is self-dual: with all inputs inverted it gives both outputs inverted. So a cell with inverted
outputs (ASAP7's FAx1) needs no inverter between two cells that work in opposite polarity. In a tree of
ripple adders neighbouring bits and neighbouring levels alternate, and hardly any inverters are left. A
flip-flop may as well store the inverse, if its data comes and its output is wanted that way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from costmodel.cells.full_adder import FullAdderCell
from costmodel.cells.table import CellTable
from costmodel.flow.netlist import Bit, Literal, Netlist

MOST_ROUNDS = 12
"""Rounds over all moves: after a few hardly any improves."""


@dataclass
class Adder:
    """One bit of addition: sum and carry of three literals; an output nobody reads is None."""

    inputs: list[Literal]
    sum: int | None
    carry: int | None
    chain: int
    inverted: bool = False
    """Whether the cell works on inverted inputs."""


@dataclass
class Register:
    """A plain flip-flop whose stored value may be inverted without anyone noticing."""

    cell: dict[str, Any]
    data: Literal
    output: int
    output_pin: str
    data_pin: str
    native: bool
    """Whether its output pin is the inverse of its data pin."""
    held: Literal | None
    """What an enable multiplexer before it lets in, when there is one."""
    inverted: bool = False


def find_registers(netlist: Netlist, table: CellTable) -> list[Register]:
    """The flip-flops that have nothing but a clock, data and one connected output."""
    registers = []
    for cell in netlist.module["cells"].values():
        library_cell = table.cells.get(cell["type"])
        if library_cell is None or library_cell.flip_flop is None:
            continue
        flop = library_cell.flip_flop
        stored = flop.data
        pins = cell["connections"]
        outputs = [pin for pin in library_cell.outputs if pins.get(pin)]
        if stored is None or stored.name not in pins or flop.clear or flop.preset or len(outputs) != 1:
            continue
        output = pins[outputs[0]][0]
        data_pin = stored.name
        inverse = stored.inverted ^ (library_cell.pins[outputs[0]].function == flop.inverse)
        data = netlist.resolve(pins[data_pin][0])
        if isinstance(output, int):
            registers.append(
                Register(cell, data, output, outputs[0], data_pin, inverse, _held(netlist, data, output))
            )
    return registers


def _held(netlist: Netlist, data: Literal, output: int) -> Literal | None:
    """The new value of a register with enable, when its data is a multiplexer of that and of itself."""
    driver = netlist.drivers.get(data[0])
    if driver is None or driver[1]["type"] != "$_MUX_":
        return None
    legs = [netlist.resolve(driver[1]["connections"][pin][0], data[1]) for pin in "AB"]
    others = [leg for leg in legs if leg[0] != output]
    return others[0] if len(others) == 1 else None


def choose_polarities(
    netlist: Netlist, adders: list[Adder], registers: list[Register], cell: FullAdderCell
) -> None:
    """Chooses polarities of cells and registers for the fewest inverters: descent by chains and single nodes.

    A net's own polarity is that of its driver; it needs an inverter if any reader wants the other one. A net
    driven by logic comes in whichever polarity is asked for, and needs one only if both are.
    """
    nets = _Nets.of(netlist, adders, registers, cell)
    chains: dict[int, list[int]] = defaultdict(list)
    for index, adder in enumerate(adders):
        # Neighbouring bits of a chain with inverted carries alternate.
        adder.inverted = cell.carry_inverted and len(chains[adder.chain]) % 2 == 1
        chains[adder.chain].append(index)
    moves = [*chains.values(), *([index] for index in range(len(nets.nodes)))]
    bits_of = nets.bits_of_nodes()
    for _ in range(MOST_ROUNDS):
        improved = False
        for group in moves:
            touched = {bit for index in group for bit in bits_of[index]}
            before = nets.inverters(touched)
            nets.flip(group)
            if nets.inverters(touched) < before:
                improved = True
            else:
                nets.flip(group)
        if not improved:
            break


@dataclass
class _Nets:
    """What drives and reads each bit, in which polarity.

    ``drivers``: the index of the node that drives a bit, and whether the bit is inverted while the node is
    not. ``wishes``: of each reader the same, as it wants the bit. Index -1 is of what has one polarity.
    """

    nodes: list[Adder | Register]
    drivers: dict[Bit, tuple[int, bool]]
    wishes: dict[Bit, list[tuple[int, bool]]]

    @classmethod
    def of(
        cls, netlist: Netlist, adders: list[Adder], registers: list[Register], cell: FullAdderCell
    ) -> _Nets:
        nets = cls([*adders, *registers], {}, defaultdict(list))
        for index, node in enumerate(nets.nodes):
            if isinstance(node, Adder):
                nets._add_adder(index, node, cell)
            else:
                nets._add_register(index, node)
        for port in netlist.module["ports"].values():
            if port["direction"] == "input":
                for bit in port["bits"]:
                    nets.drivers.setdefault(bit, (-1, False))
        for bit, inverted in netlist.fixed_readers({id(register.cell) for register in registers}):
            nets.wishes[bit].append((-1, inverted))
        return nets

    def _add_adder(self, index: int, adder: Adder, cell: FullAdderCell) -> None:
        if adder.sum is not None:
            self.drivers[adder.sum] = (index, cell.sum_inverted)
        if adder.carry is not None:
            self.drivers[adder.carry] = (index, cell.carry_inverted)
        for bit, inverted in adder.inputs:
            if isinstance(bit, int):
                self.wishes[bit].append((index, inverted))

    def _add_register(self, index: int, register: Register) -> None:
        # Its net carries the output pin's value; an inverted register carries the opposite.
        self.drivers[register.output] = (index, False)
        if register.held is not None and isinstance(register.held[0], int):
            # The multiplexer wants both its legs in one polarity.
            self.wishes[register.held[0]].append((index, register.held[1] ^ register.native))
        elif isinstance(register.data[0], int):
            self.wishes[register.data[0]].append((index, register.data[1]))

    def bits_of_nodes(self) -> list[list[Bit]]:
        """For each node the bits that it drives or reads, of those that are read."""
        bits_of: list[list[Bit]] = [[] for _ in self.nodes]
        for bit, readers in self.wishes.items():
            for index in {index for index, _ in readers} | {self.drivers.get(bit, (-1, False))[0]}:
                if index >= 0:
                    bits_of[index].append(bit)
        return bits_of

    def inverters(self, bits: set[Bit]) -> int:
        """How many inverters ``bits`` need."""
        nodes, total = self.nodes, 0
        for bit in bits:
            wanted = {flip ^ (index >= 0 and nodes[index].inverted) for index, flip in self.wishes[bit]}
            if bit in self.drivers:
                index, flip = self.drivers[bit]
                wanted.add(flip ^ (index >= 0 and nodes[index].inverted))
            total += len(wanted) - 1
        return total

    def flip(self, group: list[int]) -> None:
        for index in group:
            self.nodes[index].inverted ^= True


def emit_register(netlist: Netlist, register: Register) -> None:
    """Stores the inverse, if so chosen: an inverter before, and one after for whoever wants the old value."""
    if not register.inverted:
        return
    pins = register.cell["connections"]
    data = netlist.new_bit()
    netlist.add("$_NOT_", A=pins[register.data_pin][0], Y=data)
    pins[register.data_pin] = [data]
    physical = netlist.new_bit()
    pins[register.output_pin] = [physical]
    netlist.add("$_NOT_", A=physical, Y=register.output)
