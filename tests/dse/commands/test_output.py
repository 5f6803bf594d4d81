"""Standard output holds the answer and nothing else, whatever else is printed and whoever reads it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dse import cli
from generator.files import claimed
from tests.dse.conftest import CORE
from tests.dse.running import Run
from tests.dse.specs import spec_file

TERNLUT = (sys.executable, "-c", "from dse.cli import main; main()")

QUICK = {
    "calibrate": """
import costmodel.fit.calibration_cores as calibration
from costmodel.fit.cells import Cells
from tests.costmodel.fabric import Fabric
from tests.costmodel.small_cores import small_cores
cores = small_cores(4, 6) + small_cores(4, 3, floats=1.0)
calibration.calibration_cores = lambda: cores
def counted(self, designs, workers):
    for index, figures in Fabric().measure(designs):
        yield index, {each.name: figures.get(each.name, figures["lut"]) for each in self.quantities}
Cells.measure = counted
""",
    "validate": """
import dse.studies.validation.run
from tests.costmodel.validations import made_up
dse.studies.validation.run.run = lambda *arguments: made_up()
""",
    "report": """
import dse.sweep.report.figures as figures
from tests.dse.pictures import sketch
figures.save = sketch
""",
}
"""What makes those commands quick that take minutes."""


def buffered(**more: str) -> dict[str, str]:
    """The environment of an ordinary shell, in which Python and C buffer what goes to a pipe."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | more


def arguments(command: str, directory: Path) -> list[object]:
    """What to call ``command`` with, once the others before it were."""
    core, out = directory / "core.toml", directory / command
    match command:
        case "init":
            # Each time another directory: it replaces nothing.
            return [directory / f"start{len(list(directory.iterdir()))}"]
        case "generate":
            return [core, "-o", out]
        case "simulate":
            return [core, "--layer", "13x7"]
        case "inspect":
            return [directory / "w.npy"]
        case "pack":
            return [directory / "w.npy", "--core", core, "-o", out]
        case "synth" | "estimate":
            return [core]
        case "place":
            pytest.importorskip("coloquinte")
            return [core, "-o", out]
        case "power":
            return [core, "--cycles", 2]
        case "calibrate":
            from costmodel.flow.synthesis import shipped_library

            (library,) = shipped_library().files
            return ["--liberty", library, "--name", "few", "-o", directory / "few.toml", "--workers", 2]
        case "validate":
            return ["-o", out]
        case "sweep":
            return [directory / "spec.toml", "-o", directory / "out", "--emit-best"]
        case "report":
            return [directory / "out"]
        case "list":
            return ["formats"]
    raise AssertionError(f"{command} has no arguments here")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a core, weights and a spec."""
    directory = tmp_path_factory.mktemp("inputs")
    (directory / "core.toml").write_text(CORE)
    np.save(directory / "w.npy", np.random.default_rng(0).integers(-1, 2, size=(5, 12)))
    spec_file(directory)
    return directory


@pytest.fixture(scope="module")
def swept(inputs: Path) -> Path:
    """``inputs`` with a finished sweep."""
    done = run_in_shell("sweep", inputs)
    assert done.returncode == 0, done.stderr
    return inputs


def run_in_shell(command: str, directory: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """``command`` in a process of its own, with pipes for standard output and error."""
    program = (sys.executable, "-c", f"{QUICK.get(command, '')}\nfrom dse.cli import main\nmain()")
    given = map(str, arguments(command, directory))
    return subprocess.run(
        [*program, command, *given, *more], capture_output=True, text=True, env=buffered(), check=False
    )


COMMANDS = list(cli.COMMANDS)
"""All commands, as the program has them."""


@pytest.mark.parametrize("command", COMMANDS)
def test_json_is_one_object_and_nothing_else(command: str, swept: Path) -> None:
    done = run_in_shell(command, swept, "--json")
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


LONG = ("sweep", "report")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(name, marks=pytest.mark.exhaustive if name in LONG else ())
        for name in COMMANDS
        if name not in ("calibrate", "validate")
    ],
)
def test_a_pipe_gets_what_the_command_says(command: str, swept: Path, ternlut: Run) -> None:
    done = run_in_shell(command, swept)
    said = ternlut(command, *arguments(command, swept))

    def words(text: str) -> str:
        return re.sub(r"[\d.,]+", "#", text)

    assert words(done.stdout) == words(said.out)
    assert done.stderr == ""


def test_what_others_print_is_kept_away() -> None:
    code = """
