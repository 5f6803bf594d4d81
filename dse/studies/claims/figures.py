"""The pictures of the claims: modelled curves, with synthesized points on them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any, assert_never

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MultipleLocator, NullLocator

from dse.presentation.plotting import PART_COLOURS, STYLE, VALUE_COLOURS, plain, save
from dse.studies.claims.footing import NUMBERS
from dse.studies.claims.gain import COMMON, OWN
from dse.studies.claims.study import Study
from dse.studies.claims.synthesized import measured_ratios
from dse.studies.claims.tiles import best_shared, unwired
from generator.config import NUMBER_KINDS, NumberKind

FORMATS = tuple(dict.fromkeys(number.activation for number in NUMBERS))
COLOURS = dict(zip(FORMATS, cycle(VALUE_COLOURS), strict=False))
DASHES: dict[str, Any] = {COMMON: "-", OWN: (0, (2.2, 1.6))}
SHADES = ("#0b6bb8", "#d9661f", "#3f8f5b")
GREY = "#8d99a6"


def number_title(kind: NumberKind) -> str:
    """The title of a kind of number's panel."""
    match kind:
        case "integer":
            return "Integers"
        case "native":
            return "Floats, IEEE adders"
        case "exact":
            return "Floats, exact in fixed point"
        case "aligned":
            return "Floats, aligned"
        case unknown:
            assert_never(unknown)


Draw = Callable[[Figure, Study], None]


def write_figures(directory: Path, study: Study) -> list[str]:
    """Writes a PNG and an SVG of each picture; their names. The same results give the same bytes."""
    with mpl.rc_context(STYLE):
        for name, (size, draw) in PICTURES.items():
            figure = Figure(figsize=size, layout="constrained")
            draw(figure, study)
            save(figure, directory, name, dpi=200)
    return list(PICTURES)


def _reuse(figure: Figure, study: Study) -> None:
    _grid(figure, study, "reuse", "select / best LUT", 1.0, log=False)


def _multipliers(figure: Figure, study: Study) -> None:
    _grid(figure, study, "multiplier", "multiplier / best LUT", 2.2, log=True)


def _grid(figure: Figure, study: Study, ratio: str, label: str, level: float, log: bool) -> None:
    """A row a technology, a panel a kind of number: a ratio of areas for one rate over the columns."""
    measured = measured_ratios(study.points)
    panels = figure.subplots(
        len(study.technologies), len(NUMBER_KINDS), sharex=True, sharey=True, squeeze=False
    )
    for row, technology in zip(panels, study.technologies, strict=True):
        for axes, kind in zip(row, NUMBER_KINDS, strict=True):
            axes.axhline(level, color=GREY, linewidth=0.7, zorder=1)
            of = _among(study.ratios, technology, kind)
            for (name, footing), line in of.groupby(["number", "footing"], sort=False):
                width = 1.3 if footing == COMMON else 0.8
                axes.plot(
                    line["columns"], line[ratio], color=COLOURS[_format(name)], linewidth=width,
                    linestyle=DASHES[str(footing)], zorder=2,
                )  # fmt: skip
            for name, line in _among(measured, technology, kind).groupby("number", sort=False):
                axes.plot(
                    line["columns"], line[ratio], color=COLOURS[_format(name)], linestyle="none", marker="o",
                    markersize=4, markeredgecolor="#111", markeredgewidth=0.5, zorder=4,
                )  # fmt: skip
            axes.set(xscale="log", yscale="log" if log else "linear")
            plain(axes)
            columns = sorted(study.ratios["columns"].unique())
            axes.xaxis.set_major_locator(FixedLocator(columns[::2]))
            axes.xaxis.set_minor_locator(NullLocator())
            if log:
                axes.yaxis.set_major_locator(FixedLocator([1, 2.2, 5, 10, 15]))
        row[0].set_ylabel(f"{technology}\n{label}")
    for axes, title in zip(panels[0], map(number_title, NUMBER_KINDS), strict=True):
        axes.set_title(title)
    for axes in panels[-1]:
        axes.set_xlabel("Columns K")
    figure.legend(handles=_keys(panels[0, 0]), loc="outside lower center", ncols=5, handlelength=1.6)


