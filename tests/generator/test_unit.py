from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import pytest

from generator.errors import ConfigError
from generator.formats import FLOATS
from generator.plan import FloatAdderPlan
from generator.plan.unit import registers_after

MEASURED = {"order": 284, "distance": 295, "align": 259, "sum": 320, "normalise": 360, "round": 329}
"""Shortest clock periods (ps) of the fp16 adder's steps, each synthesised alone in ASAP7."""
REGISTER = 90
"""Of these, what clock to output, the enable's multiplexer and the setup time take (ps)."""
STEPS = {"first": 3, "second": 3, "third": 6, "fourth": 1}


def test_no_stages_means_no_registers() -> None:
    assert set(registers_after(STEPS, 0).values()) == {0}


def test_one_stage_registers_the_output() -> None:
    assert registers_after(STEPS, 1) == {"first": 0, "second": 0, "third": 0, "fourth": 1}


def test_cuts_make_the_stages_equally_long() -> None:
    assert registers_after(STEPS, 2) == {"first": 0, "second": 1, "third": 0, "fourth": 1}


@pytest.mark.parametrize("stages", range(12))
def test_the_latency_is_the_number_of_stages(stages: int) -> None:
    assert sum(registers_after(STEPS, stages).values()) == stages


def test_stages_beyond_the_steps_are_registers_at_the_output() -> None:
    assert registers_after(STEPS, 7) == {"first": 1, "second": 1, "third": 1, "fourth": 4}


def test_a_negative_number_of_stages_is_refused() -> None:
    with pytest.raises(ConfigError, match="stages = -1"):
        FloatAdderPlan(FLOATS["fp16"], stages=-1)


def slowest(cuts: Collection[str]) -> int:
    """The longest of the fp16 adder's measured stages, cut after some steps (ps)."""
    stages = [REGISTER]
    for step, period in MEASURED.items():
        stages[-1] += period - REGISTER
        if step in cuts:
            stages.append(REGISTER)
    return max(stages)


@pytest.mark.parametrize("stages", range(2, 7))
def test_an_adder_is_cut_where_its_measured_stages_are_shortest(stages: int) -> None:
    """A fourth stage is worth its registers: it once cut where sums that ripple are balanced."""
    plan = FloatAdderPlan(FLOATS["fp16"], stages=stages)
    cuts = [step for step, count in plan.registers.items() if count]
    best = min(map(slowest, combinations(MEASURED, stages - 1)))
    assert slowest(cuts) == best
    assert best < min(map(slowest, combinations(MEASURED, stages - 2)))