import ctypes, os, subprocess, sys, warnings
import dse.cli as cli

def noisy() -> None:
    print("by print")
    os.write(1, b"by descriptor")
    ctypes.CDLL(None).puts(b"by the buffer of C")
    subprocess.run(["echo", "by a child"])
    warnings.warn("by a library")
    import logging
    logging.getLogger("library").warning("by a log")
    cli.say("the answer")
    sys.__stdout__.write("by the old stream")

from dse.presentation import answers
cli.say = answers.say
cli.COMMANDS["noisy"] = cli.answering(noisy)
sys.argv = ["ternlut", "noisy"]
cli.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=buffered(), check=False
    )
    assert done.returncode == 0
    assert done.stdout == "the answer\n"
    assert "by the buffer of C" in done.stderr
    assert "by a library" not in done.stderr
    assert "by a log" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_characters_that_a_terminal_lacks_are_written_as_others(inputs: Path, encoding: str) -> None:
    command = [*TERNLUT, "simulate", str(inputs / "core.toml"), "--layer", "13x7"]
    environment = buffered(PYTHONIOENCODING=encoding, LC_ALL="C", PYTHONUTF8="0")
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0
    assert done.stdout.decode(encoding).startswith("simulated 13 -> 7, one token: 7 results in ")
    assert done.stderr == b""


def test_json_is_ascii(ternlut: Run) -> None:
    assert ternlut("list", "metrics", "--json").out.isascii()


@pytest.mark.parametrize(
    "given",
    [["list", "metrics"], ["--help"], ["synth", "-h"], [], ["--version"], ["list", "metrics", "--json"]],
)
def test_a_reader_that_leaves_is_no_error(given: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*TERNLUT, *given], stdout=write, stderr=subprocess.PIPE, text=True, env=buffered(), check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_whose_reader_left_does_its_work(inputs: Path, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*TERNLUT, "generate", str(inputs / "core.toml"), "-o", str(tmp_path / "rtl")],
        stdout=write, stderr=subprocess.PIPE, text=True, env=buffered(), check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "rtl" / "manifest.json").exists()


@pytest.mark.parametrize("given", [["list", "metrics"], ["--help"]])
def test_an_output_that_is_full_is_one_line(given: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*TERNLUT, *given], stdout=full, stderr=subprocess.PIPE, text=True, env=buffered(), check=False
        )
    assert done.returncode == 2
    assert re.fullmatch(r"ternlut: (standard output: )?No space left on device\n", done.stderr)


def test_closed_streams_do_no_harm(inputs: Path, tmp_path: Path) -> None:
    script = '"$@" >&- 2>&-'
    generate = ["generate", str(inputs / "core.toml"), "-o", str(tmp_path / "rtl")]
    done = subprocess.run(["sh", "-c", script, "sh", *TERNLUT, *generate], env=buffered(), check=False)
    assert done.returncode == 0
    assert (tmp_path / "rtl" / "manifest.json").read_text().startswith("{")


@pytest.mark.parametrize("command", ["generate", "pack", "sweep", "report", "validate"])
def test_two_runs_do_not_write_into_one_directory(command: str, swept: Path) -> None:
    directory = swept / {"sweep": "out", "report": "out"}.get(command, command)
    directory.mkdir(exist_ok=True)
    before = {path: path.stat().st_mtime_ns for path in directory.rglob("*")}
    with claimed(directory):
        done = run_in_shell(command, swept)
    assert done.returncode == 2
    assert re.fullmatch(r"ternlut: \S+: another run of ternlut is writing there, .*\n", done.stderr)
    assert {path: path.stat().st_mtime_ns for path in directory.rglob("*")} == before
