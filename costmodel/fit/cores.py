"""Synthesis of a core: its Verilog through the flow, to the cells of a technology."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
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
    An array's cores and the tree between them are each flattened by themselves.
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
    if datapath or hierarchical or config.cores == 1:
        top = emission.datapath if datapath else emission.top
        return synthesize_verilog(emission.verilog, top, library, flow)
    parts = [
        (synthesize_verilog(emission.verilog, module, library, flow), times)
        for module, times in emission.instances[emission.top].items()
    ]
    result = joined(parts)
    wires = emission.modules[emission.top]
    return replace(result, netlist=f"{result.netlist}\n{wires}") if netlist else result


def joined(parts: Sequence[tuple[SynthesisResult, int]]) -> SynthesisResult:
    """An array from the parts that are flattened by themselves, each with how often it is there.

    Between them are wires alone. Tables of cores that take the same activations stay each core's own; in one
    flattened piece their adders would be merged, and drive all columns.
    """
    cells: Counter[str] = Counter()
    carries: Counter[str] = Counter()
    for part, times in parts:
        cells.update({name: times * count for name, count in part.cells.items()})
        carries.update({name: times * count for name, count in part.carries.items()})

    def total(name: str) -> float:
        return sum(times * float(getattr(part, name)) for part, times in parts)

    def longest(name: str) -> float | None:
        delays = [getattr(part, name) for part, _ in parts]
        return None if None in delays else max(delays)

    netlists = [part.netlist for part, _ in parts if part.netlist is not None]
    return SynthesisResult(
        area_um2=total("area_um2"),
        sequential_um2=total("sequential_um2"),
        combinational_um2=total("combinational_um2"),
        cells=dict(cells),
        delay_ps=longest("delay_ps"),
        seconds=sum(part.seconds for part, _ in parts),
        modules={},
        carries=dict(carries),
        beyond_limits=int(total("beyond_limits")),
        netlist="\n".join(netlists) if netlists else None,
    )
