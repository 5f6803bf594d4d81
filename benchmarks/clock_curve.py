"""Area against the clock period of one core, from the least to the fastest, beside an ordinary Yosys flow.

The ordinary flow is what one would write down: Yosys' ``synth`` with its lookahead adders and ABC's
``dch; &nf; buffer; upsize; dnsize``, on the same cells. All netlists are timed between the same neighbours
by static timing here and, where it is installed, by OpenSTA. ``--liberty`` takes other cells than the shipped
ones.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyosys import libyosys

from costmodel.cells.liberty import Library
from costmodel.cells.table import CellTable, write_liberty
from costmodel.flow.mapping import offer, strengths
from costmodel.flow.neighbours import with_neighbours
from costmodel.flow.static_timing import longest_path
from costmodel.flow.synthesis import Flow, SynthesisError, shipped_library, synthesize
from costmodel.flow.yosys_worker import write_verilog
from generator.config import CoreConfig
from generator.verilog import Emission, emit

CORE = {"group_size": 2, "tables": 12, "columns": 16, "activation": "int8"}
CORE |= {"reduction": "carry_save"}
FLOORS = (1008.0, 1200.0)
"""Clock periods (ps) that are looked at besides."""
ABC = ("strash", "dch", "&get -n", "&nf", "&put", "buffer -c", "topo", "stime", "upsize", "dnsize")
SPARED = ("x1p", "xp")
"""Parts of the names of cells that place-and-route flows of ASAP7 leave out."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--core", type=Path, help="a core's TOML; int8, µ = 2, 12 × 16, carry-save without"
    )
    arguments.add_argument("--points", type=int, default=6, help="clock periods, with the least area")
    arguments.add_argument(
        "--liberty", type=Path, nargs="*", default=[], help="cells; the shipped ones without"
    )
    given = arguments.parse_args()
    core = CoreConfig.load(given.core) if given.core else CoreConfig.parse(CORE)
    library = Library.of(tuple(given.liberty), "given") if given.liberty else shipped_library()
    emission = emit(core)
    silence_yosys()
    print(f"{emission.top}, {library.name}: area, longest path, and in brackets that by OpenSTA")
    with tempfile.TemporaryDirectory() as directory:
        folder, designs = Path(directory), {"ordinary flow": emission}
        if core.reduction != "tree":
            tree = core.model_copy(update={"reduction": "tree"})
            designs["the same, tree"] = emit(tree)
        points = []
        for name, design in designs.items():
            module = ordinary_flow(design, library.table(), folder)
            points.append(measured(module, library.table()))
            say(name, module, library, folder)
        curve(emission, library, given.points, min(points, key=lambda point: point[1]), folder)


def silence_yosys() -> None:
    """What Yosys says goes nowhere, what this program prints where it went before."""
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def curve(
    emission: Emission, library: Library, points: int, ordinary: tuple[float, float], folder: Path
) -> None:
    """Prints what this flow makes: as fast as can be, at periods in between, and without a clock."""
    flow = Flow(clock_ps=1.0, netlist=True)
    fastest = synthesize(emission.verilog, emission.top, library, flow)
    least = synthesize(emission.verilog, emission.top, library, Flow(netlist=True))
    netlists = [("as fast as can be", fastest.netlist)]
    assert fastest.delay_ps is not None
    slowest = measured(read(least.netlist or "", emission.top, library.table(), folder), library.table())[1]
    ratio = slowest / fastest.delay_ps
    steps = [fastest.delay_ps * ratio ** (i / (points - 1)) for i in range(1, points - 1)]
    steps += [period for period in (ordinary[1], *FLOORS) if fastest.delay_ps < period < slowest]
    for period in sorted(steps):
        try:
            result = synthesize(emission.verilog, emission.top, library, Flow(clock_ps=period, netlist=True))
        except SynthesisError as error:
            print(f"at {period:,.0f} ps: {error}")
            continue
        netlists.append((f"at {period:,.0f} ps", result.netlist))
    for name, netlist in [*netlists, ("least area", least.netlist)]:
        module = read(netlist or "", emission.top, library.table(), folder)
        say(name, module, library, folder, ordinary)


