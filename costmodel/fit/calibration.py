"""From what measures cores to a technology: measures random cores and fits the model's coefficients to them.

Whole cores in the flattened flow are what a model has to price, so effects across blocks are inside the fit.
"""

from __future__ import annotations

import datetime
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from costmodel.fit.calibration_cores import calibration_cores, calibration_of
from costmodel.fit.measurer import Design, Figures, Measurer
from costmodel.fit.progress import Progress
from costmodel.fit.sized import SizedCore, fit_sized
from costmodel.price.components import FLOAT_AREAS, FLOAT_DELAYS, Bill, total
from costmodel.price.estimate import figures_of
from costmodel.price.fabric_floats import UNIT
from costmodel.price.quantity import CELL_QUANTITIES, COMPONENTS, DELAY, PATHS, Over, PricedQuantity, Quantity
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import (
    Cost,
    FitError,
    Technology,
    TechnologyError,
    measured_apart,
    rippling_of,
)
from costmodel.price.timing import DELAY_TERMS
from costmodel.price.units import units_of
from generator.config import CoreConfig
from generator.errors import TernlutError
from generator.formats import Integer
from generator.plan import CorePlan

NOISE: Mapping[Over, float] = {"core": 0.02, "lut4": 0.02, "lut6": 0.02, "path": 0.1, "clocked": 0.1}
"""Relative errors beyond which a point counts linearly, not squared."""
OF_ENERGY = ("energy", "energy_without_glitches")
"""Errors that are not of a calibration's syntheses."""
IN_TABLES = (*UNIT, "stage")
FOR_FLOATS: Mapping[Over, Sequence[str]] = {
    "core": FLOAT_AREAS,
    "lut4": IN_TABLES,
    "lut6": IN_TABLES,
    "path": FLOAT_DELAYS,
    "clocked": (*FLOAT_DELAYS, "part"),
}
"""Components that only floating-point cores have; in lookup tables they are units."""
UNSEEN: Mapping[str, str] = {"compressor": "full_adder"}
"""What a component costs that no measured core has: as much as another."""


@dataclass(frozen=True)
class Observation:
    """A core that was measured: what it has of each quantity, by name."""

    core: CoreConfig
    figures: Figures


def calibrate(
    measurer: Measurer,
    name: str,
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
    cores: Sequence[CoreConfig] | None = None,
) -> Technology:
    """The technology of what ``measurer`` measures.

    What wires are like, no cell library says, and energies are measured apart: a shipped technology that is
    fitted anew keeps what it has.
    Measures ``cores`` (``calibration_cores`` unless given) with ``workers`` processes; finished syntheses
    stay in the cache, so that an interrupted calibration goes on where it stopped. ``progress`` is told what
    is being done and which share of it is.

    Raises ``TechnologyError`` where too few cores could be measured to fit the model to.
    """
    known = measured_apart(name)
    cores = calibration_cores() if cores is None else cores
    observations = observe(measurer, cores, workers, progress)
    quantities, origin = fit(observations, measurer.quantities, measurer.cost), measurer.origin
    technology = Technology(
        name=name,
        library=origin.library,
        corner=origin.corner,
        dont_use=origin.dont_use,
        calibration=calibration_of(cores),
        flow=origin.flow,
        date=datetime.datetime.now(datetime.UTC).date(),
        versions={
            **{package: version(package) for package in ("ternlut", *origin.tools, "amaranth", "scipy")},
            "python": platform.python_version(),
        },
        measured_by=measurer.kind,
        cost=measurer.cost,
        quantities=quantities,
        wires=known.wires,
        energy=known.energy,
    )
    kept = {part: error for part, error in known.fit.items() if part in OF_ENERGY}
    return technology.model_copy(update={"fit": residuals(observations, technology) | kept})


def fewest_cores(cores: Sequence[CoreConfig], quantities: Sequence[Quantity] = CELL_QUANTITIES) -> int:
    """How many of ``cores``, the first ones, are no fewer than the coefficients of ``quantities``.

    Those of integers are fitted to integer cores, what floats have besides to cores of floats.
    """
    floats = [not isinstance(core.format, Integer) for core in cores]
    later = {quantity.over: set(FOR_FLOATS[quantity.over]) for quantity in quantities}
    needed = {True: max(map(len, later.values()))}
    needed[False] = max(len(set(COMPONENTS[over]) - names) for over, names in later.items())
    for count in range(1, len(cores)):
        if all(floats[:count].count(kind) >= least for kind, least in needed.items()):
            return count
    return len(cores)


