"""The cycles in which a core moves its beats when nobody pauses, as its plan says.

Everything is a function of a beat's number, so that runs of any length can be checked piece by piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from generator.plan import CorePlan, Tiling

Numbers = NDArray[np.int64]


class Schedule:
    """Layers of ``tilings`` back to back; cycles count from the one that takes the first activation."""

    def __init__(self, plan: CorePlan, tilings: Sequence[Tiling]) -> None:
        self._plan = plan

        def each(name: str) -> Numbers:
            return np.array([getattr(tiling, name) for tiling in tilings], dtype=np.int64)

        self._m, self._slots, blocks = map(each, ("m_tiles", "slots", "blocks"))
        self._n = each("n_tiles") * each("planes")
        self._burst, self._pause = each("burst"), each("pause_cycles")
        steps = each("steps")
        self._steps = _before(steps)
        self._cycles = _before(steps + self._pause * (steps // self._burst))
        self._keys = _before(each("key_beats"))
        self._results = _before(blocks * self._m)

    @property
    def key_beats(self) -> int:
        return int(self._keys[-1])

    @property
    def result_beats(self) -> int:
        return int(self._results[-1])

    @property
    def cycles(self) -> int:
        """Cycles to the last result, the first activation's and its own counted."""
        return int(self.offered(np.array([self.result_beats - 1]))[0]) + 1

    def keys(self, beats: Numbers) -> Numbers:
        """When key beats number ``beats`` are taken."""
        return self.issued(self._key_step(*_place(self._keys, beats)))

    def issued(self, steps: Numbers) -> Numbers:
        """When steps leave the tables: while the tile that the pipeline's length is ahead is accepted.

        What waits for tables to be filled does so in front of them.
        """
        if self._plan.filling is not None:
            return np.asarray(self._plan.table_stages + self._accepted(steps))
        stages = self._plan.pipeline_stages
        ahead = steps - stages
        taken = np.where(ahead < 0, steps, self._accepted(np.maximum(ahead, 0)) + stages)
        return np.asarray(self._plan.table_stages + taken)

    def offered(self, beats: Numbers) -> Numbers:
        """When result beats number ``beats`` are offered."""
        return self._plan.latency_cycles + self.completed(beats)

    def completed(self, beats: Numbers) -> Numbers:
        """When the activations are accepted that complete result beats number ``beats``."""
        layer, result = _place(self._results, beats)
        n, m = self._n[layer], self._m[layer]
        block, tile = result // m, result % m
        match self._plan.config.dataflow:
            case "output_stationary":
                last_key = block * n * m + tile * n + n - 1
            case "table_stationary":
                last_key = block * n * m + (n - 1) * m + tile
            case unknown:
                assert_never(unknown)
        return self._accepted(self._key_step(layer, last_key))

    def _key_step(self, layer: Numbers, key: Numbers) -> Numbers:
        """The step, counted over all layers, that takes a layer's key beat."""
        m = self._m[layer]
        return np.asarray(self._steps[layer] + key // m * self._slots[layer] + key % m)

    def _accepted(self, steps: Numbers) -> Numbers:
        """When the tiles of steps number ``steps`` are accepted."""
        layer, step = _place(self._steps, steps)
        return np.asarray(self._cycles[layer] + step + self._pause[layer] * (step // self._burst[layer]))


def _before(counts: Numbers) -> Numbers:
    """How much comes before each layer, and at the end the total."""
    return np.concatenate([[0], np.cumsum(counts)])


def _place(before: Numbers, numbers: Numbers) -> tuple[Numbers, Numbers]:
    """The layers that ``numbers`` are in, and their numbers within them."""
    layer = np.searchsorted(before[:-1], numbers, side="right") - 1
    return layer, numbers - before[layer]
