"""Commands on a core: its Verilog with all that goes with it, its synthesis, its price."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dse.commands.energy_words import (
    EnergyTensor,
    EnergyWeights,
    energy_figures,
    energy_in_words,
    statistics_of,
)
from dse.commands.options import (
    AsJson,
    CoreFile,
    DontUse,
    LibertyFiles,
    Overrides,
    Tech,
    UsageError,
    load_core_and_target,
    out_path,
    read_wires,
)
from dse.presentation.answers import say
from dse.presentation.terminal import aligned, progress_bar, say_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.flow.synthesis import SynthesisResult
    from costmodel.price.estimate import Estimate
    from costmodel.price.technology import Technology
    from costmodel.speeds import Speed
    from generator.target import Target


def generate(
    core: CoreFile,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where to write.", parser=out_path)],
    clock_mhz: Annotated[
        float | None,
        typer.Option(
            metavar="F",
            help="Clock in MHz, for constraints, scripts and datasheet.",
            show_default="that of the core file",
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="tinytapeout",
            help="Write a project of Tiny Tapeout: the core behind 8 bits.",
        ),
    ] = None,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write a core's Verilog with datasheet, regression, FuseSoC core file and synthesis scripts."""
    from dse.handoff import generate as write
    from dse.handoff import generate_tinytapeout
    from dse.handoff.tinytapeout import PROJECT

    if project not in (None, PROJECT):
        raise UsageError(f"--target {project}: {PROJECT} is expected, or none for the whole hand-off")
    began = time.perf_counter()
    config, target = load_core_and_target(core, override, clock_mhz)
    handoff = (generate_tinytapeout if project else write)(config, out, clock_mhz=target.clock_mhz)
    figures = {
        "top": handoff.top,
        "files": [str(path) for path in handoff.files],
        "modules": list(handoff.modules),
        "clock_mhz": target.clock_mhz,
        "seconds": round(time.perf_counter() - began, 3),
    }
    if as_json:
        say_json(figures)
        return
    size = sum(path.stat().st_size for path in handoff.files) / 1e3
    counts = f"{len(handoff.modules)} modules, {len(handoff.files)} files"
    say(f"{handoff.top}: {counts}, {size:,.0f} kB in {out}")
    if project:
        say(f"documentation: {out / 'docs' / 'info.md'}, test: make -C {out / 'test'}")
    else:
        say(f"datasheet: {out / 'README.md'}, regression: python {out / 'regression' / 'run.py'}")


Hierarchical = Annotated[
    bool,
    typer.Option(
        "--hierarchical", help="Synthesize each module once and multiply its area by its instances."
    ),
]
Adders = Annotated[
    str,
    typer.Option(
        metavar="cells|generic",
        help="Map adders to full-adder cells (cells) or to plain gates (generic).",
    ),
]
Datapath = Annotated[
    bool, typer.Option("--datapath", help="Synthesize the datapath alone, without sequencer and streams.")
]


CellsOrFabric = Annotated[
    str | None,
    typer.Option(
        "--tech",
        metavar="NAME",
        help="Technology with shipped cells, or an FPGA's fabric: xcup, xc7, ecp5, ice40, gowin, nexus.",
        show_default="asap7",
    ),
]
OnDevice = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME",
        help="An FPGA whose shares are stated; status 1 if the core is too large.",
    ),
]
ClockPeriod = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Clock period to size for; status 1 if it is not met.",
        min=1,
        show_default="that of the core file",
    ),
]
NetlistFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the netlist in the cells it is mapped to.", parser=out_path),
]


