"""The data that a finished sweep leaves, points.parquet, pareto.csv and sweep.json, and its reader.

Up to ``MOST_ROWS`` cores are written one and all. Of a larger space the fronts are written, and a regular
sample to show what they were chosen from; any other point can be computed again from its id in no time.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from costmodel.representative import DECIDING_KEYS, OPTIONAL_KEYS, idle_keys
from dse.engine.judging import Grid, Outcome
from dse.pricing.model import Model
from dse.pricing.tables import Table
from dse.results.verified import Verified, columns, csv_rows
from dse.spec.space import DESIGN_KEYS, default_value
from generator.files import OutputError, replacing, write_text

MOST_ROWS = 2_000_000
SAMPLE_ROWS = 200_000
CLOUD_ROWS = 6_000

POINTS, PARETO, VERIFIED, META = "points.parquet", "pareto.csv", "verified.csv", "sweep.json"

FORMAT_KEYS = ("activation", "datapath", "architecture")
"""Keys by whose values ``Results.formats`` tells designs apart."""

EFFICIENCY = ("area_um2_per_token_per_second", "area_um2", "tokens_per_second", "rms_error")
"""What ``Results.best_of`` chooses by, and figures beside it."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """A finished sweep as read from its directory.

    ``meta``: what was asked, of what, and how it went. ``fronts``: the designs on the front of any compared
    value, ``front`` among them those on that of all; each with its id, every key that means something for
    all designs, whether stated or not, and every metric. ``verified``: designs that were synthesized and
    simulated, the best first.
    """

    directory: Path
    meta: dict[str, Any]
    fronts: list[Row]
    verified: Sequence[Verified] = ()

    @cached_property
    def points(self) -> pa.Table:
        """All designs that were written: their axes, objectives and whether they are feasible."""
        names = dict.fromkeys([*self.meta["axes"], *self.objectives, "feasible"])
        return pq.read_table(self.directory / POINTS, columns=list(names))

    @property
    def front(self) -> list[Row]:
        return [row for row in self.fronts if row["front"]]

    @property
    def keys(self) -> list[str]:
        """What the designs are told by: variables, and the keys that the spec states."""
        return list(self.meta["keys"])

    @property
    def compare(self) -> str:
        return str(self.meta["spec"]["compare"])

    @property
    def objectives(self) -> dict[str, str]:
        return dict(self.meta["spec"]["objectives"])

    @property
    def budget(self) -> dict[str, float]:
        return dict(self.meta["spec"]["budget"])

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The axes with more than one value."""
        return {key: values for key, values in self.meta["axes"].items() if len(values) > 1}

    @classmethod
    def load(cls, directory: Path) -> Results:
        """The results in ``directory``; ``OutputError`` where there are none."""
        try:
            meta = json.loads((directory / META).read_text(encoding="utf-8"))
            fronts = pq.read_table(directory / POINTS, filters=pc.field("group_front"))
            verified = [Verified.model_validate(entry) for entry in meta.get("verified", [])]
            unstated = {key: default_value(key) for key in DESIGN_KEYS if key not in meta["keys"]}
        except (OSError, ValueError, KeyError, pa.ArrowException):
            raise OutputError(
                f"{directory}: holds no finished sweep, {META} and {POINTS} are expected"
            ) from None
        always = {key: value for key, value in unstated.items() if key not in OPTIONAL_KEYS}
        return cls(directory, meta, [always | row for row in fronts.to_pylist()], verified)

    @property
    def complete(self) -> bool:
        """Whether every core was written, not a sample."""
        return bool(self.points.num_rows == self.meta["cores"])

    def cloud(self, *names: str) -> dict[str, list[Any]]:
        """Columns of some thousand feasible designs, evenly spread over the space."""
        feasible = np.flatnonzero(self.points.column("feasible").to_numpy(zero_copy_only=False))
        chosen = feasible[:: max(1, len(feasible) // CLOUD_ROWS)]
        return {name: self.points.column(name).take(pa.array(chosen)).to_pylist() for name in names}

    @cached_property
    def formats(self) -> list[Row]:
        """Of each format, datapath and architecture the feasible design of least area for its rate.

        Best first; empty where the space has one format and datapath. Of the designs that were written.
        """
        return self.best_of(FORMAT_KEYS) if {"activation", "datapath"} & set(self.axes) else []

    def best_of(self, keys: Sequence[str]) -> list[Row]:
        """For each combination of values of ``keys`` the feasible design of least area for its token rate.

        Best first, with every key and what it is chosen by. Of the designs that were written.
        """
        names = list(dict.fromkeys(["id", *self.keys, *EFFICIENCY]))
        rows = pq.read_table(self.directory / POINTS, columns=names, filters=pc.field("feasible"))
        kind = np.zeros(rows.num_rows, np.int64)
        for key in keys:
            if key in self.keys:
                column = rows.column(key).combine_chunks()
                codes = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
                # Null is a value like others.
                kind = kind * (len(codes.dictionary) + 1) + np.asarray(codes.indices.fill_null(-1)) + 1
        order = np.lexsort((rows.column("id"), rows.column(EFFICIENCY[0])))
        _, first = np.unique(kind[order], return_index=True)
        unstated = {key: default_value(key) for key in DESIGN_KEYS if key not in self.keys}
        return [unstated | row for row in rows.take(pa.array(order[np.sort(first)])).to_pylist()]

    def choices(self, rate: str, price: str, among: Row) -> dict[str, list[tuple[Any, float]]]:
        """The least ``price`` for each value of each axis, of designs as good in ``rate`` as ``among``.

        Only designs with the compared value of ``among`` count.
        """
        worth = (
            pc.field(rate) >= among[rate] if self.objectives[rate] == "max" else pc.field(rate) <= among[rate]
        )
        names = [key for key in self.axes if key != self.compare]
        rows = self.points.filter(pc.field("feasible") & worth)
        if self.compare in rows.column_names:
            rows = rows.filter(pc.field(self.compare) == among[self.compare])
        found = {}
        for key in names:
            least = (
                rows.select([key, price])
                .unify_dictionaries()
                .group_by(key)
                .aggregate([(price, "min")])
                .to_pylist()
            )
            by_value = {row[key]: row[f"{price}_min"] for row in least}
            found[key] = [(value, by_value[value]) for value in self.axes[key] if value in by_value]
        return found


def write_points(
    path: Path,
    model: Model,
    grid: Grid,
    outcome: Outcome,
    progress: Callable[[int], None] = lambda points: None,
) -> None:
    """Writes ``points.parquet``: id, every key, every metric, and whether feasible and on which fronts."""
    keys = model.space.keys
    groups = np.sort(
        np.concatenate([front.ids for front in outcome.fronts.values()] or [np.empty(0, np.int64)])
    )
    whole = outcome.cores <= MOST_ROWS
    batches = _blocks(model, grid) if whole else _sample(model, groups)
    with replacing(path) as temporary:
        writer = None
        try:
            with np.errstate(all="ignore"):
                for points, ids, column, feasible in batches:
                    progress(points)
                    if not len(ids):
                        continue
                    names: dict[str, pa.Array] = {"id": pa.array(ids)}
                    for key in keys:
                        names[key] = _key_column(key, column)
                    for name in model.metrics:
                        names[name] = pa.array(np.ascontiguousarray(column(name), dtype=np.float64))
                    names["feasible"] = pa.array(feasible)
                    names["front"] = pa.array(_among(ids, outcome.front.ids))
                    names["group_front"] = pa.array(_among(ids, groups))
                    table = pa.table(names)
                    if writer is None:
                        writer = pq.ParquetWriter(
                            temporary, table.schema, compression="zstd", compression_level=1
                        )
                    writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()


def write_pareto(path: Path, front: Sequence[Row], verified: Sequence[Verified] = ()) -> None:
    """Writes ``pareto.csv``: the front of all, metrics to seven digits, best first in the first objective.

    Where designs were verified, what was measured stands in more columns, empty for the others.
    """
    names = [name for name in front[0] if name not in ("feasible", "front", "group_front")]
    measured = {one.id: columns(one) for one in verified}
    more = list(next(iter(measured.values()), {}))
    _write_csv(
        path,
        [*names, *more],
        [{name: row[name] for name in names} | measured.get(row["id"], {}) for row in front],
    )


def write_verified(path: Path, verified: Sequence[Verified]) -> None:
    """Writes ``verified.csv``: a row for each design that was verified; none are no file."""
    rows = list(csv_rows(verified))
    if rows:
        _write_csv(path, list(rows[0]), rows)
    else:
        path.unlink(missing_ok=True)


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Row]) -> None:
    lines = [",".join(names)]
    lines += [",".join(_cell(row.get(name)) for name in names) for row in rows]
    write_text(path, "\n".join(lines) + "\n")


