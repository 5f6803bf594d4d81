"""Designs as they are written: rows of keys and metrics, and the cores that they are of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from costmodel.price.representative import CONFIG_KEYS, nested
from dse.spec.system import SYSTEM_KEYS, system_default
from generator.config import ARRAY_KEYS, CoreConfig

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

FLAGS = ("feasible", "front", "group_front")
"""Columns that say which designs are among the results."""


class Designs:
    """Many designs, held as columns; one that is looked at is a row.

    ``constant``: keys that all have alike, where no column says otherwise.
    """

    def __init__(self, table: pa.Table, constant: Row | None = None) -> None:
        self.table = table.unify_dictionaries().combine_chunks()
        self.constant = constant or {}
        self._columns: dict[str, NDArray[Any]] = {}

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a pandas DataFrame, a design a row."""
        table = self.table.drop_columns([name for name in FLAGS if name in self.table.column_names])
        frame: pd.DataFrame = table.to_pandas()
        return frame.assign(**{key: value for key, value in self.constant.items() if key not in frame})

    @property
    def names(self) -> list[str]:
        """Names of columns and constants."""
        return list(dict.fromkeys([*self.constant, *self.table.column_names]))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __getitem__(self, place: int) -> Row:
        row: Row = self.constant | self.table.slice(place, 1).to_pylist()[0]
        return row

    def __iter__(self) -> Iterator[Row]:
        return (self.constant | row for row in self.table.to_pylist())

    def column(self, name: str) -> NDArray[Any]:
        """The values of ``name``, NaN or None where it means nothing."""
        if name not in self._columns:
            if name not in self.table.column_names:
                values = np.full(len(self), self.constant[name])
            else:
                column = self.table.column(name)
                if pa.types.is_dictionary(column.type):
                    column = column.cast(column.type.value_type)
                values = column.to_numpy(zero_copy_only=False)
            self._columns[name] = values
        return self._columns[name]

    def values(self, name: str) -> list[Any]:
        """The values of ``name``, None where it means nothing."""
        if name in self.table.column_names:
            return list(self.table.column(name).to_pylist())
        return [self.constant[name]] * len(self)

    def where(self, mask: ArrayLike) -> Designs:
        """Those for which ``mask`` is true."""
        return Designs(self.table.filter(pa.array(np.asarray(mask, dtype=np.bool_))), self.constant)

    def having(self, values: Mapping[str, Any]) -> Designs:
        """Those with these values; None stands for what means nothing there."""
        masks = [_equal(self.column(name), value) for name, value in values.items()]
        return self.where(np.logical_and.reduce(masks))

    def take(self, places: ArrayLike) -> Designs:
        """Those at ``places``, in that order."""
        return Designs(self.table.take(pa.array(np.asarray(places, dtype=np.int64))), self.constant)

    def order(self, *costs: NDArray[Any]) -> NDArray[np.intp]:
        """Places by the first of ``costs``, where equal by the next, and so on; at last by id."""
        return np.lexsort((self.column("id"), *reversed(costs)))

    def least(self, *costs: NDArray[Any]) -> Row | None:
        """The first in ``order``; None where there is none."""
        places = np.arange(len(self))
        for cost in (*costs, self.column("id")):
            if len(places):
                places = places[cost[places] == cost[places].min()]
        return self[int(places[0])] if len(places) else None


def _equal(column: NDArray[Any], value: Any) -> NDArray[np.bool_]:
    """Where ``column``, in which null is None or NaN, has ``value``."""
    if value is None:
        return np.array([each is None or each != each for each in column.tolist()], dtype=np.bool_)
    return np.asarray(column == value, dtype=np.bool_)


def core_of(row: Row) -> CoreConfig:
    """The design as a configuration, of an array where it has several cores."""
    keys = (*CONFIG_KEYS, *ARRAY_KEYS) if row.get("cores", 1) > 1 else CONFIG_KEYS
    values = {key: row[key] for key in keys if row.get(key) is not None}
    return CoreConfig.parse(nested(values))


def array_of(core: CoreConfig, system: Mapping[str, Any]) -> CoreConfig:
    """As many cores like ``core`` as ``system`` has, dividing what it says."""
    if system["cores"] == 1:
        return core.alone
    return CoreConfig.parse(core.model_dump() | {key: system[key] for key in ARRAY_KEYS})


def core_toml(row: Row) -> str:
    """The design as a core file with its clock; how it is put to work stands above it, in comments."""
    system = system_of(row)
    lines = "".join(
        f"# {key} = {json.dumps(value)}\n" for key, value in system.items() if key not in ARRAY_KEYS
    )
    target = f"[target]\nclock_mhz = {system['clock_mhz']}\n"
    return f"# A design with\n{lines}{core_of(row).to_toml()}{target}"


def system_of(row: Row) -> dict[str, Any]:
    """How the design's cores are put to work, where that is not the default; the clock (MHz) in any case."""
    always = {"clock_mhz"} | ({"split"} if row["cores"] > 1 else set())
    values = {key: row[key] for key in SYSTEM_KEYS if key in always or row[key] != system_default(key)}
    if row["cores"] == 1:
        values.pop("split", None)
    return values | {"clock_mhz": float(f"{row['clock_mhz']:.5g}")}
