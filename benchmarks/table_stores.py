"""Tables in registers and in memories, half and full, by their readers: area and cycles side by side.

Usage: table_stores.py [--readers K …] [--group-sizes µ …] [--stores STORE …] [--liberty FILE …]

Each is a core of one table of int8 activations that is held while every column fetches from it 16 times.
Areas are synthesized, least ones without a clock. The memory of a core is its table and what fills it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from costmodel.fit.cores import synthesize
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from generator.config import CoreConfig
from generator.plan import Tiling, plan_for

WORDS = 16
"""Tiles of outputs that fetch from a table."""
STORES: dict[str, dict[str, Any]] = {
    "registers": {},
    "memory, two banks": {"table_store": "memory"},
    "memory, one bank": {"table_store": "memory", "table_banks": 1},
    "registers, full": {"symmetry": "full"},
    "memory, two banks, full": {"table_store": "memory", "symmetry": "full"},
}


def core(store: str, group_size: int, readers: int) -> CoreConfig:
    return CoreConfig.parse(
        {
            "group_size": group_size,
            "tables": 1,
            "columns": readers,
            "dataflow": "table_stationary",
            "outputs": readers,
            **STORES[store],
        }
    )


def cycles(config: CoreConfig) -> float:
    """Cycles of a table that ``WORDS`` tiles of outputs fetch from, among many."""
    held = CoreConfig.parse({**config.model_dump(), "outputs": WORDS * config.columns})
    tiles = held.max_reduction // held.tile_length
    tiling = Tiling.of(plan_for(held), tiles * held.tile_length, WORDS * held.columns)
    return (tiling.cycles - tiling.latency_cycles) / tiles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--liberty", type=Path, nargs="+", default=[])
    parser.add_argument("--readers", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--group-sizes", type=int, nargs="+", default=[3, 5])
    parser.add_argument("--stores", nargs="+", default=list(STORES), choices=list(STORES))
    given = parser.parse_args()
    technology = load_technology("asap7")
    print(f"{'µ':>2}{'readers':>8}  {'store':26}{'µm²':>9}{'ratio':>7}{'cycles':>8}{'model':>8}")
    for group_size in given.group_sizes:
        for readers in given.readers:
            first = None
            for store in given.stores:
                config = core(store, group_size, readers)
                area = synthesize(config, liberty=given.liberty).area_um2
                first = first or area
                model = "" if given.liberty else f"{estimate(config, technology).cost / area - 1:+8.1%}"
                figures = f"{area:9.1f}{area / first:7.2f}{cycles(config):8.1f}{model}"
                print(f"{group_size:2}{readers:8}  {store:26}{figures}", flush=True)


if __name__ == "__main__":
    main()
