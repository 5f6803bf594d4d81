"""What a clock asks of paths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from costmodel.speeds import at_ease, tightness

PS = st.floats(1.0, 1e5)


def test_paths_twice_and_four_times_as_fast_as_rippling_ones() -> None:
    assert tightness([500.0, 250.0], 1000.0, 250.0) == pytest.approx([0.5, 1.0])


def test_what_could_be_faster_still_asks_less() -> None:
    assert tightness(250.0, 1000.0, [250.0, 62.5]) == pytest.approx([1.0, 2**-0.5])


def test_what_there_is_not_asks_nothing() -> None:
    assert tightness(500.0, 0.0, 0.0) == 0


@given(rippling=PS, shortest=PS)
def test_shorter_periods_ask_more_until_no_path_can_be_shorter(rippling: float, shortest: float) -> None:
    periods = np.geomspace(1.0, 2e5, 40)
    asked = tightness(periods, rippling, shortest)
    assert (np.diff(asked) <= 0).all()
    assert ((asked >= 0) & (asked <= 1)).all()
    assert (asked[periods < shortest] == tightness(shortest, rippling, shortest)).all()


@given(period=PS, rippling=PS)
def test_at_ease_is_where_nothing_is_asked(period: float, rippling: float) -> None:
    assume(abs(rippling / period - 1) > 1e-9)
    assert at_ease(period, rippling) == (tightness(period, rippling, 0.0) == 0)
