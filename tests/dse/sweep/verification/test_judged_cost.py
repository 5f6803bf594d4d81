"""What a measured core costs at the clock that its design runs at, from what it costs at two."""

from __future__ import annotations

import pytest

from dse.sweep.verification.measuring import judged_cost

COSTS = {"relaxed": 90.0, "medium": 100.0, "tight": 150.0}


@pytest.mark.parametrize(
    ("period_ps", "cost"), [(2000.0, 100.0), (1000.0, 100.0), (500.0, 150.0), (400.0, 150.0)]
)
@pytest.mark.parametrize("rippling_ps", [750.0, 1000.0, 1500.0])
def test_at_the_clocks_that_were_measured_it_is_what_was_measured(
    period_ps: float, cost: float, rippling_ps: float
) -> None:
    row = {"clock_mhz": 1e6 / period_ps}
    assert judged_cost(row, COSTS, 500.0, rippling_ps) == pytest.approx(cost)


def test_between_them_it_is_between() -> None:
    assert 100 < judged_cost({"clock_mhz": 1e6 / 700}, COSTS, 500.0, 1000.0) < 150
