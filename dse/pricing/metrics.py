"""What a design is judged by: every figure that objectives, constraints and reports may name.

A metric is a function of a view, which answers a figure, or the name of a key or of another metric, with an
array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dse.pricing import demands
from dse.pricing.areas import DESIGN_PARTS, area, clock, delay, sized_area, tightness
from dse.pricing.figure import Estimate, Figure, PlanFigure, Step
from dse.pricing.metric import EXACT, FAST, SMALL, Metric, Quantity
from dse.pricing.view import Array, View
from dse.spec.system import LIMITS

ROUNDING = 1e-12
"""What sums of figures of all layers may be off by, relative."""


def _gigabytes(bits: Array, view: View, limit: str) -> Array:
    """GB/s of ``bits`` moved each time that B tokens are computed."""
    rate = bits * (view("tokens_per_second") / (8e9 * view.workload.tokens))
    most = view(limit)
    if not most.any():
        return np.asarray(rate)
    # Where the stream is what limits, rate follows from limit, and so limit from rate, but for rounding.
    return np.asarray(np.where((most > 0) & (rate >= most * (1 - ROUNDING)), most, rate))


AREA: frozenset[Quantity] = frozenset({"area"})
CLOCK: frozenset[Quantity] = frozenset({"clock"})
DELAY: frozenset[Quantity] = frozenset({"delay"})

_METRICS: Sequence[Metric] = (
    Metric(
        "area_um2", "area", "µm²", "area of all cores, sized for the clock", sized_area(),
        words=SMALL, rests_on=AREA,
    ),
    Metric(
        "least_area_um2", "least area", "µm²", "area mapped for no clock, without buffers", area("relaxed"),
        words=SMALL, rests_on=frozenset({"least_area"}),
    ),
    *(
        Metric(
            f"area_{part}", f"area of {part}", "µm²", f"area of the {part}", sized_area(part), rests_on=AREA
        )
        for part in DESIGN_PARTS
    ),
    Metric(
        "delay_ps", "longest path", "ps", "longest path between registers when sized for speed", delay,
        rests_on=DELAY,
    ),
    Metric(
        "fastest_clock_mhz", "fastest clock", "MHz", "clock that the longest path allows",
        lambda v: 1e6 / v("delay_ps"), better="max", rests_on=DELAY,
    ),
    Metric(
        "clock_mhz", "clock", "MHz", "clock that the core runs at", clock, better="max", rests_on=CLOCK
    ),
    Metric(
        "tile_length", "tile length", "", "activations of a step, n",
        lambda v: v("tables") * v("group_size"), better="max",
    ),
    Metric(
        "macs_per_cycle", "MACs a cycle", "", "multiply-accumulates of a step of all cores",
        lambda v: v("tile_length") * v("columns") * v("rows") * v("cores"), better="max",
    ),
    Metric("steps_per_pass", "steps", "", "tile steps of B tokens through all layers", demands.steps),
    Metric(
        "cycles_per_token", "cycles a token", "",
        "clock cycles of one token through all layers, when no stream is waited for",
        lambda v: demands.cycles(v) / v.workload.tokens,
    ),
    Metric(
        "tokens_per_second", "token rate", "tokens/s", "tokens a second, within the bandwidths",
        lambda v: v.workload.tokens / v(Step.PASS_SECONDS), better="max", words=FAST, rests_on=CLOCK,
    ),
    Metric(
        "utilisation", "utilisation", "",
        "useful share of the multiply-accumulates that the core could do",
        lambda v: v.workload.macs * v("tokens_per_second") / (1e6 * v("clock_mhz") * v("macs_per_cycle")),
        better="max", form="percent",
    ),
    Metric(
        "bits_per_weight", "key size", "bit/weight", "key bits of a weight",
        lambda v: v(PlanFigure.KEY_WIDTH) / v("group_size"),
    ),
    Metric(
        "weight_mb_per_token", "weight traffic", "MB/token",
        "keys streamed into the core for a token, whatever its rate",
        lambda v: demands.key_bits(v) / (8e6 * v.workload.tokens),
    ),
    Metric(
        "weight_gb_per_s", "weight bandwidth", "GB/s", "keys streamed into the core at its token rate",
        lambda v: _gigabytes(demands.key_bits(v), v, LIMITS[0]), rests_on=CLOCK,
    ),
    Metric(
        "activation_gb_per_s", "activation bandwidth", "GB/s",
        "activations streamed into the core at its token rate",
        lambda v: _gigabytes(demands.activation_bits(v), v, LIMITS[1]), rests_on=CLOCK,
    ),
    Metric(
        "weight_bound", "waits for weights", "", "share of the time in which a layer waits for its keys",
        demands.bound_share(1), form="percent",
    ),
    Metric(
        "activation_bound", "waits for activations", "",
        "share of the time in which a layer waits for its activations",
        demands.bound_share(2), form="percent",
    ),
    Metric(
        "area_um2_per_token_per_second", "area per token/s", "µm²·s", "area for each token a second",
        lambda v: v("area_um2") / v("tokens_per_second"), rests_on=AREA | CLOCK,
    ),
    Metric(
        "effective_tops", "compute rate", "TOPS", "a multiply and an add for each MAC of the model",
        lambda v: v("tokens_per_second") * (2e-12 * v.workload.macs), better="max", words=FAST,
        rests_on=CLOCK,
    ),
    Metric(
        "tops_per_mm2", "area efficiency", "TOPS/mm²", "useful operations a second and mm²",
        lambda v: v("effective_tops") / (v("area_um2") * 1e-6), better="max", rests_on=AREA | CLOCK,
    ),
    Metric(
        "token_latency_us", "time of a pass", "µs", "time of B tokens through all layers",
        lambda v: 1e6 * v(Step.PASS_SECONDS), words=FAST, rests_on=CLOCK,
    ),
    Metric(
        "rms_error", "RMS error", "relative error",
        "error of a result relative to the results' RMS, for sums of max_reduction normally "
        "distributed activations, their rounding to the format included",
        lambda v: np.hypot(v(Estimate.ROUNDING_ERROR), v(Estimate.ARITHMETIC_ERROR)),
        words=EXACT, form="percent",
    ),
    Metric(
        "arithmetic_error", "RMS error of the arithmetic", "relative error",
        "the same without the rounding of the activations: what the core itself adds",
        lambda v: v(Estimate.ARITHMETIC_ERROR), words=EXACT, form="percent",
    ),
    Metric(
        "latency_cycles", "pipeline latency", "cycles", "from an activation to its result", demands.latency
    ),
)  # fmt: skip

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _METRICS}
"""Figures by name."""

STEPS: Mapping[Figure, Callable[[View], Array]] = {
    Step.TIGHTNESS: tightness,
    Step.PASS_SECONDS: demands.seconds,
}
"""Figures that metrics share and nobody names."""
