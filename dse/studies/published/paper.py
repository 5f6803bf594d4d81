"""The tables of the ternary LUT paper (arXiv 2604.25183), replayed with our cores and with theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from costmodel.price import floating
from costmodel.price.fetch import fetch
from costmodel.price.technology import load_technology
from dse.studies.published.theirs import DIFFERENCES, FLOAT_ADDERS, SPEED, Difference, Tile, area
from generator.alphabets import code_of
from generator.config import ARCHITECTURES
from generator.pipeline_config import TableRegisters
from generator.plan import NativeDatapath, plan_for

TECHNOLOGIES = ("asap7", "sky130hd", "sg13g2")
FORMATS = ("int8", "fp16")
GROUP_SIZES = (1, 2, 3, 4, 5)
SIDES = (8, 32, 64, 96)
"""Square tiles that the paper evaluates."""
SIDE = 32
"""That of its table of baselines."""
RATE = SIDE * SIDE
LENGTHS = (8, 16, 32, 64, 128)
"""Activations of a tile of ``RATE`` multiply-accumulates; columns follow."""
OUTPUTS = 128
"""Outputs of the workload that their accumulators are for, where several tiles are compared."""

PUBLISHED_MM2 = {"lut": 0.120, "select": 0.197, "multiplier": 0.268}
"""32 × 32, fp16, TSMC 16 nm, 500 MHz: tables, sign flips, multipliers."""
PUBLISHED_KEY_BITS = {1: 2.0, 2: 2.0, 3: 1.67, 4: 1.75, 5: 1.6}
"""Bits of a weight in a key."""

OURS, THEIRS, FOR_MANY = "ours", f"their {DIFFERENCES[-1]}", "for four times the outputs"
"""The first core, the one with all differences, and the one that has accumulators for more outputs."""

Differences = Sequence[Difference]


def variants() -> Iterator[tuple[str, Differences, int]]:
    """From our core to theirs, one difference after the other: its name, all of them, outputs."""
    yield OURS, (), SIDE
    for count, part in enumerate(DIFFERENCES, 1):
        yield f"their {part}", DIFFERENCES[:count], SIDE
    yield FOR_MANY, DIFFERENCES, 4 * SIDE


def ratios(technologies: Sequence[str] = TECHNOLOGIES) -> pd.DataFrame:
    """32 × 32, fp16 and int8: areas (µm²) of the three architectures, from our core to theirs.

    Of LUT cores the best group size beyond 1; ``select`` and ``multiplier`` over ``lut`` beside them.
    """
    rows = []
    for technology in technologies:
        for activation in FORMATS:
            for name, differences, outputs in variants():
                tiles = {a: Tile(a, activation, 1, SIDE, SIDE, outputs) for a in ARCHITECTURES}
                least = {a: least_area(tile, differences, technology) for a, tile in tiles.items()}
                row: dict[str, Any] = {
                    "technology": technology, "activation": activation, "cores": name, "outputs": outputs,
                    "group_size": least["lut"][1], **{f"{a}_um2": least[a][0] for a in ARCHITECTURES},
                }  # fmt: skip
                for architecture in ("select", "multiplier"):
                    row[f"{architecture}_over_lut"] = least[architecture][0] / least["lut"][0]
                rows.append(row)
    return pd.DataFrame(rows)


def least_area(tile: Tile, differences: Differences, technology: str) -> tuple[float, int]:
    """Area (µm²) of a tile, of the best group size and place of our registers; and that group size.

    A tile that is longer, because groups do not divide it, counts by its multiply-accumulates.
    """
    sizes = [size for size in GROUP_SIZES if size > 1] if tile.architecture == "lut" else [1]
    # There a table's registers are behind its adders.
    places: list[TableRegisters] = ["entries"] if "tables" in differences else ["entries", "activations"]

    def of(size: int, registers: TableRegisters) -> float:
        sized = replace(tile, group_size=size, registers=registers)
        return area(sized, differences, technology) * tile.length * tile.columns / sized.macs

    return min((of(size, registers), size) for size in sizes for registers in places)


def shapes(technologies: Sequence[str] = TECHNOLOGIES) -> pd.DataFrame:
    """µm² of LUT tiles of ``RATE`` multiply-accumulates by shape, each at its best group size.

    Ours; theirs; and theirs with integers as wide as their values.
    """
    rows = []
    for technology in technologies:
        for activation in FORMATS:
            for length in LENGTHS:
                tile = Tile("lut", activation, 1, length, RATE // length, OUTPUTS)
                row: dict[str, Any] = {
                    "technology": technology, "activation": activation, "length": length,
                    "columns": tile.columns,
                }  # fmt: skip
                trimmed = replace(tile, trimmed=True)
                row["ours_um2"], row["ours_group_size"] = least_area(tile, (), technology)
                row["theirs_um2"], row["theirs_group_size"] = least_area(tile, DIFFERENCES, technology)
                row["trimmed_um2"], row["trimmed_group_size"] = least_area(trimmed, DIFFERENCES, technology)
                rows.append(row)
    return pd.DataFrame(rows)


def densities(technologies: Sequence[str] = TECHNOLOGIES) -> pd.DataFrame:
    """µm² of a multiply-accumulate of square tiles by side and group size, ours and theirs."""
    rows = []
    for technology in technologies:
        for activation in FORMATS:
            for side in SIDES:
                for size in GROUP_SIZES:
                    tile = Tile("lut", activation, size, side, side, OUTPUTS)
                    rows.append(
                        {
                            "technology": technology, "activation": activation, "side": side,
                            "group_size": size,
                            "ours_um2_per_mac": area(tile, (), technology) / tile.macs,
                            "theirs_um2_per_mac": area(tile, DIFFERENCES, technology) / tile.macs,
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows)


def keys_and_adders() -> pd.DataFrame:
    """By group size: bits of a weight, published and ours; adders of a table of floats, theirs and ours."""
    rows = []
    for size in GROUP_SIZES:
        plan = plan_for(Tile("lut", "fp16", size, size, 1, 1).core)
        rows.append(
            {
                "group_size": size,
                "entries": len(code_of("ternary", size).entries),
                "published_bits": PUBLISHED_KEY_BITS[size],
                "bits_per_weight": plan.bits_per_weight,
                "their_adders": FLOAT_ADDERS[size],
                "adders": plan.table.adders,
            }
        )
    return pd.DataFrame(rows)


def implied_multiplier(table: pd.DataFrame, technology: str = TECHNOLOGIES[0]) -> dict[str, float]:
    """What a multiplier has to cost for the published areas, in the prices of a technology.

    The published sign-flip tile is ``scale`` times the modelled one of their architecture; what the
    multiplier tile has more, divided by that and by 1,024, is a multiplier less a sign flip. In µm²:
    ``adder_um2`` and ``multiplier_um2`` here, and ``published_multiplier_um2``.
    """
    prices = load_technology(technology).cost_at(SPEED).coefficients
    theirs = table[
        (table["technology"] == technology) & (table["activation"] == "fp16") & (table["cores"] == THEIRS)
    ].iloc[0]
    scale = 1e6 * PUBLISHED_MM2["select"] / float(theirs["select_um2"])
    more = 1e6 * (PUBLISHED_MM2["multiplier"] - PUBLISHED_MM2["select"]) / RATE / scale
    multiplies, flips = (
        plan_for(Tile(architecture, "fp16", 1, SIDE, SIDE, SIDE).core)
        for architecture in ("multiplier", "select")
    )
    assert isinstance(multiplies.datapath, NativeDatapath)
    return {
        "scale": scale,
        "adder_um2": floating.float_adder(multiplies.datapath.add).price(prices),
        "multiplier_um2": fetch(multiplies).price(prices),
        "published_multiplier_um2": more + fetch(flips).price(prices),
    }
