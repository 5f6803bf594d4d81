"""What a figure is computed from: the designs that are looked at, asked for keys, metrics and figures."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from costmodel.price.sram import SramTable
from dse.pricing.figure import Column
from dse.spec.workload import Workload

Array = NDArray[Any]


class View(Protocol):
    """Figures of some designs, keys and metrics by name, and what all designs share.

    ``sram`` are the memories on chip that the technology has, if any.

    Arrays have one dimension for each axis of the space, of length one where the figure does not depend on
    the axis, so that broadcasting does no work twice.
    """

    workload: Workload
    sram: SramTable | None

    def __call__(self, figure: Column, /) -> Array: ...


def whole(figure: Array) -> Array:
    """``figure`` as integers, where there is a core; 0 where there is none."""
    return np.nan_to_num(figure).astype(np.int64)
