"""Alphabets: which groups of µ weights there are. All else follows from that.

An alphabet is a set of groups that holds with each its negation. From it come the entries of a table (one of
each pair of opposite groups that are not zero), the numbers by which keys call them, the packer, the adders
of a table and their prices. A new one is a line of ``ALPHABETS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Literal, assert_never, get_args

from generator.errors import ConfigError

Digits = tuple[int, ...]
"""The weights of a group, each -1, 0 or 1, the first the most significant."""
Symmetry = Literal["half", "full"]
"""Whether tables hold one of each pair of opposite groups, which a key's sign negates, or both."""

SYMMETRIES: tuple[Symmetry, ...] = get_args(Symmetry)


@dataclass(frozen=True)
class Alphabet:
    """Groups of weights by the name ``alphabet = name``.

    ``allows`` says which weights are a group: of any of the ``group_sizes``, and of w exactly if of -w.
    """

    name: str
    meaning: str
    group_sizes: tuple[int, ...]
    allows: Callable[[Digits], bool]


ALPHABETS = {
    alphabet.name: alphabet
    for alphabet in (
        Alphabet("ternary", "weights of -1, 0 and 1", (1, 2, 3, 4, 5, 6), lambda w: True),
        Alphabet("binary", "weights of -1 and 1", (1, 2, 3, 4, 5, 6), all),
        Alphabet("sparse_3_4", "exactly one of every four weights is 0", (4,), lambda w: w.count(0) == 1),
    )
}
TERNARY = "ternary"
"""The alphabet of a core that states none."""
GROUP_SIZES = sorted({size for alphabet in ALPHABETS.values() for size in alphabet.group_sizes})


def value_of(digits: Digits) -> int:
    """Σᵢ wᵢ·3^(µ-1-i), the balanced-ternary value; negative where the leading non-zero digit is -1."""
    value = 0
    for digit in digits:
        value = 3 * value + digit
    return value


@dataclass(frozen=True)
class GroupCode:
    """How an alphabet's groups of ``group_size`` weights are numbered.

    A group's index is the rank of |t|, t its balanced-ternary value, among those of all groups; its key is
    the sign t < 0 above the index. The group of zeros, where it is one, has index 0 and needs no entry.
    With ``symmetry = "full"`` keys have no sign: negative groups follow the others, -1 has the last index.
    """

    alphabet: Alphabet
    group_size: int
    symmetry: Symmetry = "half"

    @property
    def signed(self) -> bool:
        """Whether a key has a sign, which negates what its index selects."""
        match self.symmetry:
            case "half":
                return True
            case "full":
                return False
            case unknown:
                assert_never(unknown)

    @cached_property
    def halves(self) -> tuple[Digits, ...]:
        """By index, the groups whose first weight that is not zero is 1, and the group of zeros."""
        groups = product((-1, 0, 1), repeat=self.group_size)
        return tuple(
            sorted((w for w in groups if value_of(w) >= 0 and self.alphabet.allows(w)), key=value_of)
        )

    @cached_property
    def selected(self) -> tuple[Digits, ...]:
        """By index, the groups that keys without a sign select: ``halves``, or all."""
        if self.signed:
            return self.halves
        negative = (tuple(-w for w in group) for group in reversed(self.halves[self.first_index :]))
        return (*self.halves, *negative)

    @cached_property
    def entries(self) -> tuple[Digits, ...]:
        """Those that need an entry, by index."""
        return self.selected[self.first_index :]

    @property
    def first_index(self) -> int:
        """The index of the first entry: 1 where keys can select nothing, with index 0."""
        return 0 if any(self.halves[0]) else 1

    @property
    def last_index(self) -> int:
        return len(self.selected) - 1

    @property
    def index_width(self) -> int:
        return self.last_index.bit_length()

    @property
    def key_width(self) -> int:
        """Bits of a key: the index and the sign above it, if it has one."""
        return int(self.signed) + self.index_width

    @property
    def groups(self) -> int:
        """All groups, those of opposite sign counted twice."""
        return len(self.entries) * (1 + self.signed) + self.first_index

    @property
    def most_taken(self) -> Digits:
        """The group of which most weights are 1, which no others' sums exceed."""
        return self.halves[-1]

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """Of groups that are all as likely, the share that takes k of the activations, k = 0 … µ."""
        taken = [self.first_index] + [0] * self.group_size
        for digits in self.entries:
            taken[sum(map(abs, digits))] += 1 + self.signed
        return tuple(count / self.groups for count in taken)


@lru_cache
def code_of(alphabet: str, group_size: int, symmetry: Symmetry = "half") -> GroupCode:
    """The code of groups of ``group_size`` weights; ``ConfigError`` for an alphabet that has none such."""
    if alphabet not in ALPHABETS:
        raise ConfigError(f"alphabet = {alphabet!r}: {', '.join(ALPHABETS)} are known")
    weights = ALPHABETS[alphabet]
    if group_size not in weights.group_sizes:
        sizes = " or ".join(map(str, weights.group_sizes))
        raise ConfigError(
            f"group_size = {group_size} with alphabet = {alphabet!r}: {sizes} is allowed, as "
            f"{weights.meaning}"
        )
    return GroupCode(weights, group_size, symmetry)
