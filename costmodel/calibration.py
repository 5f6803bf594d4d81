"""From a cell library to a technology: synthesizes random cores and fits the model's coefficients to them.

Whole cores in the flattened flow are what a model has to price, so effects across blocks are inside the fit.
Synthesizing each core's datapath alone as well tells control from datapath. Delays come from a second
synthesis that buffers and sizes for a clock: without one, nets that drive a whole core dominate.
"""

from __future__ import annotations

import datetime
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from costmodel.area import core_bills
from costmodel.components import (
    AREA_COMPONENTS,
    DELAY_COMPONENTS,
    FLOAT_AREAS,
    FLOAT_DELAYS,
    Bill,
    total,
)
from costmodel.liberty import Library
from costmodel.sampling import draw_cores
from costmodel.synthesis import FLOW_VERSION, Flow, Job, SynthesisError, synthesize_many
from costmodel.technology import FitError, Technology, TechnologyError
from costmodel.timing import DELAY_TERMS
from generator.config import CoreConfig
from generator.formats import Integer
from generator.plan import plan_for
from generator.verilog import emit

Progress = Callable[[str, float | None], None]

SEED = 2
CORES = 200
FLOAT_CORES = 60
LARGEST = 7500.0
"""Components of the largest calibration core; larger ones are extrapolated to, the model being a sum."""

FLOW = Flow()
CLOCKED = Flow(clock_ps=1000.0)
"""Buffered for a clock that no core is much faster than; a tighter one changes the delay by 2 %."""

NOISE_AREA, NOISE_DELAY = 0.01, 0.1
"""Relative errors beyond which a point counts linearly, not squared."""


@dataclass(frozen=True)
class Observation:
    """A synthesized core: areas with and without control (µm²), and delay (ps)."""

    core: CoreConfig
    area_um2: float
    datapath_um2: float
    delay_ps: float


@cache
def calibration_cores() -> tuple[CoreConfig, ...]:
    """The cores that a technology is fitted to; always the same."""
    integers = draw_cores(SEED, CORES, largest=LARGEST)
    return (*integers, *draw_cores(SEED, FLOAT_CORES, largest=LARGEST, floats=True))


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
    observations = observe(library, calibration_cores() if cores is None else cores, workers, progress)
    areas = fit_areas(observations)
    delays = fit_delays(observations)
    return Technology(
        name=name,
        library=library.name,
        corner=", ".join(path.name for path in library.files),
        flow=f"Yosys, flattened, adders in {FLOW.adders}, flow {FLOW_VERSION}",
        date=datetime.datetime.now(datetime.UTC).date(),
        versions={
            **{package: version(package) for package in ("ternlut", "pyosys", "amaranth", "scipy")},
            "python": platform.python_version(),
        },
        area_um2=areas,
        delay_ps=delays,
        fit=residuals(observations, areas, delays),
    )


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
            yield Job(emission.verilog, emission.datapath, library, FLOW)
            yield Job(emission.verilog, emission.top, library, CLOCKED)

    figures = np.full((len(cores), 3), np.nan)
    complaint = "no cores"
    for done, (index, result) in enumerate(synthesize_many(jobs(), workers), start=1):
        core, which = divmod(index, 3)
        if isinstance(result, SynthesisError):
            complaint = str(result)
        elif which < 2:
            figures[core, which] = result.area_um2
        elif result.delay_ps is not None:
            figures[core, which] = result.delay_ps
        progress("synthesizing", done / (3 * len(cores)))
    found = [
        Observation(core, *map(float, row))
        for core, row in zip(cores, figures, strict=True)
        if not np.isnan(row).any()
    ]
    if len(found) < len(cores) / 2:
        raise TechnologyError(
            f"library {library.name}: {len(cores) - len(found)} of {len(cores)} cores could not be "
            f"synthesized: {complaint}"
        )
    return found


def fit_areas(observations: Sequence[Observation]) -> dict[str, float]:
    """Prices in µm² of the components, none negative, for the least relative errors.

    First from integer cores; then, those prices given, what floating-point cores have besides.
    """
    integers, floats = by_number(observations)
    prices = _fit_areas(integers, [name for name in AREA_COMPONENTS if name not in FLOAT_AREAS], {})
    return prices | _fit_areas(floats, FLOAT_AREAS, prices)


