"""What correcting a design's parameters brings: the best of its space with more and more of them free.

What nobody published is free from the start, so that a correction is counted against the most favourable
reading of the design. Then the group size, the shape of the tile and the number of cores, alone and
together; all that a core with tables has; cores without tables; and other arithmetic. None may be less exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from costmodel.price.representative import OPTIONAL_KEYS
from costmodel.price.technology import load_technology
from dse.pricing.figure import Idle
from dse.pricing.model import Model
from dse.spec.axes import flat
from dse.spec.space import DESIGN_KEYS, default_value
from dse.studies.published.designs import PublishedDesign
from dse.sweep.results.columns import design_rows
from dse.sweep.results.designs import Row

PRICE, ENERGY, ERROR = "um2_per_token_per_second", "energy_per_token_mj", "arithmetic_error"
TILE = "tile"
"""The variable of every space that tables and columns follow from: activations of a step, about."""
SHAPE = frozenset({TILE, "columns", "cores", "split"})
ARITHMETIC = frozenset({"datapath", "aligned_bits", "accumulation"})
AS_EXACT = 1.25
"""How much larger the error of a correction may be: that of rounded additions varies with their order."""


@dataclass(frozen=True)
class Step:
    """How much is free: all keys that are ``keys``, or, where that is None, all but ``kept``.

    Of what is allowed the least ``aim`` counts.
    """

    name: str
    keys: frozenset[str] | None = frozenset()
    kept: frozenset[str] = frozenset()
    aim: str = PRICE


PUBLISHED, BEST, EXACT = "as published", "any core of the format", "any arithmetic"
STEPS = (
    Step(PUBLISHED),
    Step("half of each table", frozenset({"symmetry"})),
    Step("group size", frozenset({"group_size"})),
    Step("shape", SHAPE),
    Step("group size and shape", SHAPE | {"group_size"}),
    Step("any core of the kind", None, ARITHMETIC | {"architecture"}),
    Step(BEST, None, ARITHMETIC),
    Step(EXACT, None),
    Step("least energy", None, ARITHMETIC, ENERGY),
)


def corrections(design: PublishedDesign) -> list[Row]:
    """A row a step: its name, the keys and figures of its best design, and how many it was chosen from.

    ``gain`` and ``energy_gain`` are how many times less area and energy a token's rate takes than as
    published; ``worst`` is what the least favourable reading of that step takes, over the best.
    """
    model = Model.build(design.spec, load_technology(design.spec.technology), design.name)
    ids, table = _feasible(model)
    most = AS_EXACT * _error(design, table)
    rows: list[Row] = []
    for step in STEPS:
        if step.keys and not step.keys & {*table.columns}:
            continue
        chosen = np.flatnonzero(_allowed(design, table, step, most))
        if not len(chosen):
            continue
        prices = table[step.aim].to_numpy()[chosen]
        best = int(chosen[prices.argmin()])
        (row,) = design_rows(model, ids[[best]])
        rows.append(
            {"design": design.name, "digest": design.digest, "step": step.name, "readings": len(chosen)}
            | {"worst": float(prices.max() / prices.min())}
            | row
        )
    published = next((row for row in rows if row["step"] == PUBLISHED), None)
    for row in rows:
        row["gain"] = published[PRICE] / row[PRICE] if published else None
        row["energy_gain"] = published[ENERGY] / row[ENERGY] if published else None
    return rows


def _feasible(model: Model) -> tuple[Any, pd.DataFrame]:
    """The designs that are allowed and meet the clock: their ids, axes and figures."""
    ids = np.arange(model.space.size)
    with np.errstate(all="ignore"):
        ids = ids[np.logical_and.reduce(list(model.judge_picks(ids)))]
        column = model.picks(ids)
        names = [*(axis.key for axis in model.space.axes), "columns", PRICE, ENERGY, ERROR]
        table = pd.DataFrame({name: np.asarray(column(name)) for name in dict.fromkeys(names)})
        for key in {*OPTIONAL_KEYS} & {*names}:
            # Where a key means nothing, no value of it is another design.
            idle = np.broadcast_to(column(Idle(key)), len(ids))
            table[key] = table[key].astype(object).mask(idle, None)
    # A core with tables of one activation has none, and is no correction of one that has.
    real = ~((table["architecture"] == "lut") & (table["group_size"] == 1)).to_numpy()
    return ids[real], table[real].reset_index(drop=True)


def _allowed(design: PublishedDesign, table: pd.DataFrame, step: Step, most: float = inf) -> Any:
    """Which designs of the table a step may choose from: with an error of ``most``, but for the published."""
    stated = flat(design.core.model_dump())
    stated[TILE] = design.core.tile_length
    unknown = set(design.unknown)
    if "tables" in unknown:
        unknown |= {TILE, "columns"} if "columns" in unknown else {TILE}
    allowed = np.ones(len(table), dtype=bool)
    for key in table.columns.drop([PRICE, ENERGY, ERROR]):
        free = key not in step.kept if step.keys is None else key in step.keys
        if free or key in unknown:
            continue
        value = stated.get(key, default_value(key) if key in DESIGN_KEYS else None)
        allowed &= ((table[key] == value) | table[key].isna()).to_numpy()
    if step.keys != frozenset():
        allowed &= table[ERROR].to_numpy() <= most
    return allowed


def _error(design: PublishedDesign, table: pd.DataFrame) -> float:
    """The error of the design as published, in the reading that is best otherwise."""
    published = table[_allowed(design, table, STEPS[0])]
    return inf if published.empty else float(published.loc[published[PRICE].idxmin(), ERROR])
