"""Number formats as data: what a value's bits mean, which values exist, and conversion to and from numpy.

A format knows nothing of hardware; the arithmetic that works on it lives with the components.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.errors import ConfigError, instead


@dataclass(frozen=True)
class Integer:
    """Two's complement integers of ``bits`` bits.

    ``symmetric`` promises that the most negative value never comes (BitNet clips to ±127).
    """

    bits: int
    symmetric: bool = False

    @property
    def name(self) -> str:
        return f"int{self.bits}"

    @property
    def minimum(self) -> int:
        return -(1 << (self.bits - 1)) + self.symmetric

    @property
    def maximum(self) -> int:
        return (1 << (self.bits - 1)) - 1

    def encode(self, values: ArrayLike) -> NDArray[np.uint64]:
        """Bit patterns of integer ``values`` (any shape).

        Raises ``ConfigError`` for a value outside the format.
        """
        array = np.asarray(values, dtype=np.int64)
        if array.size and (array.min() < self.minimum or array.max() > self.maximum):
            raise ConfigError(
                f"activation {int(array.min() if array.min() < self.minimum else array.max())} "
                f"does not fit {self.name}: {self.minimum} … {self.maximum} is allowed"
            )
        return array.astype(np.uint64) & np.uint64((1 << self.bits) - 1)

    def decode(self, patterns: ArrayLike) -> NDArray[np.int64]:
        """The integers that bit ``patterns`` (any shape) stand for."""
        array = np.asarray(patterns, dtype=np.uint64).astype(np.int64)
        sign = np.int64(1 << (self.bits - 1))
        return ((array & np.int64((1 << self.bits) - 1)) ^ sign) - sign

    def random(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """Uniform values, with the extremes drawn more often than chance would."""
        values = rng.integers(self.minimum, self.maximum, size=shape, endpoint=True, dtype=np.int64)
        extreme = rng.random(shape) < 0.1
        return np.where(extreme, rng.choice([self.minimum, self.maximum], size=shape), values)


@dataclass(frozen=True)
class Float:
    """IEEE-like floating point: one sign bit, ``exponent`` bits biased by ``bias``, ``mantissa`` bits.

    ``infinities`` is false for e4m3fn, whose all-ones pattern alone is NaN and whose other patterns
    with the largest exponent are ordinary numbers (OCP 8-bit floating point, 2023, section 5.1).
    """

    name: str
    exponent: int
    mantissa: int
    dtype: Any
    infinities: bool = True

    @property
    def bits(self) -> int:
        return 1 + self.exponent + self.mantissa

    @property
    def bias(self) -> int:
        return (1 << (self.exponent - 1)) - 1

    @property
    def canonical_nan(self) -> int:
        """The one NaN that arithmetic makes: quiet, positive."""
        ones = (1 << self.exponent) - 1
        if not self.infinities:
            return (ones << self.mantissa) | ((1 << self.mantissa) - 1)
        return (ones << self.mantissa) | (1 << (self.mantissa - 1))

    @property
    def largest_steps(self) -> int:
        """The largest finite value, counted in smallest subnormals."""
        field = (1 << self.exponent) - 1 - self.infinities
        significand = (2 << self.mantissa) - 1 - (not self.infinities)
        return significand << (field - 1)

    @property
    def smallest_exponent(self) -> int:
        """The smallest subnormal is 2 to this power."""
        return 1 - self.bias - self.mantissa

    @property
    def fixed_bits(self) -> int:
        """Bits of a two's complement integer that counts every finite value in smallest subnormals."""
        return self.largest_steps.bit_length() + 1

    def aligned_lsb(self, bits: int) -> int:
        """One unit of an aligned integer of ``bits`` bits is 2 to this plus the group's exponent field."""
        return -self.bias - (bits - 2)

    @property
    def maximum(self) -> float:
        """The largest finite value."""
        return math.ldexp(self.largest_steps, self.smallest_exponent)

    @property
    def minimum(self) -> float:
        """The most negative finite value."""
        return -self.maximum

    def is_special(self, patterns: ArrayLike) -> NDArray[np.bool_]:
        """Which of the bit ``patterns`` (any shape) are infinities or NaNs."""
        magnitude = np.asarray(patterns, dtype=np.uint64) & np.uint64((1 << (self.bits - 1)) - 1)
        ones = ((1 << self.exponent) - 1) << self.mantissa
        first = ones if self.infinities else ones | ((1 << self.mantissa) - 1)
        return np.asarray(magnitude >= np.uint64(first))

    def random(
        self, rng: np.random.Generator, shape: tuple[int, ...], specials: float = 0.005
    ) -> NDArray[Any]:
        """Values of the format: half of them normally distributed, half of any finite pattern.

        The ends of the format, subnormals and zeros come more often than chance would bring them, an
        infinity or a NaN with probability ``specials`` each time.
        """
        patterns = rng.integers(0, 1 << self.bits, size=shape, dtype=np.uint64)
        common = [self.maximum, self.minimum, 0.0, -0.0]
        kind = rng.random(shape)
        patterns = np.where(kind < 0.5, self.encode(rng.standard_normal(shape)), patterns)
        patterns = np.where(kind > 0.95, self.encode(rng.choice(common, size=shape)), patterns)
        subnormal = ~np.uint64(((1 << self.exponent) - 1) << self.mantissa)
        patterns = np.where((kind > 0.9) & (kind < 0.95), patterns & subnormal, patterns)
        special = rng.integers(0, 1 << self.mantissa, size=shape, dtype=np.uint64)
        special |= np.uint64(((1 << self.exponent) - 1) << self.mantissa)
        special = np.where(self.is_special(special), special, np.uint64(self.canonical_nan))
        special |= rng.integers(0, 2, size=shape, dtype=np.uint64) << np.uint64(self.bits - 1)
        patterns = np.where(self.is_special(patterns), 0, patterns)
        return self.decode(np.where(rng.random(shape) < specials, special, patterns))

    def encode(self, values: ArrayLike) -> NDArray[np.uint64]:
        """Bit patterns of ``values`` (any shape) rounded to nearest even into the format."""
        array = np.ascontiguousarray(np.asarray(values).astype(self.dtype))
        return array.view(f"u{self.bits // 8}").astype(np.uint64)

    def decode(self, patterns: ArrayLike) -> NDArray[Any]:
        """The values of bit ``patterns`` (any shape), as an array of the format's own numpy dtype."""
        array = np.ascontiguousarray(np.asarray(patterns, dtype=np.uint64).astype(f"u{self.bits // 8}"))
        return array.view(self.dtype)


FLOATS = {
    fmt.name: fmt
    for fmt in (
        Float("fp32", 8, 23, np.float32),
        Float("fp16", 5, 10, np.float16),
        Float("bf16", 8, 7, ml_dtypes.bfloat16),
        Float("fp8_e4m3", 4, 3, ml_dtypes.float8_e4m3fn, infinities=False),
        Float("fp8_e5m2", 5, 2, ml_dtypes.float8_e5m2),
    )
}
INTEGER_BITS = range(2, 17)

Format = Integer | Float


@lru_cache
def format_named(name: str, symmetric: bool = False, what: str = "activation") -> Format:
    """The format that ``name`` stands for: int2 … int16, or one of ``FLOATS``."""
    if name in FLOATS:
        return FLOATS[name]
    match = re.fullmatch(r"int(\d+)", name)
    if match and int(match[1]) in INTEGER_BITS:
        return Integer(int(match[1]), symmetric)
    names = [*(f"int{bits}" for bits in INTEGER_BITS), *FLOATS]
    raise ConfigError(f"{what} = {name!r} is not a number format: {instead(name, names, 'formats')}")
