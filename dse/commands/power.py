"""The command that measures what a core takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dse.commands.options import (
    Activations,
    AsJson,
    CoreFile,
    DontUse,
    I2SLayout,
    LibertyFiles,
    Overrides,
    PerScale,
    Tech,
    TensorPatterns,
    TernaryRule,
    UsageError,
    how_read,
    load_core_and_target,
    open_weights,
    out_path,
    read_rule,
    read_wires,
    refuse_without_weights,
)
from dse.presentation.answers import say
from dse.presentation.terminal import aligned, progress_bar, say_json

if TYPE_CHECKING:
    from costmodel.power.figures import Energy, MeasuredEnergy
    from generator.config import CoreConfig
    from sim.layers import LayerData
    from sim.weights.reading import Rule
    from sim.weights.ternary import Per

UNSTATED_MHZ = 500.0
"""The clock where none is stated."""


Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Weights W[M, N], as `simulate` reads them.", show_default="42 % of zeros"
    ),
]
ClockMhz = Annotated[
    float | None,
    typer.Option(
        metavar="F",
        help="Clock in MHz; the netlist is sized for it.",
        min=1,
        max=1e5,
        show_default="that of the core file; 500, and not sized",
    ),
]
LeastArea = Annotated[bool, typer.Option("--least-area", help="Do not size the netlist.")]
Waiting = Annotated[float, typer.Option(metavar="P", help="Share of cycles without a key.", min=0, max=0.99)]
Cycles = Annotated[int, typer.Option(metavar="C", help="Cycles to measure, of 64 lanes.", min=1, max=100_000)]
Wires = Annotated[
    str,
    typer.Option(metavar="none|placed", help="Count no wires, or those of a placement, as `place` makes it."),
]
Seed = Annotated[int, typer.Option(metavar="S", help="Seed of what is drawn.", min=0)]
Saif = Annotated[
    Path | None,
    typer.Option("--saif", metavar="FILE", help="Write the nets' activity, SAIF.", parser=out_path),
]
Vcd = Annotated[
    Path | None,
    typer.Option("--vcd", metavar="FILE", help="Write the first lane's waveforms, VCD.", parser=out_path),
]


def power(
    core: CoreFile,
    weights: Weights = None,
    tensor: TensorPatterns = [],  # noqa: B006
    activations: Activations = None,
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    i2s: I2SLayout = "",
    tech: Tech = "asap7",
    liberty: LibertyFiles = [],  # noqa: B006
    dont_use: DontUse = [],  # noqa: B006
    clock_mhz: ClockMhz = None,
    least_area: LeastArea = False,
    waiting: Waiting = 0.0,
    cycles: Cycles = 200,
    wires: Wires = "none",
    seed: Seed = 0,
    saif: Saif = None,
    vcd: Vcd = None,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Measure the energy of a core from its gates, glitches included."""
    from dse.commands.fabric import refuse_fabric

    refuse_fabric("power", tech)
    config, target = load_core_and_target(core, override, clock_mhz)
    rule = read_rule(ternary, per)
    wiring = read_wires(wires)
    if weights is None:
        refuse_without_weights(
            how_read(tensor, i2s, ternary, per) | {"--activations": activations is not None}
        )
    from dse.measuring.energy import Records, measured_energy

    layer = None
    if weights is not None:
        layer = _stored(config, weights, i2s, tensor, rule, activations, seed)
    options: dict[str, Any] = {
        "clock_ps": 1e6 / (target.clock_mhz or UNSTATED_MHZ),
        "sized": target.clock_mhz is not None and not least_area,
        "liberty": liberty,
        "dont_use": dont_use,
        "layer": layer,
        "cycles": cycles,
        "wires": wiring == "placed",
        "seed": seed,
    }
    with progress_bar() as progress:
        progress("synthesizing and measuring", None)
        energy = measured_energy(config, tech, **options, waiting=waiting, records=Records(saif, vcd))
        busy = measured_energy(config, tech, **options) if waiting else None
    if as_json:
        say_json(_figures(energy, busy))
    else:
        say(_in_words(energy, wires) + _of_waiting(energy, busy))


def _stored(
    config: CoreConfig,
    weights: Path,
    i2s: str,
    tensor: list[str],
    rule: tuple[Rule, Per],
    activations: Path | None,
    seed: int,
) -> LayerData:
    """The layer of a file of weights, with activations of a file or normal ones."""
    from dse.commands.stored_layers import Chosen
    from dse.measuring.workload import TOKENS
    from sim.layers import LayerData
    from sim.weights.stored_layer import StoredLayer

    file = open_weights(weights, i2s)
    chosen = Chosen.of(config, file, tensor, rule[0])
    if len(chosen.choices) != 1:
        raise UsageError(f"--tensor: chooses {len(chosen.choices)} tensors of {weights}, one is expected")
    (choice,) = chosen.choices
    stored = StoredLayer.of(
        config.format, file, choice.tensor, rule[0], rule[1], activations, TOKENS, seed, config
    )
    return LayerData.of(stored.activations.values, stored.matrix.weights, stored.scales)


