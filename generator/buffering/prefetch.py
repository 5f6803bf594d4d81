"""Keys held ahead: words of the bus become beats, and these wait in a memory until the cores take them."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import In, Out

from generator.block import Block, update
from generator.buffering.gearbox import Gearbox, word_ports
from generator.buffering.memory import Memory
from generator.buffering.pointers import advance_around, count_between
from generator.plan import Buffer


class KeyPrefetch(Block):
    """A queue in a memory, behind a ``Gearbox``.

    The beat that is offered is what the memory reads; it counts as held until it is taken.

    Members
    -------
    word_valid, word_data, word_keep, word_last : In, word_ready : Out(1)
    beat_valid : Out(1), beat_data : Out(bits), beat_ready : In(1)
    """

    kind = "key_prefetch"

    def __init__(self, buffer: Buffer, *, memory_outside: bool = False) -> None:
        self.buffer = buffer
        self.gearbox = Gearbox(buffer.bus_bits, buffer.bits)
        self.memory = Memory(buffer.words, buffer.bits)
        super().__init__(
            f"key_prefetch_{buffer.words}x{buffer.bits}",
            f"holds {buffer.words} beats of keys ahead",
            {
                "clk": In(1),
                "rst": In(1),
                **word_ports(buffer.bus_bits),
                "beat_valid": Out(1),
                "beat_ready": In(1),
                "beat_data": Out(buffer.bits),
                **(self.memory.outside if memory_outside else {}),
            },
        )
        self.blocks = (self.gearbox,) if memory_outside else (self.gearbox, self.memory)

    def elaborate(self, platform: object) -> Module:
        m, buffer = self.clocked(), self.buffer
        arrives, room, write, read = (Signal(name=name) for name in ("arrives", "room", "write", "read"))
        beat = Signal(buffer.bits, name="arriving")
        m.submodules.gearbox = self.gearbox.instance(
            clk=self.clk,
            rst=self.rst,
            word_valid=self.word_valid,
            word_ready=self.word_ready,
            word_data=self.word_data,
            word_keep=self.word_keep,
            word_last=self.word_last,
            beat_valid=arrives,
            beat_ready=room,
            beat_data=beat,
        )
        waiting = Signal(buffer.words.bit_length())
        count_between(m, waiting, write, read, self.rst)
        m.d.comb += [
            room.eq((waiting < buffer.words - 1) | (waiting == buffer.words - 1) & ~self.beat_valid),
            write.eq(arrives & room),
            read.eq(waiting.any() & (~self.beat_valid | self.beat_ready)),
        ]
        update(m, self.beat_valid, (self.rst, 0), (read, 1), (self.beat_ready, 0))
        places = {
            name: advance_around(m, f"{name}_place", buffer.address_bits, buffer.words, moves, self.rst)
            for name, moves in (("write", write), ("read", read))
        }
        self.memory.place(
            m,
            self,
            write_enable=write,
            write_address=places["write"],
            write_data=beat,
            read_enable=read,
            read_address=places["read"],
            read_data=self.beat_data,
        )
        return m
