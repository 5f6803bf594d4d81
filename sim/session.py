"""What is asked of a simulation, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator.errors import WorkloadError
from generator.plan import CorePlan
from sim.dram import Dram
from sim.layers import LayerData, values_of


class Streams(NamedTuple):
    """A figure for each of the three streams."""

    activation: float = 0.0
    key: float = 0.0
    result: float = 0.0

    @classmethod
    def of(cls, figures: float | Streams) -> Streams:
        """One figure for all three, or one for each."""
        return figures if isinstance(figures, Streams) else cls(figures, figures, figures)


UNHINDERED = Streams()


@dataclass(frozen=True)
class Session:
    """Layers back to back from one reset.

    ``stalls``: probability that a stream pauses in a cycle. ``delays``: cycles before a stream starts.
    ``dram``: the memory that both streams come from and results go to, of one layer; None: they never wait.
    ``stop_after``: give up after so many result beats, which leaves the core in the middle of its work for
    the next session's reset.
    """

    layers: Sequence[LayerData]
    stalls: Streams = UNHINDERED
    delays: Streams = UNHINDERED
    seed: int = 0
    stop_after: int | None = None
    dram: Dram | None = None

    @property
    def full_rate(self) -> bool:
        """Whether every cycle is foreseen: no pauses, and keys and the result's taker wait from the start."""
        early = max(self.delays.key, self.delays.result) <= self.delays.activation
        return not any(self.stalls) and early and self.dram is None


def silence_after(plan: CorePlan) -> int:
    """Cycles after the last result in which another would have come, if there were one too many."""
    return 2 * plan.latency_cycles + 4


@dataclass(frozen=True)
class SimulationResult:
    """What a simulation found.

    ``results`` outputs were compared, ``mismatches`` of them were wrong. ``cycles``: clock edges from the one
    that takes the first activation to the one that takes the last result, both counted, ``expected_cycles``
    what the plan says (None where a stream paused), both of all sessions together. ``latency``: edges from a
    taken activation to its result. ``failures``: what is wrong, a line each. ``outputs``: y[B, M] of every
    layer, as simulated: integers, or the bits of floats; ``y`` the same of the first layer as numbers.
    """

    results: int
    mismatches: int
    cycles: int
    expected_cycles: int | None
    latency: int | None
    failures: tuple[str, ...]
    outputs: tuple[NDArray[np.int64], ...] = field(repr=False)
    build_seconds: float = 0.0
    run_seconds: float = 0.0
    waves: Path | None = None
    plan: CorePlan | None = field(default=None, repr=False)

    @property
    def y(self) -> NDArray[Any]:
        """y[B, M] of the first layer: int64, or float64 with NaN where a result means nothing."""
        if self.plan is None or not self.outputs:
            raise WorkloadError("the simulation gave no results")
        return values_of(self.plan, self.outputs[0])

    @property
    def passed(self) -> bool:
        return not self.mismatches and not self.failures

    @property
    def seconds(self) -> float:
        return self.build_seconds + self.run_seconds

    @property
    def cycles_per_second(self) -> float:
        """Clock cycles simulated a second, start of the simulator included."""
        return self.cycles / self.run_seconds if self.run_seconds else 0.0
