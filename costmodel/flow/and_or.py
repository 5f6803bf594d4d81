"""Wide AND-OR logic in the widest cheap AND-OR cells: the one-hot multiplexers that dominate a table core.

A mapper sees an OR of many ANDs as a tree of pairs and finds cells of two legs (ASAP7: AO22, 0.058 µm² a
leg); three legs a cell cost less (AO222 out of a tied AO332: 0.053, and fewer ORs after it). So legs
that belong to the same ORs are put into such cells by threes here, before mapping; what is left over, the
ORs above and everything else stay with the mapper.

Works on one module of a netlist in Yosys' JSON form.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from costmodel.cells.functions import FunctionError
from costmodel.cells.table import CellTable
from costmodel.flow.netlist import Bit, new_cell

# An OR of fewer legs is left to the mapper, which sees more.
FEWEST_LEGS = 3


@dataclass(frozen=True)
class AndOrCell:
    """A cell that is an OR of two-input ANDs, or its inverse: the pin pairs of its legs, and its output."""

    name: str
    legs: tuple[tuple[str, str], ...]
    output: str
    inverted: bool


def find_and_or(table: CellTable) -> AndOrCell | None:
    """The cell with the least area per leg, counting the OR that joins it; None if none beats two legs."""
    joining = min(
        (
            cell.area / (len(cell.inputs) - 1)
            for name, cell in table.cells.items()
            if len(cell.inputs) > 1 and _is_or(table, name)
        ),
        default=float("inf"),
    )
    best: tuple[float, AndOrCell] | None = None
    for name in sorted(table.cells):
        found = _as_and_or(table, name)
        if found is not None:
            price = (table.cells[name].area + joining) / len(found.legs)
            if best is None or price < best[0]:
                best = price, found
    return best[1] if best is not None and len(best[1].legs) > 2 else None


def _is_or(table: CellTable, name: str) -> bool:
    cell = table.cells[name]
    size = 1 << len(cell.inputs)
    return len(cell.outputs) == 1 and _function(table, name) in ((1 << size) - 2, (1 << (size - 1)) - 1)


def _function(table: CellTable, name: str) -> int:
    cell = table.cells[name]
    try:
        return cell.truth_table(cell.outputs[0])
    except FunctionError:
        return -1


def _as_and_or(table: CellTable, name: str) -> AndOrCell | None:
    """The cell as legs of two inputs, whichever order its pins are in."""
    cell = table.cells[name]
    inputs = cell.inputs
    if len(cell.outputs) != 1 or len(inputs) not in (4, 6, 8):
        return None
    size = 1 << len(inputs)
    function = _function(table, name)
    for inverted in (False, True):
        value = function ^ ((1 << size) - 1) if inverted else function
        # Two inputs form a leg if they make the function 1 by themselves.
        pairs = [
            (i, j)
            for i in range(len(inputs))
            for j in range(i + 1, len(inputs))
            if value >> (1 << i | 1 << j) & 1
        ]
        if len(pairs) != len(inputs) // 2 or len({i for pair in pairs for i in pair}) != len(inputs):
            continue
        wanted = sum(1 << k for k in range(size) if any(k >> i & k >> j & 1 for i, j in pairs))
        if value == wanted:
            return AndOrCell(name, tuple((inputs[i], inputs[j]) for i, j in pairs), cell.outputs[0], inverted)
    return None


def map_and_or(module: dict[str, Any], cell: AndOrCell) -> int:
    """Puts the legs of wide ORs into AND-OR cells; returns how many were used."""
    cells = module["cells"]
    drivers: dict[Bit, str] = {}
    readers: defaultdict[Bit, list[str]] = defaultdict(list)
    highest = 1
    for name, gate in cells.items():
        for pin, bits in gate["connections"].items():
            for bit in bits:
                highest = max(highest, bit if isinstance(bit, int) else 0)
                if gate["port_directions"].get(pin) == "output":
                    drivers[bit] = name
                else:
                    readers[bit].append(name)
    for port in module["ports"].values():
        for bit in port["bits"]:
            highest = max(highest, bit if isinstance(bit, int) else 0)
            if port["direction"] != "input":
                readers[bit].append("")

    def kind(bit: Bit) -> str:
        return cells[drivers[bit]]["type"] if bit in drivers else ""

    def inner(bit: Bit) -> bool:
        """An OR that only one other OR reads."""
        return kind(bit) == "$_OR_" and len(readers[bit]) == 1 and _type_of(cells, readers[bit][0]) == "$_OR_"

    roots: dict[Bit, list[Bit]] = {}
    for gate in list(cells.values()):
        if gate["type"] == "$_OR_" and not inner(gate["connections"]["Y"][0]):
            roots[gate["connections"]["Y"][0]] = _leaves(gate["connections"], cells, drivers, inner)
    owners: defaultdict[Bit, list[Bit]] = defaultdict(list)
    for root, leaves in roots.items():
        for leaf in dict.fromkeys(leaves):
            owners[leaf].append(root)
    classes: defaultdict[tuple[Bit, ...], list[Bit]] = defaultdict(list)
    for leaf, reading in owners.items():
        only_ors = all(_type_of(cells, reader) == "$_OR_" for reader in readers[leaf])
        if kind(leaf) == "$_AND_" and only_ors:
            classes[tuple(reading)].append(leaf)
    used = 0
    replaced: defaultdict[Bit, dict[Bit, Bit | None]] = defaultdict(dict)
    for owning, legs in classes.items():
        if max(len(roots[root]) for root in owning) < FEWEST_LEGS:
            continue
        size = len(cell.legs)
        for start in range(0, len(legs) - size + 1, size):
            group = legs[start : start + size]
            highest += 1
            output = highest
            _emit(cells, cell, [cells[drivers[leg]]["connections"] for leg in group], output, used)
            if cell.inverted:
                highest += 1
                cells[f"$and_or_not${used}"] = new_cell("$_NOT_", A=output, Y=highest)
                output = highest
            used += 1
            for root in owning:
                replaced[root].update(dict.fromkeys(group) | {group[0]: output})
    for root, substitutes in replaced.items():
        leaves = [
            bit for leaf in dict.fromkeys(roots[root]) if (bit := substitutes.get(leaf, leaf)) is not None
        ]
        highest = _rebuild(cells, drivers[root], leaves, root, highest)
    return used


def _type_of(cells: dict[str, Any], name: str) -> str:
    return str(cells[name]["type"]) if name else ""


def _leaves(pins: dict[str, Any], cells: dict[str, Any], drivers: dict[Bit, str], inner: Any) -> list[Bit]:
    """What an OR and the ORs below it, that nothing else reads, come down to."""
    leaves: list[Bit] = []
    pending = [pins["B"][0], pins["A"][0]]
    while pending:
        bit = pending.pop()
        if inner(bit):
            below = cells[drivers[bit]]["connections"]
            pending += [below["B"][0], below["A"][0]]
        else:
            leaves.append(bit)
    return leaves


def _emit(
    cells: dict[str, Any], cell: AndOrCell, legs: list[dict[str, Any]], output: Bit, number: int
) -> None:
    pins: dict[str, Bit] = {}
    for (one, other), leg in zip(cell.legs, legs, strict=True):
        pins[one], pins[other] = leg["A"][0], leg["B"][0]
    cells[f"$and_or${number}"] = new_cell(cell.name, (cell.output,), **pins, **{cell.output: output})


def _rebuild(cells: dict[str, Any], name: str, leaves: list[Bit], root: Bit, highest: int) -> int:
    """A balanced tree of ORs over the leaves that ends in `root`, in place of the OR called `name`."""
    if len(leaves) == 1:
        cells[name] = new_cell("$_BUF_", A=leaves[0], Y=root)
        return highest
    count = 0
    while len(leaves) > 2:
        joined: list[Bit] = []
        for i in range(0, len(leaves) - 1, 2):
            highest += 1
            cells[f"{name}$or{count}"] = new_cell("$_OR_", A=leaves[i], B=leaves[i + 1], Y=highest)
            joined.append(highest)
            count += 1
        leaves = joined + leaves[len(leaves) - len(leaves) % 2 :]
    cells[name] = new_cell("$_OR_", A=leaves[0], B=leaves[1], Y=root)
    return highest
