"""A module among its neighbours: a flip-flop drives each bit of its inputs and takes each of its outputs.

With them every path runs from a flip-flop to a flip-flop. They are not part of the module: their area
does not count, and nothing changes their strength.
"""

from __future__ import annotations

from typing import Any

from costmodel.cells.table import Cell, CellTable
from costmodel.flow.netlist import Bit, Netlist, new_cell

_MARK = "neighbour:"


def is_neighbour(name: str) -> bool:
    """Whether a cell of this name is a neighbour's."""
    return name.startswith(_MARK)


def neighbour_of(port: str, bit: int) -> str:
    """What the neighbour at a bit of a port is called."""
    return f"{_MARK}{port}[{bit}]"


def with_neighbours(module: dict[str, Any], table: CellTable) -> dict[str, Any]:
    """The module with its neighbours' flip-flops; of its ports only the clocks are left.

    The flip-flops are of the module's own kind, where it has none the library's smallest.
    """
    clocks = _clocks(module, table)
    kind = _flip_flop(module, table)
    output, clock = kind.outputs[0], next(pin.name for pin in kind.pins.values() if pin.clock)
    data = next(pin for pin in kind.inputs if not kind.pins[pin].clock)
    inputs = {b for port in module["ports"].values() if port["direction"] == "input" for b in port["bits"]}
    ticking: Bit = min(clocks & inputs or clocks, key=str) if clocks else Netlist(module).new_bit()
    cells = dict(module["cells"])
    ports = {name: port for name, port in module["ports"].items() if clocks.issuperset(port["bits"])}
    for port, entry in module["ports"].items():
        for i, bit in enumerate(entry["bits"]):
            if bit in clocks or isinstance(bit, str):
                continue
            pin = output if entry["direction"] == "input" else data
            cells[neighbour_of(port, i)] = new_cell(kind.name, (output,), **{pin: bit, clock: ticking})
    return {**module, "cells": cells, "ports": ports}


def without_neighbours(
    surrounded: dict[str, Any], module: dict[str, Any], table: CellTable
) -> dict[str, Any]:
    """The first module without its neighbours, with the ports that the second, original one has."""
    ports = {name: {**port, "bits": list(port["bits"])} for name, port in module["ports"].items()}
    for name, port in ports.items():
        for i in range(len(port["bits"])):
            neighbour = surrounded["cells"].get(neighbour_of(name, i))
            if neighbour is not None:
                kind = table.cells[neighbour["type"]]
                pins = {p: b for p, b in neighbour["connections"].items() if not kind.pins[p].clock}
                port["bits"][i] = next(iter(pins.values()))[0]
    cells = {name: cell for name, cell in surrounded["cells"].items() if not is_neighbour(name)}
    return {**surrounded, "cells": cells, "ports": ports}


def _clocks(module: dict[str, Any], table: CellTable) -> set[Bit]:
    clocks: set[Bit] = set()
    for cell in module["cells"].values():
        kind = table.cells[cell["type"]]
        if kind.sequential:
            for pin, bits in cell["connections"].items():
                if kind.pins[pin].clock:
                    clocks.update(bits)
    return clocks


def _flip_flop(module: dict[str, Any], table: CellTable) -> Cell:
    kinds = {cell["type"] for cell in module["cells"].values()}
    used = [table.cells[name] for name in kinds if table.cells[name].flip_flop]
    flops = used or [cell for cell in table.cells.values() if cell.flip_flop]
    if not flops:
        raise ValueError("the library has no flip-flop: nothing to start or end paths with")
    return min(flops, key=lambda cell: (cell.area, cell.name))
