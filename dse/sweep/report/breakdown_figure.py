"""``breakdown``: what designs along the front are made of, a bar each."""

from __future__ import annotations

from textwrap import fill

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from dse.presentation.plotting import PART_COLOURS
from dse.pricing.areas import DESIGN_PARTS
from dse.sweep.report.along_front import along_front
from dse.sweep.summary.findings import Summary

NAME_WIDTH = 58
"""Letters of a line of a design's name."""


def front_breakdown(summary: Summary) -> Figure:
    """Shares of the cost by part, cheapest design on top; costs differ too much for one scale."""
    designs, priced = along_front(summary), summary.results.priced
    figures = [summary.rules.metric(name) for name in dict.fromkeys([summary.price, summary.merit])]
    figure = Figure(figsize=(7.2, 0.7 + 0.26 * len(designs)), layout="constrained")
    axes = figure.subplots()
    places = range(len(designs))
    base = [0.0] * len(designs)
    for part in DESIGN_PARTS:
        shares = [row[priced.part(part)] / row[priced.key] for _, row in designs]
        if any(share > 0 for share in shares):
            axes.barh(
                places, shares, left=base, height=0.68, color=PART_COLOURS[part], label=part, linewidth=0
            )
            base = [b + share for b, share in zip(base, shares, strict=True)]
    for place, (what, row) in enumerate(designs):
        axes.annotate(
            ", ".join(metric.text(row[metric.name]) for metric in figures)
            + (f"  {what}" if what else ""),
            (1, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=6,
            fontweight="bold" if row == summary.best else "normal",
        )  # fmt: skip
    names = [fill(summary.naming.phrase(row), NAME_WIDTH) for _, row in designs]
    axes.set_yticks(places, names, fontsize=6 if max(name.count("\n") for name in names) < 2 else 5)
    axes.set_ylim(len(designs) - 0.5, -0.5)
    axes.set(xlim=(0, 1), xlabel=f"Share of the {priced.label}")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    figure.legend(loc="outside upper left", ncols=len(DESIGN_PARTS), handlelength=0.9, handleheight=0.9)
    return figure
