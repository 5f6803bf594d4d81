"""What the objectives of a sweep are to its answer: which is paid, which is paid for, and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dse.pricing.metric import EXACT, FAST, SMALL, Comparison, Goal
from dse.spec.goals import Recommend


@dataclass(frozen=True)
class Roles:
    """``price`` is saved, ``merit`` is what designs are made equal in, ``recommend`` the rule.

    Of one objective price and merit are the same. ``errors`` are the objectives that say how exact a design
    is: without them a comparison would not be fair. ``by_limits``: whether designs are held against the
    recommended one that keep the limits it keeps.
    """

    objectives: tuple[str, ...]
    price: str
    merit: str
    recommend: Recommend
    errors: tuple[str, ...]
    by_limits: bool

    @property
    def deciding(self) -> tuple[str, ...]:
        """The objectives that decide what is recommended and what that is held against; the others at most
        between designs that are equal in these. Of the knee all do."""
        if self.recommend == "knee" or len(self.objectives) == 1:
            return self.objectives
        paid = (self.price,) if self.by_limits else (self.price, self.merit)
        return (*paid, *self.errors)

    @classmethod
    def of(
        cls,
        goals: Mapping[str, Goal],
        budget: Mapping[str, float],
        recommend: Recommend | None,
        words: Callable[[str], Comparison | None],
    ) -> Roles:
        """The roles of objectives with ``goals`` and a ``budget``, of which ``words`` compare designs.

        The price is the first area with a budget, else the first area, else the first that has a budget,
        else the first that is minimised. The merit is the first that is maximised, else the first that is no
        price. The rule is what is stated, else the fastest for a limited price, the cheapest that is fast
        enough, the knee where neither is limited.
        """
        minimised = [name for name, goal in goals.items() if goal == "min"]
        areas = [name for name in minimised if words(name) == SMALL]
        budgeted = [name for name in budget if name in minimised]
        within = [name for name in budgeted if name in areas]
        price = (within or areas or budgeted or minimised or list(goals))[0]
        maximised = [name for name, goal in goals.items() if goal == "max"]
        others = [name for name in goals if name != price]
        merit = (maximised or others or [price])[0]
        if recommend is None:
            fast = any(words(name) == FAST for name in budget)
            recommend = "fastest" if price in budget else "cheapest" if fast else "knee"
        exact = tuple(name for name in goals if words(name) == EXACT and name not in (price, merit))
        limited = recommend == "cheapest" and bool(set(budget) - {price}) and len(goals) > 1
        return cls(tuple(goals), price, merit, recommend, exact, limited)
