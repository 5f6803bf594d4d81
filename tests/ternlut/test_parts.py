"""The core of the command needs no optional dependency, and a part that is missing is named in one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest

from generator.parts import PARTS
from tests.dse.conftest import CORE
from tests.dse.specs import spec_file

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]

PROGRAM = """
import sys

for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None

from dse.cli import main

main()
"""


def without(parts: list[str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command where the modules of ``parts`` cannot be imported."""
    hidden = ",".join(name for part in parts for name in PARTS[part])
    command = [sys.executable, "-c", PROGRAM, hidden, *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A core file, a spec and files of weights."""
    (tmp_path / "core.toml").write_text(CORE)
    spec_file(tmp_path)
    np.save(tmp_path / "w.npy", np.array([[1, 0, -1], [0, 1, 1]], dtype=np.int8))
    (tmp_path / "w.gguf").write_bytes(b"GGUF" + bytes(60))
    (tmp_path / "w.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "lasting"),
    [
        (["generate", "core.toml", "-o", "out"], "out/README.md"),
        (["estimate", "core.toml"], None),
        (["synth", "core.toml", "--netlist", "net.v"], "net.v"),
        (["sweep", "spec.toml"], "ternlut-out/spec/best.toml"),
        (["inspect", "w.npy"], None),
        (["pack", "w.npy", "--core", "core.toml", "-o", "image"], "image/keys.bin"),
        (["list", "metrics"], None),
    ],
)
def test_generating_pricing_and_sweeping_need_no_part(
    arguments: list[str], lasting: str | None, folder: Path
) -> None:
    done = without(list(PARTS), folder, *arguments)
    assert done.returncode == 0, done.stderr
    assert lasting is None or (folder / lasting).is_file()


@pytest.mark.parametrize(
    ("part", "arguments"),
    [
        ("simulation", ["simulate", "core.toml"]),
        ("simulation", ["simulate", "core.toml", "--fast", "--weights", "w.npy"]),
        ("simulation", ["sweep", "spec.toml", "--verify", "1"]),
        ("simulation", ["sweep", "spec.toml", "--emit-best"]),
        ("weights", ["inspect", "w.gguf"]),
        ("weights", ["inspect", "w.safetensors"]),
        ("report", ["report", "."]),
        ("report", ["validate"]),
        ("calibration", ["validate"]),
        ("calibration", ["calibrate", "--liberty", "core.toml", "--name", "t", "-o", "t.toml"]),
        ("cluster", ["sweep", "spec.toml", "--scheduler", "127.0.0.1:9"]),
        pytest.param(
            "place",
            ["place", "core.toml"],
            marks=pytest.mark.skipif(sys.version_info > (3, 13), reason="the placer has no wheels"),
        ),
    ],
)
def test_a_missing_part_is_named_in_one_line(part: str, arguments: list[str], folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    done = without([part], folder, *arguments)
    assert done.returncode == 2, done.stderr
    assert re.fullmatch(
        rf"ternlut: .* needs .*{PARTS[part][-1]}.* not installed: pip install 'ternlut\[{part}\]'\n",
        done.stderr,
    )
    assert sorted(folder.rglob("*")) == before


def test_a_sweep_without_the_report_says_how_there_is_one(folder: Path) -> None:
    done = without(["report"], folder, "sweep", "spec.toml", "-o", "out")
    assert done.returncode == 0, done.stderr
    assert "summary: out/summary.md; the report needs matplotlib and plotly" in done.stdout
    assert not (folder / "out" / "report.html").exists()


def test_parts_are_the_optional_dependencies_of_the_project() -> None:
    assert EXTRAS.keys() - {"all", "dev"} == PARTS.keys()
    assert EXTRAS["all"] == [f"ternlut[{','.join(sorted(PARTS))}]"]
    assert "ternlut[all]" in EXTRAS["dev"]


@pytest.mark.parametrize("part", PARTS)
def test_modules_of_a_part_come_with_its_packages(part: str) -> None:
    packages = {re.split(r"[<>=;]", requirement)[0] for requirement in EXTRAS[part]}
    distributions = packages_distributions()
    for module in PARTS[part]:
        # Dask comes with distributed.
        if module == "coloquinte" and module not in distributions:
            continue  # no wheels for this Python
        assert module == "dask" or packages & set(distributions[module]), module
