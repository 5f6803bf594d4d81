"""The plan of an accelerator: how a core's beats travel over a memory bus, and what a layer takes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd

from generator.errors import WorkloadError
from generator.plan.beats import BeatBits, beat_bits
from generator.plan.core import CorePlan
from generator.plan.registers import ADDRESS_BITS, REGISTER_BITS
from generator.plan.tiling import Tiling

BURST_WORDS = 16
"""Words of a burst. Bursts end at multiples of their size, so none crosses 4 KiB."""
BURSTS_AHEAD = 8
"""Bursts of keys, and of activations, that may be under way or wait for the core."""
BURSTS_BEHIND = 2
"""Bursts of results that may wait for the bus."""
CONTAINERS = (8, 16, 32, 64)
"""Bits that a result may take in memory."""
SIZE_BITS = 32
"""Bits of a number of bytes that are read or written in one go."""
MOST_TOKENS = (1 << 16) - 1
"""Tokens of a layer at most."""


@dataclass(frozen=True)
class Gearing:
    """Beats of ``beat`` bytes that are carried, one behind the other without a gap, by words of ``word``."""

    beat: int
    word: int

    @property
    def unit(self) -> int:
        """Bytes by whose multiples everything moves."""
        return gcd(self.beat, self.word)

    @property
    def beat_units(self) -> int:
        return self.beat // self.unit

    @property
    def word_units(self) -> int:
        return self.word // self.unit

    def words(self, beats: int) -> int:
        """Words that so many beats take, the last perhaps in part."""
        return -(-beats * self.beat // self.word)


@dataclass(frozen=True)
class AcceleratorPlan:
    """A ``core`` (or an array) behind a memory bus of ``bus_bits``; sizes in bytes unless they say bits.

    In memory a beat is whole bytes, its first element lowest, and beats follow each other without a gap; what
    a block of tokens has of a stream begins with a word of the bus. Keys are those of ``keys.bin``, in the
    order of the core's stream. Activations of a block come once: n_tiles beats. Results are beats as the core
    makes them, each element sign-extended (floats: filled up with zeros) to ``container_bits``.
    """

    core: CorePlan
    bus_bits: int

    @property
    def bus_bytes(self) -> int:
        return self.bus_bits // 8

    @property
    def word_shift(self) -> int:
        """Bits of the number of a byte in a word."""
        return self.bus_bytes.bit_length() - 1

    @property
    def word_address_bits(self) -> int:
        return ADDRESS_BITS - self.word_shift

    @property
    def words_bits(self) -> int:
        """Bits of a number of words."""
        return SIZE_BITS - self.word_shift

    @cached_property
    def beats(self) -> BeatBits:
        return beat_bits(self.core)

    @property
    def keys(self) -> Gearing:
        return Gearing(-(-self.beats.key // 8), self.bus_bytes)

    @property
    def activations(self) -> Gearing:
        return Gearing(-(-self.beats.activation // 8), self.bus_bytes)

    @property
    def container_bits(self) -> int:
        """Bits of a result in memory."""
        return next(bits for bits in CONTAINERS if bits >= self.core.result_width)

    @property
    def results_of_a_beat(self) -> int:
        return self.core.config.rows * self.core.columns

    @property
    def results(self) -> Gearing:
        return Gearing(self.results_of_a_beat * self.container_bits // 8, self.bus_bytes)

    @property
    def most_outputs(self) -> int:
        """M of the longest layer: what the core keeps, or counts, and a register of 32 bits says."""
        kept = self.core.most_outputs
        counted = ((1 << self.core.m_tiles_width) - 1) * self.core.columns
        return min(counted if kept is None else kept, (1 << REGISTER_BITS) - 1)

    def layer(self, length: int, outputs: int, tokens: int) -> LayerBytes:
        """What a layer takes in memory. Raises ``WorkloadError`` where it is beyond core or descriptor."""
        if tokens > MOST_TOKENS:
            raise WorkloadError(f"layer {length}x{outputs}, {tokens:,} tokens: {MOST_TOKENS:,} are the most")
        size = LayerBytes(self, Tiling.of(self.core, length, outputs, tokens))
        for what in ("keys", "activations", "results"):
            if (octets := getattr(size, what)) >= 1 << SIZE_BITS:
                raise WorkloadError(
                    f"layer {length}x{outputs}: {octets:,} bytes of {what}, {1 << SIZE_BITS:,} are too many"
                )
        return size


@dataclass(frozen=True)
class LayerBytes:
    """Bytes of a layer in memory, and its words on the bus."""

    plan: AcceleratorPlan
    tiling: Tiling

    @property
    def keys(self) -> int:
        return self.tiling.block_keys * self.plan.keys.beat

    @property
    def activations(self) -> int:
        """Of a block of tokens."""
        return self.tiling.n_tiles * self.plan.activations.beat

    @property
    def results(self) -> int:
        """Of a block of tokens."""
        return self.tiling.m_tiles * self.plan.results.beat

    def words(self, octets: int) -> int:
        """Words that so many bytes take."""
        return -(-octets // self.plan.bus_bytes)

    def aligned(self, octets: int) -> int:
        """``octets`` filled up to whole words: the least stride."""
        return self.words(octets) * self.plan.bus_bytes


@lru_cache(maxsize=256)
def accelerator_plan(plan: CorePlan) -> AcceleratorPlan:
    """The accelerator around the core of ``plan``."""
    return AcceleratorPlan(plan, plan.config.buffers.bus_bits)
