"""From a cell library to a technology: synthesizes random cores and fits the model's coefficients to them.

Whole cores in the flattened flow are what a model has to price, so effects across blocks are inside the fit.
One synthesis of a core gives its least area, and areas and delay when it is buffered and sized for speed.
"""

from __future__ import annotations

import datetime
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from costmodel.cells.liberty import Library
from costmodel.fit.calibration_cores import calibration_cores, calibration_of
from costmodel.fit.progress import Progress
from costmodel.flow.synthesis import FLOW_VERSION, Flow, Job, SynthesisError, synthesize_many
from costmodel.price.area import core_bills
from costmodel.price.components import (
    AREA_COMPONENTS,
    DELAY_COMPONENTS,
    FLOAT_AREAS,
    FLOAT_DELAYS,
    Bill,
    total,
)
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import FitError, Technology, TechnologyError
from costmodel.price.timing import DELAY_TERMS
from generator.config import CoreConfig
from generator.formats import Integer
from generator.verilog import emit

FLOW = Flow(speeds=True)
AREAS = ("area_um2", "medium_um2", "tight_um2")
"""What an observation says of areas, and a technology prices."""

NOISE_AREA, NOISE_DELAY = 0.02, 0.1
"""Relative errors beyond which a point counts linearly, not squared."""


@dataclass(frozen=True)
class Observation:
    """A synthesized core: its area (µm²), its shortest delay (ps), and what it was sized to on the way."""

    core: CoreConfig
    area_um2: float
    delay_ps: float
    tight_um2: float
    medium_um2: float


def calibrate(
    library: Library,
    name: str,
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
    cores: Sequence[CoreConfig] | None = None,
) -> Technology:
    """The technology of ``library``.

    Synthesizes ``cores`` (``calibration_cores`` unless given) with ``workers`` processes; finished syntheses
    stay in the cache, so that an interrupted calibration goes on where it stopped. ``progress`` is told what
    is being done and which share of it is.

    Raises ``TechnologyError`` where too few cores could be synthesized to fit the model to.
    """
    cores = calibration_cores() if cores is None else cores
    observations = observe(library, cores, workers, progress)
    fitted = fit(observations)
    return Technology(
        name=name,
        library=library.name,
        corner=", ".join(path.name for path in library.files),
        dont_use=library.dont_use,
        calibration=calibration_of(cores),
        flow=f"Yosys, flattened, adders in {FLOW.adders}, flow {FLOW_VERSION}",
        date=datetime.datetime.now(datetime.UTC).date(),
        versions={
            **{package: version(package) for package in ("ternlut", "pyosys", "amaranth", "scipy")},
            "python": platform.python_version(),
        },
        **fitted,
        fit=residuals(observations, fitted),
    )


def fit(observations: Sequence[Observation]) -> dict[str, dict[str, float]]:
    """The tables of coefficients (``COEFFICIENTS``) for what has been observed."""
    areas = {key: fit_areas(observations, key) for key in AREAS}
    return areas | {"delay_ps": fit_delays(observations)}


def observe(
    library: Library,
    cores: Sequence[CoreConfig],
    workers: int | None = None,
    progress: Progress = lambda what, share: None,
) -> list[Observation]:
    """Synthesizes ``cores``; leaves out those whose synthesis failed."""

    def jobs() -> Iterator[Job]:
        for core in cores:
            emission = emit(core)
            yield Job(emission.verilog, emission.top, library, FLOW)

    observed: dict[int, Observation] = {}
    complaint = "no cores"
    for done, (index, result) in enumerate(synthesize_many(jobs(), workers), start=1):
        if isinstance(result, SynthesisError):
            complaint = str(result)
        else:
            tight, medium = result.sized["tight"], result.sized["medium"]
            observed[index] = Observation(
                cores[index], result.area_um2, tight.delay_ps, tight.area_um2, medium.area_um2
            )
        progress("synthesizing", done / len(cores))
    values = [observed[index] for index in sorted(observed)]
    if len(values) < len(cores) / 2:
        raise TechnologyError(
            f"library {library.name}: {len(cores) - len(values)} of {len(cores)} cores could not be "
            f"synthesized: {complaint}"
        )
    return values


