"""What ``estimate`` says of energy, and whose weights it is for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dse.commands.options import UsageError, open_weights
from dse.presentation.terminal import aligned

if TYPE_CHECKING:
    from costmodel.price.activity import Statistics
    from costmodel.price.energy import CycleEnergy
    from costmodel.price.technology import Technology

EnergyWeights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        help="Weights whose share of zeros energy is for, as `simulate` takes them.",
        show_default="BitNet's 42 %",
    ),
]
EnergyTensor = Annotated[
    str | None, typer.Option("--tensor", metavar="NAME", help="Which tensor of --weights.")
]


def statistics_of(weights: Path | None, tensor: str | None) -> Statistics:
    """The statistics of one tensor of a file, or those of BitNet.

    Raises ``UsageError`` for a tensor without a file, or where several are chosen.
    """
    from costmodel.price.activity import BITNET

    if weights is None:
        if tensor is not None:
            raise UsageError(f"--tensor {tensor}: is of --weights FILE, which is missing")
        return BITNET
    from sim.weights.reading import ternary_of
    from sim.weights.selection import matrices, select

    file = open_weights(weights, "")
    chosen = matrices(select(file, [tensor] if tensor else []))
    if len(chosen) != 1:
        raise UsageError(f"--tensor {tensor or ''}: one matrix of {weights} is expected, not {len(chosen)}")
    matrix = ternary_of(file, chosen[0].tensor)
    zeros = float((matrix.weights == 0).mean())
    return BITNET.model_copy(update={"zero_weights": zeros, "reduction": matrix.weights.shape[1]})


def energy_figures(energy: CycleEnergy | None, clock_mhz: float | None) -> dict[str, Any]:
    """Energies by name; null where the technology has none, power also where there is no clock."""
    if energy is None:
        return {"pj_per_cycle": None, "fj_per_mac": None, "power_mw": None, "energy": None}
    return {
        "pj_per_cycle": energy.busy_fj / 1000,
        "fj_per_mac": energy.fj_per_mac,
        "power_mw": None if clock_mhz is None else energy.power_mw(clock_mhz),
        "energy": {
            "waiting_pj_per_cycle": energy.waiting_fj / 1000,
            "leakage_uw": energy.leakage_nw / 1000,
            "breakdown_pj": {part: sum(each.values()) / 1000 for part, each in energy.parts.items()},
        },
    }


def energy_in_words(
    energy: CycleEnergy | None, technology: Technology, clock_mhz: float | None, data: Statistics
) -> str:
    """A breakdown of a cycle's energy by part, and what the core takes at its clock."""
    from costmodel.price.quantity import CELL_QUANTITIES

    if energy is None and technology.summed_over != CELL_QUANTITIES[0].over:
        return f"No energies: {technology.name} is an FPGA, whose makers' tools know them."
    if energy is None:
        return f"No energies: {technology.name} has none, `ternlut calibrate` finds them with power tables."
    rows = []
    for part, reasons in energy.parts.items():
        if taken := sum(reasons.values()):
            shown = [f"{taken / 1000:.3g}", f"{taken / energy.busy_fj:.1%}", f"{reasons['clock'] / 1000:.3g}"]
            rows.append([part, *shown])
    total = [f"{energy.busy_fj / 1000:.3g}", "100.0%", f"{energy.waiting_fj / 1000:.3g}"]
    table = aligned(["energy a cycle", "pJ", "share", "clock, pJ"], [*rows, ["total", *total]])
    power = "" if clock_mhz is None else f", {energy.power_mw(clock_mhz):.3g} mW at {clock_mhz:g} MHz"
    leakage = f"leakage {energy.leakage_nw / 1000:.3g} µW"
    return (
        f"\n{table}\n\n{energy.fj_per_mac:.3g} fJ a multiply-accumulate{power}; {leakage}; "
        f"with {data.zero_weights:.0%} zero weights"
    )
