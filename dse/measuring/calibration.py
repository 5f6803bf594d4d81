"""Gives a technology its energies: measures cores at gate level, and fits the model to them.

``python -m dse.measuring.calibration --tech NAME -o FILE`` does it for a technology that has none, or others;
areas and delays stay as they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from costmodel.cells.liberty_powers import powers_of
from costmodel.fit.calibration_cores import calibration_cores
from costmodel.fit.energy_fit import MeasuredCore, errors_of, fit_energies, fit_growth
from costmodel.fit.libraries import cells_of
from costmodel.fit.progress import Progress
from costmodel.flow.synthesis import SynthesisError
from costmodel.power.errors import PowerError
from costmodel.price.estimate import estimate
from costmodel.price.technology import Technology, load_technology
from dse.measuring.deep_cores import deep_cores
from dse.measuring.energy import measured_energy
from dse.measuring.samples import CYCLES, Case, drawn, gated, typical
from generator.config import CoreConfig
from generator.files import cache_directory, write_text

CORES = 70
"""Calibration cores that are measured, the smallest first; and ``deep_cores`` besides."""
ALSO_GATED = 3
"""Every so many of them is measured with gated clocks, too, if it can have them."""
SIZED_CORES = 8
"""Cores that are measured sized for a clock, too."""
CLOCK_PS = 2000.0
NEAR_FASTEST = 1.2
"""Clock period that cores are sized for, in the shortest that the model expects."""
SOURCE = (
    "cores of least area at gate level, without wires, with glitches of inertial delays and an estimated "
    "clock tree, a part of them clock-gated, on ternary weights, most with 42 % of zeros, and activations"
)


def with_energies(
    technology: Technology,
    tech: str,
    liberty: Sequence[Path] = (),
    dont_use: Sequence[str] = (),
    cases: Sequence[Case] | None = None,
    progress: Progress = lambda what, share: None,
) -> Technology:
    """``technology`` with energies fitted to ``cases``, whose cells are those of ``tech`` or of ``liberty``.

    Raises ``TechnologyError`` where too few of them could be measured, and ``LibertyError`` for a library
    without power tables.
    """
    cases = typical(cores_to_measure(calibration_cores())) if cases is None else cases
    if liberty:
        powers_of(cells_of(tech, liberty, dont_use=dont_use), cache_directory())
    measured: list[MeasuredCore] = []
    pairs: list[tuple[MeasuredCore, MeasuredCore]] = []
    for number, case in enumerate(cases):
        seen = _measured(case, tech, liberty, dont_use)
        if seen is None:
            continue
        measured.append(seen)
        if len(pairs) < SIZED_CORES and number % max(1, len(cases) // SIZED_CORES) == 0:
            period = NEAR_FASTEST * estimate(case.core, technology).delay_ps
            fast = _measured(case, tech, liberty, dont_use, period)
            if fast is not None:
                pairs.append((seen, fast))
        progress("measuring energies", (number + 1) / len(cases))
    return fitted(technology, measured, pairs)


def cores_to_measure(cores: Sequence[CoreConfig], count: int = CORES) -> tuple[CoreConfig, ...]:
    """The first ``count`` of ``cores``, some of them clock-gated, too, and the deep ones; a calibration that
    is cut short goes without."""
    chosen: list[CoreConfig] = []
    for number, core in enumerate(cores[:count]):
        chosen.append(core)
        if number % ALSO_GATED == 1 and (also := gated(core)) is not None:
            chosen.append(also)
    return (*chosen, *(deep_cores() if len(cores) >= min(count, CORES) else ()))


def fitted(
    technology: Technology,
    measured: Sequence[MeasuredCore],
    pairs: Sequence[tuple[MeasuredCore, MeasuredCore]],
) -> Technology:
    """``technology`` with energies for what was measured, and how far they are off."""
    energies = fit_energies(measured, technology, SOURCE)
    energies = energies.model_copy(update={"growth": fit_growth(pairs)})
    errors = errors_of(measured, technology, energies)
    return technology.model_copy(update={"energy": energies, "fit": {**technology.fit, **errors}})


def _measured(
    case: Case,
    tech: str,
    liberty: Sequence[Path],
    dont_use: Sequence[str],
    period: float | None = None,
) -> MeasuredCore | None:
    """A core, sized for a clock if one is given; None of one that cannot be measured."""
    layer = case.layer()
    try:
        energy = measured_energy(
            case.core, tech, clock_ps=period or CLOCK_PS, sized=period is not None, liberty=liberty,
            dont_use=dont_use, layer=layer, cycles=CYCLES, seed=case.seed,
        )  # fmt: skip
    except (PowerError, SynthesisError):
        return None
    return MeasuredCore(case.core, energy, case.data(layer))


def _drawn(stated: str) -> tuple[int, int]:
    """A seed, and how many cores are drawn by it."""
    seed, _, count = stated.partition(":")
    return int(seed), int(count)


def main() -> None:
    """Measures cores and writes the technology with their energies."""
    parser = argparse.ArgumentParser(prog="python -m dse.measuring.calibration", description=main.__doc__)
    parser.add_argument("--tech", default="asap7", help="technology, shipped or a TOML file")
    parser.add_argument("--liberty", type=Path, action="append", default=[], help="files of its cells")
    parser.add_argument(
        "--cores", type=int, default=CORES, help="how many to measure beside those of much logic"
    )
    parser.add_argument(
        "--drawn", type=_drawn, nargs="*", default=[], metavar="SEED:CORES",
        help="cores to draw besides, with other layers; `validate` draws others by another seed",
    )  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, required=True, help="technology file to write")
    options = parser.parse_args()
    technology = load_technology(options.tech)
    cases = [
        *typical(cores_to_measure(calibration_cores(), options.cores)),
        *(case for seed, count in options.drawn for case in drawn(technology, seed, count)),
    ]
    write_text(options.out, with_energies(technology, options.tech, options.liberty, (), cases).to_toml())


if __name__ == "__main__":
    main()
