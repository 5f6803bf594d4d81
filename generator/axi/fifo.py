"""A queue in a memory."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Signal
from amaranth.lib.wiring import In, Out

from generator.block import Block, decrement, keep_low, update
from generator.buffering.memory import Memory


class Fifo(Block):
    """Holds ``words`` words (a power of two), and one more that is offered.

    Whoever writes knows that there is room; there is no handshake for it.

    Members
    -------
    write : In(1), write_data : In(bits)
    valid : Out(1), ready : In(1), data : Out(bits)
        The word that is offered.
    """

    kind = "fifo"

    def __init__(self, words: int, bits: int, name: str) -> None:
        self.words = words
        super().__init__(
            f"fifo_{name}",
            f"a queue of {words} words",
            {
                "clk": In(1),
                "rst": In(1),
                "write": In(1),
                "write_data": In(bits),
                "valid": Out(1),
                "ready": In(1),
                "data": Out(bits),
            },
        )
        self.memory = Memory(words, bits)
        self.blocks = (self.memory,)

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        place = (self.words - 1).bit_length()
        head, tail = Signal(place, name="write_place"), Signal(place, name="read_place")
        held = Signal(place + 1)
        read = Signal(name="reading")
        m.d.comb += read.eq(held.any() & (~self.valid | self.ready))
        more = keep_low(m, "held_more", held + Const(1, 1), len(held))
        update(
            m,
            held,
            (self.rst, 0),
            (self.write & ~read, more),
            (read & ~self.write, decrement(m, "held_less", held)),
        )
        for counter, moves in ((head, self.write), (tail, read)):
            following = keep_low(m, f"next_{counter.name}", counter + Const(1, 1), place)
            update(m, counter, (self.rst, 0), (moves, following))
        update(m, self.valid, (self.rst, 0), (read, 1), (self.ready, 0))
        m.submodules.memory = self.memory.instance(
            clk=self.clk,
            write_enable=self.write,
            write_address=head,
            write_data=self.write_data,
            read_enable=read,
            read_address=tail,
            read_data=self.data,
        )
        return m
