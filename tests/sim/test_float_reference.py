"""The reference of floating-point cores against exact rational arithmetic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.config import CoreConfig
from generator.plan import plan_for
from sim.error_bound import aligned_error_bound
from sim.layers import LayerData, values_of
from sim.reference import evaluate
from tests.floating.operands import canonical
from tests.rtl.cores import exactly_rounded

SHAPES: list[dict[str, Any]] = [
    {"group_size": 1, "tables": 5},
    {"group_size": 2, "tables": 3},
    {"group_size": 4, "tables": 2},
    {"architecture": "select", "tables": 7},
]
MULTIPLIER = {"architecture": "multiplier", "tables": 6}


@given(st.sampled_from(["fp16", "fp8_e4m3", "fp8_e5m2"]), st.integers(1, 50), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_exact_results_are_the_rounded_exact_sums_whatever_the_tile(
    activation: str, length: int, seed: int
) -> None:
    cores = [
        CoreConfig.parse(
            {"activation": activation, "datapath": "exact", "columns": 2, "max_reduction": 50, **shape}
        )
        for shape in (*SHAPES, MULTIPLIER)
    ]
    layer = LayerData.random(cores[0], length, 4, tokens=2, seed=seed)
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


@given(
    st.sampled_from(["fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "fp32"]),
    st.integers(3, 30),
    st.sampled_from(["nearest", "truncate"]),
    st.booleans(),
    st.integers(0, 2**32),
)
@settings(max_examples=150, deadline=None)
def test_aligned_results_are_within_the_derived_bound(
    activation: str, bits: int, rounding: str, wide: bool, seed: int
) -> None:
    core = CoreConfig.parse(
        {
            "activation": activation,
            "datapath": "aligned",
            "aligned_bits": bits,
            "rounding": rounding,
            "accumulation": "fp32" if wide else activation,
            "columns": 2,
            "max_reduction": 200,
            "pipeline": {"float_stages": seed // len(SHAPES) % 5},
            **SHAPES[seed % len(SHAPES)],
        }
    )
    rng = np.random.default_rng(seed)
    spread = 2.0 ** rng.integers(-6, 2, size=(3, 60))
    x = core.format.decode(core.format.encode(rng.standard_normal((3, 60)) * spread))
    w = rng.integers(-1, 1, size=(4, 60), endpoint=True)
    plan = plan_for(core)
    patterns = evaluate(plan, x, w)
    number = core.accumulator_format
    assert number is not None
    assert not (patterns >> number.bits).any()
    error = np.abs(values_of(plan, patterns) - x.astype(np.float64) @ w.T)
    assert (error <= aligned_error_bound(plan, x, w) * (1 + 1e-9)).all()


@pytest.mark.parametrize("partial_sums", [1, 2, 3, 4, 5, 8])
def test_the_error_of_interleaved_sums_comes_close_to_its_bound_and_not_beyond(partial_sums: int) -> None:
    """Partial sums of ±1025, where units are 1, take 0.499 again and again and lose it every time."""
    core = CoreConfig.parse(
        {"architecture": "select", "activation": "fp16", "datapath": "aligned", "aligned_bits": 24}
        | {"tables": 1, "columns": 1, "pipeline": {"float_stages": partial_sums}}
    )
    starts = [1025.0 if place % 2 else -1025.0 for place in range(partial_sums)]
    x = np.array([[*starts, *[0.499] * (30 * partial_sums)]], dtype=np.float16)
    w = np.ones((1, x.shape[1]), dtype=np.int8)
    plan = plan_for(core)
    error = abs(values_of(plan, evaluate(plan, x, w)).item() - math.fsum(x[0].tolist()))
    assert 0.9 < error / aligned_error_bound(plan, x, w).item() <= 1


def test_sums_that_cancel_keep_the_errors_of_both() -> None:
    core = CoreConfig.parse(
        {"architecture": "select", "activation": "fp16", "datapath": "aligned", "aligned_bits": 24}
        | {"tables": 1, "columns": 1, "max_reduction": 100, "pipeline": {"float_stages": 2}}
    )
    x = np.array([[0x3C0F, 0xBC00] * 50], dtype=np.uint16).view(np.float16)
    w = np.ones((1, 100), dtype=np.int8)
    plan = plan_for(core)
    error = abs(values_of(plan, evaluate(plan, x, w)).item() - math.fsum(x[0].tolist()))
    assert 0.26 < error <= aligned_error_bound(plan, x, w).item()


def test_more_aligned_bits_are_closer_to_the_truth() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((8, 48)).astype(np.float16)
    w = rng.integers(-1, 1, size=(8, 48), endpoint=True)
    truth = x.astype(np.float64) @ w.T
    errors = []
    for bits in (6, 10, 14, 18):
        core = CoreConfig.parse(
            {
                "activation": "fp16",
                "datapath": "aligned",
                "aligned_bits": bits,
                "accumulation": "fp32",
                "group_size": 2,
                "tables": 6,
                "columns": 2,
            }
        )
        answer = values_of(plan_for(core), evaluate(plan_for(core), x, w))
        errors.append(float(np.sqrt(np.mean((answer - truth) ** 2))))
    assert errors[0] > 4 * errors[1] > 16 * errors[2] > 64 * errors[3]


def native_dot(core: CoreConfig, x: Any, w: Any) -> Any:
    """One output as numpy's own scalars add it up: entries by halves, a tree over the tables, then tiles."""
    dtype = x.dtype.type
    number = core.accumulator_format
    assert number is not None

    def entry(terms: list[Any]) -> Any:
        half = (len(terms) + 1) // 2
        return terms[0] if len(terms) == 1 else dtype(entry(terms[:half]) + entry(terms[half:]))

    def group(values: Any, weights: Any) -> Any:
        return entry([v if d > 0 else -v for v, d in zip(values, weights, strict=True) if d] or [dtype(0)])

    def tree(values: list[Any]) -> Any:
        if len(values) == 1:
            return values[0]
        pairs = [dtype(a + b) for a, b in zip(values[::2], values[1::2], strict=False)]
        return tree(pairs + values[len(values) // 2 * 2 :])

    total = number.dtype(0)
    for start in range(0, len(x), core.tile_length):
        groups = range(start, start + core.tile_length, core.group_size)
        values = [group(x[i : i + core.group_size], w[i : i + core.group_size]) for i in groups]
        total = number.dtype(total + number.dtype(tree(values)))
    return total


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("activation", ["fp16", "bf16", "fp32", "fp8_e4m3", "fp8_e5m2"])
@pytest.mark.parametrize("shape", [*SHAPES, MULTIPLIER])
@pytest.mark.parametrize("wide", [False, True])
def test_native_results_are_those_of_numpys_additions_in_the_same_order(
    activation: str, shape: dict[str, Any], wide: bool
) -> None:
    core = CoreConfig.parse(
        {"activation": activation, "columns": 2, **({"accumulation": "fp32"} if wide else {}), **shape}
    )
    layer = LayerData.random(core, 3 * core.tile_length, 6, tokens=4, seed=core.tile_length)
    answer = evaluate(plan_for(core), layer.activations, layer.weights)
    number = core.accumulator_format
    assert number is not None
    expected = [[native_dot(core, x, w) for w in layer.weights] for x in layer.activations]
    patterns = canonical(number, number.encode(np.array(expected, dtype=number.dtype)))
    np.testing.assert_array_equal(answer, patterns)
