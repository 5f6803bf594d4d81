"""Points of the modelled curves, synthesized: whole cores, flattened, sized for the clock that they run at.

Of each technology the smallest come first, and no more are begun when the time is over; a point that could
not be synthesized this time keeps what was found before, if it is still the same core.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

import pandas as pd

from costmodel.fit.measurer import Design, Measurer
from costmodel.price.quantity import AREA, DELAY
from dse.studies.claims.footing import PRICE
from dse.studies.claims.gain import CASE, COMMON
from dse.sweep.results.designs import core_of
from generator.config import ARCHITECTURES, Architecture
from generator.errors import TernlutError
from generator.plan import core_name

COLUMNS = (4, 16)
"""Where on a curve its points are."""
LEFT_OUT = ("fp8_e5m2",)
"""Formats of which no point is synthesized: what is next to them on the curves stands for them."""
EVERYWHERE = ("int8", "fp16 native", "fp16 exact")
"""Numbers that are synthesized in every technology, others in the first."""
MEASURED = ["synthesized_um2", "synthesized_delay_ps"]
KEY = ["technology", "core"]


def most_columns(architecture: Architecture) -> int:
    """Columns of the largest core that is synthesized; larger multipliers take too long."""
    match architecture:
        case "lut" | "select":
            return max(COLUMNS)
        case "multiplier":
            return min(COLUMNS)
        case unknown:
            assert_never(unknown)


def points(curves: pd.DataFrame) -> pd.DataFrame:
    """The designs to synthesize, the smallest first: ``curves``' lines with the ``core``'s name.

    Of LUT cores only the best group size of a tile.
    """
    first = curves["technology"].iloc[0]
    here = curves["technology"] == first
    widest = curves["architecture"].map({name: most_columns(name) for name in ARCHITECTURES})
    within = curves["columns"].isin(COLUMNS) & (curves["columns"] <= widest)
    elsewhere = curves["number"].isin(EVERYWHERE) & (curves["columns"] == min(COLUMNS))
    chosen: pd.DataFrame = curves[(curves["footing"] == COMMON) & within & (here | elsewhere)]
    chosen = chosen[~chosen["activation"].isin(LEFT_OUT)]
    chosen = chosen.loc[chosen.groupby([*CASE, "architecture"])[PRICE].idxmin()]
    smallest = curves.groupby("technology")["area_um2"].transform("min")
    order = (chosen["area_um2"] / smallest[chosen.index]).sort_values(kind="stable").index
    chosen = chosen.loc[order].reset_index(drop=True)
    rows = chosen.astype(object).where(chosen.notna(), None).to_dict("records")
    chosen.insert(0, "core", [core_name(core_of(_plain(row))) for row in rows])
    return chosen


def synthesized(
    points: pd.DataFrame,
    measurers: Mapping[str, Measurer],
    known: pd.DataFrame | None = None,
    workers: int = 1,
    seconds: float = float("inf"),
    progress: Callable[[str, float | None], None] = lambda what, share: None,
) -> pd.DataFrame:
    """``points`` with ``synthesized_um2``, ``synthesized_delay_ps`` and ``error`` (modelled, in percent).

    Those of technologies without a measurer, and those for which time ran out, are as in ``known``, NaN
    where it has none.
    """
    table = points.copy()
    for name in MEASURED:
        table[name] = float("nan")
    if known is not None:
        before = known.set_index(KEY)[MEASURED]
        indices = [i for i in table.index if tuple(table.loc[i, KEY]) in before.index]
        for i in indices:
            table.loc[i, MEASURED] = before.loc[tuple(table.loc[i, KEY])].to_numpy(float)
    end, done = time.monotonic() + seconds, 0
    count = int(table["technology"].isin(list(measurers)).sum())
    for technology, measurer in measurers.items():
        todo = [i for i in table.index if table.loc[i, "technology"] == technology]
        for position, figures in measurer.measure(_designs(table, todo, end), workers):
            if not isinstance(figures, TernlutError):
                table.loc[todo[position], MEASURED] = figures[AREA.name], figures[DELAY.name]
            done += 1
            progress("synthesizing", done / count)
    table["error"] = 100 * (table["area_um2"] / table["synthesized_um2"] - 1)
    return table


def measured_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Of each number and tile whose cores were synthesized: ``reuse`` and ``multiplier`` as in ``ratios``."""
    known = table.dropna(subset=["synthesized_um2"])
    index = ["technology", "number", "kind", "columns"]
    areas = known.pivot_table(index=index, columns="architecture", values="synthesized_um2", sort=False)
    areas = areas.reindex(columns=ARCHITECTURES)
    ratios = {"reuse": areas["select"] / areas["lut"], "multiplier": areas["multiplier"] / areas["lut"]}
    return pd.DataFrame(ratios).dropna(how="all").reset_index()


def _designs(table: pd.DataFrame, todo: list[int], end: float) -> Iterator[Design]:
    """The cores of the lines ``todo``, each for its clock, until the time ``end``."""
    rows = table.astype(object).where(table.notna(), None).to_dict("index")
    for i in todo:
        if time.monotonic() > end:
            return
        row = rows[i]
        yield Design.of(core_of(_plain(row)), clock_ps=1e6 / row["clock_mhz"])


def _plain(row: Mapping[object, object]) -> dict[str, object]:
    """A row of a table with whole numbers where a column with gaps made them floats."""
    return {
        str(key): int(value) if isinstance(value, float) and key == "aligned_bits" else value
        for key, value in row.items()
    }
