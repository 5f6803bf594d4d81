"""All networks of shifted additions that have room for so many sums beside a binary table's entries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement, product

Sum = tuple[int, ...]
SIZE = 4
INPUTS: tuple[Sum, ...] = tuple(tuple(int(i == place) for i in range(SIZE)) for place in range(SIZE))
ENTRIES = {(1, *signs) for signs in product((1, -1), repeat=SIZE - 1)}
SHIFTS = (1, 2, 4, 8)
"""What one operand of an addition counts, whose other counts once: where both are shifted, so is the sum."""


def odd_part(total: Sum) -> Sum | None:
    """``total`` without factors of two, its first weight not negative: shifts and signs are free."""
    if not any(total):
        return None
    while not any(weight % 2 for weight in total):
        total = tuple(weight // 2 for weight in total)
    return total if next(filter(None, total)) > 0 else tuple(-weight for weight in total)


def additions(sums: set[Sum]) -> set[Sum]:
    """What one addition of any two of ``sums``, shifted, gives."""
    made = set()
    for a, b in combinations_with_replacement(sorted(sums), 2):
        for shift_a, shift_b in ((1, 1), *((1, s) for s in SHIFTS[1:]), *((s, 1) for s in SHIFTS[1:])):
            for sign in (1, -1):
                total = odd_part(tuple(shift_a * x + sign * shift_b * y for x, y in zip(a, b, strict=True)))
                if total is not None:
                    made.add(total)
    return made


def entries_within_depth_three(extra: int) -> Iterator[int]:
    """For each choice of ``extra`` ≤ 2 sums that are no entries, the entries within three additions.

    A sum of three additions is of no use to those, so both take one or two. One of them takes one; which
    inputs it adds, and with which signs, does not matter.
    """
    inputs = set(INPUTS)
    first_level = additions(inputs) - inputs
    alike = {tuple(sorted(map(abs, total))): total for total in first_level}
    for first in alike.values():
        known = inputs | {first}
        for others in combinations(sorted((first_level | additions(known)) - known - ENTRIES), extra - 1):
            yield len(_reached({first, *others}))


def _reached(others: set[Sum]) -> set[Sum]:
    """The entries within three additions, those and ``others`` the only sums that are made."""
    made = set(INPUTS)
    for _ in range(3):
        made |= additions(made) & (others | ENTRIES)
    return made & ENTRIES
