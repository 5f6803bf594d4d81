"""What a sweep found: the design that it recommends, those it is held against, and the best of each kind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dse.pricing.areas import DESIGN_PARTS
from dse.pricing.metrics import metric
from dse.results.designs import Row, core_of
from dse.results.sweep_results import Results
from dse.spec.workload import Layer
from dse.summary.knee import knee
from dse.summary.layer_runs import LayerRun, layer_runs

TOP = 3
"""Designs that are named for each objective."""


@dataclass(frozen=True)
class Rival:
    """Another value of the compared key: its cheapest design that is as fast as the recommended one, and its
    fastest within the budget; None where it has none."""

    value: Any
    equal: Row | None
    within: Row | None


@dataclass(frozen=True)
class Summary:
    """The findings of a sweep."""

    results: Results

    @cached_property
    def rate(self) -> str:
        """The objective that designs are made equal in: the first that is maximised, else the first."""
        goals = self.results.objectives
        return next((name for name, goal in goals.items() if goal == "max"), next(iter(goals)))

    @cached_property
    def price(self) -> str:
        """The objective that is saved: the first with a budget, else the first that is minimised."""
        goals = self.results.objectives
        budgeted = list(self.results.budget)
        minimised = [name for name, goal in goals.items() if goal == "min" and name != self.rate]
        return (budgeted or minimised or [self.rate])[0]

    @cached_property
    def best(self) -> Row | None:
        """The fastest design within the budget; without one the most balanced, of least product of costs."""
        front = self.results.front
        if self.results.budget:
            return min((row for row in front if self._affordable(row)), key=self._fastest, default=None)
        return min(front, key=self._balance)

    @cached_property
    def ranking(self) -> list[Row]:
        """The designs in the order in which they would be recommended, the best first.

        Those within the budget, on the front of any compared value; where none is, all, the cheapest first.
        """
        if self.best is None:
            return sorted(self.results.fronts, key=lambda row: (row[self.price], row["id"]))
        rule = self._fastest if self.results.budget else self._balance
        rows = filter(self._affordable, self.results.fronts)
        return sorted(rows, key=lambda row: (*rule(row)[:-1], not row["front"], row["id"]))

    @cached_property
    def balanced(self) -> Row:
        """The most balanced design of the front, of least product of costs; within the budget if any is."""
        return min((row for row in self.ranking if row["front"]), key=self._balance)

    @cached_property
    def rivals(self) -> list[Rival]:
        """The other values of the compared key."""
        best, key = self.best, self.results.compare
        if best is None:
            return []
        found = []
        for value in self.results.meta["groups"]:
            if value == best[key]:
                continue
            rows = [row for row in self.results.fronts if row[key] == value]
            fast = [row for row in rows if self._cost(row, self.rate) <= self._cost(best, self.rate)]
            cheapest = min(fast, key=lambda row: (row[self.price], self._fastest(row)), default=None)
            within = min(filter(self._affordable, rows), key=self._fastest, default=None)
            found.append(Rival(value, cheapest, within))
        return found

    @cached_property
    def highlights(self) -> list[tuple[str, Row]]:
        """The designs worth a row of a table, with what they are."""
        if self.best is None:
            return []
        budget = " within the budget" if self.results.budget else ""
        rows = [("recommended", self.best)]
        for rival in self.rivals:
            if rival.equal:
                rows.append((f"{rival.value}, as fast", rival.equal))
            if rival.within and self.results.budget:
                rows.append((f"{rival.value}, fastest{budget}", rival.within))
        for name in self.results.objectives:
            rows.append((self.extreme(name), self.top[name][0]))
        return [*rows, ("knee", self.knee)]

    @cached_property
    def top(self) -> dict[str, list[Row]]:
        """For each objective the ``TOP`` designs of the front that are best in it, best first."""
        front, costs = self.results.front, self._costs
        product = (np.log(np.maximum(np.abs(costs), 1e-30)) * np.where(costs < 0, -1, 1)).sum(axis=1)
        ids = [row["id"] for row in front]
        return {
            name: [front[k] for k in np.lexsort((ids, product, column))[:TOP]]
            for name, column in zip(self.results.objectives, costs.T, strict=True)
        }

    @cached_property
    def knee(self) -> Row:
        """The knee of the front."""
        return self.results.front[knee(self._costs)]

    @cached_property
    def _costs(self) -> NDArray[np.float64]:
        """The objectives of the front, ``[designs, objectives]``, all to be minimised."""
        names = self.results.objectives
        return np.array([[self._cost(row, name) for name in names] for row in self.results.front])

    def extreme(self, name: str) -> str:
        """The best in an objective, in words: ``least area``."""
        return f"{'least' if self.results.objectives[name] == 'min' else 'most'} {metric(name).label}"

    @cached_property
    def layers(self) -> list[LayerRun]:
        """How the recommended design runs each layer of the model."""
        workload = self.results.meta["workload"]
        if self.best is None:
            return []
        layers = [Layer(**fields) for fields in workload["layers"]]
        return layer_runs(core_of(self.best), self.best, layers, workload["tokens"])

    def saving(self, other: Row) -> float:
        """The share of ``other``'s price that the recommended design does without."""
        assert self.best is not None
        return 1 - float(self.best[self.price]) / float(other[self.price])

    def breakdown(self) -> tuple[list[str], list[tuple[str, list[float]]]]:
        """Areas (µm²) by part of the recommended design and of its equals: headings, and a row a part."""
        assert self.best is not None
        designs = [(str(self.best[self.results.compare]), self.best)]
        designs += [(str(rival.value), rival.equal) for rival in self.rivals if rival.equal]
        rows = [(part, [float(row[f"area_{part}"]) for _, row in designs]) for part in DESIGN_PARTS]
        rows = [(part, areas) for part, areas in rows if any(areas)]
        return [name for name, _ in designs], [
            *rows,
            ("total", [float(row["area_um2"]) for _, row in designs]),
        ]

    def _affordable(self, row: Row) -> bool:
        return all(row[name] <= limit for name, limit in self.results.budget.items())

    def _cost(self, row: Row, name: str) -> float:
        value = float(row[name])
        return value if self.results.objectives[name] == "min" else -value

    def _fastest(self, row: Row) -> tuple[float, ...]:
        others = [name for name in self.results.objectives if name != self.rate]
        return (self._cost(row, self.rate), *(self._cost(row, name) for name in others), row["id"])

    def _balance(self, row: Row) -> tuple[float, int]:
        goals = self.results.objectives.items()
        logs = (math.log(max(float(row[n]), 1e-30)) * (1 if goal == "min" else -1) for n, goal in goals)
        return sum(logs), row["id"]
