"""Where the designs of a block are: few boxes that hold all of them and little else.

Rules leave a tenth of a large space, in patterns that follow the axes: only floats are exact or aligned, only
tables have a group size. Pricing a box costs what it holds, designs or not, so what holds none is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Box = tuple[slice, ...]
"""From where to where along each axis."""

DENSE = 0.8
"""The share of designs in a box from which on it is left as it is."""

WORTH = 0.9
"""The share of a box that a cut may leave at most."""

SMALL = 1 << 13
"""Points of a box that is not worth cutting: its arrays take less time than asking for them."""


def boxes(mask: Mask, shape: Sequence[int], most: int) -> list[Box]:
    """Disjoint boxes of a block of ``shape`` that hold all that ``mask``, broadcast to it, leaves.

    None has more than ``most`` points.
    """
    mask = mask.reshape((1,) * (len(shape) - mask.ndim) + mask.shape)
    repeated = tuple(length // own for length, own in zip(shape, mask.shape, strict=True))
    found = (
        tuple(slice(part.start * times, part.stop * times) for part, times in zip(box, repeated, strict=True))
        for box in _cut(mask, prod(repeated))
    )
    return [part for box in found for part in _halves(box, most)]


def placed(box: Box, block: Box) -> Box:
    """A box in a block, as a box in what the block is in."""
    return tuple(
        slice(part.start + whole.start, part.stop + whole.start)
        for part, whole in zip(box, block, strict=True)
    )


def within(table: Mask, box: Box) -> Mask:
    """What is in ``box`` of a table that is broadcast to its block."""
    if table.ndim == 0:
        return table
    return table[tuple(part if n > 1 else slice(None) for part, n in zip(box, table.shape, strict=True))]


def _cut(mask: Mask, repeated: int) -> Iterator[Box]:
    """Boxes in ``mask`` alone, of which each entry stands for ``repeated`` points."""
    if not mask.any():
        return
    bounds = tuple(_bounds(mask, axis) for axis in range(mask.ndim))
    inner = mask[bounds]
    sparse = inner.size * repeated > SMALL and np.count_nonzero(inner) < DENSE * inner.size
    best = _best_cut(inner) if sparse else None
    if best is None:
        yield bounds
        return
    axis, place = best
    for half in (slice(0, place), slice(place, inner.shape[axis])):
        block = tuple(half if i == axis else slice(0, n) for i, n in enumerate(inner.shape))
        for box in _cut(inner[block], repeated):
            yield placed(placed(box, block), bounds)


def _halves(box: Box, most: int) -> Iterator[Box]:
    """``box`` in parts of at most ``most`` points, cut along its longest axes, whose places have neighbours
    left that way; along the last, which numpy's inner loops run over, only where there is no other."""
    lengths = [part.stop - part.start for part in box]
    if prod(lengths) <= max(1, most):
        yield box
        return
    axis = max(range(len(box)), key=lambda i: (lengths[i] > 1 and i < len(box) - 1, lengths[i]))
    start, stop = box[axis].start, box[axis].stop
    middle = (start + stop) // 2
    for half in (slice(start, middle), slice(middle, stop)):
        yield from _halves((*box[:axis], half, *box[axis + 1 :]), most)


def _bounds(mask: Mask, axis: int) -> slice:
    """From where to where there is anything along ``axis``."""
    there = np.flatnonzero(_any(mask, axis))
    return slice(int(there[0]), int(there[-1]) + 1)


def _best_cut(mask: Mask) -> tuple[int, int] | None:
    """The axis, and the place along it, where a cut leaves least, if it is worth it."""
    best, least = None, WORTH * mask.size
    for axis, length in enumerate(mask.shape):
        if length > 1:
            left = _left_of(mask, axis)
            place = int(np.argmin(left))
            if left[place] < least:
                best, least = (axis, place + 1), left[place]
    return best


def _left_of(mask: Mask, axis: int) -> NDArray[np.int64]:
    """Points that the boxes around both halves have after a cut at each inner place of ``axis``."""
    sides = [_any(mask, axis)[:, None]]
    for other, length in enumerate(mask.shape):
        if other != axis and length > 1:
            side = _any(mask, axis, other)
            sides.append(side if axis < other else side.T)
    below, above = _sizes(sides), _sizes([side[::-1] for side in sides])
    return below[:-1] + above[-2::-1]


def _sizes(sides: Sequence[Mask]) -> NDArray[np.int64]:
    """Points of the boxes around the first 1, 2, … places of an axis.

    ``sides``: at which places of the axis there is anything, then where along each of the other axes.
    """
    own, *others = sides
    sizes = np.maximum.accumulate(own[:, 0] * np.arange(1, len(own) + 1))
    for side in others:
        so_far = np.logical_or.accumulate(side, axis=0)
        sizes = sizes * (so_far.shape[1] - np.argmax(so_far[:, ::-1], axis=1) - np.argmax(so_far, axis=1))
    return sizes


def _any(mask: Mask, *axes: int) -> Mask:
    """Where along ``axes`` there is anything."""
    return np.asarray(mask.any(axis=tuple(i for i in range(mask.ndim) if i not in axes)))
