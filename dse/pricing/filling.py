"""Tables over the few axes that a figure depends on, filled one combination after the other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dse.spec.axes import SpecError
from dse.spec.space import Space, default_value
from generator.errors import ConfigError

Table = NDArray[Any]

MOST_ENTRIES = 1 << 24
"""Entries of a table at most: an hour of pricing, and a gigabyte."""


def fill(
    space: Space,
    keys: tuple[str, ...],
    row: Callable[[Mapping[str, Any]], list[float]],
    refused: list[float],
    mask: Table | None = None,
    advance: Callable[[int], None] = lambda count: None,
) -> Table:
    """``row`` of every combination of ``keys`` in ``mask``: one dimension an axis, and one for the row.

    Keys that the space does not state are what they are in a core file that does not. It is ``refused``
    where there is no core with the combination. Raises ``SpecError`` where there are too many to price.
    """
    shape = table_shape(space, keys)
    chosen = [space.axes[i] for i in space.axes_of(keys)]
    derived = [key for key in keys if key in space.derived]
    constant = {
        key: space.fixed.get(key, default_value(key))
        for key in keys
        if space.axis(key) is None and key not in space.derived
    }
    unasked = {axis.key for axis in chosen} - set(keys)
    rows = np.tile(np.array(refused), (math.prod(shape), 1))
    combinations = itertools.product(*(axis.values for axis in chosen))
    wanted = itertools.repeat(True) if mask is None else mask.reshape(-1).tolist()
    for place, combination in itertools.compress(enumerate(combinations), wanted):
        walked = {axis.key: value for axis, value in zip(chosen, combination, strict=True)}
        with suppress(ConfigError):
            values = constant | walked | space.values(derived, walked)
            rows[place] = row(
                {key: values[key] for key in values if key not in unasked} if unasked else values
            )
        advance(1)
    return rows.reshape(*shape, len(refused))


def table_shape(space: Space, keys: tuple[str, ...]) -> tuple[int, ...]:
    """The shape of a table that depends on ``keys``. Raises ``SpecError`` where it is too large."""
    axes = space.axes_of(keys)
    shape = tuple(len(axis) if i in axes else 1 for i, axis in enumerate(space.axes))
    if math.prod(shape) > MOST_ENTRIES:
        names = " × ".join(f"{len(space.axes[i])} {space.axes[i].key}" for i in axes if shape[i] > 1)
        raise SpecError(
            f"{names}: {math.prod(shape):,} combinations would have to be priced one by one, "
            f"{MOST_ENTRIES:,} are the most; use fewer values"
        )
    return shape
