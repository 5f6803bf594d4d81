"""One placement in a process of its own, ``python -m costmodel.flow.place_worker``, with a JSON job as input.

The placer is native code that prints as it likes, so it has its own process. The result is written as JSON to
the file the job names.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from costmodel.cells.table import CellTable
from costmodel.flow.kinds import Library
from costmodel.flow.mapping import strengths
from costmodel.flow.neighbours import with_neighbours, without_neighbours
from costmodel.flow.placement import Floorplan, Placement, legalized, place
from costmodel.flow.read_worker import read_module
from costmodel.flow.regions import cell_names
from costmodel.flow.resizing import resize
from costmodel.flow.serving import serve
from costmodel.flow.wires import Layer
from costmodel.flow.wiring import Wiring, cell_area
from costmodel.flow.writing import write_verilog

AIM = 0.99
"""The share of the clock that is resized for: cells move by a little when they are made legal again."""
FULLEST = 0.97
"""The most of the rows that may be cells on the way: fuller ones cannot be made legal."""
FULL = 0.8
"""The share of the rows that may be cells in the end: fuller ones are laid out anew, for all cells then."""


def placed(job: dict[str, Any]) -> dict[str, Any]:
    """What the job's netlist is once it is placed."""
    began = time.monotonic()
    table = CellTable.load(Path(job["table"]))
    module = read_module(Path(job["netlist"]), job["top"], table, Path(job["directory"]))
    surrounded = with_neighbours(module, table)
    floorplan = Floorplan(job["row_um"], job["utilisation"])
    layer, library = Layer(job["ff_per_um"], job["ohm_per_um"]), Library(table)
    clock = None if job["clock_ps"] is None else job["clock_ps"] * AIM

    def laid_out() -> tuple[Placement, Wiring]:
        placement = place(surrounded, table, floorplan)
        return placement, Wiring.of(surrounded, library, placement, layer)

    placement, wiring = laid_out()
    before = wiring.figures()
    beyond = resize(wiring, strengths(table), clock, FULLEST * placement.area_um2)
    if cell_area(surrounded["cells"], table) > FULL * placement.area_um2:
        placement, wiring = laid_out()
        beyond = resize(wiring, strengths(table), clock, FULL * placement.area_um2)
    placement = legalized(wiring.placement(placement), surrounded, table)
    final = Wiring.of(surrounded, library, placement, layer)
    after = final.figures()
    module = without_neighbours(surrounded, module, table)
    belongs = cell_names(module, table)
    written = Path(job["directory"]) / "placed.v"
    write_verilog({"modules": {job["top"]: module}}, written)
    return {
        "before": asdict(before),
        "after": asdict(after),
        "beyond_limits": beyond,
        "core": core_of(placement, surrounded, belongs),
        "netlist": written.read_text(),
        "wires": final.by_driver() if job["wires"] else None,
        "seconds": time.monotonic() - began,
    }


def core_of(placement: Placement, module: dict[str, Any], belongs: dict[str, str]) -> dict[str, Any]:
    """The placement as JSON."""
    return {
        "width_um": placement.width_um,
        "height_um": placement.height_um,
        "row_um": placement.row_um,
        "cells": [
            [name, module["cells"][name]["type"], x, y, placement.widths[name], belongs.get(name, "")]
            for name, (x, y) in placement.corners.items()
        ],
        "pins": [[name, x, y] for name, (x, y) in placement.pins.items()],
    }


if __name__ == "__main__":
    serve(placed)
