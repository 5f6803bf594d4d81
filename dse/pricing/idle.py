"""Where a key of designs means nothing, seen on the columns of the keys that decide it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from costmodel.price.representative import DECIDING_KEYS, idle_keys
from dse.pricing.filling import Table


def idle_mask(key: str, column: Callable[[str], Table]) -> Table | None:
    """Where ``key`` means nothing; None where it always means something."""
    if key not in DECIDING_KEYS:
        return None
    deciding = [np.asarray(column(name)) for name in DECIDING_KEYS[key]]
    idle = np.zeros(np.broadcast_shapes(*(array.shape for array in deciding)), dtype=np.bool_)
    for values in itertools.product(*(np.unique(array).tolist() for array in deciding)):
        if key in idle_keys(dict(zip(DECIDING_KEYS[key], values, strict=True))):
            idle |= np.logical_and.reduce(
                np.broadcast_arrays(*(array == value for array, value in zip(deciding, values, strict=True)))
            )
    return idle
