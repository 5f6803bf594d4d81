"""The numpy models, held against exact rational arithmetic and against the RTL's own corner cases."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generator import softfloat
from generator.floating import Align, FloatAdder, FloatMultiplier, FloatToFixed
from generator.formats import FLOATS, Float
from generator.plan import AlignPlan, FloatAdderPlan, FloatMultiplierPlan, FloatToFixedPlan
from tests.floating.conftest import Simulate
from tests.floating.operands import all_pairs, exact, nearest

formats = st.sampled_from(list(FLOATS.values()))


@st.composite
def finite_floats(draw: st.DrawFn, fmt: Float) -> int:
    bits = draw(st.integers(0, (1 << fmt.bits) - 1))
    assume(np.isfinite(fmt.decode([bits]).astype(np.float64)[0]))
    return bits


@given(st.data(), formats)
def test_a_sum_is_the_exact_one_rounded(data: st.DataObject, fmt: Float) -> None:
    a, b = data.draw(finite_floats(fmt)), data.draw(finite_floats(fmt))
    both_negative = bool(a >> (fmt.bits - 1) and b >> (fmt.bits - 1))
    expected = nearest(fmt, exact(fmt, a) + exact(fmt, b), both_negative)
    assert softfloat.add(fmt, [a], [b])[0] == expected


@given(st.data(), formats)
def test_a_product_is_the_exact_one_rounded(data: st.DataObject, fmt: Float) -> None:
    a, b = data.draw(finite_floats(fmt)), data.draw(finite_floats(fmt))
    negative = bool((a ^ b) >> (fmt.bits - 1))
    assert softfloat.multiply(fmt, [a], [b])[0] == nearest(fmt, exact(fmt, a) * exact(fmt, b), negative)


@given(formats, st.integers(-(1 << 63) + 1, (1 << 63) - 1), st.integers(-60, 20))
def test_a_fixed_point_number_is_rounded_once(fmt: Float, integer: int, place: int) -> None:
    lsb = place if fmt.exponent < 8 else 3 * place
    assert softfloat.from_fixed(fmt, [integer], lsb)[0] == nearest(fmt, integer * Fraction(2) ** lsb)


@given(formats, st.integers(0, 62), st.integers(-2, 2), st.integers(1, 30), st.booleans())
def test_a_fixed_point_number_next_to_a_tie_is_rounded_once(
    fmt: Float, length: int, off: int, tie: int, negative: bool
) -> None:
    integer = (1 << length) + (1 << length >> tie) + off
    integer = -integer if negative else integer
    lsb = fmt.smallest_exponent
    assert softfloat.from_fixed(fmt, [integer], lsb)[0] == nearest(fmt, integer * Fraction(2) ** lsb)


@given(st.data(), st.sampled_from(["fp16", "fp8_e4m3", "fp8_e5m2"]))
def test_fixed_point_and_back_is_the_same_number(data: st.DataObject, name: str) -> None:
    fmt = FLOATS[name]
    bits = data.draw(finite_floats(fmt))
    fixed, special = softfloat.to_fixed(fmt, [bits])
    assert not special[0]
    assert fixed[0] * Fraction(2) ** fmt.smallest_exponent == exact(fmt, bits)
    back = softfloat.from_fixed(fmt, fixed, fmt.smallest_exponent)[0]
    assert exact(fmt, int(back)) == exact(fmt, bits)


@given(st.data(), formats, st.integers(3, 40), st.integers(0, 300))
def test_an_aligned_number_is_within_its_unit(data: st.DataObject, fmt: Float, bits: int, above: int) -> None:
    value = data.draw(finite_floats(fmt))
    own = int(softfloat.largest_exponent(fmt, [value]))
    exponent = min(own + above, (1 << fmt.exponent) - 1)
    units = exact(fmt, value) / Fraction(2) ** (fmt.aligned_lsb(bits) + exponent)
    limit = (1 << (bits - 1)) - 1
    assert softfloat.align(fmt, [value], exponent, bits, "truncate")[0][0] == floor(units)
    assert softfloat.align(fmt, [value], exponent, bits)[0][0] == min(round(units), limit)


@given(st.data(), st.sampled_from([("fp16", "fp32"), ("bf16", "fp32"), ("fp8_e4m3", "fp16")]))
def test_widening_keeps_the_value(data: st.DataObject, names: tuple[str, str]) -> None:
    source, target = (FLOATS[name] for name in names)
    bits = data.draw(finite_floats(source))
    wide = int(softfloat.widen(source, target, [bits])[0])
    assert exact(target, wide) == exact(source, bits)
    assert wide >> (target.bits - 1) == bits >> (source.bits - 1)


@pytest.mark.parametrize("name", ["fp8_e4m3", "fp8_e5m2"])
def test_the_models_are_the_hardware(simulate: Simulate, name: str) -> None:
    fmt = FLOATS[name]
    a, b = all_pairs(fmt)
    total = simulate(FloatAdder(FloatAdderPlan(fmt))).run(a=a, b=b)["sum"]
    np.testing.assert_array_equal(softfloat.add(fmt, a, b), total)
    product = simulate(FloatMultiplier(FloatMultiplierPlan(fmt))).run(a=a, b=b)["product"]
    np.testing.assert_array_equal(softfloat.multiply(fmt, a, b), product)


@pytest.mark.parametrize(("name", "bits"), [("fp16", 41), ("fp8_e4m3", 19), ("fp8_e5m2", 33)])
def test_the_models_know_what_the_hardware_makes_of_infinities(
    simulate: Simulate, name: str, bits: int
) -> None:
    fmt = FLOATS[name]
    patterns = np.arange(1 << fmt.bits, dtype=np.uint64)
    answer = simulate(FloatToFixed(FloatToFixedPlan(fmt))).run(value=patterns)
    fixed, special = softfloat.to_fixed(fmt, patterns)
    np.testing.assert_array_equal(answer["fixed"], fixed.astype(np.uint64) & np.uint64((1 << bits) - 1))
    np.testing.assert_array_equal(answer["special"], special)


def test_the_model_of_the_aligner_is_the_hardware(simulate: Simulate) -> None:
    fmt = FLOATS["fp16"]
    patterns = np.arange(1 << fmt.bits, dtype=np.uint64)
    exponent = (1 << fmt.exponent) - 1
    answer = simulate(Align(AlignPlan(fmt, 24))).run(value=patterns, exponent=exponent)["aligned"]
    aligned, _ = softfloat.align(fmt, patterns, exponent, 24)
    np.testing.assert_array_equal(answer, aligned.astype(np.uint64) & np.uint64((1 << 24) - 1))
