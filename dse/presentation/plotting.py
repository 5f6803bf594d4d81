"""How the pictures of a sweep look: colours, type, axes, and the files they become."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple, assert_never

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from dse.pricing.areas import DESIGN_PARTS, DesignPart
from dse.pricing.kinds import Kind
from dse.pricing.metric import Metric, percent
from generator.config import ARCHITECTURES, Architecture, NumberKind
from generator.files import replacing

VALUE_COLOURS = ("#0b6bb8", "#d9661f", "#3f8f5b", "#8a5fb0", "#b8860b", "#5f6b78", "#c2447a")


class Mark(NamedTuple):
    """What stands for a kind in pictures: its colour, and the shape of its points."""

    colour: str
    shape: str


def architecture_mark(architecture: Architecture) -> Mark:
    """The mark of an architecture, one in all reports, whatever else is in them."""
    match architecture:
        case "lut":
            return Mark("#0b6bb8", "o")
        case "select":
            return Mark("#d9661f", "s")
        case "multiplier":
            return Mark("#3f8f5b", "D")
        case unknown:
            assert_never(unknown)


def number_colour(kind: NumberKind) -> str:
    """The colour of a kind of number."""
    match kind:
        case "integer":
            return "#0b6bb8"
        case "native":
            return "#d9661f"
        case "exact":
            return "#3f8f5b"
        case "aligned":
            return "#8a5fb0"
        case unknown:
            assert_never(unknown)


def part_colour(part: DesignPart) -> str:
    """The colour of a part of designs' areas."""
    match part:
        case "converters":
            return "#7a5fb5"
        case "tables":
            return "#0b6bb8"
        case "fetch":
            return "#58a6dc"
        case "reduction":
            return "#f0a35e"
        case "accumulators":
            return "#c45a1a"
        case "control":
            return "#8d99a6"
        case "combining":
            return "#3f8f5b"
        case "buffers":
            return "#b8a13a"
        case unknown:
            assert_never(unknown)


ARCHITECTURE_COLOURS = {name: architecture_mark(name).colour for name in ARCHITECTURES}
PART_COLOURS: dict[str, str] = {part: part_colour(part) for part in DESIGN_PARTS}


def kind_colours(compare: Sequence[str], kinds: Sequence[Kind]) -> dict[Kind, str]:
    """A colour for each compared kind; architectures have theirs in all reports."""
    if tuple(compare) == ("architecture",):
        return {kind: ARCHITECTURE_COLOURS[kind[0]] for kind in kinds}
    return dict(zip(kinds, cycle(VALUE_COLOURS), strict=False))


STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "grid.color": "#dfe3e8",
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 6.5,
    "svg.hashsalt": "ternlut",
    "svg.fonttype": "none",
}


def save(figure: Figure, directory: Path, name: str, dpi: int = 300) -> None:
    """Writes ``figure`` as PNG and SVG; the same figure gives the same bytes.

    It is laid out once, for both, which takes longer than drawing it.
    """
    figure.set_dpi(dpi)
    figure.draw_without_rendering()
    figure.set_layout_engine(None)
    for suffix, options in (("png", {"dpi": dpi}), ("svg", {"metadata": {"Date": None}})):
        with replacing(directory / f"{name}.{suffix}") as temporary:
            figure.savefig(temporary, format=suffix, **options)


def plain(axes: Axes, x: Metric | None = None, y: Metric | None = None) -> None:
    """Logarithmic axes with plain numbers; percentages where a metric's values are."""
    axes.grid(True)
    for axis, metric in ((axes.xaxis, x), (axes.yaxis, y)):
        is_share = metric is not None and metric.form == "percent"
        axis.set_major_formatter(FuncFormatter(_percent if is_share else short))
        axis.set_minor_formatter(NullFormatter())


def _percent(value: float, _: Any = None) -> str:
    return percent(value)


def short(value: float, _: Any = None) -> str:
    """1,000 as 1k."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"
