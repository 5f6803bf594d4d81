"""Figures that are computed from plans, each once for every combination of the few keys that it depends on.

Their names have a space, so that no user's does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import attrgetter

from costmodel.price.accuracy import ERROR_KEYS, arithmetic_error, rounding_error
from costmodel.price.area import AREA_TERMS
from costmodel.price.combining import COMBINING_KEYS, combining, combining_stages
from costmodel.price.components import Bill
from costmodel.price.technology import Technology
from costmodel.price.throughput import KEY_WIDTH_KEYS, PAUSE_KEYS, STAGES
from costmodel.price.timing import DELAY_TERMS
from costmodel.speeds import SPEEDS, Speed
from generator.plan import CorePlan


@dataclass(frozen=True)
class Tabulated:
    """A figure that depends on the plan through a few ``keys``."""

    keys: tuple[str, ...]
    value: Callable[[CorePlan], float]


def stages_name(name: str) -> str:
    """What one of ``STAGES`` is called."""
    return f"plan {name}"


PLAN_FIGURES: Mapping[str, Tabulated] = {
    **{stages_name(name): Tabulated(keys, attrgetter(name)) for name, keys in STAGES.items()},
    "plan accumulator_stages": Tabulated(PAUSE_KEYS, lambda plan: plan.accumulator_stages),
    "plan pause_cycles": Tabulated((*PAUSE_KEYS, "dataflow"), lambda plan: plan.pause_cycles),
    "plan key_width": Tabulated(KEY_WIDTH_KEYS, lambda plan: plan.key_width),
    "plan activation_width": Tabulated(("activation",), lambda plan: plan.activation_width),
    "plan combining_stages": Tabulated(PAUSE_KEYS, combining_stages),
}
"""Figures of the plan, and the keys each depends on."""


def tabulated(technology: Technology) -> dict[str, Tabulated]:
    """All figures by name: the plan's own, prices of units at each speed, delays, errors.

    Errors are those of sums of ``max_reduction`` activations, as in a core's estimate.
    """
    figures = dict(PLAN_FIGURES)
    for name, error, keys in (
        ("rounding", rounding_error, ("activation", "symmetric")),
        ("arithmetic", arithmetic_error, ERROR_KEYS),
    ):
        figures[f"error {name}"] = Tabulated((*keys, "max_reduction"), _of_longest_sums(error))
    for i, term in enumerate(AREA_TERMS):
        figures |= _prices(price_name(i), term.keys, term.bill, technology)
    figures |= _prices("combining", COMBINING_KEYS, combining, technology)
    for i, stage in enumerate(DELAY_TERMS):
        figures[f"delay {i}"] = Tabulated(stage.keys, partial(stage.delay, technology=technology))
    figures["delay load"] = Tabulated((), lambda plan: technology.delay_ps["load"])
    return figures


def _of_longest_sums(error: Callable[[CorePlan, int], float]) -> Callable[[CorePlan], float]:
    return lambda plan: error(plan, plan.config.max_reduction)


def price_name(term: int) -> str:
    """What a unit of an area term is called; with a speed in front its price in µm²."""
    return f"unit {term}"


def _prices(
    name: str, keys: tuple[str, ...], bill: Callable[[CorePlan], Bill], technology: Technology
) -> dict[str, Tabulated]:
    """The price of a unit sized for each speed, of one bill."""
    once = lru_cache(maxsize=1)(bill)
    prices = {speed: technology.sized(speed).area_um2 for speed in SPEEDS}

    def price(plan: CorePlan, speed: Speed) -> float:
        return once(plan).price(prices[speed])

    return {f"{speed} {name}": Tabulated(keys, partial(price, speed=speed)) for speed in SPEEDS}
