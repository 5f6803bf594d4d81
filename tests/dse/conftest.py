"""Commands run in this process, and a core for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dse import cli
from tests.dse.running import Result, Run

CORE = """
architecture = "lut"
activation = "int4"
group_size = 2
tables = 2
columns = 3
max_reduction = 64
"""


@pytest.fixture(scope="session", autouse=True)
def sketches() -> Iterator[None]:
    """Pictures of sweeps are sketched, but for tests of pictures."""
    from tests.dse.pictures import sketched

    with sketched():
        yield


@pytest.fixture
def ternlut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command."""

    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["ternlut", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.run()
        out, err = capsys.readouterr()
        return Result(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def core(tmp_path: Path) -> Path:
    path = tmp_path / "core.toml"
    path.write_text(CORE)
    return path
