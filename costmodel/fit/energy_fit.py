"""Fits a technology's energies to cores that were measured at gate level, with and without glitches.

Without delays a core takes what its bits' changes take; with them glitches come on top. Both runs of all
cores are fitted at once: the coefficients of glitches count in the one, all others in both. Errors are
relative to the whole of a core; those of its parts count less than that of their sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from costmodel.power.figures import Energy, MeasuredEnergy
from costmodel.price.activity import BITNET, Statistics
from costmodel.price.area import PARTS
from costmodel.price.components import NOTHING
from costmodel.price.energy import Reason, UnitEnergy, core_units, reasons_a_step
from costmodel.price.energy_coefficients import (
    CLOCKS,
    ENERGY_COMPONENTS,
    GLITCHES,
    KINDS,
    LOGIC,
    Energies,
)
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import FitError, Technology, TechnologyError
from generator.config import CoreConfig

Floats = NDArray[np.float64]

NAMES = tuple(ENERGY_COMPONENTS)
CLOCKED = [NAMES.index(name) for name in CLOCKS]
GROUPS = (
    [NAMES.index("register")],
    [i for i, name in enumerate(NAMES) if name in (*KINDS, LOGIC)],
    [i for i, name in enumerate(NAMES) if name in GLITCHES],
)
"""Coefficients that are alike: flip-flops' data, what kinds of logic take, and their glitches."""
GATED = np.array([1.0, 0.1, 0.9])
"""What clocks take in a flip-flop's, where too few cores are gated to say: a gate has some ten readers."""
NOISE = 0.05
"""Relative errors beyond which a core counts linearly, not squared."""
ALIKE = 0.05
"""How much a coefficient counts that differs from the others of its group by its own size."""
OF_PARTS = 0.3
"""How much the error of some parts counts, beside that of the whole."""
STILL = 0.3
"""How much an error without glitches counts, beside one with them."""
TOGETHER: tuple[tuple[str, ...], ...] = (
    ("tables",),
    ("fetch", "reduction", "accumulators", "converters"),
    ("control",),
)
"""Parts that are told apart: what is in a column, a mapper merges."""
MOVED = ("switching", "internal")
"""Kinds of energy that bits take that change."""
LARGER = 0.02
"""A core that sizing enlarges by less says nothing of how energy grows."""
FEWEST = 12
"""Cores that a fit needs at least."""


@dataclass(frozen=True)
class MeasuredCore:
    """A core, what it took, what is known of the data, and the share of cycles in which it made a step."""

    core: CoreConfig
    energy: MeasuredEnergy
    data: Statistics = BITNET

    @property
    def busy(self) -> float:
        return self.energy.macs_per_cycle / self.core.macs_per_cycle


def counts_of(seen: MeasuredCore, technology: Technology) -> dict[str, Floats]:
    """Of each part how much of each of ``ENERGY_COMPONENTS`` a cycle moves."""
    plan = plan_to_price(seen.core)
    often = reasons_a_step(plan)
    counts: dict[str, Floats] = {part: np.zeros(len(NAMES)) for part in PARTS}
    for part, number, unit in core_units(plan, technology, seen.data):
        counts.setdefault(part, np.zeros(len(NAMES)))
        counts[part] += number * _moved(unit, seen.busy, often)
    return counts


def _moved(unit: UnitEnergy, busy: float, often: Mapping[Reason, float]) -> Floats:
    total = NOTHING
    for reason, times in often.items():
        total += unit.of(reason) * (times if reason == "clock" else times * busy)
    return np.array([total.counts.get(name, 0.0) for name in NAMES])


def fit_energies(measured: Sequence[MeasuredCore], technology: Technology, source: str) -> Energies:
    """Energies for what was measured of cores of least area, none of them negative.

    Raises ``TechnologyError`` where too few cores were measured.
    """
    if len(measured) < FEWEST:
        raise TechnologyError(
            f"energies: {len(measured)} cores were measured, {FEWEST} are expected at least"
        )
    found = coefficients_of(measured, [counts_of(seen, technology) for seen in measured])
    return Energies(
        source=source,
        cores=len(measured),
        coefficients=dict(zip(NAMES, map(float, found), strict=True)),
        growth=0.0,
        leakage_nw_per_um2=_leakage(measured),
    )


def coefficients_of(measured: Sequence[MeasuredCore], counts: Sequence[Mapping[str, Floats]]) -> Floats:
    """All coefficients: of clocks from what they took, then the others from the rest."""
    clocks = [
        sum(count.values(), np.zeros(len(NAMES)))[CLOCKED] / _clocks(seen.energy.zero_delay)
        for seen, count in zip(measured, counts, strict=True)
    ]
    rows, targets = zip(*map(equations, measured, counts), strict=True)
    found = _solved(np.vstack(rows), np.concatenate(targets))
    found[CLOCKED] = _drawn(np.vstack(clocks), np.ones(len(clocks)), GATED)
    return found


