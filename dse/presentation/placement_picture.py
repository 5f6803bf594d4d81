"""The picture of a placement: every cell where it lies, in the colour of its part."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from costmodel.fit.placed import part_of
from costmodel.flow.placing import PlacedCore
from costmodel.price.area import PARTS
from dse.presentation.plotting import STYLE, part_colour, save

NAME = "placement"
_INCHES = 4.5


def draw_placement(core: PlacedCore, directory: Path, title: str) -> Path:
    """Writes the picture as PNG and SVG into ``directory``; the path of the PNG."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_INCHES * 1.25, _INCHES))
        axes = figure.add_axes((0.09, 0.09, 0.7, 0.84))
        parts = [part_of(cell.leads_to) for cell in core.cells]
        corners = [(c.x_um, c.y_um, c.x_um + c.width_um, c.y_um + core.row_um) for c in core.cells]
        cells = PolyCollection(
            [[(left, low), (right, low), (right, high), (left, high)] for left, low, right, high in corners],
            facecolors=[part_colour(part) for part in parts],
            edgecolors="white",
            linewidths=min(0.3, 20 / max(1, len(corners)) ** 0.5 / 5),
            rasterized=True,
        )
        axes.add_collection(cells)
        x, y = [pin.x_um for pin in core.pins], [pin.y_um for pin in core.pins]
        axes.plot(x, y, linestyle="none", marker="s", markersize=0.5, color="#333333", clip_on=False)
        axes.set(xlim=(0, core.width_um), ylim=(0, core.height_um), aspect="equal")
        axes.set(xlabel="µm", ylabel="µm", title=title)
        shown = [part for part in PARTS if part in parts]
        legend = [Patch(color=part_colour(part), label=part) for part in shown]
        figure.legend(handles=legend, loc="upper left", bbox_to_anchor=(0.8, 0.94))
        save(figure, directory, NAME, dpi=250)
    return directory / f"{NAME}.png"
