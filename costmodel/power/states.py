"""Which of a cell's energies holds in which state of its pins: Liberty's conditions as tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from costmodel.cells.functions import FunctionError, truth_table, variables
from costmodel.cells.powers import CellPower, InternalPower
from costmodel.cells.samples import Samples

Class = tuple[Samples | None, str]
"""An energy (fJ; None is none) over slew and load, and the pin whose slew counts."""


class Classes:
    """Numbers the different energies of a kind of cell, as they are asked for."""

    def __init__(self, power: CellPower | None) -> None:
        self._power = power
        self._numbers: dict[Class, int] = {}

    @property
    def classes(self) -> tuple[Class, ...]:
        return tuple(self._numbers)

    def of_arc(self, output: str, related: str, edge: int, pins: Sequence[str]) -> list[int]:
        """The class of an output's edge that an input causes, by the state of ``pins``."""
        power = self._of_pin(output)
        mine = [energy for energy in power if energy.related == related]
        return self._by_state(mine, related, edge, pins)

    def of_input(self, pin: str, edge: int, pins: Sequence[str]) -> list[int]:
        """The class of an input's own edge, by the state of ``pins``."""
        return self._by_state([e for e in self._of_pin(pin) if not e.related], pin, edge, pins)

    def _of_pin(self, pin: str) -> tuple[InternalPower, ...]:
        return () if self._power is None else self._power.pins.get(pin, ())

    def _by_state(
        self, energies: Sequence[InternalPower], slew: str, edge: int, pins: Sequence[str]
    ) -> list[int]:
        """Of each state the first whose condition holds, else the one without a condition, else none."""
        conditions = [(energy, holds(energy.when, tuple(pins))) for energy in energies if energy.when]
        default = next((energy for energy in energies if not energy.when), None)
        classes = []
        for state in range(1 << len(pins)):
            energy = next((energy for energy, when in conditions if when >> state & 1), default)
            samples = None if energy is None else (energy.rise, energy.fall)[edge]
            classes.append(self._numbers.setdefault((samples, slew), len(self._numbers)))
        return classes


@lru_cache(maxsize=1 << 14)
def holds(condition: str, pins: tuple[str, ...]) -> int:
    """In which states of ``pins`` a condition holds, as a truth table; one on other pins may hold in both.

    What cannot be read holds never.
    """
    try:
        names = variables(condition)
        others = [name for name in names if name not in pins]
        table = truth_table(condition, [*pins, *others])
    except FunctionError:
        return 0
    size = 1 << len(pins)
    merged = 0
    for i in range(1 << len(others)):
        merged |= table >> (i * size) & ((1 << size) - 1)
    return merged


def leakage_of(power: CellPower | None, pins: Sequence[str]) -> list[float]:
    """The leakage (nW) of each state of ``pins``: the mean over the conditions that may hold in it."""
    if power is None:
        return [0.0] * (1 << len(pins))
    states = [(nw, holds(when, tuple(pins))) for when, nw in power.leakage if when]
    default = next((nw for when, nw in power.leakage if not when), None)
    if default is None:
        default = sum(nw for nw, _ in states) / len(states) if states else 0.0
    leakage = []
    for state in range(1 << len(pins)):
        here = [nw for nw, when in states if when >> state & 1]
        leakage.append(sum(here) / len(here) if here else default)
    return leakage
