"""Designs of a block of a space, or some picked ones, looked at through a model's tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy

import numpy as np

from costmodel.price.energy_coefficients import Energies
from costmodel.price.sram import SramTable
from dse.pricing.computed import computed
from dse.pricing.figure import Column
from dse.pricing.filling import Table
from dse.pricing.metric import Metric
from dse.pricing.tables import unstated_value
from dse.pricing.view import WirePrices
from dse.spec.expressions import Expression
from dse.spec.workload import Workload

BANDWIDTH = "bandwidth_gb_per_s"
"""The key that a memory of another bandwidth changes."""


class TableView:
    """Figures of the designs that ``take`` chooses from a model's tables, each computed once.

    All have one workload and technology; ``figures`` are what a spec derives, ``metrics`` what all have.
    """

    def __init__(
        self,
        take: Callable[[Table], Table],
        workload: Workload,
        sram: SramTable | None,
        wires: WirePrices | None,
        energies: Energies | None,
        tables: Mapping[Column, Table],
        figures: Mapping[str, Expression],
        metrics: Mapping[str, Metric],
    ) -> None:
        self.take, self.workload, self.sram, self.wires = take, workload, sram, wires
        self.energies = energies
        self._tables, self._figures, self._metrics = tables, figures, metrics
        self._known: dict[Column, Table] = {}
        self._behind: set[Column] = {BANDWIDTH}
        self._asked = False

    def __call__(self, figure: Column, /) -> Table:
        values = self._known.get(figure)
        if values is None:
            # Whatever asks for the bandwidth on its way to a figure makes that depend on it.
            before, self._asked = self._asked, False
            values = self._known[figure] = self._computed(figure)
            if self._asked:
                self._behind.add(figure)
            self._asked |= before
        if figure in self._behind:
            self._asked = True
        return values

    def behind(self, gigabytes: float) -> TableView:
        """The same designs behind a memory of another bandwidth; what does not depend on it stays known."""
        other = copy(self)
        other._known = {name: values for name, values in self._known.items() if name not in self._behind}
        other._known[BANDWIDTH] = np.asarray(gigabytes)
        other._behind = {*self._behind}
        return other

    def _computed(self, figure: Column) -> Table:
        if figure in self._tables:
            return self.take(self._tables[figure])
        if not isinstance(figure, str):
            return computed(self, figure)
        if figure in self._metrics:
            return self._metrics[figure].value(self)
        if figure in self._figures:
            return np.asarray(self._figures[figure](self), dtype=np.float64)
        return unstated_value(figure)
