"""What tests of sizing and of timing share: a clock that a sizer is asked for, and OpenSTA's longest path."""

from __future__ import annotations

import gzip
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from costmodel.flow.sizing import Sized, Sizer
from costmodel.flow.yosys_worker import write_verilog
from tests.costmodel.libraries import library

AS_FAST = 1.02
"""Delays that count as equal."""


def sized_by(sizer: Sizer, clock_ps: float | None = None) -> Sized:
    """Sized for a clock, or as fast as can be; of what equally meets that the smallest."""
    tries = list(sizer.ladder(clock_ps))
    shortest = min(sized.delay_ps for sized in tries)
    enough = AS_FAST * shortest if clock_ps is None else max(clock_ps, shortest)
    return min((sized for sized in tries if sized.delay_ps <= enough), key=lambda sized: sized.area_um2)


def without_wires(liberty: Path, directory: Path) -> Path:
    """The library unpacked, without its estimates of wires: netlists here have none."""
    data = liberty.read_bytes()
    text = (gzip.decompress(data) if liberty.suffix == ".gz" else data).decode()
    path = directory / liberty.name.removesuffix(".gz")
    path.write_text(re.sub(r"default_wire_load\w*\s*:[^;\n]*;?", "", text))
    return path


def opensta_delay(module: dict[str, Any], name: str, directory: Path, commands: Iterable[str] = ()) -> float:
    """The longest path by OpenSTA of a module among its neighbours, in ps; ``commands`` come before it."""
    write_verilog({"modules": {"top": module}}, directory / "surrounded.v")
    (clock,) = module["ports"]
    script = [
        *(f"read_liberty {without_wires(path, directory)}" for path in library(name).files),
        f"read_verilog {directory / 'surrounded.v'}",
        "link_design top",
        f"create_clock -name clock -period 0 [get_ports {clock}]",
        *commands,
        "report_checks -path_delay max -digits 6",
    ]
    (directory / "script.tcl").write_text("\n".join(script) + "\n")
    command = ["sta", "-exit", "-no_splash", str(directory / "script.tcl")]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    slack = re.search(r"(-?[\d.]+)\s+slack", report)
    assert slack is not None, report
    return -float(slack[1]) * (1.0 if name == "asap7" else 1000.0)
