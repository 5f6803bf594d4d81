"""Synthesis of a core: its Verilog through the flow, to the cells of a technology."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.fit.libraries import cells_of
from costmodel.flow.synthesis import Adders, Flow, SynthesisError, SynthesisResult
from costmodel.flow.synthesis import synthesize as synthesize_verilog
from generator.config import CoreConfig
from generator.verilog import emit


def synthesize(
    config: CoreConfig,
    technology: str = "asap7",
    *,
    clock_ps: float | None = None,
    liberty: Sequence[Path | str] = (),
    dont_use: Sequence[str] = (),
    hierarchical: bool = False,
    adders: Adders = "cells",
    datapath: bool = False,
    netlist: bool = False,
) -> SynthesisResult:
    """What Yosys makes of the core of ``config`` in the cells of ``technology``, or of ``liberty`` files.

    Areas are in µm², delays in ps. With ``clock_ps`` (ps) the core is buffered and sized for that period,
    which is met where ``delay_ps`` is not longer; without, mapped for least area and without a delay.
    ``dont_use``: patterns of cells to leave out. ``hierarchical``: each module once, times its instances.
    ``adders``: full-adder cells of the library, or ``generic`` gates. ``datapath``: without sequencer and
    streams. ``netlist``: keep the netlist in the library's cells. Takes seconds to minutes, and nothing when
    it is asked for again: results are cached. Raises ``SynthesisError``, ``TechnologyError`` and
    ``LibertyError`` in one line.

    >>> result = synthesize(CoreConfig(architecture="select", tables=2, columns=2, max_reduction=64))
    >>> result.area_um2 == sum((result.sequential_um2, result.combinational_um2)), result.delay_ps
    (True, None)
    """
    if hierarchical and clock_ps is not None:
        raise SynthesisError(
            "hierarchical and a clock: only flattened designs are sized, one of the two is expected"
        )
    library = cells_of(technology, [Path(file) for file in liberty], dont_use=dont_use)
    emission, flow = emit(config), Flow(adders, hierarchical, clock_ps, netlist=netlist)
    return synthesize_verilog(
        emission.verilog, emission.datapath if datapath else emission.top, library, flow
    )
