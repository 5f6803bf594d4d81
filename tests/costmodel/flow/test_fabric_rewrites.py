"""Rewrites of words before they are mapped to a fabric: the same function, in fewer cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cells import fabrics
from costmodel.flow.fabric_adders import to_be_swapped
from tests.yosys import yosys

CARRY_IN = Path(fabrics.__file__).parent / "data" / "carry_in.v"


def carried(a: int, b: int, y: int, ones: str) -> str:
    """``a + b + carry``, the carry as a bit below the operands, beside a one on the other's side."""
    left, right = ("x, 1'b1", "z, c") if ones == "left" else ("x, c", "z, 1'b1")
    return (
        f"module sum(input signed [{a - 1}:0] x, input signed [{b - 1}:0] z, input c,\n"
        f"  output [{y - 1}:0] y);\n"
        f"  wire unused;\n"
        f"  assign {{y, unused}} = $signed({{{left}}}) + $signed({{{right}}});\n"
        "endmodule\n"
    )


@pytest.mark.parametrize("ones", ["left", "right"])
@pytest.mark.parametrize(("a", "b", "y"), [(4, 4, 5), (5, 3, 6), (3, 6, 7)])
def test_a_carry_below_the_operands_goes_into_the_chain(
    a: int, b: int, y: int, ones: str, tmp_path: Path
) -> None:
    (tmp_path / "sum.v").write_text(carried(a, b, y, ones))
    passes = [
        "read_verilog -sv sum.v",
        "proc",
        "alumacc",
        "opt_clean",
        "copy sum gold",
        f"techmap -map {CARRY_IN} sum",
        "clean",
        # The carry is an input of the chain, which is as narrow as the operands.
        f"select -assert-count 1 sum/t:$alu sum/r:Y_WIDTH={y} %i",
        "miter -equiv -flatten -make_assert gold sum miter",
        "sat -verify -prove-asserts miter",
    ]
    yosys(tmp_path, passes)


def test_other_sums_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "sum.v").write_text(
        "module sum(input [3:0] x, z, output [4:0] y); assign y = x + z; endmodule\n"
    )
    passes = ["read_verilog sum.v", "alumacc", f"techmap -map {CARRY_IN}", "opt_clean"]
    yosys(tmp_path, [*passes, "select -assert-count 1 t:$alu r:Y_WIDTH=5 %i"])


def test_what_tables_make_is_not_what_goes_beside_them() -> None:
    def cell(kind: str, **pins: list[object]) -> dict[str, object]:
        outputs = {"$alu": "XY", "$and": "Y", "$dff": "Q"}[kind]
        directions = {pin: "output" if pin in outputs else "input" for pin in pins}
        return {"type": kind, "connections": pins, "port_directions": directions}

    cells = {
        "chosen": cell("$and", A=[2, 3], B=[4, 4], Y=[10, 11]),
        "held": cell("$dff", D=[30, 31], Q=[20, 21]),
        # A sum and a chosen value, either way round, and two chosen values of which one has fewer bits.
        "swapped": cell("$alu", A=[10, 11], B=[20, 21], BI=["0"], Y=[30, 31]),
        "kept": cell("$alu", A=[30, 31], B=[10, 11], BI=["0"], Y=[40, 41]),
        "alike": cell("$alu", A=[10, 11], B=[11, 10], BI=["0"], Y=[50, 51]),
        "narrow": cell("$alu", A=[10, 11], B=[10, 10], BI=["0"], Y=[60, 61]),
        "subtracted": cell("$alu", A=[10, 11], B=[20, 21], BI=["1"], Y=[70, 71]),
    }
    assert to_be_swapped({"cells": cells}) == ["swapped", "narrow"]
