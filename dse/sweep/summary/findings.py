"""What a sweep found: the design that it recommends, those it is held against, and the best of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf

from dse.presentation.naming import Naming
from dse.pricing.areas import DESIGN_PARTS
from dse.pricing.kinds import Kind
from dse.sweep.results.designs import Designs, Row, core_of
from dse.sweep.results.sweep_results import Results
from dse.sweep.summary.layer_runs import LayerRun, layer_runs
from dse.sweep.summary.request_parts import RequestPart, request_parts
from dse.sweep.summary.roofline import Roofline, roofline
from dse.sweep.summary.rules import Rules

MOST_RIVALS = 5
"""Other kinds that the recommended design is held against one by one."""

TOP = 3
"""Designs that are named for each objective."""


@dataclass(frozen=True)
class Rival:
    """Another compared kind: its cheapest design that is as good as the recommended one, and its
    best within the budget; None where it has none. Both are at least as exact."""

    value: Kind
    equal: Row | None
    within: Row | None


@dataclass(frozen=True)
class Summary:
    """The findings of a sweep."""

    results: Results

    @cached_property
    def rules(self) -> Rules:
        return Rules(self.results)

    @property
    def naming(self) -> Naming:
        return self.results.naming

    @property
    def merit(self) -> str:
        """The objective that designs are made equal in."""
        return self.rules.merit

    @property
    def price(self) -> str:
        """The objective that is saved; the same where there is one objective only."""
        return self.rules.price

    @cached_property
    def best(self) -> Row | None:
        """The design of those within the limits that the spec's rule chooses."""
        front = self.rules.affordable(self.results.front)
        return front.least(*self.rules.order(front))

    @cached_property
    def ranking(self) -> Designs:
        """The designs in the order in which they would be recommended, the best first.

        Those within the budget, on the front of any compared kind; where none is, all, the cheapest first.
        """
        if self.best is None:
            everything = self.results.fronts
            return everything.take(everything.order(everything.column(self.price)))
        affordable = self.rules.affordable(self.results.fronts)
        return affordable.take(affordable.order(*self.rules.order(affordable), ~affordable.column("front")))

    @cached_property
    def balanced(self) -> Row:
        """The most balanced design of the front, within the budget if any is."""
        front = self.ranking.where(self.ranking.column("front"))
        row = front.least(*self.rules.balance(front))
        assert row is not None
        return row

    @cached_property
    def rivals(self) -> list[Rival]:
        """The other compared kinds; of more than ``MOST_RIVALS`` those that come nearest."""
        best = self.best
        if best is None:
            return []
        rivals = []
        for value in self.results.kinds:
            if value == self.results.kind_of(best):
                continue
            group = self.of_group(value)
            for name in self.rules.errors:
                group = self.rules.not_worse(group, best, name)
            equal = None
            if not self.rules.single:
                good = self.rules.reaching(group, self.rules.standard(best))
                equal = good.least(*self.rules.costs(good, self.price))
            within = self.rules.affordable(group)
            rivals.append(Rival(value, equal, within.least(*self.rules.costs(within, self.merit))))
        nearest = sorted(rivals, key=self._behind)[:MOST_RIVALS]
        return [rival for rival in rivals if rival in nearest]

    def _behind(self, rival: Rival) -> tuple[float, float]:
        """How far a rival is behind in price, then in merit; at last those that have no design."""
        rules = self.rules
        return (
            rules.signed(rival.equal, self.price) if rival.equal else inf,
            rules.signed(rival.within, self.merit) if rival.within else inf,
        )

    @cached_property
    def highlights(self) -> list[tuple[str, Row]]:
        """The designs worth a row of a table, with what they are."""
        if self.best is None:
            return []
        merit, goal = self.rules.metric(self.merit), self.rules.goal(self.merit)
        alike = self.rules.alike
        knee = self.rules.recommend == "knee" and not self.rules.single
        rows = [("recommended, the knee" if knee else "recommended", self.best)]
        for rival in self.rivals:
            name = self.naming.group(rival.value)
            if rival.equal:
                tie = ", not told apart by the model" if self.tied(rival.equal, self.price) else ""
                rows.append((f"{name}, {alike}{tie}", rival.equal))
            if rival.within and (self.rules.recommend == "fastest" or self.rules.single):
                tie = ", not told apart by the model" if self.tied(rival.within, self.merit) else ""
                budget = " within the budget" if self.results.budget else ""
                rows.append((f"{name}, {merit.best(goal).removeprefix('the ')}{budget}{tie}", rival.within))
        for name in self.results.objectives:
            rows.append((self.extreme(name), self.top[name][0]))
        return rows if knee or self.rules.single else [*rows, ("knee", self.knee)]

    @property
    def reference(self) -> tuple[str, Row] | None:
        """The spec's own design, with what it is called."""
        own = self.results.record.reference
        return None if own is None else (own.name, own.row)

    @cached_property
    def top(self) -> dict[str, list[Row]]:
        """For each objective the ``TOP`` designs of the front that are best in it, of equals the cheapest."""
        front = self.results.front
        return {
            name: list(front.take(front.order(*self.rules.costs(front, name))[:TOP]))
            for name in self.results.objectives
        }

    @cached_property
    def knee(self) -> Row:
        """The knee of the front."""
        front = self.results.front
        row = front.least(*self.rules.balance(front))
        assert row is not None
        return row

    def of_group(self, kind: Kind) -> Designs:
        """The front of one compared kind."""
        return self.results.of_kind(self.results.fronts, kind)

    def extreme(self, name: str) -> str:
        """The best in an objective, in words: ``least area``."""
        return self.rules.metric(name).extreme(self.rules.goal(name))

    @cached_property
    def layers(self) -> list[LayerRun]:
        """How the recommended design runs each layer of the model."""
        recorded = self.results.record.workload
        if self.best is None:
            return []
        asked = self.results.workload_of(self.best)
        tokens = asked.rated.tokens if asked else recorded.tokens
        return layer_runs(core_of(self.best), self.best, recorded.layers, tokens)

    @cached_property
    def request(self) -> list[RequestPart]:
        """How the recommended design answers the requests, part by part."""
        if self.best is None or (workload := self.results.workload_of(self.best)) is None:
            return []
        return request_parts(core_of(self.best), self.best, workload)

    @cached_property
    def rooflines(self) -> list[Roofline]:
        """The token rates of the recommended design and of its equals behind other memories."""
        workload = self.results.workload_of
        return [roofline(name, row, asked) for name, row in self.compared if (asked := workload(row))]

    def saving(self, other: Row) -> float:
        """The share of ``other``'s price that the recommended design does without."""
        assert self.best is not None
        return 1 - float(self.best[self.price]) / float(other[self.price])

    def tied(self, other: Row, name: str) -> bool:
        """Whether the recommended design and ``other`` are closer in a figure than the model is exact.

        What no estimate has a part in is told apart however close it is; so is what is equal: that is a fact.
        """
        assert self.best is not None
        mine, theirs = float(self.best[name]), float(other[name])
        return 0 < abs(mine - theirs) < self.results.uncertainty(name) * min(abs(mine), abs(theirs))

    def breakdown(self) -> tuple[list[str], list[tuple[str, list[float]]]]:
        """What parts cost of the recommended design and of its equals: headings, and a row a part."""
        designs, priced = self.compared, self.results.priced
        rows = [(part, [float(row[priced.part(part)]) for _, row in designs]) for part in DESIGN_PARTS]
        rows = [(part, costs) for part, costs in rows if any(costs)]
        return [name for name, _ in designs], [
            *rows,
            ("total", [float(row[priced.key]) for _, row in designs]),
        ]

    @property
    def compared(self) -> list[tuple[str, Row]]:
        """The recommended design and its equals, of a single objective the best of each kind, by value."""
        assert self.best is not None
        designs = [(self.naming.group(self.results.kind_of(self.best)), self.best)]
        for rival in self.rivals:
            row = rival.within if self.rules.single else rival.equal
            if row:
                designs.append((self.naming.group(rival.value), row))
        return designs
