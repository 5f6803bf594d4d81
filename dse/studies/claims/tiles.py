"""One large core against many tiles: the same multiply-accumulates a cycle in 1 to 64 cores side by side.

The cores share the layers of a model, each computing some outputs or reducing some inputs. Every number of
cores has the tile shape, group size and pipelining that suit it best, at one clock or at its own; what counts
is area for a token a second, so that ragged edges, pipeline fill and the adders between cores are paid for.
Where a technology knows what wires cost cores of integers, they are counted, too: each is placed by itself.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from costmodel.price.technology import load_technology
from costmodel.price.wires import Wiring
from dse.studies.claims.footing import CLOCKS_MHZ, GROUP_SIZES, PIPELINES, Number, best, is_select_in_disguise
from dse.studies.claims.gain import COMMON, OWN

MODEL = "bitnet-b1.58-2B-4T"
MACS_PER_CYCLE = 6144
CORES = (1, 2, 4, 8, 16, 32, 64)
TILE_LENGTHS = (12, 24, 48, 96, 192)
NUMBERS = (Number("int8"), Number("fp16", "native"), Number("fp16", "exact"))
FIGURE = "area_um2_per_token_per_second"

KEPT = (
    "number", "architecture", "cores", "split", "group_size", "tables", "columns", "pipeline.table",
    "pipeline.fetch", "pipeline.reduction_every", "pipeline.float_stages", "clock_mhz", "area_um2",
    "area_tables", "area_converters", "area_fetch", "area_reduction", "area_accumulators", "area_control",
    "area_combining", "tokens_per_second", "utilisation", FIGURE,
)  # fmt: skip


def cases(number: Number, technology: str) -> list[tuple[Wiring, str]]:
    """Wires and footings that systems are compared with; no core of floats was placed to know its wires."""
    known = load_technology(technology).wires
    if known is None or known.fit is None or number.kind != "integer":
        return [("none", COMMON)]
    return [("none", COMMON), ("placed", COMMON), ("none", OWN), ("placed", OWN)]


def unwired(tiles: pd.DataFrame) -> pd.DataFrame:
    """Systems without wires at the common clock, which a single core reaches."""
    held = tiles.dropna(subset="penalty")
    return held[(held["wires"] == "none") & (held["footing"] == COMMON)]


def best_shared(tiles: pd.DataFrame) -> pd.DataFrame:
    """The better way to share of each number of cores."""
    keys = ["technology", "number", "architecture", "cores", "wires", "footing"]
    return tiles.loc[tiles.groupby(keys)["penalty"].idxmin()]


def tiles(number: Number, technology: str, wires: Wiring = "none", footing: str = COMMON) -> pd.DataFrame:
    """The best system of each architecture, number of cores and way to share.

    A line a system: keys, areas in µm² (of all cores), tokens a second, µm² for a token a second;
    ``penalty``: the last in that of one core of the same architecture.
    """
    own = footing == OWN
    spec = {
        "technology": technology,
        "wires": wires,
        "clock_mhz": None if own else CLOCKS_MHZ[technology],
        "objectives": {FIGURE: "min"},
        "workload": {"model": MODEL, "tokens": 1},
        "axes": {
            "architecture": ["lut", "select"],
            "group_size": list(GROUP_SIZES),
            "tile": list(TILE_LENGTHS),
            "cores": list(CORES),
            "split": ["outputs", "inputs"],
            "pipeline": PIPELINES,
            **({"speed": ["medium", "tight"]} if own else {}),
        },
        "fixed": {**number.keys, "max_reduction": "workload", "fetch": "onehot"},
        "derived": {"tables": "tile / mu", "columns": f"{MACS_PER_CYCLE} / (cores * tile)"},
    }
    rows: list[dict[str, Any]] = [
        {**row, "number": number.name}
        for row in best(spec, ("architecture", "group_size", "cores", "split"))
        if not is_select_in_disguise(row)
    ]
    table = pd.DataFrame(rows)
    keys = ["architecture", "cores", "split"]
    table = table.loc[table.groupby(keys)[FIGURE].idxmin()]
    alone = table[table["cores"] == 1].set_index("architecture")[FIGURE]
    table = table.reindex(columns=list(KEPT))
    for place, (name, value) in enumerate(
        {"technology": technology, "wires": wires, "footing": footing}.items()
    ):
        table.insert(place, name, value)
    table["penalty"] = table[FIGURE] / table["architecture"].map(alone)
    return table.reset_index(drop=True)
