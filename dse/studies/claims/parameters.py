"""What a published configuration gains when its parameters are corrected: group size, and the tile's shape.

Every LUT core of as many multiply-accumulates a cycle, of each group size and tile, against the best of them.
"""

from __future__ import annotations

import pandas as pd

from dse.studies.claims.footing import (
    CLOCKS_MHZ,
    GROUP_SIZES,
    LONGEST,
    PIPELINES,
    PRICE,
    WORKLOAD,
    Number,
    best,
    frame,
)

MACS_PER_CYCLE = 1536
TILE_LENGTHS = (12, 24, 48, 96, 192)
"""n; K follows, from 128 down to 8."""


def corrections(number: Number, technology: str) -> pd.DataFrame:
    """A line a group size and tile, at its best pipelining.

    ``group_size_gain``: how many times smaller the best group size of that tile is; ``gain``: the best group
    size and tile.
    """
    spec = {
        "technology": technology,
        "clock_mhz": CLOCKS_MHZ[technology],
        "objectives": {PRICE: "min"},
        "workload": WORKLOAD,
        "axes": {
            "group_size": [size for size in GROUP_SIZES if size > 1],
            "tile": list(TILE_LENGTHS),
            "pipeline": PIPELINES,
        },
        "fixed": {**number.keys, "architecture": "lut", "max_reduction": LONGEST, "fetch": "onehot"},
        "derived": {"tables": "tile / mu", "columns": f"{MACS_PER_CYCLE} / tile"},
    }
    rows = best(spec, ("group_size", "tile"))
    table = frame(
        [row | {"number": number.name, "kind": number.kind, "technology": technology} for row in rows]
    )
    table.insert(4, "tile_length", [row["tile"] for row in rows])
    table["architecture"] = "lut"
    table["group_size_gain"] = table[PRICE] / table.groupby("tile_length")[PRICE].transform("min")
    table["gain"] = table[PRICE] / table[PRICE].min()
    kept = ["technology", "number", "kind", "group_size", "tile_length", "columns", "clock_mhz", "area_um2"]
    return table[[*kept, PRICE, "group_size_gain", "gain"]]
