"""Cross validation: what is measured as the law has it is priced as measured, though it was left out."""

from __future__ import annotations

import numpy as np
import pytest

from costmodel.fit.calibration import Observation, bills_of
from costmodel.fit.calibration_cores import fabric_cores
from costmodel.fit.crossed import cross_validate, crossed
from costmodel.price.quantity import FABRIC_COMPONENTS, Quantity
from costmodel.price.representative import plan_to_price

LUT = Quantity(name="lut", label="LUT count", unit="LUT", over="lut6")


def observed(noise: dict[int, float]) -> list[Observation]:
    """Cores that cost what invented prices say, but those that have ``noise``, by their places."""
    prices = {name: 0.3 + 0.1 * i for i, name in enumerate(FABRIC_COMPONENTS)}
    seen = []
    for place, core in enumerate(fabric_cores()[:72]):
        (bill,) = bills_of(plan_to_price(core), LUT.over)
        seen.append(Observation(core, {"lut": bill.price(prices) * (1 + noise.get(place, 0))}))
    return seen


def test_a_core_is_not_among_those_that_price_it() -> None:
    """One that costs half as much again is off by a third; were it fitted to, by less."""
    errors = cross_validate(observed({1: 0.5}), LUT)
    assert errors[1] == pytest.approx(1 / 1.5 - 1, abs=0.06)
    integers = [abs(errors[place]) for place in errors if place % 4 < 3 and place != 1]
    assert np.median(integers) < 0.01


def test_integers_and_floats_are_told_apart() -> None:
    rows = {row.numbers: row for row in crossed(observed({}), [LUT])}
    assert (rows["integers"].cores, rows["floats"].cores) == (48, 24)
    assert rows["integers"].median < 0.5
