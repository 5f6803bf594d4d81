"""When a stream pauses: a hash of the seed, the stream and the cycle, the same in every driver.

``sim/verilated/pauses.h`` is the same function in C++, so that a run with pauses can be held cycle by cycle
against one by the other driver.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 1024
"""Cycles that are decided together."""


class Pauses:
    """Cycle → whether stream number ``stream`` pauses in it, with ``probability``."""

    def __init__(self, seed: int, stream: int, probability: float) -> None:
        self._start = mixed(np.array([(seed * 3 + stream) % (1 << 64)], dtype=np.uint64))
        self._below = np.uint64(int(probability * 2.0**53))
        self._block = lru_cache(maxsize=2)(self._decide)

    def __getitem__(self, cycle: int) -> bool:
        if not self._below:
            return False
        return bool(self._block(cycle // AT_ONCE)[cycle % AT_ONCE])

    def _decide(self, block: int) -> list[bool]:
        cycles = np.arange(block * AT_ONCE, (block + 1) * AT_ONCE, dtype=np.uint64)
        hashes = mixed(self._start + cycles * np.uint64(0x9E3779B97F4A7C15))
        decided: list[bool] = (hashes >> np.uint64(11) < self._below).tolist()
        return decided


def mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
