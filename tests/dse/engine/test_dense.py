"""Boxes against the masks that they are cut from."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dse.engine import dense
from dse.engine.dense import Box, boxes, placed, within

Mask = NDArray[np.bool_]


@pytest.fixture(autouse=True)
def small_blocks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for large blocks: a cut is worth it where it leaves out a tenth."""
    monkeypatch.setattr(dense, "SMALL", 0)


@st.composite
def masks(draw: st.DrawFn) -> tuple[Mask, tuple[int, ...]]:
    """What rules leave of a block, each of which asks about some axes; and the block's shape."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask: Mask = np.ones((), dtype=np.bool_)
    for _ in range(draw(st.integers(0, 3))):
        own = tuple(length if draw(st.booleans()) else 1 for length in shape)
        mask = mask & (rng.random(own) < draw(st.sampled_from([0.0, 0.3, 0.7, 1.0])))
    return mask, shape


def points(box: Box) -> int:
    return prod(part.stop - part.start for part in box)


@given(masks())
def test_every_design_is_in_one_box_and_every_box_has_designs_at_its_ends(
    given: tuple[Mask, tuple[int, ...]],
) -> None:
    mask, shape = given
    found, designs = np.zeros(shape, dtype=np.int64), np.broadcast_to(mask, shape)
    for box in boxes(mask, shape, 1 << 19):
        found[box] += 1
        inside = designs[box]
        assert inside.size == points(box)
        assert np.array_equal(np.broadcast_to(within(mask, box), inside.shape), inside)
        for axis in range(len(shape)):
            along = np.moveaxis(inside, axis, 0)
            assert along[0].any()
            assert along[-1].any()
    assert found.max(initial=0) <= 1
    assert (found[designs] == 1).all()


@given(masks(), st.integers(1, 20))
def test_boxes_are_as_small_as_is_asked(given: tuple[Mask, tuple[int, ...]], most: int) -> None:
    mask, shape = given
    found, designs = np.zeros(shape, dtype=np.int64), np.broadcast_to(mask, shape)
    for box in boxes(mask, shape, most):
        assert 0 < points(box) <= most
        found[box] += 1
    assert found.max(initial=0) <= 1
    assert (found[designs] == 1).all()


def test_large_boxes_are_halved_along_their_longest_axis_but_the_last() -> None:
    everything = np.ones((), dtype=np.bool_)
    assert boxes(everything, (2, 6, 64), 400) == [
        (slice(0, 2), slice(0, 3), slice(0, 64)),
        (slice(0, 2), slice(3, 6), slice(0, 64)),
    ]
    assert boxes(everything, (1, 1, 8), 4) == [
        (slice(0, 1), slice(0, 1), slice(0, 4)),
        (slice(0, 1), slice(0, 1), slice(4, 8)),
    ]


def test_only_floats_are_exact_or_aligned() -> None:
    """Six integer formats, five floats; three datapaths, of which integers have the first alone."""
    mask = np.zeros((3, 1, 11), dtype=np.bool_)
    mask[0] = mask[:, :, 6:] = True
    native, others = boxes(mask, (3, 4, 11), 1 << 19)
    assert native == (slice(0, 1), slice(0, 4), slice(0, 11))
    assert others == (slice(1, 3), slice(0, 4), slice(6, 11))


def test_what_is_dense_or_small_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    corner = np.ones((10, 10), dtype=np.bool_)
    corner[:3, :5] = False
    assert boxes(corner, (10, 10), 1 << 19) == [(slice(0, 10), slice(0, 10))]
    corner[:, :5] = False
    corner[0, 0] = True
    assert sum(points(box) for box in boxes(corner, (10, 10), 1 << 19)) == 51
    monkeypatch.setattr(dense, "SMALL", 100)
    assert boxes(corner, (10, 10), 1 << 19) == [(slice(0, 10), slice(0, 10))]


def test_a_box_of_a_block_is_a_box_of_the_space() -> None:
    block = (slice(4, 8), slice(0, 2))
    assert placed((slice(1, 3), slice(0, 1)), block) == (slice(5, 7), slice(0, 1))
