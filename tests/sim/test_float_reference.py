"""The reference of floating-point cores against exact rational arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.config import CoreConfig
from generator.plan import plan_for
from sim.layers import Layer
from sim.reference import evaluate
from tests.rtl.cores import exactly_rounded

SHAPES: list[dict[str, Any]] = [
    {"group_size": 1, "tables": 5},
    {"group_size": 2, "tables": 3},
    {"group_size": 4, "tables": 2},
    {"architecture": "select", "tables": 7},
]


@given(st.sampled_from(["fp16", "fp8_e4m3", "fp8_e5m2"]), st.integers(1, 50), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_exact_results_are_the_rounded_exact_sums_whatever_the_tile(
    activation: str, length: int, seed: int
) -> None:
    cores = [
        CoreConfig.parse(
            {"activation": activation, "datapath": "exact", "columns": 2, "max_reduction": 50, **shape}
        )
        for shape in SHAPES
    ]
    layer = Layer.random(cores[0], length, 4, tokens=2, seed=seed)
    expected = exactly_rounded(cores[0].format, layer)
    for core in cores:
        answer = evaluate(plan_for(core), layer.activations, layer.weights, check=True)
        np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_only_a_selected_special_makes_a_result_invalid(value: float) -> None:
    core = CoreConfig(activation="fp16", datapath="exact", group_size=2, tables=2, columns=2)
    x, weights = [[1.0, value, 2.0]], [[1, 0, 1], [1, -1, 1]]
    answer = evaluate(plan_for(core), x, weights)
    assert (answer >> 16).tolist() == [[0, 1]]
    assert core.format.decode(answer[:, 0]).tolist() == [3.0]
