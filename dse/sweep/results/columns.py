"""Designs of a model as columns and as rows: id, keys, metrics; a key that means nothing is null."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from costmodel.price.representative import OPTIONAL_KEYS
from dse.pricing.figure import Column, Idle
from dse.pricing.filling import Table
from dse.pricing.model import Model
from dse.sweep.results.designs import Row


def design_rows(model: Model, ids: NDArray[np.int64]) -> list[Row]:
    """The designs at ``ids``: id, keys and metrics."""
    with np.errstate(all="ignore"):
        column = model.picks(ids)
        columns: dict[str, list[Any]] = {"id": np.asarray(ids).tolist()}
        for key, values in key_columns(model, np.asarray(ids), column).items():
            columns[key] = values.to_pylist()
        for name in model.metrics:
            columns[name] = column(name).astype(np.float64).tolist()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _key_column(
    key: str, column: Callable[[Column], Table], axis: tuple[Sequence[Any], Table] | None
) -> pa.Array:
    """The values of ``key``, null where it means nothing.

    Texts are written as a dictionary: that of an ``axis``, its values and the designs' digits, is known.
    """
    mask = np.ascontiguousarray(column(Idle(key))) if key in OPTIONAL_KEYS else None
    if axis is not None and all(isinstance(value, str) for value in axis[0]):
        codes = pa.array(np.asarray(axis[1], dtype=np.int32), mask=mask)
        return pa.DictionaryArray.from_arrays(codes, pa.array(list(axis[0]), pa.string()))
    values = np.ascontiguousarray(column(key))
    if values.dtype.kind != "U":
        return pa.array(values, mask=mask)
    distinct, codes = np.unique(values, return_inverse=True)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32), mask=mask), pa.array(distinct.tolist(), pa.string())
    )


def key_columns(
    model: Model, ids: NDArray[np.int64], column: Callable[[Column], Table]
) -> dict[str, pa.Array]:
    """The keys of the designs at ``ids``, which ``column`` has the values of."""
    digits = model.space.digits(ids)
    columns = {}
    for key in model.space.keys:
        place = model.space.axis(key)
        axis = None if place is None else (model.space.axes[place].values, digits[place])
        columns[key] = _key_column(key, column, axis)
    return columns
