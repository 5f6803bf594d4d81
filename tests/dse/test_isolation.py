"""Nothing that lies in the user's directory is imported, not by a process that a command starts either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dse.conftest import CORE
from tests.dse.specs import spec_file

HOSTILE = (
    "costmodel", "dse", "generator", "sim", "testbench", "numpy", "pyosys", "cocotb", "json", "pickle",
    "random", "select", "socket", "sitecustomize", "usercustomize",
)  # fmt: skip
"""Modules that our own, libraries and Python itself import."""

PROGRAM = """
from dse.engine import judging, processes

processes.START_SECONDS = 0
judging.BLOCK_POINTS, judging.CHUNK_POINTS = 50, 500

if __name__ == "__main__":
    from dse.cli import main

    main()
"""
"""``ternlut`` as an installed script, which judges small sweeps with processes too."""


@pytest.mark.parametrize("command", ["synth", "simulate", "sweep"])
def test_modules_in_the_working_directory_are_not_run(command: str, tmp_path: Path) -> None:
    user, program = tmp_path / "user", tmp_path / "bin" / "ternlut.py"
    user.mkdir()
    program.parent.mkdir()
    program.write_text(PROGRAM)
    for name in HOSTILE:
        (user / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('{name} ')\n")
    (user / "abc.rc").write_text("quit\n")
    (user / "core.toml").write_text(CORE)
    spec_file(user)
    given = {
        "synth": ["core.toml", "--clock-ps", "5000"],
        "simulate": ["core.toml", "--layer", "13x7"],
        "sweep": ["spec.toml", "-o", "out", "--workers", "2"],
    }
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    if command == "synth":
        environment["TERNLUT_CACHE"] = str(tmp_path / "cache")
    done = subprocess.run(
        [sys.executable, str(program), command, *given[command]],
        cwd=user, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
