"""Static timing: by hand on small netlists, and against ABC's own timing where ABC sees everything."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pyosys import libyosys

from costmodel.cells.samples import Samples
from costmodel.cells.table import Arc, Cell, CellTable, FlipFlop, Pin, write_liberty
from costmodel.flow.graph import TimingError
from costmodel.flow.mapping import strengths
from costmodel.flow.static_timing import Wires, longest_path

SHIPPED = Path(__file__).parents[3] / "costmodel" / "technologies" / "asap7.cells.json"


def linear(base: float, per_slew: float, per_load: float) -> Samples:
    """A table of base + per_slew·slew + per_load·load."""
    rows, columns = (0.0, 100.0), (0.0, 10.0)
    return Samples(
        rows, columns, tuple(tuple(base + per_slew * r + per_load * c for c in columns) for r in rows)
    )


def constant(value: float) -> Samples:
    return Samples((0.0,), (0.0,), ((value,),))


INVERTER = Cell(
    "INV",
    1.0,
    {
        "A": Pin("A", "input", 2.0),
        "Y": Pin(
            "Y",
            "output",
            0.0,
            "!A",
            arcs=(
                Arc(
                    "A",
                    "combinational",
                    "negative_unate",
                    {
                        "cell_rise": linear(10, 0.1, 1),
                        "cell_fall": linear(5, 0.1, 1),
                        "rise_transition": linear(20, 0, 0),
                        "fall_transition": linear(10, 0, 0),
                    },
                ),
            ),
        ),
    },
)
REGISTER = Cell(
    "DFF",
    4.0,
    {
        "CLK": Pin("CLK", "input", 1.0, clock=True),
        "D": Pin(
            "D",
            "input",
            1.0,
            arcs=(
                Arc(
                    "CLK",
                    "setup_rising",
                    "",
                    {"rise_constraint": constant(7), "fall_constraint": constant(8)},
                ),
            ),
        ),
        "Q": Pin(
            "Q",
            "output",
            0.0,
            "IQ",
            arcs=(
                Arc(
                    "CLK",
                    "rising_edge",
                    "non_unate",
                    {
                        "cell_rise": linear(30, 0, 1),
                        "cell_fall": linear(40, 0, 1),
                        "rise_transition": linear(0, 0, 0),
                        "fall_transition": linear(0, 0, 0),
                    },
                ),
            ),
        ),
    },
    FlipFlop("IQ", "IQN", "D", "CLK"),
    sequential=True,
)
TABLE = CellTable("hand", {"INV": INVERTER, "DFF": REGISTER})


def netlist(cells: dict[str, tuple[str, dict[str, int]]], **ports: tuple[str, int]) -> dict[str, Any]:
    return {
        "ports": {name: {"direction": direction, "bits": [bit]} for name, (direction, bit) in ports.items()},
        "cells": {
            name: {"type": kind, "connections": {pin: [bit] for pin, bit in pins.items()}}
            for name, (kind, pins) in cells.items()
        },
    }


def test_a_chain_of_inverters_by_hand() -> None:
    module = netlist(
        {"u1": ("INV", {"A": 2, "Y": 3}), "u2": ("INV", {"A": 3, "Y": 4})}, a=("input", 2), y=("output", 4)
    )
    path = longest_path(module, TABLE)
    assert path is not None
    # u1 rises after 10 + 2 (load of u2), slew 20; u2 falls 5 + 0.1·20 later.
    # The other edge: u1 falls after 5 + 2, slew 10; u2 rises 10 + 0.1·10 later. 12 + 7 = 19 > 18.
    assert path.delay_ps == pytest.approx(19)
    assert [(step.cell, step.edge) for step in path.steps] == [
        ("a", "fall"),
        ("u1", "rise"),
        ("u2", "fall"),
        ("y", "fall"),
    ]
    assert [step.arrival_ps for step in path.steps] == pytest.approx([0, 12, 19, 19])


def test_a_wire_capacitance_slows_every_net() -> None:
    module = netlist(
        {"u1": ("INV", {"A": 2, "Y": 3}), "u2": ("INV", {"A": 3, "Y": 4})}, a=("input", 2), y=("output", 4)
    )
    path = longest_path(module, TABLE, Wires(dict.fromkeys((2, 3, 4), 3.0)))
    assert path is not None
    assert path.delay_ps == pytest.approx(19 + 2 * 3)


def test_register_to_register_counts_clock_to_output_and_setup() -> None:
    module = netlist(
        {"r1": ("DFF", {"CLK": 2, "D": 5, "Q": 3}), "u": ("INV", {"A": 3, "Y": 5})}, clk=("input", 2)
    )
    path = longest_path(module, TABLE)
    assert path is not None
    # Q falls after 40 + 2, the inverter rises 10 + 1 later, setup for a rising D is 7.
    assert path.delay_ps == pytest.approx(42 + 11 + 7)
    assert path.setup_ps == pytest.approx(7)
    assert [step.pin for step in path.steps] == ["Q", "Y", "D"]


def test_a_combinational_loop_is_refused() -> None:
    """It is named by a cell in it, not by one behind it."""
    cells = {"behind": ("INV", {"A": 3, "Y": 9}), "u1": ("INV", {"A": 3, "Y": 4})}
    module = netlist({**cells, "u2": ("INV", {"A": 4, "Y": 3})})
    with pytest.raises(TimingError, match=r"loop through cell u[12]$"):
        longest_path(module, TABLE)


def test_a_net_that_nothing_drives_is_refused() -> None:
    with pytest.raises(TimingError, match="net 7 at cell u has no driver"):
        longest_path(netlist({"u": ("INV", {"A": 7, "Y": 8})}), TABLE)


def test_a_cell_the_library_has_not_is_refused() -> None:
    with pytest.raises(TimingError, match="NAND9"):
        longest_path(netlist({"u": ("NAND9", {"A": 2})}), TABLE)


def test_nothing_to_time_has_no_path() -> None:
    assert longest_path(netlist({}, a=("input", 2)), TABLE) is None


def test_agrees_with_abc_where_abc_sees_everything(tmp_path: Path) -> None:
    """On plain gates our longest path is ABC's within 3 %."""
    table = CellTable.load(SHIPPED)
    library = tmp_path / "gates.lib"
    library.write_text(write_liberty(strengths(table)))
    source = tmp_path / "design.v"
    source.write_text(
        "module top(input [7:0] a, b, c, input s, output [8:0] y);"
        " assign y = s ? a + b : {1'b0, a ^ c} - b; endmodule"
    )
    script = tmp_path / "script"
    script.write_text("strash\ndch -f\nmap\nstime -p\n")
    log = tmp_path / "log"
    design = libyosys.Design()
    for command in (
        f"read_verilog {source}",
        "synth -top top",
        f"tee -q -o {log} abc -liberty {library} -script {script}",
        "opt_clean -purge",
        f"write_json {tmp_path / 'mapped.json'}",
    ):
        libyosys.run_pass(command, design)
    match = re.search(r"Delay\s*=\s*([\d.]+)\s*ps", log.read_text())
    assert match is not None
    module = json.loads((tmp_path / "mapped.json").read_text())["modules"]["top"]
    path = longest_path(module, table)
    assert path is not None
    assert path.delay_ps == pytest.approx(float(match.group(1)), rel=0.03)
