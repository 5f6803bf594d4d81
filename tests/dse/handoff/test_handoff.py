"""A hand-off as a whole: the same bytes every time, every file accounted for, nothing half written."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

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


def contents(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


@pytest.mark.parametrize("name", ["README.md", "config.json", "manifest.json", "synth/yosys.tcl"])
def test_what_was_there_before_is_not_replaced(name: str, ternlut: Run, core: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    (out / name).parent.mkdir(parents=True)
    (out / name).write_text("{}")
    assert f"{out / name}: was there before" in ternlut("generate", core, "-o", out).complaint
    assert contents(out) == {name: b"{}"}


def test_what_was_changed_is_not_replaced_either(ternlut: Run, core: Path, tmp_path: Path) -> None:
    out = tmp_path / "rtl"
    ternlut("generate", core, "-o", out)
    script = out / "synth" / "yosys.tcl"
    script.write_text(script.read_text().replace("set liberty {}", "set liberty mine.lib"))
    before = contents(out)
    complaint = ternlut("generate", core, "--set", "columns=5", "-o", out).complaint
    assert f"{script}: was changed since" in complaint
    assert contents(out) == before


def test_a_second_core_leaves_nothing_of_the_first(ternlut: Run, core: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    ternlut("generate", core, "--set", "activation=fp16", "--set", "datapath=exact", "-o", both)
    (both / "notes.txt").write_text("mine")
    for out in (both, tmp_path / "second"):
        ternlut("generate", core, "-o", out)
    assert contents(both).pop("notes.txt") == b"mine"
    (both / "notes.txt").unlink()
    assert contents(both) == contents(tmp_path / "second")


def test_no_place_to_write_is_one_line(ternlut: Run, core: Path) -> None:
    for command in (["generate", core], ["pack", "weights.npy", "--core", core], ["sweep", "spec.toml"]):
        assert "-o is empty" in ternlut(*command, "-o", "").complaint


def test_a_failure_leaves_nothing(
    ternlut: Run, core: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def full(path: Path, *arguments: Any, **options: Any) -> int:
        if path.name == "golden.py":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    before = sorted(tmp_path.rglob("*"))
    assert "No space left" in ternlut("generate", core, "-o", tmp_path / "deep" / "rtl").complaint
    assert sorted(tmp_path.rglob("*")) == before