def _solved(matrix: Floats, wanted: Floats) -> Floats:
    """Coefficients but of clocks, none negative. First one a group; then each by itself, drawn to that of
    its group: what few cores have follows the others."""
    together = np.stack([matrix[:, group].sum(axis=1) for group in GROUPS], axis=1)
    shared = _least(together, wanted)
    typical = np.zeros(len(NAMES))
    for group, value in zip(GROUPS, shared, strict=True):
        typical[group] = max(value, 1e-3 * float(shared.max()))
    return _alone(matrix, wanted, typical)


def _drawn(matrix: Floats, wanted: Floats, shares: Floats) -> Floats:
    """Coefficients drawn to such shares of one."""
    return _alone(matrix, wanted, shares * float(_least((matrix @ shares)[:, None], wanted)[0]))


def _alone(matrix: Floats, wanted: Floats, typical: Floats) -> Floats:
    """Each coefficient by itself, drawn to what is typical."""
    scaled = np.vstack((matrix * typical, ALIKE * np.eye(len(typical))))
    alone: Floats = _least(scaled, np.concatenate((wanted, np.full(len(typical), ALIKE)))) * typical
    return alone


def _least(matrix: Floats, wanted: Floats) -> Floats:
    """What is least off, counting squares up to ``NOISE``; none negative."""
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-12)
    scaled: Floats = matrix / scale

    def errors(x: Floats) -> Floats:
        return np.asarray(scaled @ x - wanted)

    def slopes(x: Floats) -> Floats:
        return scaled

    start = np.full(matrix.shape[1], 0.1)
    best = least_squares(errors, start, jac=slopes, bounds=(0, np.inf), loss="soft_l1", f_scale=NOISE).x
    result: Floats = np.where(best < 1e-6, 0.0, best) / scale
    return result


def equations(seen: MeasuredCore, counts: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Rows of a core and of its parts, with and without glitches, in shares of what the core took; without
    leakage and clocks."""
    late = np.array([name in GLITCHES for name in NAMES])
    rows, targets = [], []
    for run, glitches in ((seen.energy.timed, True), (seen.energy.zero_delay, False)):
        whole = run.total_fj - run.of_kind("leakage")
        counts_as = 1.0 if glitches else STILL
        groups = [(1.0, tuple(run.parts), sum(counts.values(), np.zeros(len(NAMES))))]
        for parts in TOGETHER:
            groups.append((OF_PARTS, parts, sum((counts[part] for part in parts), np.zeros(len(NAMES)))))
        for weight, parts, count in groups:
            moved = sum(run.parts.get(part, {}).get(kind, 0.0) for part in parts for kind in MOVED)
            count = np.where(late & (not glitches), 0.0, count)
            count[CLOCKED] = 0.0
            rows.append(counts_as * weight * count / whole)
            targets.append(counts_as * weight * moved / whole)
    return np.vstack(rows), np.array(targets)


def _clocks(run: Energy) -> float:
    """What clocks took, with their tree."""
    return max(run.of_kind("clock"), 1e-12)


def _leakage(measured: Sequence[MeasuredCore]) -> float:
    """nW for a µm²: fJ in a ps are mW."""
    each = [
        1e6 * seen.energy.timed.of_kind("leakage") / seen.energy.clock_ps / seen.energy.area_um2
        for seen in measured
    ]
    return float(np.median(each))


def fit_growth(pairs: Sequence[tuple[MeasuredCore, MeasuredCore]]) -> float:
    """The share of what sizing enlarges cells by, by which energy grows: the median over cores that were
    measured twice, of least area and sized for a clock. 0 where none grows."""
    shares = []
    for least, sized in pairs:
        larger = sized.energy.area_um2 / least.energy.area_um2 - 1
        if larger > LARGER:
            shares.append((measured_fj(sized) / measured_fj(least) - 1) / larger)
    return max(0.0, float(np.median(shares))) if shares else 0.0


def modelled_fj(
    seen: MeasuredCore, technology: Technology, energies: Energies, glitches: bool = True
) -> float:
    """What the model says that a measured core of least area takes in a cycle."""
    prices = np.array(
        [0.0 if name in GLITCHES and not glitches else energies.coefficients[name] for name in NAMES]
    )
    return float(sum(count @ prices for count in counts_of(seen, technology).values()))


def measured_fj(seen: MeasuredCore, glitches: bool = True) -> float:
    """What a core took in a cycle, without leakage."""
    run = seen.energy.timed if glitches else seen.energy.zero_delay
    return run.total_fj - run.of_kind("leakage")


def errors_of(
    measured: Sequence[MeasuredCore], technology: Technology, energies: Energies
) -> dict[str, FitError]:
    """How far the model is off: with glitches, the figure that counts, and without."""
    errors = {}
    for name, glitches in (("energy", True), ("energy_without_glitches", False)):
        off = []
        for seen in measured:
            modelled = modelled_fj(seen, technology, energies, glitches)
            off.append(100 * abs(modelled / measured_fj(seen, glitches) - 1))
        errors[name] = FitError(
            points=len(off), median_percent=float(np.median(off)), max_percent=float(np.max(off))
        )
    return errors
