"""Full adders that are written as gates, found among other gates and nowhere else."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pyosys import libyosys as yosys

from costmodel.flow.gathering import gather_full_adders
from generator.config import CoreConfig
from generator.verilog import emit, quiet
from tests.generator.equivalence import prove_equal

ADDERS = """module adders(input [3:0] a, b, c, output [3:0] sum, carry);
  wire [3:0] differ = a ^ b;
  assign sum = differ ^ c;
  assign carry = a & b | differ & c;
endmodule"""
CARRY_ALONE = "module alone(input a, b, c, output carry); assign carry = (c & (b ^ a)) | (b & a); endmodule"
OTHERS = """module others(input a, b, c, d, output half, both, mixed, select, read);
  assign half = a ^ b;
  assign both = a & b;
  assign mixed = a & b | (a ^ c) & d;
  assign select = a & b | c & d;
  assign read = (a ^ d) & c;
endmodule"""


def gates(verilog: str, directory: Path) -> dict[str, Any]:
    """A module in gates of two inputs, Yosys' JSON form."""
    (directory / "design.v").write_text(verilog)
    run(f"read_verilog {directory}/design.v", "proc", "techmap", "opt", f"write_json {directory}/gates.json")
    (module,) = json.loads((directory / "gates.json").read_text())["modules"].values()
    return dict(module)


def run(*commands: str) -> None:
    design = yosys.Design()
    with quiet():
        for command in commands:
            yosys.run_pass(f"tee -q {command}", design)


def kinds(module: dict[str, Any]) -> Counter[str]:
    return Counter(cell["type"] for cell in module["cells"].values())


@pytest.mark.parametrize(("verilog", "count"), [(ADDERS, 4), (CARRY_ALONE, 1)], ids=["both", "carry"])
def test_full_adders_become_cells_and_stay_what_they_were(verilog: str, count: int, tmp_path: Path) -> None:
    module = gates(verilog, tmp_path)
    assert gather_full_adders(module) == count
    assert kinds(module) == {"$fa": count}
    for cell in module["cells"].values():
        cell["parameters"] = {"WIDTH": format(1, "032b")}
    name = verilog.split("(")[0].removeprefix("module ").strip()
    (tmp_path / "gathered.json").write_text(json.dumps({"modules": {name: module}}))
    run(
        f"read_json {tmp_path}/gathered.json",
        "techmap",
        f"rename {name} gathered",
        f"write_verilog -noattr {tmp_path}/gathered.v",
    )
    gathered = (tmp_path / "gathered.v").read_text()
    verdict = prove_equal(verilog, name, gathered, "gathered", tmp_path)
    assert "Networks are equivalent" in verdict, verdict


def test_other_gates_stay(tmp_path: Path) -> None:
    module = gates(OTHERS, tmp_path)
    before = kinds(module)
    assert gather_full_adders(module) == 0
    assert kinds(module) == before


def test_of_a_full_adder_only_what_others_read_is_left(tmp_path: Path) -> None:
    extra = ADDERS.replace("carry);", "carry, output [3:0] same);").replace(
        "endmodule", "  assign same = a & b;\nendmodule"
    )
    module = gates(extra, tmp_path)
    assert gather_full_adders(module) == 4
    assert kinds(module) == {"$fa": 4, "$_AND_": 4}


def test_a_carry_save_column_is_full_adders(tmp_path: Path) -> None:
    """Every full adder that the plan has of dots that are no constants."""
    core = CoreConfig.parse({"tables": 8, "columns": 1, "architecture": "select", "reduction": "carry_save"})
    emission = emit(core)
    (compressor,) = (name for name, kind in emission.kinds.items() if kind == "compressor")
    module = gates(emission.modules[compressor], tmp_path)
    tree = emission.plan.reduction
    assert tree.constant == 0, "then no full adder takes a constant"  # type: ignore[union-attr]
    assert gather_full_adders(module) == sum(sum(level.full) for level in (*tree.early, *tree.levels))  # type: ignore[union-attr]
