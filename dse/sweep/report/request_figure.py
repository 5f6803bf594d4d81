"""``request``: where the time of a request goes, and what another memory would make of the token rate."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from dse.presentation.plotting import kind_colours, short
from dse.pricing.pieces import PARTS, Part
from dse.spec.request import PHASES
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.request_parts import NAMES, RequestPart
from dse.sweep.summary.roofline import marked

PIECE_COLOURS: dict[Part, str] = {
    "ternary layers": "#0b6bb8",
    "attention": "#7a5fb5",
    "output head": "#f0a35e",
    "embedding": "#8d99a6",
}
"""Colours of the parts of a request."""


def request_figure(summary: Summary) -> Figure:
    """Time and traffic of the recommended design by phase and part, and rates of all that are compared."""
    figure = Figure(figsize=(7.2, 2.6), layout="constrained")
    time, moved, roof = figure.subplots(1, 3, width_ratios=(1, 1, 1.4))
    _stacked(time, summary.request, [1e3 * part.seconds for part in summary.request])
    time.set(ylabel="Time (ms)", title="(a) Time of a request")
    _stacked(moved, summary.request, [part.megabytes for part in summary.request])
    moved.set(ylabel="Memory traffic (MB)", title="(b) What the memory moves")
    time.legend(loc="upper right", handlelength=0.9, handleheight=0.9)
    _rooflines(roof, summary)
    return figure


def _stacked(axes: Axes, parts: Sequence[RequestPart], values: Sequence[float]) -> None:
    """A bar a phase."""
    phases = [phase for phase in PHASES if any(part.phase == phase for part in parts)]
    base = dict.fromkeys(phases, 0.0)
    for name in PARTS:
        heights = {p.phase: value for p, value in zip(parts, values, strict=True) if p.part == name}
        if heights:
            axes.bar(
                range(len(phases)), [heights.get(phase, 0.0) for phase in phases], 0.62,
                bottom=[base[phase] for phase in phases], color=PIECE_COLOURS[name], label=name, linewidth=0,
            )  # fmt: skip
            for phase, height in heights.items():
                base[phase] += height
    axes.set_xticks(range(len(phases)), [NAMES[phase].replace(" ", "\n", 1) for phase in phases])
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    axes.grid(True, axis="y")


def _rooflines(axes: Axes, summary: Summary) -> None:
    results = summary.results
    colours = kind_colours(results.compare, results.kinds)
    for (_, row), line in zip(summary.compared, summary.rooflines, strict=True):
        axes.plot(
            line.bandwidths, line.rates, color=colours[results.kind_of(row)], linewidth=1.2, label=line.name
        )
    for name, gigabytes in marked().items():
        axes.axvline(gigabytes, color="#cfd5dc", linewidth=0.6, zorder=1)
        axes.annotate(
            name, (gigabytes, 0.02), xycoords=("data", "axes fraction"), rotation=90, fontsize=5,
            color="#5f6b78", xytext=(1, 0), textcoords="offset points", va="bottom",
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="Memory bandwidth (GB/s)", ylabel="Token rate (tokens/s)")
    axes.set_title("(c) Behind other memories")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(short))
        axis.set_minor_formatter(NullFormatter())
    axes.grid(True)
    axes.legend(loc="upper left", handlelength=1.2, borderaxespad=0.1)
