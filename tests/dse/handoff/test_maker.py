"""Hand-offs of cores that take entries: a maker beside them, and a regression of the core with entries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dse.handoff.maker import MAKER
from tests.dse.handoff.conftest import TINY, hand_off

PORT = {**TINY, "table_store": "port"}


def test_a_maker_stands_beside_a_core_that_takes_entries(tmp_path: Path) -> None:
    made = hand_off(PORT, tmp_path)
    folder = tmp_path / MAKER
    about = json.loads((folder / "maker.json").read_text())
    core = json.loads((tmp_path / "manifest.json").read_text())
    assert about["ports"]["m_axis_entry_tdata"]["width"] == core["ports"]["s_axis_activation_tdata"]["width"]
    # 2 tables of int4 activations: entries of 4, 5, 4 and 5 bits.
    assert about["entry_bits"] == core["streams"]["activation"]["bits"] == 2 * 18
    assert [entry["bits"] for entry in core["streams"]["activation"]["entries"]] == [4, 5, 4, 5]
    listed = (folder / f"{about['top']}.f").read_text().split()
    assert sorted(listed) == sorted(path.name for path in folder.glob("*.v"))
    assert f"module {about['top']}(" in (folder / listed[-1]).read_text()
    assert not {path.name for path in folder.glob("*.v")} & {path.name for path in tmp_path.glob("*.v")}
    assert folder / listed[-1] in made.written


def test_a_core_with_tables_of_its_own_has_no_maker_beside_it(tmp_path: Path) -> None:
    hand_off(TINY, tmp_path)
    assert not (tmp_path / MAKER).exists()


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "core",
    [
        PORT,
        {
            **PORT,
            "activation": "fp16",
            "datapath": "aligned",
            "aligned_bits": 8,
            "pipeline": {"float_stages": 1},
        },
        {**TINY, "activation": "fp8_e4m3", "datapath": "exact", "scale_group": 16},
    ],
    ids=["port", "aligned-port", "scaled-floats"],
)
def test_its_regression_passes(
    core: dict[str, object], without_ternlut: dict[str, str], tmp_path: Path
) -> None:
    hand_off(core, tmp_path)
    command = [sys.executable, "run.py", "--sim", "verilator"]
    done = subprocess.run(
        command, cwd=tmp_path / "regression", env=without_ternlut, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
