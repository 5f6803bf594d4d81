from __future__ import annotations

import pytest

from generator.errors import ConfigError
from generator.formats import FLOATS
from generator.plan import FloatAdderPlan
from generator.plan.unit import registers_after

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
