"""A floating-point unit as a sequence of steps, cut into stages: what all of them have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

from generator.errors import ConfigError


class UnitStep(NamedTuple):
    """A part of a unit: its ``delay`` in levels of logic, and the ``bits`` that are alive after it.

    Sums, comparisons and increments are trees, shifts are levels: who cuts a unit into stages wants it fast,
    and a fast clock has carries run in parallel. A level takes some 35 ps in ASAP7.
    """

    delay: int
    bits: int


@dataclass(frozen=True)
class UnitPlan(ABC):
    """A unit of ``stages`` cycles latency; 0 is combinational. Raises ``ConfigError`` below that."""

    stages: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        if self.stages < 0:
            raise ConfigError(f"stages = {self.stages} is not possible: 0 (combinational) or more is")

    @property
    @abstractmethod
    def steps(self) -> Mapping[str, UnitStep]:
        """The unit's steps by name, in order."""

    @cached_property
    def registers(self) -> dict[str, int]:
        """How many registers follow each step."""
        return registers_after({name: step.delay for name, step in self.steps.items()}, self.stages)

    @cached_property
    def register_bits(self) -> dict[str, int]:
        """Bits of the registers after each step."""
        return {name: count * self.steps[name].bits for name, count in self.registers.items()}

    @property
    def stage_steps(self) -> list[list[str]]:
        """The steps of each stage; of a combinational unit all of them."""
        stages: list[list[str]] = [[]]
        for step, count in self.registers.items():
            stages[-1].append(step)
            if count:
                stages.append([])
        return [stage for stage in stages if stage]


def registers_after(delays: Mapping[str, int], stages: int) -> dict[str, int]:
    """How many registers follow each step of a unit that is cut into ``stages`` stages.

    ``delays`` names the steps in order and says how long each takes (any unit). The last step always ends
    in a register, and the other cuts make the slowest stage as fast as they can. A unit has no more useful
    stages than steps: what is asked beyond that becomes further registers at the output, for a tool that
    retimes.
    """
    names, times = list(delays), list(delays.values())
    registers = dict.fromkeys(names, 0)
    if stages == 0:
        return registers

    def slowest(cuts: tuple[int, ...]) -> int:
        edges = (0, *cuts, len(names))
        return max(sum(times[a:b]) for a, b in pairwise(edges))

    inner = min(stages, len(names)) - 1
    for cut in min(combinations(range(1, len(names)), inner), key=slowest):
        registers[names[cut - 1]] = 1
    registers[names[-1]] = stages - inner
    return registers
