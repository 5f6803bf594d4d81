"""Steiner trees against brute force over Hanan's grid, Elmore's delays against ladders of small pieces."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree

from costmodel.flow.wires import Layer, Point, Tree, wire_of

LAYER = Layer(ff_per_um=0.2, ohm_per_um=20.0)


def spanning(points: Sequence[Point]) -> float:
    """The length of the least spanning tree."""
    at = np.array(points)
    distances = np.abs(at[:, None] - at[None]).sum(axis=2)
    return float(minimum_spanning_tree(distances).sum())


def least(pins: Sequence[Point]) -> float:
    """The length of the least Steiner tree: with the best points of Hanan's grid besides the pins."""
    grid = [(x, y) for x in {x for x, _ in pins} for y in {y for _, y in pins}]
    choices = (choice for count in range(len(pins) - 1) for choice in itertools.combinations(grid, count))
    return min(spanning([*pins, *choice]) for choice in choices)


def random_pins(count: int, seed: int) -> list[Point]:
    return [(float(x), float(y)) for x, y in np.random.default_rng(seed).random((count, 2))]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_trees_of_few_pins_are_near_the_least(count: int) -> None:
    for seed in range(12):
        pins = random_pins(count, seed)
        length = sum(Tree(pins).lengths())
        assert length == pytest.approx(least(pins), rel=1e-9 if count < 4 else 0.06)


@pytest.mark.parametrize("count", [10, 60])
def test_trees_of_many_pins_are_shorter_than_spanning_trees_and_reach_every_pin(count: int) -> None:
    for seed in range(5):
        pins = random_pins(count, seed)
        tree = Tree(pins)
        spans = spanning(pins)
        assert 2 / 3 * spans < sum(tree.lengths()) < 0.99 * spans
        assert [tree.points[at] for at in tree.at] == pins
        assert sorted(tree.from_driver()) == list(range(len(tree.points)))


def ladder(pieces: int, length: float, load: float) -> float:
    """The delay (ps) at the end of a wire cut into pieces, each its resistance and then its capacitance."""
    capacitances = np.full(pieces, LAYER.ff_per_um * length / pieces)
    capacitances[-1] += load
    behind = capacitances[::-1].cumsum()[::-1]
    return float((LAYER.ohm_per_um * length / pieces * behind).sum() * 1e-3)


def test_the_delay_of_a_wire_is_that_of_a_ladder() -> None:
    wire = wire_of([(0.0, 0.0), (30.0, 12.0)], [1.5], LAYER)
    assert wire.length_um == pytest.approx(42.0)
    assert wire.capacitance_ff == pytest.approx(8.4)
    assert wire.delays_ps == pytest.approx([ladder(20000, 42.0, 1.5)], rel=1e-4)


def test_branches_load_the_common_part_and_not_each_other() -> None:
    """A trunk of 10 µm to a fork, from there 5 µm up and 7 µm down."""
    wire = wire_of([(0.0, 0.0), (10.0, 5.0), (10.0, -7.0)], [1.0, 2.0], LAYER)
    assert wire.length_um == pytest.approx(22.0)
    trunk = ladder(20000, 10.0, 12 * 0.2 + 3.0)
    assert wire.delays_ps == pytest.approx(
        [trunk + ladder(20000, 5.0, 1.0), trunk + ladder(20000, 7.0, 2.0)], rel=1e-3
    )


def test_pins_in_one_place_have_no_wire_between_them() -> None:
    wire = wire_of([(1.0, 1.0), (1.0, 1.0), (1.0, 1.0)], [1.0, 1.0], LAYER)
    assert (wire.length_um, wire.capacitance_ff, wire.delays_ps) == (0, 0, (0, 0))