def design_rows(model: Model, ids: NDArray[np.int64]) -> list[Row]:
    """The designs at ``ids``: id, keys and metrics."""
    with np.errstate(all="ignore"):
        column = model.picks(ids)
        columns: dict[str, list[Any]] = {"id": np.asarray(ids).tolist()}
        for key in model.space.keys:
            columns[key] = _key_column(key, column).to_pylist()
        for name in model.metrics:
            columns[name] = column(name).astype(np.float64).tolist()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


Batch = tuple[int, NDArray[np.int64], Callable[[str], Table], NDArray[np.bool_]]


def _blocks(model: Model, grid: Grid) -> Iterator[Batch]:
    """Of every block: its points, the ids of its cores, their columns, and which are feasible."""
    for chunk in range(grid.chunks):
        for slices in grid.blocks_of(chunk):
            shape = tuple(s.stop - s.start for s in slices)
            view = model.block(slices)
            tests = list(model.judge(view))
            cores = np.flatnonzero(np.broadcast_to(tests[0], shape))
            feasible = np.ones(shape, dtype=np.bool_)
            for test in tests:
                feasible &= test

            def column(name: str, view: Any = view, shape: Any = shape, cores: Any = cores) -> Table:
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


def _key_column(key: str, column: Callable[[str], Table]) -> pa.Array:
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
    deciding = [np.asarray(column(name)) for name in DECIDING_KEYS]
    idle = np.zeros(deciding[0].shape, dtype=np.bool_)
    for values in itertools.product(*(np.unique(array).tolist() for array in deciding)):
        if key in idle_keys(dict(zip(DECIDING_KEYS, values, strict=True))):
            idle |= np.logical_and.reduce(
                [array == value for array, value in zip(deciding, values, strict=True)]
            )
    return idle


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.7g}" if isinstance(value, float) else str(value)
