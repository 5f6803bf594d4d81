"""Stand-ins: no cell of a library has their functions; what sizing changes besides strength is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from costmodel.cells.table import Cell, CellTable, Pin
from costmodel.flow.mapping import strengths
from costmodel.flow.neighbours import with_neighbours
from costmodel.flow.netlist import new_cell
from costmodel.flow.restoring import RestoreError, restore
from costmodel.flow.sizing import Sizer, to_blif
from costmodel.flow.stand_ins import Shown
from tests.costmodel.flow.tools import sized_by
from tests.costmodel.libraries import NAMES, cells


def small(table: CellTable) -> dict[str, Any]:
    """Two registers around an OR2, a NAND2 and, where the library has one, a full adder."""
    flop = min((c for c in table.cells.values() if c.flip_flop), key=lambda c: (c.area, c.name))
    found: dict[str, Any] = {}
    gates = {"OR2": 0b1110, "NAND2": 0b0111}
    for number, (name, function) in enumerate(gates.items()):
        kind = next(
            cell
            for cell in strengths(table).cells.values()
            if len(cell.inputs) == 2 and cell.truth_table(cell.outputs[0]) == function
        )
        pins = dict(zip((*kind.inputs, *kind.outputs), (3, 4, 10 + number), strict=True))
        found[name] = new_cell(kind.name, tuple(kind.outputs), **pins)
    ends = [10, 11]
    adder = next((c for n, c in table.cells.items() if re.search(r"FAx1_|_fa_1$|addf_1$", n)), None)
    if adder is not None:
        pins = dict(zip((*adder.inputs, *adder.outputs), (3, 10, 11, 20, 21), strict=True))
        found["adder"] = new_cell(adder.name, tuple(adder.outputs), **pins)
        ends += [20, 21]
    clock = next(pin.name for pin in flop.pins.values() if pin.clock)
    data = [pin for pin in flop.inputs if pin != clock]
    for i, bit in enumerate(ends):
        pins = {clock: 2, data[0]: bit, flop.outputs[0]: 30 + i} | dict.fromkeys(data[1:], "1")
        found[f"register{i}"] = new_cell(flop.name, tuple(flop.outputs), **pins)
    outputs = [30 + i for i in range(len(ends))]
    ports = {
        "clk": {"direction": "input", "bits": [2]},
        "a": {"direction": "input", "bits": [3, 4]},
        "y": {"direction": "output", "bits": outputs},
    }
    return {"cells": found, "ports": ports}


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_of_a_library_has_the_function_of_a_stand_in(name: str) -> None:
    """Of any flip-flop or cell of several outputs that it has."""
    table = cells(name)
    kinds = [cell for cell in table.cells.values() if cell.flip_flop or len(cell.outputs) > 1]
    kinds = [cell for cell in kinds if cell.inputs]
    for kind in kinds:
        pins = {pin: 10 + i for i, pin in enumerate((*kind.inputs, *kind.outputs))}
        single = {"kind": new_cell(kind.name, tuple(kind.outputs), **pins)}
        ports = {
            "a": {"direction": "input", "bits": [pins[pin] for pin in kind.inputs]},
            "y": {"direction": "output", "bits": [pins[pin] for pin in kind.outputs]},
        }
        shown = Shown(with_neighbours({"cells": single, "ports": ports}, table), table)
        assert shown.stand_ins
        shown.library(strengths(table))


@pytest.mark.parametrize(
    "function", ["A^(B*C*D)", "(B*C*A)^D", "((A+B)*C)^D"], ids=["as written", "other order", "sum"]
)
def test_a_cell_with_the_function_of_a_stand_in_is_refused(function: str) -> None:
    table = cells("asap7")
    gate = strengths(table).cells["OR2x2_ASAP7_75t_R"]
    arcs = tuple(replace(gate.pins["Y"].arcs[0], related=pin) for pin in "ABCD")
    pins = {pin: Pin(pin, "input", 0.5) for pin in "ABCD"}
    other = Cell("STRANGE", 1.0, {**pins, "Y": Pin("Y", "output", function=function, arcs=arcs)})
    logic = CellTable("strange", {**strengths(table).cells, "STRANGE": other})
    shown = Shown(with_neighbours(small(table), table), table)
    with pytest.raises(ValueError, match=r"STRANGE has the function of .* exclude the cell"):
        shown.library(logic)


@pytest.mark.parametrize("name", NAMES)
def test_sizing_keeps_every_cell_but_its_strength(name: str, tmp_path: Path) -> None:
    """Counted by what the cells compute, buffers and inverters aside."""

    def counted(module: dict[str, Any]) -> Counter[Any]:
        def function(cell: Cell) -> object:
            if cell.flip_flop:
                return cell.flip_flop, tuple(cell.pins[pin].function for pin in cell.outputs)
            return tuple(cell.truth_table(pin) for pin in cell.outputs)

        kinds = Counter(function(table.cells[cell["type"]]) for cell in module["cells"].values())
        return Counter({kind: n for kind, n in kinds.items() if kind not in ((0b10,), (0b01,))})

    table = cells(name)
    module = small(table)
    sizer = Sizer(module, table, strengths(table), tmp_path)
    for clock in (None, 1.0, 1e5):
        assert counted(sized_by(sizer, clock).module) == counted(module)


def exchanged(text: str) -> str:
    """An OR2 that became an AND2 in place."""
    return text.replace(".gate OR2x2_ASAP7_75t_R", ".gate AND2x2_ASAP7_75t_R", 1)


def misplaced(text: str) -> str:
    """The inputs of the full adder's sum in another order."""
    first = next(line for line in text.splitlines() if "FAx1_ASAP7_75t_R__SN" in line)
    a, ci = (re.search(rf" {pin}=(\S+)", first)[1] for pin in ("A", "CI"))  # type: ignore[index]
    return text.replace(first, first.replace(f" A={a}", f" A={ci}").replace(f" CI={ci}", f" CI={a}"))


def left_out(text: str) -> str:
    """A register's end that hangs on another register's."""
    return re.sub(r"(CAPTURE__D A=)(\S+)(.*Y=end_1\b)", r"\1n10\3", text)


@pytest.mark.parametrize("damage", [exchanged, misplaced, left_out])
def test_a_sized_netlist_that_is_another_one_is_refused(damage: Callable[[str], str]) -> None:
    table = cells("asap7")
    module = with_neighbours(small(table), table)
    shown = Shown(module, table)
    library = shown.library(CellTable(table.name, strengths(table).cells))
    text = "\n".join(to_blif(shown, library))
    assert restore(module, shown, library, text)["cells"] == module["cells"]
    assert damage(text) != text
    with pytest.raises(RestoreError, match="sizing"):
        restore(module, shown, library, damage(text))
