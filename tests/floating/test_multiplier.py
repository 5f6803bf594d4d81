from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from generator.floating import FloatMultiplier
from generator.formats import FLOATS, Float
from generator.plan import FloatMultiplierPlan
from generator.softfloat import multiply
from tests.floating.conftest import Simulate
from tests.floating.operands import all_pairs, exact, nearest, numpy_says, pairs

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


def without_subnormals(fmt: Float, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Products by exact fractions: operands and products below the normal numbers are zeros."""
    smallest, sign = Fraction(2) ** (1 - fmt.bias), 1 << (fmt.bits - 1)
    products = []
    for pattern_a, pattern_b in zip(a.tolist(), b.tolist(), strict=True):
        signed = (pattern_a ^ pattern_b) & sign
        x, y = (p if p & (sign - 1) >= 1 << fmt.mantissa else p & sign for p in (pattern_a, pattern_b))
        if fmt.is_special(np.array([x, y])).any():
            products.append(int(numpy_says(fmt, np.multiply, np.array([x]), np.array([y]))[0]))
            continue
        value = exact(fmt, x) * exact(fmt, y)
        products.append(nearest(fmt, value, bool(signed)) if abs(value) >= smallest else signed)
    return np.array(products)


@pytest.mark.parametrize("stages", [0, 2])
@pytest.mark.parametrize("name", [*FP8, "fp16"])
def test_a_multiplier_without_subnormals_takes_them_for_zeros(
    simulate: Simulate, name: str, stages: int
) -> None:
    """Hardware and numpy model, against exact fractions: a sample, and where results begin to vanish."""
    fmt = FLOATS[name]
    rng = np.random.default_rng(stages)
    a, b = (rng.integers(0, 1 << fmt.bits, 6000, dtype=np.uint64) for _ in "ab")
    near = fmt.bias - (a[3000:] >> np.uint64(fmt.mantissa)).astype(np.int64) % (1 << fmt.exponent)
    fields = np.clip(near + rng.integers(-2, 3, 3000), 0, (1 << fmt.exponent) - 2).astype(np.uint64)
    b[3000:] = fields << np.uint64(fmt.mantissa) | b[3000:] & np.uint64((1 << fmt.mantissa) - 1)
    expected = without_subnormals(fmt, a, b)
    np.testing.assert_array_equal(multiply(fmt, a, b, subnormals=False), expected)
    block = FloatMultiplier(FloatMultiplierPlan(fmt, subnormals=False, stages=stages))
    enable = {"enable": 1} if stages else {}
    product = simulate(block).run(a=a, b=b, **enable)["product"]
    np.testing.assert_array_equal(product[stages:], expected[: len(a) - stages])


@pytest.mark.parametrize("stages", [1, 3])
def test_a_pipelined_multiplier_is_the_combinational_one_delayed(simulate: Simulate, stages: int) -> None:
    fmt = FLOATS["fp16"]
    a, b = pairs(fmt, 30_000, np.random.default_rng(stages))
    immediate = simulate(FloatMultiplier(FloatMultiplierPlan(fmt))).run(a=a, b=b)["product"]
    delayed = simulate(FloatMultiplier(FloatMultiplierPlan(fmt, stages=stages))).run(a=a, b=b, enable=1)[
        "product"
    ]
    np.testing.assert_array_equal(delayed[stages:], immediate[:-stages])
