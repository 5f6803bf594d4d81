"""Synthesis of a core: its Verilog through the flow, to the cells of a technology."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from costmodel.fit.libraries import cells_of
from costmodel.flow.synthesis import Adders, Flow, SynthesisError, SynthesisResult
from costmodel.flow.synthesis import synthesize as synthesize_verilog
from costmodel.price.buffering import memories_um2
from costmodel.price.technology import load_technology
from generator.buffering.top import controls
from generator.config import CoreConfig
from generator.verilog import Emission, distinct_blocks, emit, to_verilog


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
    Of buffers what is around their memories; these are no cells, and as large as the technology's table says.
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
    if config.buffers.any and not datapath:
        if netlist:
            raise SynthesisError(
                "a netlist of a design with buffers: its memories are no cells, leave one out"
            )
        parts = [
            *(
                (synthesize_verilog(emission.verilog, part, library, flow), n)
                for part, n in _cores_of(emission)
            ),
            *((synthesize_verilog(text, top, library, flow), 1) for top, text in _controls_of(emission)),
        ]
        memory = 0.0 if liberty else memories_um2(config, load_technology(technology))
        result = joined(parts)
        return replace(result, area_um2=result.area_um2 + memory, memory_um2=memory)
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


def _cores_of(emission: Emission) -> list[tuple[str, int]]:
    """What a buffered design computes with: its core, or an array's cores and the tree between them."""
    inner = emission.instances[emission.top]
    (cores,) = (name for name in inner if emission.kinds[name] in ("core", "array"))
    return list(emission.instances[cores].items()) if emission.kinds[cores] == "array" else [(cores, 1)]


def _controls_of(emission: Emission) -> Iterator[tuple[str, str]]:
    """Name and Verilog of what is around the memories, which have ports there."""
    for control in controls(emission.plan):
        blocks = distinct_blocks(control)
        yield control.module_name, "\n".join(to_verilog(block).text for block in blocks)


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
