"""Memories between a bus and the cores: how large they are. The RTL builds them so, the price counts them so.

A block of activations is replayed for every tile of outputs while the next one is written, so there are two
halves. Keys are held ahead by as much as the memory takes to answer. The sizes are plain arithmetic, on
numbers or on arrays of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import Any

from generator.plan.beats import beat_bits
from generator.plan.core import CorePlan


def activation_words(n_tiles: Any) -> Any:
    """Beats of two halves, each of a block of tokens of up to ``n_tiles`` tiles."""
    return 2 * n_tiles


def key_words(answer_bits: Any, burst_bits: Any, beat_bits: Any) -> Any:
    """Beats of keys, two halves: of what a memory could deliver until it answers, in whole bursts."""
    bursts = -(-answer_bits // burst_bits)
    return 2 * -(-(bursts + (bursts == 0)) * burst_bits // beat_bits)


def result_words(burst_bits: Any, beat_bits: Any) -> Any:
    """Beats of results, two halves of a burst."""
    return 2 * -(-burst_bits // beat_bits)


@dataclass(frozen=True)
class GearboxPlan:
    """How words become beats: both in units of their greatest common divisor, of ``unit`` bytes."""

    unit: int
    beat: int
    word: int

    @classmethod
    def of(cls, bus_bits: int, beat_bits: int) -> GearboxPlan:
        beat, word = -(-beat_bits // 8), bus_bits // 8
        unit = gcd(beat, word)
        return cls(unit, beat // unit, word // unit)

    @property
    def capacity(self) -> int:
        """Units that are held at most: a beat that lacks one, and a word."""
        return self.beat + self.word - 1

    def writers(self, place: int) -> range:
        """How many units may be before a word of which a unit goes to ``place``."""
        return range(max(0, place - self.word + 1), min(place, self.beat - 1) + 1)

    def moves(self, place: int) -> bool:
        """Whether what is a beat further comes to ``place`` when a beat is given."""
        return place + self.beat < self.capacity

    @property
    def register_bits(self) -> int:
        return 8 * self.unit * self.capacity

    @property
    def choice_bits(self) -> int:
        """Bits that are chosen between two, besides those that a register holds or takes."""
        sources = sum(len(self.writers(place)) + self.moves(place) for place in range(self.capacity))
        return 8 * self.unit * (sources - self.capacity)


@dataclass(frozen=True)
class Buffer:
    """A memory of ``words`` beats of ``bits``, which come as words of ``bus_bits``: packed into whole bytes,
    beat after beat."""

    words: int
    bits: int
    bus_bits: int

    @property
    def beat_bytes(self) -> int:
        return -(-self.bits // 8)

    @property
    def gearbox(self) -> GearboxPlan:
        return GearboxPlan.of(self.bus_bits, self.bits)

    @property
    def address_bits(self) -> int:
        return max(1, (self.words - 1).bit_length())

    def packet_words(self, beats: int) -> int:
        """Words of the bus that hold so many beats."""
        return -(-beats * self.beat_bytes * 8 // self.bus_bits)

    def last_bytes(self, beats: int) -> int:
        """Bytes of the last of these words that count."""
        return (beats * self.beat_bytes - 1) % (self.bus_bits // 8) + 1


@dataclass(frozen=True)
class Buffers:
    """The buffers of a design, where it has them."""

    activations: Buffer | None
    keys: Buffer | None

    @property
    def all(self) -> tuple[Buffer, ...]:
        return tuple(buffer for buffer in (self.activations, self.keys) if buffer is not None)


@lru_cache(maxsize=256)
def buffers_of(plan: CorePlan) -> Buffers:
    """The buffers of the design of ``plan``."""
    asked, bits = plan.config.buffers, beat_bits(plan)
    halves = activation_words(plan.max_n_tiles)
    return Buffers(
        Buffer(halves, bits.activation, asked.bus_bits) if asked.activations else None,
        Buffer(asked.keys, bits.key, asked.bus_bits) if asked.keys else None,
    )
