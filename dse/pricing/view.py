"""What a figure is computed from: the designs that are looked at, asked for keys, metrics and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from costmodel.price.energy_coefficients import Energies
from costmodel.price.sram import SramTable
from costmodel.price.technology import Technology
from costmodel.price.wires import WireFit, Wiring
from costmodel.speeds import SPEEDS
from dse.pricing.figure import Column
from dse.spec.workload import Workload

Array = NDArray[Any]


@dataclass(frozen=True)
class WirePrices:
    """What wires make of a design: the fit of its technology, and for each speed what areas grow by."""

    fit: WireFit
    spread: Mapping[str, float]

    @classmethod
    def of(cls, technology: Technology, wires: Wiring) -> WirePrices | None:
        """Those of a technology, if they count. Raises ``TechnologyError`` where it has none."""
        if wires == "none":
            return None
        return cls(technology.wire_fit, {speed: technology.spread(speed) for speed in SPEEDS})


class View(Protocol):
    """Figures of some designs, keys and metrics by name, and what all designs share.

    ``sram`` are the memories on chip that the technology has, if any; ``wires`` is what those of a placement
    cost, None where they do not count; ``energies`` is what cores take when they work, None where nobody has
    measured that.

    Arrays have one dimension for each axis of the space, of length one where the figure does not depend on
    the axis, so that broadcasting does no work twice.
    """

    workload: Workload
    sram: SramTable | None
    wires: WirePrices | None
    energies: Energies | None

    def __call__(self, figure: Column, /) -> Array: ...


def whole(figure: Array) -> Array:
    """``figure`` as integers, where there is a core; 0 where there is none."""
    return np.nan_to_num(figure).astype(np.int64)


def weighted_sum(terms: Iterable[tuple[float, Array]]) -> Array:
    """The sum of arrays times numbers, in the order of ``terms``, with few arrays in between.

    Making arrays is what the time of a block goes into.
    """
    total = np.zeros(())
    for weight, values in terms:
        term = np.asarray(values * weight, dtype=np.float64)
        if term.shape == np.broadcast_shapes(term.shape, total.shape):
            term += total
            total = term
        else:
            total = total + term
    return total
