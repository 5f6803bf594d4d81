"""Clock gating: flip-flops that share an enable get a gated clock instead of a choice of what they take.

Yosys replaces the enables of a group by one of the library's integrated clock gates; that one is shared out
here among gates that each clock few enough flip-flops. The clock is ideal on both sides of a gate: its delay
is part of the clock tree's. A gate's enable has to be there at its setup time like a flip-flop's data.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from math import ceil
from typing import Any

from costmodel.cells.table import Cell, CellTable, ClockGate
from costmodel.flow.netlist import Bit, Netlist, new_cell

ATTRIBUTE = "clock_gating"
"""Of a Verilog module whose enables are meant for clock gates."""
FEWEST = 4
"""Flip-flops that a gate is for at least: with fewer it takes as much energy as it saves."""
MOST = 32
"""Flip-flops that one gate clocks at most, as clock trees have them at their leaves."""


def smallest_gate(table: CellTable) -> tuple[Cell, ClockGate] | None:
    """The library's smallest clock gate; None where it has none."""
    gates = [(cell, cell.clock_gate) for cell in table.cells.values() if cell.clock_gate is not None]
    return min(gates, key=lambda each: (each[0].area, each[0].name), default=None)


def gating_pass(cell: Cell, gate: ClockGate) -> str:
    """The Yosys command that gates the clocks of groups of flip-flops by ``cell``."""
    tied = "".join(f" -tie_lo {pin}" for pin in gate.test)
    pins = f"{gate.enable}:{gate.clock}:{gate.output}"
    return f"clockgate -pos {cell.name} {pins}{tied} -min_net_size {FEWEST}"


def share_out(module: dict[str, Any], table: CellTable) -> None:
    """Gives every clock gate of a module at most ``MOST`` flip-flops, neighbours by name together, in place.

    Each gate is the smallest that may drive its flip-flops' clock pins.
    """
    gates = sorted(table.clock_gates.values(), key=lambda cell: (cell.area, cell.name))
    netlist = Netlist(module)
    readers = clocked_by(module, table)
    for name, cell in list(module["cells"].items()):
        kind = table.cells.get(cell["type"])
        if kind is None or kind.clock_gate is None:
            continue
        gate = kind.clock_gate
        flops = sorted(readers[cell["connections"][gate.output][0]], key=_natural)
        groups = ceil(len(flops) / MOST)
        for number in range(groups):
            start, end = (len(flops) * n // groups for n in (number, number + 1))
            bit = netlist.new_bit() if number else cell["connections"][gate.output][0]
            load = 0.0
            for flop in flops[start:end]:
                pin = _clock_pin(module["cells"][flop], table)
                module["cells"][flop]["connections"][pin] = [bit]
                load += max(_capacitances(module["cells"][flop], pin, table))
            chosen = next((each for each in gates if _limit(each) >= load), gates[-1])
            module["cells"][f"{name}${number}" if number else name] = _gate_of(chosen, cell, gate, bit)


def clocked_by(module: Mapping[str, Any], table: CellTable) -> dict[Bit, list[str]]:
    """The flip-flops by the nets that clock them."""
    readers: dict[Bit, list[str]] = defaultdict(list)
    for name, cell in module["cells"].items():
        kind = table.cells.get(cell["type"])
        if kind is not None and kind.flip_flop is not None:
            readers[cell["connections"][_clock_pin(cell, table)][0]].append(name)
    return readers


def gated(module: Mapping[str, Any], table: CellTable) -> tuple[int, int]:
    """How many flip-flops of a module have gated clocks, and how many gates there are."""
    readers, flops, gates = clocked_by(module, table), 0, 0
    for cell in module["cells"].values():
        kind = table.cells.get(cell["type"])
        if kind is not None and kind.clock_gate is not None:
            gates += 1
            flops += len(readers[cell["connections"][kind.clock_gate.output][0]])
    return flops, gates


def _gate_of(chosen: Cell, cell: Mapping[str, Any], gate: ClockGate, output: Bit) -> dict[str, Any]:
    """A gate of kind ``chosen`` with the clock and enable of ``cell``."""
    roles, pins = chosen.clock_gate, cell["connections"]
    assert roles is not None
    connections = {roles.clock: pins[gate.clock][0], roles.enable: pins[gate.enable][0], roles.output: output}
    tied: dict[str, Bit] = dict.fromkeys(roles.test, "0")
    return new_cell(chosen.name, (roles.output,), **connections, **tied)


def _clock_pin(cell: Mapping[str, Any], table: CellTable) -> str:
    return next(pin.name for pin in table.cells[cell["type"]].pins.values() if pin.clock)


def _capacitances(cell: Mapping[str, Any], pin: str, table: CellTable) -> tuple[float, float]:
    clock = table.cells[cell["type"]].pins[pin]
    return clock.edges or (clock.capacitance, clock.capacitance)


def _limit(gate: Cell) -> float:
    return gate.pins[gate.outputs[0]].most_load


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which names sort with their numbers as numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
