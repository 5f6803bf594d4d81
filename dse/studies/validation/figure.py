"""``validation.png``: modelled against synthesized cost and delay, and how the errors are distributed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from costmodel.fit.validation import Validation
from costmodel.price.quantity import Quantity
from dse.presentation.plotting import STYLE, architecture_mark, number_colour, plain
from generator.config import ARCHITECTURES, NUMBER_KINDS
from generator.files import replacing

BAND = 0.1
"""Relative error that is drawn as a band."""
BINS = 24


def write_figure(path: Path, validation: Validation) -> None:
    """Writes the picture; the same results give the same bytes."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.9), layout="constrained")
        panels = figure.subplots(2, 2, height_ratios=(3, 1.3))
        for column, (quantity, letters) in enumerate(zip(validation.told_apart, ("ac", "bd"), strict=True)):
            _scatter(panels[0, column], validation, quantity, letters[0])
            _histogram(panels[1, column], validation, quantity, letters[1])
        _legend(panels[0, 0], validation)
        with replacing(path) as temporary:
            figure.savefig(temporary, format="png", dpi=220)


def _scatter(axes: Axes, validation: Validation, quantity: Quantity, letter: str) -> None:
    name = quantity.name
    cores = validation.cores
    across, up = cores[f"synthesized_{name}"], cores[f"modelled_{name}"]
    ends = np.array([0.8 * min(across.min(), up.min()), 1.25 * max(across.max(), up.max())])
    axes.fill_between(ends, ends * (1 - BAND), ends * (1 + BAND), color="#eceff2", linewidth=0, zorder=0)
    axes.plot(ends, ends, color="#8d99a6", linewidth=0.7, zorder=1)
    for numbers in NUMBER_KINDS:
        for architecture in ARCHITECTURES:
            chosen = (cores["numbers"] == numbers) & (cores["architecture"] == architecture)
            axes.plot(
                across[chosen], up[chosen], linestyle="none", color=number_colour(numbers), markersize=2.8,
                marker=architecture_mark(architecture).shape, markeredgecolor="white",
                markeredgewidth=0.25, zorder=3,
            )  # fmt: skip
    unit, errors = quantity.unit, validation.errors(name)
    axes.set(
        xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal",
        xlabel=f"Synthesized {name} ({unit})", ylabel=f"Modelled {name} ({unit})",
        title=f"({letter}) {name.capitalize()}, {errors.cores} cores",
    )  # fmt: skip
    plain(axes)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if ends[1] < 500 * ends[0] else (1,)))


def _histogram(axes: Axes, validation: Validation, quantity: Quantity, letter: str) -> None:
    name = quantity.name
    cores, errors = validation.cores, validation.errors(name)
    reach = 1.05 * max(errors.maximum, 1.0)
    edges = np.linspace(-reach, reach, BINS + 1)
    present = [numbers for numbers in NUMBER_KINDS if (cores["numbers"] == numbers).any()]
    axes.hist(
        [cores.loc[cores["numbers"] == numbers, f"{name}_error"] for numbers in present],
        bins=edges.tolist(), stacked=True, color=[number_colour(numbers) for numbers in present], rwidth=0.9,
    )  # fmt: skip
    axes.axvline(0, color="#8d99a6", linewidth=0.7)
    axes.set(
        xlabel=f"Error of {name} (%)", ylabel="Cores",
        title=f"({letter}) Median {errors.median:.1f} %, at most {errors.maximum:.1f} %",
    )  # fmt: skip
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.grid(True, axis="y")


def _legend(axes: Axes, validation: Validation) -> None:
    """Colours are numbers, shapes are architectures."""
    cores = validation.cores
    entry: Any = {"linestyle": "none", "markersize": 3.5}
    for numbers in NUMBER_KINDS:
        if (cores["numbers"] == numbers).any():
            axes.plot([], [], marker="o", color=number_colour(numbers), label=numbers, **entry)
    for architecture in ARCHITECTURES:
        if (cores["architecture"] == architecture).any():
            marker = architecture_mark(architecture).shape
            axes.plot([], [], marker=marker, color="#5f6b78", label=architecture, **entry)
    axes.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.2)
