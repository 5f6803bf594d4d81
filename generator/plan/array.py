"""Arrays: several equal cores that divide every layer, and what adds their results where these are parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from generator.config import CoreConfig
from generator.plan.core import CorePlan
from generator.plan.widths import KeyElements


@dataclass(frozen=True)
class Joining:
    """A tree that adds ``values`` in pairs of neighbours, level by level; the last of an odd number waits.

    ``stages``: cycles of a level. Everything that is no adder is a register.
    """

    values: int
    stages: int

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """Values in front of each level."""
        left, levels = self.values, []
        while left > 1:
            levels.append(left)
            left -= left // 2
        return tuple(levels)

    @property
    def adders(self) -> int:
        return sum(left // 2 for left in self.levels)

    @property
    def waiting(self) -> int:
        """Values that wait for the next level, all levels together."""
        return sum(left % 2 for left in self.levels)

    @property
    def cycles(self) -> int:
        """From the values to their sum."""
        return len(self.levels) * self.stages


@dataclass(frozen=True)
class ArrayPlan(CorePlan):
    """Equal cores side by side, which take and make their beats in the same cycles.

    To its streams an array is one core that is as wide: with all cores' columns where they divide the
    outputs, with all cores' tables where they divide the inputs. There, a sum of core t's is of the
    activations of its tables, and the results of cores 0, 1, … are added.
    """

    @cached_property
    def core(self) -> CorePlan:
        """One of the cores; exact sums that are to be added leave it as they are."""
        return CorePlan(self.config, rounds=not self.config.adds_results)

    @property
    def tables(self) -> int:
        return self.config.tables * (self.config.cores if self.config.adds_results else 1)

    @property
    def columns(self) -> int:
        return self.config.columns * (1 if self.config.adds_results else self.config.cores)

    @property
    def key_elements(self) -> KeyElements:
        """Those of all cores; packed weights core by core, each with bytes of its own."""
        fields, width = super().key_elements
        return KeyElements(self.config.cores * fields, width)

    @property
    def scale_elements(self) -> KeyElements:
        """Those of all cores, core by core."""
        fields, width = super().scale_elements
        return KeyElements(self.config.cores * fields, width)

    @property
    def most_outputs(self) -> int | None:
        outputs, columns = self.config.outputs, self.config.columns
        return None if outputs is None else outputs * (self.columns // columns)

    @property
    def n_tiles_width(self) -> int:
        return self.core.n_tiles_width

    @cached_property
    def joining(self) -> Joining:
        """What makes one result of those of all cores."""
        return Joining(self.config.cores if self.config.adds_results else 1, self.joining_stages)

    @property
    def latency_cycles(self) -> int:
        return super().latency_cycles + self.joining.cycles


@lru_cache(maxsize=256)
def plan_for(config: CoreConfig) -> CorePlan:
    """The plan of ``config``, made once: an ``ArrayPlan`` where there are several cores."""
    return CorePlan(config) if config.cores == 1 else ArrayPlan(config)
