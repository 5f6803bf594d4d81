"""Which sums make a table: the fewest that are known at a depth, among them some that are no entries.

Sums are groups of weights whose first that is not zero is 1. Each is one activation, or one addition or
subtraction of two others, the second of which may be twice an activation: an entry with one weight turned
over. Two ways of halving groups are tried; then, where the table may be deeper than it must, sums that are no
entries are left out one by one while all entries can still be made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import permutations
from typing import NamedTuple

from generator.alphabets import Digits, code_of, value_of


class Step(NamedTuple):
    """A sum as ``left`` plus or minus ``right``, which counts twice if ``doubled``."""

    left: Digits
    right: Digits
    subtract: bool
    doubled: bool = False


Steps = Mapping[Digits, Step | None]
"""How each sum is made; None: it is an activation."""
Halving = Callable[[Digits], Sequence[int]]
"""The places of the first half of a group of two or more weights that are not zero."""


def positive(digits: Digits) -> Digits:
    """The group, or its negation, whose first weight that is not zero is 1."""
    return digits if value_of(digits) > 0 else tuple(-digit for digit in digits)


def support(digits: Digits) -> list[int]:
    return [place for place, digit in enumerate(digits) if digit]


def by_weights(digits: Digits) -> Sequence[int]:
    """Half of the weights that are not zero, the larger first."""
    places = support(digits)
    return places[: (len(places) + 1) // 2]


def by_places(digits: Digits) -> Sequence[int]:
    """Those in the first half of a group's places, or of the half that holds all of them, and so on."""
    places, low, high = support(digits), 0, len(digits)
    while True:
        middle = (low + high + 1) // 2
        first = [place for place in places if place < middle]
        if first and len(first) < len(places):
            return first
        low, high = (low, middle) if first else (middle, high)


def halved(entries: Collection[Digits], halving: Halving) -> Steps:
    """The steps to ``entries``, and to halves of them and of those."""
    steps: dict[Digits, Step | None] = {}
    waiting = list(entries)
    while waiting:
        digits = waiting.pop()
        if digits in steps:
            continue
        if len(support(digits)) == 1:
            steps[digits] = None
            continue
        places = halving(digits)
        left = tuple(digit if place in places else 0 for place, digit in enumerate(digits))
        right = tuple(0 if place in places else digit for place, digit in enumerate(digits))
        steps[digits] = Step(left, positive(right), subtract=value_of(right) < 0)
        waiting += [left, positive(right)]
    return steps


def depths(steps: Steps) -> dict[Digits, int]:
    """Additions between an activation and each sum."""
    made: dict[Digits, int] = {}

    def depth(digits: Digits) -> int:
        if digits not in made:
            step = steps[digits]
            made[digits] = 0 if step is None else 1 + max(depth(step.left), depth(step.right))
        return made[digits]

    for digits in steps:
        depth(digits)
    return made


def adders(steps: Steps) -> int:
    return sum(step is not None for step in steps.values())


def shallowest(sums: Collection[Digits], depth: int) -> Steps | None:
    """The steps that make each of ``sums`` with the fewest additions behind one another; None where one takes
    more than ``depth``, or more than an addition of others."""
    ordered = sorted(sums, key=value_of)
    steps: dict[Digits, Step | None] = {digits: None for digits in ordered if len(support(digits)) == 1}
    singles = list(steps)
    missing = set(ordered) - steps.keys()
    for _ in range(depth):
        pairs = ((a, b, False) for a, b in permutations(list(steps), 2))
        doubled = ((a, b, True) for a in list(steps) if a not in singles for b in singles)
        reached: dict[Digits, Step] = {}
        for left, right, twice in (*pairs, *doubled):
            for subtract in (False, True):
                factor = (-1 if subtract else 1) * (1 + twice)
                total = tuple(a + factor * b for a, b in zip(left, right, strict=True))
                if total in missing and total not in reached:
                    reached[total] = Step(left, right, subtract, twice)
        steps |= reached
        missing -= reached.keys()
        if not missing:
            return steps
    return None


@lru_cache
def steps_of(alphabet: str, group_size: int, depth: int = 0) -> Steps:
    """The steps to an alphabet's entries within ``depth`` additions; 0 stands for the fewest there can be."""
    entries = code_of(alphabet, group_size).entries
    steps = halved(entries, halving_of(alphabet, group_size))
    if depth <= least_depth(alphabet, group_size):
        return steps
    for extra in sorted(steps.keys() - set(entries), key=lambda w: (-len(support(w)), value_of(w))):
        if len(support(extra)) > 1:
            steps = shallowest(steps.keys() - {extra}, depth) or steps
    return steps


@lru_cache
def halving_of(alphabet: str, group_size: int) -> Halving:
    """How groups are halved for the fewest adders at the least depth."""
    entries, least = code_of(alphabet, group_size).entries, least_depth(alphabet, group_size)
    ways = [(halving, halved(entries, halving)) for halving in (by_weights, by_places)]
    within = [(halving, steps) for halving, steps in ways if max(depths(steps).values()) <= least]
    return min(within, key=lambda way: adders(way[1]))[0]


def least_depth(alphabet: str, group_size: int) -> int:
    """The fewest additions behind one another that the entry with the most activations takes."""
    return max((len(support(w)) - 1).bit_length() for w in code_of(alphabet, group_size).entries)


def saves_adders(alphabet: str, group_size: int, depth: int) -> bool:
    """Whether tables of ``depth`` additions have fewer adders than those of one less."""
    if depth <= least_depth(alphabet, group_size):
        return depth == least_depth(alphabet, group_size)
    return adders(steps_of(alphabet, group_size, depth)) < adders(steps_of(alphabet, group_size, depth - 1))
