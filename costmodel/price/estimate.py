"""The cost of a core from its plan, with a breakdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from costmodel.price.accuracy import arithmetic_error, rms_error
from costmodel.price.area import AREA_TERMS, PARTS
from costmodel.price.buffering import BUFFERS, access_ps, buffering_units, memories_um2
from costmodel.price.combining import joining_units
from costmodel.price.components import Bill
from costmodel.price.quantity import PricedQuantity
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import Technology, load_technology
from costmodel.price.timing import DELAY_TERMS
from costmodel.price.wires import Wiring, bits_read_by_columns
from costmodel.speeds import SPEEDS, Speed, tightness
from generator.config import CoreConfig
from generator.plan import CorePlan, plan_for


@dataclass(frozen=True)
class Estimate:
    """What a core costs and does: ``breakdown`` sums to ``cost``, the longest stage is ``delay_ps``.

    ``cost`` is in the unit of the technology's cost: µm² of a cell library. ``quantities`` are what it has
    of everything else that the technology prices, by name.

    Errors are RMS, relative to the results, for sums of ``max_reduction`` normally distributed activations;
    ``arithmetic_error`` is the core's part, ``rms_error`` includes the rounding of activations to the format.
    Delays are in ps: one of ``stages_ps`` a pipeline stage. ``wire_um`` is the length of all wires, if they
    count.
    """

    cost: float
    breakdown: dict[str, float]
    delay_ps: float
    stages_ps: dict[str, float]
    macs_per_cycle: int
    latency_cycles: int
    bits_per_weight: float
    rms_error: float
    arithmetic_error: float
    quantities: dict[str, float] = field(default_factory=dict)
    wire_um: float | None = None

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
    wires: Wiring = "none",
) -> Estimate:
    """Cost (µm² of cells), delay (ps), throughput of ``config`` in ``technology``: its name, or a file.

    Without ``clock_mhz`` (MHz) the cost is that of a core sized for ``speed``: ``relaxed`` for least area,
    without a clock and buffers, ``tight`` as fast as can be, ``medium`` for twice that period. A clock
    beyond ``max_clock_mhz`` is not reached, and the core is as large as it can be made. With ``wires``
    "placed" they delay the core as in a placement, and it costs the area that its cells are spread over.
    Raises ``TechnologyError`` where there is no such technology, or where it knows nothing of wires.

    >>> core = CoreConfig(group_size=3, tables=8, columns=16)
    >>> costs = estimate(core)
    >>> round(sum(costs.breakdown.values()) / costs.cost, 9), costs.macs_per_cycle
    (1.0, 384)
    >>> estimate(core, clock_mhz=500).cost > costs.cost
    True
    """
    if not isinstance(technology, Technology):
        technology = load_technology(technology)
    if clock_mhz is not None:
        return estimate_at(config, technology, clock_mhz, wires)
    plan, priced = plan_for(config), plan_to_price(config)
    units = _units(priced)
    breakdown = _breakdown(units, technology.cost_at(speed))
    stages: dict[str, float] = {term.stage: term.delay(priced, technology) for term in DELAY_TERMS}
    wire_um = None
    if wires == "placed":
        fit, core = technology.wire_fit, config.alone
        tight = _breakdown(_units(plan_to_price(core)), technology.cost_at("tight"))
        area, bits = sum(tight.values()), bits_read_by_columns(plan_for(core))
        wire_um, slowdown = config.cores * float(fit.wire_um(area, bits)), float(fit.slowdown(area))
        stages = {stage: delay * slowdown for stage, delay in stages.items()}
        breakdown = {part: cost * technology.spread(speed) for part, cost in breakdown.items()}
    if config.buffers.any:
        breakdown[BUFFERS] += memories_um2(config, technology)
        stages["memory"] = access_ps(config, technology)
    return Estimate(
        cost=sum(breakdown.values()),
        breakdown=breakdown,
        delay_ps=max(stages.values()),
        stages_ps={stage: delay for stage, delay in stages.items() if delay > 0},
        macs_per_cycle=plan.config.macs_per_cycle,
        latency_cycles=plan.latency_cycles,
        bits_per_weight=plan.bits_per_weight,
        rms_error=rms_error(plan, config.max_reduction),
        arithmetic_error=arithmetic_error(plan, config.max_reduction),
        quantities={other.name: sum(_breakdown(units, other).values()) for other in technology.others},
        wire_um=wire_um,
    )


def estimate_at(
    config: CoreConfig, technology: Technology, clock_mhz: float, wires: Wiring = "none"
) -> Estimate:
    """``estimate`` of ``config`` sized for a clock: its cost is between those of ``medium`` and ``tight``.

    A core that is too slow for it (``delay_ps`` is beyond the period) costs as much as it can be made to.
    """
    medium, tight = (estimate(config, technology, speed=speed, wires=wires) for speed in ("medium", "tight"))
    share = float(tightness(clock_mhz * tight.delay_ps * 1e-6))
    breakdown = {
        part: area + share * (tight.breakdown[part] - area) for part, area in medium.breakdown.items()
    }
    return replace(tight, cost=sum(breakdown.values()), breakdown=breakdown)


def sized_costs(config: CoreConfig, technology: Technology, wires: Wiring = "none") -> dict[Speed, float]:
    """What ``config`` costs in ``technology``, sized for each speed."""
    units = _units(plan_to_price(config))
    spread = {speed: technology.spread(speed) if wires == "placed" else 1.0 for speed in SPEEDS}
    memories = memories_um2(config, technology)
    return {
        speed: sum(_breakdown(units, technology.cost_at(speed)).values()) * spread[speed] + memories
        for speed in SPEEDS
    }


def figures_of(config: CoreConfig, technology: Technology) -> dict[str, float]:
    """What ``config`` has of each quantity that ``technology`` prices, by name."""
    plan = plan_to_price(config)
    units = _units(plan)
    return {
        name: sum(_breakdown(units, quantity).values())
        if quantity.over == "core"
        else max(term.path(plan).price(quantity.coefficients) for term in DELAY_TERMS)
        for name, quantity in technology.quantities.items()
    }


def _units(plan: CorePlan) -> list[tuple[str, int, Bill]]:
    """Of each kind of units: their part, how many all cores have, and what one is made of."""
    cores = plan.config.cores
    units = [(term.part, cores * term.units(plan), term.bill(plan)) for term in AREA_TERMS]
    return units + joining_units(plan) + buffering_units(plan)


def _breakdown(units: Iterable[tuple[str, int, Bill]], quantity: PricedQuantity) -> dict[str, float]:
    """What each part has of ``quantity``."""
    breakdown: dict[str, float] = dict.fromkeys(PARTS, 0.0)
    for part, count, bill in units:
        breakdown[part] = breakdown.get(part, 0.0) + count * bill.price(quantity.coefficients)
    return breakdown
