"""Which of the netlists that are made on the way to a clock are kept."""

from __future__ import annotations

from typing import Any, cast

from costmodel.flow.closing import Closed, Mapped, best_with
from costmodel.flow.sizing import Sized
from costmodel.flow.static_timing import Timing


def closed(area: float, delay: float) -> Closed:
    sized = Sized(area, delay, {}, 0, {}, {}, cast(Timing, None))
    return Closed(sized, Mapped({}, cast(Any, None)))


def test_of_netlists_those_are_kept_that_are_smaller_or_faster_than_all_others() -> None:
    best: list[Closed] = []
    for area, delay in ((5, 10), (7, 6), (6, 12), (9, 5), (7, 6), (6, 6), (4, 20)):
        best = best_with(best, closed(area, delay))
    assert [(one.sized.area_um2, one.sized.delay_ps) for one in best] == [(5, 10), (9, 5), (6, 6), (4, 20)]


def test_the_first_of_equals_comes_first() -> None:
    first, second = closed(3, 4), closed(3, 4)
    assert best_with([first], second)[0] is first
