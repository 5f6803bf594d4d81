"""Long sweeps say so before they begin, and impossible sizes are refused at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dse.spec.axes import SpecError
from dse.sweep.duration import check_duration, expected_seconds
from dse.sweep.run import sweep
from generator.config import CoreConfig
from generator.errors import ConfigError, WorkloadError
from generator.verilog import emit
from sim.layers import LayerData
from tests.dse.specs import model_of, small, spec_file

WIDE = {
    "tables": {"from": 1, "to": 4}, "columns": {"from": 1, "to": 8}, "rows": [1, 2],
    "clock_mhz": {"from": 1, "to": 2000}, "cores": {"from": 1, "to": 2000},
    "weight_bandwidth_gb_per_s": {"from": 1, "to": 2000},
}  # fmt: skip
"""Half a million million points, priced in a moment."""


def wide(last: int = 2000) -> dict[str, object]:
    axes = WIDE | {"weight_bandwidth_gb_per_s": {"from": 1, "to": last}}
    fixed = {"architecture": "select", "activation": "int4", "max_reduction": "workload"}
    return {"axes": axes, "fixed": fixed, "constraints": [], "clock_mhz": None, "budget": {}}


def without_nones(values: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in small(**values).items() if value is not None}


def test_a_space_of_a_million_million_points_says_how_long_it_takes() -> None:
    model = model_of(without_nones(wide()))
    assert model.space.size > 5e11
    seconds = expected_seconds(model)
    # Between a hundred thousand and a thousand million points a second.
    assert 5e2 < seconds < 5e6
    assert expected_seconds(model, 10) == pytest.approx(seconds / 10, rel=0.9)
    announced = check_duration("spec", model.space.size, 7200, False)
    assert "512,000,000,000 points will take about 2 hours, 71,111,111 a second" in announced


def test_more_than_a_day_is_for_those_who_ask_for_it() -> None:
    with pytest.raises(SpecError, match=r"10 points will take about 3 days, .*: use fewer values, .*--long"):
        check_duration("spec", 10, 3 * 86400, False)
    assert "about 3 days" in check_duration("spec", 10, 3 * 86400, True)
    assert check_duration("spec", 10, 59, False) == ""


def test_a_small_space_is_not_timed() -> None:
    model = model_of(small())
    assert expected_seconds(model) == 0


TOO_MANY = {"cores": {"from": 1, "to": 60000}, "weight_bandwidth_gb_per_s": {"from": 1, "to": 60000}}
TOO_WIDE = {"tables": {"from": 1, "to": 4096}, "columns": [1], "max_reduction": {"from": 4000, "to": 8100}}


@pytest.mark.parametrize(
    ("axes", "complaint"),
    [
        (WIDE | TOO_MANY, r"axes span 4.6e\+14 points, 1.8e\+13 is the most"),
        (TOO_WIDE, "16,797,696 combinations would have to be priced one by one, 16,777,216 are the most"),
    ],
    ids=["points", "prices"],
)
def test_spaces_that_cannot_be_are_refused_at_once(axes: dict[str, object], complaint: str) -> None:
    began = time.perf_counter()
    fixed = {"architecture": "select"}
    with pytest.raises(SpecError, match=complaint):
        model_of(without_nones(wide() | {"axes": axes, "fixed": fixed}))
    assert time.perf_counter() - began < 30


def test_a_sweep_of_days_is_refused_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dse.sweep.run.expected_seconds", lambda *_: 3 * 86400.0)
    with pytest.raises(SpecError, match=r"spec.toml: 4,608 points will take about 3 days"):
        sweep(spec_file(tmp_path), tmp_path / "out")
    announced: list[str] = []
    sweep(spec_file(tmp_path), tmp_path / "out", long=True, announce=announced.append)
    assert len(announced) == 1


def test_a_core_whose_wires_no_tool_takes_is_refused_at_once() -> None:
    core = CoreConfig.parse({"tables": 4096, "columns": 4096, "group_size": 6, "max_reduction": 1 << 24})
    began = time.perf_counter()
    with pytest.raises(ConfigError, match="a beat of keys would be 167,772,160 bits wide, 1,048,576 are"):
        emit(core)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("shape", "tokens", "complaint"),
    [
        ((8192, 10**9), 1, "8,192,000,000,000 weights, 1,073,741,824 are the most"),
        ((64, 8), 10**9, "64,000,000,000 activations, 1,073,741,824 are the most"),
    ],
)
def test_a_layer_that_no_memory_holds_is_refused_at_once(
    shape: tuple[int, int], tokens: int, complaint: str
) -> None:
    core = CoreConfig.parse({"tables": 4, "columns": 4})
    with pytest.raises(WorkloadError, match=complaint):
        LayerData.random(core, *shape, tokens)
