"""One design, looked at as many are: figures of its row, and of the plan of its core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from costmodel.price.energy_coefficients import Energies
from costmodel.price.sram import SramTable
from dse.pricing.computed import computed
from dse.pricing.figure import Column, PlanFigure
from dse.pricing.plan_figures import PLAN_FIGURES
from dse.pricing.tables import unstated_value
from dse.pricing.view import Array, WirePrices
from dse.spec.workload import Workload
from generator.config import CoreConfig
from generator.plan import plan_for


class DesignView:
    """A ``View`` of the design whose keys and metrics are in ``row``, with cores of ``config``.

    Keys that are not in it are what they are in a spec that does not state them.
    """

    def __init__(self, row: Mapping[str, Any], config: CoreConfig, workload: Workload) -> None:
        self.workload = workload
        self.sram: SramTable | None = None  # Areas are figures of the row.
        self.wires: WirePrices | None = None  # So are delays.
        self.energies: Energies | None = None  # And energies.
        self._row, self._plan = row, plan_for(config.alone)

    def __call__(self, figure: Column, /) -> Array:
        if isinstance(figure, str):
            value = self._row.get(figure)
            return unstated_value(figure) if value is None else np.asarray(value)
        if isinstance(figure, PlanFigure):
            return np.asarray(PLAN_FIGURES[figure].value(self._plan))
        return computed(self, figure)
