"""Which stages each part of a core is in, and how much of it a clock asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from costmodel.price.area import PARTS, Part
from costmodel.speeds import tightness

Paths = NDArray[np.float64]

_SUMS = ("reduction", "fetch")
PATHS_OF_PARTS: Mapping[Part, tuple[tuple[str, ...], ...]] = {
    "converters": (("scale",), ("convert",), ("result",)),
    "tables": (("entries", "fetch"),),
    "fetch": (("fetch",),),
    "reduction": (_SUMS,),
    "accumulators": (("accept",), ("recall",), ("accumulate",), ("scaling",), _SUMS),
    "control": (("accept",), ("recall",)),
}
"""The stages that each part is in; where nothing is registered in between, the next one has it instead."""


def path_of(part: Part, stage: Callable[[str], Paths]) -> Paths:
    """ps of the longest path through a part, from that of each ``stage``, 0 of those that there are not."""
    paths = []
    for first, *others in PATHS_OF_PARTS[part]:
        path = stage(first)
        for other in others:
            if (path <= 0).any():
                path = np.where(path > 0, path, stage(other))
        paths.append(path)
    longest: Paths = reduce(np.maximum, paths)
    return longest


def tightness_of_parts(
    period: float, shortest: Mapping[str, float], rippling: Mapping[str, float]
) -> dict[Part, float]:
    """How much of the way from a design at ease to the fastest one a clock period asks of each part, 0 … 1.

    ``shortest`` and ``rippling`` are the paths of the stages, as fast as can be and while carries ripple.
    """

    def path(part: Part, stages: Mapping[str, float]) -> Paths:
        return path_of(part, lambda stage: np.asarray(stages[stage]))

    return {part: float(tightness(period, path(part, rippling), path(part, shortest))) for part in PARTS}
