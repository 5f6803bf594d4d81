"""Where a key of designs means nothing, seen on the columns of the keys that decide it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from costmodel.price.representative import DECIDING_KEYS, idle_keys
from dse.pricing.figure import Column
from dse.pricing.filling import Table


def idle_mask(key: str, column: Callable[[Column], Table]) -> Table:
    """Where ``key`` means nothing."""
    deciding = [np.asarray(column(name)) for name in DECIDING_KEYS.get(key, ())]
    idle: Table = np.zeros((), dtype=np.bool_)
    for values in itertools.product(*(np.unique(array).tolist() for array in deciding)):
        if _is_idle(key, values):
            here: Table = np.ones((), dtype=np.bool_)
            for array, value in zip(deciding, values, strict=True):
                here = here & (array == value)
            idle = idle | here
    return idle


@lru_cache(maxsize=1 << 16)
def _is_idle(key: str, values: tuple[Any, ...]) -> bool:
    """Whether ``key`` means nothing beside such ``values`` of what decides it: blocks ask again and again."""
    return key in idle_keys(dict(zip(DECIDING_KEYS.get(key, ()), values, strict=True)))
