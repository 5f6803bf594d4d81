"""A hand-off as a whole: the same bytes every time, every file accounted for, nothing half written."""

from __future__ import annotations

from pathlib import Path

from dse.handoff import companions
from generator.config import CoreConfig
from generator.verilog import emit
from tests.dse.handoff.conftest import TINY, HandOff
from tests.dse.running import Run


def test_the_same_configuration_gives_the_same_bytes() -> None:
    config = CoreConfig.parse(TINY | {"activation": "fp16", "datapath": "exact"})
    assert companions(emit(config)) == companions(emit(config))


def test_what_is_written_is_what_is_listed(tiny: HandOff) -> None:
    found = {path for path in tiny.directory.rglob("*") if path.is_file()}
    assert found == set(tiny.written)
    assert len(tiny.written) == len(found)


def test_nothing_tells_where_it_was_made(tiny: HandOff) -> None:
    for path in tiny.written:
        assert str(tiny.directory) not in path.read_text()


def test_generate_says_where_to_go_on(ternlut: Run, core: Path, tmp_path: Path) -> None:
    out = ternlut("generate", core, "-o", tmp_path / "rtl").out
    assert f"datasheet: {tmp_path / 'rtl' / 'README.md'}" in out
    files = ternlut("generate", core, "-o", tmp_path / "rtl", "--json").figures["files"]
    assert str(tmp_path / "rtl" / "regression" / "run.py") in files
    assert all(Path(file).exists() for file in files)


def test_a_directory_that_cannot_be_written_is_one_line(ternlut: Run, core: Path, tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "regression").write_text("in the way")
    assert "regression" in ternlut("generate", core, "-o", tmp_path / "rtl").complaint
