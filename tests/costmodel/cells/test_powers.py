"""Energies and leakage as Liberty states them, in fJ and nW."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cells.liberty_powers import parse_powers, powers_of
from costmodel.cells.liberty_syntax import LibertyError
from costmodel.cells.powers import PowerTable
from costmodel.cells.table import CellTable, write_liberty
from costmodel.power.states import Classes, holds, leakage_of
from generator.files import cache_directory
from tests.costmodel.libraries import library

TEXT = """
library (small) {
  time_unit : "1ns"; capacitive_load_unit (1,pf); voltage_unit : "1V"; leakage_power_unit : "1pW";
  nom_voltage : 1.5;
  power_lut_template (p) {
    variable_1 : total_output_net_capacitance; variable_2 : input_transition_time;
    index_1 ("1, 2"); index_2 ("1, 2, 3");
  }
  cell (XOR) {
    area : 1;
    pg_pin (VDD) { pg_type : primary_power; } pg_pin (VSS) { pg_type : primary_ground; }
    leakage_power () { value : 4000; when : "A & B"; related_pg_pin : VDD; }
    leakage_power () { value : 7; when : "A & B"; related_pg_pin : VSS; }
    leakage_power () { value : 2000; when : "!A"; related_pg_pin : VDD; }
    cell_leakage_power : 3000;
    pin (Y) {
      direction : output; function : "A ^ B";
      internal_power () {
        related_pin : "A"; when : "B"; related_pg_pin : VDD;
        rise_power (p) {
          index_1 ("0.001, 0.002"); index_2 ("0.01, 0.02, 0.03"); values ("1, 2, 3", "4, 5, 6");
        }
        fall_power (scalar) { values ("0.25"); }
      }
      internal_power () {
        related_pin : "A"; when : "B"; related_pg_pin : VSS;
        rise_power (scalar) { values ("100"); }
      }
      internal_power () { related_pin : "A B"; power (scalar) { values ("0.5"); } }
    }
    pin (A) { direction : input; capacitance : 0.001; }
    pin (B) { direction : input; capacitance : 0.001; }
  }
}
"""


def test_units_axes_rails_and_conditions_are_read() -> None:
    voltage, cells = parse_powers(TEXT, "small.lib")
    assert voltage == 1.5
    energies = {(e.related, e.when): e for e in cells["XOR"].pins["Y"]}
    assert list(energies) == [("A", "B"), ("A", ""), ("B", "")]
    conditional = energies["A", "B"]
    assert conditional.rise is not None
    assert conditional.fall is not None
    # Loads are the rows of the file and our columns; pJ are 1,000 fJ; of the ground rail nothing counts.
    assert conditional.rise.at(20.0, 2.0) == pytest.approx(5000.0)
    assert conditional.fall.at(7.0, 3.0) == pytest.approx(250.0)
    assert cells["XOR"].leakage == (("A & B", 4.0), ("!A", 2.0), ("", 3.0))


def test_a_state_has_the_energy_whose_condition_holds_else_the_one_without() -> None:
    _, cells = parse_powers(TEXT, "small.lib")
    classes = Classes(cells["XOR"])
    by_state = classes.of_arc("Y", "A", 0, ("A", "B"))
    energies = [classes.classes[number][0] for number in by_state]
    values = [None if samples is None else samples.at(20.0, 2.0) for samples in energies]
    assert values == [pytest.approx(500.0)] * 2 + [pytest.approx(5000.0)] * 2


def test_leakage_is_that_of_the_state() -> None:
    _, cells = parse_powers(TEXT, "small.lib")
    assert leakage_of(cells["XOR"], ("A", "B")) == [2.0, 3.0, 2.0, 4.0]


def test_a_condition_on_other_pins_may_hold() -> None:
    assert holds("A & CLK", ("A", "B")) == 0b1010
    assert holds("A +", ("A", "B")) == 0


def test_a_library_without_voltage_is_refused_in_one_line() -> None:
    with pytest.raises(LibertyError, match=r"^small\.lib: no nom_voltage; [^\n]*$"):
        parse_powers(TEXT.replace("nom_voltage : 1.5;", ""), "small.lib")


def test_the_bundled_energies_survive_liberty_and_json(tmp_path: Path) -> None:
    folder = Path("costmodel/technologies").absolute()
    if not folder.is_dir():
        folder = Path(__file__).parents[3] / "costmodel" / "technologies"
    powers = PowerTable.load(folder / "asap7.power.json")
    cells = CellTable.load(folder / "asap7.cells.json")
    assert set(powers.cells) <= set(cells.cells)
    assert (folder / "asap7.power.json").stat().st_size < 1_000_000
    powers.save(tmp_path / "again.json")
    assert PowerTable.load(tmp_path / "again.json").cells == powers.cells
    names = ("NAND2x1_ASAP7_75t_R", "DFFHQNx1_ASAP7_75t_R", "FAx1_ASAP7_75t_R")
    voltage, read = parse_powers(write_liberty(cells, names, powers), "written.lib")
    assert voltage == powers.voltage == 0.7
    for name in names:
        assert read[name].leakage == powers.cells[name].leakage
        assert read[name].pins == {pin: each for pin, each in powers.cells[name].pins.items() if each}


# By hand from the files: a falling output of the smallest NAND by its first input, at a corner.
KNOWN = {
    "sky130hd": ("sky130_fd_sc_hd__nand2_1", "Y", "A", 1.8, 10.0, 0.5, 2.193),
    "sg13g2": ("sg13g2_nand2_1", "Y", "A", 1.2, None, None, None),
}


@pytest.mark.parametrize("name", KNOWN)
def test_energies_of_open_libraries(name: str) -> None:
    cell, output, pin, volts, slew, load, energy = KNOWN[name]
    table = powers_of(library(name), cache_directory())
    assert table.voltage == volts
    arc = next(each for each in table.cells[cell].pins[output] if each.related == pin)
    assert arc.fall is not None
    assert arc.rise is not None
    if slew is not None and load is not None:
        assert arc.fall.at(slew, load) == pytest.approx(energy)
    flops = [each for each in library(name).table(cache_directory()).cells.values() if each.flip_flop]
    clocks = [next(pin.name for pin in flop.pins.values() if pin.clock) for flop in flops]
    assert all(table.cells[flop.name].pins.get(clock) for flop, clock in zip(flops, clocks, strict=True))