def _of_waiting(measured: MeasuredEnergy, busy: MeasuredEnergy | None) -> str:
    """What cycles without a key take, of a core that waits."""
    if busy is None:
        return ""
    idle = measured.idle_fj(busy)
    return (
        f"\nA cycle without a key takes {idle / 1000:,.3f} pJ, {idle / busy.timed.total_fj:.0%} of the "
        f"{busy.pj_per_cycle:,.3f} pJ of one with a key."
    )


def _figures(measured: MeasuredEnergy, busy: MeasuredEnergy | None) -> dict[str, Any]:
    """All of a measurement by name."""
    return {
        "pj_per_cycle": round(measured.pj_per_cycle, 6),
        "fj_per_mac": round(measured.fj_per_mac(), 4),
        "power_mw": round(measured.power_mw, 6),
        "idle_pj_per_cycle": None if busy is None else round(measured.idle_fj(busy) / 1000, 6),
        "busy_pj_per_cycle": None if busy is None else round(busy.pj_per_cycle, 6),
        "glitch_share": round(measured.glitch_share, 4),
        "macs_per_cycle": round(measured.macs_per_cycle, 4),
        "clock_mhz": round(1e6 / measured.clock_ps, 4),
        "delay_ps": round(measured.delay_ps, 2),
        "voltage": measured.voltage,
        "cells": measured.cells,
        "flip_flops": measured.flip_flops,
        "clock_buffers": measured.clock_buffers,
        "area_um2": round(measured.area_um2, 4),
        "cycles": measured.cycles,
        "lanes": measured.lanes,
        **{name: _of_run(measured.of(name)) for name in ("timed", "lenient", "zero_delay")},
    }


def _of_run(energy: Energy) -> dict[str, Any]:
    from costmodel.power.figures import KINDS

    return {
        "pj_per_cycle": round(energy.total_fj / 1000, 6),
        "toggles_per_cycle": round(energy.toggles, 2),
        "kinds": {kind: round(energy.of_kind(kind) / 1000, 6) for kind in KINDS},
        "parts": {
            part: {kind: round(fj / 1000, 6) for kind, fj in kinds.items()}
            for part, kinds in energy.parts.items()
        },
    }


def _in_words(measured: MeasuredEnergy, wires: str) -> str:
    """What a core takes, and where it goes."""
    from costmodel.power.figures import CLOCK_TREE, KINDS
    from costmodel.price.area import PARTS

    timed, settled = measured.timed, measured.zero_delay

    def row(label: str, values: list[float], without: float) -> list[str]:
        shown = [f"{value / 1000:,.3f}" for value in values]
        total = sum(values)
        glitches = f"{1 - without / total:.0%}" if total > 0 else "0%"
        return [label, *shown, f"{total / 1000:,.3f}", f"{total / timed.total_fj:.1%}", glitches]

    rows = [
        row(part, [timed.parts[part][kind] for kind in KINDS], settled.of_part(part))
        for part in (*PARTS, CLOCK_TREE)
        if part in timed.parts
    ]
    rows.append(row("total", [timed.of_kind(kind) for kind in KINDS], settled.total_fj))
    per_mac = (
        f"{measured.fj_per_mac():,.2f} fJ a multiply-accumulate"
        if measured.macs_per_cycle
        else "no multiply-accumulates"
    )
    lenient = measured.lenient.total_fj / timed.total_fj - 1
    meets = (
        ""
        if measured.delay_ps <= measured.clock_ps
        else (
            f"\nThe longest path, {measured.delay_ps:,.0f} ps, does not meet that clock; energies are "
            "those of nets that settle."
        )
    )
    return (
        f"{measured.pj_per_cycle:,.3f} pJ a cycle, {per_mac}, {measured.power_mw:,.3f} mW at "
        f"{1e6 / measured.clock_ps:,.0f} MHz and {measured.voltage:g} V\n\n"
        f"{aligned(['pJ a cycle', *KINDS, 'total', 'share', 'glitches'], rows)}\n\n"
        f"Without glitches {settled.total_fj / 1000:,.3f} pJ; {lenient:+.0%} if pulses of half a gate's "
        f"delay leave it.\n"
        f"{measured.cells:,} cells, {measured.flip_flops:,} flip-flops; the clock tree is an estimate of "
        f"{measured.clock_buffers:,} buffers; {'no' if wires == 'none' else wires} wires.{meets}\n"
        f"{measured.lanes} × {measured.cycles:,} cycles, results bit-exact."
    )
