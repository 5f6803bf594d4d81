"""Filling a table that is a memory: the order in which one adder makes its entries, one a cycle.

Every sum is the one before it, or nothing, plus or minus an activation, where the alphabet asks for it twice
an activation. A path through the groups of weights that goes on to a neighbour that is still to be made, and
otherwise the shortest way to one, makes few sums that are no entries, or are made already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from generator.alphabets import Digits, GroupCode, Symmetry, code_of


@dataclass(frozen=True)
class FillStep:
    """A cycle: the sum is of the group ``digits``; with ``index`` it is stored there, with None nowhere.

    Activation ``place`` (None: none) is added to the sum of the step before, or to nothing where the step
    ``restarts``; or subtracted where ``subtract``, and counted twice where ``doubled``.
    """

    digits: Digits
    place: int | None
    index: int | None = None
    restarts: bool = False
    subtract: bool = False
    doubled: bool = False


@dataclass(frozen=True)
class FillPlan:
    """How a table of an alphabet's groups is filled; ``stores_zero``: the group of zeros has a word, too.

    There is room for ``banks`` tables: with two, one is filled while the other is read.
    """

    alphabet: str
    group_size: int
    symmetry: Symmetry
    stores_zero: bool
    banks: int

    @property
    def code(self) -> GroupCode:
        return code_of(self.alphabet, self.group_size, self.symmetry)

    @cached_property
    def steps(self) -> tuple[FillStep, ...]:
        return _fill_steps(self.code, self.stores_zero)

    @property
    def cycles(self) -> int:
        """F: cycles in which a table is filled."""
        return len(self.steps)

    @property
    def step_width(self) -> int:
        """Bits of the number of a step."""
        return (self.cycles - 1).bit_length()

    @property
    def doubles(self) -> bool:
        """Whether an activation is ever counted twice."""
        return any(step.doubled for step in self.steps)

    @property
    def operands(self) -> int:
        """What is chosen from for a step: the activations and, for the group of zeros, nothing."""
        return self.group_size + self.stores_zero

    @property
    def words(self) -> int:
        """Words of a memory that is addressed by bank and index."""
        return ((self.banks - 1) << self.code.index_width) + self.code.last_index + 1

    def waits(self, steps: int) -> int:
        """Cycles in which nothing is fetched between two tables, the first of which is read in ``steps``."""
        return max(0, self.cycles - steps) if self.banks > 1 else self.cycles - 1


@lru_cache
def _fill_steps(code: GroupCode, stores_zero: bool) -> tuple[FillStep, ...]:
    """The shorter of the paths with and without doubled activations; of equal ones that without."""
    stored = {digits: index for index, digits in enumerate(code.selected) if any(digits) or stores_zero}
    nothing = (0,) * code.group_size
    single = _path(stored, nothing, (1, -1))
    doubled = _path(stored, nothing, (1, -1, 2, -2))
    return tuple(doubled if len(doubled) < len(single) else single)


def _path(stored: dict[Digits, int], nothing: Digits, changes: tuple[int, ...]) -> list[FillStep]:
    path = [FillStep(nothing, None, stored[nothing], restarts=True)] if nothing in stored else []
    left = stored.keys() - {nothing}
    while left:
        here = path[-1].digits if path else nothing
        for step in _way(left, here, nothing, changes):
            path.append(replace(step, index=stored[step.digits]) if step.digits in left else step)
        left.remove(path[-1].digits)
    return path


def _way(
    left: Collection[Digits], here: Digits, nothing: Digits, changes: tuple[int, ...]
) -> tuple[FillStep, ...]:
    """The shortest way from ``here``, or from ``nothing``, to a group that is ``left``.

    Of several as short one that ends where there are the fewest ways on, and rather goes on than restarts.
    """
    ways: list[tuple[FillStep, ...]] = [
        *((step,) for step in _moves(here, changes) if here != nothing),
        *((replace(step, restarts=True),) for step in _moves(nothing, changes)),
    ]
    seen = {here, nothing}
    while not (ends := [way for way in ways if way[-1].digits in left]):
        reached = {way[-1].digits: way for way in reversed(ways) if way[-1].digits not in seen}
        seen |= reached.keys()
        ways = [(*way, step) for way in reached.values() for step in _moves(way[-1].digits, changes)]

    def ways_on(way: tuple[FillStep, ...]) -> int:
        return sum(step.digits in left for step in _moves(way[-1].digits, changes))

    return min(ends, key=lambda way: (ways_on(way), way[0].restarts))


def _moves(group: Digits, changes: tuple[int, ...]) -> Iterator[FillStep]:
    """The groups that one addition makes of ``group``, and how."""
    for place, digit in enumerate(group):
        for change in changes:
            if abs(digit + change) <= 1:
                other = (*group[:place], digit + change, *group[place + 1 :])
                yield FillStep(other, place, subtract=change < 0, doubled=abs(change) > 1)
