"""Costs of designs: prices of units, times how often a core has them, times the cores.

A design is as large as the clock makes it. What half of the period suffices for costs no more than a medium
design; from there to the shortest period its cost grows to that of the tight design.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Literal

import numpy as np

from costmodel import speeds
from costmodel.price.area import AREA_TERMS, PARTS, Part
from costmodel.price.combining import COMBINING, JOINING_TERMS
from costmodel.price.throughput import STAGES
from costmodel.price.timing import DELAY_TERMS, driven
from costmodel.speeds import MEDIUM_PERIOD, SPEEDS
from dse.pricing import buffers
from dse.pricing.figure import Estimate, JoiningPrice, PlanFigure, StageDelay, Step, UnitPrice
from dse.pricing.view import Array, View

BUFFERS: Literal["buffers"] = "buffers"
"""The memories on chip; the others are parts of a core."""

DesignPart = Literal[Part, "combining", "buffers"]
DESIGN_PARTS: tuple[DesignPart, ...] = (*PARTS, COMBINING, BUFFERS)


def sized_cost(part: str | None = None) -> Callable[[View], Array]:
    """What ``part``, or the whole design, costs, sized for the clock that it runs at."""
    tight, medium = amount("tight", part), amount("medium", part)

    def sized(view: View) -> Array:
        share = view(Step.TIGHTNESS)
        if share.ndim == 0:
            return tight(view) if share == 1 else medium(view) if share == 0 else _between(view, share)
        return _between(view, share)

    def _between(view: View, share: Array) -> Array:
        least = medium(view)
        between: Array = least + share * (tight(view) - least)
        return between

    return sized


def _amount_of_core(of: str, part: str | None = None) -> Callable[[View], Array]:
    """The same of one core, without what is between cores and without wires."""
    prices: dict[tuple[str, ...], list[UnitPrice]] = {}
    for i, term in enumerate(AREA_TERMS):
        if part in (None, term.part):
            prices.setdefault(tuple(sorted(term.count)), []).append(UnitPrice(of, i))

    # Those of few keys first, because they are small; in an order that is the same for every view, because
    # sums round.
    def keys(units: list[UnitPrice]) -> int:
        return len({key for unit in units for key in AREA_TERMS[unit.term].keys})

    ordered = sorted(prices.items(), key=lambda item: keys(item[1]) + len(item[0]))

    def of_core(view: View) -> Array:
        terms = []
        for count, units in ordered:
            price = reduce(np.add, (view(unit) for unit in units))
            number = prod(
                (view(PlanFigure(key) if key in STAGES else key) for key in count),
                start=np.ones((), np.int64),
            )
            terms.append(price * number.astype(np.float64))
        return reduce(np.add, terms) if terms else np.zeros(())

    return of_core


def amount(of: str, part: str | None = None) -> Callable[[View], Array]:
    """What ``part``, or the whole design, costs at the speed ``of``, or has of the quantity ``of``."""
    of_core = _amount_of_core(of, part)

    def cost(view: View) -> Array:
        total = of_core(view)
        cores = view("cores")
        alone = cores.ndim == 0 and cores == 1
        if not alone:
            total = total * cores
            for i, term in enumerate(JOINING_TERMS):
                if part in (None, term.part):
                    total = total + _between_cores(view, of, i)
        if view.wires is not None and of in view.wires.spread:
            total = total * view.wires.spread[of]
        if view.sram and of in SPEEDS and part in (None, BUFFERS):
            total = total + view(Step.BUFFER_AREA)
        return np.asarray(total)

    return cost


def _between_cores(view: View, of: str, term: int) -> Array:
    """Units of a joining term of cores that divide the inputs."""
    results = view("rows") * view("columns")
    units = JOINING_TERMS[term].count(view("cores"), results) * (view("split") == "inputs")
    return np.asarray(np.where(units == 0, 0.0, view(JoiningPrice(of, term)) * units))


def delay(view: View) -> Array:
    """ps of the longest path, as fast as can be, or of the slowest access to a memory."""
    core = view(Step.CORE_DELAY)
    return np.maximum(core, buffers.access(view)) if view.sram else core


_TIGHT_CORE = _amount_of_core("tight")
"""The cells of one core sized for speed, in µm²: wires grow with them."""


def core_delay(view: View) -> Array:
    """ps of a core's longest path, as fast as can be."""
    stages = [
        driven(view(StageDelay(i)), view(Estimate.LOAD_DELAY), view("rows") * view("columns"))
        if term.broadcast
        else view(StageDelay(i))
        for i, term in enumerate(DELAY_TERMS)
    ]
    longest: Array = reduce(np.maximum, sorted(stages, key=np.size))
    return longest if view.wires is None else longest * view.wires.fit.slowdown(_TIGHT_CORE(view))


def clock(view: View) -> Array:
    """MHz: the clock that is asked for, else the fastest at the speed that the design is sized for."""
    asked = view(Step.TARGET_CLOCK)
    if asked.ndim == 0 and asked > 0:
        return asked
    free = view("fastest_clock_mhz") * np.where(view("speed") == "tight", 1.0, 1 / MEDIUM_PERIOD)
    return np.asarray(free) if asked.ndim == 0 else np.where(asked > 0, asked, free)


def tightness(view: View) -> Array:
    """How much of the way from a medium to a tight design the clock asks for, 0 … 1."""
    asked = view(Step.TARGET_CLOCK)
    by_speed = np.where(view("speed") == "tight", 1.0, 0.0)
    if asked.ndim == 0 and not asked:
        return np.asarray(by_speed)
    by_clock = speeds.tightness(asked * view(Step.CORE_DELAY) * 1e-6)
    return by_clock if asked.ndim == 0 else np.where(asked > 0, by_clock, by_speed)
