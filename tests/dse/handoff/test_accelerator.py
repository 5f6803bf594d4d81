"""The hand-off of an accelerator: its datasheet, and a regression that passes on it and on no wrong one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator.plan.registers import DESCRIPTOR, REGISTERS
from tests.dse.handoff.conftest import TINY, HandOff, hand_off

ACCELERATOR: dict[str, Any] = {**TINY, "wrapper": "axi", "buffers": {"bus_bits": 64}}


@pytest.fixture(scope="module")
def accelerator(tmp_path_factory: pytest.TempPathFactory) -> HandOff:
    return hand_off(ACCELERATOR, tmp_path_factory.mktemp("accelerator"))


def test_the_datasheet_has_all_registers_fields_and_ports(accelerator: HandOff) -> None:
    text = (accelerator.directory / "README.md").read_text()
    assert not re.findall(r"@[A-Z_]+@", text)
    for register in REGISTERS:
        assert f"| `{register.offset:#04x}` | `{register.name}` |" in text
    for field in DESCRIPTOR:
        assert f"| {field.offset} | {field.size} | `{field.name}` |" in text
    manifest = json.loads((accelerator.directory / "manifest.json").read_text())
    for name, port in manifest["ports"].items():
        assert f"| `{name}` | {port['direction']} | {port['width']} |" in text
    # 2 x 3 keys of 4 bits, 4 activations of 4 bits, 3 results of 10 bits in 16 each.
    for row in ("| keys | 3 | 6 × 4 bits", "| activations | 2 | 4 × 4 bits", "| results | 6 | 3 × 16 bits"):
        assert row in text


def regression(
    directory: Path, environment: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", "--sim", "verilator", *options]
    return subprocess.run(
        command, cwd=directory / "regression", env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.exhaustive
def test_the_regression_passes_without_ternlut(
    accelerator: HandOff, without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    directory = Path(shutil.copytree(accelerator.directory, tmp_path / "elsewhere"))
    done = regression(directory, without_ternlut)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "verilator: 11 of 11 tests passed"


MISCHIEF: dict[str, tuple[str, str, str]] = {
    "bursts end anywhere": ("read_stream", "5'h10 - { 1'h0, at[3:0] }", "5'h10"),
    "no word is a piece's last": ("read_stream", "assign word_last = ", "assign word_last = 1'h0 & "),
    "a last word is written whole": ("write_results", "{ word_keep, word_data }", "{ 8'hff, word_data }"),
    "wlast never comes": ("ternlut", ".data_last(m_axi_wlast)", ".data_last()"),
    "requests do not wait": ("ternlut", ".ready(m_axi_arready)", ".ready(1'h1)"),
    "words do not wait": ("ternlut", ".data_ready(m_axi_wready)", ".data_ready(1'h1)"),
    "refusals are not seen": ("ternlut", ".refused(engine_refused)", ".refused(1'h0)"),
    "the core is not reset": ("ternlut", "_00_ | engine_flush", "_00_"),
    "a list is not checked": ("layer", "assign verdict = ", "assign verdict = 4'h0 & "),
}
"""What is wrong: a module, and what stands there instead of what."""


@pytest.mark.exhaustive
@pytest.mark.parametrize("what", MISCHIEF)
def test_the_regression_fails_on_a_wrong_accelerator(
    what: str, accelerator: HandOff, without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    module, right, wrong = MISCHIEF[what]
    directory = Path(shutil.copytree(accelerator.directory, tmp_path / "elsewhere"))
    (path,) = directory.glob(f"{module}_*.v")
    text = path.read_text()
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong))
    assert regression(directory, without_ternlut).returncode == 1
