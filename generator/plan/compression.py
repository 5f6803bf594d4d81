"""Carry-save reduction: a tree of full and half adders over the bits of fetched values, one level at a time.

A column's values and pending signs are dots, each worth two to the power of its place. A full adder makes
three dots of a place one there and one of the next place, a half adder two. When no place has more than two
left, they are two rows whose sum is the column's, and only one adder with a carry chain is needed (L. Dadda,
"Some schemes for parallel multipliers", Alta Frequenza, 1965). A value's sign bit is taken inverted, so that
all dots count upwards; what that adds is the same for all values, and is taken off by one constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from generator.plan.reduction import every_so_many


@dataclass(frozen=True)
class CompressorLevel:
    """What one level does in each place, lowest first, and beyond the last place what is carried there.

    ``full`` and ``half`` adders take the oldest dots of a place, ones of the constant before all. Behind the
    level there are ``dots``, among them ``ones`` of the constant. What is carried beyond the last place is
    one dot of a sum with a sign, for one at most is 1, and otherwise none.
    """

    full: tuple[int, ...]
    half: tuple[int, ...]
    dots: tuple[int, ...]
    ones: tuple[int, ...]

    @property
    def bits(self) -> int:
        """Dots behind the level that are no constants."""
        return sum(self.dots) - sum(self.ones)


@dataclass(frozen=True)
class CompressorPlan:
    """The carry-save tree over ``leaves`` fetched values of ``width`` bits, modulo 2^``width_limit``.

    Of ``signs``, the values' sign bits that are to be added, ``late_signs`` are left to the adder behind the
    tree, which has places for them. ``early_levels`` work on sign bits alone, which arrive before values; the
    levels that follow work on all dots.

    What comes out are two numbers: a signed one of ``sum_width`` bits, an unsigned one of ``carry_width``.
    """

    leaves: int
    width: int
    signs: int
    late_signs: int
    early_levels: int
    register_every: int
    width_limit: int

    @property
    def early(self) -> tuple[CompressorLevel, ...]:
        """Levels of sign bits alone."""
        return self._compressed[0]

    @property
    def levels(self) -> tuple[CompressorLevel, ...]:
        """Levels of all dots."""
        return self._compressed[1]

    @cached_property
    def _compressed(self) -> tuple[tuple[CompressorLevel, ...], tuple[CompressorLevel, ...]]:
        return _compressed(
            self.leaves,
            self.width,
            self.tree_signs,
            self.early_levels,
            self.places,
            self.constant,
            self.has_sign,
        )

    @property
    def tree_signs(self) -> int:
        """Sign bits that are dots of the tree: the first ones."""
        return self.signs - self.late_signs

    @property
    def inverts(self) -> bool:
        """Whether the values' highest bits are signs; those of values as wide as the sum need not be."""
        return self.width < self.width_limit

    @property
    def _surplus(self) -> int:
        """What inverted sign bits add to the sum."""
        return self.leaves << (self.width - 1) if self.inverts else 0

    @property
    def has_sign(self) -> bool:
        """Whether the sum has a sign bit of its own, above all ``places``."""
        return self.inverts and (self._surplus - 1).bit_length() < self.width_limit

    @property
    def places(self) -> int:
        """Places that are compressed.

        A constant makes the surplus the least power of two that is no less, 2^places. All dots are then worth
        less than twice that, so that of those carried beyond the places one at most is 1; taken off, the
        power makes it an inverted sign.
        """
        return (self._surplus - 1).bit_length() if self.has_sign else self.width_limit

    @property
    def constant(self) -> int:
        """What is added so that the surplus becomes a power of two, or nothing modulo 2^``width_limit``."""
        return -self._surplus % (1 << self.places)

    @property
    def sum_width(self) -> int:
        return self.places + self.has_sign

    @property
    def carry_width(self) -> int:
        """Bits up to the highest place where two dots are left."""
        left = self.levels[-1].dots[: self.places]
        return max((place + 1 for place, dots in enumerate(left) if dots > 1), default=1)

    @property
    def pairs(self) -> int:
        """Places where both rows have a dot that is no constant."""
        last = self.levels[-1]
        return sum(dots - ones > 1 for dots, ones in zip(last.dots[: self.places], last.ones, strict=True))

    @property
    def depth(self) -> int:
        return len(self.levels)

    @property
    def registered_levels(self) -> tuple[int, ...]:
        """Levels with a register behind them, counted from 1."""
        return every_so_many(self.depth, self.register_every)

    @property
    def register_bits(self) -> int:
        """Pipeline register bits of one tree: dots alive behind registered levels, and late signs."""
        return sum(self.levels[level - 1].bits + self.late_signs for level in self.registered_levels)

    @property
    def early_full_adders(self) -> int:
        return sum(sum(level.full) for level in self.early)

    @property
    def full_adders(self) -> int:
        """Full adders of all dots, but for those that take a one: these are ``half_adders``."""
        return sum(sum(level.full) for level in self.levels) - self._adders_of_ones

    @property
    def half_adders(self) -> int:
        """Half adders, or what a full adder with a constant is; the half adder of a one is none."""
        halves = sum(sum(level.half) for level in self.levels)
        return halves + 2 * self._adders_of_ones - self._ones_taken

    @property
    def _adders_of_ones(self) -> int:
        """Full adders that take a one of the constant."""
        before = [self.constant >> place & 1 for place in range(self.places)]
        count = 0
        for level in self.levels:
            count += sum(one and full > 0 for one, full in zip(before, level.full, strict=True))
            before = list(level.ones)
        return count

    @property
    def _ones_taken(self) -> int:
        return self.constant.bit_count() - sum(self.levels[-1].ones)


