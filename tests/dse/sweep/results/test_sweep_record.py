"""``sweep.json`` as scripts rely on it: its keys, its order, and files of earlier versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.sweep_record import SpecRecord, SweepRecord
from dse.sweep.results.sweep_results import Results
from generator.files import OutputError

EARLIER: dict[str, Any] = {
    "ternlut": "0.1.0",
    "digest": "d73c230b7f700827",
    "file": "small.toml",
    "source": 'title = "µ"\n',
    "versions": {"python": "3.11.7", "numpy": "2.3.5"},
    "spec": {
        "title": "",
        "technology": "asap7",
        "clock_mhz": None,
        "compare": "architecture",
        "objectives": {"area_um2": "min", "tokens_per_second": "max"},
        "budget": {"area_um2": 20000.0},
        "constraints": ["tile_length <= 64"],
        "workload": {"model": None, "layers": [], "tokens": 1},
        "axes": {"group_size": {"from": 1, "to": 2}},
        "fixed": {"outputs": "workload"},
        "derived": {},
        "verify": 0,
        "a key of another version": [1, 2.5],
    },
    "groups": ["lut", "select"],
    "axes": {"architecture": ["lut", "select"], "group_size": [1, 2], "pipeline.fetch": [False, True]},
    "fixed": {"columns": 4, "clock_mhz": 500.0},
    "derived": {"outputs": "2560"},
    "keys": ["architecture", "group_size", "columns"],
    "technology": {
        "name": "asap7",
        "library": "asap7",
        "corner": "TT",
        "flow": "Yosys",
        "date": "2026-11-24",
        "versions": {"pyosys": "0.70"},
        "fit": {"area": {"points": 200, "median_percent": 1.066, "max_percent": 9.903}},
    },
    "workload": {
        "title": "a layer",
        "tokens": 1,
        "macs": 64,
        "weights": 64,
        "launches": 1,
        "layers": [{"name": "q", "inputs": 8, "outputs": 8, "count": 1, "stored": None}],
    },
    "metrics": {"area_um2": {"label": "area", "unit": "µm²", "says": "area of all cores"}},
    "tests": ["are cores"],
    "passed": [4, 3],
    "points": 4,
    "cores": 3,
    "feasible": 3,
    "pareto": 2,
}
"""As the first version with a report wrote it, before which way is better, verification and the knee."""


def written(directory: Path, values: dict[str, Any]) -> None:
    (directory / "sweep.json").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")


def kept(values: Any, expected: Any) -> bool:
    """Whether ``values`` have all that ``expected`` have, in dictionaries more."""
    if isinstance(expected, dict):
        return all(key in values and kept(values[key], value) for key, value in expected.items())
    return type(values) is type(expected) and values == expected


def test_a_record_of_an_earlier_version_is_read_and_written_again(tmp_path: Path) -> None:
    written(tmp_path, EARLIER)
    record = SweepRecord.load(tmp_path)
    assert (record.title, record.metrics["area_um2"].better, record.verified) == ("Sweep", "min", [])
    assert record.stated("group_size") == [1, 2]
    assert record.stated("clock_mhz") == [500.0]
    assert record.stated("rows") is None
    record.write(tmp_path)
    values = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    assert [*values] == [*EARLIER]
    assert kept(values, EARLIER)


def test_what_becomes_known_stands_at_the_end(tmp_path: Path) -> None:
    written(tmp_path, EARLIER)
    record = SweepRecord.load(tmp_path)
    record.top, record.knee, record.verified, record.seconds = {"area_um2": [1, 2]}, 7, [], 1.25
    record.points_per_second = 1000
    record.write(tmp_path)
    values = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))
    assert [*values] == [*EARLIER, "points_per_second", "seconds", "verified", "knee", "top"]


def test_the_spec_is_recorded_as_specs_are() -> None:
    assert [*SpecRecord.model_fields] == [*SweepSpec.model_fields]


@pytest.mark.parametrize("broken", [{"axes": None}, {"points": "many"}, {"technology": {}}])
def test_a_record_that_lacks_something_is_one_line(tmp_path: Path, broken: dict[str, Any]) -> None:
    written(tmp_path, EARLIER | broken)
    with pytest.raises(OutputError, match=r"holds no finished sweep, sweep.json and points.parquet") as error:
        Results.load(tmp_path)
    assert "\n" not in str(error.value)
