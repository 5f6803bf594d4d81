"""One netlist read in a process of its own, ``python -m costmodel.flow.read_worker``, a JSON job as input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyosys import libyosys

from costmodel.cells.table import CellTable, write_liberty
from costmodel.flow.serving import serve


def read_module(netlist: Path, top: str, table: CellTable, directory: Path) -> dict[str, Any]:
    """A module of mapped cells from a Verilog netlist, flat, in Yosys' JSON form."""
    liberty, read = directory / "cells.lib", directory / "read.json"
    liberty.write_text(write_liberty(table))
    design = libyosys.Design()
    for command in (
        f"read_liberty -lib -ignore_miss_func {liberty}",
        f'read_verilog "{netlist}"',
        f"hierarchy -check -top {top}",
        "flatten",
        "delete t:$scopeinfo",
        f"write_json {read}",
    ):
        libyosys.run_pass(command, design)
    module: dict[str, Any] = json.loads(read.read_text())["modules"][top]
    for cell in module["cells"].values():
        pins = table.cells[cell["type"]].pins
        cell["port_directions"] = {pin: pins[pin].direction for pin in cell["connections"]}
    return module


def read(job: dict[str, Any]) -> dict[str, Any]:
    """The job's netlist as one module."""
    table = CellTable.load(Path(job["table"]))
    return {"module": read_module(Path(job["netlist"]), job["top"], table, Path(job["directory"]))}


if __name__ == "__main__":
    serve(read)
