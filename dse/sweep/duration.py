"""How long a sweep takes, said before it begins: a little of the space is judged to find out."""

from __future__ import annotations

import time

import numpy as np

from dse.engine.judging import Grid, judge_block
from dse.pricing.model import Model
from dse.spec.axes import SpecError

SOON = 1 << 26
"""Points that are judged in seconds."""

WORTH_SAYING = 60.0
LONGEST = 24 * 3600.0
"""Seconds that a sweep may take without being asked to."""

SAMPLES = 5
SAMPLE_POINTS = 1 << 19
"""Blocks that are judged to find out, and the points of each: few enough for a moment."""


def expected_seconds(model: Model, workers: int = 1) -> float:
    """Seconds that ``workers`` take to judge the whole space, from some blocks of it; 0 for small spaces."""
    size = model.space.size
    if size <= SOON:
        return 0.0
    grid = Grid.of(model, SAMPLE_POINTS)
    judged, began = 0, time.perf_counter()
    with np.errstate(all="ignore"):
        for sample in range(SAMPLES):
            slices = next(grid.blocks_of(sample * (grid.chunks - 1) // (SAMPLES - 1)))
            judged += judge_block(model, slices)[0][0]
    return (time.perf_counter() - began) * size / judged / workers


def check_duration(where: str, size: int, seconds: float, long: bool) -> str:
    """What to say of a sweep that takes ``seconds``, empty where it is soon done.

    Raises ``SpecError`` for more than a day of it, unless ``long`` says that it is meant.
    """
    if seconds < WORTH_SAYING:
        return ""
    what = f"{size:,} points will take about {in_words(seconds)}, {size / seconds:,.0f} a second"
    if seconds > LONGEST and not long:
        raise SpecError(f"{where}: {what}: use fewer values, more workers, or --long to begin anyway")
    return f"{where}: {what}; what is interrupted goes on with --resume"


def in_words(seconds: float) -> str:
    """``3 minutes``, ``5 hours``, ``12 days``."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.0f} seconds"
