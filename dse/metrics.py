"""What a design is judged by: every figure that objectives, constraints and reports may name.

A metric is a function of a view, which answers the name of a config key, of a tabulated figure or of another
metric with an array. Arrays have one dimension for each axis of the space, of length one where the figure
does not depend on the axis, so that broadcasting does no work twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from costmodel.accuracy import ERROR_KEYS, arithmetic_error, rounding_error
from costmodel.area import AREA_TERMS, PARTS, AreaTerm
from costmodel.technology import Technology
from costmodel.throughput import (
    KEY_WIDTH_KEYS,
    LATENCY_KEYS,
    PAUSE_KEYS,
    layer_pauses_batch,
    layer_steps_batch,
)
from costmodel.timing import DELAY_TERMS, DelayTerm
from dse.workload import Workload
from generator.plan import CorePlan

Array = NDArray[Any]


class View(Protocol):
    """Figures of some designs by name, and what all designs share."""

    workload: Workload
    target_mhz: float | None

    def __call__(self, name: str) -> Array: ...


@dataclass(frozen=True)
class Metric:
    """A figure of a design: what it is called, its unit, what it says, and how it follows from others."""

    label: str
    unit: str
    says: str
    value: Callable[[View], Array]


@dataclass(frozen=True)
class Tabulated:
    """A figure that depends on the plan through a few ``keys``: computed once for each of their values."""

    keys: tuple[str, ...]
    value: Callable[[CorePlan], float]


PLAN_FIGURES: Mapping[str, Tabulated] = {
    "plan latency_cycles": Tabulated(LATENCY_KEYS, lambda plan: plan.latency_cycles),
    "plan accumulator_stages": Tabulated(PAUSE_KEYS, lambda plan: plan.accumulator_stages),
    "plan pause_cycles": Tabulated((*PAUSE_KEYS, "dataflow"), lambda plan: plan.pause_cycles),
    "plan key_width": Tabulated(KEY_WIDTH_KEYS, lambda plan: plan.key_width),
    "plan activation_width": Tabulated(("activation",), lambda plan: plan.activation_width),
    "plan accumulator_width": Tabulated(
        ("activation", "symmetric", "max_reduction"), lambda plan: plan.accumulator_width
    ),
}
"""Figures of the plan, and the keys each depends on. Their names have a space, so that no user's does."""


def tabulated(technology: Technology, length: int) -> dict[str, Tabulated]:
    """All figures that are computed from plans: the plan's own, prices of units, delays, errors.

    Errors are those of sums of ``length`` activations.
    """
    figures = dict(PLAN_FIGURES)
    figures["error rounding"] = Tabulated(("activation", "symmetric"), partial(rounding_error, length=length))
    figures["error arithmetic"] = Tabulated(ERROR_KEYS, partial(arithmetic_error, length=length))
    for i, term in enumerate(AREA_TERMS):
        figures[f"price {i}"] = Tabulated(term.keys, partial(_price, term, technology))
    for i, stage in enumerate(DELAY_TERMS):
        figures[f"delay {i}"] = Tabulated(stage.keys, partial(_path, stage, technology))
    return figures


def _price(term: AreaTerm, technology: Technology, plan: CorePlan) -> float:
    return term.price(plan, technology)


def _path(stage: DelayTerm, technology: Technology, plan: CorePlan) -> float:
    return stage.delay(plan, technology)


def _area(part: str | None) -> Callable[[View], Array]:
    """µm² of ``part``, or of the core: prices of the units that occur equally often, times how often."""
    prices: dict[tuple[str, ...], list[str]] = {}
    for i, term in enumerate(AREA_TERMS):
        if part in (None, term.part):
            prices.setdefault(tuple(sorted(term.count)), []).append(f"price {i}")

    # Those of few keys first, because they are small; in an order that is the same for every view, because
    # sums round.
    def keys(names: list[str]) -> int:
        return len({key for name in names for key in AREA_TERMS[int(name.split()[1])].keys})

    ordered = sorted(prices.items(), key=lambda item: keys(item[1]) + len(item[0]))

    def area(view: View) -> Array:
        terms = []
        for count, names in ordered:
            price = reduce(np.add, (view(name) for name in names))
            number = prod((view(key) for key in count), start=np.ones((), np.int64))
            terms.append(price * number.astype(np.float64))
        return reduce(np.add, terms)

    return area


def _delay(view: View) -> Array:
    return reduce(np.maximum, sorted((view(f"delay {i}") for i in range(len(DELAY_TERMS))), key=np.size))


def _clock(view: View) -> Array:
    return np.asarray(view.target_mhz) if view.target_mhz is not None else view("fastest_clock_mhz")


def _over_layers(view: View, count: Callable[..., Array], **figures: Array) -> Array:
    """``count`` of every layer for the workload's B tokens, added up."""
    sizes = {"tile_length": view("tile_length"), "columns": view("columns"), "rows": view("rows")}
    total = np.zeros((), np.int64)
    for shape in view.workload.shapes:
        counted = count(shape.inputs, shape.outputs, view.workload.tokens, **sizes, **figures)
        total = total + shape.layers * counted
    return total


def _steps(view: View) -> Array:
    """Tile steps of all layers for the workload's B tokens."""
    return _over_layers(view, layer_steps_batch).astype(np.float64)


def _pauses(view: View) -> Array:
    """Cycles without a step, of all layers: those in which accumulators finish their sums."""
    if not (view("plan accumulator_stages") > 1).any():
        return np.zeros((), np.int64)
    return _over_layers(
        view,
        layer_pauses_batch,
        table_stationary=view("dataflow") == "table_stationary",
        accumulator_stages=_whole(view("plan accumulator_stages")),
        pause_cycles=_whole(view("plan pause_cycles")),
    )


