"""Delay and hold cells: told from buffers by their delay, or by their name."""

from __future__ import annotations

import pytest

from costmodel.cells.delay_cells import delay_cells
from costmodel.cells.liberty import Library, parse
from costmodel.cells.table import Cell
from tests.costmodel.cells.liberties import gate, library
from tests.costmodel.cells.test_liberty import full_libraries


def cells(*texts: str) -> dict[str, Cell]:
    return parse(library(*texts), "x.lib")


def buffer(name: str, ns: float, function: str = "A") -> str:
    return gate(name, function, "A", ns=ns)


def test_a_buffer_far_slower_than_the_others_is_a_delay_cell() -> None:
    found = cells(buffer("B1", 0.01), buffer("B2", 0.015), buffer("X7", 0.15), buffer("I", 0.01, "!A"))
    assert delay_cells(found) == {"X7"}


def test_an_inverter_may_take_as_long_as_it_takes_with_a_buffer() -> None:
    quick, slow = buffer("I2", 0.015, "!A"), buffer("I9", 0.3, "!A")
    assert delay_cells(cells(buffer("B", 0.01), buffer("I", 0.01, "!A"), quick, slow)) == {"I9"}


@pytest.mark.parametrize("name", ["dlygate_1", "CLKDLY4", "DELAYX1", "HOLDX2", "DEL4X1", "a__clkdlybuf_1"])
def test_delay_cells_are_known_by_their_names(name: str) -> None:
    assert delay_cells(cells(buffer("B", 0.01), buffer(name, 0.012), gate("MODEL1", "!A", "A"))) == {name}


def test_a_strong_buffer_behind_a_small_pin_may_take_longer() -> None:
    """Sixteen times as strong and no larger an input: a chain of three, each four times as strong."""
    strong = buffer("B16", 0.01).replace('"0.01, 0.05", "0.02, 0.06"', '"0.025, 0.0275", "0.025, 0.0275"')
    weak = buffer("W", 0.01).replace('"0.01, 0.05", "0.02, 0.06"', '"0.03, 0.07", "0.03, 0.07"')
    assert delay_cells(cells(buffer("B", 0.01), strong, weak)) == {"W"}


def test_gates_are_no_delay_cells_however_slow() -> None:
    assert not delay_cells(cells(buffer("B", 0.01), gate("SLOW", "!(A*B)", "AB", ns=1.0)))


@pytest.mark.parametrize(
    ("pattern", "left_out", "buffers"),
    [("gf180*", "dly", 16), ("sky130*", "dly", 14), ("sg13g2*", "dlygate", 5), ("asap7*INVBUF*", "HB", 12)],
)
def test_full_libraries_lose_their_delay_cells_only(pattern: str, left_out: str, buffers: int) -> None:
    library = Library.of(tuple(sorted(full_libraries().glob(pattern))))
    table = library.table()
    assert not [name for name in table.cells if left_out in name]
    kept = [
        cell
        for cell in table.cells.values()
        if len(cell.inputs) == len(cell.outputs) == 1 and cell.pins[cell.outputs[0]].function is not None
    ]
    assert sum(cell.truth_table(cell.outputs[0]) == 0b10 for cell in kept) == buffers
    assert sum(cell.truth_table(cell.outputs[0]) == 0b01 for cell in kept) >= 5
