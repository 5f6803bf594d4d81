"""How beats travel to a core: one in each transfer, or, to a buffer, packed into words of a bus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator.plan import Buffer, CorePlan, Tiling, beat_bits, buffers_of
from sim.fields import beat_bytes

Octets = NDArray[np.uint8]


@dataclass(frozen=True)
class Transport:
    """Packets of ``transfers`` transfers of ``size`` bytes, ``repeats`` of them for every block of tokens.

    A packet is a block's keys, or its activations once. In words its last transfer has ``last_bytes`` that
    count; 0 where transfers are beats.
    """

    beats: int
    transfers: int
    size: int
    repeats: int
    last_bytes: int

    @classmethod
    def of(cls, buffer: Buffer | None, bits: int, beats: int, repeats: int) -> Transport:
        """Of packets of so many ``beats``, with or without a buffer, which repeats them itself."""
        if buffer is None:
            return cls(beats, beats, beat_bytes(bits, 1), repeats, 0)
        return cls(beats, buffer.packet_words(beats), buffer.bus_bits // 8, 1, buffer.last_bytes(beats))

    @property
    def block_transfers(self) -> int:
        """Transfers of a block of tokens."""
        return self.transfers * self.repeats

    def packed(self, chunks: Iterable[Octets]) -> Iterator[Octets]:
        """Beats [beats, bytes], packets in chunks as they come, as transfers [transfers, size]."""
        if not self.last_bytes:
            yield from chunks
            return
        rest = np.empty(0, dtype=np.uint8)
        missing = self.beats
        for chunk in chunks:
            while len(chunk):
                taken, chunk = chunk[:missing], chunk[missing:]
                missing -= len(taken)
                octets = np.concatenate([rest, taken.reshape(-1)])
                if not missing:
                    octets = np.pad(octets, (0, -len(octets) % self.size))
                    missing = self.beats
                whole = len(octets) - len(octets) % self.size
                yield octets[:whole].reshape(-1, self.size)
                rest = octets[whole:]


class Transports(NamedTuple):
    """Of both streams into a core."""

    activation: Transport
    key: Transport


def transports_of(plan: CorePlan, tiling: Tiling) -> Transports:
    """How a layer's beats travel to the design of ``plan``."""
    buffers, bits = buffers_of(plan), beat_bits(plan)
    return Transports(
        Transport.of(buffers.activations, bits.activation, tiling.n_tiles, tiling.restreams),
        Transport.of(buffers.keys, bits.key, tiling.block_keys, 1),
    )


def window_of(buffer: Buffer | None) -> int:
    """Bytes of a stream that are read ahead: as many as its buffer holds."""
    return 0 if buffer is None else buffer.words * buffer.beat_bytes
