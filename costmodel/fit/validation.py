"""Validation: the model against flattened synthesis of random cores that it was not fitted to.

Cores are drawn over the whole space, without those of the calibration, and go through the calibration's flow.
Errors are relative to synthesis and signed: positive where the model asks for more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from costmodel.cells.liberty import Library
from costmodel.fit.calibration import FLOW, Observation, observe
from costmodel.fit.calibration_cores import calibration_cores, cores_of
from costmodel.fit.noise import Noise, measure_noise
from costmodel.fit.progress import Progress
from costmodel.fit.sampling import draw_cores, size
from costmodel.fit.side_by_side import SideBySide, modelled_groups, synthesized_groups
from costmodel.flow.synthesis import Flow, Job, SynthesisError, synthesize_many
from costmodel.price.estimate import estimate, sized_areas
from costmodel.price.representative import CONFIG_KEYS
from costmodel.price.technology import Technology
from generator.config import CoreConfig
from generator.plan import core_name
from generator.verilog import emit

WORST = 5
"""Cores whose breakdowns are looked at."""
NOISY_CORES = 6
"""Cores that the mapper's noise is measured on, spread over the sizes of those drawn."""

FIGURES = {
    "area": ("area without a clock", "µm²"),
    "medium_area": ("area sized at ease", "µm²"),
    "tight_area": ("area sized for speed", "µm²"),
    "delay": ("delay", "ps"),
}
"""What is compared: name → what it is, unit."""

GROUPINGS = ("architecture", "numbers", "activation")
"""Columns whose values errors are told apart by."""


@dataclass(frozen=True)
class Sample:
    """How cores are drawn: ``points`` of them, of ``smallest`` … ``largest`` gates, a share of ``floats``."""

    seed: int = 1
    points: int = 60
    smallest: float = 300.0
    largest: float = 4000.0
    floats: float = 0.45

    def draw(self, technology: Technology) -> list[CoreConfig]:
        """The cores, none of them one that ``technology`` was fitted to as far as that is known."""
        seen = cores_of(technology.calibration) or frozenset(calibration_cores())
        return draw_cores(self.seed, self.points, self.smallest, self.largest, self.floats, seen)


@dataclass(frozen=True)
class Errors:
    """Absolute errors of one figure over some cores and their signed mean, in percent; Kendall's τ."""

    cores: int
    median: float
    ninetieth: float
    maximum: float
    mean: float
    tau: float


@dataclass(frozen=True)
class Validation:
    """What was found.

    ``cores`` has a row a core: its name, its configuration with dotted keys, ``numbers`` ("integer" or the
    datapath), ``gates``, and of each of ``FIGURES`` ``synthesized_…``, ``modelled_…`` (µm², ps) and
    ``…_error`` (percent).
    """

    technology: Technology
    library: Library
    sample: Sample
    cores: pd.DataFrame
    worst: tuple[SideBySide, ...] = ()
    noise: tuple[Noise, ...] = ()

    @property
    def failed(self) -> int:
        """Cores that could not be synthesized."""
        return self.sample.points - len(self.cores)

    @property
    def unseen(self) -> bool:
        """Whether the technology is known not to have been fitted to any of the cores."""
        return cores_of(self.technology.calibration) is not None

    def errors(self, figure: str) -> Errors:
        """The errors of one of ``FIGURES`` over all cores."""
        return errors_of(self.cores, figure)

    def errors_by(self, figure: str, grouping: str) -> dict[str, Errors]:
        """The same for each value of a column."""
        return {str(value): errors_of(rows, figure) for value, rows in self.cores.groupby(grouping)}


