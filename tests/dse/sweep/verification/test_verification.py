"""Verification as a user runs it: real synthesis and simulation of a few small cores."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from costmodel.fit import cells
from costmodel.flow import synthesis
from costmodel.flow.synthesis import SynthesisError, shipped_library, synthesize_many
from costmodel.price.technology import load_technology
from dse.sweep.run import sweep
from sim import harness
from tests.costmodel.technologies import repriced
from tests.dse.pages import Page, unpacked
from tests.dse.running import Run
from tests.sim.faults import rewired

SPEC = """
title = "Two small cores"
verify = 2
clock_mhz = 1000

[workload]
layers = [{ name = "wide", inputs = 24, outputs = 10 }, { name = "narrow", inputs = 20, outputs = 7 }]
tokens = 3

[objectives]
area_um2 = "min"
tokens_per_second = "max"

[budget]
area_um2 = BUDGET

[axes]
architecture = ["select", "lut"]
group_size = [1, 2]

[fixed]
activation = "int4"
tables = 2
columns = 2
max_reduction = "workload"
"""


def spec_file(directory: Path, *top: str, budget: float = 100) -> Path:
    """A spec of two designs on the front, with more keys at its top."""
    path = directory / "spec.toml"
    path.write_text("\n".join([*top, SPEC.replace("BUDGET", str(budget))]))
    return path


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a sweep that verified both designs; their syntheses are in the cache from then on."""
    directory = tmp_path_factory.mktemp("verified")
    sweep(spec_file(directory), directory / "out", workers=2)
    return directory / "out"


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out pareto.png and its like, which verification changes nothing of and which take seconds."""
    monkeypatch.setattr("dse.sweep.report.figures.write_figures", lambda directory, summary: None)


def entries(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((out / "sweep.json").read_text())["verified"]
    return found


def text_of(out: Path) -> str:
    return (out / "summary.md").read_text(encoding="utf-8")


def test_measured_figures_are_those_of_the_tools_on_their_own(out: Path, ternlut: Run) -> None:
    first = entries(out)[0]
    assert first["what"] == "recommended core"
    core, _, _ = (out / "best.toml").read_text().partition("[target]")
    (out / "without_clock.toml").write_text(core)
    alone = ternlut("synth", out / "without_clock.toml", "--json").figures
    assert first["measured"]["relaxed_um2"] == pytest.approx(alone["area_um2"], abs=1e-3)
    model = ternlut("estimate", out / "best.toml", "--json").figures
    assert first["modelled"]["delay_ps"] == pytest.approx(model["delay_ps"], abs=0.01)
    for speed, area in model["areas_um2"].items():
        assert first["modelled"][f"{speed}_um2"] == pytest.approx(area, abs=1e-3)
    ran = ternlut("simulate", out / "best.toml", "--layer", "24x10", "--tokens", "3", "--json").figures
    assert first["bit_exact"]
    assert first["measured"]["cycles"] == first["modelled"]["cycles"] == ran["cycles"]
    assert first["results"] == 30


def test_errors_are_the_models_in_percent_of_the_measured(out: Path) -> None:
    for one in entries(out):
        for name, error in one["error_percent"].items():
            assert one["modelled"][name] == pytest.approx(one["measured"][name] * (1 + error / 100), rel=1e-4)
        assert abs(one["error_percent"]["area_um2"]) < 20
        assert one["error_percent"]["cycles"] == 0


def test_the_front_has_measured_columns_filled_where_designs_were_verified(out: Path) -> None:
    found = {one["id"]: one for one in entries(out)}
    with (out / "pareto.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        one = found.get(int(row["id"]))
        if one is None:
            assert row["measured_area_um2"] == row["bit_exact"] == ""
        else:
            assert float(row["measured_area_um2"]) == pytest.approx(one["measured"]["area_um2"], rel=1e-5)
            assert float(row["area_um2"]) == pytest.approx(one["modelled"]["area_um2"], rel=1e-5)
            assert row["bit_exact"] == "true"
    with (out / "verified.csv").open() as file:
        assert [int(row["id"]) for row in csv.DictReader(file)] == list(found)


def test_every_table_is_read_as_what_stands_beside_it(out: Path) -> None:
    for path in out.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            lengths = {len(row) for row in csv.reader(file)}
        assert len(lengths) == 1, path
    points = pd.read_parquet(out / "points.parquet").set_index("id")
    front = pd.read_csv(out / "pareto.csv").set_index("id")
    assert sorted(front.index) == sorted(points.index[points["front"]])
    for name in set(front.columns) & set(points.columns):
        for read, written in zip(front[name], points.loc[front.index, name], strict=True):
            same = read == written or (pd.isna(read) and pd.isna(written))
            assert same or read == pytest.approx(written, rel=1e-6), (name, read, written)
    verified = pd.read_csv(out / "verified.csv")
    for row, one in zip(verified.to_dict("records"), entries(out), strict=True):
        for name in ("id", "what", "core", "library", "trial", "results", "mismatches", "bit_exact"):
            assert row[name] == one[name]
        for name, figure in one["measured"].items():
            assert row[f"measured_{name}"] == pytest.approx(figure, rel=1e-6)


def test_summary_and_page_show_both(out: Path) -> None:
    text = text_of(out)
    first = entries(out)[0]
    assert "## Modelled and measured" in text
    assert f"The recommended core was synthesized: {first['measured']['area_um2']:,.0f} µm²" in text
    assert "Simulated on layer wide (24 → 10), 3 tokens: bit-exact" in text
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert "verified" in page.ids
    data = json.loads(page.scripts[1])
    ids = unpacked(data["designs"])["id"]
    assert [ids[i] for i in data["verified"]] == [one["id"] for one in entries(out)]


def test_report_shows_again_what_was_verified(out: Path, ternlut: Run) -> None:
    before = {name: (out / name).read_bytes() for name in ("summary.md", "report.html", "verified.csv")}
    for name in before:
        (out / name).unlink()
    assert ternlut("report", out).status == 0
    assert {name: (out / name).read_bytes() for name in before} == before


def test_no_path_of_the_machine_is_in_what_was_found(out: Path) -> None:
    for name in ("sweep.json", "verified.csv", "summary.md", "report.html"):
        assert str(out.parent) not in (out / name).read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_pictures")
def test_an_interrupted_verification_keeps_what_is_finished_and_goes_on(
    out: Path, tmp_path: Path, ternlut: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, again = spec_file(tmp_path), tmp_path / "out"

    def interrupted(jobs: Any, workers: int) -> Any:
        yield next(synthesize_many(jobs, workers))
        raise KeyboardInterrupt

    monkeypatch.setattr(cells, "synthesize_many", interrupted)
    stopped = ternlut("sweep", spec, "-o", again, "--workers", 1)
    assert (stopped.status, stopped.err) == (130, "ternlut: interrupted\n")
    (kept,) = entries(again)
    assert kept == entries(out)[0]
    ternlut("report", again)
    assert "The recommended core was synthesized" in text_of(again)

    def unexpected(*job: Any) -> str:
        raise AssertionError("a finished synthesis was made again")

    monkeypatch.setattr(synthesis.Children, "run", unexpected)
    monkeypatch.setattr(cells, "synthesize_many", synthesize_many)
    figures = ternlut("sweep", spec, "-o", again, "--resume", "--json").figures
    assert (figures["verified"], figures["verified_exact"]) == (2, 2)
    assert entries(again) == entries(out)
    assert not (again / ".checkpoint").exists()


@pytest.mark.usefixtures("no_pictures")
def test_a_core_that_cannot_be_synthesized_is_one_line_and_the_others_are_kept(
    out: Path, tmp_path: Path, ternlut: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(jobs: Any, workers: int) -> Any:
        for index, result in synthesize_many(jobs, workers):
            yield index, result if index else SynthesisError("synthesis of the first failed: no flip-flop")

    monkeypatch.setattr(cells, "synthesize_many", refused)
    said = ternlut("sweep", spec_file(tmp_path), "-o", tmp_path / "out").complaint
    assert said == "ternlut: synthesis of the first failed: no flip-flop\n"
    assert entries(tmp_path / "out") == entries(out)[1:]


@pytest.mark.usefixtures("no_pictures")
def test_a_core_that_computes_wrongly_is_status_one_and_a_line(
    out: Path, tmp_path: Path, ternlut: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewired(monkeypatch, harness, s_axis_activation_tdata="s_axis_activation_tdata ^ 1")
    result = ternlut("sweep", spec_file(tmp_path), "-o", tmp_path / "out", "--verify", 1, "--json")
    assert result.status == 1
    assert result.err.startswith("ternlut: design ")
    assert result.err.count("\n") == 1
    assert " is right" in result.err
    figures = json.loads(result.out)
    assert (figures["verified"], figures["verified_exact"]) == (1, 0)
    assert "WRONG: " in text_of(tmp_path / "out")


@pytest.mark.usefixtures("no_pictures")
def test_cores_that_are_larger_and_slower_than_modelled_are_told(
    out: Path, tmp_path: Path, ternlut: Run
) -> None:
    """A technology that takes every area and delay for half of what it is, with cells from Liberty files."""
    technology = load_technology("asap7").model_copy(update={"name": "halved"})
    halved = {
        name: {component: price / 2 for component, price in quantity.coefficients.items()}
        for name, quantity in technology.quantities.items()
    }
    (tmp_path / "halved.toml").write_text(repriced(technology, **halved).to_toml())
    (tmp_path / "cells.lib").write_bytes(shipped_library().files[0].read_bytes())
    spec = spec_file(tmp_path, 'technology = "halved.toml"', 'liberty = ["cells.lib"]', budget=40)
    spec.write_text(spec.read_text().replace("clock_mhz = 1000", "clock_mhz = 3000"))
    result = ternlut("sweep", spec, "-o", tmp_path / "out", "--verify", 1)
    assert result.status == 0
    (one,) = entries(tmp_path / "out")
    assert one["library"] == "cells"
    assert -65 < one["error_percent"]["area_um2"] < -40
    text = text_of(tmp_path / "out")
    area, delay = one["measured"]["area_um2"], one["measured"]["delay_ps"]
    assert f"{area:.3g} µm² is over the budget of 40 µm²" in text
    assert f"its longest path of {delay:.3g} ps is too slow for 3,000 MHz" in text
    assert "None of the designs that were verified holds" in result.out


@pytest.mark.parametrize(
    ("top", "options", "said"),
    [
        (('technology = "sky130hd"',), (), "give them as liberty = [...] in "),
        (('liberty = ["none.lib"]',), (), "none.lib: cannot read this Liberty file"),
        (('liberty = "none.lib"',), (), "liberty = 'none.lib': a valid list is expected"),
        ((), ("--verify", -1), "--verify: greater than or equal to 0 is expected"),
        ((), ("--verify", 0, "--liberty", __file__), "--liberty is to verify with"),
    ],
)
def test_what_verification_lacks_is_one_line_before_the_sweep_begins(
    tmp_path: Path, ternlut: Run, top: tuple[str, ...], options: tuple[Any, ...], said: str
) -> None:
    result = ternlut("sweep", spec_file(tmp_path, *top), "-o", tmp_path / "out", *options)
    assert said in result.complaint
    assert not (tmp_path / "out").exists()


def test_a_spec_that_verifies_a_negative_number_is_one_line(tmp_path: Path, ternlut: Run) -> None:
    spec = spec_file(tmp_path)
    spec.write_text(spec.read_text().replace("verify = 2", "verify = -1"))
    said = ternlut("sweep", spec, "-o", tmp_path / "out").complaint
    assert "verify = -1: greater than or equal to 0 is expected" in said
