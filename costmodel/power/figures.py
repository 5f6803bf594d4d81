"""What a measurement of power says: energies in fJ a clock cycle, means over lanes and measured cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

KINDS = ("switching", "internal", "clock", "leakage")
"""Nets and pins charged and discharged; inside the cells; the clock's pins, what flip-flops take of its
edges, and its tree; leakage, for a clock period."""
CLOCK_TREE = "clock tree"
"""The part that the estimated buffers of the clock are."""

Mode = Literal["timed", "lenient", "zero_delay"]


@dataclass(frozen=True)
class Energy:
    """Of one run: fJ a cycle by part and kind, and toggles of nets a cycle."""

    parts: Mapping[str, Mapping[str, float]]
    toggles: float

    @property
    def total_fj(self) -> float:
        return sum(sum(kinds.values()) for kinds in self.parts.values())

    def times(self, factor: float) -> Energy:
        """All of it so many times."""
        parts = {
            part: {kind: factor * fj for kind, fj in kinds.items()} for part, kinds in self.parts.items()
        }
        return Energy(parts, factor * self.toggles)

    def of_part(self, part: str) -> float:
        """What a part takes; 0 of one that is not there."""
        return sum(self.parts.get(part, {}).values())

    def of_kind(self, kind: str) -> float:
        """What is of a kind, over all parts."""
        return sum(kinds.get(kind, 0.0) for kinds in self.parts.values())


@dataclass(frozen=True)
class MeasuredEnergy:
    """What a core takes, by three runs of the same stimulus.

    ``timed`` has glitches, with inertial delays: a pulse shorter than a gate's delay does not leave it.
    ``lenient`` lets pulses of half that length pass, which shows what the filter is worth; it is
    measured over the first quarter of the cycles, and scaled as the timed run goes on. ``zero_delay`` has
    no glitches. ``macs_per_cycle`` are multiply-accumulates that were done, of one lane. ``delay_ps`` is the
    netlist's longest path, ``clock_buffers`` are those of the estimated clock tree.
    """

    timed: Energy
    lenient: Energy
    zero_delay: Energy
    macs_per_cycle: float
    clock_ps: float
    cycles: int
    lanes: int
    cells: int
    flip_flops: int
    area_um2: float
    voltage: float = 0.0
    delay_ps: float = 0.0
    clock_buffers: int = 0

    def of(self, mode: Mode) -> Energy:
        """One of the runs."""
        energy: Energy = getattr(self, mode)
        return energy

    def fj_per_mac(self, mode: Mode = "timed") -> float:
        """fJ a multiply-accumulate; infinite where none was done."""
        return self.of(mode).total_fj / self.macs_per_cycle if self.macs_per_cycle else float("inf")

    def idle_fj(self, busy: MeasuredEnergy) -> float:
        """What a cycle without a key takes, of a core that waits in a share of cycles.

        ``busy`` is the same core without waiting; its cycles with a key are taken to take as much. Raises
        ``ValueError`` where this one does not wait.
        """
        share = self.macs_per_cycle / busy.macs_per_cycle
        if share >= 1:
            raise ValueError("no cycle without a key: nothing waits")
        return (self.timed.total_fj - share * busy.timed.total_fj) / (1 - share)

    @property
    def pj_per_cycle(self) -> float:
        return self.timed.total_fj / 1000

    @property
    def power_mw(self) -> float:
        """At the clock: 1 fJ in 1 ps is 1 mW."""
        return self.timed.total_fj / self.clock_ps

    @property
    def glitch_share(self) -> float:
        """The share of the energy that glitches take."""
        return 1 - self.zero_delay.total_fj / self.timed.total_fj
