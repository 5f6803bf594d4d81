"""Clock gates of Liberty files, which their marks keep from everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cells.liberty import Library
from costmodel.cells.table import CellTable, ClockGate, write_liberty
from costmodel.flow.mapping import offer
from costmodel.flow.synthesis import shipped_library
from tests.costmodel.cells.test_liberty import SMALL
from tests.costmodel.libraries import library


def gate(name: str, kind: str, test: str = "") -> str:
    scan = (
        f"pin ({test}) {{ direction : input; capacitance : 0.5; clock_gate_test_pin : true; }}"
        if test
        else ""
    )
    return f"""
  cell ({name}) {{
    area : 3.0; dont_use : true; clock_gating_integrated_cell : "{kind}";
    statetable ("CK EN", "held") {{ table : "L L : - : L, L H : - : H, H - : - : N"; }}
    pin (held) {{ direction : internal; internal_node : "held"; }}
    pin (CK) {{ direction : input; clock : true; capacitance : 1.5; clock_gate_clock_pin : true; }}
    pin (EN) {{ direction : input; capacitance : 0.5; clock_gate_enable_pin : true; }}
    {scan}
    pin (Q) {{ direction : output; state_function : "CK * held"; max_capacitance : 40;
      clock_gate_out_pin : true; }}
  }}
"""


@pytest.fixture
def gated(tmp_path: Path) -> Path:
    gates = gate("CGP", "latch_posedge") + gate("CGS", "latch_posedge_precontrol", "TE")
    gates += gate("CGN", "latch_negedge")
    path = tmp_path / "gated.lib"
    path.write_text(SMALL.rstrip().removesuffix("}") + gates + "}\n")
    return path


def test_gates_for_rising_edges_are_read_whatever_their_marks(gated: Path, tmp_path: Path) -> None:
    table = Library.of([gated]).table()
    roles = {name: cell.clock_gate for name, cell in table.clock_gates.items()}
    assert roles == {"CGP": ClockGate("CK", "EN", "Q"), "CGS": ClockGate("CK", "EN", "Q", ("TE",))}
    table.save(tmp_path / "table.json")
    assert CellTable.load(tmp_path / "table.json").cells == table.cells
    (tmp_path / "again.lib").write_text(write_liberty(table))
    assert Library.of([tmp_path / "again.lib"]).table().clock_gates.keys() == roles.keys()


def test_gates_are_no_logic_and_no_flip_flops(gated: Path) -> None:
    table = Library.of([gated]).table()
    assert offer(table) == offer(table.without_gates)


def test_a_pattern_of_the_user_leaves_gates_out_and_a_usual_one_does_not(gated: Path) -> None:
    assert list(Library.of([gated], dont_use=["CGS"]).table().clock_gates) == ["CGP"]
    assert "ICG*" in library("asap7-full").dont_use
    assert "ICGx1_ASAP7_75t_R" in library("asap7-full").table().clock_gates


def test_what_is_synthesized_without_gates_is_known_by_the_library_without_them(tmp_path: Path) -> None:
    shipped = shipped_library(cache_dir=tmp_path)
    bare = Library.of(shipped.files, shipped.name)
    assert shipped.table().without_gates.cells == bare.table().cells
    assert shipped.digest == bare.digest
    assert shipped.gates_digest != bare.gates_digest
    assert len(shipped.table().clock_gates) == 2