@lru_cache(maxsize=4096)
def _compressed(
    leaves: int, width: int, signs: int, early_levels: int, places: int, constant: int, has_sign: bool
) -> tuple[tuple[CompressorLevel, ...], tuple[CompressorLevel, ...]]:
    """Levels of sign bits alone, and of all dots."""
    nothing = (0,) * places
    dots = (signs, *(0,) * places)
    early: list[CompressorLevel] = []
    while len(early) < early_levels and max(dots[:places]) > 2:
        early.append(_level(dots, nothing, None, has_sign))
        dots = early[-1].dots
    ones = tuple(constant >> place & 1 for place in range(places))
    values = [leaves if place < width else 0 for place in range(places)]
    dots = (*map(sum, zip(dots[:places], values, ones, strict=True)), dots[places])
    levels: list[CompressorLevel] = []
    while not levels or max(dots[:places]) > 2:
        levels.append(_lowest(dots, ones, has_sign))
        dots, ones = levels[-1].dots, levels[-1].ones
    return tuple(early), tuple(levels)


def _lowest(dots: Sequence[int], ones: Sequence[int], has_sign: bool) -> CompressorLevel:
    """The next level: behind it no place has more than 2 dots, or else 3, 4, 6, 9 … as Dadda's trees have."""
    most = 2
    while True:
        level = _level(dots, ones, most, has_sign)
        if max(level.dots[:-1]) <= most:
            return level
        most = most * 3 // 2


def _level(dots: Sequence[int], ones: Sequence[int], most: int | None, has_sign: bool) -> CompressorLevel:
    """As many full adders as there are dots for; where they leave more than ``most``, a half adder, too."""
    full, half, after = [], [], []
    carries = 0
    for count in dots[:-1]:
        adders = count // 3
        left = count - 2 * adders + carries
        halves = 1 if most is not None and left > most and count % 3 == 2 else 0
        full.append(adders)
        half.append(halves)
        after.append(left - halves)
        carries = adders + halves
    beyond = int(has_sign and dots[-1] + carries > 0)
    kept = tuple(one if not (f or h) else 0 for one, f, h in zip(ones, full, half, strict=True))
    return CompressorLevel(tuple(full), tuple(half), (*after, beyond), kept)
