"""What reuse gains: the best LUT core against cores without tables and against cores that multiply.

One table of curves, a line a design, over technologies, number formats and columns; and its ratios, of prices
of designs of one tile at one footing, so that they are ratios of areas for the same rate.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dse.studies.claims.footing import CLOCKS_MHZ, COLUMNS, NUMBERS, PRICE, Number, designs, frame

COMMON, OWN = "common clock", "own clock"
"""The two footings: all designs at the technology's clock, or each at the clock that is best for it."""

CASE = ["technology", "footing", "number", "columns"]
"""What designs have in common that are held against each other."""


def curves(
    technology: str, numbers: Sequence[Number] = NUMBERS, columns: Sequence[int] = COLUMNS
) -> pd.DataFrame:
    """Every architecture and group size at its best, at both footings; a line a design (see ``frame``)."""
    parts = []
    for footing, clock in ((COMMON, CLOCKS_MHZ[technology]), (OWN, None)):
        for number in numbers:
            part = frame(designs(number, technology, clock, columns))
            part.insert(1, "footing", footing)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def ratios(curves: pd.DataFrame) -> pd.DataFrame:
    """A line for each of ``CASE``; prices in µm² for a million multiply-accumulates a second.

    ``reuse``: select / best LUT. ``multiplier``: multiplier / best LUT. ``no_multiplying``: multiplier /
    select. ``best``: multiplier / the better of LUT and select. More than 1 speaks for the second.
    """
    prices = curves.pivot_table(index=CASE, columns="architecture", values=PRICE, aggfunc="min", sort=False)
    lut = curves[curves["architecture"] == "lut"]
    chosen = lut.loc[lut.groupby(CASE, sort=False)[PRICE].idxmin()].set_index(CASE)
    table = pd.DataFrame(
        {
            "kind": chosen["kind"],
            "group_size": chosen["group_size"],
            **{f"{name}_price": prices[name] for name in ("lut", "select", "multiplier")},
            "reuse": prices["select"] / prices["lut"],
            "multiplier": prices["multiplier"] / prices["lut"],
            "no_multiplying": prices["multiplier"] / prices["select"],
            "best": prices["multiplier"] / prices[["lut", "select"]].min(axis=1),
        }
    )
    return table.loc[prices.index].reset_index()
