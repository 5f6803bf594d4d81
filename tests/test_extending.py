"""The recipes of docs/extending.md, applied as they stand there to a copy of the sources."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.costmodel.cells import liberties
from tests.test_kinds import MUST_KNOW, PACKAGES, ROOT

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^<!-- (?P<recipe>\w+): (?P<how>insert|replace) in (?P<file>\S+?)(?: (?P<side>after|before))?: "
    r"(?P<line>[^\n]+) -->\n```python\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COMMANDS = re.compile(r"^<!-- technology: run -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def apply(recipe: str, folder: Path) -> set[str]:
    """Copies the sources, with what is compiled of them, into ``folder`` and takes the steps of ``recipe``;
    the files that they touch.
    """
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package)
    touched = set()
    for step in STEP.finditer(PAGE):
        if step["recipe"] != recipe:
            continue
        touched.add(step["file"])
        path = folder / step["file"]
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (place,) = (i for i, line in enumerate(lines) if line.strip() == step["line"])
        end = place + 1 if step["how"] == "replace" else place + (step["side"] == "after")
        lines[place if step["how"] == "replace" else end : end] = [step["text"]]
        path.write_text("".join(lines), encoding="utf-8")
    return touched


def run(folder: Path, *arguments: str, status: int = 0) -> str:
    """What ``ternlut`` says, run from the copy in ``folder``."""
    command = [sys.executable, "-m", "dse.cli", *arguments]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert result.returncode == status, result.stdout + result.stderr
    return result.stdout


def core_file(folder: Path, text: str) -> str:
    (folder / "core.toml").write_text(f"tables = 2\ncolumns = 2\nmax_reduction = 64\n{text}\n")
    return "core.toml"


def test_the_page_says_how_many_files_a_recipe_touches() -> None:
    files = {
        name: {step["file"] for step in STEP.finditer(PAGE) if step["recipe"] == name}
        for name in ("format", "alphabet", "fetch", "metric", "technology")
    }
    assert {name: len(touched) for name, touched in files.items()} == {
        "format": 1,
        "alphabet": 1,
        "fetch": 3,
        "metric": 1,
        "technology": 0,
    }
    assert PAGE.count("```python") == len(list(STEP.finditer(PAGE)))
    assert set(re.findall(r"^\| an? \[([\w ]+)\].*\| (\d)", PAGE, re.MULTILINE)) == {
        ("number format", "1"),
        ("alphabet of weights", "1"),
        ("fetch structure", "3"),
        ("metric", "1"),
        ("technology", "0"),
    }


def test_the_page_lists_who_must_know_an_architecture() -> None:
    section = PAGE.partition("## An architecture")[2]
    listed = re.findall(r"`([\w/]+\.py)`", "".join(re.findall(r"^\| `.*? \|", section, re.MULTILINE)))
    assert set(listed) == MUST_KNOW["bitplane"]


def test_a_format_is_one_line(tmp_path: Path) -> None:
    """Priced, and bit-exact against the golden model in a datapath that uses most of a format."""
    touched = apply("format", tmp_path)
    assert touched == {"generator/formats.py"}
    core = core_file(tmp_path, 'activation = "fp8_e3m4"\ndatapath = "exact"\ngroup_size = 2')
    priced = json.loads(run(tmp_path, "estimate", core, "--json"))
    assert priced["area_um2"] > 0
    run(tmp_path, "simulate", core, "--tokens", "4", "--layer", "13x3", "--fast")


def test_an_alphabet_is_one_line(tmp_path: Path) -> None:
    """Priced, packed, and bit-exact against the golden model."""
    assert apply("alphabet", tmp_path) == {"generator/alphabets.py"}
    core = core_file(tmp_path, 'alphabet = "sparse_2_4"\ngroup_size = 4')
    priced = json.loads(run(tmp_path, "estimate", core, "--json"))
    assert priced["area_um2"] > 0
    assert priced["bits_per_weight"] == 5 / 4
    run(tmp_path, "simulate", core, "--tokens", "2", "--layer", "18x3", "--fast")


def test_a_fetch_structure_is_three_files(tmp_path: Path) -> None:
    """Priced by its own bill, emitted, and bit-exact with a group that its last four does not fill."""
    apply("fetch", tmp_path)
    core = core_file(tmp_path, 'fetch = "grouped"\ngroup_size = 3')
    areas = {
        fetch: json.loads(run(tmp_path, "estimate", core, "--set", f"fetch={fetch}", "--json"))["area_um2"]
        for fetch in ("grouped", "onehot", "tree")
    }
    assert len(set(areas.values())) == 3
    run(tmp_path, "generate", core, "--out", "emitted")
    assert list((tmp_path / "emitted").glob("fetch_grouped_mu3_*.v"))
    run(tmp_path, "simulate", core, "--tokens", "2", "--layer", "17x5", "--fast")


SPEC = """
objectives = { area_um2 = "min", tokens_per_second_per_mm2 = "max" }
[workload]
layers = [{ name = "square", inputs = 64, outputs = 64 }]
[axes]
tables = [1, 2, 4]
[fixed]
columns = 2
max_reduction = "workload"
"""


def test_a_metric_is_one_entry(tmp_path: Path) -> None:
    assert apply("metric", tmp_path) == {"dse/pricing/metrics.py"}
    (tmp_path / "spec.toml").write_text(SPEC)
    run(tmp_path, "sweep", "spec.toml", "--out", "swept")
    header, *rows = (tmp_path / "swept" / "pareto.csv").read_text(encoding="utf-8").splitlines()
    names = header.split(",")
    assert rows
    for row in rows:
        figures = dict(zip(names, row.split(","), strict=True))
        rate, area = float(figures["tokens_per_second"]), float(figures["area_um2"])
        assert float(figures["tokens_per_second_per_mm2"]) == pytest.approx(rate / area * 1e6, rel=1e-6)


@pytest.mark.exhaustive
def test_a_technology_is_no_file(tmp_path: Path) -> None:
    assert not apply("technology", tmp_path)
    (tmp_path / "cells.lib").write_text(liberties.library())
    core_file(tmp_path, "group_size = 2")
    (commands,) = COMMANDS.findall(PAGE)
    for line in commands.splitlines():
        name, *arguments = shlex.split(line)
        assert name == "ternlut"
        said = run(tmp_path, *arguments)
    assert "mine" in said
