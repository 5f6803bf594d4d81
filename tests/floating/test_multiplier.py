from __future__ import annotations

import numpy as np
import pytest

from generator.floating import FloatMultiplier
from generator.formats import FLOATS
from generator.plan import FloatMultiplierPlan
from tests.floating.conftest import Simulate
from tests.floating.operands import all_pairs, numpy_says, pairs

FP8 = ["fp8_e4m3", "fp8_e5m2"]


@pytest.mark.parametrize("name", FP8)
def test_every_fp8_product_is_that_of_ml_dtypes(simulate: Simulate, name: str) -> None:
    fmt = FLOATS[name]
    a, b = all_pairs(fmt)
    product = simulate(FloatMultiplier(FloatMultiplierPlan(fmt))).run(a=a, b=b)["product"]
    np.testing.assert_array_equal(product, numpy_says(fmt, np.multiply, a, b))


@pytest.mark.parametrize("name", ["fp16", "bf16", "fp32"])
def test_products_are_those_of_numpy(simulate: Simulate, name: str) -> None:
    fmt = FLOATS[name]
    a, b = pairs(fmt, 400_000, np.random.default_rng(2))
    product = simulate(FloatMultiplier(FloatMultiplierPlan(fmt))).run(a=a, b=b)["product"]
    np.testing.assert_array_equal(product, numpy_says(fmt, np.multiply, a, b))


@pytest.mark.parametrize("name", ["fp16", "bf16", "fp32"])
def test_products_near_the_subnormals_are_those_of_numpy(simulate: Simulate, name: str) -> None:
    """Exponents that add up to where results become subnormal, and vanish."""
    fmt = FLOATS[name]
    rng = np.random.default_rng(4)
    a, b = (rng.integers(0, 1 << fmt.bits, 200_000, dtype=np.uint64) for _ in "ab")
    largest = (1 << fmt.exponent) - 2
    exponent = (a >> np.uint64(fmt.mantissa)).astype(np.int64) & ((1 << fmt.exponent) - 1)
    target = fmt.bias - exponent + rng.integers(-fmt.mantissa - 4, 4, len(a))
    field = np.uint64(((1 << fmt.exponent) - 1) << fmt.mantissa)
    b = b & ~field | np.clip(target, 0, largest).astype(np.uint64) << np.uint64(fmt.mantissa)
    product = simulate(FloatMultiplier(FloatMultiplierPlan(fmt))).run(a=a, b=b)["product"]
    np.testing.assert_array_equal(product, numpy_says(fmt, np.multiply, a, b))


@pytest.mark.parametrize("stages", [1, 3])
def test_a_pipelined_multiplier_is_the_combinational_one_delayed(simulate: Simulate, stages: int) -> None:
    fmt = FLOATS["fp16"]
    a, b = pairs(fmt, 30_000, np.random.default_rng(stages))
    immediate = simulate(FloatMultiplier(FloatMultiplierPlan(fmt))).run(a=a, b=b)["product"]
    delayed = simulate(FloatMultiplier(FloatMultiplierPlan(fmt, stages=stages))).run(a=a, b=b, enable=1)[
        "product"
    ]
    np.testing.assert_array_equal(delayed[stages:], immediate[:-stages])
