"""A metric: a figure of a design that knows its name, its unit, which way is better, and its words.

Whoever speaks of a figure, in a sentence, a table or a picture, asks the metric: so the words follow the
objective, whether it is built in or derived in a spec.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dse.pricing.view import Array, View

Goal = Literal["min", "max"]

Form = Literal["number", "percent"]

COST, LEAST_COST, DELAY, CLOCK = "cost", "least_cost", "delay", "clock"
"""What the cost model estimates, and so gets wrong by its error, beside the technology's other quantities:
everything else is counted. ``clock`` is the clock that a core reaches: where one is asked for, it is no
estimate."""


ON_CLOCK = frozenset({CLOCK})


@dataclass(frozen=True)
class Comparison:
    """The words that compare two designs: as ``adjective`` as, the ``superlative``."""

    adjective: str
    superlative: str


FAST = Comparison("fast", "fastest")
EXACT = Comparison("exact", "most exact")
SMALL = Comparison("small", "smallest")


@dataclass(frozen=True)
class Metric:
    """A figure of a design, what it is called, what it says, and how it follows from others.

    ``better``: which way, as a rule; a spec's objective may want the other. ``words`` compare designs by it
    where the language has such words, and ``form`` is how a value is written: shares and relative errors
    are percentages. ``rests_on``: the estimates that it is computed from.
    """

    name: str
    label: str
    unit: str
    says: str
    value: Callable[[View], Array]
    better: Goal = "min"
    words: Comparison | None = None
    form: Form = "number"
    rests_on: frozenset[str] = frozenset()

    def text(self, value: float) -> str:
        """``value`` with its unit, to three digits or the whole number: ``9,849 µm²``, ``0.91 %``."""
        if self.form == "percent":
            return percent(value)
        number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        return f"{number} {self.unit}".rstrip()

    def named(self, value: float) -> str:
        """``value`` with the name of the figure before it: ``weight bandwidth 312 GB/s``."""
        return f"{self.label} {self.text(value)}"

    @property
    def axis(self) -> str:
        """Name and unit, for an axis: ``Area (µm²)``."""
        unit = "" if self.form == "percent" else self.unit
        return f"{self.label[:1].upper()}{self.label[1:]}{f' ({unit})' if unit else ''}"

    def not_worse(self, goal: Goal) -> str:
        """The clause for a design that is at least as good: ``that is at least as fast``."""
        if words := self._words(goal):
            return f"that is at least as {words.adjective}"
        return f"with {'at most' if goal == 'min' else 'at least'} the same {self.label}"

    def alike(self, goal: Goal) -> str:
        """The same for a table: ``as fast``."""
        words = self._words(goal)
        return f"as {words.adjective}" if words else f"same {self.label}"

    def best(self, goal: Goal) -> str:
        """The best there is: ``the fastest``, ``the highest area efficiency``."""
        words = self._words(goal)
        return f"the {words.superlative}" if words else f"the {self.extreme(goal)}"

    def best_of(self, noun: str, goal: Goal) -> str:
        """The best of a kind: ``fastest lut core``, ``lut core of highest area efficiency``."""
        words = self._words(goal)
        return f"{words.superlative} {noun}" if words else f"{noun} of {self.extreme(goal)}"

    def cheapest(self, noun: str, goal: Goal) -> str:
        """The same of a metric that is a price: area makes a core cheap."""
        return f"cheapest {noun}" if self.words == SMALL and goal == "min" else self.best_of(noun, goal)

    def extreme(self, goal: Goal) -> str:
        """Its best value: ``least area``, ``highest token rate``."""
        return f"{'least' if goal == 'min' else 'highest'} {self.label}"

    def _words(self, goal: Goal) -> Comparison | None:
        return self.words if goal == self.better else None


def percent(share: float) -> str:
    """A share as a percentage: one decimal, of small shares two digits."""
    value = 100 * share
    return f"{value:.1f} %" if abs(value) >= 1 or not value else f"{value:.2g} %"
