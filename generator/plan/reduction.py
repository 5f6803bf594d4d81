"""The reduction: a tree of adders over fetched values, with their signs as carry-ins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from generator.plan.ranges import Range


def every_so_many(levels: int, every: int) -> tuple[int, ...]:
    """Which of so many levels, counted from 1, are multiples of ``every``; none where it is 0."""
    return tuple(range(every, levels + 1, every)) if every else ()


@dataclass(frozen=True)
class Value:
    """What a value in the reduction can be, with one sign bit still to be added: the true sum is value +
    pending.

    ``when[s]`` is the value's range while the pending bit is s, ``total`` that of value + pending.
    """

    when: tuple[Range, Range]
    total: Range
    width: int


@dataclass(frozen=True)
class Node:
    """A ``value`` of the reduction. A leaf has no operands.

    A node adds ``left``, ``right`` and the pending bit of ``left``, and hands on the pending bit of
    ``right``, so that every adder takes exactly one sign bit as its carry-in.
    """

    level: int
    left: int | None
    right: int | None
    value: Value

    @property
    def width(self) -> int:
        return self.value.width


CHAIN = 8
"""Values of a chain: longer ones save adders' bits no more, and take longer."""


@dataclass(frozen=True)
class ReductionPlan:
    """The tree over a column's L fetched values: L - 1 adders, then the accumulator's.

    ``chain`` values each are added one after the other, then their sums two by two; 1 is the balanced tree.
    In an FPGA the lookup table in front of a carry chain may choose the one value that comes next, not two.
    ``leaf`` holds the ranges of a fetched value while its sign bit is 0 and 1. ``signed`` is false where
    leaves come without sign bits (products of real multipliers).
    """

    leaves: int
    leaf: tuple[Range, Range]
    signed: bool
    register_every: int
    width_limit: int
    chain: int = 1

    @cached_property
    def levels(self) -> tuple[tuple[int, ...], ...]:
        """Indices into ``nodes`` of what is alive after each level; level 0 holds the leaves."""
        return self._build[1]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        return self._build[0]

    @cached_property
    def _build(self) -> tuple[tuple[Node, ...], tuple[tuple[int, ...], ...]]:
        nodes = [Node(0, None, None, self._value(self.leaf))] * self.leaves
        levels = [tuple(range(self.leaves))]
        # Most sums of a level are of the same two values.
        sums: dict[tuple[int, int], Value] = {}

        def added(level: int, a: int, b: int) -> int:
            left, right = nodes[a].value, nodes[b].value
            key = id(left), id(right)
            if key not in sums:
                sums[key] = self._value((left.total + right.when[0], left.total + right.when[1]))
            nodes.append(Node(level, a, b, sums[key]))
            return len(nodes) - 1

        runs = [list(levels[0][i : i + self.chain]) for i in range(0, self.leaves, self.chain)]
        while any(len(run) > 1 for run in runs):
            level = len(levels)
            runs = [[added(level, *run[:2]), *run[2:]] if len(run) > 1 else run for run in runs]
            levels.append(tuple(index for run in runs for index in run))
        while len(levels[-1]) > 1:
            alive, level = levels[-1], len(levels)
            after = [added(level, a, b) for a, b in zip(alive[::2], alive[1::2], strict=False)]
            levels.append((*after, *alive[len(alive) // 2 * 2 :]))
        return tuple(nodes), tuple(levels)

    def _value(self, when: tuple[Range, Range]) -> Value:
        carry = Range(1, 1) if self.signed else Range(0, 0)
        width = min((when[0] | when[1]).width, self.width_limit)
        return Value(when, when[0] | (when[1] + carry), width)

    @property
    def root(self) -> Node:
        return self.nodes[-1]

    @property
    def depth(self) -> int:
        return min(self.chain, self.leaves) - 1 + (-(-self.leaves // self.chain) - 1).bit_length()

    @property
    def registered_levels(self) -> tuple[int, ...]:
        """Levels with a register behind them."""
        return every_so_many(self.depth, self.register_every)

    @property
    def register_bits(self) -> int:
        """Pipeline register bits of one tree: values and pending signs alive behind registered levels."""
        alive = [self.nodes[i] for level in self.registered_levels for i in self.levels[level]]
        return sum(node.width + self.signed for node in alive)