def _whole(figure: Array) -> Array:
    """``figure`` as integers, where there is a core; 0 where there is none."""
    return np.nan_to_num(figure).astype(np.int64)


def _cycles(view: View) -> Array:
    """Clock cycles of all layers for B tokens, one after the other."""
    latency = view.workload.launches * view("plan latency_cycles")
    cycles: Array = view("steps_per_pass") + (_pauses(view) + latency)
    return cycles


def _key_bits(view: View) -> Array:
    """Bits of keys streamed for B tokens; rows share them."""
    bits: Array = view("steps_per_pass") * (view("columns") * view("tables") * view("plan key_width"))
    return bits


def _activation_bits(view: View) -> Array:
    """Bits of activations streamed for B tokens; table-stationary cores hold a tile for all outputs."""
    restreamed = view("dataflow") == "output_stationary"
    beats = np.zeros((), np.int64)
    for shape in view.workload.shapes:
        n_tiles = layer_steps_batch(
            shape.inputs,
            1,
            view.workload.tokens,
            tile_length=view("tile_length"),
            columns=1,
            rows=view("rows"),
        )
        m_tiles = -(-shape.outputs // view("columns"))
        beats = beats + shape.layers * n_tiles * np.where(restreamed, m_tiles, 1)
    bits: Array = beats * (view("rows") * view("tile_length") * view("plan activation_width"))
    return bits


def _gigabytes(bits: Array, view: View) -> Array:
    """GB/s of ``bits`` moved each time that B tokens are computed."""
    return bits * (view("tokens_per_second") / (8e9 * view.workload.tokens))


METRICS: Mapping[str, Metric] = {
    "area_um2": Metric("area", "µm²", "area of the core", _area(None)),
    **{
        f"area_{part}": Metric(f"area of {part}", "µm²", f"area of the {part}", _area(part)) for part in PARTS
    },
    "delay_ps": Metric("longest path", "ps", "longest path between registers", _delay),
    "fastest_clock_mhz": Metric(
        "fastest clock", "MHz", "clock that the longest path allows", lambda v: 1e6 / v("delay_ps")
    ),
    "clock_mhz": Metric("clock", "MHz", "clock that the core runs at", _clock),
    "tile_length": Metric(
        "tile length", "", "activations of a step, n", lambda v: v("tables") * v("group_size")
    ),
    "macs_per_cycle": Metric(
        "MACs a cycle",
        "",
        "multiply-accumulates of a step",
        lambda v: v("tile_length") * v("columns") * v("rows"),
    ),
    "steps_per_pass": Metric("steps", "", "tile steps of B tokens through all layers", _steps),
    "cycles_per_token": Metric(
        "cycles a token",
        "",
        "clock cycles of one token through all layers",
        lambda v: _cycles(v) / v.workload.tokens,
    ),
    "tokens_per_second": Metric(
        "token rate", "tokens/s", "tokens a second", lambda v: 1e6 * v("clock_mhz") / v("cycles_per_token")
    ),
    "utilisation": Metric(
        "utilisation",
        "",
        "useful share of the multiply-accumulates that the core could do",
        lambda v: v.workload.macs / (v("cycles_per_token") * v("macs_per_cycle")),
    ),
    "bits_per_weight": Metric(
        "key size", "bit/weight", "key bits of a weight", lambda v: v("plan key_width") / v("group_size")
    ),
    "weight_mb_per_token": Metric(
        "weight traffic",
        "MB/token",
        "keys streamed into the core for a token, whatever its rate",
        lambda v: _key_bits(v) / (8e6 * v.workload.tokens),
    ),
    "weight_gb_per_s": Metric(
        "weight bandwidth",
        "GB/s",
        "keys streamed into the core at its token rate",
        lambda v: _gigabytes(_key_bits(v), v),
    ),
    "activation_gb_per_s": Metric(
        "activation bandwidth",
        "GB/s",
        "activations streamed into the core at its token rate",
        lambda v: _gigabytes(_activation_bits(v), v),
    ),
    "area_um2_per_token_per_second": Metric(
        "area per token/s",
        "µm²·s",
        "area for each token a second",
        lambda v: v("area_um2") / v("tokens_per_second"),
    ),
    "effective_tops": Metric(
        "useful operations",
        "TOPS",
        "a multiply and an add for each MAC of the model",
        lambda v: v("tokens_per_second") * (2e-12 * v.workload.macs),
    ),
    "tops_per_mm2": Metric(
        "useful operations per area",
        "TOPS/mm²",
        "useful operations a second and mm²",
        lambda v: v("effective_tops") / (v("area_um2") * 1e-6),
    ),
    "token_latency_us": Metric(
        "time of a pass",
        "µs",
        "time of B tokens through all layers",
        lambda v: v("cycles_per_token") * (v.workload.tokens / v("clock_mhz")),
    ),
    "rms_error": Metric(
        "RMS error",
        "relative error",
        "error of a result relative to the results' RMS, for normally distributed activations in the model's "
        "longest layer, their rounding to the format included",
        lambda v: np.hypot(v("error rounding"), v("error arithmetic")),
    ),
    "arithmetic_error": Metric(
        "RMS error of the arithmetic",
        "relative error",
        "the same without the rounding of the activations: what the core itself adds",
        lambda v: v("error arithmetic"),
    ),
    "latency_cycles": Metric(
        "pipeline latency", "cycles", "from an activation to its result", lambda v: v("plan latency_cycles")
    ),
}
"""Figures by name."""