def ordinary_flow(emission: Emission, table: CellTable, folder: Path) -> dict[str, Any]:
    """The netlist of a core that a flow makes that knows nothing of it."""
    cells = {name: c for name, c in table.cells.items() if not any(part in name for part in SPARED)}
    table = CellTable(table.name, cells)
    (folder / "design.v").write_text(emission.verilog)
    (folder / "logic.lib").write_text(write_liberty(strengths(table)))
    (folder / "registers.lib").write_text(write_liberty(offer(table).registers))
    (folder / "abc.script").write_text("\n".join(ABC) + "\n")
    run(
        f"read_verilog -sv {folder / 'design.v'}",
        f"synth -flatten -top {emission.top} -run begin:fine",
        "opt -fast -full",
        "memory_map",
        "opt -undriven -fine",
        "techmap",
        "opt -fast",
        f"dfflibmap -liberty {folder / 'registers.lib'}",
        "opt",
        f"abc -liberty {folder / 'logic.lib'} -script {folder / 'abc.script'}",
        "opt_clean -purge",
        f"write_json {folder / 'ordinary.json'}",
    )
    return module_of(folder / "ordinary.json", emission.top, table)


def read(verilog: str, top: str, table: CellTable, folder: Path) -> dict[str, Any]:
    """The module of a mapped netlist."""
    (folder / "netlist.v").write_text(verilog)
    run(f"read_verilog {folder / 'netlist.v'}", f"write_json {folder / 'netlist.json'}")
    return module_of(folder / "netlist.json", top, table)


def module_of(path: Path, top: str, table: CellTable) -> dict[str, Any]:
    module: dict[str, Any] = json.loads(path.read_text())["modules"][top]
    for cell in module["cells"].values():
        pins = table.cells[cell["type"]].pins
        cell["port_directions"] = {pin: pins[pin].direction for pin in cell["connections"]}
    return module


def measured(module: Mapping[str, Any], table: CellTable) -> tuple[float, float]:
    """Area and longest path of a netlist between neighbours."""
    area = sum(table.cells[cell["type"]].area for cell in module["cells"].values())
    path = longest_path(with_neighbours(dict(module), table), table)
    return area, path.delay_ps if path else 0.0


def say(
    name: str,
    module: dict[str, Any],
    library: Library,
    folder: Path,
    ordinary: tuple[float, float] | None = None,
) -> None:
    """A line on a netlist, and its share of the ordinary flow's figures."""
    area, delay = measured(module, library.table())
    checked = opensta(with_neighbours(module, library.table()), library, folder)
    beside = "" if checked is None else f" ({checked:,.0f})"
    shares = "" if ordinary is None else f"   {area / ordinary[0]:.2f} × {delay / ordinary[1]:.2f}"
    print(f"{name:>20}{area:10,.0f} µm²{delay:8,.0f} ps{beside}{shares}", flush=True)


def opensta(module: dict[str, Any], library: Library, folder: Path) -> float | None:
    """The longest path of a module by OpenSTA, in ps; None where it is not installed or fails."""
    if shutil.which("sta") is None:
        return None
    write_verilog({"modules": {"top": module}}, folder / "timed.v")
    (folder / "cells.lib").write_text(write_liberty(library.table()))
    (clock,) = module["ports"]
    script = (
        f"read_liberty {folder / 'cells.lib'}",
        f"read_verilog {folder / 'timed.v'}",
        "link_design top",
        f"create_clock -name clock -period 0 [get_ports {clock}]",
        "report_checks -path_delay max -digits 6",
    )
    (folder / "script.tcl").write_text("\n".join(script) + "\n")
    command = ["sta", "-exit", "-no_splash", str(folder / "script.tcl")]
    report = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    slack = re.search(r"(-?[\d.]+)\s+slack", report)
    return None if slack is None else -float(slack[1])


def run(*commands: str) -> None:
    design = libyosys.Design()
    for command in commands:
        libyosys.run_pass(f"tee -q {command}", design)


if __name__ == "__main__":
    main()
