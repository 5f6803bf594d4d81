"""How the token rate of a design follows from its memory: a roof of computing over a slope of bandwidth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dse.pricing import passes
from dse.pricing.design_view import DesignView
from dse.spec.memory import NO_MEMORY, memories
from dse.spec.workload import Workload
from dse.sweep.results.designs import Row, core_of

POINTS = 49
"""Bandwidths of a line."""
LEAST_GB_PER_S, MOST_GB_PER_S = 5.0, 2000.0


@dataclass(frozen=True)
class Roofline:
    """Token rates of one design, tokens/s, one for each of ``bandwidths``, GB/s."""

    name: str
    bandwidths: list[float]
    rates: list[float]


def roofline(name: str, row: Row, workload: Workload) -> Roofline:
    """The token rate of the design at ``row`` behind memories of all bandwidths.

    Buffers are as large as they are, whatever the bandwidth.
    """
    config, chosen = core_of(row), passes.rated(workload)
    bandwidths = np.geomspace(LEAST_GB_PER_S, MOST_GB_PER_S, POINTS).tolist()
    rates = []
    for bandwidth in bandwidths:
        behind: dict[str, Any] = row | {"dram": NO_MEMORY, "bandwidth_gb_per_s": bandwidth, "efficiency": 1.0}
        seconds = float(passes.time_of(DesignView(behind, config, workload), chosen))
        rates.append(passes.tokens(chosen) / seconds)
    return Roofline(name, bandwidths, rates)


def marked() -> dict[str, float]:
    """The memories that have a name, GB/s."""
    return {name: memory.peak_gb_per_s for name, memory in memories().items()}
