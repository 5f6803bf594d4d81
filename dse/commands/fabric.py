"""``synth`` on an FPGA: what of it a core takes up, and which clock it reaches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dse.commands.options import UsageError
from dse.presentation.answers import say
from dse.presentation.terminal import aligned, progress_bar, say_json

if TYPE_CHECKING:
    from costmodel.fit.fabric_cores import FabricCore
    from generator.config import CoreConfig


def fabric_named(tech: str | None) -> str | None:
    """The fabric that ``--tech`` names, or that of the technology that it names; None for one of cells."""
    if tech is None:
        return None
    from costmodel.cells.fabrics import FABRICS
    from costmodel.fit.fabrics import KIND

    if tech in FABRICS:
        return tech
    from costmodel.price.technology import load_technology

    technology = load_technology(tech)
    return technology.library if technology.measured_by == KIND else None


def synth_on_fabric(
    config: CoreConfig,
    fabric: str,
    device: str | None,
    clock_ps: float | None,
    datapath: bool,
    netlist: Path | None,
    as_json: bool,
) -> None:
    """Synthesizes a core, and places it where that can be; status 1 if it does not fit, or misses a clock."""
    from costmodel.fit.fabric_cores import synthesize_on_fabric
    from generator.files import write_text

    with progress_bar() as progress:
        progress("synthesizing", None)
        core = synthesize_on_fabric(
            config, fabric, device, datapath=datapath, netlist=netlist is not None, clock_ps=clock_ps
        )
    if netlist is not None and core.netlist is not None:
        write_text(netlist, core.netlist)
    meets = None if clock_ps is None or core.fmax_mhz is None else 1e6 / core.fmax_mhz <= clock_ps
    if as_json:
        say_json(_figures(core, fabric, clock_ps, meets))
    else:
        _say(core, fabric, clock_ps, meets)
    if meets is False or core.fits is False:
        raise typer.Exit(1)


def refuse_fabric(command: str, tech: str) -> None:
    """Raises ``UsageError`` where ``tech`` is a technology of an FPGA: ``command`` is about cells."""
    if (fabric := fabric_named(tech)) is not None:
        raise UsageError(
            f"{command} --tech {tech}: an FPGA has no library of cells, which Liberty files describe; "
            f"`ternlut synth --tech {fabric}` counts what a core takes up, and places it where that can be"
        )


def refuse_cells(options: dict[str, bool], tech: str) -> None:
    """Raises ``UsageError`` for an option that is about a library's cells."""
    for option, given in options.items():
        if given:
            raise UsageError(f"{option} with --tech {tech}: an FPGA has no library of cells, leave it out")


def _figures(core: FabricCore, fabric: str, clock_ps: float | None, meets: bool | None) -> dict[str, Any]:
    """All of a result by name."""
    return {
        "fabric": fabric,
        "resources": {name: _count(count) for name, count in core.resources.items()},
        "cells": core.cells,
        "fmax_mhz": None if core.fmax_mhz is None else round(core.fmax_mhz, 2),
        "delay_ps": None if core.delay_ps is None else round(core.delay_ps, 1),
        "clock_ps": clock_ps,
        "meets_clock": meets,
        "device": None if core.device is None else core.device.name,
        "shares": None
        if core.shares is None
        else {name: round(share, 6) for name, share in core.shares.items() if share < float("inf")},
        "fits": core.fits,
        "seconds": round(core.seconds, 3),
    }


def _count(count: float) -> float:
    """Whole numbers as such; halves of blocks as they are."""
    return int(count) if count == int(count) else count


def _say(core: FabricCore, fabric: str, clock_ps: float | None, meets: bool | None) -> None:
    """The resources in a table, with shares of the device, and the clock."""
    from costmodel.cells.fabrics import FABRICS, RESOURCES
    from costmodel.flow.fabric_synthesis import package_of

    shares, device = core.shares or {}, core.device
    head = ["resource", "used", *([] if device is None else [f"of {device.name}", "share"]), ""]
    rows = []
    for name, meaning in RESOURCES.items():
        used, most = core.resources[name], None if device is None else device.capacity.get(name)
        if not used and not most:
            continue
        of = [] if device is None else ["", ""] if most is None else [f"{most:,.0f}", f"{shares[name]:.1%}"]
        rows.append([name, f"{used:,g}" if used < 1000 else f"{used:,.0f}", *of, meaning])
    say(aligned(head, rows, text=(0, len(head) - 1)))
    package = package_of(FABRICS[fabric])
    if core.fmax_mhz is not None:
        say(f"\n{core.fmax_mhz:,.1f} MHz placed and routed by itself by nextpnr; {core.seconds:.1f} s")
    elif package is None:
        say(
            f"\nCounted, not placed: the clock of a device takes {FABRICS[fabric].timed_by}; "
            f"{core.seconds:.1f} s"
        )
    else:
        say(f"\nNot placed: that needs {package}, pip install 'ternlut[fpga]'; {core.seconds:.1f} s")
    if meets is not None:
        say(f"The clock of {clock_ps:,.0f} ps is {'met' if meets else 'not met'}.")
    if device is not None:
        say(f"It {'fits' if core.fits else 'does not fit'} {device.title}.")
