"""Everything that is computed for the claims, before anything is written about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dse.presentation.terminal import Progress, silent
from dse.studies.claims.footing import CLOCKS_MHZ, NUMBERS
from dse.studies.claims.gain import curves, ratios
from dse.studies.claims.parameters import corrections
from dse.studies.claims.tiles import NUMBERS as TILED
from dse.studies.claims.tiles import cases, tiles


@dataclass(frozen=True)
class Study:
    """The modelled part as tables (see the functions that make them), and the points synthesized of it."""

    curves: pd.DataFrame
    ratios: pd.DataFrame
    tiles: pd.DataFrame
    corrections: pd.DataFrame
    points: pd.DataFrame

    @property
    def technologies(self) -> list[str]:
        return list(self.curves["technology"].unique())


def modelled(
    progress: Progress = silent, technologies: Sequence[str] = tuple(CLOCKS_MHZ)
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Curves, tiles and corrections in all ``technologies``; a few minutes."""
    parts: tuple[list[pd.DataFrame], ...] = ([], [], [])
    systems = sum(len(cases(number, technology)) for technology in technologies for number in TILED)
    steps = 2 * len(NUMBERS) * len(technologies) + systems
    done = 0

    def step(part: list[pd.DataFrame], table: pd.DataFrame) -> None:
        nonlocal done
        part.append(table)
        done += 1
        progress("modelling", done / steps)

    for technology in technologies:
        for number in NUMBERS:
            step(parts[0], curves(technology, [number]))
            step(parts[2], corrections(number, technology))
        for number in TILED:
            for wires, footing in cases(number, technology):
                step(parts[1], tiles(number, technology, wires, footing))
    tables = [pd.concat(part, ignore_index=True) for part in parts]
    return tables[0], tables[1], tables[2]


def study(
    curves: pd.DataFrame, tiles: pd.DataFrame, corrections: pd.DataFrame, points: pd.DataFrame
) -> Study:
    """The study, with the ratios of its curves."""
    return Study(curves, ratios(curves), tiles, corrections, points)
