"""Kinds of numbers as a plan is evaluated in numpy: what an addition is, how values come in and go out."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, assert_never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator import softfloat
from generator.formats import Float
from generator.plan import (
    AlignedDatapath,
    CorePlan,
    ExactDatapath,
    IntegerDatapath,
    MergePlan,
    NativeDatapath,
    Range,
)

Array = NDArray[Any]


class PlanViolation(AssertionError):
    """An intermediate value left the interval or the width that the plan gives it."""


class Pending(NamedTuple):
    """A value in the reduction with the sign bit still to be added (``None``: the arithmetic has none)."""

    value: Array
    sign: Array | None


class Arithmetic(Protocol):
    """What the walk over a plan needs of a kind of number."""

    def scales(self, tiles: Array) -> Array:
        """What the activations ``tiles``[…, n] of a tile have in common: […]."""

    def activations(self, tiles: Array, scales: Array) -> Array:
        """The working representation of activations; raises ``ConfigError`` for one outside the format."""

    def special(self, values: ArrayLike) -> Array | None:
        """Where activations invalidate whatever they are selected into, if the datapath tracks that."""

    def add(self, left: Array, right: Array, subtract: bool) -> Array:
        """One addition or subtraction of the table."""

    def fetch(self, entry: Array, sign: Array) -> Pending:
        """A fetched entry, negated where ``sign`` is 1."""

    def multiply(self, activation: Array, weight: Array) -> Pending:
        """A product of the ``multiplier`` architecture."""

    def reduce(self, left: Pending, right: Pending) -> Pending:
        """One adder of the reduction tree."""

    def accumulate(self, tiles: Pending, scales: Array) -> Array:
        """The sums over the leading axis, tile after tile, of which each has its scale."""

    def join(self, left: Array, right: Array) -> Array:
        """One addition of accumulators of two cores that divide the inputs."""

    def results(self, sums: Array) -> Array:
        """Accumulators as the core's results: integers, or bit patterns of floats."""


class IntegerArithmetic:
    """Exact integers in int64: every sum of the plan is far below 2^63, the accumulator alone wraps.

    With ``check`` every partial sum of the accumulator has to stay inside the accumulator's range.
    """

    def __init__(self, plan: CorePlan, check: bool = False) -> None:
        self._format = plan.config.format
        self._range, self._width = plan.sum_range, plan.sum_range.width
        self._check = check

    def scales(self, tiles: Array) -> Array:
        return np.zeros(tiles.shape[:-1], dtype=np.int64)

    def activations(self, tiles: Array, scales: Array) -> Array:
        return np.asarray(self._format.decode(self._format.encode(tiles)))

    def special(self, values: ArrayLike) -> Array | None:
        return None

    def add(self, left: Array, right: Array, subtract: bool) -> Array:
        return left - right if subtract else left + right

    def fetch(self, entry: Array, sign: Array) -> Pending:
        return Pending(entry ^ -sign, sign)

    def multiply(self, activation: Array, weight: Array) -> Pending:
        return Pending(activation * weight, None)

    def reduce(self, left: Pending, right: Pending) -> Pending:
        total = left.value + right.value
        if left.sign is not None:
            total += left.sign
        return Pending(total, right.sign)

    def accumulate(self, tiles: Pending, scales: Array) -> Array:
        if self._check:
            steps = tiles.value if tiles.sign is None else tiles.value + tiles.sign
            within("accumulator", np.cumsum(steps, axis=0), self._range, self._width)
        sums = tiles.value.sum(axis=0)
        return np.asarray(sums if tiles.sign is None else sums + tiles.sign.sum(axis=0))

    def join(self, left: Array, right: Array) -> Array:
        total = left + right
        if self._check:
            within("sum of cores", total, self._range, self._width)
        return np.asarray(total)

    def results(self, sums: Array) -> Array:
        return wrap(sums, self._width)


class ExactArithmetic(IntegerArithmetic):
    """Floats in units of the smallest subnormal, rounded once; infinities and NaNs count as nothing."""

    def __init__(self, plan: CorePlan, units: ExactDatapath, check: bool = False) -> None:
        super().__init__(plan, check)
        self._float, self._lsb = units.number, units.to_float.lsb
        # Of a product that takes subnormals for zeros none is left, as weights are -1, 0 and 1.
        self._least = 0 if units.multiply.subnormals else 1 << units.number.mantissa

    def activations(self, tiles: Array, scales: Array) -> Array:
        fixed, special = softfloat.to_fixed(self._float, self._float.encode(tiles))
        return np.where(special | (np.abs(fixed) < self._least), 0, fixed)

    def special(self, values: ArrayLike) -> Array | None:
        return self._float.is_special(self._float.encode(values))

    def results(self, sums: Array) -> Array:
        return softfloat.from_fixed(self._float, super().results(sums), self._lsb).astype(np.int64)


