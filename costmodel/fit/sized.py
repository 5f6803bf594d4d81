"""What components cost at ease and as fast as can be, fitted to cores that are sized for two clocks.

A core at a clock costs what it does at ease, and of what speed costs besides the share that the clock asks of
each part. Both prices of all components are fitted at once, none of them below what it is at the slower
speed. What few of the cores have is drawn to what the other components grow by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from costmodel.price.area import Part, core_bills
from costmodel.price.components import AREA_COMPONENTS
from costmodel.price.part_paths import tightness_of_parts
from costmodel.price.quantity import PricedQuantity
from costmodel.price.timing import stages_of
from costmodel.speeds import MEDIUM_PERIOD
from generator.plan import CorePlan

NOISE = 0.02
"""Relative errors beyond which a core counts linearly, not squared."""
ALIKE = 0.05
"""How much a component that grows by its least price more than the others counts, beside relative errors."""
MOST = 3.0
"""What a component grows by at most, in its least price, to be as fast as can be."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SizedCore:
    """A core's plan, and what it was measured at: as fast as can be, and at twice that period."""

    plan: CorePlan
    medium: float
    tight: float


def fit_sized(
    cores: Sequence[SizedCore],
    names: Sequence[str],
    least: Mapping[str, float],
    delay: PricedQuantity,
    rippling: PricedQuantity,
    given: tuple[Mapping[str, float], Mapping[str, float]] = ({}, {}),
) -> tuple[dict[str, float], dict[str, float]]:
    """Prices of components ``names`` at ease and as fast as can be, those of all others ``given``.

    ``least`` are the prices without a clock; ``delay`` and ``rippling`` what paths take as fast as can be and
    while carries ripple.
    """
    ease, speed, measured = _counted(cores, delay, rippling)
    components = list(AREA_COMPONENTS)
    free = [components.index(name) for name in names]
    start = np.array([given[0].get(name, least[name]) for name in components])
    added = np.array([given[1].get(name, 0.0) - given[0].get(name, 0.0) for name in components])
    known = ease @ start + speed @ added
    unit = np.array([max(least[name], 1e-3 * max(least.values())) for name in names])
    slopes = np.hstack((ease[:, free] * unit, speed[:, free] * unit)) / measured[:, None]
    count = len(names)
    drawn = np.zeros((2 * count, 2 * count + 2))
    drawn[:, : 2 * count] = ALIKE * np.eye(2 * count)
    drawn[:count, 2 * count] = drawn[count:, 2 * count + 1] = -ALIKE
    jacobian = np.vstack((np.hstack((slopes, np.zeros((len(slopes), 2)))), drawn))
    offset = np.concatenate((known / measured - 1, np.zeros(2 * count)))

    def errors(grown: Floats) -> Floats:
        result: Floats = offset + jacobian @ grown
        return result

    def slope(grown: Floats) -> Floats:
        return jacobian

    start_at = np.full(2 * count + 2, 0.3)
    best = least_squares(errors, start_at, jac=slope, bounds=(0, MOST), loss="soft_l1", f_scale=NOISE).x
    growth = np.where(best < 1e-6, 0.0, best)
    at_ease = {name: least[name] + float(growth[i] * unit[i]) for i, name in enumerate(names)}
    fastest = {name: at_ease[name] + float(growth[count + i] * unit[i]) for i, name in enumerate(names)}
    return at_ease, fastest


def _counted(
    cores: Sequence[SizedCore], delay: PricedQuantity, rippling: PricedQuantity
) -> tuple[Floats, Floats, Floats]:
    """For each core and clock the components that it has, those in proportion to the share of speed that the
    clock asks of their parts, and what it was measured at."""
    ease, speed, measured = [], [], []
    for core in cores:
        parts = _parts(core.plan)
        shortest, slow = stages_of(core.plan, delay), stages_of(core.plan, rippling)
        for factor, figure in ((1.0, core.tight), (MEDIUM_PERIOD, core.medium)):
            shares = tightness_of_parts(factor * max(shortest.values()), shortest, slow)
            ease.append(sum(parts.values()))
            speed.append(sum(shares[part] * counts for part, counts in parts.items()))
            measured.append(figure)
    return np.array(ease), np.array(speed), np.array(measured)


def _parts(plan: CorePlan) -> dict[Part, Floats]:
    """How many of each component each part has."""
    return {
        part: np.array([bill.counts.get(name, 0.0) for name in AREA_COMPONENTS])
        for part, bill in core_bills(plan).items()
    }
