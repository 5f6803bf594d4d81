"""What a sweep found: the design that it recommends, those it is held against, and the best of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dse.pricing.areas import DESIGN_PARTS
from dse.pricing.metrics import metric
from dse.results.designs import Designs, Row, core_of
from dse.results.sweep_results import Results
from dse.spec.workload import Layer
from dse.summary.knee import imbalance, knee
from dse.summary.layer_runs import LayerRun, layer_runs

TOP = 3
"""Designs that are named for each objective."""


@dataclass(frozen=True)
class Rival:
    """Another value of the compared key: its cheapest design that is as good as the recommended one, and its
    fastest within the budget; None where it has none. Both are at least as exact."""

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

    @property
    def errors(self) -> list[str]:
        """The objectives that say how exact a design is: without them a comparison would not be fair."""
        return [name for name in self.results.objectives if metric(name).unit == "relative error"]

    @cached_property
    def best(self) -> Row | None:
        """The fastest design within the budget; without one the most balanced, which is the knee."""
        front = self._affordable(self.results.front)
        return front.least(*self._rule(front))

    @cached_property
    def ranking(self) -> Designs:
        """The designs in the order in which they would be recommended, the best first.

        Those within the budget, on the front of any compared value; where none is, all, the cheapest first.
        """
        if self.best is None:
            everything = self.results.fronts
            return everything.take(everything.order(everything.column(self.price)))
        found = self._affordable(self.results.fronts)
        return found.take(found.order(*self._rule(found), ~found.column("front")))

    @cached_property
    def balanced(self) -> Row:
        """The most balanced design of the front, within the budget if any is."""
        front = self.ranking.where(self.ranking.column("front"))
        row = front.least(*self._imbalance(front))
        assert row is not None
        return row

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
            own = self.of_group(value)
            for name in self.errors:
                own = own.where(own.column(name) <= best[name])
            fast = own.where(self._cost(own, self.rate) <= self._sign(self.rate) * best[self.rate])
            cheapest = fast.least(fast.column(self.price), *self._fastest(fast))
            within = self._affordable(own)
            found.append(Rival(value, cheapest, within.least(*self._fastest(within))))
        return found

    @cached_property
    def highlights(self) -> list[tuple[str, Row]]:
        """The designs worth a row of a table, with what they are."""
        if self.best is None:
            return []
        budget = " within the budget" if self.results.budget else ""
        rows = [("recommended" if self.results.budget else "recommended, the knee", self.best)]
        for rival in self.rivals:
            if rival.equal:
                rows.append((f"{rival.value}, as fast", rival.equal))
            if rival.within and self.results.budget:
                rows.append((f"{rival.value}, fastest{budget}", rival.within))
        for name in self.results.objectives:
            rows.append((self.extreme(name), self.top[name][0]))
        return [*rows, ("knee", self.knee)] if self.results.budget else rows

    @cached_property
    def top(self) -> dict[str, list[Row]]:
        """For each objective the ``TOP`` designs of the front that are best in it, best first."""
        front = self.results.front
        balance = self._imbalance(front)
        return {
            name: list(front.take(front.order(self._cost(front, name), *balance)[:TOP]))
            for name in self.results.objectives
        }

    @cached_property
    def knee(self) -> Row:
        """The knee of the front."""
        return self.results.front[knee(self._costs(self.results.front))]

    def of_group(self, value: Any) -> Designs:
        """The front of one value of the compared key."""
        return self.results.fronts.where(self.results.fronts.column(self.results.compare) == value)

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

    def _affordable(self, designs: Designs) -> Designs:
        """Those within the budget."""
        within = [designs.column(name) <= limit for name, limit in self.results.budget.items()]
        return designs.where(np.logical_and.reduce(within)) if within else designs

    def _sign(self, name: str) -> int:
        return 1 if self.results.objectives[name] == "min" else -1

    def _cost(self, designs: Designs, name: str) -> NDArray[np.float64]:
        """An objective, to be minimised."""
        cost: NDArray[np.float64] = self._sign(name) * designs.column(name).astype(np.float64)
        return cost

    def _rule(self, designs: Designs) -> list[NDArray[np.float64]]:
        """What recommends: the speed where there is a budget, else the balance."""
        return self._fastest(designs) if self.results.budget else self._imbalance(designs)

    def _fastest(self, designs: Designs) -> list[NDArray[np.float64]]:
        others = [name for name in self.results.objectives if name != self.rate]
        return [self._cost(designs, name) for name in (self.rate, *others)]

    def _imbalance(self, designs: Designs) -> list[NDArray[np.float64]]:
        """How far each of ``designs`` is from the best of the front in everything."""
        return list(imbalance(self._costs(designs), self._costs(self.results.front)))

    def _costs(self, designs: Designs) -> NDArray[np.float64]:
        """The objectives, ``[designs, objectives]``, all to be minimised."""
        return np.column_stack([self._cost(designs, name) for name in self.results.objectives])
