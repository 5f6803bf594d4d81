"""Finding the cells of a technology, and mapping a small design to small libraries of every kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from costmodel.cells.liberty import Library
from costmodel.fit.libraries import cells_of
from costmodel.flow.libraries import user_library
from costmodel.flow.synthesis import Flow, shipped_library, synthesize
from costmodel.price.technology import TechnologyError, load_technology
from tests.costmodel.cells.liberties import INVERTER, NAND, NOR, REGISTER, flip_flop, gate, library

COUNTER = """
module top(input clk, input [3:0] a, output reg [3:0] y);
  always @(posedge clk) y <= y ^ (a & {y[0], y[3:1]});
endmodule
"""


def written(directory: Path, text: str) -> Path:
    path = directory / "a.lib"
    path.write_text(text)
    return path


def test_a_technology_without_cells_says_how_to_give_them() -> None:
    with pytest.raises(TechnologyError, match=r"sky130hd: .* give them with --liberty FILE") as caught:
        cells_of("sky130hd", [])
    assert "\n" not in str(caught.value)


def test_shipped_cells_are_those_of_the_technology() -> None:
    assert cells_of("asap7", []) == shipped_library("asap7")


def test_what_a_technology_was_fitted_without_is_left_out_with_what_is_asked_for(tmp_path: Path) -> None:
    technology = load_technology("asap7").model_copy(update={"name": "mine", "dont_use": ("BUF",)})
    (tmp_path / "mine.toml").write_text(technology.to_toml())
    path = written(tmp_path, library())
    assert cells_of(str(tmp_path / "mine.toml"), [path]).dont_use == ("BUF",)
    found = cells_of(str(tmp_path / "mine.toml"), [path], dont_use=["NOR*"])
    assert set(found.table().cells) == {"INV", "NAND2", "DFF"}


@pytest.mark.parametrize("clock", ["(!CK)", "CK'"])
def test_a_cheap_register_of_the_falling_edge_is_never_used(clock: str, tmp_path: Path) -> None:
    falling = flip_flop("FALLING", clock, edge="falling", area=0.5)
    path = written(tmp_path, library(INVERTER, NAND, NOR, falling, REGISTER))
    cells = synthesize(COUNTER, "top", user_library([path]), cache_dir=tmp_path).cells
    assert cells["DFF"] == 4
    assert "FALLING" not in cells


@pytest.mark.parametrize(
    "cell",
    [
        gate("CHEAP", "!(A*B)", "AB", area=0.1).replace("area", "dont_use : TRUE ; area", 1),
        gate("CHEAP", "!(A*B)", "ABE", area=0.1, output='three_state : "E";'),
        gate("CHEAP", "!(A*B)", "AB", area=0.1).replace("area", "is_isolation_cell : true; area", 1),
    ],
)
def test_a_cheap_cell_that_is_no_logic_is_never_used(cell: str, tmp_path: Path) -> None:
    path = written(tmp_path, library(INVERTER, NAND, NOR, REGISTER, cell))
    cells = synthesize(COUNTER, "top", user_library([path]), cache_dir=tmp_path).cells
    assert set(cells) <= {"INV", "NAND2", "NOR2", "DFF"}


def test_delay_cells_buffer_no_net(tmp_path: Path) -> None:
    """A net of 64 pins is buffered, with the buffer or with inverters, however little a delay cell costs."""
    fan_out = "module top(input s, input [63:0] a, b, output [63:0] y); assign y = s ? a : b; endmodule"
    slow = gate("X9", "A", "A", area=0.1, ns=0.2)
    path = written(tmp_path, library(INVERTER, NAND, NOR, gate("BUF", "A", "A"), REGISTER, slow))
    output = "direction : output;"
    path.write_text(path.read_text().replace(output, f"{output} max_capacitance : 0.016;"))
    flow = Flow(clock_ps=300)
    cells = synthesize(fan_out, "top", user_library([path]), flow, tmp_path).cells
    assert "X9" not in cells
    # The same cell at a buffer's speed is taken.
    fast = gate("X9", "A", "A", area=0.1)
    texts = (cell.replace(output, f"{output} max_capacitance : 0.016;") for cell in (slow, fast))
    path.write_text(path.read_text().replace(*texts))
    assert "X9" in synthesize(fan_out, "top", user_library([path]), flow, tmp_path).cells


def test_tables_of_fewer_axes_can_be_synthesized_with(tmp_path: Path) -> None:
    text = library()
    scalar = re.sub(r'\(delay\) \{ values \("[^;]*\);', '(scalar) { values ("0.02");', text)
    assert scalar != text
    result = synthesize(
        COUNTER, "top", user_library([written(tmp_path, scalar)]), Flow(clock_ps=1000), tmp_path
    )
    # A cell takes 20 ps whatever it drives: launch, some gates, and 10 ps of setup at the least.
    assert result.delay_ps is not None
    gates = (result.delay_ps - 10) / 20
    assert 2 <= gates <= 20
    assert gates == pytest.approx(round(gates), abs=0.6)


def test_patterns_are_part_of_the_librarys_digest(tmp_path: Path) -> None:
    path = written(tmp_path, library())
    assert Library.of((path,)).digest != Library.of((path,), dont_use=["BUF"]).digest
