from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from generator.errors import ConfigError
from generator.floating import FixedToFloat, FloatToFixed, FloatWiden
from generator.formats import FLOATS
from generator.plan import FixedToFloatPlan, FloatToFixedPlan
from tests.floating.conftest import Simulate
from tests.floating.operands import canonical, nearest


def wrapped(integers: np.ndarray, bits: int) -> np.ndarray:
    """Integers as patterns of ``bits`` bits."""
    return integers.astype(np.int64).astype(np.uint64) & np.uint64((1 << bits) - 1)


def long_tailed(rng: np.random.Generator, count: int, bits: int) -> np.ndarray:
    """Integers of every length up to ``bits`` bits, with many of few ones, and the extremes."""
    integers = rng.integers(-(1 << 62), 1 << 62, count) >> rng.integers(63 - bits, 63, count)
    few = rng.random(count) < 0.3
    integers = np.where(few, integers >> (bits // 2) << (bits // 2), integers)
    extremes = [0, -1, 1, -(1 << (bits - 1)), (1 << (bits - 1)) - 1]
    integers[: len(extremes)] = extremes
    return integers


@pytest.mark.parametrize(("name", "bits"), [("fp16", 41), ("fp8_e4m3", 19), ("fp8_e5m2", 33)])
def test_every_float_is_converted_to_fixed_point_exactly(simulate: Simulate, name: str, bits: int) -> None:
    fmt = FLOATS[name]
    assert fmt.fixed_bits == bits
    patterns = np.arange(1 << fmt.bits, dtype=np.uint64)
    answer = simulate(FloatToFixed(FloatToFixedPlan(fmt))).run(value=patterns)
    values = fmt.decode(patterns).astype(np.float64)
    np.testing.assert_array_equal(answer["special"], ~np.isfinite(values))
    finite = np.isfinite(values)
    units = values[finite] * 2.0**-fmt.smallest_exponent
    np.testing.assert_array_equal(answer["fixed"][finite], wrapped(units, bits))


def test_every_e4m3_fixed_point_number_is_converted_back_as_ml_dtypes_rounds(simulate: Simulate) -> None:
    fmt = FLOATS["fp8_e4m3"]
    integers = np.arange(-(1 << 20), 1 << 20)
    values = integers.astype(np.float32) * np.float32(2.0**fmt.smallest_exponent)
    value = simulate(FixedToFloat(FixedToFloatPlan(fmt, 21, fmt.smallest_exponent))).run(
        fixed=wrapped(integers, 21)
    )["value"]
    np.testing.assert_array_equal(value, canonical(fmt, fmt.encode(values)))


@pytest.mark.exhaustive
def test_every_short_e5m2_fixed_point_number_is_converted_back_as_ml_dtypes_rounds(
    simulate: Simulate,
) -> None:
    fmt = FLOATS["fp8_e5m2"]
    integers = np.arange(-(1 << 18), 1 << 18)
    values = integers.astype(np.float32) * np.float32(0.5)
    value = simulate(FixedToFloat(FixedToFloatPlan(fmt, 19, -1))).run(fixed=wrapped(integers, 19))["value"]
    np.testing.assert_array_equal(value, canonical(fmt, fmt.encode(values)))


@pytest.mark.parametrize(
    ("name", "width", "lsb"),
    [("fp16", 55, -24), ("fp8_e5m2", 46, -16), ("fp16", 24, -31), ("fp32", 40, -20), ("bf16", 6, -133)],
)
def test_an_integer_becomes_the_nearest_float(simulate: Simulate, name: str, width: int, lsb: int) -> None:
    fmt = FLOATS[name]
    integers = long_tailed(np.random.default_rng(width), 8_000, width)
    value = simulate(FixedToFloat(FixedToFloatPlan(fmt, width, lsb))).run(fixed=wrapped(integers, width))[
        "value"
    ]
    unit = Fraction(2) ** lsb
    expected = [nearest(fmt, int(i) * unit) for i in integers]
    np.testing.assert_array_equal(value, np.array(expected, np.uint64))


@pytest.mark.parametrize(("name", "bits", "spare"), [("fp16", 24, 6), ("fp16", 9, 3), ("fp8_e4m3", 12, 5)])
def test_an_integer_on_the_scale_of_an_exponent_becomes_the_nearest_float(
    simulate: Simulate, name: str, bits: int, spare: int
) -> None:
    fmt = FLOATS[name]
    width, lsb = bits + spare, fmt.aligned_lsb(bits)
    rng = np.random.default_rng(bits)
    integers = long_tailed(rng, 300_000, width)
    exponent = rng.integers(1, 1 << fmt.exponent, len(integers))
    block = FixedToFloat(FixedToFloatPlan(fmt, width, lsb, scaled=True))
    value = simulate(block).run(fixed=wrapped(integers, width), exponent=exponent)["value"]
    exactly = np.ldexp(integers.astype(np.float64), lsb + exponent)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(value, canonical(fmt, fmt.encode(exactly)))


@pytest.mark.parametrize("stages", [2, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_pipelined_converters_are_the_combinational_ones_delayed(simulate: Simulate, stages: int) -> None:
    fmt = FLOATS["fp8_e4m3"]
    rng = np.random.default_rng(stages)
    patterns = rng.integers(0, 256, 5000)
    immediate = simulate(FloatToFixed(FloatToFixedPlan(fmt))).run(value=patterns)
    delayed = simulate(FloatToFixed(FloatToFixedPlan(fmt, stages=stages))).run(value=patterns, enable=1)
    for port in ("fixed", "special"):
        np.testing.assert_array_equal(delayed[port][stages:], immediate[port][:-stages])
    integers = wrapped(rng.integers(-(1 << 20), 1 << 20, 5000), 21)
    lsb = fmt.smallest_exponent
    rounded = simulate(FixedToFloat(FixedToFloatPlan(fmt, 21, lsb))).run(fixed=integers)["value"]
    later = simulate(FixedToFloat(FixedToFloatPlan(fmt, 21, lsb, stages=stages))).run(
        fixed=integers, enable=1
    )["value"]
    np.testing.assert_array_equal(later[stages:], rounded[:-stages])


@pytest.mark.parametrize(
    ("source", "target"),
    [("fp16", "fp32"), ("bf16", "fp32"), ("fp8_e4m3", "fp16"), ("fp8_e5m2", "fp16"), ("fp8_e4m3", "fp32")],
)
def test_every_narrow_float_has_the_same_value_in_the_wider_format(
    simulate: Simulate, source: str, target: str
) -> None:
    narrow, wide = FLOATS[source], FLOATS[target]
    patterns = np.arange(1 << narrow.bits, dtype=np.uint64)
    answer = simulate(FloatWiden(narrow, wide)).run(value=patterns)["wide"]
    values = narrow.decode(patterns).astype(np.float32)
    np.testing.assert_array_equal(answer, canonical(wide, wide.encode(values)))


@pytest.mark.parametrize(("source", "target"), [("fp32", "fp16"), ("bf16", "fp16"), ("fp16", "bf16")])
def test_a_format_that_loses_values_is_refused(source: str, target: str) -> None:
    with pytest.raises(ConfigError, match="does not have every value"):
        FloatWiden(FLOATS[source], FLOATS[target])
