"""At a clock only what is late becomes faster, and so larger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from costmodel.cells.table import CellTable
from costmodel.flow import closing
from costmodel.flow.and_or import find_and_or
from costmodel.flow.closing import EASE, Mapped, Way
from costmodel.flow.cones import LATE, mark_cone
from costmodel.flow.full_adders import Carries
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.netlist import new_cell
from costmodel.flow.scripts import ORDINARY
from costmodel.flow.static_timing import Timing
from costmodel.flow.yosys_worker import Worker, synthesized
from tests.costmodel.flow.test_synthesis import SHIPPED, assert_same_function, at_work

FLOP = "DFFHQNx1_ASAP7_75t_R"


def job_of(verilog: str, directory: Path, **flow: Any) -> dict[str, Any]:
    """A job in a directory of its own, which is made."""
    directory.mkdir()
    (directory / "design.v").write_text(verilog)
    return {
        "directory": str(directory),
        "table": str(SHIPPED),
        "top": "top",
        "verilog": [str(directory / "design.v")],
        "adders": "cells",
        "hierarchical": False,
        "clock_ps": None,
        "netlist": True,
        "speeds": False,
        **flow,
    }


def sums_of(short_reads: str) -> str:
    """A long sum, and a short one of the lower bits of a word that the long one reads, or of another."""
    return (
        "module top(input clk, input [23:0] a, b, input [5:0] c, d, output reg [23:0] y, output reg [6:0] z);"
        f"always @(posedge clk) begin y <= a + b; z <= {short_reads} + d; end endmodule"
    )


@pytest.mark.parametrize("short_reads", ["a[5:0]", "c"])
def test_a_word_that_shares_an_operand_with_a_late_one_is_not_late(
    short_reads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """24 rippling bits take some 800 ps in asap7, six of them a third of that."""
    monkeypatch.chdir(tmp_path)
    report = synthesized(job_of(sums_of(short_reads), tmp_path / "job", clock_ps=450.0))
    assert report["delay_ps"] <= 450
    assert report["carries"]["ripple"] == 1
    assert report["carries"]["select"] + report["carries"]["parallel"] == 1


def test_late_words_of_gates_alone_have_their_carries_in_parallel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a library without full-adder cells, of which timing says no words: 24 bits, and not the six."""
    monkeypatch.chdir(tmp_path)
    report = synthesized(job_of(sums_of("c"), tmp_path / "job", clock_ps=420.0, adders="generic"))
    assert report["delay_ps"] <= 420
    assert report["carries"]["select"] + report["carries"]["parallel"] == 1


def test_logic_that_is_not_late_stays_as_small_as_without_a_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A design of two parts that share nothing takes at a clock what the two take apart."""
    monkeypatch.chdir(tmp_path)
    inputs = "input clk, input [23:0] a, b, input [15:0] c, input [3:0] s"
    outputs = "output reg [23:0] y, output reg [15:0] z"
    long, short = "y <= a + b;", "z <= (c << s) ^ (c >> s);"

    def area(number: int, body: str, clock_ps: float | None) -> float:
        text = f"module top({inputs}, {outputs}); always @(posedge clk) begin {body} end endmodule"
        return float(synthesized(job_of(text, tmp_path / f"{number}", clock_ps=clock_ps))["area_um2"])

    both, late, easy = area(0, long + short, 400.0), area(1, long, 400.0), area(2, short, None)
    assert both <= 1.01 * (late + easy)


def test_a_design_is_mapped_alike_in_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    verilog = sums_of("a[5:0]")
    netlists = [
        synthesized(job_of(verilog, tmp_path / name))["netlist"] for name in ("first", "a-longer-name")
    ]
    assert netlists[0] == netlists[1]
    assert "first" not in netlists[0]


def module_of_two_stages() -> dict[str, Any]:
    """A flip-flop's input through two gates, an output through one of them and another one."""
    cells = {
        "shared": new_cell("$_AND_", A=2, B=3, Y=10),
        "first": new_cell("$_NOT_", A=10, Y=11),
        "kept": new_cell(FLOP, ("QN",), D=11, CLK=4, QN=12),
        "second": new_cell("$_XOR_", A=10, B=12, Y=13),
    }
    ports = {
        "inputs": {"direction": "input", "bits": [2, 3]},
        "clk": {"direction": "input", "bits": [4]},
        "y": {"direction": "output", "bits": ["0", 13]},
    }
    return {"ports": ports, "cells": cells, "netnames": {}}


@pytest.mark.parametrize(
    ("ends", "marked"),
    [
        ({"kept"}, {"shared", "first"}),
        ({"neighbour:y[1]"}, {"shared", "second"}),
        ({"neighbour:y[0]"}, set()),
        (set(), set()),
    ],
)
def test_what_is_marked_is_what_the_ends_depend_on_within_a_cycle(ends: set[str], marked: set[str]) -> None:
    module = module_of_two_stages()
    mark_cone(module, ends, CellTable.load(SHIPPED))
    assert {name for name, cell in module["cells"].items() if LATE in cell["attributes"]} == marked


