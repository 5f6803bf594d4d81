"""The cost of a core from its plan, with a breakdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from costmodel.price.accuracy import arithmetic_error, rms_error
from costmodel.price.activity import BITNET, Statistics
from costmodel.price.area import PARTS
from costmodel.price.buffering import BUFFERS, access_ps, memories_um2
from costmodel.price.combining import COMBINING
from costmodel.price.components import Bill
from costmodel.price.energy import CycleEnergy, cycle_energy
from costmodel.price.part_paths import tightness_of_parts
from costmodel.price.quantity import PATHS, PricedQuantity
from costmodel.price.representative import plan_to_price
from costmodel.price.technology import Technology, load_technology
from costmodel.price.timing import stages_of
from costmodel.price.units import units_of
from costmodel.price.wires import Wiring, spread_to_columns
from costmodel.speeds import MEDIUM_PERIOD, SPEEDS, Speed
from generator.config import CoreConfig
from generator.plan import plan_for


@dataclass(frozen=True)
class Estimate:
    """What a core costs and does: ``breakdown`` sums to ``cost``, the longest stage is ``delay_ps``.

    ``cost`` is in the unit of the technology's cost: µm² of a cell library. ``quantities`` are what it has
    of everything else that the technology prices, by name.

    Errors are RMS, relative to the results, for sums of ``max_reduction`` normally distributed activations;
    ``arithmetic_error`` is the core's part, ``rms_error`` includes the rounding of activations to the format.
    Delays are in ps: one of ``stages_ps`` a pipeline stage. ``wire_um`` is the length of all wires, if they
    count. ``energy`` is that of a cycle's work, None where the technology has no energies.
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
    energy: CycleEnergy | None = None

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
    data: Statistics = BITNET,
) -> Estimate:
    """Cost (µm² of cells), delay (ps), throughput of ``config`` in ``technology``: its name, or a file.

    Without ``clock_mhz`` (MHz) the cost is that of a core sized for ``speed``: ``relaxed`` for least area,
    without a clock and buffers, ``tight`` as fast as can be, ``medium`` for twice that period. Each part is
    as large as its own path has to be fast. A clock beyond ``max_clock_mhz`` is not reached, and the core is
    as large as it can be made. With ``wires`` "placed" they delay the core as in a placement, and it costs
    the area that its cells are spread over. ``data`` says which weights and activations energy is for.
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
    plan, sizes = plan_for(config), Sizes.of(config, technology, wires)
    breakdown = sizes.at_speed(speed) if clock_mhz is None else sizes.at(1e6 / clock_mhz)
    larger = _larger(config, technology, sizes, breakdown, wires)
    return Estimate(
        cost=sum(breakdown.values()),
        breakdown=breakdown,
        delay_ps=sizes.delay_ps,
        stages_ps={stage: delay for stage, delay in sizes.stages_ps.items() if delay > 0},
        macs_per_cycle=plan.config.macs_per_cycle,
        latency_cycles=plan.latency_cycles,
        bits_per_weight=plan.bits_per_weight,
        rms_error=rms_error(plan, config.max_reduction),
        arithmetic_error=arithmetic_error(plan, config.max_reduction),
        quantities=sizes.others,
        wire_um=None if sizes.wire_um is None else sizes.wire_um * float(technology.wire_fit.longer(larger)),
        energy=cycle_energy(config, technology, data, larger) if technology.energy else None,
    )


def _larger(
    config: CoreConfig,
    technology: Technology,
    sizes: Sizes,
    breakdown: dict[str, float],
    wires: Wiring,
) -> float:
    """How many times as much the cells in ``breakdown`` take as those of least area, memories left out."""
    memories = memories_um2(config, technology) if config.buffers.any else 0.0
    cells, least = (sum(parts.values()) - memories for parts in (breakdown, sizes.least))
    if wires == "placed" and breakdown is not sizes.least:
        cells *= technology.spread("relaxed") / technology.spread("medium")
    return cells / least


@dataclass(frozen=True)
class Sizes:
    """What a core costs at any speed: its parts of least cost, at ease and as fast as can be, and its paths.

    ``stages_ps`` and ``rippling_ps`` are the paths of the stages as fast as can be, and while carries ripple.
    """

    least: dict[str, float]
    ease: dict[str, float]
    fastest: dict[str, float]
    stages_ps: dict[str, float]
    rippling_ps: dict[str, float]
    others: dict[str, float]
    wire_um: float | None = None

    @classmethod
    def of(cls, config: CoreConfig, technology: Technology, wires: Wiring = "none") -> Sizes:
        priced = plan_to_price(config)
        units = units_of(priced, technology.summed_over)
        least, ease, fastest = (_breakdown(units, technology.cost_at(speed)) for speed in SPEEDS)
        shortest, rippling = (stages_of(priced, each) for each in (technology.delay, technology.rippling))
        others = {other.name: sum(_breakdown(units, other).values()) for other in technology.others}
        sizes = cls(least, ease, fastest, shortest, rippling, others)
        if wires == "placed":
            sizes = sizes._placed(config, technology)
        return sizes._with_memories(config, technology) if config.buffers.any else sizes

    def _placed(self, config: CoreConfig, technology: Technology) -> Sizes:
        fit, core = technology.wire_fit, config.alone
        alone = _breakdown(units_of(plan_to_price(core)), technology.cost_at())
        area, to_columns = sum(alone.values()), spread_to_columns(plan_for(core))
        slowdown = float(fit.slowdown(area))
        spread = {speed: technology.spread(speed) for speed in SPEEDS}
        return Sizes(
            {part: cost * spread["relaxed"] for part, cost in self.least.items()},
            {part: cost * spread["medium"] for part, cost in self.ease.items()},
            {part: cost * spread["tight"] for part, cost in self.fastest.items()},
            {stage: delay * slowdown for stage, delay in self.stages_ps.items()},
            {stage: delay * slowdown for stage, delay in self.rippling_ps.items()},
            self.others,
            config.cores * float(fit.wire_um(area, to_columns)),
        )

    def _with_memories(self, config: CoreConfig, technology: Technology) -> Sizes:
        """Memories are as large at every speed."""
        area = memories_um2(config, technology)
        least, ease, fastest = (
            {**parts, BUFFERS: parts[BUFFERS] + area} for parts in (self.least, self.ease, self.fastest)
        )
        stages = {**self.stages_ps, "memory": access_ps(config, technology)}
        return replace(self, least=least, ease=ease, fastest=fastest, stages_ps=stages)

    @property
    def delay_ps(self) -> float:
        """The longest path, as fast as can be."""
        return max(self.stages_ps.values())

    def at_speed(self, speed: Speed) -> dict[str, float]:
        """What the parts cost at a speed."""
        match speed:
            case "relaxed":
                return self.least
            case "medium":
                return self.at(MEDIUM_PERIOD * self.delay_ps)
            case "tight":
                return self.at(self.delay_ps)
            case unknown:
                assert_never(unknown)

    def at(self, period_ps: float) -> dict[str, float]:
        """What the parts cost, each as fast as its own path has to be for a clock period.

        Parts that cannot be fast enough are as fast as can be.
        """
        parts = tightness_of_parts(period_ps, self.stages_ps, self.rippling_ps)
        shares = {str(part): share for part, share in parts.items()}
        shares |= {COMBINING: parts["accumulators"], BUFFERS: parts["control"]}
        return {part: cost + shares[part] * (self.fastest[part] - cost) for part, cost in self.ease.items()}


def sized_costs(config: CoreConfig, technology: Technology, wires: Wiring = "none") -> dict[Speed, float]:
    """What ``config`` costs in ``technology``, sized for each speed."""
    sizes = Sizes.of(config, technology, wires)
    return {speed: sum(sizes.at_speed(speed).values()) for speed in SPEEDS}


def figures_of(config: CoreConfig, technology: Technology) -> dict[str, float]:
    """What ``config`` has of each quantity that ``technology`` prices, by name."""
    sizes, priced = Sizes.of(config, technology), plan_to_price(config)
    costs = {technology.cost.at(speed): sum(sizes.at_speed(speed).values()) for speed in SPEEDS}
    paths = {
        name: max(stages_of(priced, quantity).values())
        for name, quantity in technology.quantities.items()
        if quantity.over in PATHS
    }
    figures = {**costs, **sizes.others, **paths}
    return {name: figures[name] for name in technology.quantities}


def _breakdown(units: Iterable[tuple[str, int, Bill]], quantity: PricedQuantity) -> dict[str, float]:
    """What each part has of ``quantity``."""
    breakdown: dict[str, float] = dict.fromkeys(PARTS, 0.0)
    for part, count, bill in units:
        breakdown[part] = breakdown.get(part, 0.0) + count * bill.price(quantity.coefficients)
    return breakdown
