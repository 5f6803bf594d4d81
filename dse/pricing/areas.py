"""Costs of designs: prices of units, times how often a core has them, times the cores.

A design is as large as the clock makes it, each part as its own paths have to be fast: where rippling carries
suffice it costs what it does at ease, and from there to its shortest period grows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import reduce
from typing import Literal

import numpy as np

from costmodel.price.area import AREA_TERMS, PARTS, Part
from costmodel.price.buffering import BUFFERS
from costmodel.price.combining import COMBINING, JOINING_TERMS
from costmodel.price.components import Bill
from costmodel.price.part_paths import path_of
from costmodel.price.throughput import SCALER_COUNTS, STAGES
from costmodel.price.timing import DELAY_TERMS, driven
from costmodel.speeds import MEDIUM_PERIOD, SPEEDS, at_ease, tightness
from dse.pricing import buffers
from dse.pricing.figure import (
    Column,
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
from generator.plan import CorePlan

DesignPart = Literal[Part, "combining", "buffers"]
DESIGN_PARTS: tuple[DesignPart, ...] = (*PARTS, COMBINING, BUFFERS)
FACTORS = ("rows", "columns", "tables", *SCALER_COUNTS, *STAGES)
"""What units of a core are counted by, in the order in which sums are multiplied."""


def sized_cost(part: DesignPart | None = None) -> Callable[[View], Array]:
    """What ``part``, or the whole design, costs, sized for the clock that it runs at."""
    if part is None:
        return lambda view: view(Step.CELLS) + (view(Step.BUFFER_AREA) if view.sram else 0.0)
    fastest, ease = amount("tight", part=part), amount("medium", part=part)
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


def _of_core(
    *of: str, part: DesignPart | None = None, among: Container[Callable[[CorePlan], Bill]] | None = None
) -> Callable[[View], Array]:
    """The same of one core, without what is between cores and without wires; ``of`` several quantities, what
    they sum up to."""
    terms = [
        (i, term)
        for i, term in enumerate(AREA_TERMS)
        if part in (None, term.part) and (among is None or term.bill in among)
    ]
    if not terms:
        return lambda view: np.zeros(())
    return _sum([(set(term.count), UnitPrice(each, i)) for each in of for i, term in terms])


Counted = list[tuple[set[str], UnitPrice]]
"""Prices of units, each with the keys that say how many there are."""


def _sum(prices: Counted, factors: Sequence[str] = FACTORS) -> Callable[[View], Array]:
    """The sum of ``prices`` times their numbers, factor by factor.

    What is in every row is summed up before it is multiplied by the rows: most sums are over few axes.
    """
    if not factors:
        units = [price for _, price in prices]
        return lambda view: reduce(np.add, (view(unit) for unit in units))
    factor, *others = factors
    inside = [(count - {factor}, price) for count, price in prices if factor in count]
    outside = [(count, price) for count, price in prices if factor not in count]
    if not inside:
        return _sum(outside, others)
    each, rest = _sum(inside, others), _sum(outside, others) if outside else None
    key = _counted(factor)

    def total(view: View) -> Array:
        product = each(view) * view(key).astype(np.float64)
        return np.asarray(product if rest is None else product + rest(view))

    return total


def _counted(key: str) -> Column:
    """What answers for a key of a term's count."""
    if key in STAGES:
        return PlanFigure(key)
    return Step(key) if key in SCALER_COUNTS else key


def amount(of: str, part: DesignPart | None = None) -> Callable[[View], Array]:
    """What ``part``, or the whole design, costs at the speed ``of``, or has of the quantity ``of``."""
    cells = cells_of(of, part=part)

    def cost(view: View) -> Array:
        total = cells(view)
        if view.wires is not None and of in view.wires.spread:
            total = total * view.wires.spread[of]
        if view.sram and of in SPEEDS and part in (None, BUFFERS):
            total = total + view(Step.BUFFER_AREA)
        return np.asarray(total)

    return cost


def cells_of(
    *of: str, part: DesignPart | None = None, among: Container[Callable[[CorePlan], Bill]] | None = None
) -> Callable[[View], Array]:
    """The same of the cells alone, neither spread for wires nor with memories.

    ``of`` several quantities, what they sum up to; ``among`` units of some bills, that are all in cores.
    """
    of_core = _of_core(*of, part=part, among=among)

    def cost(view: View) -> Array:
        total, cores = of_core(view), view("cores")
        if cores.ndim == 0 and cores == 1:
            return total
        total = total * cores
        for i, term in enumerate(JOINING_TERMS):
            if part in (None, term.part) and among is None:
                total = reduce(np.add, (_between_cores(view, each, i) for each in of), total)
        return np.asarray(total)

    return cost


_PARTS = [(part, sized_cost(part)) for part in DESIGN_PARTS if part != BUFFERS]


def sized_cells(view: View) -> Array:
    """The same of everything but memories, whatever those are behind."""
    several = bool((view("cores") > 1).any())
    return reduce(np.add, [cost(view) for part, cost in _PARTS if several or part != COMBINING])


def _between_cores(view: View, of: str, term: int) -> Array:
    """Units of a joining term of cores that divide the inputs."""
    results = view("rows") * view("columns")
    units = JOINING_TERMS[term].count(view("cores"), results) * (view("split") == "inputs")
    return np.asarray(np.where(units == 0, 0.0, view(JoiningPrice(of, term)) * units))


def delay(view: View) -> Array:
    """ps of the longest path, as fast as can be, or of the slowest access to a memory."""
    core = view(Step.CORE_DELAY)
    return np.maximum(core, buffers.access(view)) if view.sram else core


_LEAST_CORE = _of_core("relaxed")
"""The cells of one core of least area, in µm²: wires grow with them."""


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
    return np.ones(()) if view.wires is None else view.wires.fit.slowdown(_LEAST_CORE(view))


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

    period, longest = view(Step.SIZED_PERIOD), path(rippling=True)
    if at_ease(period.min(), np.fmax.reduce(longest, axis=None)):
        return np.zeros(())
    return tightness(period, longest, path(rippling=False))
