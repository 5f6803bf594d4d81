"""Marks the logic that paths which end somewhere run through, so that it alone is mapped for speed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from costmodel.cells.table import CellTable
from costmodel.flow.neighbours import neighbour_of
from costmodel.flow.netlist import Bit, Netlist

LATE = "late"
"""The attribute of marked cells."""


def mark_cone(module: dict[str, Any], ends: Collection[str], table: CellTable) -> None:
    """Marks the cells before ``ends``, in place, back to flip-flops."""
    cells = module["cells"]
    for name in cone_of(module, ends, table):
        cells[name]["attributes"] = {**cells[name].get("attributes", {}), LATE: 1}


def cone_of(module: dict[str, Any], ends: Collection[str], table: CellTable) -> set[str]:
    """The cells before ``ends``, flip-flops or neighbours of outputs by name, back to flip-flops."""
    cells: dict[str, dict[str, Any]] = module["cells"]
    drivers = {bit: name for bit, (name, _, _) in Netlist(module).drivers.items()}
    pending: list[Bit] = [
        bit
        for port, entry in module["ports"].items()
        for i, bit in enumerate(entry["bits"])
        if entry["direction"] == "output" and neighbour_of(port, i) in ends
    ]
    pending += [bit for name in ends if name in cells for bit in _inputs(cells[name])]
    cone: set[str] = set()
    while pending:
        name = drivers.get(pending.pop(), "")
        if not name or name in cone or _stores(cells[name], table):
            continue
        cone.add(name)
        pending += _inputs(cells[name])
    return cone


def _inputs(cell: dict[str, Any]) -> list[Bit]:
    return [
        bit
        for pin, bits in cell["connections"].items()
        for bit in bits
        if cell["port_directions"].get(pin) == "input"
    ]


def _stores(cell: dict[str, Any], table: CellTable) -> bool:
    kind = table.cells.get(cell["type"])
    return kind is not None and kind.sequential
