"""What limits a design's token rate: its own computing, or what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dse.pricing.limits import rate_of_memory
from dse.pricing.metric import percent
from dse.spec.memory import NO_MEMORY
from dse.sweep.results.designs import Row

STREAMS = (("weights", "weight"), ("activations", "activation"))
"""What a stream carries, and how its keys and metrics begin."""

BOUNDS = ("weight_bound", "activation_bound", "memory_bound", "engine_bound")
"""Figures that say for which share of the time something is waited for."""

SMALL = 0.0005
"""A share that is not worth a word."""


def limits(row: Row) -> str:
    """A sentence with the shares of the time in which each is the limit, and the bandwidths that count."""
    given = _given(row)
    if not given:
        needs = " and ".join(f"{_gigabytes(row[f'{name}_gb_per_s'])} for {what}" for what, name in STREAMS)
        return f"It is compute-bound: the spec sets no bandwidth limit. It needs {needs}."
    shares = {what: float(row[bound]) for what, bound in given.items()}
    shares["computing"] = computing_share(row)
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    (first, most), *rest = [(what, percent(share)) for what, share in ordered if share >= SMALL]
    if not rest:
        return f"Its token rate is limited by {first} all the time."
    others = " and ".join(f"by {what} for {share}" for what, share in rest)
    return f"Its token rate is limited by {first} for {most} of the time, {others}."


def _given(row: Row) -> dict[str, str]:
    """What is limited, in words, and the figure that says for which share of the time."""
    given = {
        f"{what} at {_gigabytes(row[f'{name}_bandwidth_gb_per_s'])}": f"{name}_bound"
        for what, name in STREAMS
        if row[f"{name}_bandwidth_gb_per_s"]
    }
    if memory := memory_words(row):
        given[memory] = "memory_bound"
    if row.get("engine_gmacs_per_s"):
        given[f"the engine at {row['engine_gmacs_per_s']:,g} GMAC/s"] = "engine_bound"
    return given


def memory_words(row: Row) -> str:
    """The memory that all traffic shares, and what it moves: ``LPDDR5 at 51.2 GB/s``; empty without one."""
    name, stated = str(row.get("dram", NO_MEMORY)), float(row.get("bandwidth_gb_per_s", 0))
    if name == NO_MEMORY and not stated:
        return ""
    what = "the memory" if name == NO_MEMORY else name
    return f"{what} at {_gigabytes(memory_rate(row) / 8e9)}"


def memory_rate(row: Mapping[str, Any]) -> float:
    """Bits a second that the memory moves; infinite without one."""
    asked = {"bandwidth_gb_per_s": 0.0, "dram": NO_MEMORY, "efficiency": 1.0}
    return float(rate_of_memory(*(np.asarray(row.get(key, none)) for key, none in asked.items())))


def computing_share(row: Row) -> float:
    """The share of the time in which nothing is waited for."""
    return max(0.0, 1 - sum(float(row.get(name, 0)) for name in BOUNDS))


def _gigabytes(value: float) -> str:
    return f"{value:,.0f} GB/s" if value >= 100 else f"{value:.3g} GB/s"
