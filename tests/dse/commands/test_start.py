"""``ternlut init``: files to start from, which work as they are, and nothing replaced."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.dse.running import Run

NAMES = ("checkpoint.py", "core.toml", "tiny.toml")


def test_what_is_written_works_as_it_is(ternlut: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "start"
    assert ternlut("init", folder).status == 0
    assert sorted(path.name for path in folder.iterdir()) == list(NAMES)
    assert not [path for path in folder.iterdir() if path.is_symlink() or "examples/" in path.read_text()]
    assert ternlut("estimate", folder / "core.toml").status == 0
    assert ternlut("sweep", folder / "tiny.toml", "-o", tmp_path / "out", "--json").figures["best"]
    made = tmp_path / "block.safetensors"
    subprocess.run([sys.executable, folder / "checkpoint.py", made], check=True)
    assert ternlut("inspect", made, "--json").figures["tensors"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_replaced_and_nothing_half_done(name: str, ternlut: Run, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    assert f"{tmp_path / name}: is there already" in ternlut("init", tmp_path).complaint
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
