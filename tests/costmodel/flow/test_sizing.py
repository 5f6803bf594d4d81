"""Sizing: its figures are those of static timing, it changes strengths and buffers alone, its limits hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from costmodel.cells.table import CellTable
from costmodel.flow.edits import Edits
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.mapping import strengths
from costmodel.flow.neighbours import with_neighbours
from costmodel.flow.netlist import new_cell
from costmodel.flow.relieving import relieve
from costmodel.flow.sizing import Sizer
from costmodel.flow.static_timing import Timing, longest_path
from costmodel.flow.synthesis import shipped_library
from tests.costmodel.flow.tools import sized_by

FLOP, INVERTER, ADDER = "DFFHQNx1_ASAP7_75t_R", "INVx1_ASAP7_75t_R", "FAx1_ASAP7_75t_R"


@pytest.fixture(scope="module")
def table() -> CellTable:
    return shipped_library().table()


def flop(data: int, output: int, kind: str = FLOP, **others: int) -> dict[str, Any]:
    return new_cell(kind, ("QN",), CLK=2, D=data, QN=output, **others)


def module(cells: dict[str, Any], inputs: list[int], outputs: list[int]) -> dict[str, Any]:
    ports = {
        "clk": {"direction": "input", "bits": [2]},
        "a": {"direction": "input", "bits": inputs},
        "y": {"direction": "output", "bits": outputs},
    }
    return {"cells": cells, "ports": ports}


def one_drives(readers: int) -> dict[str, Any]:
    """A flip-flop whose output goes through so many inverters to as many flip-flops."""
    cells = {"source": flop(3, 4)}
    for i in range(readers):
        cells[f"not{i}"] = new_cell(INVERTER, A=4, Y=1000 + i)
        cells[f"end{i}"] = flop(1000 + i, 5000 + i)
    return module(cells, [3], [5000 + i for i in range(readers)])


def ripple(bits: int) -> dict[str, Any]:
    """Full adders in a chain between flip-flops."""
    cells: dict[str, Any] = {"carry": flop(3, 100)}
    for i in range(bits):
        pins = {"A": 1000 + i, "B": 2000 + i, "CI": 100 + i}
        cells[f"fa{i}"] = new_cell(ADDER, ("CON", "SN"), **pins, CON=101 + i, SN=3000 + i)
        cells[f"sum{i}"] = flop(3000 + i, 4000 + i)
    operands = [base + i for base in (1000, 2000) for i in range(bits)]
    return module(cells, [3, *operands], [100 + bits, *(4000 + i for i in range(bits))])


@pytest.mark.parametrize("design", [one_drives(40), ripple(12)], ids=["fan-out", "ripple"])
def test_the_delay_is_that_of_the_netlist(design: dict[str, Any], table: CellTable) -> None:
    sized = sized_by(Sizer(design, Library(table), strengths(table)))
    path = longest_path(sized.surrounded, table)
    assert path is not None
    assert sized.delay_ps == pytest.approx(path.delay_ps, abs=1e-9)


def test_a_net_that_drives_many_is_buffered(table: CellTable) -> None:
    """Unbuffered, 256 readers would take 256 times the load of one."""
    few, many = (sized_by(Sizer(one_drives(n), Library(table), strengths(table))) for n in (1, 256))
    assert few.delay_ps < many.delay_ps < 4 * few.delay_ps
    buffers = sum(count for name, count in many.cells.items() if name.startswith(("BUF", "INV")))
    assert buffers > 256


def test_a_buffer_leaves_one_of_its_name_alone(table: CellTable) -> None:
    """Nets of a netlist that was read are numbered anew: the name of a new net's buffer may be taken."""
    design = one_drives(3)
    taken = f"limit.{max(bit for end in range(3) for bit in (1000 + end, 5000 + end)) + 1}"
    design["cells"][taken] = new_cell(INVERTER, A=4, Y=6)
    edits = Edits(design, table, strengths(table))
    name = edits.buffer(4, [("not0", "A")], edits.buffers[0], "limit")
    assert name != taken
    assert design["cells"][taken]["connections"] == {"A": [4], "Y": [6]}
    assert design["cells"]["not0"]["connections"]["A"] == design["cells"][name]["connections"]["Y"]


