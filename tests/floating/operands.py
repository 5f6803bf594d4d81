"""Operands that find mistakes in floating-point hardware, and the answers of numpy and ml_dtypes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.formats import Float

Patterns = NDArray[np.uint64]


def all_pairs(fmt: Float) -> tuple[Patterns, Patterns]:
    a, b = np.divmod(np.arange(1 << 2 * fmt.bits, dtype=np.uint64), np.uint64(1 << fmt.bits))
    return a, b


def pairs(fmt: Float, count: int, rng: np.random.Generator) -> tuple[Patterns, Patterns]:
    """About ``count`` pairs: random ones, and as many each of the kinds that are hard."""
    kinds = (anything, every_distance, ties, cancellation, subnormals, specials)
    drawn = [kind(fmt, count // len(kinds), rng) for kind in kinds]
    a, b = (np.concatenate(column) for column in zip(*drawn, strict=True))
    swap = rng.random(len(a)) < 0.5
    return np.where(swap, b, a), np.where(swap, a, b)


def packed(fmt: Float, sign: Any, exponent: Any, fraction: Any) -> Patterns:
    fields = np.asarray(sign) << (fmt.bits - 1) | np.asarray(exponent) << fmt.mantissa | fraction
    return np.asarray(fields).astype(np.uint64)


def random_fields(
    fmt: Float, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    sign = rng.integers(0, 2, count)
    return sign, rng.integers(0, 1 << fmt.exponent, count), rng.integers(0, 1 << fmt.mantissa, count)


def anything(fmt: Float, count: int, rng: np.random.Generator) -> tuple[Patterns, Patterns]:
    return packed(fmt, *random_fields(fmt, count, rng)), packed(fmt, *random_fields(fmt, count, rng))


def every_distance(fmt: Float, count: int, rng: np.random.Generator) -> tuple[Patterns, Patterns]:
    """Exponents that differ by 0 … precision + 3."""
    sign, exponent, fraction = random_fields(fmt, count, rng)
    other_sign, _, other_fraction = random_fields(fmt, count, rng)
    other = np.maximum(exponent - np.arange(count) % (fmt.mantissa + 5), 0)
    return packed(fmt, sign, exponent, fraction), packed(fmt, other_sign, other, other_fraction)


def ties(fmt: Float, count: int, rng: np.random.Generator) -> tuple[Patterns, Patterns]:
    """Few ones in the fractions, mostly at their ends, so that discarded bits are often exactly half."""
    a, b = every_distance(fmt, count, rng)
    kept = rng.integers(0, fmt.mantissa + 1, count)
    ones = (1 << fmt.mantissa) - 1
    high = np.int64(ones) << kept & ones
    fraction = np.where(rng.random(count) < 0.5, high, ones >> kept)
    fraction ^= rng.integers(0, 2, count)
    return a, (b & ~np.uint64(ones)) | (b & high.astype(np.uint64)) ^ (fraction & high).astype(np.uint64)


def cancellation(fmt: Float, count: int, rng: np.random.Generator) -> tuple[Patterns, Patterns]:
    """Nearly equal magnitudes, on both sides of a power of two as well."""
    a, _ = anything(fmt, count, rng)
    magnitude = np.uint64((1 << (fmt.bits - 1)) - 1)
    near = (a & magnitude).astype(np.int64) + rng.integers(-3, 4, count)
    near += (rng.random(count) < 0.3) * rng.integers(-1, 2, count) * (1 << fmt.mantissa)
    near = np.clip(near, 0, magnitude.astype(np.int64))
    same = rng.random(count) < 0.2
    sign = (a >> np.uint64(fmt.bits - 1)) ^ np.where(same, 0, 1).astype(np.uint64)
    return a, near.astype(np.uint64) | sign << np.uint64(fmt.bits - 1)


def subnormals(fmt: Float, count: int, rng: np.random.Generator) -> tuple[Patterns, Patterns]:
    a, b = every_distance(fmt, count, rng)
    field = np.uint64(((1 << fmt.exponent) - 1) << fmt.mantissa)
    b = b & ~field
    small = rng.integers(0, 1 << min(fmt.exponent, 3), count).astype(np.uint64) << np.uint64(fmt.mantissa)
    return np.where(rng.random(count) < 0.7, a & ~field | small, a), b


def specials(fmt: Float, count: int, rng: np.random.Generator) -> tuple[Patterns, Patterns]:
    """Infinities, NaNs, zeros, and the largest, with anything."""
    top = (1 << fmt.exponent) - 1
    ones = (1 << fmt.mantissa) - 1
    magnitudes = [packed(fmt, 0, top, f) for f in (0, 1, ones - 1, ones)]
    magnitudes += [packed(fmt, 0, top - 1, ones), packed(fmt, 0, 0, 0), packed(fmt, 0, 1, 0)]
    chosen = rng.choice(np.array(magnitudes), count) | rng.integers(0, 2, count).astype(
        np.uint64
    ) << np.uint64(fmt.bits - 1)
    a, _ = anything(fmt, count, rng)
    return np.where(rng.random(count) < 0.5, a, rng.permutation(chosen)), chosen


def canonical(fmt: Float, bits: Patterns) -> Patterns:
    """``bits`` with every NaN replaced by the canonical one."""
    nan = np.isnan(fmt.decode(bits).astype(np.float32))
    return np.where(nan, np.uint64(fmt.canonical_nan), bits)


def numpy_says(fmt: Float, operation: Callable[..., Any], a: Patterns, b: Patterns) -> Patterns:
    """``operation`` in the format's own numpy type. It computes in float32, which rounds 16-bit sums
    right."""
    with np.errstate(all="ignore"):
        return canonical(fmt, fmt.encode(operation(fmt.decode(a), fmt.decode(b))))


def nearest(fmt: Float, value: Fraction, negative_zero: bool = False) -> int:
    """The bits of the float nearest to ``value``, the even one of two, found by definition in exact
    arithmetic."""
    sign = value < 0 or (value == 0 and negative_zero)
    magnitude = abs(value)
    emin = 1 - fmt.bias
    exponent = max(emin, magnitude.numerator.bit_length() - magnitude.denominator.bit_length())
    if exponent > emin and magnitude < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - fmt.mantissa)
    steps = round(magnitude / unit)
    if steps == 2 << fmt.mantissa:
        exponent, steps = exponent + 1, 1 << fmt.mantissa
    hidden = steps >> fmt.mantissa
    field = exponent + fmt.bias if hidden else 0
    bits = (field << fmt.mantissa) + steps - (hidden << fmt.mantissa)
    infinity = ((1 << fmt.exponent) - 1) << fmt.mantissa
    if fmt.infinities:
        bits = min(bits, infinity)
    elif bits >= fmt.canonical_nan:
        return fmt.canonical_nan
    return bits | sign << (fmt.bits - 1)


def exact(fmt: Float, bits: int) -> Fraction:
    """The value of a finite float."""
    return Fraction(float(fmt.decode([bits])[0]))
