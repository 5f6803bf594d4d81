"""What a spec asks for: limits of objectives, units in text, ranges with fractions and by factors."""

from __future__ import annotations

from typing import Any

import pytest

from dse.spec.axes import SpecError, written_values
from dse.spec.sweep_spec import SweepSpec
from dse.spec.units import in_unit
from tests.dse.specs import small

GOALS = {"area_um2": "min", "tokens_per_second": "max", "first_token_ms": "min"}


def spec(**changes: Any) -> SweepSpec:
    return SweepSpec.parse(small(objectives=GOALS, budget={}) | changes, "spec")


def test_limits_bound_minimised_objectives_from_above_and_maximised_ones_from_below() -> None:
    asked = spec(
        limits={"first_token_ms": {"max": 200}, "tokens_per_second": {"min": 20}, "recommend": "cheapest"}
    )
    assert asked.budget == {"first_token_ms": 200, "tokens_per_second": 20}
    assert asked.recommend == "cheapest"
    assert spec(limits={"area_um2": "0.01 mm2"}).budget == {"area_um2": 10_000}
    assert spec(budget={"area_um2": 5}, limits={"first_token_ms": "0.2 s"}).budget == {
        "area_um2": 5,
        "first_token_ms": 200,
    }


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"limits": {"tokens_per_second": {"max": 20}}}, r"tokens_per_second = .*: { min = … } is expected"),
        ({"limits": {"area_um2": {"min": 2, "max": 20}}}, r"limits.area_um2 = .*: { max = … } is expected"),
        ({"limits": {"rms_error": 3}}, r"limits.rms_error has to be an objective: .*constraints"),
        ({"limits": {"area_um2": 3}, "budget": {"area_um2": 3}}, "budget.area_um2 and limits.area_um2"),
        ({"limits": {"area_um2": "3 MHz"}}, r"area_um2 = '3 MHz': a number in um2, .*mm2.* is expected"),
        ({"limits": 3}, r"limits = 3: a table is expected"),
        ({"recommend": "best"}, "recommend = 'best': 'cheapest', 'fastest' or 'knee' is expected"),
        ({"recommend": "knee", "limits": {"recommend": "knee"}}, "recommend and limits.recommend"),
    ],
)
def test_a_limit_that_its_objective_has_not_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint) as caught:
        spec(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("area_um2", "0.01 mm²", 1e4),
        ("clock_mhz", "1 GHz", 1000),
        ("clock_mhz", "1e3 kHz", 1),
        ("first_token_ms", "0.2 s", 200),
        ("latency_ns", "0.1 µs", 100),
        ("bandwidth_gb_per_s", "1.5 TB/s", 1500),
        ("tokens_per_second", "20 tokens/s", 20),
        ("rms_error", "2 %", 0.02),
        ("engine_gmacs_per_s", "2 TMAC/s", 2000),
        ("activation", "int8", "int8"),
        ("dram", "LPDDR5 x32", "LPDDR5 x32"),
        ("clock_mhz", 3, 3),
    ],
)
def test_text_of_a_number_and_a_unit_is_a_number(name: str, text: Any, number: Any) -> None:
    assert in_unit("spec", name, text) == number


def test_axes_and_memories_may_have_units() -> None:
    asked = spec(
        clock_mhz="0.9 GHz",
        memory={"bandwidth_gb_per_s": "51200 MB/s"},
        fixed={"max_reduction": 250, "outputs": 250, "latency_ns": "0.1 us"},
    )
    assert asked.clock_mhz == 900
    assert asked.memory == {"bandwidth_gb_per_s": 51.2}
    assert asked.fixed["latency_ns"] == 100


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ({"from": 0.1, "to": 0.5, "step": 0.1}, [0.1, 0.2, 0.3, 0.4, 0.5]),
        ({"from": 1, "to": 2, "step": 0.5}, [1, 1.5, 2]),
        ({"from": 4, "to": 7}, [4, 5, 6, 7]),
        ({"from": 10, "to": 1000, "points": 3}, [10, 100, 1000]),
        ({"from": 25, "to": 400, "points": 5}, [25, 50, 100, 200, 400]),
        ({"from": 0, "to": 1, "points": 5, "scale": "linear"}, [0, 0.25, 0.5, 0.75, 1]),
        ([1, {"from": 2, "to": 8, "points": 3}], [1, 2, 4, 8]),
    ],
)
def test_ranges_have_fractions_and_factors(written: Any, values: list[float]) -> None:
    found = written_values("spec", written)
    assert found == values
    assert [type(value) for value in found] == [int if value == int(value) else float for value in values]


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"from": 0, "to": 10, "points": 3}, "ends of more than 0 are expected, or scale = 'linear'"),
        ({"from": 1, "to": 10, "points": 1}, "points = 1: greater than or equal to 2 is expected"),
        ({"from": 1, "to": 10, "step": 0}, "step = 0: greater than 0 is expected"),
        ({"from": "a", "to": 10}, "from = 'a': a valid number is expected"),
        ({"from": 0, "to": 1, "step": 1e-9}, "more than 65536 values"),
    ],
)
def test_a_range_that_is_none_is_refused(written: Any, complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        written_values("spec", written)


def test_an_objective_may_be_an_expression() -> None:
    asked = spec(objectives={"area_um2": "min", "edp": {"min": "area_um2 / tokens_per_second ** 2"}})
    assert asked.objectives == {"area_um2": "min", "edp": "min"}
    assert asked.derived == {"edp": "area_um2 / tokens_per_second ** 2"}
    for wrong in ({"min": "1", "max": "2"}, {"least": "1"}, {}):
        with pytest.raises(SpecError, match=r"objectives.edp = .*{ min = expression } is expected"):
            spec(objectives={"edp": wrong})
    with pytest.raises(SpecError, match=r"objectives.edp and derived.edp: one expression is expected"):
        spec(objectives={"edp": {"min": "1"}}, derived={"edp": "2"})
