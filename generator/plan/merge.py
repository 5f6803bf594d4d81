"""Merging: how the interleaved partial sums of a pipelined accumulator become one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class MergePlan:
    """How interleaved partial sums become one, by the adder that made them, whose latency is their number.

    The adder goes round a ring of ``sums`` partial sums. In every step one of them comes out of it, and is
    captured or added to the captured one; a merged sum comes out again ``sums`` steps later. So neighbours
    are added in pairs, and pairs of pairs, as they come.
    """

    sums: int

    @cached_property
    def captures(self) -> tuple[int, ...]:
        """Steps in which the sum that comes out is captured."""
        return tuple(step for step, merges in self._schedule if not merges)

    @cached_property
    def merges(self) -> tuple[int, ...]:
        """Steps in which the sum that comes out and the captured one are added."""
        return tuple(step for step, merges in self._schedule if merges)

    @property
    def steps(self) -> int:
        """Steps until the one sum comes out; 0 if it does at once."""
        return self.merges[-1] + self.sums if self.merges else 0

    @cached_property
    def _schedule(self) -> tuple[tuple[int, bool], ...]:
        alive, schedule, captured, step = set(range(self.sums)), [], False, 0
        while len(alive) > 1 or captured:
            position = step % self.sums
            if position in alive:
                schedule.append((step, captured))
                if not captured:
                    alive.remove(position)
                captured = not captured
            step += 1
        return tuple(schedule)
