"""Buffers without values: words that come in, and beats that are offered."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from generator.plan import Buffer


class Word(NamedTuple):
    """What a transfer of a stream says beside its data: the tile counts of its block, and in a packet's last
    word how many bytes count."""

    n_tiles: int
    m_tiles: int
    last_bytes: int = 0


class Front(Protocol):
    """What is between a stream and the cores.

    In a cycle first ``offers`` is asked, then ``takes`` with what the cores answer; ``edge`` ends it.
    """

    def offers(self, word: Word | None) -> Word | None:
        """The beat that is offered to the cores while ``word`` is offered by the stream."""

    def takes(self, word: Word | None, beat_ready: bool) -> bool:
        """Whether ``word`` is taken."""

    def edge(self, word: Word | None, beat_ready: bool) -> None:
        """The clock edge; ``word``: what was taken."""


class Direct:
    """Nothing: the stream itself."""

    def offers(self, word: Word | None) -> Word | None:
        return word

    def takes(self, word: Word | None, beat_ready: bool) -> bool:
        return word is not None and beat_ready

    def edge(self, word: Word | None, beat_ready: bool) -> None:
        pass


class GearboxTokens:
    """``generator.buffering.gearbox``: units that are held, and whether a packet has ended."""

    def __init__(self, buffer: Buffer) -> None:
        plan = buffer.gearbox
        self.unit, self.beat, self.word = plan.unit, plan.beat, plan.word
        self.count, self.ended = 0, False

    @property
    def offers(self) -> bool:
        return self.count >= self.beat

    def _left(self, beat_ready: bool) -> int:
        return self.count - self.beat if self.offers and beat_ready else self.count

    def ready(self, beat_ready: bool) -> bool:
        return not self.ended and self._left(beat_ready) < self.beat

    def edge(self, word: Word | None, beat_ready: bool) -> None:
        left = self._left(beat_ready)
        if word is not None:
            ends = word.last_bytes > 0 and self.word > 1
            self.count = left + (word.last_bytes // self.unit if ends else self.word)
            self.ended = ends
        elif self.ended and left < self.beat:
            self.count, self.ended = 0, False
        else:
            self.count = left


class PrefetchTokens:
    """``generator.buffering.prefetch``: beats that wait in the memory, and whether one is offered."""

    def __init__(self, buffer: Buffer) -> None:
        self.words = buffer.words
        self.gearbox = GearboxTokens(buffer)
        self.waiting, self.shown = 0, False

    def offers(self, word: Word | None) -> Word | None:
        return Word(0, 0) if self.shown else None

    @property
    def _room(self) -> bool:
        return self.waiting + self.shown < self.words

    def takes(self, word: Word | None, beat_ready: bool) -> bool:
        return word is not None and self.gearbox.ready(self._room)

    def edge(self, word: Word | None, beat_ready: bool) -> None:
        room = self._room
        write = self.gearbox.offers and room
        read = self.waiting > 0 and (not self.shown or beat_ready)
        self.gearbox.edge(word, room)
        self.waiting += write - read
        self.shown = read or (self.shown and not beat_ready)


class ReplayTokens:
    """``generator.buffering.replay``: how much of each half is written, and which beat is read next."""

    def __init__(self, buffer: Buffer) -> None:
        self.gearbox = GearboxTokens(buffer)
        self.full = [False, False]
        self.counts = [Word(0, 0), Word(0, 0)]
        self.filling = self.reading = self.written = 0
        self.left, self.starting = 0, True
        self.place, self.passes = 0, 0
        self.shown: tuple[int, bool] | None = None

    def offers(self, word: Word | None) -> Word | None:
        return None if self.shown is None else self.counts[self.shown[0]]

    def takes(self, word: Word | None, beat_ready: bool) -> bool:
        free = not self.full[self.filling] and not (self.starting and self.left)
        return word is not None and free and self.gearbox.ready(True)

    def edge(self, word: Word | None, beat_ready: bool) -> None:
        write = self.gearbox.offers
        there = self.full[self.reading] or (self.filling == self.reading and self.place < self.written)
        done = self.shown is not None and beat_ready
        if done and self.shown is not None and self.shown[1]:
            self.full[self.shown[0]] = False
        if there and (self.shown is None or done):
            self._read()
        elif done:
            self.shown = None
        self.gearbox.edge(word, True)
        if write:
            self._write()
        if word is not None:
            if self.starting:
                self.counts[self.filling], self.left = word, word.n_tiles
            self.starting = word.last_bytes > 0

    def _read(self) -> None:
        counts = self.counts[self.reading]
        self.place += 1
        ends = False
        half = self.reading
        if self.place == counts.n_tiles:
            self.place = 0
            self.passes += 1
            if ends := self.passes == counts.m_tiles:
                self.passes = 0
                self.reading = 1 - self.reading
        self.shown = half, ends

    def _write(self) -> None:
        self.written += 1
        self.left -= 1
        if not self.left:
            self.full[self.filling] = True
            self.filling = 1 - self.filling
            self.written = 0
