"""The full-adder cell of a library, found by what it computes, and the areas its use depends on."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.cells.functions import FunctionError
from costmodel.cells.table import Cell, CellTable

_XOR3, _MAJORITY = 0x96, 0xE8


@dataclass(frozen=True)
class FullAdderCell:
    """A library's full adder: its pins, and which of its outputs are inverted."""

    name: str
    area: float
    inputs: tuple[str, str, str]
    sum: str
    carry: str
    sum_inverted: bool
    carry_inverted: bool


@dataclass(frozen=True)
class AdderCosts:
    """What the choices depend on: areas in µm² of the library's cells."""

    cell: FullAdderCell | None
    xor: float
    both: float
    inverter: float

    @property
    def sum_only_in_cell(self) -> bool:
        return self.cell is not None and self.cell.area <= 2 * self.xor

    @property
    def half_adder_in_cell(self) -> bool:
        return self.cell is not None and self.cell.area < self.xor + self.both


def find_full_adder(table: CellTable) -> FullAdderCell | None:
    """The smallest cell that computes sum and carry of three inputs, by function, whatever its name."""
    candidates = []
    for cell in table.cells.values():
        inputs = cell.inputs
        if cell.sequential or len(inputs) != 3 or len(cell.outputs) < 2:
            continue
        sums: list[tuple[str, bool]] = []
        carries: list[tuple[str, bool]] = []
        for output in cell.outputs:
            function = _function(cell, output)
            for wanted, matches in ((_XOR3, sums), (_MAJORITY, carries)):
                if function in (wanted, wanted ^ 0xFF):
                    matches.append((output, function != wanted))
        if sums and carries:
            candidates.append(
                FullAdderCell(
                    cell.name,
                    cell.area,
                    (inputs[0], inputs[1], inputs[2]),
                    sums[0][0],
                    carries[0][0],
                    sums[0][1],
                    carries[0][1],
                )
            )
    return min(candidates, key=lambda cell: (cell.area, cell.name), default=None)


def adder_costs(table: CellTable, use_cells: bool) -> AdderCosts:
    """The areas that the mapping of adders depends on."""

    def smallest(functions: tuple[int, ...], inputs: int, otherwise: float) -> float:
        return min(
            (
                cell.area
                for cell in table.cells.values()
                if not cell.sequential
                and len(cell.inputs) == inputs
                and len(cell.outputs) == 1
                and _function(cell, cell.outputs[0]) in functions
            ),
            default=otherwise,
        )

    nand = smallest((0x7, 0x8), 2, 1.0)
    return AdderCosts(
        find_full_adder(table) if use_cells else None,
        smallest((0x6, 0x9), 2, 3 * nand),
        smallest((0x8,), 2, 1.5 * nand),
        smallest((0x1,), 1, nand / 2),
    )


def _function(cell: Cell, output: str) -> int:
    try:
        return cell.truth_table(output)
    except FunctionError:
        return -1
