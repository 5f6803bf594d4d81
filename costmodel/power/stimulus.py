"""What is applied to a netlist's ports: streams with a handshake, in 64 lanes that move together.

Lanes differ in data alone. A netlist whose handshakes depend on its data is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from costmodel.power.circuit import Circuit
from costmodel.power.errors import PowerError
from costmodel.power.simulator import ALL, LANES, Numbers, Simulation, Words

Octets = NDArray[np.uint8]
RESET_CYCLES = 4


class Handshake(NamedTuple):
    """The ports of a stream."""

    data: str
    valid: str
    ready: str


@dataclass(frozen=True, eq=False)
class Stream:
    """Beats into a netlist.

    ``beats`` [lanes, distinct beats, bytes] are sent in the ``order`` of their numbers, over and over. In a
    cycle whose number, modulo their count, is not ``offered`` no new beat is begun.
    """

    ports: Handshake
    beats: Octets
    order: NDArray[np.int32]
    offered: NDArray[np.bool_] = field(default_factory=lambda: np.ones(1, dtype=np.bool_))


@dataclass(frozen=True)
class Stimulus:
    """All that drives a netlist.

    ``reset`` is a port that is 0 for the first cycles and 1 then; ``constants`` are ports that keep a value.
    ``counted`` is the stream whose beats are counted; a ``period`` of so many is measured, as often as it
    takes to measure ``cycles`` at least, after ``warm_cycles`` cycles from the first beat on. ``results``
    are always taken.
    """

    clock: str
    reset: str
    constants: Mapping[str, int]
    streams: Sequence[Stream]
    results: Handshake
    counted: int
    period: int
    warm_cycles: int
    cycles: int


@dataclass(frozen=True, eq=False)
class Run:
    """What came of a stimulus: result beats [lanes, beats, bytes], and how many beats were counted."""

    results: Octets
    counted: int
    cycles: int


MOST_WAITING = 500
"""Cycles without a beat after which a netlist is taken to be stuck."""


class Testbench:
    """Applies a stimulus to a simulation of a module of these ports."""

    def __init__(self, circuit: Circuit, ports: Mapping[str, Any], stimulus: Stimulus) -> None:
        self.stimulus = stimulus
        self._nets = {
            name: np.array([circuit.net(bit) for bit in port["bits"]], dtype=np.int32)
            for name, port in ports.items()
        }
        for name in (stimulus.clock, stimulus.reset, *stimulus.constants, *stimulus.results):
            self.nets_of(name)
        self._inputs = [_Input(self, stream) for stream in stimulus.streams]

    def nets_of(self, port: str) -> Numbers:
        """The nets of a port, its lowest bit first. Raises ``PowerError`` for one that is not there."""
        if port not in self._nets:
            raise PowerError(f"the netlist has no port {port}")
        return self._nets[port]

    def run(self, simulation: Simulation, watch: Callable[[int], object] | None = None) -> Run:
        """Resets the netlist and applies the stimulus; ``watch``, called after every cycle, may end it."""
        stimulus, values = self.stimulus, simulation.values
        data, valid, _ = map(self.nets_of, stimulus.results)
        taken: list[Words] = []
        counted = waited = 0
        started: int | None = None
        cycle = 0
        while True:
            moved = [stream.moved(values) for stream in self._inputs]
            measured = started is not None and cycle >= started + stimulus.warm_cycles
            if started is None and any(moved):
                started = cycle
            if uniform(values[valid[0]], stimulus.results.valid) and cycle > RESET_CYCLES:
                taken.append(values[data].copy())
            changes: list[tuple[Numbers, Words]] = []
            if cycle == 0:
                for port, value in {
                    **stimulus.constants,
                    stimulus.results.ready: 1,
                    stimulus.reset: 0,
                }.items():
                    changes.append(_constant(self.nets_of(port), value))
            if cycle == RESET_CYCLES:
                changes.append(_constant(self.nets_of(stimulus.reset), 1))
            if cycle >= RESET_CYCLES:
                for stream, gone in zip(self._inputs, moved, strict=True):
                    changes += stream.following(gone, cycle)
            # The cycle that begins now works with what was accepted at its edge.
            if measured:
                counted += moved[stimulus.counted]
                whole = counted > 0 and counted % stimulus.period == 0 and moved[stimulus.counted]
            nets = [nets for nets, _ in changes] or [np.zeros(0, np.int32)]
            words = [words for _, words in changes] or [np.zeros(0, np.uint64)]
            simulation.cycle(np.concatenate(nets), np.concatenate(words), measured)
            if watch is not None and watch(cycle):
                break
            cycle += 1
            if measured and whole and simulation.cycles >= stimulus.cycles:
                break
            waited = 0 if any(moved) else waited + 1
            if waited > MOST_WAITING:
                raise PowerError(f"the netlist takes no beat for {MOST_WAITING:,} cycles")
        return Run(_octets(taken), counted, simulation.cycles)


class _Input:
    """A stream on its way: which beat is offered, if any."""

    def __init__(self, bench: Testbench, stream: Stream) -> None:
        self._stream = stream
        self._data, valid, ready = map(bench.nets_of, stream.ports)
        self._valid, self._ready = valid, int(ready[0])
        self._at = 0
        self._offers = False

    def moved(self, values: Words) -> bool:
        """Whether the beat that is offered is taken at the coming edge."""
        return self._offers and uniform(values[self._ready], self._stream.ports.ready)

    def following(self, gone: bool, cycle: int) -> list[tuple[Numbers, Words]]:
        """What changes at the ports after an edge at which the beat was taken or not."""
        stream = self._stream
        self._at += gone
        if self._offers and not gone:
            return []
        offered = bool(stream.offered[cycle % len(stream.offered)])
        changes: list[tuple[Numbers, Words]] = []
        if offered != self._offers:
            changes.append(_constant(self._valid, int(offered)))
        self._offers = offered
        if offered:
            number = int(stream.order[self._at % len(stream.order)])
            changes.append((self._data, words_of(stream.beats[:, number], len(self._data))))
        return changes


def uniform(word: Any, port: str) -> bool:
    """What a wire is in all lanes. Raises ``PowerError`` where they differ."""
    value = int(word)
    if value not in (0, ALL):
        raise PowerError(f"{port} depends on data: lanes that move together are expected")
    return value == ALL


def words_of(octets: Octets, bits: int) -> Words:
    """[lanes, bytes] as a word of lanes for each of so many bits; fewer lanes than there are are repeated."""
    every = np.unpackbits(octets, axis=1, bitorder="little")
    every = np.pad(every, ((0, 0), (0, max(0, bits - every.shape[1]))))[:, :bits]
    lanes = every[np.arange(LANES) % len(every)]
    packed = np.packbits(np.ascontiguousarray(lanes.T), axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").reshape(-1).astype(np.uint64)


def _octets(words: Sequence[Words]) -> Octets:
    """Words of lanes, a list of beats, as [lanes, beats, bytes]."""
    if not words:
        return np.zeros((LANES, 0, 0), dtype=np.uint8)
    bits = np.unpackbits(
        np.stack(words).astype("<u8").view(np.uint8).reshape(len(words), -1, 8), axis=2, bitorder="little"
    )
    return np.packbits(bits.transpose(2, 0, 1), axis=2, bitorder="little")


def _constant(nets: Numbers, value: int) -> tuple[Numbers, Words]:
    """The same value in all lanes."""
    bits = [ALL if value >> i & 1 else 0 for i in range(len(nets))]
    return nets, np.array(bits, dtype=np.uint64)
