"""Functions as binary decision diagrams, which a simulator evaluates for 64 stimuli at once."""

from __future__ import annotations

from collections.abc import Sequence

Node = tuple[int, int, int]
"""Number of a variable, and the nodes that decide where it is 0 and 1; nodes 0 and 1 are the constants, and
those of a diagram are counted from 2."""


def diagram_of(table: int, inputs: int) -> tuple[Node, ...]:
    """The reduced diagram of a truth table, each node behind those it refers to; its last one is its value.

    Bit i of ``table`` is the value where input j is bit j of i. A constant has one node of two equal ends.

    >>> diagram_of(0b1000, 2)
    ((0, 0, 1), (1, 0, 2))
    """
    nodes: dict[Node, int] = {}

    def node(table: int, inputs: int) -> int:
        size = 1 << inputs
        if table in (0, (1 << size) - 1):
            return table & 1
        half = size // 2
        low, high = table & ((1 << half) - 1), table >> half
        if low == high:
            return node(low, inputs - 1)
        key = inputs - 1, node(low, inputs - 1), node(high, inputs - 1)
        return nodes.setdefault(key, len(nodes) + 2)

    value = node(table, inputs)
    if value < 2:
        return ((0, value, value),)
    return tuple(nodes)


def value_of(diagram: Sequence[Node], state: int) -> int:
    """The value where input j is bit j of ``state``."""
    values = [0, 1]
    for variable, low, high in diagram:
        values.append(values[high if state >> variable & 1 else low])
    return values[-1]
