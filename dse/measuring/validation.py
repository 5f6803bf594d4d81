"""Holds modelled energies against gate level, on cores and weights that calibration has not seen.

``python -m dse.measuring.validation --tech NAME --seed S -o DIR`` does it and nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from costmodel.fit.energy_fit import MeasuredCore, measured_fj, modelled_fj
from costmodel.fit.progress import Progress
from costmodel.fit.validation import Errors, errors_of
from costmodel.flow.synthesis import SynthesisError
from costmodel.power.errors import PowerError
from costmodel.price.technology import Technology, load_technology
from dse.measuring.energy import measured_energy
from dse.measuring.samples import CYCLES, Case, Tensor, drawn
from dse.presentation.markdown import spaced, table
from generator.files import write_text
from generator.plan import core_name

FILE = "energies.csv"
RUNS = {"energy": True, "energy_without_glitches": False}
"""What is held against each other, and whether glitches count in it."""


def energies_of(
    technology: Technology,
    tech: str,
    cases: Sequence[Case],
    liberty: Sequence[Path] = (),
    dont_use: Sequence[str] = (),
    progress: Progress = lambda what, share: None,
) -> pd.DataFrame:
    """A row a core: fJ a cycle, measured and modelled, and the error in percent.

    Cores that cannot be measured are left out. Raises ``TechnologyError`` where there are no energies.
    """
    rows = []
    for number, case in enumerate(cases, start=1):
        layer = case.layer()
        try:
            energy = measured_energy(
                case.core, tech, layer=layer, cycles=CYCLES, liberty=liberty, dont_use=dont_use,
                seed=case.seed,
            )  # fmt: skip
        except (PowerError, SynthesisError):
            continue
        rows.append(row(MeasuredCore(case.core, energy, case.data(layer)), technology, case.tensor))
        progress("measuring energies", number / len(cases))
    return pd.DataFrame(rows)


def row(seen: MeasuredCore, technology: Technology, tensor: Tensor) -> dict[str, Any]:
    """What a core took and should have taken."""
    data = seen.data
    values: dict[str, Any] = {
        "core": core_name(seen.core),
        "gated": seen.core.clock_gating,
        "tensor": tensor,
        "zero_weights": data.zero_weights,
        "zero_activations": data.zero_activations,
    }
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
            str(row["core"]) + (", gated clocks" if row["gated"] else ""),
            str(row["tensor"]),
            f"{row['zero_weights']:.0%}",
            f"{row['zero_activations']:.0%}",
            f"{row['synthesized_energy']:,.0f}",
            f"{row['energy_error']:+.1f} %",
        ]
        for row in energies.to_dict("records")
    ]
    head = ["core", "tensor", "zero weights", "zero activations", "fJ a cycle", "model"]
    lines = ["# Energies", "", *spaced([sentence(energies)]), *table(head, rows)]
    write_text(directory / "energies.md", "\n".join(lines) + "\n")


def main() -> None:
    """Draws cores, measures their energies, and writes how far the model is off."""
    parser = argparse.ArgumentParser(prog="python -m dse.measuring.validation", description=main.__doc__)
    parser.add_argument("--tech", default="asap7", help="technology, shipped or a TOML file")
    parser.add_argument("--liberty", type=Path, action="append", default=[], help="files of its cells")
    parser.add_argument("--points", type=int, default=60, help="how many cores to draw")
    parser.add_argument("--seed", type=int, default=1, help="of cores and layers")
    parser.add_argument("-o", "--out", type=Path, required=True, help="directory to write to")
    options = parser.parse_args()
    technology = load_technology(options.tech)
    cases = drawn(technology, options.seed, options.points)
    energies = energies_of(technology, options.tech, cases, options.liberty)
    write_energies(options.out, energies)


if __name__ == "__main__":
    main()
