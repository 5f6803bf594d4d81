from __future__ import annotations

import numpy as np
import pytest

from generator.config import Rounding
from generator.errors import ConfigError
from generator.floating import Align, LargestExponent
from generator.formats import FLOATS, Float
from generator.plan import AlignPlan, LargestExponentPlan
from tests.floating.conftest import Simulate


def values_of(fmt: Float, patterns: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return fmt.decode(patterns).astype(np.float64)


def finite_patterns(fmt: Float, rng: np.random.Generator, count: int) -> np.ndarray:
    patterns = rng.integers(0, 1 << fmt.bits, count, dtype=np.uint64)
    values = values_of(fmt, patterns)
    return np.where(np.isfinite(values), patterns, np.uint64(0))


def field_of(fmt: Float, values: np.ndarray) -> np.ndarray:
    """Exponent fields, at least 1, by the values' size."""
    _, power = np.frexp(np.abs(values))
    return np.where(values == 0, 1, np.maximum(power - 1 + fmt.bias, 1))


@pytest.mark.parametrize("rounding", ["nearest", "truncate"])
@pytest.mark.parametrize(("name", "bits"), [("fp16", 24), ("fp16", 8), ("bf16", 12), ("fp8_e4m3", 5)])
def test_an_aligned_float_is_its_value_in_units_of_the_group(
    simulate: Simulate, name: str, bits: int, rounding: Rounding
) -> None:
    fmt = FLOATS[name]
    rng = np.random.default_rng(bits)
    patterns = finite_patterns(fmt, rng, 200_000)
    values = fmt.decode(patterns).astype(np.float64)
    exponent = np.minimum(field_of(fmt, values) + rng.integers(0, 40, len(values)), (1 << fmt.exponent) - 1)
    answer = simulate(Align(AlignPlan(fmt, bits, rounding))).run(value=patterns, exponent=exponent)
    units = np.ldexp(values, -(exponent + fmt.aligned_lsb(bits)))
    rounded = np.rint(units) if rounding == "nearest" else np.floor(units)
    expected = np.minimum(rounded, 2.0 ** (bits - 1) - 1).astype(np.int64)
    np.testing.assert_array_equal(answer["aligned"], expected.astype(np.uint64) & np.uint64((1 << bits) - 1))
    assert not answer["special"].any()


@pytest.mark.parametrize("name", ["fp16", "fp8_e4m3"])
def test_infinities_and_nans_are_flagged(simulate: Simulate, name: str) -> None:
    fmt = FLOATS[name]
    patterns = np.arange(1 << fmt.bits, dtype=np.uint64)
    largest = (1 << fmt.exponent) - 1
    answer = simulate(Align(AlignPlan(fmt, 24 if name == "fp16" else 5))).run(
        value=patterns, exponent=largest
    )
    np.testing.assert_array_equal(answer["special"], ~np.isfinite(fmt.decode(patterns).astype(np.float32)))


@pytest.mark.parametrize(("name", "count"), [("fp16", 4), ("fp8_e4m3", 7), ("bf16", 1)])
def test_the_largest_exponent_is_that_of_the_largest_finite_value(
    simulate: Simulate, name: str, count: int
) -> None:
    fmt = FLOATS[name]
    rng = np.random.default_rng(count)
    patterns = rng.integers(0, 1 << fmt.bits, (100_000, count), dtype=np.uint64)
    exponent = np.uint64(((1 << fmt.exponent) - 1) << fmt.mantissa)
    patterns = np.where(rng.random(patterns.shape) < 0.3, patterns | exponent, patterns)
    patterns = np.where(rng.random(patterns.shape) < 0.3, patterns & ~exponent, patterns)
    joined = (patterns << (np.arange(count, dtype=np.uint64) * np.uint64(fmt.bits))).sum(
        axis=1, dtype=np.uint64
    )
    answer = simulate(LargestExponent(LargestExponentPlan(fmt, count))).run(values=joined)["exponent"]
    values = values_of(fmt, patterns)
    values = np.where(np.isfinite(values), values, 0)
    np.testing.assert_array_equal(answer, field_of(fmt, np.abs(values).max(axis=1)))


def test_a_pipelined_aligner_is_the_combinational_one_delayed(simulate: Simulate) -> None:
    fmt = FLOATS["fp16"]
    patterns = finite_patterns(fmt, np.random.default_rng(1), 20_000)
    immediate = simulate(Align(AlignPlan(fmt, 24))).run(value=patterns, exponent=31)["aligned"]
    delayed = simulate(Align(AlignPlan(fmt, 24, stages=2))).run(value=patterns, exponent=31, enable=1)[
        "aligned"
    ]
    np.testing.assert_array_equal(delayed[2:], immediate[:-2])


def test_fewer_than_three_bits_are_refused() -> None:
    with pytest.raises(ConfigError, match="aligned_bits = 2"):
        AlignPlan(FLOATS["fp16"], 2)
