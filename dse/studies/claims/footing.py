"""How designs are compared: as many multiply-accumulates a second, each design as it is best.

Designs of one tile, n activations by K columns, do the same work in a cycle. They run at one clock that all
formats reach, or each at its own best clock; then what counts is area for the rate. Of each
architecture and group size the pipelining of least area counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from costmodel.price.technology import load_technology
from dse.pricing.model import Model
from dse.spec.sweep_spec import SweepSpec
from dse.sweep.results.columns import design_rows
from dse.sweep.results.designs import Row
from generator.config import ARCHITECTURES, DatapathKind, NumberKind

TILE_LENGTH = 24
"""n: the group sizes 1 to 4 divide it."""
GROUP_SIZES = (1, 2, 3, 4)
COLUMNS = (4, 8, 16, 32, 64, 128, 256)
LONGEST = 4096
"""N_max of all cores."""

CLOCKS_MHZ = {"asap7": 400.0, "sky130hd": 40.0, "sg13g2": 100.0}
"""A round clock of each technology; the fastest cores of every format need nine tenths of its period."""

PRICE = "price"
"""µm² for a million multiply-accumulates a second, what designs are compared by."""


@dataclass(frozen=True)
class Number:
    """What activations are and how they are added: a format and, of floats, a datapath."""

    activation: str
    datapath: DatapathKind | None = None
    aligned_bits: int | None = None

    @property
    def name(self) -> str:
        return f"{self.activation} {self.datapath}" if self.datapath else self.activation

    @property
    def kind(self) -> NumberKind:
        return self.datapath or "integer"

    @property
    def keys(self) -> dict[str, Any]:
        """The keys of a core that say so."""
        keys = {
            "activation": self.activation,
            "datapath": self.datapath,
            "aligned_bits": self.aligned_bits,
        }
        return {key: value for key, value in keys.items() if value is not None}


NUMBERS = (
    Number("int4"),
    Number("int8"),
    Number("int16"),
    Number("fp8_e4m3", "native"),
    Number("fp8_e5m2", "native"),
    Number("bf16", "native"),
    Number("fp16", "native"),
    Number("fp8_e4m3", "exact"),
    Number("fp8_e5m2", "exact"),
    Number("fp16", "exact"),
    Number("fp8_e4m3", "aligned", 6),
    Number("fp8_e5m2", "aligned", 5),
    Number("bf16", "aligned", 10),
    Number("fp16", "aligned", 13),
)
"""Aligned: the fewest bits that lose no more than IEEE additions do (RMS, n = 24, N = 4096)."""

PIPELINES = {
    "table": ["entries", "activations"],
    "fetch": [False, True],
    "reduction_every": [0, 1, 2],
    "float_stages": [0, 1, 2, 3],
}
"""All pipelining that designs are chosen from."""

WORKLOAD = {"layers": [{"name": "longest", "inputs": LONGEST, "outputs": LONGEST}], "tokens": 1}
"""A layer that any of the cores fits; no figure that is compared here depends on it."""


def designs(
    number: Number,
    technology: str,
    clock_mhz: float | None,
    columns: Sequence[int] = COLUMNS,
    tile_length: int = TILE_LENGTH,
    group_sizes: Sequence[int] = GROUP_SIZES,
) -> list[Row]:
    """The best pipelining of each architecture, group size and number of columns that reaches the clock.

    Without a clock each design runs as fast as it can, sized for that or at ease. Rows have the keys of a
    design, its metrics, ``price``, and what names it here: ``number``, ``kind``, ``technology``.
    """
    axes: dict[str, Any] = {
        "architecture": list(ARCHITECTURES),
        "group_size": list(group_sizes),
        "columns": list(columns),
        "pipeline": PIPELINES,
    }
    if clock_mhz is None:
        axes["speed"] = ["medium", "tight"]
    spec = {
        "technology": technology,
        "clock_mhz": clock_mhz,
        "objectives": {PRICE: "min"},
        "workload": WORKLOAD,
        "axes": axes,
        "fixed": {**number.keys, "max_reduction": LONGEST, "fetch": "onehot"},
        "derived": {"tables": f"{tile_length} / mu"},
    }
    rows = best(spec, ("architecture", "group_size", "columns"))
    named = {"number": number.name, "kind": number.kind, "technology": technology}
    return [row | named for row in rows if not is_select_in_disguise(row)]


def is_select_in_disguise(row: Row) -> bool:
    """Whether a design is a LUT core by name alone: a table of one activation is none."""
    return bool(row["architecture"] == "lut" and row["group_size"] == 1)


def best(spec: dict[str, Any], among: Iterable[str]) -> list[Row]:
    """Of the feasible designs of a space the least ``price`` for each combination of the keys ``among``."""
    price = {PRICE: "area_um2 / (macs_per_cycle * clock_mhz)"}
    parsed = SweepSpec.parse({**spec, "derived": price | spec["derived"]}, "claims")
    model = Model.build(parsed, load_technology(parsed.technology), "claims")
    ids = np.arange(model.space.size)
    with np.errstate(all="ignore"):
        ids = ids[np.logical_and.reduce(list(model.judge_picks(ids)))]
        column = model.picks(ids)
        objective = next(iter(parsed.objectives))
        table = pd.DataFrame({key: column(key) for key in (*among, objective)})
    least = table.groupby(list(among), sort=True)[objective].idxmin()
    return design_rows(model, ids[least.to_numpy(np.int64)])


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a table with the columns that the study keeps."""
    kept = [
        "technology", "number", "kind", "architecture", "group_size", "tables", "columns", "activation",
        "datapath", "aligned_bits", "max_reduction", "fetch", "pipeline.table", "pipeline.fetch",
        "pipeline.reduction_every", "pipeline.float_stages", "clock_mhz", "delay_ps", "macs_per_cycle",
        "area_um2", "price", "arithmetic_error", "bits_per_weight",
    ]  # fmt: skip
    table = pd.DataFrame(list(rows))
    return table.reindex(columns=kept)
