"""Synthesis scripts: Yosys' does what it says, the vendors' are whole Tcl that reads every file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from costmodel.flow.synthesis import shipped_library
from generator.config import CoreConfig
from generator.verilog import emit
from tests.dse.handoff.conftest import TINY, HandOff, hand_off
from tests.dse.running import Run

tclsh = pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not installed")

YOSYS = '''
"""Yosys with Tcl, which the Python module comes without: tclsh runs the script, pyosys its commands."""

import subprocess
import sys
from pathlib import Path

from pyosys import libyosys

RECORDER = """
proc yosys {args} {
    global commands
    if {[lindex $args 0] ne "-import"} { puts $commands [join $args " "] }
}
set commands [open commands.ys w]
source [lindex $argv 0]
close $commands
"""

script = " ".join(sys.argv[1:]).rstrip("'").split()[-1]
Path("recorder.tcl").write_text(RECORDER)
subprocess.run(["tclsh", "recorder.tcl", script], check=True)
libyosys.run_pass("script commands.ys", libyosys.Design())
'''

RECORDER = """
set log [open commands.log w]
proc unknown {args} { global log; puts $log $args; return "" }
proc exit {args} {}
source [lindex $argv 0]
close $log
"""
"""Runs a script of a tool we do not have: whatever Tcl does not know is a command of the tool."""


def recorded(script: Path, folder: Path, environment: Mapping[str, str] = {}) -> str:
    """The commands that a script gives to its tool, a line each; run in ``folder``."""
    (folder / "recorder.tcl").write_text(RECORDER)
    command = ["tclsh", "recorder.tcl", script]
    subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=True)
    return (folder / "commands.log").read_text()


def synthesize(handoff: HandOff, directory: Path, liberty: str) -> str:
    """What Yosys' ``stat`` says of the core after the script has run."""
    command = [sys.executable, "-c", YOSYS, str(handoff.directory / "synth" / "yosys.tcl")]
    environment = os.environ | ({"LIBERTY": liberty} if liberty else {})
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return (directory / f"{handoff.top}.stat.txt").read_text()


@tclsh
def test_yosys_maps_to_the_cells_of_a_library(tiny: HandOff, tmp_path: Path) -> None:
    (library,) = shipped_library("asap7").files
    said = synthesize(tiny, tmp_path, str(library))
    assert re.search(r"Chip area for module '\\\\?" + tiny.top, said)
    assert "DFFHQN" in said
    assert "$_" not in said


@tclsh
@pytest.mark.parametrize("tool", ["genus", "dc"])
def test_the_vendors_scripts_run_to_their_end(tool: str, tiny: HandOff, tmp_path: Path) -> None:
    script = tiny.directory / "synth" / f"{tool}.tcl"
    commands = recorded(script, tmp_path)
    for module in (tiny.directory / f"{tiny.top}.f").read_text().split():
        assert module in commands
    assert f"elaborate {tiny.top}" in commands
    assert {"genus": "syn_opt", "dc": "compile_ultra"}[tool] in commands
    assert re.search(rf"^write_sdc (> )?{tool}/{tiny.top}\.sdc$", commands, re.M)
    first = next(line for line in script.read_text().splitlines() if not line.startswith("#"))
    assert first.startswith("set libraries ")


@tclsh
@pytest.mark.parametrize(("given", "period"), [({}, "1.000"), ({"CLOCK_PERIOD": "2.5"}, "2.5")])
def test_constraints_name_every_input_but_the_clock(
    given: dict[str, str], period: str, tiny: HandOff, tmp_path: Path
) -> None:
    commands = recorded(tiny.directory / "constraints.sdc", tmp_path, given)
    assert f"create_clock -name aclk -period {period} " in commands
    (patterns,) = re.findall(r"get_ports \{(.*)\}", commands)
    ports = json.loads((tiny.directory / "manifest.json").read_text())["ports"]
    for name, port in ports.items():
        named = any(re.fullmatch(pattern.replace("*", ".*"), name) for pattern in patterns.split())
        assert named == (port["direction"] == "input" and name != "aclk"), name


def test_librelane_finds_every_file(tiny: HandOff) -> None:
    config = json.loads((tiny.directory / "config.json").read_text())
    assert config["DESIGN_NAME"] == tiny.top
    assert config["CLOCK_PORT"] == "aclk"
    names = [*config["VERILOG_FILES"], config["PNR_SDC_FILE"], config["SIGNOFF_SDC_FILE"]]
    assert all((tiny.directory / name.removeprefix("dir::")).is_file() for name in names)
    assert config["VERILOG_FILES"] == [
        f"dir::{name}" for name in (tiny.directory / f"{tiny.top}.f").read_text().split()
    ]
    # A 130 nm core of this size is slower than one GHz, and faster than twenty MHz.
    for pdk in ("pdk::sky130*", "pdk::ihp-sg13g2*"):
        assert 1 <= config[pdk]["CLOCK_PERIOD"] <= 50


