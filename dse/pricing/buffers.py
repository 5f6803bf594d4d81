"""Memories on chip that cores need behind a memory off chip: how large they are, and what they cost.

A block of activations is replayed for every tile of outputs while the next one arrives, results are gathered
into bursts, keys are fetched ahead by as much as the memory takes to answer; weights may lie on chip
altogether. All but the weights have two halves, of which one is filled while the other is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple, assert_never, get_args

import numpy as np

from costmodel.price.buffering import PORTS
from costmodel.price.sram import Sram
from dse.pricing.demands import Share, accesses, activation_beat, key_beat, share
from dse.pricing.figure import BufferFigure, PlanFigure, Step, Use
from dse.pricing.view import Array, View
from dse.spec.workload import Shape
from generator.plan import activation_words, key_words, result_words

USES: tuple[Use, ...] = get_args(Use)


class Buffer(NamedTuple):
    """``words`` of ``bits`` in the designs that have ``there``; ``ports`` for reading and writing at once."""

    there: Array
    words: Array
    bits: Array
    ports: int


def buffer(view: View, use: Use) -> Buffer | None:
    """The memory for a use; None where no design has one."""
    match use:
        case "activations" if (held := view("activation_buffer")).any():
            longest = _longest(view)
            block = np.ceil(longest.inputs / view("tile_length"))
            return Buffer(held, activation_words(block), activation_beat(view) * longest.streams, PORTS)
        case "results" if (held := view("activation_buffer")).any():
            results = view("cores") // _longest(view).streams * view("rows") * view("columns")
            bits = results * view(PlanFigure.RESULT_WIDTH)
            return Buffer(held, result_words(8 * view("burst_bytes"), bits), bits, PORTS)
        case "keys" if (ahead := view("key_buffer")).any():
            rate = view(Step.MEMORY_RATE)
            answer = np.where(np.isfinite(rate), rate, 0.0) * view("latency_ns") * 1e-9
            words = key_words(answer, 8 * view("burst_bytes"), key_beat(view))
            return Buffer(ahead, words, key_beat(view), PORTS)
        case "weights" if (stored := view("weights") == "on_chip").any():
            bits = key_beat(view)
            return Buffer(stored, np.ceil(view.workload.weights * view("bits_per_weight") / bits), bits, 1)
        case _:
            return None


def _longest(view: View) -> Share:
    """What one core has of the longest inputs, and of the most outputs."""
    return share(view, Shape(view.workload.longest, view.workload.widest, 1, 1))


def memory_of(view: View, buffer: Buffer) -> Sram:
    """What the technology has for a buffer."""
    assert view.sram is not None
    return view.sram.memory(buffer.words, buffer.bits, buffer.ports)


def figure_of(view: View, figure: BufferFigure) -> Array:
    """A figure of one memory: but that for keys none depends on the memory off chip."""
    there = buffer(view, figure.use)
    if there is None:
        return np.zeros(())
    memory = memory_of(view, there)
    return np.where(there.there, memory.area_um2 if figure.of == "area" else memory.access_ps, 0.0)


def area(view: View) -> Array:
    """µm² of all memories."""
    return reduce(np.add, [view(BufferFigure("area", use)) for use in USES])


def access(view: View) -> Array:
    """ps of the slowest access; 0 where there is no memory."""
    return reduce(np.maximum, [view(BufferFigure("access", use)) for use in USES])


def picojoules(view: View, shapes: Sequence[Shape]) -> Array:
    """pJ that the memories take for some layers."""
    steps, loads, results = accesses(view, shapes)
    total = np.zeros(())
    for use in USES:
        there = buffer(view, use)
        if there is None:
            continue
        memory = memory_of(view, there)
        match use:
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
        total = total + np.where(there.there, energy, 0.0)
    return np.asarray(total)