CHOOSE = (
    "module top(input [7:0] take, input [63:0] words, output [7:0] z, output reg [7:0] y); integer i;"
    " always @* begin y = 0; for (i = 0; i < 8; i = i + 1) y = y | ({8{take[i]}} & words[8*i +: 8]); end"
    " assign z = y + words[63:56]; endmodule"
)
"""A word of eight, chosen by one-hot lines, and its sum with another."""


def test_a_mapper_for_speed_sees_through_wide_ors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In AND-OR cells at least area, as gates where a clock asks for all speed; both compute the same."""
    monkeypatch.chdir(tmp_path)
    worker = at_work(CHOOSE, SHIPPED, tmp_path)
    worker.synthesize()
    cell = find_and_or(worker.offer.logic)
    assert cell is not None
    wide = worker.offer.tied[cell.name].cell if cell.name in worker.offer.tied else cell.name
    counts = []
    for gates in (False, True):
        module = worker.remap(Way(Carries("sklansky", gates=gates), 1.0)).module
        counts.append(sum(one["type"] == wide for one in module["cells"].values()))
        (tmp_path / "mapped.json").write_text(json.dumps({"modules": {"top": module}}))
        assert_same_function(tmp_path, SHIPPED)
    in_cells, as_gates = counts
    assert in_cells >= 16
    assert as_gates <= in_cells / 2


CHAIN = (
    "module top(input [15:0] a, b, s, output reg y); integer i; always @* begin y = a[0];"
    " for (i = 1; i < 16; i = i + 1) y = s[i] & ((a[i] & y) | (b[i] & ~y)); end endmodule"
)
"""A chain of choices: each takes one value or another by what was chosen before."""


def test_balanced_logic_is_faster_larger_and_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    worker = at_work(CHAIN, SHIPPED, tmp_path)
    worker.synthesize()
    areas, delays = [], []
    for balanced in (False, True):
        module = worker.remap(Way(Carries("sklansky", gates=True), 1.0, balanced=balanced)).module
        (tmp_path / "mapped.json").write_text(json.dumps({"modules": {"top": module}}))
        assert_same_function(tmp_path, SHIPPED)
        areas.append(worker.report({"modules": {"top": module}})["area_um2"])
        delays.append(Timing(Graph(module, Library(worker.table))).delay_ps)
    assert delays[1] < 0.9 * delays[0]
    assert areas[1] > areas[0]


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Way]:
    """The ways in which designs are mapped anew from now on."""
    ways: list[Way] = []
    remap = Worker.remap

    def record(worker: Worker, way: Way) -> Mapped:
        ways.append(way)
        return remap(worker, way)

    monkeypatch.setattr(Worker, "remap", record)
    return ways


def test_logic_is_balanced_where_nothing_else_meets_a_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ways = recorded(monkeypatch)
    fastest = synthesized(job_of(CHAIN, tmp_path / "fastest", speeds=True))["shortest_ps"] / EASE
    assert not any(way.balanced for way in ways)
    report = synthesized(job_of(CHAIN, tmp_path / "faster", clock_ps=0.99 * fastest))
    assert ways[-1].balanced
    assert not any(way.ordinary for way in ways)
    assert report["delay_ps"] < fastest


WORDS = (
    "module top(input [15:0] a, b, input [5:0] c, d, input s, output [16:0] y, output [11:0] z, output less);"
    " assign y = s ? a + b : a - b; assign z = c * d; assign less = a < b; endmodule"
)
SHORT = 420.0
"""ps that no mapping of them meets in asap7, but the fastest nearly."""


@pytest.mark.parametrize("script", ORDINARY)
@pytest.mark.parametrize("design", [WORDS, CHAIN])
def test_an_ordinary_mapping_computes_the_same(
    design: str, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    worker = at_work(design, SHIPPED, tmp_path)
    worker.synthesize()
    mapped = worker.remap(Way(Carries(), 1.0, ordinary=script))
    assert (mapped.carries["ripple"], mapped.carries["parallel"] > 0) == (0, bool(worker.rippling.words))
    (tmp_path / "mapped.json").write_text(json.dumps({"modules": {"top": mapped.module}}))
    assert_same_function(tmp_path, SHIPPED)


def test_a_large_design_is_mapped_as_an_ordinary_one_before_its_full_adders_are_gates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ways = recorded(monkeypatch)
    monkeypatch.setattr(closing, "LARGE", 0)
    synthesized(job_of(WORDS, tmp_path / "large", clock_ps=SHORT))
    ordinary = [i for i, way in enumerate(ways) if way.ordinary]
    assert [ways[i].ordinary for i in ordinary] == list(ORDINARY)
    before, after = ways[: ordinary[0]], ways[ordinary[-1] + 1 :]
    assert before
    assert not any(way.carries.gates for way in before)
    assert all(way.carries.gates for way in after)
