"""A sweep whose designs have to fit an FPGA: its share is a figure, and what is too large is infeasible."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from costmodel.price.technology import Technology, load_technology
from tests.dse.running import Run
from tests.dse.specs import fabric_technology

SPEC = """
technology = "invented.toml"
device = "kv260"

[objectives]
device_share = "min"
tokens_per_second = "max"

[workload]
layers = [{ name = "small", inputs = 2048, outputs = 4096 }]
tokens = 1

[axes]
architecture = ["lut", "multiplier"]
columns = [4, 16, 64, 256, 1024]

[fixed]
activation = "int8"
tables = 8
max_reduction = 2048
"""


def invented(library: str) -> Technology:
    """A technology that prices lookup tables and flip-flops, as many as asap7 has tenths of µm²."""
    area = {name: 10 * price for name, price in load_technology("asap7").cost_at().coefficients.items()}
    registers = {name: float(name == "register") for name in area}
    return fabric_technology(area, registers, library=library)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "invented.toml").write_text(invented("xcup").to_toml())
    (tmp_path / "spec.toml").write_text(SPEC)
    return tmp_path / "spec.toml"


def test_designs_that_do_not_fit_the_device_are_infeasible(spec: Path, tmp_path: Path, ternlut: Run) -> None:
    out = tmp_path / "out"
    assert ternlut("sweep", spec, "-o", out).status == 0
    with (out / "pareto.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        lut, ff = float(row["lut"]), float(row["ff"])
        share = max(lut / 117_120, ff / 234_240)
        assert float(row["device_share"]) == pytest.approx(share, rel=1e-3)
        assert share <= 1
    written = json.loads((out / "sweep.json").read_text(encoding="utf-8"))
    assert written["feasible"] < written["points"] == 10
    assert written["metrics"]["device_share"]["label"] == "share of kv260"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('device = "kv260"', 'device = "kv26"', "device = 'kv26': did you mean 'kv260'"),
        ('device = "kv260"', 'device = "icebreaker"', "is of ice40: a technology of that fabric is expected"),
        (
            "[axes]",
            '[derived]\ndevice_share = "1"\n[axes]',
            "derived.device_share and device: one of the two",
        ),
    ],
)
def test_a_device_that_cannot_be_is_refused_in_a_line(
    old: str, new: str, said: str, spec: Path, ternlut: Run
) -> None:
    spec.write_text(SPEC.replace(old, new))
    assert said in ternlut("sweep", spec, "-o", spec.parent / "out").complaint
