"""Figures that are computed from plans, each once for every combination of the few keys it depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import attrgetter

from costmodel.price.accuracy import ERROR_KEYS, arithmetic_error, rounding_error
from costmodel.price.activity import BITNET, Statistics
from costmodel.price.area import AREA_TERMS
from costmodel.price.combining import COMBINING_KEYS, JOINING_KEYS, JOINING_TERMS, JoiningTerm
from costmodel.price.components import Bill
from costmodel.price.energy import (
    REASONS,
    Reason,
    UnitEnergy,
    energy_keys,
    joining_energy,
    takes,
    term_energy,
)
from costmodel.price.energy_coefficients import Energies
from costmodel.price.fabric import bill_of, keys_of, on_fabric
from costmodel.price.quantity import PricedQuantity
from costmodel.price.technology import Technology
from costmodel.price.throughput import FILL_KEYS, KEY_WIDTH_KEYS, PAUSE_KEYS, STAGES, TABLE_INPUT_KEYS
from costmodel.price.timing import DELAY_TERMS
from costmodel.speeds import SPEEDS
from dse.pricing.figure import (
    Estimate,
    Figure,
    JoiningPrice,
    PlanFigure,
    StageDelay,
    UnitPrice,
    energy_of,
)
from generator.plan import CorePlan


@dataclass(frozen=True)
class Tabulated:
    """A figure that depends on the plan through a few ``keys``."""

    keys: tuple[str, ...]
    value: Callable[[CorePlan], float]


_SCALE = ("scale_group", "scale")
PLAN_FIGURES: Mapping[Figure, Tabulated] = {
    **{PlanFigure(name): Tabulated(keys, attrgetter(name)) for name, keys in STAGES.items()},
    PlanFigure.ACCUMULATOR_STAGES: Tabulated(PAUSE_KEYS, lambda plan: plan.accumulator_stages),
    PlanFigure.PAUSE_CYCLES: Tabulated((*PAUSE_KEYS, "dataflow"), lambda plan: plan.pause_cycles),
    PlanFigure.FILL_CYCLES: Tabulated(FILL_KEYS, lambda plan: plan.fill_cycles),
    PlanFigure.KEY_WIDTH: Tabulated(KEY_WIDTH_KEYS, lambda plan: plan.key_width),
    PlanFigure.TABLE_INPUT_BITS: Tabulated(TABLE_INPUT_KEYS, lambda plan: plan.table_input_bits),
    PlanFigure.INPUT_EXPONENT_BITS: Tabulated(
        ("activation", "datapath", "table_store"), lambda plan: plan.input_exponent_bits
    ),
    PlanFigure.ACTIVATION_WIDTH: Tabulated(("activation",), lambda plan: plan.activation_width),
    PlanFigure.RESULT_WIDTH: Tabulated(
        (*COMBINING_KEYS, "scale_group", "scale"), lambda plan: plan.result_width
    ),
    PlanFigure.SCALE_BITS: Tabulated(_SCALE, lambda plan: plan.scale_bits),
    PlanFigure.COMBINING_STAGES: Tabulated(PAUSE_KEYS, lambda plan: plan.joining_stages),
}
"""Figures of the plan, and the keys each depends on."""


def tabulated(technology: Technology, data: Statistics = BITNET) -> dict[Figure, Tabulated]:
    """All figures: the plan's own, prices of units at each speed and their energies, delays, errors.

    Errors are those of sums of ``max_reduction`` activations, as in a core's estimate.
    """
    figures = dict(PLAN_FIGURES)
    for figure, error, keys in (
        (Estimate.ROUNDING_ERROR, rounding_error, ("activation", "symmetric")),
        (Estimate.ARITHMETIC_ERROR, arithmetic_error, ERROR_KEYS),
    ):
        figures[figure] = Tabulated((*keys, "max_reduction"), _of_longest_sums(error))
    for i, term in enumerate(AREA_TERMS):
        over = technology.summed_over
        prices = _prices(keys_of(term, over), partial(bill_of, term, over=over), technology)
        figures |= {UnitPrice(of, i): price for of, price in prices.items()}
    for i, joining in enumerate(JOINING_TERMS):
        prices = _prices(JOINING_KEYS, _joining(joining, technology), technology)
        figures |= {JoiningPrice(of, i): price for of, price in prices.items()}
    if technology.energy is not None:
        figures |= _energies(technology, technology.energy, data)
    for i, stage in enumerate(DELAY_TERMS):
        figures[StageDelay(i)] = Tabulated(stage.keys, partial(stage.delay, delay=technology.delay))
        rippling = partial(stage.delay, delay=technology.rippling)
        figures[StageDelay(i, rippling=True)] = Tabulated(stage.keys, rippling)
    for figure, delay in (
        (Estimate.LOAD_DELAY, technology.delay),
        (Estimate.RIPPLING_LOAD_DELAY, technology.rippling),
    ):
        figures[figure] = Tabulated((), _load(delay))
    return figures


def _of_longest_sums(error: Callable[[CorePlan, int], float]) -> Callable[[CorePlan], float]:
    return lambda plan: error(plan, plan.config.max_reduction)


def _load(delay: PricedQuantity) -> Callable[[CorePlan], float]:
    return lambda plan: delay.coefficients["load"]


def _joining(term: JoiningTerm, technology: Technology) -> Callable[[CorePlan], Bill]:
    return lambda plan: on_fabric(term.priced(plan), technology.summed_over)


def _prices(
    keys: tuple[str, ...], bill: Callable[[CorePlan], Bill], technology: Technology
) -> dict[str, Tabulated]:
    """What a unit of one bill costs at each speed, and what it has of each other quantity."""
    once = lru_cache(maxsize=1)(bill)
    prices: dict[str, PricedQuantity] = {speed: technology.cost_at(speed) for speed in SPEEDS}
    prices |= {quantity.name: quantity for quantity in technology.others}

    def price(plan: CorePlan, of: str) -> float:
        return once(plan).price(prices[of].coefficients)

    return {of: Tabulated(keys, partial(price, of=of)) for of in prices}


def _energies(technology: Technology, energies: Energies, data: Statistics) -> dict[Figure, Tabulated]:
    """What a unit takes for a cycle of the clock, a step and a table that is filled."""
    figures: dict[Figure, Tabulated] = {}
    for i, term in enumerate(AREA_TERMS):
        taken = _taken(partial(term_energy, term, technology=technology, data=data), energies)
        figures |= {
            UnitPrice(energy_of(reason), i): Tabulated(energy_keys(term), price)
            for reason, price in taken.items()
            if takes(term.bill, reason)
        }
    for i, joining in enumerate(JOINING_TERMS):
        taken = _taken(partial(joining_energy, joining, technology=technology, data=data), energies)
        figures |= {
            JoiningPrice(energy_of(reason), i): Tabulated(JOINING_KEYS, price)
            for reason, price in taken.items()
            if takes(joining.bill, reason)
        }
    return figures


def _taken(
    energy: Callable[[CorePlan], UnitEnergy], energies: Energies
) -> dict[Reason, Callable[[CorePlan], float]]:
    once = lru_cache(maxsize=1)(energy)

    def price(plan: CorePlan, reason: Reason) -> float:
        return once(plan).of(reason).price(energies.coefficients)

    return {reason: partial(price, reason=reason) for reason in REASONS}
