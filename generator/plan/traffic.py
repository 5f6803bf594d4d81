"""What a layer moves between cores and a memory off chip, and how long it takes behind one.

Everything goes on at once, so a layer takes as long as the slowest of computing it, its words on a bus, and
its bytes through the memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.plan.beats import beat_bits
from generator.plan.buffers import Buffer, buffers_of
from generator.plan.core import CorePlan
from generator.plan.tiling import Tiling


@dataclass(frozen=True)
class Stream:
    """One of the streams into the cores: ``packets`` of ``octets`` bytes each, with a ``buffer`` or not."""

    packets: int
    octets: int
    buffer: Buffer | None

    @property
    def total(self) -> int:
        """Bytes in all."""
        return self.packets * self.octets

    def bus_cycles(self) -> int:
        """Cycles that its words take on the bus; a stream of beats is as wide as the cores take it."""
        return 0 if self.buffer is None else self.packets * -(-8 * self.octets // self.buffer.bus_bits)

    def answer_cycles(self, octets_per_cycle: float, latency: float, burst: int) -> float:
        """Cycles of its bursts, of which as many are on their way as the buffer holds, or one.

        The next is asked for a cycle after there is room for it: of the first that is on its way so much is
        taken that a burst fits again.
        """
        each = -(-self.octets // burst)
        bursts, size = self.packets * each, self.octets / each
        if self.buffer is None:
            return bursts * (latency + size / octets_per_cycle)
        window = max(self.buffer.words * self.buffer.beat_bytes, burst)
        together, spare = divmod(window, burst)
        taken = max(size - spare, 0) / min(octets_per_cycle, self.buffer.bus_bits / 8)
        return bursts * (latency + taken + 1) / together


@dataclass(frozen=True)
class Traffic:
    """The bytes of a layer: keys for every block of tokens, activations as often as they come, results."""

    activations: Stream
    keys: Stream
    results: int

    @classmethod
    def of(cls, plan: CorePlan, tiling: Tiling) -> Traffic:
        buffers = buffers_of(plan)
        activation, key, result = (-(-bits // 8) for bits in beat_bits(plan))
        times = 1 if buffers.activations else tiling.restreams
        return cls(
            Stream(tiling.blocks * times, tiling.n_tiles * activation, buffers.activations),
            Stream(tiling.blocks, tiling.block_keys * key, buffers.keys),
            tiling.blocks * tiling.m_tiles * result,
        )

    @property
    def total(self) -> int:
        """Bytes that the memory moves."""
        return self.activations.total + self.keys.total + self.results


def cycles_behind(
    plan: CorePlan, tiling: Tiling, octets_per_cycle: float, latency: float, burst: int
) -> float:
    """Cycles of a layer behind a memory: so many bytes a cycle for all, a burst after ``latency`` cycles."""
    traffic = Traffic.of(plan, tiling)
    streams = (traffic.activations, traffic.keys)
    moving = max(
        traffic.total / octets_per_cycle,
        *(stream.bus_cycles() for stream in streams),
        *(stream.answer_cycles(octets_per_cycle, latency, burst) for stream in streams),
    )
    return max(tiling.cycles, moving + tiling.latency_cycles)


def cycles_at_full_rate(plan: CorePlan, tiling: Tiling) -> int:
    """Cycles of a layer whose words come one a cycle."""
    traffic = Traffic.of(plan, tiling)
    words = max(traffic.activations.bus_cycles(), traffic.keys.bus_cycles())
    return max(tiling.cycles, words + tiling.latency_cycles)
