"""A memory in a module of its own: synthesis infers it, or another of the same ports takes its place.

The contract, which is all that the blocks around it rely on: one port writes, the other reads; what is read
is there one cycle later and stays while ``read_enable`` is 0; no address is written from the cycle that reads
it to the one in which its word is last looked at; words are undefined until they are written.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import memory
from amaranth.lib.wiring import In, Out

from generator.block import Block


class Memory(Block):
    """``words`` of ``bits``, written and read by a port each.

    Members
    -------
    write_enable, write_address, write_data : In
    read_enable, read_address : In, read_data : Out
    """

    kind = "memory"

    def __init__(self, words: int, bits: int) -> None:
        self.words, self.bits = words, bits
        address = max(1, (words - 1).bit_length())
        super().__init__(
            f"memory_{words}x{bits}",
            f"{words} words of {bits} bits, to be replaced by a macro where there is one",
            {
                "clk": In(1),
                "write_enable": In(1),
                "write_address": In(address),
                "write_data": In(bits),
                "read_enable": In(1),
                "read_address": In(address),
                "read_data": Out(bits),
            },
        )

    @property
    def outside(self) -> dict[str, Any]:
        """Ports of a block whose memory is outside of it."""
        return {
            f"memory_{name}": Out(member.shape) if member.flow == In else In(member.shape)
            for name, member in self.members.items()
            if name != "clk"
        }

    def place(self, m: Module, around: Block, **connections: Value) -> None:
        """Puts the memory into a block, or connects the block's ports to where it is outside."""
        if "memory_read_data" not in around.members:
            m.submodules.memory = self.instance(clk=around.clk, **connections)
            return
        for name, value in connections.items():
            port = getattr(around, f"memory_{name}")
            m.d.comb += value.eq(port) if name == "read_data" else port.eq(value)

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        m.submodules.words = words = memory.Memory(shape=self.bits, depth=self.words, init=[])
        write, read = words.write_port(), words.read_port()
        m.d.comb += [
            write.en.eq(self.write_enable),
            write.addr.eq(self.write_address),
            write.data.eq(self.write_data),
            read.en.eq(self.read_enable),
            read.addr.eq(self.read_address),
            self.read_data.eq(read.data),
        ]
        return m