def test_sizing_changes_no_adder_and_no_flip_flop_but_their_strength(table: CellTable) -> None:
    sized = sized_by(Sizer(ripple(12), Library(table), strengths(table)))
    assert sized.cells[ADDER] == 12
    assert sum(count for name, count in sized.cells.items() if name.startswith("DFF")) == 13
    assert sized.area_um2 == pytest.approx(sum(table.cells[n].area * c for n, c in sized.cells.items()))


def test_a_carry_takes_as_long_as_its_full_adders(table: CellTable) -> None:
    delays = [
        sized_by(Sizer(ripple(bits), Library(table), strengths(table))).delay_ps for bits in (8, 16, 24)
    ]
    assert delays[2] - delays[1] == pytest.approx(delays[1] - delays[0], rel=0.1)
    assert 8 * 20 < delays[1] - delays[0] < 8 * 50


def test_flip_flops_of_another_kind_stay_what_they_are(table: CellTable) -> None:
    """A larger flip-flop with an enable does not become a smaller one without."""
    plain = table.cells[FLOP]
    enable = replace(plain.pins["D"], name="E")
    kind = replace(plain, name="ENABLED", area=2 * plain.area, pins={**plain.pins, "E": enable})
    other = CellTable(table.name, {**table.cells, "ENABLED": kind})
    cells = {"plain": flop(3, 10), "enabled": flop(3, 11, "ENABLED", E=4)}
    sized = sized_by(Sizer(module(cells, [3, 4], [10, 11]), Library(other), strengths(other)))
    assert sized.cells["ENABLED"] == 1
    assert sum(count for name, count in sized.cells.items() if name.startswith("DFF")) == 1


def test_a_slower_clock_takes_no_more_area(table: CellTable) -> None:
    sizer = Sizer(one_drives(100), Library(table), strengths(table))
    tight = sized_by(sizer)
    for ease in (1.25, 2.0):
        easy = sized_by(sizer, ease * tight.delay_ps)
        assert easy.delay_ps <= ease * tight.delay_ps
        assert easy.area_um2 <= tight.area_um2


def test_a_late_net_keeps_its_late_reader_and_buffers_the_others(table: CellTable) -> None:
    """One reader begins a carry chain, thirty end in flip-flops at once."""
    cells = ripple(24)["cells"] | {f"idle{i}": flop(100, 9000 + i) for i in range(30)}
    design = module(cells, [3, *range(1000, 1024), *range(2000, 2024)], [9000 + i for i in range(30)])
    surrounded = with_neighbours(design, table)
    timing = Timing(Graph(surrounded, Library(table)))
    path = timing.longest()
    assert path is not None
    assert relieve(surrounded, table, strengths(table), timing, 0.9 * path.delay_ps) > 0
    buffers = [cell for name, cell in surrounded["cells"].items() if name.startswith("relief.")]
    behind = [cell["connections"]["Y"] for cell in buffers]
    for i in range(30):
        assert surrounded["cells"][f"idle{i}"]["connections"]["D"] in behind
    assert surrounded["cells"]["fa0"]["connections"]["CI"] == [100]
    shorter = Timing(Graph(surrounded, Library(table))).longest()
    assert shorter is not None
    assert shorter.delay_ps < path.delay_ps


def test_slacks_are_what_is_left_of_the_period(table: CellTable) -> None:
    """By the arrival at the end of a chain: of the longest path's nets the same, of the carry in most."""
    timing = Timing(Graph(ripple(6), Library(table)))
    path = timing.longest()
    assert path is not None
    slacks = timing.slacks(path.delay_ps + 7)
    assert min(slacks.values()) == pytest.approx(7)
    assert slacks[100] == pytest.approx(7)
    assert slacks[3000] > 50
    readers = timing.pin_slacks(path.delay_ps + 7)
    assert readers["fa0", "CI"] == pytest.approx(7)
    assert readers["sum0", "D"] == pytest.approx(slacks[3000])
