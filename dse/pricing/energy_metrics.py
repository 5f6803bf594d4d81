"""Figures of energy: what a token and a request take, the power of a chip, and what it computes for a watt.

The chip is the cores and their memories; a memory off chip counts where energies are of tokens and requests.
Where nobody has measured what cores of a technology take, these leave the cores out and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from dse.pricing import passes
from dse.pricing.energy import all_pj, cores_pj, cycle_pj
from dse.pricing.figure import Step
from dse.pricing.metric import ON_CLOCK, Metric
from dse.pricing.request_metrics import OneRequest
from dse.pricing.view import Array, View
from dse.spec.workload import Workload

ENERGY = "energy"
"""The estimate that figures of cores rest on; a technology's fit has its error under this name."""
ON_ENERGY = frozenset({ENERGY})


def _a_token(view: View) -> Array:
    """mJ of everything, a token; of the passes that token rates are of."""
    total = view(Step.CHIP_ENERGY) + view(Step.MEMORY_ENERGY)
    return np.asarray(total / (1e9 * passes.tokens(passes.rated(view.workload))))


def _a_token_alone(view: View) -> Array:
    chosen = passes.rated(view.workload)
    return np.asarray(all_pj(view, chosen) / (1e9 * passes.tokens(chosen)))


def _a_request(view: View) -> Array:
    return np.asarray(all_pj(view, passes.everything(view.workload)) / 1e9)


def _of_cores(view: View) -> Array:
    chosen = passes.rated(view.workload)
    return np.asarray(cores_pj(view, chosen) / (1e6 * passes.tokens(chosen)))


def _power(view: View) -> Array:
    """mW of the chip: pJ over seconds are 1e-9 mW."""
    return np.asarray(view(Step.CHIP_ENERGY) / view(Step.RATED_SECONDS) * 1e-9)


TOKEN = Metric(
    "energy_per_token_mj", "energy a token", "mJ/token",
    "energy of cores, memories on chip and what the memory off chip moves, for a token at the token rate",
    _a_token, rests_on=ON_ENERGY,
)  # fmt: skip
REQUEST = Metric(
    "energy_per_request_mj", "energy a request", "mJ",
    "the same for a whole request, its prompt included", _a_request, rests_on=ON_ENERGY,
)  # fmt: skip
DELAYED = Metric(
    "energy_delay", "energy-delay product", "µJ·s",
    "energy of a token times the time that it takes",
    lambda v: 1e3 * v(TOKEN.name) / v("tokens_per_second"), rests_on=ON_ENERGY | ON_CLOCK,
)  # fmt: skip

CHIP_METRICS: tuple[Metric, ...] = (
    Metric(
        "pj_per_cycle", "energy a cycle", "pJ", "energy of a cycle in which all cores make a step",
        cycle_pj, rests_on=ON_ENERGY,
    ),
    Metric(
        "fj_per_mac", "energy a multiply-accumulate", "fJ", "the same for each multiply-accumulate",
        lambda v: 1e3 * v("pj_per_cycle") / v("macs_per_cycle"), rests_on=ON_ENERGY,
    ),
    Metric(
        "core_uj_per_token", "energy of the cores", "µJ/token",
        "energy of all cores for a token, waiting and leakage included", _of_cores,
        rests_on=ON_ENERGY,
    ),
    Metric(
        "power_mw", "power", "mW", "power of cores and memories on chip at the token rate", _power,
        rests_on=ON_ENERGY | ON_CLOCK,
    ),
    Metric(
        "tops_per_w", "energy efficiency", "TOPS/W",
        "useful operations a second for a watt of cores and memories on chip",
        lambda v: 1e3 * v("effective_tops") / v("power_mw"), better="max",
        rests_on=ON_ENERGY,
    ),
)  # fmt: skip
"""What only technologies with energies have."""
OF_CHIPS = tuple(metric.name for metric in CHIP_METRICS)

WITH_MEMORY = ("energy_per_token_mj", "energy_per_request_mj", "energy_delay", "dram_uj_per_token")
"""What figures that count the memory off chip are called, or end in."""


def energy_metrics(workload: Workload | None, measured: bool) -> tuple[Metric, ...]:
    """All figures of energy, of each of several requests, too; ``measured``: those of cores are known."""
    metrics = [TOKEN, REQUEST, DELAYED]
    if workload is not None and len(workload.requests) > 1:
        metrics += [metric for request in workload.requests for metric in _metrics_of(request.name)]
    if measured:
        return (*metrics, *CHIP_METRICS)
    missing = " without the cores"
    return tuple(replace(each, label=each.label + missing, rests_on=frozenset()) for each in metrics)


def _metrics_of(name: str) -> Iterator[Metric]:
    """The figures of the request called ``name``."""
    alone: tuple[tuple[Metric, Callable[[View], Array]], ...] = (
        (TOKEN, _a_token_alone),
        (REQUEST, _a_request),
    )
    for each, figure in alone:

        def value(view: View, figure: Callable[[View], Array] = figure) -> Array:
            return figure(OneRequest(view, name))

        yield replace(
            each, name=f"{name}_{each.name}", label=f"{each.label}, {name}", says=f"{each.says}: {name}",
            value=value,
        )  # fmt: skip
