"""Reading Liberty files: units, functions, merged arcs, don't-use patterns, one clear line for bad ones."""

from __future__ import annotations

import gzip
import math
import os
from pathlib import Path

import pytest

from costmodel.cells.clock_gates import read_clock_gates
from costmodel.cells.compact import compact
from costmodel.cells.liberty import LibertyError, Library, parse
from costmodel.cells.table import CellTable, write_liberty

SHIPPED = Path(__file__).parents[3] / "costmodel" / "technologies" / "asap7.cells.json"

SMALL = """
/* a library in ns and pF */
library (small) {
  time_unit : "1ns";
  capacitive_load_unit (1,pf);
  lu_table_template (t) {
    variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("0.01, 0.02"); index_2 ("0.001, 0.002");
  }
  cell (INV) {
    area : 2;
    leakage_power () { value : 1; when : "!A"; }
    pin (A) { direction : input; capacitance : 0.002; }
    pin (Y) {
      direction : output; function : "!A";
      timing () {
        related_pin : "A"; timing_sense : negative_unate;
        cell_rise (t) { values ("0.1, 0.2", "0.3, 0.4"); }
        cell_fall (t) { values ("0.1, 0.2", "0.3, 0.4"); }
      }
      timing () {
        related_pin : "A"; timing_sense : negative_unate; when : "A";
        cell_rise (t) { values ("0.1, 0.9", "0.3, 0.4"); }
      }
    }
  }
  cell ("WEAKxp5") { area : 1; pin (A) { direction : input; } }
}
"""


def full_libraries() -> Path:
    """The directory of full libraries, named by TERNLUT_LIBERTY or beside the repository."""
    named = os.environ.get("TERNLUT_LIBERTY")
    directory = Path(named) if named else Path(__file__).parents[4] / "shared" / "liberty"
    if not directory.is_dir():
        pytest.skip("no full cell libraries: set TERNLUT_LIBERTY to the directory that holds them")
    return directory


def test_limits_of_pins_and_of_the_library_and_the_capacitances_of_both_edges_are_read() -> None:
    text = SMALL.replace('time_unit : "1ns";', 'time_unit : "1ns"; default_max_transition : 0.5;')
    text = text.replace("direction : output;", "direction : output; max_capacitance : 0.04;")
    text = text.replace(
        "capacitance : 0.002;",
        "capacitance : 0.002; rise_capacitance : 0.0025; fall_capacitance : 0.0015; max_transition : 0.3;",
    )
    pins = parse(text, "small.lib")["INV"].pins
    assert pins["A"].edges == pytest.approx((2.5, 1.5))
    assert (pins["A"].most_slew, pins["Y"].most_slew) == pytest.approx((300, 500))
    assert (pins["A"].most_load, pins["Y"].most_load) == pytest.approx((math.inf, 40))
    plain = parse(SMALL, "small.lib")["INV"].pins
    assert plain["A"].edges is None
    assert plain["Y"].most_load == plain["Y"].most_slew == math.inf


def test_values_come_out_in_ps_and_ff() -> None:
    cell = parse(SMALL, "small.lib")["INV"]
    assert cell.area == 2
    assert cell.pins["A"].capacitance == pytest.approx(2.0)
    samples = cell.pins["Y"].arcs[0].tables["cell_fall"]
    assert samples.rows == pytest.approx((10, 20))
    assert samples.columns == pytest.approx((1, 2))
    assert samples.values[1] == pytest.approx((300, 400))


def test_conditional_arcs_are_merged_into_the_slowest() -> None:
    (arc,) = parse(SMALL, "small.lib")["INV"].pins["Y"].arcs
    assert arc.tables["cell_rise"].values[0] == pytest.approx((100, 900))
    assert arc.sense == "negative_unate"


def test_gzip_and_plain_files_are_the_same_library(tmp_path: Path) -> None:
    (tmp_path / "a.lib").write_text(SMALL)
    (tmp_path / "a.lib.gz").write_bytes(gzip.compress(SMALL.encode()))
    plain, packed = (Library.of((tmp_path / name,)).table() for name in ("a.lib", "a.lib.gz"))
    assert plain.cells == packed.cells


def test_dont_use_patterns_exclude_cells(tmp_path: Path) -> None:
    (tmp_path / "a.lib").write_text(SMALL)
    assert set(Library("a", (tmp_path / "a.lib",), ("*xp*",)).table().cells) == {"INV"}
    assert set(Library("a", (tmp_path / "a.lib",)).table().cells) == {"INV", "WEAKxp5"}


