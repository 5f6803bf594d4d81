"""The table: which adder makes which entry from which two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from generator.keys import digits_of, entry_count, index_of
from generator.plan.ranges import Range


@dataclass(frozen=True)
class Entry:
    """A stored entry: the digits' combination of a group's activations.

    An entry with one non-zero digit is activation ``left`` itself (``right`` is None). Any other is the sum
    of entries ``left`` and ``right``, or their difference where ``subtract`` is true; the two have disjoint
    halves of the support.
    """

    index: int
    digits: tuple[int, ...]
    left: int
    right: int | None
    subtract: bool
    range: Range

    @property
    def depth(self) -> int:
        """Additions between an activation and this entry."""
        return (sum(map(abs, self.digits)) - 1).bit_length()


@dataclass(frozen=True)
class TablePlan:
    """How µ activations become the (3^µ - 1)/2 entries, with one addition for each that needs one."""

    group_size: int
    activation: Range

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Entries 1 … (3^µ - 1)/2 by index, so that ``entries[i - 1]`` is entry i."""
        made: dict[int, Entry] = {}
        for index in self.build_order:
            digits = digits_of(index, self.group_size)
            support = [position for position, digit in enumerate(digits) if digit]
            if len(support) == 1:
                made[index] = Entry(index, digits, support[0], None, False, self.activation)
                continue
            half = (len(support) + 1) // 2
            left = index_of(tuple(d if i in support[:half] else 0 for i, d in enumerate(digits)))
            right = index_of(tuple(d if i in support[half:] else 0 for i, d in enumerate(digits)))
            subtract = right < 0
            a, b = made[left].range, made[abs(right)].range
            made[index] = Entry(index, digits, left, abs(right), subtract, a + (-b if subtract else b))
        return tuple(made[index] for index in sorted(made))

    @property
    def build_order(self) -> list[int]:
        """Indices with fewer non-zero digits first, so that an entry follows both of its operands."""
        indices = range(1, entry_count(self.group_size) + 1)
        return sorted(indices, key=lambda index: sum(map(abs, digits_of(index, self.group_size))))

    @property
    def adders(self) -> int:
        return entry_count(self.group_size) - self.group_size

    @property
    def depth(self) -> int:
        """Additions on the longest path, ceil(log2 µ)."""
        return (self.group_size - 1).bit_length()

    @cached_property
    def widest(self) -> int:
        """Bits of the widest entry."""
        return max(entry.range.width for entry in self.entries)

    @cached_property
    def entry_bits(self) -> int:
        """Bits of all entries of one table."""
        return sum(entry.range.width for entry in self.entries)
