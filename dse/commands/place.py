"""The command that places a core."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dse.commands.options import (
    RESULTS,
    AsJson,
    CoreFile,
    DontUse,
    LibertyFiles,
    Overrides,
    Tech,
    load_core,
    out_path,
)
from dse.presentation.answers import say
from dse.presentation.terminal import aligned, progress_bar, say_json

if TYPE_CHECKING:
    from costmodel.flow.placing import PlacedResult


_FIGURES = (
    ("cells", "cells", 1, 0),
    ("area of cells, µm²", "area_um2", 1, 1),
    ("wires, mm", "wire_um", 1e-3, 2),
    ("capacitance of wires, fF", "wire_ff", 1, 0),
    ("capacitance of pins, fF", "pin_ff", 1, 0),
    ("longest path, ps", "delay_ps", 1, 0),
    ("without wires, ps", "delay_ideal_ps", 1, 0),
)
"""What is said of a placed netlist: in words, its name, the scale and the digits."""


def place(
    core: CoreFile,
    tech: Tech = "asap7",
    liberty: LibertyFiles = [],  # noqa: B006
    dont_use: DontUse = [],  # noqa: B006
    clock_ps: Annotated[
        float | None,
        typer.Option(metavar="P", help="Clock period to size for; status 1 if it is not met.", min=1),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="DIR",
            help="Where the picture goes.",
            show_default="ternlut-out/place-CORE",
            parser=out_path,
        ),
    ] = None,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Place a core's cells and measure its wires."""
    from costmodel.fit.placed import place as measure
    from costmodel.fit.placed import require_placer
    from dse.commands.fabric import refuse_fabric
    from generator.files import claimed, prepared

    refuse_fabric("place", tech)
    require_placer()
    config = load_core(core, override)
    with prepared(out or RESULTS / f"place-{core.stem}") as directory:
        with progress_bar() as progress:
            progress("synthesizing and placing", None)
            _, result = measure(config, tech, clock_ps=clock_ps, liberty=liberty, dont_use=dont_use)
        from dse.presentation.placement_picture import draw_placement

        with claimed(directory):
            picture = draw_placement(result.core, directory, f"{core.stem}, {tech}")
    meets = None if clock_ps is None else result.after.delay_ps <= clock_ps
    if as_json:
        say_json({**_figures(result), "meets_clock": meets, "picture": str(picture)})
    else:
        say(_in_words(result))
        if meets is not None:
            say(f"The clock of {clock_ps:,.0f} ps is {'met' if meets else 'not met'}.")
        say(f"picture: {picture}")
    if meets is False:
        raise typer.Exit(1)


def _parts(result: PlacedResult) -> dict[str, tuple[int, float]]:
    """Of each part how many cells it has, and their area (µm²)."""
    from costmodel.fit.placed import part_of
    from costmodel.price.area import PARTS

    cells: Counter[str] = Counter()
    areas: defaultdict[str, float] = defaultdict(float)
    for cell in result.core.cells:
        part = part_of(cell.leads_to)
        cells[part] += 1
        areas[part] += cell.width_um * result.core.row_um
    return {part: (cells[part], areas[part]) for part in PARTS if cells[part]}


def _figures(result: PlacedResult) -> dict[str, Any]:
    """All of a result by name."""
    from dataclasses import asdict

    core = result.core
    return {
        **{name: round(value, 4) for name, value in asdict(result.after).items()},
        "before": {name: round(value, 4) for name, value in asdict(result.before).items()},
        "beyond_limits": result.beyond_limits,
        "core_um": [core.width_um, round(core.height_um, 3)],
        "core_um2": round(core.width_um * core.height_um, 4),
        "parts": {part: {"cells": n, "area_um2": round(a, 4)} for part, (n, a) in _parts(result).items()},
        "seconds": round(result.seconds, 3),
    }


def _in_words(result: PlacedResult) -> str:
    """Where the cells are, and what wires make of the core before and after it is resized with them."""
    core, before, after = result.core, result.before, result.after
    parts = _parts(result)
    rows = [[part, f"{n:,}", f"{a:,.1f}", f"{a / after.area_um2:.1%}"] for part, (n, a) in parts.items()]
    total = ["total", f"{after.cells:,}", f"{after.area_um2:,.1f}", "100.0%"]
    figures = [
        [label, *(f"{getattr(each, name) * scale:,.{digits}f}" for each in (before, after))]
        for label, name, scale, digits in _FIGURES
    ]
    square = f"{core.width_um:,.1f} × {core.height_um:,.1f} µm ({core.width_um * core.height_um:,.1f} µm²)"
    limits = f"{result.beyond_limits:,} nets are beyond the library's limits of load or slew.\n"
    return (
        f"{aligned(['part', 'cells', 'µm²', 'share'], [*rows, total])}\n\n"
        f"{aligned(['with wires', 'as mapped', 'resized'], figures)}\n\n"
        f"{limits if result.beyond_limits else ''}"
        f"The core is {square}; {result.seconds:.1f} s."
    )
