"""Names: which ones there are is listed, and one that is mistyped is answered by what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dse.running import Run


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("workloads", "bitnet-b1-58-2b-4t"),
        ("technologies", "sky130hd"),
        ("metrics", "area_um2"),
        ("formats", "fp8_e4m3"),
        ("devices", "kv260"),
    ],
)
def test_names_are_listed(ternlut: Run, kind: str, name: str) -> None:
    assert f"ternlut list {kind}\n" in ternlut("list").out
    rows = ternlut("list", kind, "--json").figures["items"]
    assert name in {row["name"] for row in rows}
    assert f"\n{name} " in ternlut("list", kind).out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["synht"], "No such command 'synht'. Did you mean 'synth'?"),
        (["synth", "--tehc", "x"], "No such option: --tehc, did you mean --tech?"),
        (["list", "metric"], "list metric: did you mean 'metrics'?"),
        (["estimate", "CORE", "--tech", "asap"], "technology 'asap' is unknown: did you mean 'asap7'"),
        (["estimate", "CORE", "--set", "colums=3"], "unknown key 'colums': did you mean 'columns'?"),
        (["estimate", "CORE", "--set", "activation=fp61"], "number format: did you mean 'fp16'"),
        (["synth", "CORE", "--clock-ps", "fast"], "--clock-ps: a number is expected"),
        (["simulate", "CORE", "--tokens", "0"], "--tokens: greater than or equal to 1 is expected"),
        (["calibrate", "--liberty", "none.lib", "--name", "x", "-o", "x"], "'none.lib' does not exist"),
        (
            ["calibrate", "--liberty", "CORE", "--name", "x", "-o", "x", "--points", "24"],
            "--points 24: 35 to 224 are expected",
        ),
        (
            ["calibrate", "--liberty", "CORE", "--name", "x", "-o", "x", "--points", "225"],
            "--points 225: 35 to 224 are expected",
        ),
        (["validate", "--liberty", "none.lib"], "'none.lib' does not exist"),
        (["synth", "CORE", "--tech", "asap7", "--liberty", "CORE"], "--tech asap7 and --liberty: the cells"),
    ],
)
def test_what_is_mistyped_is_answered_by_what_was_meant(
    ternlut: Run, core: Path, given: list[str], said: str
) -> None:
    assert said in ternlut(*(core if word == "CORE" else word for word in given)).complaint
