"""What a design is judged by: every figure that objectives, constraints and reports may name.

A metric is a function of a view, which answers a figure, or the name of a key or of another metric, with an
array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from costmodel.price.quantity import PATHS, Quantity
from costmodel.price.technology import Cost
from costmodel.speeds import Speed
from dse.pricing import demands
from dse.pricing.areas import DESIGN_PARTS, amount, clock, delay, sized_cost
from dse.pricing.energy_metrics import energy_metrics
from dse.pricing.figure import Estimate
from dse.pricing.metric import COST, DELAY, EXACT, FAST, LEAST_COST, ON_CLOCK, SMALL, Metric
from dse.pricing.request_metrics import TRAFFIC_METRICS, bound_share, request_metrics
from dse.pricing.view import Array, View
from dse.spec.system import LIMITS
from dse.spec.workload import Workload

ROUNDING = 1e-12
"""What sums of figures of all layers may be off by, relative."""


def _gigabytes(bits: Array, view: View, limit: str) -> Array:
    """GB/s of ``bits`` moved each time that B tokens are computed."""
    rate = bits * (view("tokens_per_second") / (8e9 * view.workload.rated.tokens))
    most = view(limit)
    if not most.any():
        return np.asarray(rate)
    # Where the stream is what limits, rate follows from limit, and so limit from rate, but for rounding.
    return np.asarray(np.where((most > 0) & (rate >= most * (1 - ROUNDING)), most, rate))


ON_COST, ON_DELAY = frozenset({COST}), frozenset({DELAY})


@dataclass(frozen=True)
class Priced:
    """What a technology prices, as metrics are named by: its cost, and the ``others`` beside it.

    Of a cell library the cost is ``area``, its figure ``area_um2``, and those of parts are ``area_fetch`` …
    It is ``sized``: another one at each speed. ``energies``: whether it knows what cores take when they work.
    """

    name: str = "area"
    key: str = "area_um2"
    label: str = "area"
    unit: str = "µm²"
    suffix: str = "_um2"
    sized: bool = True
    others: tuple[Quantity, ...] = ()
    energies: bool = True

    @classmethod
    def of(cls, cost: Cost, quantities: Mapping[str, Quantity], energies: bool = False) -> Priced:
        """What a technology with such ``quantities``, and with ``energies`` or without, prices."""
        first, costs = quantities[cost.relaxed], {cost.relaxed, cost.medium, cost.tight}
        others = tuple(
            Quantity(**quantity.model_dump(include=set(Quantity.model_fields)))
            for quantity in quantities.values()
            if quantity.over not in PATHS and quantity.name not in costs
        )
        sized = len(costs) > 1
        return cls(first.name, first.key, cost.label, first.unit, first.suffix, sized, others, energies)

    def part(self, part: str) -> str:
        """The figure of one part of a design: ``area_fetch``."""
        return f"{self.name}_{part}"

    def at(self, speed: Speed) -> str:
        """The figure of what a core costs at a speed: ``tight_um2``."""
        return f"{speed}{self.suffix}"

    def text(self, value: float) -> str:
        """A cost as a whole number with its unit: ``9,849 µm²``."""
        return f"{value:,.0f} {self.unit}"

    @property
    def for_rate(self) -> str:
        """The figure of what each token a second costs."""
        return f"{self.key}_per_token_per_second"

    @property
    def efficiency(self) -> Metric:
        """Useful operations a second for what they cost."""
        if self.unit == "µm²":
            name, unit, per, scale = "tops_per_mm2", "TOPS/mm²", "mm²", 1e-6
        else:
            name, unit, per, scale = f"gops_per_{self.key}", f"GOPS/{self.unit}", self.unit, 1e-3
        return Metric(
            name, f"{self.label} efficiency", unit, f"useful operations a second and {per}",
            lambda v: v("effective_tops") / (v(self.key) * scale), better="max",
            rests_on=ON_COST | ON_CLOCK,
        )  # fmt: skip


def _cost_metrics(priced: Priced) -> tuple[Metric, ...]:
    label, unit = priced.label, priced.unit
    return (
        Metric(
            priced.key, label, unit, f"{label} of all cores, sized for the clock", sized_cost(),
            words=SMALL, rests_on=ON_COST,
        ),
        Metric(
            f"least_{priced.key}", f"least {label}", unit, f"{label} mapped for no clock, without buffers",
            amount("relaxed"), words=SMALL, rests_on=frozenset({LEAST_COST}),
        ),
        *(
            Metric(
                priced.part(part), f"{label} of {part}", unit, f"{label} of the {part}", sized_cost(part),
                rests_on=ON_COST,
            )
            for part in DESIGN_PARTS
        ),
        *(
            Metric(
                other.key, other.label, other.unit, f"{other.label} of all cores", amount(other.name),
                rests_on=frozenset({other.name}),
            )
            for other in priced.others
        ),
    )  # fmt: skip


_TIMED: tuple[Metric, ...] = (
    Metric(
        "delay_ps", "longest path", "ps",
        "longest path between registers when sized for speed, or access to a buffer", delay,
        rests_on=ON_DELAY,
    ),
    Metric(
        "fastest_clock_mhz", "fastest clock", "MHz", "clock that the longest path allows",
        lambda v: 1e6 / v("delay_ps"), better="max", rests_on=ON_DELAY,
    ),
    Metric(
        "clock_mhz", "clock", "MHz", "clock that the core runs at", clock, better="max", rests_on=ON_CLOCK
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
        lambda v: demands.cycles(v, v.workload.shapes) / v.workload.rated.tokens,
    ),
)  # fmt: skip

_STREAMED: tuple[Metric, ...] = (
    Metric(
        "utilisation", "utilisation", "",
        "useful share of the multiply-accumulates that the core could do",
        lambda v: v.workload.macs * v("tokens_per_second") / (1e6 * v("clock_mhz") * v("macs_per_cycle")),
        better="max", form="percent",
    ),
    Metric(
        "bits_per_weight", "key size", "bit/weight", "key bits of a weight",
        demands.bits_per_weight,
    ),
    Metric(
        "weight_mb_per_token", "weight traffic", "MB/token",
        "keys streamed into the core for a token, whatever its rate",
        lambda v: demands.key_bits(v) / (8e6 * v.workload.rated.tokens),
    ),
    Metric(
        "weight_gb_per_s", "weight bandwidth", "GB/s", "keys streamed into the core at its token rate",
        lambda v: _gigabytes(demands.key_bits(v), v, LIMITS[0]), rests_on=ON_CLOCK,
    ),
    Metric(
        "activation_gb_per_s", "activation bandwidth", "GB/s",
        "activations streamed into the core at its token rate",
        lambda v: _gigabytes(demands.activation_bits(v), v, LIMITS[1]), rests_on=ON_CLOCK,
    ),
    Metric(
        "weight_bound", "waits for weights", "", "share of the time in which a layer waits for its keys",
        bound_share("weights"), form="percent",
    ),
    Metric(
        "activation_bound", "waits for activations", "",
        "share of the time in which a layer waits for its activations",
        bound_share("activations"), form="percent",
    ),
    Metric(
        "memory_bound", "waits for the memory", "",
        "share of the time in which anything waits for the memory that all traffic shares",
        bound_share("memory"), form="percent",
    ),
    Metric(
        "engine_bound", "waits for the engine", "",
        "share of the time in which attention or output head wait for the engine beside the cores",
        bound_share("engine"), form="percent",
    ),
    *TRAFFIC_METRICS,
)  # fmt: skip

_RATED: tuple[Metric, ...] = (
    Metric(
        "effective_tops", "compute rate", "TOPS", "a multiply and an add for each MAC of the model",
        lambda v: v("tokens_per_second") * (2e-12 * v.workload.macs), better="max", words=FAST,
        rests_on=ON_CLOCK,
    ),
)  # fmt: skip

_OTHERS: tuple[Metric, ...] = (
    Metric(
        "token_latency_us", "time of a pass", "µs", "time of B tokens through the model, in the mean",
        lambda v: 1e6 * v.workload.rated.tokens / v("tokens_per_second"), words=FAST, rests_on=ON_CLOCK,
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


@cache
def metrics_of(priced: Priced, workload: Workload | None = None) -> Mapping[str, Metric]:
    """Figures by name of designs in a technology that prices ``priced``.

    ``workload`` says what of a model is counted, and which requests have figures of their own.
    """
    for_rate = Metric(
        priced.for_rate, f"{priced.label} per token/s", f"{priced.unit}·s",
        f"{priced.label} for each token a second", lambda v: v(priced.key) / v("tokens_per_second"),
        rests_on=ON_COST | ON_CLOCK,
    )  # fmt: skip
    metrics = (
        *_cost_metrics(priced), *_TIMED, *request_metrics(workload), *_STREAMED, for_rate, *_RATED,
        priced.efficiency, *energy_metrics(workload, priced.energies), *_OTHERS,
    )  # fmt: skip
    return {metric.name: metric for metric in metrics}


METRICS = metrics_of(Priced())
"""Figures by name of designs in a technology of cells."""
