"""The pictures of a sweep, PNG and SVG: ``pareto``, ``breakdown``, ``request``, ``group_size``, ``formats``.

Here are the fronts, what the designs of one rate are made of, and the formats; the others have their modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from dse.presentation.plotting import (
    ARCHITECTURE_COLOURS,
    PART_COLOURS,
    STYLE,
    architecture_mark,
    kind_colours,
    plain,
    save,
    short,
)
from dse.pricing.metric import FAST
from dse.sweep.report.along_front import staircase
from dse.sweep.report.breakdown_figure import front_breakdown
from dse.sweep.report.group_costs import group_costs, number_of
from dse.sweep.report.group_figure import group_figure
from dse.sweep.report.request_figure import request_figure
from dse.sweep.results.designs import Designs, Row
from dse.sweep.results.sweep_results import Results
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.sentences import bounds

CLIPPED_ABOVE = 1.8
"""A bar this many times the second highest is cut off, so that the others can be compared."""


Drawing = Callable[[Axes, Summary, str], None]
"""Draws one panel, which has a letter."""


def write_figures(directory: Path, summary: Summary) -> None:
    """Writes the pictures of ``summary`` into ``directory``; the same results give the same bytes."""
    with mpl.rc_context(STYLE):
        if summary.results.formats:
            figure = Figure(figsize=(7.2, 2.9), layout="constrained")
            _formats(figure.subplots(1, 2, width_ratios=(3, 2)), summary.results)
            save(figure, directory, "formats")
        if costs := group_costs(summary.results):
            save(group_figure(costs, summary.results.for_rate), directory, "group_size")
        save(front_breakdown(summary), directory, "breakdown")
        if summary.request:
            save(request_figure(summary), directory, "request")
        if drawings := _drawings(summary):
            save(_overview(summary, drawings), directory, "pareto")


def _drawings(summary: Summary) -> list[Drawing]:
    """What the overview shows: fronts, the price of merit, and what designs of equal merit are made of.

    Of one objective there is no front; of what is minimised no price of one more.
    """
    drawings: list[Drawing] = [] if summary.rules.single else [_fronts]
    if drawings and summary.rules.goal(summary.merit) == "max":
        drawings.append(_efficiency)
    return drawings if summary.best is None else [*drawings, _breakdown]


def _overview(summary: Summary, drawings: Sequence[Drawing]) -> Figure:
    figure = Figure(figsize=(max(3.6, 2.4 * len(drawings)), 2.9), layout="constrained")
    panels = figure.subplots(1, len(drawings), squeeze=False)[0]
    for axes, drawing, letter in zip(panels, drawings, "abc", strict=False):
        drawing(axes, summary, letter)
    if summary.best is not None:
        title = f"Recommended: {summary.naming.phrase(summary.best)}"
        figure.suptitle(fill(title, 50 * len(drawings)), fontsize=7, x=0.01, ha="left")
    return figure


def _formats(panels: Sequence[Axes], results: Results) -> None:
    """The best of each format, datapath and architecture: cost for its rate, and that against its error."""
    rows, metric, error = results.formats, results.for_rate, results.metric("rms_error")
    figure, label = metric.name, results.priced.label
    names = list(dict.fromkeys(number_of(row) for row in rows))
    architectures = list(dict.fromkeys(row["architecture"] for row in rows))
    for architecture in architectures:
        colour = ARCHITECTURE_COLOURS[architecture]
        matching = [row for row in rows if row["architecture"] == architecture]
        marker = architecture_mark(architecture).shape
        style: Any = {"color": colour, "marker": marker, "markersize": 4, "linestyle": "none"}
        places = [names.index(number_of(row)) for row in matching]
        panels[0].plot(places, [row[figure] for row in matching], label=architecture, **style)
        panels[1].plot([row["rms_error"] for row in matching], [row[figure] for row in matching], **style)
    panels[0].set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names])
    panels[0].set(
        yscale="log",
        ylabel=metric.axis,
        title=f"(a) {label[:1].upper()}{label[1:]} for a rate, by format and datapath",
    )
    panels[1].set(xscale="log", yscale="log", xlabel=error.axis, title="(b) … and error")
    plain(panels[1], error, metric)
    panels[0].grid(True, axis="y")
    panels[0].yaxis.set_major_formatter(FuncFormatter(short))
    panels[0].yaxis.set_minor_formatter(NullFormatter())
    panels[0].legend(loc="upper left", borderaxespad=0.1)


def _fronts(axes: Axes, summary: Summary, letter: str) -> None:
    """The front of each compared value in price and rate, over the designs they were chosen from."""
    results, price, rate = summary.results, summary.price, summary.merit
    x, y = summary.rules.metric(price), summary.rules.metric(rate)
    rising = summary.rules.goal(rate) == "max"
    cloud = results.cloud(price, rate)
    axes.scatter(cloud[price], cloud[rate], s=1, color="#cfd5dc", linewidths=0, rasterized=True, zorder=1)
    for value, colour, front in _lines(summary):
        axes.step(
            front.column(price), front.column(rate), where="post", color=colour, linewidth=1.2,
            label=summary.naming.group(value), zorder=3,
        )  # fmt: skip
    if summary.best is not None and (off := results.uncertainty(price)):
        cost = summary.best[price]
        axes.axvspan(cost / (1 + off), cost * (1 + off), color="#5f6b78", alpha=0.15, linewidth=0, zorder=0)
    if rate in results.budget:
        axes.axhline(results.budget[rate], color="#5f6b78", linewidth=0.7, linestyle=(0, (4, 2)), zorder=2)
    if price in results.budget:
        axes.axvline(results.budget[price], color="#5f6b78", linewidth=0.7, linestyle=(0, (4, 2)), zorder=2)
        axes.annotate(
            f"budget {x.text(results.budget[price])}", (results.budget[price], 0.02),
            xycoords=("data", "axes fraction"), xytext=(3, 0), textcoords="offset points",
            fontsize=6, color="#5f6b78",
        )  # fmt: skip
    _star(axes, summary, price, lambda row: float(row[rate]))
    _own(axes, summary, price, lambda row: float(row[rate]))
    others = bounds(summary, but=(price, rate))
    title = f"({letter}) Pareto fronts" + (f"\nwithin {others}" if others else "")
    axes.set(xlabel=x.axis, ylabel=y.axis)
    axes.set_title(title, fontsize=7 if others else None)
    axes.set(xscale=_scale(cloud[price]), yscale=_scale(cloud[rate]))
    plain(axes, x, y)
    axes.legend(loc="upper left" if rising else "upper right", handlelength=1.2, borderaxespad=0.1)


def _scale(values: Sequence[float]) -> str:
    """Logarithmic where all ``values`` are positive."""
    return "log" if min(values) > 0 else "linear"


def _efficiency(axes: Axes, summary: Summary, letter: str) -> None:
    """The same fronts, as the price of one unit of the rate: where (a) shows lines side by side."""
    price, rate = summary.price, summary.merit
    for value, colour, front in _lines(summary):
        prices, rates = front.column(price), front.column(rate)
        axes.plot(rates, prices / rates, color=colour, linewidth=1.0, label=summary.naming.group(value))
    _star(axes, summary, rate, lambda row: float(row[price] / row[rate]))
    _own(axes, summary, rate, lambda row: float(row[price] / row[rate]))
    x, paid = summary.rules.metric(rate), summary.rules.metric(price)
    what = "the rate" if x.words == FAST else x.label
    axes.set(xscale="log", yscale="log", xlabel=x.axis, title=f"({letter}) Price of {what}")
    axes.set_ylabel(f"{paid.label[:1].upper()}{paid.label[1:]} ({paid.unit or '1'} per {x.unit or '1'})")
    plain(axes, x)


def _lines(summary: Summary) -> Iterator[tuple[Any, str, Designs]]:
    """Each compared value, its colour, and its front in price and rate within the limits of all else."""
    results, rules = summary.results, summary.rules
    for value, colour in kind_colours(results.compare, results.kinds).items():
        front = rules.affordable(summary.of_group(value), but=(rules.price, rules.merit))
        if len(front):
            yield value, colour, staircase(front, rules)


def _star(axes: Axes, summary: Summary, across: str, up: Callable[[Row], float]) -> None:
    if summary.best is not None:
        axes.plot(
            summary.best[across], up(summary.best), marker="*", markersize=9, color="#111",
            markeredgecolor="white", markeredgewidth=0.6, linestyle="none", zorder=5, label="recommended",
        )  # fmt: skip


def _own(axes: Axes, summary: Summary, across: str, up: Callable[[Row], float]) -> None:
    """The design that the spec has as a reference."""
    if summary.reference:
        name, row = summary.reference
        axes.plot(
            row[across], up(row), marker="D", markersize=4.5, color="#b02a4a", markeredgecolor="white",
            markeredgewidth=0.6, linestyle="none", zorder=5, label=name,
        )  # fmt: skip


def _breakdown(axes: Axes, summary: Summary, letter: str) -> None:
    """Costs by part of the recommended design and of those that are as good."""
    names, parts = summary.breakdown()
    assert summary.best is not None
    cost = summary.rules.metric(summary.results.priced.key)
    designs = [row for _, row in summary.compared]
    totals = parts[-1][1]
    top = min(max(totals), CLIPPED_ABOVE * sorted(totals)[-2]) if len(totals) > 1 else totals[0]
    base = [0.0] * len(names)
    for part, values in parts[:-1]:
        ends = [min(b + v, top) for b, v in zip(base, values, strict=True)]
        heights = [end - b for b, end in zip(base, ends, strict=True)]
        axes.bar(
            range(len(names)), heights, bottom=base, width=0.62, color=PART_COLOURS[part], label=part,
            linewidth=0,
        )  # fmt: skip
        base = ends
    for position, total in enumerate(totals):
        tie = summary.tied(designs[position], cost.name)
        more = "" if position == 0 else "\n≈, not told apart" if tie else f"\n{total / totals[0]:.2f}×"
        if total > top:
            axes.plot(
                position + np.linspace(-0.36, 0.36, 9), top * (0.92 + 0.012 * (-1.0) ** np.arange(9)),
                color="white", linewidth=2.5, zorder=4,
            )  # fmt: skip
        axes.annotate(
            f"{total:,.0f}{more}", (position, min(total, top)), xytext=(0, 2), textcoords="offset points",
            ha="center", va="bottom", fontsize=6.5,
        )  # fmt: skip
    width = max(12, 48 // len(designs))
    ticks = [f"{name}\n{fill(summary.naming.details(row), width)}" for name, row in summary.compared]
    axes.set_xticks(range(len(names)), ticks, fontsize=5)
    axes.tick_params(axis="x", length=0)
    merit = summary.rules.metric(summary.merit)
    at = "" if summary.rules.single else f" at {merit.text(summary.best[merit.name])}"
    axes.set(ylabel=cost.axis, title=f"({letter}) {cost.label[:1].upper()}{cost.label[1:]}{at}")
    axes.set_ylim(0, 1.22 * top)
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    axes.grid(True, axis="y")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], labels[::-1], loc="upper left", handlelength=0.9, handleheight=0.9, borderaxespad=0.2
    )
