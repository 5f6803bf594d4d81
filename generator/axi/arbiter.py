"""One read channel for several readers."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from generator.axi.reader import LENGTH_BITS
from generator.block import Block, update
from generator.plan.accelerator import AcceleratorPlan

READERS = ("descriptor", "activation", "key")
"""Who reads, by the AXI ID of it; who comes first goes first."""
ID_BITS = (len(READERS) - 1).bit_length()


class ReadArbiter(Block):
    """Takes requests in the order of ``READERS``; a request that was shown stays as it is until it is taken.

    Every reader asks for what it can take alone, so none waits for another for ever.

    Members
    -------
    NAME_valid, NAME_address, NAME_length : In, NAME_ready : Out(1)
        A reader's request.
    valid, id, address, length : Out, ready : In(1)
    """

    kind = "axi_arbiter"

    def __init__(self, plan: AcceleratorPlan) -> None:
        self.plan = plan
        requests = {
            f"{name}_{port}": way(width)
            for name in READERS
            for port, way, width in (
                ("valid", In, 1),
                ("ready", Out, 1),
                ("address", In, plan.word_address_bits),
                ("length", In, LENGTH_BITS),
            )
        }
        super().__init__(
            "read_arbiter",
            "one read channel for several readers",
            {
                "clk": In(1),
                "rst": In(1),
                **requests,
                "valid": Out(1),
                "ready": In(1),
                "id": Out(ID_BITS),
                "address": Out(plan.word_address_bits),
                "length": Out(LENGTH_BITS),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        free, asked = Signal(name="free"), Signal(name="asked")
        chosen = Signal(len(Cat(self.id, self.address, self.length)), name="chosen")
        m.d.comb += [
            free.eq(~self.valid | self.ready),
            asked.eq(Cat(getattr(self, f"{name}_valid") for name in READERS).any()),
        ]
        taken = free
        choice = Cat(self.id, self.address, self.length)
        for number, name in reversed(list(enumerate(READERS))):
            request = Cat(
                Const(number, ID_BITS), getattr(self, f"{name}_address"), getattr(self, f"{name}_length")
            )
            choice = (
                request
                if number == len(READERS) - 1
                else Mux(getattr(self, f"{name}_valid"), request, choice)
            )
        for name in READERS:
            m.d.comb += getattr(self, f"{name}_ready").eq(taken)
            taken = taken & ~getattr(self, f"{name}_valid")
        m.d.comb += chosen.eq(choice)
        update(m, self.valid, (self.rst, 0), (free, asked))
        for register, low in (
            (self.id, 0),
            (self.address, ID_BITS),
            (self.length, ID_BITS + len(self.address)),
        ):
            update(m, register, (free, chosen[low : low + len(register)]))
        return m