def _keys(axes: Axes) -> list[Any]:
    """What colours, dashes and dots mean."""
    lines = [axes.plot([], [], color=colour, label=name)[0] for name, colour in COLOURS.items()]
    lines += [
        axes.plot(
            [],
            [],
            color=GREY,
            linestyle=dash,
            label=f"at the {footing}" if footing == COMMON else "each at its own clock",
        )[0]
        for footing, dash in DASHES.items()
    ]
    dot: Any = {
        "marker": "o",
        "markersize": 4,
        "color": GREY,
        "markeredgecolor": "#111",
        "markeredgewidth": 0.5,
    }
    return [*lines, *axes.plot([], [], linestyle="none", label="synthesized", **dot)]


def _tiles(figure: Figure, study: Study) -> None:
    """Above what cores side by side cost, below what the LUT systems of the first technology are made of."""
    numbers = list(study.tiles["number"].unique())
    panels = figure.subplots(2, len(numbers), sharex=True, squeeze=False)
    systems = best_shared(unwired(study.tiles))
    for axes, number in zip(panels[0], numbers, strict=True):
        for technology, colour in zip(study.technologies, SHADES, strict=False):
            for architecture, dash in (("lut", "-"), ("select", (0, (2.2, 1.6)))):
                line = systems[
                    (systems["technology"] == technology)
                    & (systems["number"] == number)
                    & (systems["architecture"] == architecture)
                ]
                axes.plot(
                    range(len(line)), line["penalty"], color=colour, linestyle=dash, linewidth=1.1,
                    marker="o", markersize=2.2, label=f"{architecture}, {technology}",
                )  # fmt: skip
        axes.set(title=number, ylim=(0.95, 1.02 * float(systems["penalty"].max())))
        axes.grid(True)
    panels[0, 0].set_ylabel("Area for a token rate,\nin that of one core")
    panels[0, 0].legend(loc="upper left", handlelength=1.8, borderaxespad=0.1)
    for axes, number in zip(panels[1], numbers, strict=True):
        line = systems[
            (systems["technology"] == study.technologies[0])
            & (systems["number"] == number)
            & (systems["architecture"] == "lut")
        ].set_index("cores")
        scale = float(line.loc[1, "area_um2"]) / 100
        below = pd.Series(0.0, index=line.index)
        for part, colour in PART_COLOURS.items():
            column = f"area_{part}"
            if column not in line or not study.tiles.loc[systems.index, column].any():
                continue
            heights = line[column] / scale
            axes.bar(range(len(line)), heights, bottom=below, width=0.7, color=colour, label=part)
            below = below + heights
        axes.grid(True, axis="y")
        axes.set_xticks(range(len(line)), [str(cores) for cores in line.index])
        axes.set_xlabel("Cores side by side")
    panels[1, 0].set_ylabel(f"Area of LUT cores, {study.technologies[0]}\n(% of one core's)")
    handles, labels = panels[1, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))


def _parameters(figure: Figure, study: Study) -> None:
    """How much larger than the best LUT core of the same rate each group size and tile is."""
    table = study.corrections[study.corrections["technology"] == study.technologies[0]]
    numbers = list(study.tiles["number"].unique())
    panels = figure.subplots(1, len(numbers), sharey=True, squeeze=False)[0]
    for axes, number in zip(panels, numbers, strict=True):
        of = table[table["number"] == number]
        for (length, line), colour in zip(of.groupby("tile_length"), VALUE_COLOURS, strict=False):
            axes.plot(
                line["group_size"], line["gain"], color=colour, marker="o", markersize=3, linewidth=1.1,
                label=f"{length} × {line['columns'].iloc[0]:.0f}",
            )  # fmt: skip
        axes.axhline(1.2, color=GREY, linewidth=0.7, zorder=1)
        axes.set(title=number, xlabel="Group size µ")
        axes.xaxis.set_major_locator(MultipleLocator(1))
        axes.grid(True)
    panels[0].set_ylabel("Area, in that of the best LUT core")
    panels[0].legend(title="tile, n × K", loc="upper left", borderaxespad=0.1)


def _among(table: pd.DataFrame, technology: str, kind: str) -> pd.DataFrame:
    return table[(table["technology"] == technology) & (table["kind"] == kind)]


def _format(number: Any) -> str:
    return str(number).split()[0]


PICTURES: dict[str, tuple[tuple[float, float], Draw]] = {
    "reuse": ((7.2, 5.2), _reuse),
    "multipliers": ((7.2, 5.2), _multipliers),
    "tiles": ((7.2, 4.4), _tiles),
    "parameters": ((7.2, 2.4), _parameters),
}
"""Size in inches and drawing of each picture."""
