"""Gated clocks: who gets them, and that a netlist with them runs as its core does."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from costmodel.cells.table import CellTable
from costmodel.flow.clock_gating import FEWEST, MOST, clocked_by
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.static_timing import Timing, longest_path
from generator.config import CoreConfig
from generator.verilog import Emission, emit
from sim.fast import simulate_fast
from sim.layers import LayerData
from sim.recipe import Shared
from tests.costmodel.flow.gates import behaviour, with_enables
from tests.costmodel.flow.test_netlists import mapped
from tests.costmodel.flow.test_synthesis import at_work
from tests.costmodel.libraries import cells

CORE: dict[str, Any] = {
    "architecture": "select",
    "activation": "int4",
    "tables": 4,
    "columns": 3,
    "max_reduction": 61,
    "clock_gating": True,
    "pipeline": {"fetch": True, "reduction_every": 1},
}
ENABLED = """
(* clock_gating *)
module top(input clk, input [7:0] wanted, input few, input [69:0] d, output reg [69:0] q, output reg [2:0] r);
  wire en = ^wanted;
  always @(posedge clk) begin
    if (en) q <= d;
    if (few) r <= d[2:0];
  end
endmodule
"""
"""Seventy flip-flops of an enable that is late, and three of another."""


def gates_in(module: dict[str, Any], table: CellTable) -> dict[str, dict[str, Any]]:
    return {name: cell for name, cell in module["cells"].items() if cell["type"] in table.clock_gates}


def flops_of(module: dict[str, Any], table: CellTable) -> dict[str, list[str]]:
    """The flip-flops behind each gate."""
    readers = clocked_by(module, table)
    outputs = {}
    for name, cell in gates_in(module, table).items():
        gate = table.cells[cell["type"]].clock_gate
        assert gate is not None
        outputs[name] = readers[cell["connections"][gate.output][0]]
    return outputs


def synthesized(verilog: str, table: CellTable, directory: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report on a design of one module ``top``, and its least-area netlist."""
    table.save(directory / "cells.json")
    report = at_work(verilog, directory / "cells.json", directory).synthesize()
    module: dict[str, Any] = json.loads((directory / "mapped.json").read_text())["modules"]["top"]
    return report, module


@pytest.mark.parametrize(
    "name", ["asap7", *(pytest.param(name, marks=pytest.mark.exhaustive) for name in ("sky130hd", "sg13g2"))]
)
def test_a_netlist_with_gated_clocks_runs_as_its_core_does(name: str, tmp_path: Path) -> None:
    """Gates folded back into enables, in the library's cells, bit by bit and cycle by cycle."""
    config, table = CoreConfig.parse(CORE), cells(name)
    emission = emit(config)
    module = mapped(emission, name, tmp_path)
    assert sum(map(len, flops_of(module, table).values())) > 100
    verilog = behaviour(with_enables(module, table), table, emission.top, tmp_path)
    layer = LayerData.random(config, 60, 11, tokens=2, seed=3)
    netlist = Emission(config, {emission.top: verilog}, {emission.top: "core"}, {emission.top: Counter()})
    for stalls in (0.0, 0.4):
        result = simulate_fast(
            config, layer.activations, layer.weights, stalls=stalls, shared=Shared(netlist, 400)
        )
        assert result.passed, result.failures
        assert result.cycles == result.expected_cycles or stalls


def test_gates_are_shared_out_among_few_flip_flops_each(tmp_path: Path) -> None:
    table = cells("asap7")
    report, module = synthesized(ENABLED, table, tmp_path)
    groups = flops_of(module, table)
    assert sorted(map(len, groups.values())) == [23, 23, 24]
    assert (report["gated_flip_flops"], report["clock_gates"]) == (70, 3)
    for name, flops in groups.items():
        kind = table.cells[module["cells"][name]["type"]]
        assert FEWEST <= len(flops) <= MOST
        load = sum(max(table.cells[module["cells"][flop]["type"]].pins["CLK"].edges or ()) for flop in flops)
        assert load <= kind.pins["GCLK"].most_load
        assert module["cells"][name]["connections"]["SE"] == ["0"]


def test_the_enable_of_a_gate_has_to_be_there_at_its_setup_time(tmp_path: Path) -> None:
    table = cells("asap7")
    module = synthesized(ENABLED, table, tmp_path)[1]
    path = longest_path(module, table)
    assert path is not None
    assert path.steps[-1].pin == "ENA"
    assert path.setup_ps > 0
    timing = Timing(Graph(module, Library(table)))
    assert timing.delay_ps == path.delay_ps > path.setup_ps


def test_without_gates_in_the_library_enables_stay(tmp_path: Path) -> None:
    table = cells("asap7")
    report, module = synthesized(ENABLED, table.without_gates, tmp_path)
    assert "clock_gates" not in report
    assert len(clocked_by(module, table)) == 1


def test_a_design_that_does_not_ask_is_mapped_as_without_gates_in_the_library(tmp_path: Path) -> None:
    table, plain = cells("asap7"), ENABLED.replace("(* clock_gating *)", "")
    reports = []
    for number, kinds in enumerate((table, table.without_gates)):
        (tmp_path / str(number)).mkdir()
        report, _ = synthesized(plain, kinds, tmp_path / str(number))
        reports.append({key: value for key, value in report.items() if key != "seconds"})
    assert reports[0] == reports[1]


def test_the_smallest_gate_that_may_drive_its_flip_flops_is_taken(tmp_path: Path) -> None:
    table = cells("asap7")
    weak = table.cells["ICGx1_ASAP7_75t_R"]
    pins = weak.pins | {"GCLK": replace(weak.pins["GCLK"], most_load=5.0)}
    table = CellTable(table.name, table.cells | {weak.name: replace(weak, pins=pins)})
    module = synthesized(ENABLED, table, tmp_path)[1]
    assert {cell["type"] for cell in gates_in(module, table).values()} == {"ICGx2_ASAP7_75t_R"}
