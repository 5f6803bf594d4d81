"""When a stream pauses: a hash of the seed, the stream and the cycle, the same in every driver.

``sim/verilated/pauses.h`` is the same function in C++, so that a run with pauses can be held cycle by cycle
against one by the other driver.
"""

from __future__ import annotations

WORD = (1 << 64) - 1


class Pauses:
    """Cycle → whether stream number ``stream`` pauses in it, with ``probability``."""

    def __init__(self, seed: int, stream: int, probability: float) -> None:
        self._start = mixed((seed * 3 + stream) & WORD)
        self._below = int(probability * 2.0**53)

    def __getitem__(self, cycle: int) -> bool:
        if not self._below:
            return False
        return mixed((self._start + cycle * 0x9E3779B97F4A7C15) & WORD) >> 11 < self._below


def mixed(z: int) -> int:
    """The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators)."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & WORD
    return z ^ (z >> 31)
