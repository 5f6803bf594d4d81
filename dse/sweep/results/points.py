"""``points.parquet``: the designs of a finished sweep.

Up to ``MOST_ROWS`` cores are written one and all. Of a larger space the fronts are written, and a regular
sample to show what they were chosen from; any other point can be computed again from its id in no time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dse.engine.judging import Grid, Outcome
from dse.engine.pareto import Front
from dse.pricing.figure import Column
from dse.pricing.filling import Table
from dse.pricing.model import Model
from dse.pricing.table_view import BANDWIDTH
from dse.sweep.results.columns import key_columns
from generator.files import replacing

MOST_ROWS = 2_000_000
BLOCK_POINTS = 1 << 19
"""Points of which all figures are there at once."""

SAMPLE_ROWS = 200_000
"""Designs of the sample, about."""

Batch = tuple[int, NDArray[np.int64], Callable[[Column], Table], NDArray[np.bool_]]


def write_points(
    path: Path,
    model: Model,
    outcome: Outcome,
    progress: Callable[[int], None] = lambda points: None,
) -> None:
    """Writes ``points.parquet``: id, every key, every metric, and whether feasible and on which fronts."""
    groups = _ids_of(outcome.fronts)
    whole = outcome.cores <= MOST_ROWS
    batches = _blocks(model) if whole else _sample(model, groups)
    with replacing(path) as temporary:
        writer = None
        try:
            with np.errstate(all="ignore"):
                for points, ids, column, feasible in batches:
                    progress(points)
                    if not len(ids):
                        continue
                    table = _table(model, ids, column, feasible, outcome.front.ids, groups)
                    if writer is None:
                        writer = pq.ParquetWriter(
                            temporary, table.schema, compression="zstd", compression_level=1
                        )
                    writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()


def write_behind(path: Path, model: Model, outcome: Outcome) -> None:
    """Writes ``behind.parquet``: the same columns of the fronts behind each of the model's other memories.

    ``bandwidth_gb_per_s`` says which. Without others there is no file.
    """
    tables = []
    for gigabytes, fronts in outcome.behind.items():
        ids = _ids_of(fronts)
        if not len(ids):
            continue
        front = Front.merge(fronts.values(), ties=True).ids
        with np.errstate(all="ignore"):
            column = model.behind(gigabytes).picks(ids)
            table = _table(model, ids, column, np.ones(len(ids), dtype=np.bool_), front, ids)
        if BANDWIDTH in table.column_names:
            table = table.drop_columns([BANDWIDTH])
        tables.append(table.append_column(BANDWIDTH, pa.array(np.full(len(ids), gigabytes))))
    if not tables:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as temporary:
        pq.write_table(pa.concat_tables(tables).unify_dictionaries(), temporary, compression="zstd")


def _ids_of(fronts: Mapping[int, Front]) -> NDArray[np.int64]:
    """The designs of all ``fronts``, in order."""
    return np.sort(np.concatenate([front.ids for front in fronts.values()] or [np.empty(0, np.int64)]))


def _table(
    model: Model,
    ids: NDArray[np.int64],
    column: Callable[[Column], Table],
    feasible: NDArray[np.bool_],
    front: NDArray[np.int64],
    groups: NDArray[np.int64],
) -> pa.Table:
    """Id, every key, every metric, and whether feasible and on which fronts."""
    names: dict[str, pa.Array] = {"id": pa.array(ids), **key_columns(model, ids, column)}
    for name in model.metrics:
        names[name] = pa.array(np.ascontiguousarray(column(name), dtype=np.float64))
    names["feasible"] = pa.array(feasible)
    names["front"] = pa.array(_among(ids, front))
    names["group_front"] = pa.array(_among(ids, groups))
    return pa.table(names)


def _blocks(model: Model) -> Iterator[Batch]:
    """Of every block: its points, the ids of its cores, their columns, and which are feasible."""
    grid = Grid.of(model, BLOCK_POINTS)
    for chunk in range(grid.chunks):
        for slices in grid.blocks_of(chunk):
            shape = tuple(s.stop - s.start for s in slices)
            view = model.block(slices)
            tests = list(model.judge(view))
            cores = np.flatnonzero(np.broadcast_to(tests[0], shape))
            feasible = np.ones(shape, dtype=np.bool_)
            for test in tests:
                feasible &= test

            def column(name: Column, view: Any = view, shape: Any = shape, cores: Any = cores) -> Table:
                values: Table = np.broadcast_to(view(name), shape).reshape(-1)[cores]
                return values

            digits = np.unravel_index(cores, shape)
            ids = np.ravel_multi_index(
                tuple(d + s.start for d, s in zip(digits, slices, strict=True)), model.space.shape
            )
            yield math.prod(shape), ids.astype(np.int64), column, feasible.reshape(-1)[cores]


def _sample(model: Model, fronts: NDArray[np.int64]) -> Iterator[Batch]:
    """The designs on fronts, and about ``SAMPLE_ROWS`` others, spread evenly over the positions."""
    size = model.space.size
    step = max(1, size // (4 * SAMPLE_ROWS)) | 1
    while math.gcd(step, size) > 1:
        step += 2
    spread = np.arange(0, size, step, dtype=np.int64)
    tests = list(model.judge_picks(spread))
    cores = spread[np.logical_and.reduce(tests[:1])]
    thinned = cores[:: max(1, len(cores) // SAMPLE_ROWS)]
    ids = np.union1d(thinned, fronts)
    feasible = np.logical_and.reduce(list(model.judge_picks(ids)))
    yield size, ids, model.picks(ids), feasible


def _among(ids: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of ``ids`` are in ``chosen``, which is sorted."""
    if not len(chosen):
        return np.zeros(len(ids), dtype=np.bool_)
    place = np.minimum(np.searchsorted(chosen, ids), len(chosen) - 1)
    return np.asarray(chosen[place] == ids)
