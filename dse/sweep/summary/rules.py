"""By what a design is recommended: merit and price, the budget, and the trade-offs that are independent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from dse.pricing.metric import Goal, Metric
from dse.pricing.roles import Roles
from dse.spec.goals import Recommend
from dse.sweep.results.designs import Designs, Row
from dse.sweep.results.sweep_results import Results
from dse.sweep.summary.knee import imbalance, independent

NEARLY_BEST = 0.01
"""Within a budget the cheapest design is recommended that is within this share of the best merit there is."""


@dataclass(frozen=True)
class Rules:
    """How the designs of a sweep are put in order."""

    results: Results

    @cached_property
    def roles(self) -> Roles:
        """Which objective is the price, which the merit, and by which rule a design is chosen."""
        results = self.results
        stated = results.record.spec.recommend
        return Roles.of(results.objectives, results.budget, stated, lambda name: self.metric(name).words)

    @property
    def merit(self) -> str:
        """The objective that designs are made equal in."""
        return self.roles.merit

    @property
    def price(self) -> str:
        """The objective that is saved."""
        return self.roles.price

    @property
    def recommend(self) -> Recommend:
        """The rule."""
        return self.roles.recommend

    @property
    def single(self) -> bool:
        """Whether there is one objective only, so that nothing is paid for it."""
        return len(self.results.objectives) == 1

    @property
    def errors(self) -> tuple[str, ...]:
        """The objectives that say how exact a design is: without them a comparison would not be fair."""
        return self.roles.errors

    @cached_property
    def tradeoffs(self) -> tuple[list[str], dict[str, float]]:
        """The objectives between which the knee lies, and R² of each that follows from them."""
        names = list(dict.fromkeys([self.price, self.merit, *self.results.objectives]))
        kept, dropped = independent(self._costs(self.results.front, names))
        return [names[i] for i in kept], {names[i]: share for i, share in dropped.items()}

    def metric(self, name: str) -> Metric:
        return self.results.metric(name)

    def goal(self, name: str) -> Goal:
        return self.results.objectives[name]

    def cost(self, designs: Designs, name: str) -> NDArray[np.float64]:
        """An objective, to be minimised."""
        cost: NDArray[np.float64] = self._sign(name) * designs.column(name).astype(np.float64)
        return cost

    def signed(self, row: Row, name: str) -> float:
        """The same of one design."""
        return self._sign(name) * float(row[name])

    def costs(self, designs: Designs, first: str) -> list[NDArray[np.float64]]:
        """All objectives to be minimised: ``first``, then the price, then the others."""
        names = dict.fromkeys([first, self.price, self.merit, *self.results.objectives])
        return [self.cost(designs, name) for name in names]

    def affordable(self, designs: Designs, but: Collection[str] = ()) -> Designs:
        """Those within the limits, those of objectives ``but`` left out."""
        within = [
            self.cost(designs, name) <= self._sign(name) * limit
            for name, limit in self.results.budget.items()
            if name not in but
        ]
        return designs.where(np.logical_and.reduce(within)) if within else designs

    def standard(self, best: Row) -> dict[str, float]:
        """What designs have to reach to be held against ``best``: where the cheapest is asked for, what the
        spec limits beside the price; else the same merit."""
        if self.by_limits:
            return {name: limit for name, limit in self.results.budget.items() if name != self.price}
        return {self.merit: float(best[self.merit])}

    @property
    def by_limits(self) -> bool:
        """Whether designs are held against the recommended one that keep the limits it keeps."""
        return self.roles.by_limits

    def reaching(self, designs: Designs, standard: Mapping[str, float]) -> Designs:
        """Those that are at least as good as ``standard`` says."""
        for name in standard:
            designs = self.not_worse(designs, dict(standard), name)
        return designs

    @property
    def alike(self) -> str:
        """What designs are that reach the standard, for a table: ``as fast``."""
        if self.by_limits:
            return "within the limits"
        return self.metric(self.merit).alike(self.goal(self.merit))

    def not_worse(self, designs: Designs, than: Row, name: str) -> Designs:
        """Those that are at least as good as ``than`` in an objective."""
        return designs.where(self.cost(designs, name) <= self._sign(name) * than[name])

    def order(self, designs: Designs) -> list[NDArray[Any]]:
        """What recommends, to be minimised in turn: of the ``fastest`` the cheapest of nearly the best merit,
        then those of less; of the ``cheapest`` the price; of the ``knee`` the balance; of one objective the
        best."""
        if self.single:
            return self.costs(designs, self.merit)
        match self.recommend:
            case "fastest":
                return self._nearly_best(designs)
            case "cheapest":
                return self.costs(designs, self.price)
            case "knee":
                return self.balance(designs)
            case unknown:
                assert_never(unknown)

    def balance(self, designs: Designs) -> list[NDArray[Any]]:
        """How far each of ``designs`` is from the best of the front in every independent trade-off."""
        names = self.tradeoffs[0]
        worst, total = imbalance(self._costs(designs, names), self._costs(self.results.front, names))
        return [worst, total, *self.costs(designs, self.price)]

    def _nearly_best(self, designs: Designs) -> list[NDArray[Any]]:
        merit = self.cost(designs, self.merit)
        if not len(merit):
            return [merit]
        less = merit > merit.min() + NEARLY_BEST * abs(merit.min())
        first = np.where(less, merit, self.cost(designs, self.price))
        return [less, first, *self.costs(designs, self.merit)]

    def _costs(self, designs: Designs, names: list[str]) -> NDArray[np.float64]:
        """Objectives, ``[designs, objectives]``, all to be minimised."""
        return np.column_stack([self.cost(designs, name) for name in names])

    def _sign(self, name: str) -> int:
        return 1 if self.goal(name) == "min" else -1
