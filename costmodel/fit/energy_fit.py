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
from costmodel.price.energy_coefficients import ENERGY_COMPONENTS, GLITCHES, KINDS, LOGIC, Energies
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import FitError, Technology, TechnologyError
from generator.config import CoreConfig

Floats = NDArray[np.float64]

NAMES = tuple(ENERGY_COMPONENTS)
GROUPS = (
    [NAMES.index("clock")],
    [NAMES.index("register")],
    [i for i, name in enumerate(NAMES) if name in (*KINDS, LOGIC)],
    [i for i, name in enumerate(NAMES) if name in GLITCHES],
)
"""Coefficients that are alike: flip-flops' clock and data, what kinds of logic take, and their glitches."""
NOISE = 0.05
"""Relative errors beyond which a core counts linearly, not squared."""
ALIKE = 0.05
"""How much a coefficient counts that differs from the others of its group by its own size."""
OF_PARTS = 0.3
"""How much the error of some parts counts, beside that of the whole."""
TOGETHER: tuple[tuple[str, ...], ...] = (
    ("tables",),
    ("fetch", "reduction", "accumulators", "converters"),
    ("control",),
)
"""Parts that are told apart: what is in a column, a mapper merges."""
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
    late = np.array([name in GLITCHES for name in NAMES])
    rows, targets = [], []
    for seen in measured:
        counts = counts_of(seen, technology)
        for run, glitches in ((seen.energy.timed, True), (seen.energy.zero_delay, False)):
            row, target = _equations(counts, run)
            rows.append(row if glitches else np.where(late, 0.0, row))
            targets.append(target)
    found = _solved(np.vstack(rows), np.concatenate(targets))
    return Energies(
        source=source,
        cores=len(measured),
        coefficients=dict(zip(NAMES, map(float, found), strict=True)),
        growth=0.0,
        leakage_nw_per_um2=_leakage(measured),
    )


def _solved(matrix: Floats, wanted: Floats) -> Floats:
    """Coefficients, none negative. First one a group; then each by itself, drawn to that of its group: what
    few cores have follows the others."""
    together = np.stack([matrix[:, group].sum(axis=1) for group in GROUPS], axis=1)
    shared = _least(together, wanted)
    typical = np.zeros(len(NAMES))
    for group, value in zip(GROUPS, shared, strict=True):
        typical[group] = max(value, 1e-3 * float(shared.max()))
    scaled = np.vstack((matrix * typical, ALIKE * np.eye(len(NAMES))))
    alone = _least(scaled, np.concatenate((wanted, np.full(len(NAMES), ALIKE))))
    return alone * typical


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


def _equations(counts: Mapping[str, Floats], run: Energy) -> tuple[Floats, Floats]:
    """Rows of the whole and of its parts, all in shares of what the core took without leakage."""
    whole = run.total_fj - run.of_kind("leakage")
    clock_tree = run.of_part("clock tree")
    total = sum(counts.values(), np.zeros(len(NAMES)))
    rows, targets = [total / whole], [1.0]
    # The tree is of no part: what it takes goes by the registers.
    per_register = clock_tree / max(total[NAMES.index("clock")], 1.0)
    for parts in TOGETHER:
        count = sum((counts[part] for part in parts), np.zeros(len(NAMES)))
        taken = per_register * count[NAMES.index("clock")]
        for part in parts:
            taken += run.of_part(part) - run.parts.get(part, {}).get("leakage", 0.0)
        rows.append(OF_PARTS * count / whole)
        targets.append(OF_PARTS * taken / whole)
    return np.vstack(rows), np.array(targets)


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
