"""What a design is judged by: every figure that objectives, constraints and reports may name.

A metric is a function of a view, which answers the name of a key, of a tabulated figure or of another metric
with an array.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dse.pricing import demands
from dse.pricing.areas import DESIGN_PARTS, area, clock, delay, sized_area, tightness
from dse.pricing.view import Array, Metric, View


def _gigabytes(bits: Array, view: View) -> Array:
    """GB/s of ``bits`` moved each time that B tokens are computed."""
    return np.asarray(bits * (view("tokens_per_second") / (8e9 * view.workload.tokens)))


METRICS: Mapping[str, Metric] = {
    "area_um2": Metric("area", "µm²", "area of all cores, sized for the clock", sized_area()),
    "least_area_um2": Metric(
        "least area", "µm²", "area mapped for no clock, without buffers", area("relaxed")
    ),
    **{
        f"area_{part}": Metric(f"area of {part}", "µm²", f"area of the {part}", sized_area(part))
        for part in DESIGN_PARTS
    },
    "delay_ps": Metric("longest path", "ps", "longest path between registers when sized for speed", delay),
    "fastest_clock_mhz": Metric(
        "fastest clock", "MHz", "clock that the longest path allows", lambda v: 1e6 / v("delay_ps")
    ),
    "clock_mhz": Metric("clock", "MHz", "clock that the core runs at", clock),
    "tile_length": Metric(
        "tile length", "", "activations of a step, n", lambda v: v("tables") * v("group_size")
    ),
    "macs_per_cycle": Metric(
        "MACs a cycle",
        "",
        "multiply-accumulates of a step of all cores",
        lambda v: v("tile_length") * v("columns") * v("rows") * v("cores"),
    ),
    "steps_per_pass": Metric("steps", "", "tile steps of B tokens through all layers", demands.steps),
    "cycles_per_token": Metric(
        "cycles a token",
        "",
        "clock cycles of one token through all layers, when no stream is waited for",
        lambda v: demands.cycles(v) / v.workload.tokens,
    ),
    "tokens_per_second": Metric(
        "token rate",
        "tokens/s",
        "tokens a second, within the bandwidths",
        lambda v: v.workload.tokens / v("seconds of a pass"),
    ),
    "utilisation": Metric(
        "utilisation",
        "",
        "useful share of the multiply-accumulates that the core could do",
        lambda v: v.workload.macs * v("tokens_per_second") / (1e6 * v("clock_mhz") * v("macs_per_cycle")),
    ),
    "bits_per_weight": Metric(
        "key size", "bit/weight", "key bits of a weight", lambda v: v("plan key_width") / v("group_size")
    ),
    "weight_mb_per_token": Metric(
        "weight traffic",
        "MB/token",
        "keys streamed into the core for a token, whatever its rate",
        lambda v: demands.key_bits(v) / (8e6 * v.workload.tokens),
    ),
    "weight_gb_per_s": Metric(
        "weight bandwidth",
        "GB/s",
        "keys streamed into the core at its token rate",
        lambda v: _gigabytes(demands.key_bits(v), v),
    ),
    "activation_gb_per_s": Metric(
        "activation bandwidth",
        "GB/s",
        "activations streamed into the core at its token rate",
        lambda v: _gigabytes(demands.activation_bits(v), v),
    ),
    "weight_bound": Metric(
        "waits for weights",
        "",
        "share of the time in which a layer waits for its keys",
        demands.bound_share(1),
    ),
    "activation_bound": Metric(
        "waits for activations",
        "",
        "share of the time in which a layer waits for its activations",
        demands.bound_share(2),
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
        lambda v: 1e6 * v("seconds of a pass"),
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
        "pipeline latency", "cycles", "from an activation to its result", demands.latency
    ),
}
"""Figures by name."""

STEPS_BETWEEN = {
    "design tightness": tightness,
    "seconds of a pass": demands.seconds,
}
"""Figures that metrics share and nobody names."""


def metric(name: str) -> Metric:
    """The metric ``name``; a figure that a spec derives is called by its name."""
    return METRICS.get(name) or Metric(name, "", name, lambda view: view(name))
