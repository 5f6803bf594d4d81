"""The program that makes a cell table which is small enough to ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cells.compact import main
from costmodel.cells.samples import Samples
from costmodel.cells.table import CellTable
from tests.costmodel.cells.test_liberty import SMALL


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.lib"
    path.write_text(SMALL)
    return path


def tables(table: CellTable) -> list[Samples]:
    return [
        samples
        for cell in table.cells.values()
        for pin in cell.pins.values()
        for arc in pin.arcs
        for samples in arc.tables.values()
    ]


def test_all_cells_of_a_library_are_kept_with_fewer_samples(small: Path, tmp_path: Path) -> None:
    whole, thin = tmp_path / "whole.json", tmp_path / "thin.json"
    assert main(["--liberty", str(small), "--attribution", "nobody", "-o", str(whole)]) == 0
    assert main(["--liberty", str(small), "--slews", "2", "--loads", "2", "-o", str(thin)]) == 0
    before, after = CellTable.load(whole), CellTable.load(thin)
    assert (before.name, before.attribution) == ("small", "nobody")
    assert before.cells.keys() == after.cells.keys()
    assert len(tables(before)) == len(tables(after)) > 0
    for full, few in zip(tables(before), tables(after), strict=True):
        assert len(few.rows) <= 2
        assert len(few.columns) <= 2
        for row in few.rows:
            for column in few.columns:
                assert few.at(row, column) == pytest.approx(full.at(row, column), rel=1e-3)


def test_the_cells_of_another_table_are_made_anew(small: Path, tmp_path: Path) -> None:
    some, again = tmp_path / "some.json", tmp_path / "again.json"
    first = next(iter(CellTable.load(_whole(small, tmp_path)).cells))
    chosen = ["--cells", first, "--name", "mine", "--attribution", "nobody"]
    assert main(["--liberty", str(small), *chosen, "-o", str(some)]) == 0
    assert list(CellTable.load(some).cells) == [first]
    assert main(["--liberty", str(small), "--like", str(some), "-o", str(again)]) == 0
    assert again.read_bytes() == some.read_bytes()


def test_what_is_wrong_is_a_line_and_leaves_no_file(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "none.json"
    assert main(["--liberty", str(small), "--cells", "XYZ*", "-o", str(out)]) == 2
    assert capsys.readouterr().err == "compact: no cell of library small is called XYZ*\n"
    assert main(["--liberty", str(tmp_path / "absent.lib"), "-o", str(out)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def _whole(small: Path, tmp_path: Path) -> Path:
    path = tmp_path / "everything.json"
    main(["--liberty", str(small), "-o", str(path)])
    return path