def synth(
    core: CoreFile,
    tech: CellsOrFabric = None,
    device: OnDevice = None,
    liberty: LibertyFiles = [],  # noqa: B006
    dont_use: DontUse = [],  # noqa: B006
    hierarchical: Hierarchical = False,
    adders: Adders = "cells",
    datapath: Datapath = False,
    clock_ps: ClockPeriod = None,
    netlist: NetlistFile = None,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Synthesize a core with Yosys, to cells or to an FPGA's fabric."""
    config, target = load_core_and_target(core, override)
    from dse.commands.fabric import fabric_named, refuse_cells, synth_on_fabric

    if (fabric := fabric_named(tech)) is not None:
        cells = {"--liberty": bool(liberty), "--dont-use": bool(dont_use), "--hierarchical": hierarchical}
        refuse_cells(cells | {"--adders": adders != "cells"}, fabric)
        clock_ps = _clock_to_size_for(clock_ps, target, hierarchical)
        synth_on_fabric(config, fabric, device, clock_ps, datapath, netlist, as_json)
        return
    if device is not None:
        raise UsageError(f"--device {device}: --tech with the device's fabric is expected, xcup or ecp5 say")
    if adders not in ("cells", "generic"):
        raise UsageError(f"--adders {adders}: cells or generic is expected")
    if tech is not None and liberty:
        raise UsageError(f"--tech {tech} and --liberty: the cells are those of the files, leave one out")
    clock_ps = _clock_to_size_for(clock_ps, target, hierarchical)
    from costmodel.fit.cores import synthesize
    from generator.files import write_text

    with progress_bar() as progress:
        progress("synthesizing", None)
        result = synthesize(
            config,
            tech or "asap7",
            clock_ps=clock_ps,
            liberty=liberty,
            dont_use=dont_use,
            hierarchical=hierarchical,
            adders="generic" if adders == "generic" else "cells",
            datapath=datapath,
            netlist=netlist is not None,
        )
    if netlist is not None and result.netlist is not None:
        write_text(netlist, result.netlist)
    meets = None if clock_ps is None or result.delay_ps is None else result.delay_ps <= clock_ps
    if as_json:
        say_json(_synthesis_figures(result, clock_ps, meets))
    else:
        _say_synthesis(result, clock_ps, meets)
        if config.clock_gating and not result.clock_gates:
            say("No clock gates: the library has none, or no group of registers is worth one.")
    if meets is False:
        raise typer.Exit(1)


def _clock_to_size_for(clock_ps: float | None, target: Target, hierarchical: bool) -> float | None:
    """The clock period in ps that is stated, or that of the core file where a design can be sized."""
    if hierarchical:
        if clock_ps is not None:
            raise UsageError(
                "--hierarchical with --clock-ps: only flattened designs are sized, leave one out"
            )
        return None
    return 1e6 / target.clock_mhz if clock_ps is None and target.clock_mhz is not None else clock_ps


def _synthesis_figures(result: SynthesisResult, clock_ps: float | None, meets: bool | None) -> dict[str, Any]:
    """All of a result by name."""
    return {
        "area_um2": round(result.area_um2, 4),
        "sequential_um2": round(result.sequential_um2, 4),
        "combinational_um2": round(result.combinational_um2, 4),
        **({"memory_um2": round(result.memory_um2, 4)} if result.memory_um2 else {}),
        "cells": result.cells,
        "delay_ps": None if result.delay_ps is None else round(result.delay_ps, 1),
        "clock_ps": clock_ps,
        "meets_clock": meets,
        "carries": result.carries or None,
        **_gating_figures(result),
        "beyond_limits": result.beyond_limits,
        "seconds": round(result.seconds, 3),
    }


def _gating_figures(result: SynthesisResult) -> dict[str, int]:
    """Clock gates and the flip-flops that they clock, of a design that has some."""
    gates, flops = result.clock_gates, result.gated_flip_flops
    return {"clock_gates": gates, "gated_flip_flops": flops} if gates else {}


def _say_synthesis(result: SynthesisResult, clock_ps: float | None, meets: bool | None) -> None:
    """Areas, cells and delay of a core sized for ``clock_ps``, and whether it meets that."""
    sized = "least area, without a clock and buffers" if clock_ps is None else f"sized for {clock_ps:,.0f} ps"
    delay = "" if result.delay_ps is None else f", {result.delay_ps:,.0f} ps"
    memories = f", {result.memory_um2:,.1f} memories by their table" if result.memory_um2 else ""
    say(
        f"{result.area_um2:,.1f} µm² {sized} ({result.sequential_um2:,.1f} sequential, "
        f"{result.combinational_um2:,.1f} combinational{memories}), "
        f"{sum(result.cells.values()):,} cells{delay}, {result.seconds:.1f} s"
    )
    if meets is not None:
        say(f"The clock of {clock_ps:,.0f} ps is {'met' if meets else 'not met'}.")
    if result.carries:
        kinds = ("ripple", "select", "parallel", "saved")
        ripple, select, parallel, saved = (result.carries[kind] for kind in kinds)
        say(
            f"Adders: the carries of {ripple:,} ripple in full-adder cells, of {select:,} are selected, "
            f"of {parallel:,} run in parallel, of {saved:,} are saved for the next adder's bits."
        )
    if result.clock_gates:
        say(f"{result.clock_gates:,} clock gates clock {result.gated_flip_flops:,} flip-flops.")
    if result.beyond_limits:
        say(f"{result.beyond_limits:,} nets are beyond the library's limits of load or slew.")


SizedFor = Annotated[
    str,
    typer.Option(
        metavar="relaxed|medium|tight",
        help="Size for: relaxed, least area; medium, twice the period of tight; tight, the shortest "
        "period. A clock takes its place.",
    ),
]
Wires = Annotated[
    str,
    typer.Option(
        metavar="none|placed",
        help="Whether wires of a placement delay the core, and its cells are spread over an area.",
    ),
]


def estimate(
    core: CoreFile,
    tech: Tech = "asap7",
    clock_mhz: Annotated[
        float | None,
        typer.Option(
            "--clock-mhz",
            metavar="F",
            help="A clock to size for; status 1 if it is not met.",
            min=1e-3,
            show_default="the core file's",
        ),
    ] = None,
    speed: SizedFor = "relaxed",
    wires: Wires = "none",
    weights: EnergyWeights = None,
    tensor: EnergyTensor = None,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Price a core with the cost model: area, delay, energy."""
    config, target = load_core_and_target(core, override, clock_mhz)
    from costmodel.price.estimate import estimate as price
    from costmodel.price.estimate import sized_costs
    from costmodel.price.maker import maker_cost
    from costmodel.price.technology import load_technology
    from costmodel.speeds import SPEEDS
    from generator.table_store import receives_entries

    technology, clock = load_technology(tech), target.clock_mhz
    chosen = next((each for each in SPEEDS if each == speed), None)
    if chosen is None:
        raise UsageError(f"--speed {speed}: {', '.join(SPEEDS)} is expected")
    wiring = read_wires(wires)
    sized = sized_costs(config, technology, wiring)
    data = statistics_of(weights, tensor)
    at_clock = clock is not None and speed == "relaxed"
    costs = price(
        config, technology, clock_mhz=clock if at_clock else None, speed=chosen, wires=wiring, data=data
    )
    meets = None if clock is None else costs.delay_ps * clock <= 1e6
    maker = maker_cost(config, technology) if receives_entries(config.table_store) else None
    if as_json:
        asked = {"technology": technology.name, "speed": None if at_clock else speed}
        figures = _estimate_figures(costs, sized, technology) | energy_figures(costs.energy, clock)
        left_out = {"not_included": ["wrapper"]} if config.wrapper == "axi" else {}
        beside = {} if maker is None else {f"table_maker{technology.cost_at().suffix}": maker}
        say_json(asked | figures | {"clock_mhz": clock, "meets_clock": meets} | left_out | beside)
    else:
        say(_estimate_in_words(costs, sized, technology, clock if at_clock else None, chosen))
        say(energy_in_words(costs.energy, technology, clock, data))
        if config.wrapper == "axi":
            say("Not included: what wrapper = 'axi' adds, that is registers, bus masters and their queues.")
        if maker is not None:
            say(f"Not included: the maker of the tables, {technology.cost_at().text(maker)} at least.")
        if meets is not None:
            say(f"The clock of {clock:,.0f} MHz is {'met' if meets else 'not met'}.")
    if meets is False:
        raise typer.Exit(1)


def _estimate_figures(
    costs: Estimate, sized: Mapping[Speed, float], technology: Technology
) -> dict[str, Any]:
    """All of an estimate by name, quantities with their units in the names."""
    from dataclasses import asdict, replace

    figures = asdict(replace(costs, energy=None))
    del figures["energy"]
    named = {technology.quantities[name].key: value for name, value in figures.pop("quantities").items()}
    cost = technology.cost_at()
    figures = {cost.key: figures.pop("cost"), **figures, **named, f"{cost.name}s{cost.suffix}": sized}
    if cost.key == cost.name:  # Counted, as an FPGA's lookup tables are.
        figures["resources"] = {cost.name: costs.cost, **costs.quantities}
    return figures


def _wires_in_words(costs: Estimate, technology: Technology) -> str:
    """How long wires are and what the area is, where they count."""
    if costs.wire_um is None or technology.wires is None:
        return ""
    utilisation = f"cells are {technology.wires.utilisation:.0%} of the area"
    return f"\n{costs.wire_um / 1000:,.3g} mm of wires in the delay; {utilisation}"


def _estimate_in_words(
    costs: Estimate,
    sized: Mapping[Speed, float],
    technology: Technology,
    clock_mhz: float | None,
    speed: Speed,
) -> str:
    """A breakdown of the cost, what it is sized for, and what the core does."""
    from costmodel.speeds import MEDIUM_PERIOD

    label, unit = technology.cost.label, technology.cost_at().unit
    least = f"least {label}, without a clock and buffers"
    fastest = costs.max_clock_mhz
    if clock_mhz is not None:
        head = f"{label} at {clock_mhz:g} MHz"
        at = f"{costs.cost:,.1f} {unit} at {clock_mhz:g} MHz (at most {fastest:,.0f} MHz); "
    else:
        head = {"relaxed": least, "medium": f"{label} at ease", "tight": f"{label} for speed"}[speed]
        at = (
            f"{sized['tight']:,.1f} {unit} sized for {costs.delay_ps:,.0f} ps (at most {fastest:,.0f} MHz), "
            f"{sized['medium']:,.1f} for {MEDIUM_PERIOD * costs.delay_ps:,.0f} ps; "
        )
    parts = {part: cost for part, cost in costs.breakdown.items() if cost}
    rows = [[part, f"{cost:,.1f}", f"{cost / costs.cost:.1%}"] for part, cost in parts.items()]
    breakdown = aligned([head, unit, "share"], [*rows, ["total", f"{costs.cost:,.1f}", "100.0%"]])
    others = "".join(f"{other.text(costs.quantities[other.name])}, " for other in technology.others)
    return (
        f"{breakdown}\n\n{at}{sized['relaxed']:,.1f} is the {least}\n{others}{costs.macs_per_cycle:,} "
        f"multiply-accumulates a cycle, {costs.latency_cycles} cycles latency, "
        f"{costs.bits_per_weight:.3g} bits a weight, {costs.rms_error:.2g} RMS error; {technology.name}"
        f"{_wires_in_words(costs, technology)}"
    )
