"""What energies are measured on: cores and layers, some clock-gated, some of tensors like trained ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from costmodel.fit.sampling import size
from costmodel.fit.validation import Sample
from costmodel.price.activity import BITNET, Statistics
from costmodel.price.technology import Technology
from dse.measuring.workload import layer_statistics, trained_layer, typical_layer
from generator.config import CoreConfig
from generator.errors import ConfigError
from sim.layers import LayerData

CYCLES = 32
"""Cycles of each of the 64 lanes."""
SMALLEST, LARGEST = 150.0, 3000.0
"""Gates of the cores that are drawn, about those of ``validate``: none that takes minutes."""
GATED = 0.3
"""The share of drawn cores whose clocks are gated, where they can be."""
ZEROS: tuple[float | None, ...] = (BITNET.zero_weights, 0.3, 0.6, None)
"""Shares of zeros of the weights, in turn; None is a tensor like a trained one."""

Tensor = Literal["normal", "trained"]


@dataclass(frozen=True)
class Case:
    """A core and the layer that it is measured on, by the seeds of the layer and of its windows.

    ``zeros``: their share among weights of a typical layer; of None it is one like a trained one.
    """

    core: CoreConfig
    zeros: float | None = BITNET.zero_weights
    layer_seed: int = 0
    seed: int = 0

    @property
    def tensor(self) -> Tensor:
        """What the layer is like."""
        return "trained" if self.zeros is None else "normal"

    def layer(self) -> LayerData:
        """The layer, made anew: it is large."""
        if self.zeros is None:
            return trained_layer(self.core, self.layer_seed)
        return typical_layer(self.core, self.layer_seed, self.zeros)

    def data(self, layer: LayerData) -> Statistics:
        """What is known of the layer's windows."""
        return layer_statistics(self.core, layer, CYCLES)


def typical(cores: Sequence[CoreConfig]) -> list[Case]:
    """Cores on typical layers."""
    return [Case(core) for core in cores]


def drawn(technology: Technology, seed: int, count: int) -> list[Case]:
    """``count`` cores that ``technology`` was not fitted to, and layers for them."""
    # About half of the space is larger than it is asked for.
    sample = Sample(seed, 3 * count, SMALLEST, LARGEST)
    cores = [core for core in sample.draw(technology) if size(core) <= LARGEST][:count]
    generator = np.random.default_rng(seed)
    cases = []
    for number, core in enumerate(cores):
        also = gated(core) if generator.random() < GATED else None
        cases.append(Case(also or core, ZEROS[number % len(ZEROS)], seed + number, seed))
    return cases


def gated(core: CoreConfig) -> CoreConfig | None:
    """``core`` with gated clocks; None where there is no such core."""
    try:
        return CoreConfig.parse({**core.model_dump(mode="json"), "clock_gating": True})
    except ConfigError:
        return None
