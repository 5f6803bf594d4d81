"""Files are whole or absent, tables are read as written, and two runs do not write into one directory."""

from __future__ import annotations

import csv
import os
import platform
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.files import OutputError, claimed, prepared, remove_partial_files, write_csv, write_text

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_is_read_as_written(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "table.csv"
    write_csv(path, ["left, or not", 'right "hand"'], rows)
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["left, or not", 'right "hand"'], *map(list, rows)]
    read = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(read.itertuples(index=False, name=None)) == rows


def killed(directory: Path) -> Path:
    """What a process leaves in ``directory`` that is killed while it writes results.txt there."""
    code = (
        "import os, pathlib, sys; from generator.files import replacing\n"
        "with replacing(pathlib.Path(sys.argv[1]) / 'results.txt') as temporary:\n"
        "    temporary.write_text('half of'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(directory)], check=False)
    (left,) = directory.glob(".*.partial")
    return left


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    killed(tmp_path)
    remove_partial_files.cache_clear()
    write_text(tmp_path / "other.txt", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]


def test_what_is_being_written_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / f".results.txt.{platform.node()}-{os.getpid()}-1.partial"
    elsewhere = tmp_path / ".results.txt.elsewhere-1-1.partial"
    for path in (mine, elsewhere):
        path.write_text("half of")
    remove_partial_files.cache_clear()
    write_text(tmp_path / "results.txt", "whole")
    assert mine.exists()
    assert elsewhere.exists()


def test_a_directory_is_claimed_by_one_at_a_time(tmp_path: Path) -> None:
    with (
        claimed(tmp_path),
        pytest.raises(OutputError, match="another run of ternlut is writing there"),
        claimed(tmp_path),
    ):
        raise AssertionError("claimed twice")
    with claimed(tmp_path):
        assert list(tmp_path.iterdir()) == []


def write_and_fail(directory: Path, name: str | None) -> None:
    """Into a ``prepared`` directory a file is written, if it has a name; then the work ends in an error."""
    with prepared(directory):
        if name is not None:
            (directory / name).write_text("whole")
        raise ValueError("bad input")


def test_a_directory_that_nothing_was_written_into_is_gone_again(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for name, left in ((None, []), ("results.txt", ["results.txt"])):
        with pytest.raises(ValueError, match="bad input"):
            write_and_fail(there / "new" / "deep", name)
        assert [path.name for path in there.rglob("*.txt")] == left
        assert (there / "new").exists() == bool(left)
    assert there.is_dir()
    with prepared(tmp_path / "kept"):
        pass
    assert (tmp_path / "kept").is_dir()
