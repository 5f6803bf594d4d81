"""The FuseSoC core file, through FuseSoC itself: lint, simulation, synthesis, and a core that is wrong."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dse.handoff.conftest import HandOff, break_adders
from tests.dse.handoff.test_scripts import YOSYS, tclsh

pytest.importorskip("fusesoc")
icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")


def fusesoc(
    handoff: HandOff, target: str, environment: dict[str, str], work: Path
) -> subprocess.CompletedProcess[str]:
    start = "import sys; from fusesoc.main import main; sys.exit(main())"
    command = [
        *(sys.executable, "-c", start, f"--cores-root={handoff.directory}", "run"),
        *(f"--target={target}", f"--work-root={work}", f"ternlut:core:{handoff.top}"),
    ]
    home = {**environment, "HOME": str(work.parent), "XDG_CONFIG_HOME": str(work.parent)}
    return subprocess.run(command, cwd=work.parent, env=home, capture_output=True, text=True, check=False)


def test_lint_passes(tiny: HandOff, without_ternlut: dict[str, str], tmp_path: Path) -> None:
    done = fusesoc(tiny, "lint", without_ternlut, tmp_path / "work")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr


def test_lint_finds_the_tools_of_an_environment_that_is_not_active(tiny: HandOff, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    plain = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = fusesoc(tiny, "lint", plain, tmp_path / "work")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "launch.py verilator" in done.stdout + done.stderr


def test_lint_complains_of_a_core_that_is_careless(
    elsewhere: HandOff, without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    top = elsewhere.directory / f"{elsewhere.top}.v"
    top.write_text(top.read_text().replace("endmodule", "  wire [2:0] unread = 2'b1;\nendmodule"))
    assert fusesoc(elsewhere, "lint", without_ternlut, tmp_path / "work").returncode != 0


@icarus
@pytest.mark.exhaustive
def test_sim_passes(tiny: HandOff, without_ternlut: dict[str, str], tmp_path: Path) -> None:
    done = fusesoc(tiny, "sim", without_ternlut, tmp_path / "work")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "icarus: 74 of 74 tests passed" in done.stdout


@icarus
@pytest.mark.exhaustive
def test_sim_fails_for_a_core_that_adds_wrongly(
    elsewhere: HandOff, without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    break_adders(elsewhere.directory)
    assert fusesoc(elsewhere, "sim", without_ternlut, tmp_path / "work").returncode != 0


@tclsh
def test_synth_maps_to_generic_gates(tiny: HandOff, without_ternlut: dict[str, str], tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "yosys").write_text(f"#!{sys.executable}\n{YOSYS}")
    (tools / "yosys").chmod(stat.S_IRWXU)
    environment = {**without_ternlut, "PATH": f"{tools}:{without_ternlut['PATH']}"}
    done = fusesoc(tiny, "synth", environment, tmp_path / "work")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "$_DFF" in (tmp_path / "work" / f"{tiny.top}.stat.txt").read_text()
    assert f"module {tiny.top}" in (tmp_path / "work" / f"{tiny.top}.netlist.v").read_text()
