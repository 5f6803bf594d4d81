from __future__ import annotations

import numpy as np
import pytest

from generator.floating import FloatAdder
from generator.formats import FLOATS
from generator.plan import FloatAdderPlan
from tests.floating.conftest import Simulate
from tests.floating.operands import all_pairs, numpy_says, pairs

FP8 = ["fp8_e4m3", "fp8_e5m2"]


@pytest.mark.parametrize("name", FP8)
def test_every_fp8_sum_is_that_of_ml_dtypes(simulate: Simulate, name: str) -> None:
    fmt = FLOATS[name]
    a, b = all_pairs(fmt)
    total = simulate(FloatAdder(FloatAdderPlan(fmt))).run(a=a, b=b)["sum"]
    np.testing.assert_array_equal(total, numpy_says(fmt, np.add, a, b))


@pytest.mark.parametrize("name", FP8)
def test_every_fp8_difference_is_that_of_ml_dtypes(simulate: Simulate, name: str) -> None:
    fmt = FLOATS[name]
    a, b = all_pairs(fmt)
    difference = simulate(FloatAdder(FloatAdderPlan(fmt), subtract=True)).run(a=a, b=b)["sum"]
    np.testing.assert_array_equal(difference, numpy_says(fmt, np.subtract, a, b))


@pytest.mark.parametrize(("name", "count"), [("fp16", 800_000), ("bf16", 800_000), ("fp32", 400_000)])
def test_sums_are_those_of_numpy(simulate: Simulate, name: str, count: int) -> None:
    fmt = FLOATS[name]
    a, b = pairs(fmt, count, np.random.default_rng(1))
    total = simulate(FloatAdder(FloatAdderPlan(fmt))).run(a=a, b=b)["sum"]
    np.testing.assert_array_equal(total, numpy_says(fmt, np.add, a, b))


@pytest.mark.parametrize("stages", [1, 2, 3, 4, 8])
def test_a_pipelined_adder_is_the_combinational_one_delayed(simulate: Simulate, stages: int) -> None:
    fmt = FLOATS["fp16"]
    a, b = pairs(fmt, 30_000, np.random.default_rng(stages))
    immediate = simulate(FloatAdder(FloatAdderPlan(fmt))).run(a=a, b=b)["sum"]
    delayed = simulate(FloatAdder(FloatAdderPlan(fmt, stages=stages))).run(a=a, b=b, enable=1)["sum"]
    np.testing.assert_array_equal(delayed[stages:], immediate[:-stages])


def test_a_pipeline_that_is_not_enabled_holds(simulate: Simulate) -> None:
    fmt = FLOATS["fp16"]
    rng = np.random.default_rng(3)
    a, b = pairs(fmt, 30_000, rng)
    enable = rng.integers(0, 2, len(a))
    stalled = simulate(FloatAdder(FloatAdderPlan(fmt, stages=3))).run(a=a, b=b, enable=enable)["sum"]
    immediate = simulate(FloatAdder(FloatAdderPlan(fmt))).run(a=a, b=b)["sum"]
    taken = np.flatnonzero(enable)
    arrived = np.cumsum(enable) - enable
    known = arrived >= 3
    np.testing.assert_array_equal(stalled[known], immediate[taken[arrived[known] - 3]])
