"""Designs of a model as columns and as rows: id, keys, metrics; a key that means nothing is null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dse.pricing.filling import Table
from dse.pricing.idle import idle_mask
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
    mask = idle_mask(key, column)
    if values.dtype.kind == "U":
        distinct, codes = np.unique(values, return_inverse=True)
        return pa.DictionaryArray.from_arrays(
            pa.array(codes.astype(np.int32), mask=mask), pa.array(distinct.tolist(), pa.string())
        )
    return pa.array(values, mask=mask)