def fit_areas(observations: Sequence[Observation], measured: str = "area_um2") -> dict[str, float]:
    """Prices in µm² of the components, none negative, for the least relative errors of one of ``AREAS``.

    First from integer cores; then, those prices given, what floating-point cores have besides.
    """
    integers, floats = by_number(observations)
    prices = _fit_areas(integers, measured, [name for name in AREA_COMPONENTS if name not in FLOAT_AREAS], {})
    return prices | _fit_areas(floats, measured, FLOAT_AREAS, prices)


def by_number(observations: Sequence[Observation]) -> tuple[list[Observation], list[Observation]]:
    """The observations of integer and of floating-point cores."""
    integers = [seen for seen in observations if isinstance(seen.core.format, Integer)]
    return integers, [seen for seen in observations if not isinstance(seen.core.format, Integer)]


def _fit_areas(
    observations: Sequence[Observation],
    measured: str,
    names: Sequence[str],
    given: Mapping[str, float],
) -> dict[str, float]:
    bills = [total(list(core_bills(plan_to_price(seen.core)).values())) for seen in observations]
    return _fit(
        [[bill] for bill in bills],
        np.array([getattr(seen, measured) for seen in observations]),
        names,
        given,
        NOISE_AREA,
    )


def fit_delays(observations: Sequence[Observation]) -> dict[str, float]:
    """Delays in ps of the components, none negative, for the least relative errors of the longest stage.

    First from integer cores; then, those given, what floating-point cores have besides.
    """
    integers, floats = by_number(observations)
    delays = _fit_delays(integers, [name for name in DELAY_COMPONENTS if name not in FLOAT_DELAYS], {})
    return delays | _fit_delays(floats, FLOAT_DELAYS, delays)


def _fit_delays(
    observations: Sequence[Observation], names: Sequence[str], given: Mapping[str, float]
) -> dict[str, float]:
    plans = [plan_to_price(seen.core) for seen in observations]
    paths = [[case for term in DELAY_TERMS for case in term.path(plan).cases()] for plan in plans]
    return _fit(paths, np.array([seen.delay_ps for seen in observations]), names, given, NOISE_DELAY)


def residuals(
    observations: Sequence[Observation], fitted: Mapping[str, Mapping[str, float]]
) -> dict[str, FitError]:
    """How far the model is off on ``observations``: area, sized areas and delay, in all and by kind."""
    errors: dict[str, list[float]] = {}

    def note(name: str, modelled: float, synthesized: float) -> None:
        errors.setdefault(name, []).append(100 * abs(modelled / synthesized - 1))

    for seen in observations:
        plan, number = plan_to_price(seen.core), seen.core.datapath or "integer"
        bill = total(list(core_bills(plan).values()))
        for key in AREAS:
            note(key.removesuffix("_um2"), bill.price(fitted[key]), getattr(seen, key))
        for kind in (number, seen.core.architecture):
            note(f"area_{kind}", bill.price(fitted["area_um2"]), seen.area_um2)
        delay_ps = max(term.path(plan).price(fitted["delay_ps"]) for term in DELAY_TERMS)
        note("delay", delay_ps, seen.delay_ps)
        note(f"delay_{number}", delay_ps, seen.delay_ps)
    return {
        name: FitError(
            points=len(values), median_percent=float(np.median(values)), max_percent=float(np.max(values))
        )
        for name, values in sorted(errors.items())
    }


def _fit(
    bills: Sequence[list[Bill]],
    measured: NDArray[np.float64],
    names: Sequence[str],
    given: Mapping[str, float],
    noise: float,
) -> dict[str, float]:
    """Non-negative coefficients of ``names``: ``measured[i]`` is about the greatest price of ``bills[i]``.

    The other coefficients are ``given``. Errors are relative. They count squared up to ``noise`` and linearly
    beyond, so that what the model does not know cannot pull at what it does.
    """
    if not len(measured):
        raise TechnologyError(f"no core to fit {', '.join(names)} to")
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
    # The solver stays off the bounds by a hair.
    values = np.where(best.x < 1e-6 * typical, 0.0, best.x / scale)
    return dict(zip(names, map(float, values), strict=True))
