"""``group_size``: what a token rate costs against the group size, a line for each format and datapath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from dse.presentation.plotting import VALUE_COLOURS, short
from dse.pricing.metric import Metric
from dse.sweep.report.group_costs import FormatCosts

DASHES = ("-", (0, (4, 1.5)), (0, (1.2, 1.2)))
"""Lines of formats beyond the colours repeat them, dashed."""


def group_figure(costs: Sequence[FormatCosts], metric: Metric) -> Figure:
    """One panel, ``metric`` upwards; what knows no groups stands beside them as horizontal marks."""
    figure = Figure(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.subplots()
    groups = sorted({row["group_size"] for curve in costs for row in curve.lut})
    without = list(dict.fromkeys(row["architecture"] for curve in costs for row in curve.baselines))
    apart = max(1.0, len(groups) / 4)
    places = {name: groups[-1] + 0.2 + apart * (i + 0.8) for i, name in enumerate(without)}
    for i, curve in enumerate(costs):
        style: Any = {
            "color": VALUE_COLOURS[i % len(VALUE_COLOURS)],
            "linestyle": DASHES[i // len(VALUE_COLOURS) % len(DASHES)],
        }
        axes.plot(
            [row["group_size"] for row in curve.lut], [curve.cost(row) for row in curve.lut], marker="o",
            markersize=3.2, linewidth=1.1, label=curve.name, **style,
        )  # fmt: skip
        for row in curve.baselines:
            place = places[row["architecture"]]
            axes.plot(
                [place - 0.3 * apart, place + 0.3 * apart], [curve.cost(row)] * 2, linewidth=1.8, **style
            )
    if without:
        axes.axvline(groups[-1] + 0.4, color="#c3c9d0", linewidth=0.6)
    axes.set_xticks([*groups, *places.values()], [*map(str, groups), *places])
    axes.set(yscale="log", xlabel="Group size µ of table designs, and designs without tables")
    axes.set_ylabel(f"Least {metric.label} ({metric.unit})")
    axes.grid(True, axis="y", which="both")
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    axes.yaxis.set_minor_formatter(FuncFormatter(_two_and_five))
    figure.legend(loc="outside right upper", title="format, datapath" if len(costs) > 1 else None)
    return figure


def _two_and_five(value: float, _: Any = None) -> str:
    """Labels for 2 and 5 of each decade: the others would crowd."""
    return short(value) if f"{value:e}"[0] in "25" else ""
