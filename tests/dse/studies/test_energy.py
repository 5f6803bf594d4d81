"""The study of energy: its cores are alike in what they do, and its sums are what arithmetic says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from costmodel.price.technology import load_technology
from dse.studies.energy import __main__ as program
from dse.studies.energy.cores import KINDS, LENGTHS, MACS, NUMBERS, at_clock, core
from dse.studies.energy.page import floats, ranking, token


@pytest.mark.parametrize("kind", KINDS)
def test_all_cores_do_as_much_in_a_step(kind: str) -> None:
    for number in NUMBERS:
        for length in LENGTHS:
            assert core(number, kind, length).macs_per_cycle == MACS


def test_weights_from_a_memory_take_what_a_bit_takes_times_their_bits() -> None:
    cores = pd.DataFrame({"number": ["int8", "int8"], "fj_per_mac": [25.0, 100.0]})
    rows = {line.split(" | ")[0].strip("| "): line for line in token(cores) if line.startswith("| ")}
    # 417 MB at 8 pJ a bit; 2.08 G multiply-accumulates of 25 fJ.
    assert "| 26.7 | 0.052 | 0.2% |" in rows["LPDDR4"]


def test_where_the_smallest_takes_most_ranking_is_turned_round() -> None:
    cores = pd.DataFrame(
        [
            {
                "number": number, "kind": "select", "length": 24, "pipelined": False, "gated": False,
                "cores": cores, "area_um2": area, "fj_per_mac": energy,
            }
            for number in NUMBERS
            for cores, area, energy in ((1, 100.0, 30.0), (4, 200.0, 20.0))
        ]
    )  # fmt: skip
    text = "\n".join(ranking(cores))
    assert "| int8 | -1.00 |" in text
    assert "| 50% |" in text
    assert "take 0.67 to 0.67 times" in text


def test_a_clock_that_no_core_reaches_leaves_the_table_empty() -> None:
    cores = at_clock(load_technology("sky130hd"), 500.0)
    assert cores.empty
    assert not any(line.startswith("| fp16") for line in floats(cores, 500.0))


def test_a_technology_without_energies_is_refused_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(load_technology("asap7").model_copy(update={"energy": None}).to_toml(), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["energy", "--tech", str(file)])
    assert program.main() == 2
    assert capsys.readouterr().err == f"energy: --tech {file}: a technology with energies is expected\n"
