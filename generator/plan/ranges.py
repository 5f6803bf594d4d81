"""Intervals: the least and the greatest that a signal can be, and so its width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from generator.formats import Float


@dataclass(frozen=True)
class Range:
    """The closed interval of the values a signal can take."""

    low: int
    high: int

    @cached_property
    def width(self) -> int:
        """Bits of two's complement that hold the interval."""
        return 1 + max((bound if bound >= 0 else ~bound).bit_length() for bound in (self.low, self.high))

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __invert__(self) -> Range:
        return Range(~self.high, ~self.low)

    def __or__(self, other: Range) -> Range:
        """The smallest interval that holds both."""
        return Range(min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class FloatRange(Range):
    """What a float of ``bits`` bits can be: whatever is added to it, it stays one. Bounds mean nothing."""

    bits: int

    @property
    def width(self) -> int:
        return self.bits

    def __add__(self, other: Range) -> Range:
        return self

    def __neg__(self) -> Range:
        return self

    def __invert__(self) -> Range:
        return self

    def __or__(self, other: Range) -> Range:
        return self


def aligned_range(number: Float, bits: int) -> Range:
    """What an activation is in units of its tile's scale, of which ``bits`` are kept."""
    precision, limit = number.mantissa + 1, 1 << (bits - 1)
    # A significand that keeps all its bits does not reach the limit; one that is cut rounds up to it.
    if bits > precision:
        limit = ((1 << precision) - 1) << (bits - 1 - precision)
    return Range(-limit, min(limit, (1 << (bits - 1)) - 1))
