"""Published numbers beside ours: how near they are, and why they may differ.

Areas are scaled from one node to another by the factors of Stillmaker and Baas (Integration, the VLSI Journal
58, 2017), for the nodes that these have; nothing else is scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from costmodel.price.estimate import estimate
from dse.studies.published.corrections import PUBLISHED
from dse.studies.published.designs import Grade, PublishedDesign
from dse.sweep.results.designs import Row
from generator.config import CoreConfig
from generator.plan import plan_for

TO_7_NM = {16: 0.31, 20: 0.28, 32: 0.13}
"""Area at 7 nm over that at another node, by its nm (Stillmaker and Baas 2017); 28 nm is not among them."""
NEAR = 1.1
"""Ratio within which two numbers agree."""


@dataclass(frozen=True)
class Figure:
    """A published number: ``ours`` computes its like from the design and its row as published.

    Areas in µm² are given with the ``node`` (nm) that they are of. ``why`` says what lies between the two.
    """

    design: str
    what: str
    unit: str
    published: float
    grade: Grade
    ours: Callable[[PublishedDesign, Row], float]
    why: str
    node: int | None = None

    @property
    def scaled(self) -> tuple[float, float]:
        """The published number at 7 nm: the least and the most that it may be."""
        if self.node is None:
            return self.published, self.published
        factors = [TO_7_NM[self.node]] if self.node in TO_7_NM else [TO_7_NM[32], TO_7_NM[20]]
        return self.published * min(factors), self.published * max(factors)

    def verdict(self, ours: float) -> str:
        low, high = self.scaled
        if low / NEAR <= ours <= high * NEAR:
            return "agrees"
        return "less" if ours < low else "more"


def entries(design: PublishedDesign, row: Row) -> float:
    """Entries of a table."""
    return len(plan_for(design.core).code.entries)


def bits(design: PublishedDesign, row: Row) -> float:
    """Bits of a weight in a key."""
    return plan_for(design.core).bits_per_weight


def column(name: str, factor: float = 1.0) -> Callable[[PublishedDesign, Row], float]:
    """A figure of the row, times ``factor``."""
    return lambda design, row: factor * float(row[name])


def giga_operations(design: PublishedDesign, row: Row) -> float:
    """Two operations for each multiply-accumulate, a second."""
    return 2e-3 * float(row["macs_per_cycle"]) * design.clock_mhz


def milliwatts(design: PublishedDesign, row: Row) -> float:
    """Power of the cores while they compute."""
    return float(row["pj_per_cycle"]) * design.clock_mhz * 1e-3


def table_adders(design: PublishedDesign, row: Row) -> float:
    return plan_for(design.core).table.adders


def half_over_full(design: PublishedDesign, row: Row) -> float:
    """Energy of tables of one of each pair of groups, in that of tables of both."""
    both = CoreConfig.parse(design.core.model_dump() | {"symmetry": "full"})
    half, full = (
        estimate(core, clock_mhz=design.clock_mhz, data=design.spec.statistics).energy
        for core in (design.core, both)
    )
    if half is None or full is None:
        return float("nan")
    return _tables(half.parts) / _tables(full.parts)


def _tables(parts: Mapping[str, Any]) -> float:
    return float(sum(parts["tables"].values()))


BUFFERS = "memories and what else is on the chip are in the published number, and unknown"
FIGURES = (
    Figure("ternary-lut-fp16", "area", "µm²", 0.120e6, "S", column("area_um2"),
           "one node is predictive and the other a foundry's; adders are ours; chains and accumulators are "
           "compared further below", 16),
    Figure("tenet", "bits of a weight", "bit", 2.0, "D", bits, ""),
    Figure("tenet", "entries of a table", "", 4, "D", entries, ""),
    Figure("platinum", "throughput", "GOPS", 1534, "A", giga_operations,
           "39 elements are the fewest that reach it"),
    Figure("platinum", "entries of a table", "", 121, "A", entries, ""),
    Figure("platinum", "area", "µm²", 0.955e6, "A", column("area_um2"),
           f"28 nm lies between 32 and 20 nm; {BUFFERS}; tables are memories there, registers here", 28),
    Figure("platinum", "power", "mW", 3200, "S", milliwatts, f"28 nm there, 7 nm here; {BUFFERS}"),
    Figure("lut-tensor-core", "entries of a table", "", 8, "P", entries, ""),
    Figure("figlut", "peak throughput, four planes", "GOPS", 820, "D",
           lambda design, row: giga_operations(design, row) / 4, ""),
    Figure("figlut", "adders of a table", "", 14, "P", table_adders,
           "which sums that are no entries are shared is not said there"),
    Figure("figlut-integer", "power of half a table over a whole one's", "", 0.494, "P", half_over_full,
           "there of the table and its generator after place and route, here of adders and registers"),
    Figure("figlut", "power", "mW", 290, "P", milliwatts,
           "28 nm with memories there, 7 nm without here; sums of fp32 in one cycle glitch, and are most "
           "of it"),
    Figure("tellme", "bits of a weight", "bit", 5 / 3, "S", bits, ""),
    Figure("tellme", "tokens a second", "tokens/s", 25, "A", column("tokens_per_second"),
           "attention, output head and normalisation take time there; here the memory is used to the full"),
    Figure("t-mac", "bits of a ternary weight, two planes", "bit", 2.0, "P",
           lambda design, row: 2 * bits(design, row), ""),
    Figure("t-mac", "entries of a table", "", 16, "P", entries, ""),
    Figure("tl2", "bits of a weight", "bit", 1.67, "P", bits, ""),
    Figure("tl2", "entries of a table, with zero", "", 14, "P",
           lambda design, row: entries(design, row) + 1, ""),
    Figure("vitallm", "throughput", "TOPS", 0.256, "D",
           lambda design, row: giga_operations(design, row) / 1000, "the rate follows from it"),
    Figure("vitallm", "tokens a second", "tokens/s", 70.70, "A", column("tokens_per_second"),
           "0.256 TOPS cannot bring 70.70 tokens a second of a model of 3.2 billion weights, which take "
           "0.46: the published numbers do not go together, or tokens have fewer layers"),
    Figure("vitallm", "area", "µm²", 0.223e6, "A", column("area_um2"),
           f"a further unit and 120 KB are in the published number; {BUFFERS}", 16),
    Figure("vitallm", "energy a token", "mJ", 0.93, "D", column("energy_per_token_mj"),
           f"16 nm there, 7 nm here; {BUFFERS}"),
    Figure("tom", "tokens a second", "tokens/s", 3306, "S", column("tokens_per_second"),
           "inputs of a lane are our choice; at this length two thirds of the lanes' time suffice"),
    Figure("tom", "energy a token", "mJ", 1.6, "D", column("energy_per_token_mj"),
           "reading the ROM and all that is not a ternary layer are in the published number"),
    Figure("sherry", "bits of a weight", "bit", 1.25, "S", bits, ""),
)  # fmt: skip


def comparisons(designs: Mapping[str, PublishedDesign], rows: list[Row]) -> pd.DataFrame:
    """A line a figure: published, at 7 nm where it is an area, ours, and how they compare."""
    published = {row["design"]: row for row in rows if row["step"] == PUBLISHED}
    lines = []
    for figure in FIGURES:
        if figure.design not in published:
            continue
        ours = figure.ours(designs[figure.design], published[figure.design])
        low, high = figure.scaled
        lines.append(
            {
                "design": figure.design,
                "what": figure.what,
                "unit": figure.unit,
                "grade": figure.grade,
                "node": figure.node,
                "published": figure.published,
                "least_at_7_nm": low,
                "most_at_7_nm": high,
                "ours": ours,
                "verdict": figure.verdict(ours),
                "why": figure.why,
            }
        )
    return pd.DataFrame(lines)