def fit(
    observations: Sequence[Observation], quantities: Sequence[Quantity], cost: Cost
) -> dict[str, PricedQuantity]:
    """``quantities``, by name, with the coefficients for what has been observed.

    What cores cost at a clock is fitted last: which parts of a core a clock asks much of, its paths say.
    """
    sized = {cost.medium, cost.tight} - {cost.relaxed}
    fitted = {
        quantity.name: PricedQuantity(**dict(quantity), coefficients=fit_quantity(observations, quantity))
        for quantity in quantities
        if quantity.name not in sized
    }
    if sized:
        at_a_clock = dict(zip((cost.medium, cost.tight), fit_speeds(observations, fitted, cost), strict=True))
        named = {quantity.name: quantity for quantity in quantities}
        fitted |= {
            name: PricedQuantity(**dict(named[name]), coefficients=prices)
            for name, prices in at_a_clock.items()
        }
    return {quantity.name: fitted[quantity.name] for quantity in quantities}


def fit_speeds(
    observations: Sequence[Observation], fitted: Mapping[str, PricedQuantity], cost: Cost
) -> tuple[dict[str, float], dict[str, float]]:
    """What components cost at ease and as fast as can be, beside what is ``fitted`` already."""
    least, delay, rippling = fitted[cost.relaxed].coefficients, fitted[DELAY.name], rippling_of(fitted)
    prices: tuple[dict[str, float], dict[str, float]] = {}, {}
    for observed, names in zip(
        by_number(observations), ([*set(least) - set(FLOAT_AREAS)], FLOAT_AREAS), strict=True
    ):
        cores = [
            SizedCore(plan_to_price(seen.core), seen.figures[cost.medium], seen.figures[cost.tight])
            for seen in observed
        ]
        if not cores:
            raise TechnologyError(f"no core to fit {', '.join(names)} to")
        ordered = [name for name in least if name in names]
        found = fit_sized(cores, ordered, least, delay, rippling, prices)
        for known, more in zip(prices, found, strict=True):
            known.update(more)
    return prices


def observe(
    measurer: Measurer,
    cores: Sequence[CoreConfig],
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
) -> list[Observation]:
    """Measures ``cores``; leaves out those that could not be."""
    observed: dict[int, Observation] = {}
    complaint = "no cores"
    for done, (index, figures) in enumerate(measurer.measure(map(Design.of, cores), workers), start=1):
        if isinstance(figures, TernlutError):
            complaint = str(figures)
        else:
            observed[index] = Observation(cores[index], figures)
        progress("synthesizing", done / len(cores))
    observations = [observed[index] for index in sorted(observed)]
    if len(observations) < len(cores) / 2:
        raise TechnologyError(
            f"library {measurer.origin.library}: {len(cores) - len(observations)} of {len(cores)} cores "
            f"could not be synthesized: {complaint}"
        )
    return observations


def fit_quantity(observations: Sequence[Observation], quantity: Quantity) -> dict[str, float]:
    """Coefficients of a quantity's components, none negative, for the least relative errors.

    First from integer cores; then, those given, what floating-point cores have besides. What is over paths
    is fitted to the longest stage.
    """
    integers, floats = by_number(observations)
    later = FOR_FLOATS[quantity.over]
    first = [name for name in COMPONENTS[quantity.over] if name not in later]
    coefficients = _fit_observed(integers, quantity, first, {})
    coefficients |= _fit_observed(floats, quantity, later, coefficients)
    if quantity.over == "core":
        bills = [bills_of(plan_to_price(seen.core), quantity.over)[0] for seen in integers]
        had = {name for bill in bills for name, count in bill.counts.items() if count}
        coefficients |= {name: coefficients[like] for name, like in UNSEEN.items() if name not in had}
    return coefficients


def by_number(observations: Sequence[Observation]) -> tuple[list[Observation], list[Observation]]:
    """The observations of integer and of floating-point cores."""
    integers = [seen for seen in observations if isinstance(seen.core.format, Integer)]
    return integers, [seen for seen in observations if not isinstance(seen.core.format, Integer)]


