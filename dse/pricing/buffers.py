"""Memories on chip that cores need behind a memory off chip: how large they are, and what they cost.

A block of activations is replayed for every tile of outputs while the next one arrives, results are gathered
into bursts, keys are fetched ahead by as much as the memory takes to answer; weights may lie on chip
altogether. All but the weights have two halves, of which one is filled while the other is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Literal, NamedTuple, assert_never

import numpy as np

from costmodel.price.buffering import PORTS
from costmodel.price.sram import Sram
from dse.pricing.demands import accesses, activation_beat, key_beat, share
from dse.pricing.figure import PlanFigure, Step
from dse.pricing.view import Array, View
from dse.spec.workload import Shape
from generator.plan import activation_words, key_words, result_words

Use = Literal["activations", "results", "keys", "weights"]


class Buffer(NamedTuple):
    """``words`` of ``bits`` in the designs that have ``there``; ``ports`` for reading and writing at once."""

    use: Use
    there: Array
    words: Array
    bits: Array
    ports: int


def buffers(view: View) -> Iterator[Buffer]:
    """The memories of designs, those that no design has left out."""
    if (held := view("activation_buffer")).any():
        longest = share(view, Shape(view.workload.longest, view.workload.widest, 1, 1))
        block = np.ceil(longest.inputs / view("tile_length"))
        words = activation_words(block)
        yield Buffer("activations", held, words, activation_beat(view) * longest.streams, PORTS)
        results = view("cores") // longest.streams * view("rows") * view("columns")
        bits = results * view(PlanFigure.RESULT_WIDTH)
        yield Buffer("results", held, result_words(8 * view("burst_bytes"), bits), bits, PORTS)
    if (ahead := view("key_buffer")).any():
        rate = view(Step.MEMORY_RATE)
        answer = np.where(np.isfinite(rate), rate, 0.0) * view("latency_ns") * 1e-9
        words = key_words(answer, 8 * view("burst_bytes"), key_beat(view))
        yield Buffer("keys", ahead, words, key_beat(view), PORTS)
    if (stored := view("weights") == "on_chip").any():
        bits = key_beat(view)
        words = np.ceil(view.workload.weights * view("bits_per_weight") / bits)
        yield Buffer("weights", stored, words, bits, 1)


def _memories(view: View) -> Iterator[tuple[Buffer, Sram]]:
    for buffer in buffers(view):
        assert view.sram is not None
        yield buffer, view.sram.memory(buffer.words, buffer.bits, buffer.ports)


def area(view: View) -> Array:
    """µm² of all memories."""
    areas = [np.where(buffer.there, memory.area_um2, 0.0) for buffer, memory in _memories(view)]
    return reduce(np.add, areas, np.zeros(()))


def access(view: View) -> Array:
    """ps of the slowest access; 0 where there is no memory."""
    times = [np.where(buffer.there, memory.access_ps, 0.0) for buffer, memory in _memories(view)]
    return reduce(np.maximum, times, np.zeros(()))


def picojoules(view: View, shapes: Sequence[Shape]) -> Array:
    """pJ that the memories take for some layers."""
    steps, loads, results = accesses(view, shapes)
    total = np.zeros(())
    for buffer, memory in _memories(view):
        match buffer.use:
            case "activations":
                energy = steps * memory.read_pj + loads * memory.write_pj
            case "results":
                energy = results * (memory.read_pj + memory.write_pj)
            case "keys":
                energy = steps * (memory.read_pj + memory.write_pj)
            case "weights":
                energy = steps * memory.read_pj
            case unknown:
                assert_never(unknown)
        total = total + np.where(buffer.there, energy, 0.0)
    return np.asarray(total)