def errors_of(rows: pd.DataFrame, figure: str) -> Errors:
    """The errors of ``figure`` over ``rows``; τ of fewer than two cores is NaN."""
    error = rows[f"{figure}_error"].to_numpy(dtype=float)
    size = np.abs(error)
    pairs = rows[f"synthesized_{figure}"], rows[f"modelled_{figure}"]
    tau = kendalltau(*pairs).statistic if len(rows) > 1 else np.nan
    return Errors(
        cores=len(rows),
        median=float(np.median(size)),
        ninetieth=float(np.percentile(size, 90)),
        maximum=float(size.max()),
        mean=float(error.mean()),
        tau=float(tau),
    )


def validate(
    technology: Technology,
    library: Library,
    sample: Sample = Sample(),
    permutations: int = 3,
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
) -> Validation:
    """Draws, synthesizes and prices the cores of ``sample``; looks closer at the worst.

    The mapper's noise is measured by ``permutations`` of ``NOISY_CORES`` of the cores, 0 leaves it out.
    Finished syntheses stay in the cache. Raises ``TechnologyError`` where most of them fail.
    """
    observations = observe(library, sample.draw(technology), workers, progress)
    cores = pd.DataFrame([row(seen, technology) for seen in observations])
    worst = [observations[index] for index in np.argsort(-cores["area_error"].abs().to_numpy())[:WORST]]
    sides = compare(worst, technology, library, workers, progress)
    chosen = spread_over(observations, NOISY_CORES) if permutations else []
    noise = measure_noise(library, chosen, permutations, workers, progress)
    return Validation(technology, library, sample, cores, tuple(sides), tuple(noise))


def row(seen: Observation, technology: Technology) -> dict[str, Any]:
    """A core's configuration and figures as ``Validation.cores`` has them."""
    core = seen.core
    areas = sized_areas(core, technology)
    pairs = {
        "area": (seen.area_um2, areas["relaxed"]),
        "medium_area": (seen.medium_um2, areas["medium"]),
        "tight_area": (seen.tight_um2, areas["tight"]),
        "delay": (seen.delay_ps, estimate(core, technology).delay_ps),
    }
    values: dict[str, Any] = {
        "core": core_name(core),
        **{key: value_of(core, key) for key in CONFIG_KEYS},
        "numbers": core.datapath or "integer",
        "gates": round(size(core)),
    }
    for name, (synthesized, modelled) in pairs.items():
        values[f"synthesized_{name}"] = synthesized
        values[f"modelled_{name}"] = modelled
        values[f"{name}_error"] = 100 * (modelled / synthesized - 1)
    return values


def value_of(core: CoreConfig, key: str) -> Any:
    """The value of a dotted key."""
    head, _, leaf = key.partition(".")
    value = getattr(core, head)
    return getattr(value, leaf) if leaf else value


def compare(
    observations: Sequence[Observation],
    technology: Technology,
    library: Library,
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
) -> list[SideBySide]:
    """The areas of some cores by group, modelled and synthesized module by module."""
    emissions = [emit(seen.core) for seen in observations]

    def jobs() -> Iterator[Job]:
        for emission in emissions:
            yield Job(emission.verilog, emission.top, library, Flow(FLOW.adders, hierarchical=True))

    sides: dict[int, SideBySide] = {}
    for done, (index, result) in enumerate(synthesize_many(jobs(), workers), start=1):
        if not isinstance(result, SynthesisError):
            seen = observations[index]
            sides[index] = SideBySide(
                seen.core,
                modelled_groups(seen.core, technology),
                synthesized_groups(emissions[index], result),
                seen.area_um2,
            )
        progress("synthesizing the worst by module", done / len(emissions))
    return [sides[index] for index in sorted(sides)]


def spread_over(observations: Sequence[Observation], count: int) -> list[CoreConfig]:
    """At most ``count`` of the cores: the smallest, the largest of the smaller half, and evenly between.

    The larger half is left out for the time that it takes.
    """
    by_area = sorted(observations, key=lambda seen: seen.area_um2)
    half = by_area[: max(count, len(by_area) // 2)]
    places = np.unique(np.linspace(0, len(half) - 1, count).round().astype(int))
    return [half[place].core for place in places]