def _fit_observed(
    observations: Sequence[Observation],
    quantity: Quantity,
    names: Sequence[str],
    given: Mapping[str, float],
) -> dict[str, float]:
    """Coefficients of ``names``. Cores that have none of the quantity say nothing of relative errors."""
    if not observations:
        raise TechnologyError(f"no core to fit {', '.join(names)} to")
    having = [seen for seen in observations if seen.figures[quantity.name]]
    if not having:
        return dict.fromkeys(names, 0.0)
    bills = [bills_of(plan_to_price(seen.core), quantity.over) for seen in having]
    measured = np.array([seen.figures[quantity.name] for seen in having])
    return _fit(bills, measured, names, given, NOISE[quantity.over])


def bills_of(plan: CorePlan, over: Over) -> list[Bill]:
    """The bills of which the dearest is what a core has of a quantity: one of all of it, or one a path."""
    if over not in PATHS:
        return [total([bill * count for _, count, bill in units_of(plan, over)])]
    return [case for term in DELAY_TERMS if term.counts(plan, over) for case in term.path(plan, over).cases()]


def residuals(observations: Sequence[Observation], technology: Technology) -> dict[str, FitError]:
    """How far a technology is off on ``observations``: in each quantity for all cores, in its cost and in
    what is over paths by kind, too."""
    errors: dict[str, list[float]] = {}
    for seen in observations:
        number = seen.core.datapath or "integer"
        for name, modelled in figures_of(seen.core, technology).items():
            measured = seen.figures[name]
            if not measured:
                continue
            kinds: list[str] = [number] if technology.quantities[name].over in PATHS else []
            if name == technology.cost.relaxed:
                kinds = [number, seen.core.architecture]
            for key in (name, *(f"{name}_{kind}" for kind in kinds)):
                errors.setdefault(key, []).append(100 * abs(modelled / measured - 1))
    return {
        name: FitError(
            points=len(percent),
            median_percent=float(np.median(percent)),
            max_percent=float(np.max(percent)),
        )
        for name, percent in sorted(errors.items())
    }


def _fit(
    bills: Sequence[list[Bill]],
    measured: NDArray[np.float64],
    names: Sequence[str],
    given: Mapping[str, float],
    noise: float,
) -> dict[str, float]:
    """Coefficients of ``names``, none negative: ``measured[i]`` is about the greatest price of ``bills[i]``.

    The other coefficients are ``given``. Errors are relative. They count squared up to ``noise`` and linearly
    beyond, so that what the model does not know cannot pull at what it does.
    """
    longest = max(map(len, bills))
    rows = [[*row, *(row[:1] * (longest - len(row)))] for row in bills]
    counts = np.array([[[bill.counts.get(name, 0.0) for name in names] for bill in row] for row in rows])
    known = np.array([[sum(c * given.get(n, 0.0) for n, c in b.counts.items()) for b in row] for row in rows])
    known = known / measured[:, None]
    scale = np.maximum(counts.max(axis=(0, 1)), 1e-9)
    scaled = counts / scale / measured[:, None, None]
    typical = np.median(1 / np.maximum(scaled.max(axis=1).sum(axis=1), 1e-9))

    def errors(x: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = (scaled @ x + known).max(axis=1) - 1
        return result

    def slopes(x: NDArray[np.float64]) -> NDArray[np.float64]:
        dearest = (scaled @ x + known).argmax(axis=1)
        result: NDArray[np.float64] = scaled[np.arange(len(scaled)), dearest]
        return result

    fits = [
        least_squares(
            errors,
            np.full(len(names), start * typical),
            jac=slopes,
            bounds=(0, np.inf),
            loss="soft_l1",
            f_scale=noise,
        )
        for start in (0.5, 1.0, 2.0)
    ]
    best = min(fits, key=lambda fit: float(fit.cost))
    # The solver stays off zero by a hair; what none has, none pays.
    coefficients = np.where((best.x < 1e-6 * typical) | ~counts.any(axis=(0, 1)), 0.0, best.x) / scale
    return dict(zip(names, map(float, coefficients), strict=True))
