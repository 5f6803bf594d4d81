"""The regression of a hand-off: it passes on a good core without Ternlut, and on no other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dse.handoff.conftest import HandOff, break_adders

icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")


def regression(
    directory: Path, environment: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", *options]
    return subprocess.run(
        command, cwd=directory / "regression", env=environment, capture_output=True, text=True, check=False
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("package", ["generator", "sim", "dse", "costmodel"])
def test_ternlut_is_out_of_reach_in_these_tests(package: str, without_ternlut: dict[str, str]) -> None:
    command = [sys.executable, "-c", f"import {package}"]
    done = subprocess.run(command, env=without_ternlut, capture_output=True, text=True, check=False)
    assert "is not for a hand-off" in done.stderr


@icarus
def test_passes_under_icarus_without_ternlut(elsewhere: HandOff, without_ternlut: dict[str, str]) -> None:
    done = regression(elsewhere.directory, without_ternlut, "--sim", "icarus")
    assert done.returncode == 0, done.stdout + done.stderr
    assert last_line(done) == "icarus: 74 of 74 tests passed"


@pytest.mark.parametrize(
    ("options", "tests"),
    [
        (("--filter", "waits|gap|reset|timing|golden.*tiles"), 29),
        pytest.param((), 74, marks=pytest.mark.exhaustive),
    ],
)
def test_passes_under_verilator_without_ternlut(
    options: tuple[str, ...], tests: int, elsewhere: HandOff, without_ternlut: dict[str, str]
) -> None:
    """Everyday a part of what Icarus runs as a whole."""
    done = regression(elsewhere.directory, without_ternlut, "--sim", "verilator", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert last_line(done) == f"verilator: {tests} of {tests} tests passed"


@icarus
@pytest.mark.exhaustive
def test_make_chooses_the_simulator(elsewhere: HandOff, without_ternlut: dict[str, str]) -> None:
    command = [
        "make",
        "-C",
        str(elsewhere.directory / "regression"),
        "SIM=icarus",
        f"PYTHON={sys.executable}",
    ]
    done = subprocess.run(command, env=without_ternlut, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "icarus: 74 of 74 tests passed" in done.stdout


@icarus
def test_a_core_that_adds_wrongly_fails(elsewhere: HandOff, without_ternlut: dict[str, str]) -> None:
    break_adders(elsewhere.directory)
    done = regression(elsewhere.directory, without_ternlut, "--sim", "icarus", "--filter", "golden")
    assert done.returncode == 1
    assert "result beat 0: row 0, column" in done.stdout + done.stderr
    assert "is right" in done.stdout + done.stderr


MISCHIEF = {
    "tlast is always 0": (
        (".result_last(m_axis_result_tlast)", ".result_last()"),
        "assign m_axis_result_tlast = 1'b0;",
        "golden.*tiles.*FREE",
        "tlast is False",
    ),
    "a result does not wait": (
        (".result_valid(m_axis_result_tvalid)", ".result_valid(inner)"),
        "wire inner; assign m_axis_result_tvalid = inner & m_axis_result_tready;",
        "waits",
        "no result comes",
    ),
    "data changes while it waits": (
        (".results(results)", ".results(inner)"),
        "wire [32:0] inner; reg flip = 0; always @(posedge aclk) flip <= ~flip;"
        "assign results = inner ^ {33{flip}};",
        "golden.*SLOW_RESULTS",
        "m_axis_result changed before tready",
    ),
    "tvalid is unknown": (
        (".result_valid(m_axis_result_tvalid)", ".result_valid()"),
        "assign m_axis_result_tvalid = 1'bx;",
        "golden.*one_tile.*FREE",
        "m_axis_result_tvalid is X in reset",
    ),
}
"""What is connected otherwise in the top module, what is added to it, and which test says what of it."""


@icarus
@pytest.mark.parametrize("mischief", MISCHIEF)
def test_a_core_that_breaks_the_protocol_fails(
    mischief: str, elsewhere: HandOff, without_ternlut: dict[str, str]
) -> None:
    (before, after), added, which, complaint = MISCHIEF[mischief]
    top = elsewhere.directory / f"{elsewhere.top}.v"
    text = top.read_text()
    assert before in text
    top.write_text(text.replace(before, after).replace("endmodule", f"{added}\nendmodule"))
    done = regression(elsewhere.directory, without_ternlut, "--sim", "icarus", "--filter", which)
    assert done.returncode == 1, done.stdout + done.stderr
    assert complaint in done.stdout + done.stderr


def test_input_that_is_wrong_is_one_line_and_status_2(
    elsewhere: HandOff, without_ternlut: dict[str, str]
) -> None:
    done = regression(elsewhere.directory, without_ternlut, "--sim", "modelsim")
    assert done.returncode == 2
    assert "verilator" in done.stderr
    (elsewhere.directory / f"{elsewhere.top}.v").unlink()
    done = regression(elsewhere.directory, without_ternlut, "--sim", "verilator")
    assert done.returncode == 2
    assert done.stderr.startswith("run.py: ")
    assert done.stderr.endswith(f"{elsewhere.top}.v is missing\n")
    assert done.stderr.count("\n") == 1


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("run.py: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.parametrize("version", ["5.035", "4.228"])
def test_an_old_verilator_is_refused(
    version: str, elsewhere: HandOff, without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "verilator").write_text(f"#!/bin/sh\necho 'Verilator {version} 2025-04-01 rev v{version}'\n")
    (tools / "verilator").chmod(0o755)
    environment = {**without_ternlut, "PATH": f"{tools}{os.pathsep}{without_ternlut['PATH']}"}
    complaint = refusal(regression(elsewhere.directory, environment, "--sim", "verilator"))
    assert f"Verilator {version} is on the PATH, 5.036 or newer" in complaint


def test_paths_with_spaces_are_refused(
    elsewhere: HandOff, without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    done = regression(elsewhere.directory, without_ternlut, "--build", str(tmp_path / "a b"))
    assert "a b: simulators cannot build" in refusal(done)
    spaced = Path(shutil.copytree(elsewhere.directory, tmp_path / "my core"))
    assert "spaces" in refusal(regression(spaced, without_ternlut))


@icarus
def test_an_environment_that_is_not_active_is_used(elsewhere: HandOff) -> None:
    (elsewhere.directory / ".venv").symlink_to(sys.prefix)
    system = str(Path(sys.base_prefix) / "bin" / "python3")
    command = [system, "run.py", "--sim", "icarus", "--filter", "one_tile.*FREE"]
    done = subprocess.run(
        command,
        cwd=elsewhere.directory / "regression",
        env={"PATH": "/usr/bin:/bin", "PYTHONNOUSERSITE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert last_line(done) == "icarus: 1 of 1 tests passed", done.stdout + done.stderr