def by_number(observations: Sequence[Observation]) -> tuple[list[Observation], list[Observation]]:
    """The observations of integer and of floating-point cores."""
    integers = [seen for seen in observations if isinstance(seen.core.format, Integer)]
    return integers, [seen for seen in observations if not isinstance(seen.core.format, Integer)]


def _fit_areas(
    observations: Sequence[Observation], names: Sequence[str], given: Mapping[str, float]
) -> dict[str, float]:
    bills, areas = [], []
    for seen in observations:
        parts = core_bills(plan_for(seen.core))
        bills.append(total(list(parts.values())))
        bills.append(total([bill for part, bill in parts.items() if part != "control"]))
        areas += [seen.area_um2, seen.datapath_um2]
    return _fit([bills], np.array(areas), names, given, NOISE_AREA)


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
    plans = [plan_for(seen.core) for seen in observations]
    stages = [[term.bill(plan) for plan in plans] for term in DELAY_TERMS]
    return _fit(stages, np.array([seen.delay_ps for seen in observations]), names, given, NOISE_DELAY)


def residuals(
    observations: Sequence[Observation], areas: Mapping[str, float], delays: Mapping[str, float]
) -> dict[str, FitError]:
    """How far the model is off on ``observations``: in all, for each architecture, for control and delay."""
    errors: dict[str, list[float]] = {}

    def note(name: str, modelled: float, synthesized: float) -> None:
        errors.setdefault(name, []).append(100 * abs(modelled / synthesized - 1))

    for seen in observations:
        plan = plan_for(seen.core)
        parts = {part: bill.price(areas) for part, bill in core_bills(plan).items()}
        whole = sum(parts.values())
        note("area", whole, seen.area_um2)
        note(f"area_{seen.core.datapath or 'integer'}", whole, seen.area_um2)
        note(f"area_{seen.core.architecture}", whole, seen.area_um2)
        note("area_datapath", whole - parts["control"], seen.datapath_um2)
        note("delay", max(term.bill(plan).price(delays) for term in DELAY_TERMS), seen.delay_ps)
    return {
        name: FitError(
            points=len(found), median_percent=float(np.median(found)), max_percent=float(np.max(found))
        )
        for name, found in sorted(errors.items())
    }


def _fit(
    bills: Sequence[Sequence[Bill]],
    measured: NDArray[np.float64],
    names: Sequence[str],
    given: Mapping[str, float],
    noise: float,
) -> dict[str, float]:
    """Non-negative coefficients of ``names``: ``measured[i]`` is about the greatest price of ``bills[…][i]``.

    The other coefficients are ``given``. Errors are relative. They count squared up to ``noise`` and linearly
    beyond, so that what the model does not know cannot pull at what it does.
    """
    if not len(measured):
        raise TechnologyError(f"no core to fit {', '.join(names)} to")
    counts = np.array([[[bill.counts.get(name, 0.0) for name in names] for bill in row] for row in bills])
    known = np.array(
        [[sum(c * given.get(n, 0.0) for n, c in b.counts.items()) for b in row] for row in bills]
    )
    counts, known = counts.transpose(1, 0, 2), known.T / measured[:, None]
    scale = np.maximum(counts.max(axis=(0, 1)), 1e-9)
    scaled = counts / scale / measured[:, None, None]
    typical = np.median(1 / np.maximum(scaled.max(axis=1).sum(axis=1), 1e-9))

    def errors(x: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = (scaled @ x + known).max(axis=1) - 1
        return result

    def slopes(x: NDArray[np.float64]) -> NDArray[np.float64]:
        longest = (scaled @ x + known).argmax(axis=1)
        result: NDArray[np.float64] = scaled[np.arange(len(scaled)), longest]
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
    found = np.where(best.x < 1e-6 * typical, 0.0, best.x / scale)
    return dict(zip(names, map(float, found), strict=True))
