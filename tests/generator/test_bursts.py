"""Bursts of an accelerator, proved by Yosys whatever comes: none leaves its page, none changes in wait."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator.axi.reader import Reader
from generator.axi.writer import Writer
from generator.block import Block
from generator.config import CoreConfig
from generator.plan import plan_for
from generator.plan.accelerator import BURST_WORDS, accelerator_plan
from generator.verilog import to_verilog

CORE = CoreConfig.parse({"tables": 2, "columns": 2, "wrapper": "axi", "buffers": {"bus_bits": 64}})
PROPERTY = """
module proof(input clk, input rst, input ready, @FREE@ output ok, output some);
  wire valid; wire [60:0] address; wire [3:0] length;
  @BLOCK@ dut (.clk(clk), .rst(rst), .request_valid(valid), .request_ready(ready),
    .request_address(address), .request_length(length), @OTHERS@);
  reg waited; reg [60:0] address_before; reg [3:0] length_before;
  always @(posedge clk) begin
    waited <= ~rst & valid & ~ready;
    address_before <= address; length_before <= length;
  end
  wire [5:0] end_of_burst = address[3:0] + length;
  assign some = words != 0;
  assign ok = (~valid | end_of_burst < @WORDS@)
    & (~waited | valid & address == address_before & length == length_before);
endmodule
"""
INVARIANT = """
  (* keep *) wire invariant;
  assign invariant = ~active | left != 0;
endmodule
"""
"""There is something left to be asked for while a block is active: what the proof needs to know besides."""
PROVER = """
import sys
from pyosys import libyosys as yosys
design = yosys.Design()
for command in (
    f"read_verilog {sys.argv[1]}",
    "hierarchy -top proof",
    "proc",
    "flatten",
    "opt -full",
    "sat -verify -tempinduct -maxsteps 4 -seq 1 -set-at 1 rst 1 -set some 1 "
    "-prove ok 1 -prove dut.invariant 1 -ignore_unknown_cells",
):
    yosys.run_pass(command, design)
"""


def proved(block: Block, directory: Path, replaced: tuple[str, str] = ("", "")) -> bool:
    """Whether the property holds of ``block``, with a piece of its text ``replaced``.

    Its queue may do anything. Pieces of memory have words, and the first cycle is one of reset.
    """
    inputs = {name: member for name, member in block.members.items() if member.flow.name == "In"}
    known = ("clk", "rst", "request_ready")
    free = {name: member.shape for name, member in inputs.items() if name not in known}
    text = to_verilog(block).text
    assert replaced[0] in text
    proof = PROPERTY
    for place, value in {
        "FREE": "".join(f"input [{width - 1}:0] {name}, " for name, width in free.items()),
        "BLOCK": block.module_name,
        "OTHERS": ", ".join(f".{name}({name})" for name in free),
        "WORDS": str(BURST_WORDS),
    }.items():
        proof = proof.replace(f"@{place}@", value)
    (directory / "proof.v").write_text(text.replace(*replaced).replace("\nendmodule\n", INVARIANT) + proof)
    command = [sys.executable, "-c", PROVER, "proof.v"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert "Induction step" in done.stdout + done.stderr, done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("kind", [Reader, Writer])
def test_no_burst_crosses_its_boundary_or_changes_while_it_waits(kind: type[Block], tmp_path: Path) -> None:
    axi = accelerator_plan(plan_for(CORE))
    assert 4096 % (BURST_WORDS * axi.bus_bytes) == 0
    assert proved(kind(axi), tmp_path)


def test_the_proof_fails_of_a_reader_whose_bursts_end_anywhere(tmp_path: Path) -> None:
    axi = accelerator_plan(plan_for(CORE))
    assert not proved(Reader(axi), tmp_path, ("5'h10 - { 1'h0, at[3:0] }", "5'h10"))