def test_the_usual_patterns_are_chosen_by_the_cells_names(tmp_path: Path) -> None:
    (tmp_path / "a.lib").write_text(SMALL.replace("INV", "INVx1_ASAP7_75t_R"))
    (tmp_path / "b.lib").write_text(SMALL.replace("INV", "sky130_fd_sc_hd__inv_1"))
    (tmp_path / "c.lib").write_text(SMALL)
    assert "*xp*_ASAP7*" in Library.of((tmp_path / "a.lib",)).dont_use
    assert Library.of((tmp_path / "b.lib",)).dont_use == ("*lpflow*", "*probe*")
    assert Library.of((tmp_path / "c.lib",)).dont_use == ()


def bad_file(kind: str, directory: Path) -> Path:
    path = directory / "bad.lib"
    if kind == "directory":
        path.mkdir()
    elif kind == "truncated gzip":
        path.write_bytes(gzip.compress(SMALL.encode() * 50)[:-40])
    elif kind == "truncated":
        path.write_text(SMALL[: SMALL.index("cell_fall")])
    elif kind == "one brace too many":
        path.write_text(SMALL + "}")
    elif kind == "garbage":
        path.write_bytes(bytes(range(256)) * 10)
    elif kind == "empty":
        path.write_text("")
    elif kind == "no cells":
        path.write_text("library (none) { }")
    elif kind == "damaged table":
        path.write_text(SMALL.replace('"0.3, 0.4"', '"0.3"'))
    elif kind == "unknown unit":
        path.write_text(SMALL.replace("1ns", "1fortnight"))
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "missing",
        "directory",
        "truncated gzip",
        "truncated",
        "one brace too many",
        "garbage",
        "empty",
        "no cells",
        "damaged table",
        "unknown unit",
    ],
)
def test_a_bad_file_gives_one_line_that_names_it(kind: str, tmp_path: Path) -> None:
    path = bad_file(kind, tmp_path)
    with pytest.raises(LibertyError) as caught:
        _ = Library.of((path,)).table()
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message


def test_a_library_with_every_cell_excluded_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.lib").write_text(SMALL)
    with pytest.raises(LibertyError, match="every cell is excluded"):
        Library("a", (tmp_path / "a.lib",), ("*",)).table()


def test_a_table_survives_saving_and_loading(tmp_path: Path) -> None:
    table = CellTable("small", parse(SMALL, "small.lib"), "nobody")
    table.save(tmp_path / "small.json")
    assert CellTable.load(tmp_path / "small.json") == table
    assert [path.name for path in tmp_path.iterdir()] == ["small.json"]


def test_a_table_written_as_liberty_reads_back_the_same() -> None:
    shipped = CellTable.load(SHIPPED)
    text = write_liberty(shipped)
    gates = read_clock_gates(text, "written.lib")
    assert gates.keys() == {"ICGx1_ASAP7_75t_R", "ICGx2_ASAP7_75t_R"}
    assert parse(text, "written.lib") | gates == shipped.cells


def test_the_shipped_table_is_the_full_library_thinned_out() -> None:
    shipped = CellTable.load(SHIPPED)
    library = Library.of(tuple(sorted(full_libraries().glob("asap7*.lib.gz"))), "asap7")
    assert compact(library.table(), shipped.cells).cells == shipped.cells
    assert SHIPPED.stat().st_size < 200_000


@pytest.mark.parametrize(("pattern", "cells", "inverter_ps"), [("sky130*", 300, 100), ("sg13g2*", 60, 100)])
def test_full_libraries_of_other_technologies_are_read(pattern: str, cells: int, inverter_ps: float) -> None:
    table = Library.of(tuple(full_libraries().glob(pattern))).table()
    assert len(table.cells) > cells
    inverter = next(cell for name, cell in table.cells.items() if name.endswith("inv_1"))
    delays = inverter.pins["Y"].arcs[0].tables["cell_rise"].values
    assert 1 < delays[0][0] < inverter_ps


def test_setup_times_of_a_library_that_states_the_clock_first() -> None:
    """sky130's first row, of the fastest clock: 0.1033184 … 0.6206849 ns for data slews of 0.01 … 1.5 ns."""
    table = Library.of(tuple(full_libraries().glob("sky130*"))).table()
    (setup,) = (arc for arc in table.cells["sky130_fd_sc_hd__dfxtp_1"].pins["D"].arcs if "setup" in arc.kind)
    times = setup.tables["fall_constraint"]
    assert times.rows == pytest.approx((10, 500, 1500))
    assert [row[0] for row in times.values] == pytest.approx([103.3184, 318.7643, 620.6849])
