"""A technology of other quantities than cells have, through everything that measures and prices.

LUTs and flip-flops, from a measurer of the tests' own: calibration, validation, estimate, sweep, verification
and reports name and count what it measures, and no µm² is anywhere.
"""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import pytest

from costmodel.fit import libraries
from costmodel.fit.calibration import calibrate
from costmodel.fit.measurer import Design, Measurer
from costmodel.fit.validation import Sample, validate
from costmodel.price.technology import Technology
from dse.studies.validation.report import write_validation
from dse.studies.validation.summary import figures
from generator.config import CoreConfig
from tests.costmodel.fabric import KIND, Fabric, counted
from tests.costmodel.small_cores import small_cores
from tests.dse.running import Run

CORE = {"activation": "int4", "group_size": 2, "tables": 2, "columns": 2, "max_reduction": 64}
SPEC = """
technology = "fabric.toml"
clock_mhz = 20
verify = 1

[objectives]
lut = "min"
tokens_per_second = "max"

[budget]
lut = BUDGET

[workload]
layers = [{ name = "small", inputs = 24, outputs = 8 }]
tokens = 1

[axes]
architecture = ["lut", "select"]
columns = [1, 2, 4]

[fixed]
activation = "int4"
group_size = 2
tables = 2
max_reduction = 64
"""


@pytest.fixture(scope="module")
def technology() -> Technology:
    return calibrate(Fabric(), "fabric", cores=[*small_cores(4, 12), *small_cores(4, 6, floats=1.0)])


@pytest.fixture
def known(technology: Technology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its file, in a program that has the measurer of its kind."""

    def fabric(*arguments: object) -> Measurer:
        return Fabric()

    monkeypatch.setitem(libraries.MEASURERS, KIND, fabric)
    (tmp_path / "fabric.toml").write_text(technology.to_toml())
    return tmp_path / "fabric.toml"


def test_flip_flops_are_counted_as_declared() -> None:
    text = "module a(x);\n  wire [3:0] x;\n  reg [7:0] y = 8'h0;\n  reg z = 1'h0;\nendmodule\n"
    assert counted(text) == [("a", {"lut": 4, "ff": 9})]


def test_a_technology_has_what_was_measured(technology: Technology) -> None:
    assert {name: quantity.unit for name, quantity in technology.quantities.items()} == {
        "lut": "LUT",
        "ff": "FF",
        "delay": "ps",
    }
    assert technology.measured_by == KIND
    assert {"lut", "ff", "delay"} <= set(technology.fit)
    # Registers are what the model counts best, whatever holds them.
    assert technology.fit["ff"].median_percent < 10
    assert Technology.parse(technology.to_toml(), "written").quantities.keys() == technology.quantities.keys()
    assert "um2" not in technology.to_toml()


def test_validation_and_its_report_name_its_quantities(technology: Technology, tmp_path: Path) -> None:
    found = validate(technology, Fabric(), Sample(points=4, largest=900), permutations=1)
    assert {"synthesized_lut", "modelled_lut", "lut_error", "synthesized_ff", "ff_error"} <= set(found.cores)
    # Verilog in another order declares the same.
    assert all(len(set(noise.cost)) == 1 for noise in found.noise)
    said = figures(found)
    assert {"median_error", "ff_median_error", "delay_kendall_tau"} <= set(said)
    assert set(said["worst"][0]) == {"core", "flattened_lut", "modelled_lut", "synthesized_lut"}
    write_validation(tmp_path, found)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert " LUT, none of them calibrated on" in text or " LUT, of which some may" in text
    assert "LUT count is off by" in text
    for name in ("summary.md", "validation.html", "cores.csv", "noise.csv"):
        assert "µm²" not in (tmp_path / name).read_text(encoding="utf-8")
        assert "um2" not in (tmp_path / name).read_text(encoding="utf-8")


def test_an_estimate_is_in_its_units(known: Path, tmp_path: Path, ternlut: Run) -> None:
    core = tmp_path / "core.toml"
    core.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in CORE.items()))
    found = ternlut("estimate", core, "--tech", known, "--json").figures
    assert sum(found["breakdown"].values()) == pytest.approx(found["lut"])
    assert found["resources"] == {"lut": found["lut"], "ff": found["ff"]}
    ((_, measured),) = Fabric().measure([Design.of(CoreConfig.parse(CORE))])
    assert isinstance(measured, dict)
    assert found["ff"] == pytest.approx(measured["ff"], rel=0.3)
    text = ternlut("estimate", core, "--tech", known).out
    assert " LUT" in text
    assert " FF" in text
    assert "µm²" not in text


def test_a_sweep_its_verification_and_its_reports_are_in_its_units(
    known: Path, technology: Technology, tmp_path: Path, ternlut: Run
) -> None:
    spec, out = tmp_path / "spec.toml", tmp_path / "out"
    spec.write_text(SPEC.replace("BUDGET", "1e9"))
    result = ternlut("sweep", spec, "-o", out)
    assert result.status == 0
    written = json.loads((out / "sweep.json").read_text(encoding="utf-8"))
    assert {"lut", "least_lut", "lut_fetch", "ff", "lut_per_token_per_second"} <= set(written["metrics"])
    (verified,) = written["verified"]
    core = tomllib.loads((out / "best.toml").read_text(encoding="utf-8"))
    core.pop("target", None)
    ((_, measured),) = Fabric().measure([Design.of(CoreConfig.parse(core))])
    assert isinstance(measured, dict)
    assert {name: verified["measured"][name] for name in ("lut", "ff")} == {
        name: measured[name] for name in ("lut", "ff")
    }
    assert set(verified["measured"]) == {"lut", "ff", "delay_ps", "cycles"}
    with (out / "pareto.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"lut", "ff", "measured_lut", "measured_ff"} <= set(rows[0])
    assert "LUT count, LUT" in (out / "summary.md").read_text(encoding="utf-8")
    for name in ("summary.md", "report.html", "sweep.json", "pareto.csv", "verified.csv", "pareto.svg"):
        text = (out / name).read_text(encoding="utf-8")
        assert "µm²" not in text, name
        # The page's program has an example of a filter by area in a comment.
        assert name == "report.html" or "um2" not in text, name
    assert "LUT count (LUT)" in (out / "pareto.svg").read_text(encoding="utf-8")
    budget = written["metrics"]["lut"]
    assert (budget["label"], budget["unit"]) == ("LUT count", "LUT")


def test_a_technology_that_nothing_measures_in_is_refused_in_a_line(
    technology: Technology, tmp_path: Path, ternlut: Run
) -> None:
    nothing = technology.model_copy(update={"measured_by": "guesses"})
    (tmp_path / "fabric.toml").write_text(nothing.to_toml())
    said = ternlut("validate", "--tech", tmp_path / "fabric.toml").complaint
    assert said == "ternlut: technology fabric: measured_by = 'guesses': cells, fabric are known\n"


def test_what_is_priced_and_not_measured_is_said(technology: Technology) -> None:
    from costmodel.price.technology import TechnologyError
    from tests.costmodel.technologies import ASAP7_CELLS

    with pytest.raises(TechnologyError, match="prices ff, lut, which is not measured by cells"):
        validate(technology, ASAP7_CELLS, Sample(points=2))