class AlignedArithmetic(IntegerArithmetic):
    """Integers on the scale of a tile's largest exponent; each tile's sum is rounded to a float and added."""

    def __init__(self, plan: CorePlan, units: AlignedDatapath) -> None:
        super().__init__(plan)
        self._float, self._align, self._lsb = units.number, units.align, units.to_float.lsb
        self._total, self._merge = units.accumulate.fmt, plan.merge

    def scales(self, tiles: Array) -> Array:
        return softfloat.largest_exponent(self._float, self._float.encode(tiles))

    def activations(self, tiles: Array, scales: Array) -> Array:
        patterns, bits, rounding = self._float.encode(tiles), self._align.bits, self._align.rounding
        aligned, special = softfloat.align(self._float, patterns, scales[..., None], bits, rounding)
        return np.where(special, 0, aligned)

    def special(self, values: ArrayLike) -> Array | None:
        return self._float.is_special(self._float.encode(values))

    def accumulate(self, tiles: Pending, scales: Array) -> Array:
        sums = tiles.value if tiles.sign is None else tiles.value + tiles.sign
        within("tile", sums, self._range, self._width)
        lsb = self._lsb + scales[:, None]
        return accumulated(self._total, softfloat.from_fixed(self._total, sums, lsb), self._merge)

    def join(self, left: Array, right: Array) -> Array:
        return softfloat.add(self._total, left, right)

    def results(self, sums: Array) -> Array:
        return sums.astype(np.int64)


class NativeArithmetic(IntegerArithmetic):
    """Bits of floats; every addition is rounded, in the plan's order."""

    def __init__(self, plan: CorePlan, units: NativeDatapath) -> None:
        super().__init__(plan)
        self._float, self._total, self._merge = units.number, units.accumulate.fmt, plan.merge
        self._subnormals = units.multiply.subnormals

    def activations(self, tiles: Array, scales: Array) -> Array:
        return self._float.encode(tiles).astype(np.int64)

    def add(self, left: Array, right: Array, subtract: bool) -> Array:
        return softfloat.add(self._float, left, right, subtract=subtract).astype(np.int64)

    def fetch(self, entry: Array, sign: Array) -> Pending:
        return Pending(entry ^ (sign << (self._float.bits - 1)), None)

    def multiply(self, activation: Array, weight: Array) -> Pending:
        selected = np.where(weight == 0, 0, activation)
        number = self._float.encode(weight)
        product = softfloat.multiply(self._float, selected, number, self._subnormals)
        return Pending(product.astype(np.int64), None)

    def reduce(self, left: Pending, right: Pending) -> Pending:
        return Pending(self.add(left.value, right.value, False), None)

    def accumulate(self, tiles: Pending, scales: Array) -> Array:
        addends = tiles.value.astype(np.uint64)
        if self._total != self._float:
            addends = softfloat.widen(self._float, self._total, addends)
        return accumulated(self._total, addends, self._merge)

    def join(self, left: Array, right: Array) -> Array:
        return softfloat.add(self._total, left, right)

    def results(self, sums: Array) -> Array:
        return sums.astype(np.int64)


def arithmetic_of(plan: CorePlan, check: bool) -> Arithmetic:
    """The arithmetic that ``plan`` is evaluated with."""
    match plan.datapath:
        case IntegerDatapath():
            return IntegerArithmetic(plan, check)
        case NativeDatapath() as units:
            return NativeArithmetic(plan, units)
        case ExactDatapath() as units:
            return ExactArithmetic(plan, units, check)
        case AlignedDatapath() as units:
            return AlignedArithmetic(plan, units)
        case unknown:
            assert_never(unknown)


def accumulated(number: Float, addends: Array, merge: MergePlan) -> Array:
    """The floats ``addends`` added up over the leading axis: partial sums in turn from +0, then merged."""
    sums = [np.zeros(addends.shape[1:], dtype=np.uint64) for _ in range(merge.sums)]
    for tile, addend in enumerate(addends):
        place = tile % merge.sums
        sums[place] = softfloat.add(number, sums[place], addend)
    oldest = len(addends) % merge.sums
    sums = sums[oldest:] + sums[:oldest]
    for captured, merged in zip(merge.captures, merge.merges, strict=True):
        into = merged % merge.sums
        sums[into] = softfloat.add(number, sums[into], sums[captured % merge.sums])
    return sums[merge.merges[-1] % merge.sums] if merge.merges else sums[0]


def wrap(values: Array, width: int) -> Array:
    """``values`` cut to ``width`` bits of two's complement."""
    half = np.int64(1 << (width - 1))
    return np.asarray(((values + half) & np.int64((1 << width) - 1)) - half)


def within(name: str, values: Array, allowed: Range, width: int | None) -> None:
    """Raise ``PlanViolation`` where a value is outside ``allowed`` or does not fit ``width`` bits."""
    low, high = int(values.min()), int(values.max())
    if low < allowed.low or high > allowed.high:
        raise PlanViolation(f"{name}: {low} … {high} is outside the plan's {allowed.low} … {allowed.high}")
    if width is not None and Range(low, high).width > width:
        raise PlanViolation(f"{name}: {low} … {high} does not fit the plan's {width} bits")
