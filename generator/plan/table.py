"""The table: which adder makes which entry from which two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from generator.alphabets import TERNARY, Digits, GroupCode, Symmetry, code_of, value_of
from generator.plan.ranges import Range
from generator.plan.table_sums import Steps, depths, steps_of, support


@dataclass(frozen=True)
class Entry:
    """A sum of a group's activations, with the signs of ``digits``: an entry, or what entries are made of.

    One with one non-zero digit is activation ``left`` itself (``right`` is None). Any other is the sum of
    those numbered ``left`` and ``right``, or their difference where ``subtract`` is true; ``right`` counts
    twice where ``doubled`` is. One that ``negates`` is that numbered ``left`` less than zero. There are
    ``depth`` additions between an activation and it.
    """

    index: int
    digits: Digits
    left: int
    right: int | None
    subtract: bool
    doubled: bool
    depth: int
    range: Range
    negates: bool = False

    @property
    def operands(self) -> tuple[int, ...]:
        """Numbers of those that it is made of."""
        if self.right is None:
            return (self.left,) if self.negates else ()
        return self.left, self.right


@dataclass(frozen=True)
class TablePlan:
    """How µ activations become an alphabet's entries, within ``deepest`` additions (0: as few as may be).

    Each sum of two activations or more takes one addition. Where sums that are no entries are among them,
    their numbers follow those of the entries. A full table is half a table with what negates its entries.
    """

    group_size: int
    activation: Range
    alphabet: str = TERNARY
    deepest: int = 0
    symmetry: Symmetry = "half"

    @property
    def code(self) -> GroupCode:
        return code_of(self.alphabet, self.group_size, self.symmetry)

    @property
    def _steps(self) -> Steps:
        return steps_of(self.alphabet, self.group_size, self.deepest)

    @cached_property
    def sums(self) -> tuple[Entry, ...]:
        """Entries and what else is summed, so that each follows what it is made of."""
        steps, depth = self._steps, depths(self._steps)
        entries = self.code.entries
        others = sorted(steps.keys() - set(entries), key=value_of)
        numbers = {digits: number for number, digits in enumerate((*entries, *others), start=1)}
        order = sorted(steps, key=lambda digits: (depth[digits], len(support(digits)), numbers[digits]))
        added = [self._sum(digits, numbers, depth[digits]) for digits in order]
        by_digits = {made.digits: made for made in added}
        negated = (self._negation(digits, numbers, by_digits) for digits in entries if digits not in steps)
        return (*added, *negated)

    def _negation(self, digits: Digits, numbers: dict[Digits, int], sums: dict[Digits, Entry]) -> Entry:
        of = sums[tuple(-digit for digit in digits)]
        number, depth = numbers[digits], of.depth + 1
        return Entry(number, digits, of.index, None, False, False, depth, -of.range, negates=True)

    def _sum(self, digits: Digits, numbers: dict[Digits, int], depth: int) -> Entry:
        step, terms = self._steps[digits], self.range_of(digits)
        if step is None:
            (place,) = support(digits)
            return Entry(numbers[digits], digits, place, None, False, False, depth, terms)
        left, right = numbers[step.left], numbers[step.right]
        return Entry(numbers[digits], digits, left, right, step.subtract, step.doubled, depth, terms)

    def range_of(self, digits: Digits) -> Range:
        """What the activations with the signs of ``digits`` add up to."""
        places = support(digits)
        if not places:
            return Range(0, 0)
        first, *others = (self.activation if digits[place] > 0 else -self.activation for place in places)
        for other in others:
            first = first + other
        return first

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Entries 1 … by their numbers, so that ``entries[i - 1]`` is entry i."""
        stored = [made for made in self.sums if made.index <= len(self.code.entries)]
        return tuple(sorted(stored, key=lambda entry: entry.index))

    @cached_property
    def adders(self) -> int:
        return sum(made.right is not None for made in self.sums)

    @cached_property
    def negations(self) -> int:
        """Entries of a full table that negate others."""
        return sum(made.negates for made in self.sums)

    @cached_property
    def depth(self) -> int:
        """Additions on the longest path, at least ceil(log2 µ)."""
        return max(made.depth for made in self.sums)

    @cached_property
    def waits(self) -> dict[int, int]:
        """Additions that each sum waits for, by its number: for the last entry, or for what is made of it."""
        depth = {made.index: made.depth for made in self.sums}
        wait = {entry.index: self.depth - entry.depth for entry in self.entries}
        for made in self.sums:
            for operand in made.operands:
                wait[operand] = max(wait.get(operand, 0), made.depth - 1 - depth[operand])
        return wait

    @cached_property
    def widest(self) -> int:
        """Bits of the widest entry."""
        return max(entry.range.width for entry in self.entries)

    @cached_property
    def entry_bits(self) -> int:
        """Bits of all entries of one table."""
        return sum(entry.range.width for entry in self.entries)
