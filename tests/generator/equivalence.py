"""Formal combinational equivalence of two Verilog modules: Yosys reads them, ABC's ``cec`` proves them equal.

Registers with an enable become wires first (they only hold what passes); the accumulator, which has none,
is cut, so that its next value is an output and its value an input of both.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pyosys
from pyosys import libyosys as yosys

from generator.verilog import quiet

TRANSPARENT = r"""
(* techmap_celltype = "$dffe" *)
module transparent_enable #(parameter WIDTH = 1, parameter CLK_POLARITY = 1, parameter EN_POLARITY = 1)
    (input CLK, input EN, input [WIDTH-1:0] D, output [WIDTH-1:0] Q);
  assign Q = D;
endmodule
"""


def and_inverter_graph(verilog: str, top: str, scratch: Path) -> Path:
    """Writes ``top`` as an AIGER file with its ports in a fixed order."""
    directory = scratch / top
    directory.mkdir()
    (directory / "design.v").write_text(verilog)
    (directory / "transparent.v").write_text(TRANSPARENT)
    target = directory / "design.aig"
    design = yosys.Design()
    with quiet():
        for command in (
            f"read_verilog {directory}/design.v",
            f"hierarchy -check -top {top}",
            "proc",
            "flatten",
            "opt_dff",
            "opt_clean",
            f"techmap -map {directory}/transparent.v",
            "synth -run fine:",
            "aigmap",
            "opt_clean -purge",
            f"write_aiger -symbols {target}",
        ):
            yosys.run_pass(f"tee -q {command}", design)
    return target


def prove_equal(gold: str, gold_top: str, gate: str, gate_top: str, scratch: Path) -> str:
    """ABC's verdict on two modules with the same ports; 'equivalent' is in it when they are proven equal."""
    files = [and_inverter_graph(gold, gold_top, scratch), and_inverter_graph(gate, gate_top, scratch)]
    abc = Path(pyosys.__file__).with_name("yosys-abc")
    result = subprocess.run(
        [abc, "-c", f"cec {files[0]} {files[1]}"], capture_output=True, text=True, check=False, timeout=600
    )
    return result.stdout + result.stderr
