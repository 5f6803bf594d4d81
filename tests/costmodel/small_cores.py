"""Small cores to measure: what a test does with them takes as long as they are large."""

from __future__ import annotations

from costmodel.fit.sampling import draw_cores, size
from generator.config import CoreConfig


def small_cores(seed: int, count: int, floats: float = 0.0) -> list[CoreConfig]:
    """The ``count`` smallest of five times as many that calibration could draw."""
    drawn = draw_cores(seed, 5 * count, smallest=60, largest=600, floats=floats)
    return sorted(drawn, key=size)[:count]
