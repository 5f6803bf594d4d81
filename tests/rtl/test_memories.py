"""Wrappers of macros keep the contract of memories: a design runs with them as with what is inferred."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from generator.config import CoreConfig
from generator.verilog import Emission, emit
from sim.fast import simulate_fast
from sim.layers import LayerData
from sim.recipe import Shared

EXAMPLES = Path(__file__).parents[2] / "examples" / "memories"
MODELS = {
    "sg13g2": """
module RM_IHPSG13_2P_512x32_c2_bm_bist(
  input A_CLK, input A_MEN, input A_WEN, input A_REN, input [8:0] A_ADDR, input [31:0] A_DIN, input A_DLY,
  output [31:0] A_DOUT, input [31:0] A_BM, input A_BIST_CLK, input A_BIST_EN, input A_BIST_MEN,
  input A_BIST_WEN, input A_BIST_REN, input [8:0] A_BIST_ADDR, input [31:0] A_BIST_DIN,
  input [31:0] A_BIST_BM,
  input B_CLK, input B_MEN, input B_WEN, input B_REN, input [8:0] B_ADDR, input [31:0] B_DIN, input B_DLY,
  output reg [31:0] B_DOUT, input [31:0] B_BM, input B_BIST_CLK, input B_BIST_EN, input B_BIST_MEN,
  input B_BIST_WEN, input B_BIST_REN, input [8:0] B_BIST_ADDR, input [31:0] B_BIST_DIN,
  input [31:0] B_BIST_BM);
  reg [31:0] words [511:0];
  always @(posedge A_CLK) if (A_MEN & A_WEN) words[A_ADDR] <= words[A_ADDR] & ~A_BM | A_DIN & A_BM;
  always @(posedge B_CLK) if (B_MEN & B_REN) B_DOUT <= words[B_ADDR];
endmodule
""",
    "sky130": """
module sky130_sram_1kbyte_1rw1r_32x256_8(
  input clk0, input csb0, input web0, input [3:0] wmask0, input [7:0] addr0, input [31:0] din0,
  output [31:0] dout0, input clk1, input csb1, input [7:0] addr1, output reg [31:0] dout1);
  reg [31:0] words [255:0];
  always @(posedge clk0) if (!csb0 & !web0 & wmask0 == 4'hf) words[addr0] <= din0;
  always @(posedge clk1) dout1 <= csb1 ? ~words[addr1] ^ 32'h5a5a1234 : words[addr1];
endmodule
""",
}
"""What the macros do as far as it is promised: one that does not read keeps its word, or shows noise."""


def with_macros(emission: Emission, technology: str) -> Emission:
    """The design with its memories made of macros."""
    wrapper = f"memory_of_{technology}"
    modules = {technology: MODELS[technology], wrapper: (EXAMPLES / f"{wrapper}.v").read_text()}
    for name, text in emission.modules.items():
        if emission.kinds[name] == "memory":
            words, bits = map(int, name.split("_")[1].split("x"))
            head = text[: text.index("  reg [")]
            ports = ["clk", *(f"write_{each}" for each in ("enable", "address", "data"))]
            ports += [f"read_{each}" for each in ("enable", "address", "data")]
            joined = ", ".join(f".{port}({port})" for port in ports)
            text = f"{head}  {wrapper} #(.WORDS({words}), .BITS({bits})) macros ({joined});\nendmodule\n"
        modules[name] = text
    instances = {technology: Counter[str](), wrapper: Counter[str](), **emission.instances}
    return dataclasses.replace(emission, modules=modules, instances=instances)


@pytest.mark.exhaustive
@pytest.mark.parametrize("technology", MODELS)
def test_a_design_runs_with_memories_of_macros(technology: str) -> None:
    # 556 words of 48 bits are several macros in both directions.
    config = CoreConfig.parse(
        {
            "group_size": 3,
            "tables": 2,
            "columns": 3,
            "max_reduction": 1667,
            "buffers": {"activations": True, "keys": 5, "bus_bits": 64},
        }
    )
    emission = with_macros(emit(config), technology)
    layer = LayerData.random(config, 1600, 7, tokens=3, seed=1)
    result = simulate_fast(
        config, layer.activations, layer.weights, stalls=0.2, shared=Shared(emission, 2000)
    )
    assert result.passed, result.failures
    assert result.cycles == result.expected_cycles
