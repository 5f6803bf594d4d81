"""What each floating-point block computes, in numpy: on arrays of bit patterns of any shape, bit for bit.

Every result is computed exactly, or in float64 so that its one further rounding is the right one, and then
rounded by ``encode``. Two floats of precision p are added correctly that way if float64 has at least 2p + 2
bits (Figueroa, "When is double rounding innocuous?", SIGNUM 1995): 53 against 50 for fp32, the widest; sums
below the normal range are exact. A product of two floats has 2p ≤ 48 bits and is exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.config import Rounding
from generator.formats import Float

Patterns = NDArray[np.uint64]
Integers = NDArray[np.int64]


def patterns(values: ArrayLike) -> Patterns:
    return np.asarray(values, dtype=np.uint64)


def fields(fmt: Float, a: ArrayLike) -> tuple[NDArray[np.bool_], Integers, Integers]:
    """Sign, exponent field and fraction."""
    bits = patterns(a).astype(np.int64)
    exponent = (bits >> fmt.mantissa) & ((1 << fmt.exponent) - 1)
    return bits >> (fmt.bits - 1) != 0, exponent, bits & ((1 << fmt.mantissa) - 1)


def decode(fmt: Float, a: ArrayLike) -> NDArray[np.float64]:
    """The values of patterns ``a``, exactly."""
    sign, exponent, fraction = fields(fmt, a)
    significand = fraction + np.where(exponent > 0, 1 << fmt.mantissa, 0)
    value = np.ldexp(significand.astype(np.float64), np.maximum(exponent, 1) - 1 + fmt.smallest_exponent)
    infinite = fmt.is_special(a)
    nan = infinite & (fraction != 0) if fmt.infinities else infinite
    value = np.where(nan, np.nan, np.where(infinite, np.inf, value))
    return np.where(sign, -value, value)


def encode(fmt: Float, values: ArrayLike) -> Patterns:
    """``values`` (float64) rounded once to nearest even."""
    value = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(value)
    magnitude = np.abs(np.where(finite, value, 0.0))
    _, power = np.frexp(magnitude)
    # The exponent field less one, 0 for subnormals: adding the significand with its hidden bit then packs
    # it, and a significand that rounds up to the next power of two carries into the field.
    field = np.where(magnitude > 0, np.maximum(power.astype(np.int64) - 1 + fmt.bias, 1) - 1, 0)
    significand = np.rint(np.ldexp(magnitude, -(field + fmt.smallest_exponent))).astype(np.int64)
    packed = (field << fmt.mantissa) + significand
    if fmt.infinities:
        infinity = ((1 << fmt.exponent) - 1) << fmt.mantissa
        packed = np.where(finite, np.minimum(packed, infinity), infinity)
        nan = np.isnan(value)
    else:
        nan = ~finite | (packed >= fmt.canonical_nan)
    signed = packed | np.where(np.signbit(value), 1 << (fmt.bits - 1), 0)
    return np.where(nan, fmt.canonical_nan, signed).astype(np.uint64)


def add(fmt: Float, a: ArrayLike, b: ArrayLike, *, subtract: bool = False) -> Patterns:
    """``FloatAdder``: a + b, or a - b."""
    x, y = decode(fmt, a), decode(fmt, b)
    with np.errstate(invalid="ignore"):
        return encode(fmt, x - y if subtract else x + y)


def multiply(fmt: Float, a: ArrayLike, b: ArrayLike, subnormals: bool = True) -> Patterns:
    """``FloatMultiplier``: a · b."""
    smallest = 0.0 if subnormals else 2.0 ** (1 - fmt.bias)

    def flushed(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(np.abs(value) < smallest, np.copysign(0.0, value), value)

    with np.errstate(invalid="ignore"):
        # Of two floats of 24 bits the product is exact in float64.
        product = flushed(decode(fmt, a)) * flushed(decode(fmt, b))
        return encode(fmt, flushed(product))


def signed_significand(
    fmt: Float, sign: NDArray[np.bool_], exponent: Integers, fraction: Integers
) -> Integers:
    """The significand, hidden bit included, as a signed integer."""
    significand = fraction + np.where(exponent > 0, 1 << fmt.mantissa, 0)
    return np.where(sign, -significand, significand)


def to_fixed(fmt: Float, a: ArrayLike) -> tuple[Integers, NDArray[np.bool_]]:
    """``FloatToFixed``: a in units of the smallest subnormal, and whether it is infinite or NaN.

    For formats of at most 63 bits in fixed point. What an infinity or a NaN gives is that of the hardware.
    """
    sign, exponent, fraction = fields(fmt, a)
    word = signed_significand(fmt, sign, exponent, fraction) << (np.maximum(exponent, 1) - 1)
    spare = 64 - fmt.fixed_bits
    return (word << spare) >> spare, fmt.is_special(a)


def from_fixed(fmt: Float, fixed: ArrayLike, lsb: ArrayLike) -> Patterns:
    """``FixedToFloat``: the integers ``fixed`` times 2^``lsb``, rounded once.

    ``lsb`` includes the runtime exponent, if any. An integer of more than 53 bits is first cut to its upper
    bits with everything below or'ed into the last one: float64 holds that exactly, and it rounds as the
    integer does.
    """
    integers = np.asarray(fixed, dtype=np.int64)
    magnitude = np.abs(integers).astype(np.uint64)
    cut = np.uint64(10)
    dropped = (magnitude & np.uint64((1 << 10) - 1)) != 0
    long = magnitude >= np.uint64(1 << 53)
    odd = np.where(long, (magnitude >> cut) | dropped, magnitude).astype(np.float64)
    value = np.ldexp(odd, np.asarray(lsb, dtype=np.int64) + np.where(long, 10, 0))
    return encode(fmt, np.where(integers < 0, -value, value))


def largest_exponent(fmt: Float, a: ArrayLike, axis: int = -1) -> Integers:
    """``LargestExponent``: of the finite values along ``axis`` the largest exponent field, at least 1."""
    _, exponent, _ = fields(fmt, a)
    return np.asarray(np.where(fmt.is_special(a), 0, exponent).max(axis=axis, initial=1))


def align(
    fmt: Float, a: ArrayLike, exponent: ArrayLike, bits: int, rounding: Rounding = "nearest"
) -> tuple[Integers, NDArray[np.bool_]]:
    """``Align``: a on the scale of exponent field ``exponent`` as integers, and whether it is infinite or
    NaN."""
    special = fmt.is_special(a)
    sign, field, fraction = fields(fmt, a)
    field = np.where(special, 0, field)
    word = signed_significand(fmt, sign, field, fraction)
    # Units of the result are 2^shift units of the significand; beyond 62 places only the sign is left.
    shift = np.asarray(exponent, dtype=np.int64) - np.maximum(field, 1) + fmt.mantissa - (bits - 2)
    word = word << np.maximum(-shift, 0)
    shift = np.clip(shift, 0, 62)
    floor = word >> shift
    if rounding == "truncate":
        return floor, special
    rest = word - (floor << shift)
    half = np.where(shift > 0, np.int64(1) << np.maximum(shift - 1, 0), 1)
    up = (rest > half) | ((rest == half) & (floor % 2 == 1))
    return np.minimum(floor + up, (1 << (bits - 1)) - 1), special


def widen(source: Float, target: Float, a: ArrayLike) -> Patterns:
    """``FloatWiden``: the same value in format ``target``."""
    return encode(target, decode(source, a))
