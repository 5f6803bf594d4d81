"""Costs of designs: prices of units, times how often a core has them, times the cores.

A design is as large as the clock makes it, each part as its own paths have to be fast: where rippling carries
suffice it costs what it does at ease, and from there to its shortest period grows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Literal

import numpy as np

from costmodel.price.area import AREA_TERMS, PARTS, Part
from costmodel.price.buffering import BUFFERS
from costmodel.price.combining import COMBINING, JOINING_TERMS
from costmodel.price.throughput import STAGES
from costmodel.price.timing import DELAY_TERMS, driven, path_of
from costmodel.speeds import MEDIUM_PERIOD, SPEEDS, tightness
from dse.pricing import buffers
from dse.pricing.figure import (
    Estimate,
    JoiningPrice,
    PlanFigure,
    StageDelay,
    StagePath,
    Step,
    Tightness,
    UnitPrice,
)
from dse.pricing.view import Array, View

DesignPart = Literal[Part, "combining", "buffers"]
DESIGN_PARTS: tuple[DesignPart, ...] = (*PARTS, COMBINING, BUFFERS)


def sized_cost(part: DesignPart | None = None) -> Callable[[View], Array]:
    """What ``part``, or the whole design, costs, sized for the clock that it runs at."""
    if part is None:
        parts = [(each, sized_cost(each)) for each in DESIGN_PARTS]
        return lambda view: reduce(np.add, [cost(view) for each, cost in parts if _has(view, each)])
    fastest, ease = amount("tight", part), amount("medium", part)
    if part == BUFFERS:
        return ease
    path: Part = "accumulators" if part == COMBINING else part

    def sized(view: View) -> Array:
        share, least = view(Tightness(path)), ease(view)
        if share.ndim == 0 and share in (0, 1):
            return fastest(view) if share else least
        between: Array = least + share * (fastest(view) - least)
        return between

    return sized


def _has(view: View, part: DesignPart) -> bool:
    """Whether any of the designs has such a part."""
    match part:
        case "buffers":
            return view.sram is not None
        case "combining":
            return bool((view("cores") > 1).any())
        case _:
            return True


def _amount_of_core(of: str, part: DesignPart | None = None) -> Callable[[View], Array]:
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


def amount(of: str, part: DesignPart | None = None) -> Callable[[View], Array]:
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


_FASTEST_CORE = _amount_of_core("tight")
"""The cells of one core as fast as can be, in µm²: wires grow with them."""


_TERMS = {term.stage: i for i, term in enumerate(DELAY_TERMS)}


def stage_path(view: View, path: StagePath) -> Array:
    """ps of the path of a stage, as fast as can be or while carries ripple, wires included."""
    delay = view(StageDelay(path.term, path.rippling))
    if DELAY_TERMS[path.term].broadcast:
        load = view(Estimate.RIPPLING_LOAD_DELAY if path.rippling else Estimate.LOAD_DELAY)
        delay = driven(delay, load, view("rows") * view("columns"))
    return delay if view.wires is None else delay * view(Step.WIRE_SLOWDOWN)


def wire_slowdown(view: View) -> Array:
    """What wires multiply paths by."""
    return np.ones(()) if view.wires is None else view.wires.fit.slowdown(_FASTEST_CORE(view))


def core_delay(view: View) -> Array:
    """ps of a core's longest path, as fast as can be."""
    paths = (view(StagePath(term)) for term in _TERMS.values())
    longest: Array = reduce(np.maximum, sorted(paths, key=np.size))
    return longest


def clock(view: View) -> Array:
    """MHz: the clock that is asked for, else the fastest at the speed that the design is sized for."""
    asked = view(Step.TARGET_CLOCK)
    if asked.ndim == 0 and asked > 0:
        return asked
    free = view("fastest_clock_mhz") * np.where(view("speed") == "tight", 1.0, 1 / MEDIUM_PERIOD)
    return np.asarray(free) if asked.ndim == 0 else np.where(asked > 0, asked, free)


def sized_period(view: View) -> Array:
    """ps of the clock period that a design is sized for."""
    asked = view(Step.TARGET_CLOCK)
    if asked.ndim == 0 and asked:
        return np.asarray(1e6 / asked)
    by_speed = view(Step.CORE_DELAY) * np.where(view("speed") == "tight", 1.0, MEDIUM_PERIOD)
    if asked.ndim == 0:
        return np.asarray(by_speed)
    return np.asarray(np.where(asked > 0, 1e6 / np.where(asked > 0, asked, 1.0), by_speed))


def tightness_of(view: View, part: Part) -> Array:
    """How much of the way from a design at ease to the fastest one the clock takes in a part, 0 … 1."""

    def path(rippling: bool) -> Array:
        return path_of(part, lambda stage: view(StagePath(_TERMS[stage], rippling)))

    return tightness(view(Step.SIZED_PERIOD), path(rippling=True), path(rippling=False))
