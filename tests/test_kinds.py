"""A kind by its name alone, in a copy of the sources: mypy names every place that must know it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["packages"]

ADDED = {
    "bitplane": ("generator/config.py", "Architecture = Literal["),
    "weight_stationary": ("generator/config.py", "Dataflow = Literal["),
    "grouped": ("generator/config.py", "FetchStructure = Literal["),
    "serial": ("generator/config.py", "ReductionStructure = Literal["),
    "blocked": ("generator/config.py", "DatapathKind = Literal["),
    "float_divider": ("generator/block.py", "BlockKind = Literal["),
    "diagonals": ("generator/config.py", "Split = Literal["),
    "chiplet": ("generator/config.py", "Wrapper = Literal["),
    "bitmap": ("generator/config.py", "KeyPacking = Literal["),
    "quarter": ("generator/alphabets.py", "Symmetry = Literal["),
    "delay_line": ("generator/table_store.py", "TableStore = Literal["),
}
"""Kinds that are none, by the line of the source where their names go."""

MUST_KNOW = {
    "bitplane": {
        "generator/rule.py",  # whether it holds tables
        "generator/rules.py",  # whether it has groups
        "generator/plane_rules.py",
        "generator/plan/names.py",
        "generator/plan/widths.py",  # what its keys and fetched values are
        "generator/fetch.py",  # the block
        "costmodel/price/area.py",  # the bill
        "costmodel/price/timing.py",  # the path
        "costmodel/price/representative.py",  # which keys mean something
        "costmodel/fit/sampling.py",  # how it is drawn for calibration
        "sim/reference.py",  # the golden model
        "sim/key_stream.py",
        "dse/presentation/naming.py",  # the phrase
        "dse/presentation/plotting.py",  # colour and marker
        "dse/handoff/arithmetic.py",  # the datasheet's rules
        "dse/studies/claims/synthesized.py",
        "dse/studies/published/theirs.py",
    },
    "weight_stationary": {
        "generator/axi/top.py",  # how often a reader reads
        "dse/handoff/accelerator.py",
        "generator/rule.py",
        "generator/rules.py",
        "generator/plan/core.py",
        "generator/plan/tiling.py",
        "generator/sequencer.py",
        "costmodel/price/activity.py",
        "costmodel/price/control.py",
        "costmodel/price/timing.py",
        "costmodel/price/representative.py",
        "sim/key_stream.py",
        "sim/schedule.py",
        "sim/tokens/core.py",
        "sim/weights/key_image.py",
        "dse/presentation/naming.py",
        "dse/handoff/datasheet.py",
        "dse/handoff/interface.py",
        "dse/handoff/movements.py",
        "dse/handoff/vectors.py",
    },
    "serial": {
        "generator/rules.py",
        "generator/plane_rules.py",
        "generator/plan/widths.py",
        "costmodel/price/representative.py",
        "dse/presentation/naming.py",
    },
    "grouped": {"generator/fetch.py", "costmodel/price/fabric.py", "costmodel/price/fetch.py"},
    "blocked": {
        "generator/config.py",
        "generator/scale_rules.py",
        "generator/plan/core.py",
        "generator/plan/datapath.py",
        "generator/plan/widths.py",
        "costmodel/price/representative.py",
        "dse/handoff/datasheet.py",
        "dse/presentation/plotting.py",
        "dse/studies/claims/figures.py",
    },
    "float_divider": {"costmodel/fit/side_by_side.py"},
    "BlockedDatapath": {
        "generator/operators.py",
        "costmodel/price/accuracy.py",
        "costmodel/price/activity.py",
        "costmodel/price/area.py",
        "costmodel/price/combining.py",
        "costmodel/price/fabric.py",
        "costmodel/price/fetch.py",
        "costmodel/price/lateness.py",
        "costmodel/price/motions.py",
        "costmodel/price/shift_registers.py",
        "costmodel/price/timing.py",
        "generator/array.py",
        "sim/arithmetic.py",
        "sim/reference.py",
        "dse/handoff/arithmetic.py",
    },
    "diagonals": {"generator/config.py"},
    "chiplet": {"generator/verilog.py", "dse/handoff/__init__.py"},
    "bitmap": {"generator/config.py", "dse/presentation/naming.py"},
    "delay_line": {"generator/table_store.py", "generator/rules.py", "dse/presentation/naming.py"},
    "quarter": {
        "generator/alphabets.py",  # its codes
        "generator/rules.py",
        "costmodel/price/representative.py",
        "dse/presentation/naming.py",
    },
}


def insert(file: Path, before: str, text: str) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(before) == 1, (file, before)
    file.write_text(source.replace(before, f"{before}{text}"), encoding="utf-8")


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the type checker says of a copy of the sources with all names added, one line a complaint."""
    folder = tmp_path_factory.mktemp("kinds")
    left_out = shutil.ignore_patterns("__pycache__", "data", "technologies", "verilated")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=left_out)
    for name, (file, line) in ADDED.items():
        insert(folder / file, line, f'"{name}", ')
    datapath = folder / "generator/plan/datapath.py"
    source = datapath.read_text(encoding="utf-8")
    union = "FloatDatapath = NativeDatapath |"
    assert source.count(union) == 1
    added = "class BlockedDatapath:\n    number: Float\n\n\n"
    datapath.write_text(source.replace(union, f"{added}FloatDatapath = BlockedDatapath | NativeDatapath |"))
    # What libraries' types are takes most of the time and says nothing of kinds: they are left out.
    alone = ("--config-file=", "--no-site-packages", "--ignore-missing-imports", "--disable-error-code=misc")
    packages = [argument for package in PACKAGES for argument in ("-p", package)]
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", *alone, *packages]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout


def test_every_place_that_must_know_a_kind_is_named(complaints: str) -> None:
    def unhandled(name: str) -> set[str]:
        line = re.compile(rf'^(\S+?):\d+: error: .*"assert_never".*\b{name}\b', re.MULTILINE)
        return set(line.findall(complaints))

    assert {name: unhandled(name) for name in MUST_KNOW} == MUST_KNOW
