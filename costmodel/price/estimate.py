"""The cost of a core from its plan, with a breakdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from costmodel.price.accuracy import arithmetic_error, rms_error
from costmodel.price.area import AREA_TERMS, PARTS
from costmodel.price.components import Bill
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import Technology, load_technology
from costmodel.price.timing import DELAY_TERMS
from costmodel.speeds import SPEEDS, Speed, tightness
from generator.config import CoreConfig
from generator.plan import CorePlan, plan_for


@dataclass(frozen=True)
class Estimate:
    """What a core costs and does: ``breakdown`` sums to ``area_um2``, the longest stage is ``delay_ps``.

    Errors are RMS, relative to the results, for sums of ``max_reduction`` normally distributed activations;
    ``arithmetic_error`` is the core's part, ``rms_error`` includes the rounding of activations to the format.
    Areas are in µm², delays in ps: one of ``stages_ps`` a pipeline stage.
    """

    area_um2: float
    breakdown: dict[str, float]
    delay_ps: float
    stages_ps: dict[str, float]
    macs_per_cycle: int
    latency_cycles: int
    bits_per_weight: float
    rms_error: float
    arithmetic_error: float

    @property
    def max_clock_mhz(self) -> float:
        """The fastest clock (MHz): that of the longest stage."""
        return 1e6 / self.delay_ps


def estimate(
    config: CoreConfig,
    technology: Technology | str | Path = "asap7",
    *,
    clock_mhz: float | None = None,
    speed: Speed = "relaxed",
) -> Estimate:
    """Area (µm²), delay (ps), throughput of ``config`` in ``technology``: a shipped one's name, or a file.

    Without ``clock_mhz`` (MHz) areas are those of a core sized for ``speed``: ``relaxed`` for least area,
    without a clock and buffers, ``tight`` as fast as can be, ``medium`` for 1.25 times that period. A clock
    beyond ``max_clock_mhz`` is not reached, and the core is as large as it can be made. Raises
    ``TechnologyError`` where there is no such technology.

    >>> core = CoreConfig(group_size=3, tables=8, columns=16)
    >>> costs = estimate(core)
    >>> round(sum(costs.breakdown.values()) / costs.area_um2, 9), costs.macs_per_cycle
    (1.0, 384)
    >>> estimate(core, clock_mhz=500).area_um2 > costs.area_um2
    True
    """
    if not isinstance(technology, Technology):
        technology = load_technology(technology)
    if clock_mhz is not None:
        return estimate_at(config, technology, clock_mhz)
    if speed != "relaxed":
        technology = technology.sized(speed)
    plan, priced = plan_for(config), plan_to_price(config)
    breakdown = _breakdown(_units(priced), technology.area_um2)
    stages = {term.stage: term.delay(priced, technology) for term in DELAY_TERMS}
    return Estimate(
        area_um2=sum(breakdown.values()),
        breakdown=breakdown,
        delay_ps=max(stages.values()),
        stages_ps={stage: delay for stage, delay in stages.items() if delay > 0},
        macs_per_cycle=plan.config.macs_per_cycle,
        latency_cycles=plan.latency_cycles,
        bits_per_weight=plan.bits_per_weight,
        rms_error=rms_error(plan, config.max_reduction),
        arithmetic_error=arithmetic_error(plan, config.max_reduction),
    )


def estimate_at(config: CoreConfig, technology: Technology, clock_mhz: float) -> Estimate:
    """``estimate`` of ``config`` sized for a clock: its areas are between those of ``medium`` and ``tight``.

    A core that is too slow for it (``delay_ps`` is beyond the period) is as large as it can be made.
    """
    medium, tight = (estimate(config, technology.sized(speed)) for speed in ("medium", "tight"))
    share = float(tightness(clock_mhz * tight.delay_ps * 1e-6))
    breakdown = {
        part: area + share * (tight.breakdown[part] - area) for part, area in medium.breakdown.items()
    }
    return replace(tight, area_um2=sum(breakdown.values()), breakdown=breakdown)


def sized_areas(config: CoreConfig, technology: Technology) -> dict[Speed, float]:
    """Area (µm²) of ``config`` in ``technology``, sized for each speed."""
    units = _units(plan_to_price(config))
    return {speed: sum(_breakdown(units, technology.sized(speed).area_um2).values()) for speed in SPEEDS}


def _units(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """Of each kind of units: their part, how many a core has, and what one is made of."""
    return [(term.part, term.units(plan), term.bill(plan)) for term in AREA_TERMS]


def _breakdown(units: Iterable[tuple[str, int, Bill]], prices: Mapping[str, float]) -> dict[str, float]:
    """µm² of each part."""
    breakdown: dict[str, float] = dict.fromkeys(PARTS, 0.0)
    for part, count, bill in units:
        breakdown[part] += count * bill.price(prices)
    return breakdown
