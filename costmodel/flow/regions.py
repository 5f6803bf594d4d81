"""Which part of the design each cell of a flattened netlist belongs to, by the names that nets have kept.

A net's name says in which instance it was (``datapath.column0.sum1``). Mapping leaves the names of what
registers and adders drive; a cell between belongs where what it drives goes, by the shortest way.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from costmodel.cells.table import CellTable
from costmodel.flow.netlist import Bit

_NUMBERED = re.compile(r"_\d+_(\[\d+\])?$")
"""Names that Yosys has made up."""


def net_names(module: Mapping[str, Any]) -> dict[Bit, str]:
    """The name of each net that has one: of what is inside the design, else of the port it leaves by."""
    names: dict[Bit, str] = {}
    entries = module.get("netnames", {})
    for name, entry in sorted(entries.items(), key=lambda item: ("." not in item[0], item[0])):
        if not _NUMBERED.match(name):
            for bit in entry["bits"]:
                names.setdefault(bit, name)
    return names


def cell_names(module: Mapping[str, Any], table: CellTable) -> dict[str, str]:
    """For each cell the name of a net that it drives, itself or through the fewest others; "" of none."""
    names = net_names(module)
    drivers: dict[Bit, str] = {}
    inputs: defaultdict[str, list[Bit]] = defaultdict(list)
    owner: dict[str, str] = {}
    for cell_name, cell in module["cells"].items():
        pins = table.cells[cell["type"]].pins
        for pin, bits in cell["connections"].items():
            for bit in bits:
                if pins[pin].direction == "output":
                    drivers[bit] = cell_name
                    if bit in names:
                        owner.setdefault(cell_name, names[bit])
                elif not pins[pin].clock:
                    inputs[cell_name].append(bit)
    reached = list(owner)
    for cell_name in reached:  # grows while it is walked
        for bit in inputs[cell_name]:
            before = drivers.get(bit)
            if before is not None and before not in owner:
                owner[before] = owner[cell_name]
                reached.append(before)
    return {cell_name: owner.get(cell_name, "") for cell_name in module["cells"]}
