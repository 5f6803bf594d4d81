"""Points of the study, synthesized and simulated: of each design as published, and as it is best.

A core that is too large is represented by a part of it: fewer tables and columns of the same kind, sized for
the same clock. What is measured stays when the study is made anew, as long as the core is the same.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from costmodel.price.activity import Statistics
from costmodel.price.estimate import estimate
from dse.measuring.energy import measured_energy
from dse.presentation.terminal import Progress, silent
from dse.studies.published.corrections import BEST, EXACT, PUBLISHED
from dse.studies.published.designs import PublishedDesign
from dse.sweep.results.designs import Row, core_of
from generator.config import CoreConfig
from generator.plan import core_name
from sim.layers import LayerData
from sim.run import simulate

LARGEST_UM2 = 250.0
"""Modelled area of a part that is synthesized at most."""
SYNTHESIZED = (PUBLISHED, BEST, EXACT)
TILES, BLOCKS, CYCLES = 3, 2, 100
"""Tiles along inputs and outputs, and blocks of tokens, of a simulated layer; cycles of a measurement."""
MEASURED = [
    "synthesized_um2", "synthesized_delay_ps", "measured_fj_per_mac",
    "results", "mismatches", "cycles", "expected_cycles",
]  # fmt: skip


def part_of(core: CoreConfig, clock_mhz: float, largest: float = LARGEST_UM2) -> CoreConfig:
    """One of the cores, with half the columns or tables until it is no larger than ``largest`` µm²."""
    part = core.alone
    while estimate(part, clock_mhz=clock_mhz).cost > largest:
        if part.columns > max(1, part.tile_length):
            part = part.model_copy(update={"columns": part.columns // 2})
        elif part.tables > 1:
            part = part.model_copy(update={"tables": part.tables // 2})
        elif part.columns > 1:
            part = part.model_copy(update={"columns": part.columns // 2})
        else:
            break
    return CoreConfig.parse(part.model_dump())


def points(designs: Sequence[PublishedDesign], rows: Sequence[Row]) -> pd.DataFrame:
    """The points of all designs, those as published first and the smallest first, and what the model says."""
    statistics = {design.name: design.spec.statistics for design in designs}
    table = pd.DataFrame(
        [_point(row, statistics[row["design"]]) for row in rows if row["step"] in SYNTHESIZED]
    )
    table = table.drop_duplicates(["design", "core"])
    corrected = (table["step"] != PUBLISHED).rename("corrected")
    order = pd.concat([corrected, table["modelled_um2"]], axis=1).sort_values(["corrected", "modelled_um2"])
    return table.loc[order.index].reset_index(drop=True)


def _point(row: Row, statistics: Statistics) -> Row:
    whole, clock = core_of(row), row["clock_mhz"]
    part = part_of(whole, clock)
    costs = estimate(part, clock_mhz=clock, data=statistics)
    of = "" if part == whole else f" of {whole.cores * whole.tables} × {whole.columns}"
    return {
        "design": row["design"],
        "step": row["step"],
        "core": core_name(part),
        "part": f"{part.tables} × {part.columns}{of}",
        "clock_mhz": clock,
        "modelled_um2": costs.cost,
        "modelled_delay_ps": costs.delay_ps,
        "modelled_fj_per_mac": costs.energy.fj_per_mac if costs.energy else float("nan"),
        "config": part.to_toml(),
    }


def measured(
    table: pd.DataFrame,
    known: pd.DataFrame | None = None,
    seconds: float = float("inf"),
    progress: Progress = silent,
    measure: Callable[[CoreConfig, float], dict[str, Any]] | None = None,
) -> Iterator[pd.DataFrame]:
    """``table`` with what is ``known`` and then, point after point, with what ``measure`` finds.

    Yields it anew after each, so that nothing is lost; no point is begun after ``seconds``.
    """
    table, end = table.reindex(columns=[*table.columns, *MEASURED]), time.monotonic() + seconds
    if known is not None:
        before = known.drop_duplicates(["core", "clock_mhz"]).set_index(["core", "clock_mhz"])
        for i in table.index:
            if (key := (table.loc[i, "core"], table.loc[i, "clock_mhz"])) in before.index:
                table.loc[i, MEASURED] = before.loc[key, MEASURED].to_numpy()
    yield table
    for place, i in enumerate(table.index):
        progress("synthesizing and simulating", place / len(table))
        if table.loc[i, MEASURED].notna().all() or time.monotonic() > end:
            continue
        core, clock = CoreConfig.parse(tomllib.loads(table.loc[i, "config"])), table.loc[i, "clock_mhz"]
        for name, value in (measure or measured_point)(core, clock).items():
            table.loc[i, name] = value
        yield table


def measured_point(core: CoreConfig, clock_mhz: float) -> dict[str, Any]:
    """Its netlist sized for the clock, measured on a layer, and its Verilog simulated on another."""
    energy = measured_energy(core, clock_ps=1e6 / clock_mhz, sized=True, cycles=CYCLES)
    layer = LayerData.random(core, TILES * core.tile_length, TILES * core.columns, BLOCKS * core.rows, seed=0)
    simulation = simulate(core, layer.activations, layer.weights, fast=True)
    return {
        "synthesized_um2": energy.area_um2,
        "synthesized_delay_ps": energy.delay_ps,
        "measured_fj_per_mac": energy.fj_per_mac(),
        "results": simulation.results,
        "mismatches": simulation.mismatches,
        "cycles": simulation.cycles,
        "expected_cycles": simulation.expected_cycles,
    }
