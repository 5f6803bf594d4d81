"""The reference against numpy's own integer matrix product, and the plan's widths against real values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.config import Architecture, CoreConfig
from generator.errors import ConfigError, KeyFileError, WorkloadError
from generator.formats import Integer
from generator.plan import Range, ReductionPlan, plan_for
from sim.arithmetic import IntegerArithmetic, Pending, PlanViolation, wrap
from sim.reference import evaluate, reduced


@st.composite
def cores(draw: st.DrawFn) -> CoreConfig:
    architecture: Architecture = draw(st.sampled_from(["lut", "lut", "lut", "select", "multiplier"]))
    group_size = draw(st.integers(1, 6)) if architecture == "lut" else 1
    tables = draw(st.integers(1, 9))
    tile = tables * group_size
    return CoreConfig(
        architecture=architecture,
        activation=f"int{draw(st.integers(2, 16))}",
        symmetric=draw(st.booleans()),
        group_size=group_size,
        tables=tables,
        columns=draw(st.integers(1, 4)),
        rows=draw(st.integers(1, 3)),
        max_reduction=draw(st.integers(tile, 5 * tile)),
    )


@st.composite
def layers(draw: st.DrawFn) -> tuple[CoreConfig, Any, Any]:
    """A core, x[B, N] that favours the format's ends, and W[M, N] that favours one sign."""
    config = draw(cores())
    number = config.format
    assert isinstance(number, Integer)
    length, outputs = draw(st.integers(1, config.max_reduction)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = number.random(rng, (draw(st.integers(1, 4)), length))
    weights = rng.integers(-1, 1, size=(outputs, length), endpoint=True)
    if draw(st.booleans()):
        x[:] = draw(st.sampled_from([number.minimum, number.maximum]))
        weights[0] = draw(st.sampled_from([-1, 1]))
    return config, x, weights


@given(layers())
@settings(max_examples=150, deadline=None)
def test_reference_equals_the_integer_matrix_product(layer: tuple[CoreConfig, Any, Any]) -> None:
    config, x, weights = layer
    np.testing.assert_array_equal(evaluate(plan_for(config), x, weights), x @ weights.T)


@given(layers())
@settings(max_examples=150, deadline=None)
def test_every_intermediate_stays_inside_the_plan(layer: tuple[CoreConfig, Any, Any]) -> None:
    config, x, weights = layer
    np.testing.assert_array_equal(evaluate(plan_for(config), x, weights, check=True), x @ weights.T)


def test_a_whole_layer_of_bitnet_is_one_call() -> None:
    config = CoreConfig(group_size=3, tables=8, columns=16)
    rng = np.random.default_rng(7)
    x = rng.integers(-128, 127, size=(2, 6912), endpoint=True)
    weights = rng.integers(-1, 1, size=(640, 6912), endpoint=True)
    np.testing.assert_array_equal(evaluate(plan_for(config), x, weights), x @ weights.T)


def test_the_check_finds_a_range_that_is_too_narrow() -> None:
    plan = ReductionPlan(2, (Range(-8, 7), Range(-8, 7)), True, 0, 16)
    value = Pending(np.array([[9]]), np.array([[0]]))
    arithmetic = IntegerArithmetic(plan_for(CoreConfig(tables=2, columns=1)))
    reduced(plan, arithmetic, [value, value])
    with pytest.raises(PlanViolation, match=r"reduction node 0, sign 0: 9 … 9 is outside the plan's -8 … 7"):
        reduced(plan, arithmetic, [value, value], check=True)


def test_wrapping_is_twos_complement() -> None:
    np.testing.assert_array_equal(wrap(np.array([7, 8, -8, -9, 16, -17]), 4), [7, -8, -8, 7, 0, -1])


@pytest.mark.parametrize(
    ("x", "weights", "error", "message"),
    [
        ([[1, 2]], [[1, 0, 1]], WorkloadError, r"x\[1, 2\] and W\[1, 3\] do not fit"),
        ([1, 2], [[1, 0]], WorkloadError, "do not fit"),
        ([[1, 2]], [[1, 2]], KeyFileError, "weight 2 is not ternary"),
        ([[1, 128]], [[1, 1]], ConfigError, "activation 128 does not fit int8"),
        ([[0] * 17], [[0] * 17], WorkloadError, "N = 17 is beyond the core's max_reduction = 16"),
    ],
)
@pytest.mark.parametrize("architecture", ["select", "multiplier"])
def test_what_a_core_cannot_run_is_refused(
    architecture: Any, x: Any, weights: Any, error: type[Exception], message: str
) -> None:
    config = CoreConfig(architecture=architecture, tables=2, columns=2, max_reduction=16)
    with pytest.raises(error, match=message):
        evaluate(plan_for(config), x, weights)
