"""Validation: the model against measurements of random cores that it was not fitted to.

Cores are drawn over the whole space, without those of the calibration, and go through the calibration's flow.
Errors are relative to synthesis and signed: positive where the model asks for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from costmodel.fit.calibration import Observation, observe
from costmodel.fit.calibration_cores import calibration_cores, cores_of
from costmodel.fit.measurer import Measurer, Origin
from costmodel.fit.noise import Noise, measure_noise
from costmodel.fit.progress import Progress
from costmodel.fit.sampling import draw_cores, size
from costmodel.fit.side_by_side import SideBySide, modelled_groups, synthesized_groups
from costmodel.price.estimate import figures_of
from costmodel.price.quantity import PricedQuantity
from costmodel.price.representative import CONFIG_KEYS
from costmodel.price.technology import Technology, TechnologyError
from generator.config import CoreConfig
from generator.errors import TernlutError
from generator.plan import core_name
from generator.verilog import emit

WORST = 5
"""Cores whose breakdowns are looked at."""
NOISY_CORES = 6
"""Cores that the mapper's noise is measured on, spread over the sizes of those drawn."""

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
    datapath), ``gates``, and of each quantity of the technology ``synthesized_…``, ``modelled_…`` (in its
    unit) and ``…_error`` (percent; NaN of a core that has none of it). ``origin``: where what was measured
    comes from.
    """

    technology: Technology
    origin: Origin
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

    @property
    def cost(self) -> PricedQuantity:
        """What a core costs without a clock."""
        return self.technology.cost_at()

    @property
    def told_apart(self) -> tuple[PricedQuantity, ...]:
        """The quantities whose errors are told apart by what cores are: cost and delay."""
        return self.cost, self.technology.delay

    def errors(self, figure: str) -> Errors:
        """The errors of one of the technology's quantities over all cores."""
        return errors_of(self.cores, figure)

    def errors_by(self, figure: str, grouping: str) -> dict[str, Errors]:
        """The same for each value of a column."""
        return {str(value): errors_of(rows, figure) for value, rows in self.cores.groupby(grouping)}


def errors_of(rows: pd.DataFrame, figure: str) -> Errors:
    """The errors of ``figure`` over those of ``rows`` that have any; τ of fewer than two cores is NaN."""
    from scipy.stats import kendalltau  # It takes a second to import.

    rows = rows[rows[f"{figure}_error"].notna()]
    if not len(rows):
        return Errors(0, *[np.nan] * 5)
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
    measurer: Measurer,
    sample: Sample = Sample(),
    permutations: int = 3,
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
) -> Validation:
    """Draws, measures and prices the cores of ``sample``; looks closer at the worst.

    The mapper's noise is measured by ``permutations`` of ``NOISY_CORES`` of the cores, 0 leaves it out.
    Finished syntheses stay in the cache. Raises ``TechnologyError`` where most of them fail, or where
    ``measurer`` does not measure what ``technology`` prices.
    """
    missing = technology.quantities.keys() - {quantity.name for quantity in measurer.quantities}
    if missing:
        raise TechnologyError(
            f"technology {technology.name} prices {', '.join(sorted(missing))}, which is not measured by "
            f"{measurer.kind}"
        )
    observations = observe(measurer, sample.draw(technology), workers, progress)
    cores = pd.DataFrame([row(seen, technology) for seen in observations])
    cost = technology.cost_at().name
    error = cores[f"{cost}_error"].abs().fillna(0).to_numpy()
    worst = [observations[index] for index in np.argsort(-error)[:WORST]]
    sides = compare(worst, technology, measurer, workers, progress)
    chosen = spread_over(observations, NOISY_CORES, cost) if permutations else []
    noise = measure_noise(measurer, chosen, permutations, workers, progress)
    return Validation(technology, measurer.origin, sample, cores, tuple(sides), tuple(noise))


def row(seen: Observation, technology: Technology) -> dict[str, Any]:
    """A core's configuration and figures as ``Validation.cores`` has them."""
    core, modelled = seen.core, figures_of(seen.core, technology)
    values: dict[str, Any] = {
        "core": core_name(core),
        **{key: value_of(core, key) for key in CONFIG_KEYS},
        "numbers": core.datapath or "integer",
        "gates": round(size(core)),
    }
    for name in technology.quantities:
        measured = seen.figures[name]
        values[f"synthesized_{name}"] = measured
        values[f"modelled_{name}"] = modelled[name]
        values[f"{name}_error"] = 100 * (modelled[name] / measured - 1) if measured else np.nan
    return values


def value_of(core: CoreConfig, key: str) -> Any:
    """The value of a dotted key."""
    head, _, leaf = key.partition(".")
    value = getattr(core, head)
    return getattr(value, leaf) if leaf else value


def compare(
    observations: Sequence[Observation],
    technology: Technology,
    measurer: Measurer,
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
) -> list[SideBySide]:
    """What some cores cost by group, modelled and measured module by module."""
    emissions = [emit(seen.core) for seen in observations]
    sides: dict[int, SideBySide] = {}
    for done, (index, modules) in enumerate(measurer.modules(emissions, workers), start=1):
        if not isinstance(modules, TernlutError):
            seen = observations[index]
            sides[index] = SideBySide(
                seen.core,
                modelled_groups(seen.core, technology),
                synthesized_groups(emissions[index], modules),
                seen.figures[technology.cost_at().name],
            )
        progress("synthesizing the worst by module", done / len(emissions))
    return [sides[index] for index in sorted(sides)]


def spread_over(observations: Sequence[Observation], count: int, cost: str) -> list[CoreConfig]:
    """At most ``count`` of the cores: the smallest, the largest of the smaller half, and evenly between.

    The larger half is left out for the time that it takes.
    """
    by_cost = sorted(observations, key=lambda seen: seen.figures[cost])
    half = by_cost[: max(count, len(by_cost) // 2)]
    places = np.unique(np.linspace(0, len(half) - 1, count).round().astype(int))
    return [half[place].core for place in places]
