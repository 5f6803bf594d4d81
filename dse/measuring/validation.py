"""Holds modelled energies against gate level, on cores and weights that calibration has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from costmodel.fit.energy_fit import MeasuredCore, measured_fj, modelled_fj
from costmodel.fit.progress import Progress
from costmodel.fit.validation import Errors, errors_of
from costmodel.flow.synthesis import SynthesisError
from costmodel.power.errors import PowerError
from costmodel.price.activity import BITNET
from costmodel.price.technology import Technology
from dse.measuring.energy import measured_energy
from dse.measuring.workload import statistics_of, typical_layer
from dse.presentation.markdown import spaced, table
from generator.config import CoreConfig
from generator.files import write_text
from generator.plan import core_name

ZEROS = (BITNET.zero_weights, 0.3, 0.6)
"""Shares of zeros of the weights, in turn; calibration has seen the first."""
CYCLES = 32
FILE = "energies.csv"
RUNS = {"energy": True, "energy_without_glitches": False}
"""What is held against each other, and whether glitches count in it."""


def energies_of(
    technology: Technology,
    tech: str,
    cores: Sequence[CoreConfig],
    liberty: Sequence[Path] = (),
    dont_use: Sequence[str] = (),
    seed: int = 1,
    progress: Progress = lambda what, share: None,
) -> pd.DataFrame:
    """A row a core: fJ a cycle, measured and modelled, and the error in percent; weights by ``seed``.

    Cores that cannot be measured are left out. Raises ``TechnologyError`` where there are no energies.
    """
    rows = []
    for number, core in enumerate(cores):
        zeros = ZEROS[number % len(ZEROS)]
        layer = typical_layer(core, seed + number, zeros)
        try:
            energy = measured_energy(
                core, tech, layer=layer, cycles=CYCLES, liberty=liberty, dont_use=dont_use, seed=seed
            )
        except (PowerError, SynthesisError):
            continue
        rows.append(row(MeasuredCore(core, energy, statistics_of(core, zeros, CYCLES)), technology))
        progress("measuring energies", (number + 1) / len(cores))
    return pd.DataFrame(rows)


def row(seen: MeasuredCore, technology: Technology) -> dict[str, Any]:
    """What a core took and should have taken."""
    values: dict[str, Any] = {"core": core_name(seen.core), "zero_weights": seen.data.zero_weights}
    for name, glitches in RUNS.items():
        measured = measured_fj(seen, glitches)
        modelled = modelled_fj(seen, technology, technology.energies, glitches)
        values[f"synthesized_{name}"], values[f"modelled_{name}"] = measured, modelled
        values[f"{name}_error"] = 100 * (modelled / measured - 1)
    return values


def figures(energies: pd.DataFrame) -> dict[str, float | int]:
    """Errors by name, as JSON has them."""
    found: dict[str, float | int] = {"energy_points": len(energies)}
    for name in RUNS:
        errors = errors_of(energies, name)
        found |= {
            f"{name}_median_error": round(errors.median, 3),
            f"{name}_max_error": round(errors.maximum, 3),
        }
        found[f"{name}_kendall_tau"] = round(errors.tau, 4)
    return found


def sentence(energies: pd.DataFrame) -> str:
    """How far modelled energies are off."""
    with_glitches, without = (errors_of(energies, name) for name in RUNS)
    return (
        f"Energy a cycle of {len(energies)} cores, measured at gate level with glitches: "
        f"{_text(with_glitches)}; without glitches {_text(without)}."
    )


def _text(errors: Errors) -> str:
    off = f"{errors.median:.1f} % off in the median, {errors.maximum:.1f} % at most"
    return f"{off}, Kendall's τ {errors.tau:.3f}"


def write_energies(directory: Path, energies: pd.DataFrame) -> None:
    """``energies.csv`` with every core, ``energies.md`` with the errors."""
    write_text(directory / FILE, energies.to_csv(index=False, float_format="%.4f"))
    rows = [
        [
            str(row["core"]),
            f"{row['zero_weights']:.0%}",
            f"{row['synthesized_energy']:,.0f}",
            f"{row['energy_error']:+.1f} %",
        ]
        for row in energies.to_dict("records")
    ]
    head = ["core", "zero weights", "fJ a cycle", "model"]
    lines = ["# Energies", "", *spaced([sentence(energies)]), *table(head, rows)]
    write_text(directory / "energies.md", "\n".join(lines) + "\n")
