"""One synthesis to an FPGA's fabric in a process of its own: ``python -m costmodel.flow.fabric_worker``.

The job comes as JSON on standard input, the result is written to the file that it names.
"""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from pyosys import libyosys

from costmodel.cells import fabrics
from costmodel.cells.fabrics import FABRICS
from costmodel.flow.fabric_adders import to_be_swapped
from costmodel.flow.fabric_timing import arcs_of, longest_path
from costmodel.flow.serving import serve

DATA = Path(fabrics.__file__).parent / "data"
NO_HURRY = 20_000
"""ps: a delay that most mappings meet, so that ABC looks for the fewest lookup tables.

What is on the longest path of a core of integers are carry chains, which mapping leaves as they are. Logic of
floats it makes as slow as this, where it finds a table less.
"""


def _has(design: Any, kinds: tuple[str, ...]) -> bool:
    """Whether a design has a cell whose type begins so."""
    cells = design.top_module().cells_.values()
    return any(cell.type.str().startswith(kinds) for cell in cells)


def _swap_operands(design: Any, directory: Path) -> None:
    """Has carry chains take the operands that need no lookup tables as they are."""
    path, top = directory / "words.json", design.top_module()
    for command in ("opt_expr", "opt_clean", "select *", f'write_json -selected "{path}"', "select -clear"):
        libyosys.run_pass(command, design)
    module = json.loads(path.read_text())["modules"][top.name.str().removeprefix("\\")]
    a, b = (libyosys.IdString(f"\\{name}") for name in "AB")
    for name in to_be_swapped(module):
        cell = top.cell(libyosys.IdString(name if name.startswith("$") else f"\\{name}"))
        first, second = cell.getPort(a), cell.getPort(b)
        cell.setPort(a, second)
        cell.setPort(b, first)
        for key in ("WIDTH", "SIGNED"):
            a_key, b_key = (libyosys.IdString(f"\\{operand}_{key}") for operand in "AB")
            of_first, of_second = cell.getParam(a_key), cell.getParam(b_key)
            cell.setParam(a_key, of_second)
            cell.setParam(b_key, of_first)


def synthesize(job: dict[str, Any]) -> dict[str, Any]:
    """Counts of the cells of a design in a fabric, its longest path where a wire's delay is stated, and the
    netlists that are asked for."""
    started, design = time.monotonic(), libyosys.Design()
    fabric, top, directory = FABRICS[job["fabric"]], job["top"], Path(job["directory"])

    def run(*passes: str) -> None:
        for command in passes:
            libyosys.run_pass(command, design)

    run(*(f'read_verilog -sv "{path}"' for path in job["verilog"]))
    run(
        f"scratchpad -set abc9.script {fabric.script}",
        f"scratchpad -set abc9.D {job.get('clock_ps') or NO_HURRY:.0f}",
        "scratchpad -set abc9.verify false",
        *(command.format(top=top) for command in fabric.begin),
    )
    first, words, memories, behind, last = fabric.labels
    synth = f"{fabric.synth.format(top=top)} -run"
    run(f"{synth} {first}:{words}")
    stores, multiplies = (_has(design, kinds) for kinds in (("$mem",), ("$mul", "$macc")))
    if stores or multiplies:
        run(*fabric.blocks)
    if words != memories:
        run(f"{synth} {words}:{memories}")
    run(*(f'techmap -map "{DATA / rewrite}"' for rewrite in fabric.rewrites))
    if fabric.chooses_operands:
        _swap_operands(design, directory)
    # Reading what memories there are takes longer than the rest of a small core that has none.
    run(f"{synth} {memories if stores else behind}:{last}", "delete t:$scopeinfo", "blackbox =A:whitebox")
    path = directory / "netlist.json"
    run(f'write_json "{path}"')
    netlist = json.loads(path.read_text())
    module = netlist["modules"][top]
    result: dict[str, Any] = {
        "cells": dict(sorted(Counter(cell["type"] for cell in module["cells"].values()).items())),
        "delay_ps": None,
    }
    if fabric.wire_ps is not None:
        result["delay_ps"] = longest_path(module, arcs_of(fabric.models), fabric.wire_ps)
    if job["netlist"]:
        verilog = directory / "netlist.v"
        run(f'write_verilog -noattr -noexpr "{verilog}"')
        packed = base64.b64encode(zlib.compress(path.read_bytes())).decode()
        result |= {"netlist": verilog.read_text(), "json": packed}
    return {**result, "seconds": time.monotonic() - started}


if __name__ == "__main__":
    serve(synthesize)
