"""Designs of a model as columns and as rows: id, keys, metrics; a key that means nothing is null."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from costmodel.price.representative import DECIDING_KEYS, OPTIONAL_KEYS, idle_keys
from dse.pricing.filling import Table
from dse.pricing.model import Model
from dse.sweep.results.designs import Row


def design_rows(model: Model, ids: NDArray[np.int64]) -> list[Row]:
    """The designs at ``ids``: id, keys and metrics."""
    with np.errstate(all="ignore"):
        column = model.picks(ids)
        columns: dict[str, list[Any]] = {"id": np.asarray(ids).tolist()}
        for key in model.space.keys:
            columns[key] = key_column(key, column).to_pylist()
        for name in model.metrics:
            columns[name] = column(name).astype(np.float64).tolist()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def key_column(key: str, column: Callable[[str], Table]) -> pa.Array:
    """The values of ``key``, null where it means nothing."""
    values = np.ascontiguousarray(column(key))
    mask = _idle(key, column) if key in OPTIONAL_KEYS else None
    if values.dtype.kind == "U":
        distinct, codes = np.unique(values, return_inverse=True)
        return pa.DictionaryArray.from_arrays(
            pa.array(codes.astype(np.int32), mask=mask), pa.array(distinct.tolist(), pa.string())
        )
    return pa.array(values, mask=mask)


def _idle(key: str, column: Callable[[str], Table]) -> Table:
    """Where ``key`` means nothing."""
    deciding = [np.asarray(column(name)) for name in DECIDING_KEYS[key]]
    idle = np.zeros(deciding[0].shape, dtype=np.bool_)
    for values in itertools.product(*(np.unique(array).tolist() for array in deciding)):
        if key in idle_keys(dict(zip(DECIDING_KEYS[key], values, strict=True))):
            idle |= np.logical_and.reduce(
                [array == value for array, value in zip(deciding, values, strict=True)]
            )
    return idle
