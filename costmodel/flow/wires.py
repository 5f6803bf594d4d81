"""The wires of a placed netlist: for each net a Steiner tree, its length, capacitance and delays.

Trees are rectilinear. Each pin, the nearest to the tree first, is joined to the nearest point that an edge
of the tree can be led through without becoming longer (Prim's order with Steiner points inserted): exact up
to three pins, a few percent above the least beyond. Pins are in the middle of their cells, for cell tables
have no shapes. Delays are Elmore's. Lengths in µm, capacitances in fF, resistances in Ω, delays in ps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]

_PS = 1e-3
"""ps of one Ω times one fF."""


@dataclass(frozen=True)
class Layer:
    """What a wire has: capacitance in fF/µm, resistance in Ω/µm."""

    ff_per_um: float
    ohm_per_um: float


@dataclass(frozen=True)
class Wire:
    """The wire of a net: its length (µm), capacitance (fF), and delay (ps) to each of its readers."""

    length_um: float
    capacitance_ff: float
    delays_ps: tuple[float, ...]


def distance(a: Point, b: Point) -> float:
    """The length of a rectilinear wire between two points."""
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


class Tree:
    """A short rectilinear tree over ``pins``, the first of which is the driver.

    ``points`` are the pins, in the order in which they were joined, and the points where wires fork;
    ``parents`` is for each the point before it, and for the driver, point 0, itself. ``at`` is the number of
    each pin's point.
    """

    def __init__(self, pins: Sequence[Point]) -> None:
        self.points, self.parents, self.at = [pins[0]], [0], [0] * len(pins)
        far = {pin: distance(pins[0], point) for pin, point in enumerate(pins) if pin}
        while far:
            pin = min(far, key=far.__getitem__)
            del far[pin]
            before = self._join(self._nearest(pins[pin]), pins[pin])
            self.at[pin] = self._add(pins[pin], before)
            for new in {before, self.at[pin]}:
                for other, length in far.items():
                    far[other] = min(length, distance(pins[other], self._on_edge(new, pins[other])))

    def _add(self, point: Point, parent: int) -> int:
        self.points.append(point)
        self.parents.append(parent)
        return len(self.points) - 1

    def _on_edge(self, end: int, towards: Point) -> Point:
        """The point nearest to another that the edge into point ``end`` can be led through."""
        (ax, ay), (bx, by) = self.points[end], self.points[self.parents[end]]
        x, y = towards
        low, high = (ax, bx) if ax < bx else (bx, ax)
        x = low if x < low else min(x, high)
        low, high = (ay, by) if ay < by else (by, ay)
        return x, low if y < low else min(y, high)

    def _nearest(self, point: Point) -> int:
        """The point that ends the edge nearest to ``point``."""
        return min(range(len(self.points)), key=lambda end: distance(point, self._on_edge(end, point)))

    def _join(self, end: int, towards: Point) -> int:
        """The number of the point on the edge into ``end`` at which a wire forks; a new one within it."""
        at = self._on_edge(end, towards)
        for known in (end, self.parents[end]):
            if self.points[known] == at:
                return known
        self.parents[end] = self._add(at, self.parents[end])
        return self.parents[end]

    def lengths(self) -> list[float]:
        """The length of the edge into each point; 0 at the driver."""
        return [distance(p, self.points[q]) for p, q in zip(self.points, self.parents, strict=True)]

    def from_driver(self) -> list[int]:
        """The points, each behind the one before it."""
        children: list[list[int]] = [[] for _ in self.points]
        for point, parent in enumerate(self.parents):
            if point:
                children[parent].append(point)
        order = [0]
        for point in order:  # grows while it is walked
            order += children[point]
        return order


def wire_of(pins: Sequence[Point], loads: Iterable[float], layer: Layer) -> Wire:
    """The wire over ``pins`` (µm), driver first; ``loads`` (fF) are those of the others."""
    tree = Tree(pins)
    lengths = tree.lengths()
    # Half of an edge's capacitance is at either end of it.
    below = [layer.ff_per_um * length / 2 for length in lengths]
    for at, load in zip(tree.at[1:], loads, strict=True):
        below[at] += load
    order = tree.from_driver()
    for point in reversed(order[1:]):
        below[tree.parents[point]] += below[point] + layer.ff_per_um * lengths[point] / 2
    delays = [0.0] * len(lengths)
    for point in order[1:]:
        step = layer.ohm_per_um * lengths[point] * below[point] * _PS
        delays[point] = delays[tree.parents[point]] + step
    length = sum(lengths)
    return Wire(length, layer.ff_per_um * length, tuple(delays[at] for at in tree.at[1:]))
