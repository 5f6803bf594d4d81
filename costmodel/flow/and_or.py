"""Wide AND-OR logic in the widest cheap AND-OR cells: the one-hot multiplexers that dominate a table core.

A mapper sees an OR of many ANDs as a tree of pairs and finds cells of two legs (ASAP7: AO22, 0.058 µm² a
leg); three legs a cell cost less (AO222 out of a tied AO332: 0.053, and fewer ORs after it). So legs
that belong to the same ORs are put into such cells by threes here, before mapping; what is left over, the
ORs above and everything else stay with the mapper. A mapper sees no path through such a cell: where logic is
mapped for speed, there is none.

Works on one module of a netlist in Yosys' JSON form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from costmodel.cells.functions import FunctionError
from costmodel.cells.table import CellTable
from costmodel.flow.netlist import Bit, new_cell

FEWEST_LEGS = 3
"""An OR of fewer legs is left to the mapper, which sees more."""


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
        candidate = _as_and_or(table, name)
        if candidate is not None:
            price = (table.cells[name].area + joining) / len(candidate.legs)
            if best is None or price < best[0]:
                best = price, candidate
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


def map_and_or(module: dict[str, Any], cell: AndOrCell, without: Collection[str] = ()) -> int:
    """Puts the legs of wide ORs into AND-OR cells but for ANDs in ``without``; returns how many were used."""
    logic = _Logic.of(module)
    roots = logic.or_trees()
    used = 0
    replaced: defaultdict[Bit, dict[Bit, Bit | None]] = defaultdict(dict)
    for owners, legs in logic.shared_legs(roots, without).items():
        if max(len(roots[root]) for root in owners) < FEWEST_LEGS:
            continue
        size = len(cell.legs)
        for start in range(0, len(legs) - size + 1, size):
            group = legs[start : start + size]
            output = logic.join(cell, group, used)
            used += 1
            for root in owners:
                replaced[root].update(dict.fromkeys(group) | {group[0]: output})
    for root, substitutes in replaced.items():
        leaves = [
            bit for leaf in dict.fromkeys(roots[root]) if (bit := substitutes.get(leaf, leaf)) is not None
        ]
        logic.rebuild(root, leaves)
    return used


@dataclass
class _Logic:
    """A module's cells by name, which of them drives and which read each bit, and its highest bit.

    A reader without a name is an output port.
    """

    cells: dict[str, Any]
    drivers: dict[Bit, str]
    readers: defaultdict[Bit, list[str]]
    highest: int

    @classmethod
    def of(cls, module: dict[str, Any]) -> _Logic:
        logic = cls(module["cells"], {}, defaultdict(list), 1)
        for name, gate in logic.cells.items():
            for pin, bits in gate["connections"].items():
                for bit in bits:
                    logic._count(bit)
                    if gate["port_directions"].get(pin) == "output":
                        logic.drivers[bit] = name
                    else:
                        logic.readers[bit].append(name)
        for port in module["ports"].values():
            for bit in port["bits"]:
                logic._count(bit)
                if port["direction"] != "input":
                    logic.readers[bit].append("")
        return logic

    def _count(self, bit: Bit) -> None:
        self.highest = max(self.highest, bit if isinstance(bit, int) else 0)

    def _new_bit(self) -> int:
        self.highest += 1
        return self.highest

    def _driver_kind(self, bit: Bit) -> str:
        return self._kind(self.drivers[bit]) if bit in self.drivers else ""

    def _kind(self, name: str) -> str:
        return str(self.cells[name]["type"]) if name else ""

    def _is_inner(self, bit: Bit) -> bool:
        """Whether it is an OR that only one other OR reads."""
        readers = self.readers[bit]
        return self._driver_kind(bit) == "$_OR_" and len(readers) == 1 and self._kind(readers[0]) == "$_OR_"

    def or_trees(self) -> dict[Bit, list[Bit]]:
        """Outputs of ORs that are no part of a larger OR, and what each comes down to."""
        roots: dict[Bit, list[Bit]] = {}
        for gate in list(self.cells.values()):
            if gate["type"] == "$_OR_" and not self._is_inner(gate["connections"]["Y"][0]):
                roots[gate["connections"]["Y"][0]] = self._leaves(gate["connections"])
        return roots

    def _leaves(self, pins: dict[str, Any]) -> list[Bit]:
        """What an OR and the ORs below it, that nothing else reads, come down to."""
        leaves: list[Bit] = []
        pending = [pins["B"][0], pins["A"][0]]
        while pending:
            bit = pending.pop()
            if self._is_inner(bit):
                below = self.cells[self.drivers[bit]]["connections"]
                pending += [below["B"][0], below["A"][0]]
            else:
                leaves.append(bit)
        return leaves

    def shared_legs(
        self, roots: dict[Bit, list[Bit]], without: Collection[str]
    ) -> dict[tuple[Bit, ...], list[Bit]]:
        """ANDs that only ORs read, but for those in ``without``, by the roots that they belong to."""
        owners: defaultdict[Bit, list[Bit]] = defaultdict(list)
        for root, leaves in roots.items():
            for leaf in dict.fromkeys(leaves):
                owners[leaf].append(root)
        classes: defaultdict[tuple[Bit, ...], list[Bit]] = defaultdict(list)
        for leaf, reading in owners.items():
            only_ors = all(self._kind(reader) == "$_OR_" for reader in self.readers[leaf])
            if self._driver_kind(leaf) == "$_AND_" and only_ors and self.drivers[leaf] not in without:
                classes[tuple(reading)].append(leaf)
        return classes

    def join(self, cell: AndOrCell, group: list[Bit], number: int) -> Bit:
        """A bit that is the OR of the ANDs in ``group``, from one AND-OR cell."""
        output = self._new_bit()
        pins: dict[str, Bit] = {}
        for (first, second), leg in zip(cell.legs, group, strict=True):
            inputs = self.cells[self.drivers[leg]]["connections"]
            pins[first], pins[second] = inputs["A"][0], inputs["B"][0]
        self.cells[f"$and_or${number}"] = new_cell(cell.name, (cell.output,), **pins, **{cell.output: output})
        if not cell.inverted:
            return output
        inverse = self._new_bit()
        self.cells[f"$and_or_not${number}"] = new_cell("$_NOT_", A=output, Y=inverse)
        return inverse

    def rebuild(self, root: Bit, leaves: list[Bit]) -> None:
        """A balanced tree of ORs over ``leaves`` that ends in ``root``, in place of the OR that drives it."""
        name = self.drivers[root]
        if len(leaves) == 1:
            self.cells[name] = new_cell("$_BUF_", A=leaves[0], Y=root)
            return
        count = 0
        while len(leaves) > 2:
            joined: list[Bit] = []
            for i in range(0, len(leaves) - 1, 2):
                bit = self._new_bit()
                self.cells[f"{name}$or{count}"] = new_cell("$_OR_", A=leaves[i], B=leaves[i + 1], Y=bit)
                joined.append(bit)
                count += 1
            leaves = joined + leaves[len(leaves) - len(leaves) % 2 :]
        self.cells[name] = new_cell("$_OR_", A=leaves[0], B=leaves[1], Y=root)