def clocks(directory: Path) -> dict[str, float]:
    """The clock periods in ns that the files of a hand-off state."""
    librelane = json.loads((directory / "config.json").read_text())
    patterns = {
        "constraints.sdc": (r"^set clock_period (.*)$", 1),
        "synth/yosys.tcl": (r"^set period_ps (.*)$", 1e-3),
        "README.md": (r"a period of (\S+) ns", 1),
    }
    found = {
        name: float(re.findall(pattern, (directory / name).read_text(), re.M)[0]) * unit
        for name, (pattern, unit) in patterns.items()
    }
    found |= {pdk: librelane[pdk]["CLOCK_PERIOD"] for pdk in librelane if pdk.startswith("pdk::")}
    manifest = json.loads((directory / "manifest.json").read_text())
    return found | {"config": librelane["CLOCK_PERIOD"], "manifest": 1000 / manifest["clock_mhz"]}


@pytest.mark.parametrize("stated", ["option", "core file"])
def test_the_clock_is_the_same_wherever_it_stands(
    stated: str, ternlut: Run, core: Path, tmp_path: Path
) -> None:
    option = ["--clock-mhz", "62.5"] if stated == "option" else []
    core.write_text(core.read_text() + f"\n[target]\nclock_mhz = {100 if option else 62.5}\n")
    figures = ternlut("generate", core, *option, "-o", tmp_path / "rtl", "--json").figures
    assert figures["clock_mhz"] == 62.5
    seen = clocks(tmp_path / "rtl")
    assert set(seen.values()) == {16.0}, seen
    assert len(seen) == 7
    # Both vendors' scripts read it where it stands.
    for tool in ("genus", "dc"):
        assert "constraints.sdc" in (tmp_path / "rtl" / "synth" / f"{tool}.tcl").read_text()


def test_a_clock_is_no_part_of_the_hardware(ternlut: Run, core: Path, tmp_path: Path) -> None:
    at_clock = ternlut("estimate", core, "--clock-mhz", "250", "--json").figures
    before = emit(CoreConfig.load(core)).modules
    core.write_text(core.read_text() + "\n[target]\nclock_mhz = 250\n")
    assert emit(CoreConfig.load(core)).modules == before
    assert ternlut("estimate", core, "--json").figures == at_clock
    assert ternlut("simulate", core, "--layer", "8x4", "--json").figures["passed"]


@pytest.mark.parametrize("clock", ["0", "-5", "nan", "1e9", "fast"])
def test_a_clock_that_cannot_be_is_refused(clock: str, ternlut: Run, core: Path, tmp_path: Path) -> None:
    assert "clock" in ternlut("generate", core, "-o", tmp_path / "rtl", "--clock-mhz", clock).complaint
    assert not (tmp_path / "rtl").exists()


def test_the_datasheet_calls_each_area_what_it_is(ternlut: Run, core: Path, tmp_path: Path) -> None:
    least = "least area, without a clock and buffers"
    for option, heads in [
        ([], ["area sized for speed", least]),
        (["--clock-mhz", "250"], ["area at 250 MHz"]),
    ]:
        ternlut("generate", core, *option, "-o", tmp_path / f"rtl{len(option)}")
        sheet = (tmp_path / f"rtl{len(option)}" / "README.md").read_text()
        (head,) = re.findall(r"^\| technology \|.*$", sheet, re.M)
        cells = [cell.strip() for cell in head.strip("|").split("|")]
        assert cells[1 : 1 + len(heads)] == heads


def test_the_datasheet_says_what_utilisation_does_to_the_die(tiny: HandOff) -> None:
    sheet = (tiny.directory / "README.md").read_text()
    utilisation = json.loads((tiny.directory / "config.json").read_text())["FP_CORE_UTIL"]
    assert f"`FP_CORE_UTIL` is {utilisation} %" in sheet
    for technology in ("SkyWater", "IHP"):
        (row,) = re.findall(rf"^\| {technology}.*$", sheet, re.M)
        _, area, core = (float(cell.replace(",", "")) for cell in re.findall(r"([\d,]+) µm²", row))
        assert core == pytest.approx(area * 100 / utilisation, abs=2)


@tclsh
def test_scripts_of_a_core_with_gated_clocks_gate_them(tiny: HandOff, tmp_path: Path) -> None:
    gated = hand_off({**TINY, "clock_gating": True, "pipeline": {"fetch": True}}, tmp_path / "gated")
    shipped = shipped_library("asap7", tmp_path)
    said = synthesize(gated, tmp_path, " ".join(map(str, (*shipped.files, *shipped.gates))))
    assert "ICGx1_ASAP7_75t_R" in said
    assert "$_" not in said
    commands = {"yosys": "clockgate", "genus": "lp_insert_clock_gating", "dc": "-gate_clock"}
    for tool, command in commands.items():
        for handoff, there in ((gated, True), (tiny, False)):
            assert (command in (handoff.directory / "synth" / f"{tool}.tcl").read_text()) == there
