"""Counters that buffers keep: where they are, and how much there is."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Mux, Signal, Value

from generator.block import decrement, increment, update


def advance_around(m: Module, name: str, width: int, words: int, moves: Value, rst: Value) -> Signal:
    """A register ``name`` that goes through 0 … ``words`` - 1 again and again, a place when it ``moves``."""
    place = Signal(width, name=name)
    following: Value = increment(m, f"{name}_next", place)
    if words != 1 << width:
        following = Mux(place == words - 1, Const(0, width), following)
    update(m, place, (rst, 0), (moves, following))
    return place


def count_between(m: Module, count: Signal, more: Value, fewer: Value, rst: Value) -> None:
    """``count``: what came when ``more`` and has not left when ``fewer``."""
    up = increment(m, f"{count.name}_more", count)
    down = decrement(m, f"{count.name}_fewer", count)
    update(m, count, (rst, 0), (more & ~fewer, up), (~more & fewer, down))
