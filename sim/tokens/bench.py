"""The drivers' side without values: streams that pause or wait for a memory, around a design of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from generator.plan import Buffer, CorePlan, Tiling, beat_bits, buffers_of
from sim.dram import Channel, Reader
from sim.fields import beat_bytes
from sim.pauses import Pauses
from sim.session import Session
from sim.tokens.buffers import Direct, Front, PrefetchTokens, ReplayTokens, Word
from sim.tokens.core import CoreTokens
from sim.transport import Transport, transports_of, window_of

STANDSTILL = 100_000
"""Cycles without a result after which the design is taken to hang; longer than any memory takes."""


@dataclass
class Movements:
    """The cycles in which activations and keys are taken, and results first offered and taken."""

    activation: list[int] = field(default_factory=list)
    key: list[int] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)
    result: list[int] = field(default_factory=list)


class Source:
    """A stream's transfers, offered as the drivers do: once offered, until it is taken."""

    def __init__(self, words: Iterator[Word], pauses: Pauses, delay: int, reader: Reader | None) -> None:
        self._words, self._pauses, self._delay, self._reader = words, pauses, delay, reader
        self._next = next(words, None)
        self.offered: Word | None = None

    def edge(self, cycle: int, taken: bool) -> None:
        if self._reader is not None:
            self._reader.ask(cycle)
        if self.offered is not None and not taken:
            return
        self.offered = None
        if self._next is None or cycle < self._delay or self._pauses[cycle]:
            return
        if self._reader is not None:
            if not self._reader.there(cycle):
                return
            self._reader.hand()
        self.offered, self._next = self._next, next(self._words, None)


def _words(tilings: Sequence[Tiling], transports: Sequence[Transport]) -> Iterator[Word]:
    for tiling, transport in zip(tilings, transports, strict=True):
        word = Word(tiling.n_tiles, tiling.m_tiles)
        last = word._replace(last_bytes=transport.last_bytes)
        for _ in range(tiling.blocks * transport.repeats):
            for _ in range(transport.transfers - 1):
                yield word
            yield last


def _front(buffer: Buffer | None, kind: type[ReplayTokens] | type[PrefetchTokens]) -> Front:
    return Direct() if buffer is None else kind(buffer)


def movements_of(plan: CorePlan, tilings: Sequence[Tiling], session: Session) -> Movements:
    """When everything moves in a ``session`` with layers of ``tilings``; cycles count from its begin."""
    buffers = buffers_of(plan)
    channel = None if session.dram is None else Channel(session.dram)
    activations, keys = zip(*(transports_of(plan, tiling) for tiling in tilings), strict=True)
    sources = []
    for number, (each, buffer) in enumerate(((activations, buffers.activations), (keys, buffers.keys))):
        reader = None
        if channel is not None:
            reader = reader_of(channel, tilings[0].blocks, each[0], buffer)
        pauses = Pauses(session.seed, number, session.stalls[number])
        sources.append(Source(_words(tilings, each), pauses, int(session.delays[number]), reader))
    fronts = (_front(buffers.activations, ReplayTokens), _front(buffers.keys, PrefetchTokens))
    results = sum(tiling.blocks * tiling.m_tiles for tiling in tilings)
    return _run(plan, sources, fronts, session, channel, results)


def reader_of(channel: Channel, blocks: int, transport: Transport, buffer: Buffer | None) -> Reader:
    """How a layer's stream is read: as far ahead as its buffer is large, a burst at a time without one."""
    total = blocks * transport.block_transfers
    return Reader(channel, transport.size, transport.transfers, total, window_of(buffer))


def _run(
    plan: CorePlan,
    sources: Sequence[Source],
    fronts: tuple[Front, Front],
    session: Session,
    channel: Channel | None,
    results: int,
) -> Movements:
    activations, keys = sources
    replay, prefetch = fronts
    core, moved = CoreTokens(plan), Movements()
    pauses, delay = Pauses(session.seed, 2, session.stalls.result), session.delays.result
    result_bytes = beat_bytes(beat_bits(plan).result, 1)
    cycle, ready, waiting, progress = 0, False, False, 0
    while len(moved.result) < results and cycle < progress + STANDSTILL:
        activation, key = activations.offered, keys.offered
        beat, key_beat = replay.offers(activation), prefetch.offers(key)
        beat_ready, key_ready = core.answer(beat is not None, key_beat is not None, ready)
        activation_taken, key_taken = replay.takes(activation, beat_ready), prefetch.takes(key, key_ready)
        if core.offers_result:
            if not waiting:
                moved.offered.append(cycle)
            waiting = not ready
            if ready:
                moved.result.append(cycle)
                progress = cycle
                if channel is not None:
                    channel.write(cycle, result_bytes)
        core.edge(beat if beat_ready else None)
        replay.edge(activation if activation_taken else None, beat_ready)
        prefetch.edge(key if key_taken else None, key_ready)
        if activation_taken:
            moved.activation.append(cycle)
        if key_taken:
            moved.key.append(cycle)
        activations.edge(cycle, activation_taken)
        keys.edge(cycle, key_taken)
        ready = cycle >= delay and not pauses[cycle]
        cycle += 1
    return moved
