"""A block of tokens' activations, taken once and given again for every tile of outputs.

There are two halves. A block is given from its first beat on while it still comes in, the next one is written
into the other half meanwhile. Tile counts come with a block's first word and go with its beats.
"""

from __future__ import annotations

from typing import NamedTuple

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, decrement, increment, update
from generator.buffering.gearbox import Gearbox, word_ports
from generator.buffering.memory import Memory
from generator.plan import CorePlan, buffers_of, core_name


class Half(NamedTuple):
    """One half: whether all of its block is there, and the block's tile counts."""

    full: Signal
    n_tiles: Signal
    m_tiles: Signal


class ActivationBuffer(Block):
    """Replays blocks of activations, behind a ``Gearbox``.

    Members
    -------
    word_valid, word_data, word_keep, word_last : In, word_ready : Out(1)
        A packet is a block: its beats once.
    n_tiles, m_tiles : In
        Sampled when the first word of a block is taken.
    beat_valid : Out(1), beat_data : Out(bits), beat_ready : In(1)
    beat_n_tiles, beat_m_tiles : Out
        The counts of the block that the beat on offer is of.
    """

    kind = "activation_buffer"

    def __init__(self, plan: CorePlan, *, memory_outside: bool = False) -> None:
        buffer = buffers_of(plan).activations
        assert buffer is not None
        self.plan, self.buffer = plan, buffer
        self.gearbox = Gearbox(buffer.bus_bits, buffer.bits)
        self.memory = Memory(buffer.words, buffer.bits)
        counts = {"n_tiles": plan.n_tiles_width, "m_tiles": plan.m_tiles_width}
        super().__init__(
            f"activation_buffer_{core_name(plan.config)}",
            f"replays blocks of up to {plan.max_n_tiles} beats of activations",
            {
                "clk": In(1),
                "rst": In(1),
                **word_ports(buffer.bus_bits),
                **{name: In(width) for name, width in counts.items()},
                "beat_valid": Out(1),
                "beat_ready": In(1),
                "beat_data": Out(buffer.bits),
                **{f"beat_{name}": Out(width) for name, width in counts.items()},
                **(self.memory.outside if memory_outside else {}),
            },
        )
        self.blocks = (self.gearbox,) if memory_outside else (self.gearbox, self.memory)

    def elaborate(self, platform: object) -> Module:
        m, buffer = self.clocked(), self.buffer
        halves = [
            Half(
                Signal(name=f"full{half}"),
                Signal(self.plan.n_tiles_width, name=f"n_tiles{half}"),
                Signal(self.plan.m_tiles_width, name=f"m_tiles{half}"),
            )
            for half in range(2)
        ]
        beat, write, read = Signal(buffer.bits, name="arriving"), Signal(name="write"), Signal(name="read")
        filling, write_place, filled = self._fill(m, halves, beat, write)
        read_place, emptied = self._empty(m, halves, read, filling, write_place)
        for number, half in enumerate(halves):
            update(m, half.full, (self.rst, 0), (filled & (filling == number), 1), (emptied[number], 0))
        self.memory.place(
            m,
            self,
            write_enable=write,
            write_address=write_place,
            write_data=beat,
            read_enable=read,
            read_address=read_place,
            read_data=self.beat_data,
        )
        return m

    def _fill(
        self, m: Module, halves: list[Half], beat: Signal, write: Signal
    ) -> tuple[Signal, Signal, Value]:
        """Writes what arrives. Returns the half, the place in the memory, and whether a block is complete."""
        filling, starting = Signal(), Signal(name="starting", init=1)
        offered, ready, begins = (Signal(name=name) for name in ("offered", "gearbox_ready", "begins"))
        left = Signal(self.plan.n_tiles_width, name="beats_left")
        # A block begins when the one before is written to its end.
        free = ~Mux(filling, halves[1].full, halves[0].full) & ~(starting & left.any())
        m.submodules.gearbox = self.gearbox.instance(
            clk=self.clk,
            rst=self.rst,
            word_valid=offered,
            word_ready=ready,
            word_data=self.word_data,
            word_keep=self.word_keep,
            word_last=self.word_last,
            beat_valid=write,
            beat_ready=Const(1, 1),
            beat_data=beat,
        )
        m.d.comb += [
            offered.eq(self.word_valid & free),
            self.word_ready.eq(ready & free),
            begins.eq(starting & self.word_valid & self.word_ready),
        ]
        update(m, starting, (self.rst, 1), (self.word_valid & self.word_ready, self.word_last))
        for number, half in enumerate(halves):
            here = begins & (filling == number)
            update(m, half.n_tiles, (here, self.n_tiles))
            update(m, half.m_tiles, (here, self.m_tiles))
        fewer = decrement(m, "beats_left_next", left)
        filled = Signal(name="filled")
        m.d.comb += filled.eq(write & (left == 1))
        update(m, left, (self.rst, 0), (begins, self.n_tiles), (write, fewer))
        update(m, filling, (self.rst, 0), (filled, ~filling))
        place = self._place(m, "write_place", filled, ~filling, write)
        return filling, place, filled

    def _empty(
        self, m: Module, halves: list[Half], read: Signal, filling: Value, write_place: Value
    ) -> tuple[Signal, list[Value]]:
        """Reads blocks again and again. Returns the place in the memory, and for each half whether it becomes
        free: when its last beat is taken."""
        plan = self.plan
        reading, shown_half, shown_last = (
            Signal(name=name) for name in ("reading", "shown_half", "shown_last")
        )
        fresh = Signal(name="fresh")
        n_left = Signal(plan.n_tiles_width, name="n_left")
        m_left = Signal(plan.m_tiles_width, name="m_left")
        n_tiles = Mux(reading, halves[1].n_tiles, halves[0].n_tiles)
        m_tiles = Mux(reading, halves[1].m_tiles, halves[0].m_tiles)
        n_now, m_now = Signal(plan.n_tiles_width, name="n_now"), Signal(plan.m_tiles_width, name="m_now")
        again, ends = Signal(name="pass_ends"), Signal(name="block_ends")
        m.d.comb += [
            n_now.eq(Mux(fresh, n_tiles, n_left)),
            m_now.eq(Mux(fresh, m_tiles, m_left)),
            again.eq(n_now == 1),
            ends.eq(again & (m_now == 1)),
        ]
        update(m, fresh, (self.rst, 1), (read, ends))
        n_next, m_next = decrement(m, "n_next", n_now), decrement(m, "m_next", m_now)
        update(m, n_left, (read, Mux(again, n_tiles, n_next)))
        update(m, m_left, (read, Mux(again, m_next, m_now)))
        update(m, reading, (self.rst, 0), (read & ends, ~reading))
        restarts = read & again
        place = self._place(m, "read_place", restarts, reading ^ ends, read)

        there = Mux(reading, halves[1].full, halves[0].full)
        coming = (filling == reading) & (write_place != place)
        m.d.comb += read.eq((there | coming) & (~self.beat_valid | self.beat_ready))
        update(m, self.beat_valid, (self.rst, 0), (read, 1), (self.beat_ready, 0))
        update(m, shown_half, (read, reading))
        update(m, shown_last, (read, ends))
        m.d.comb += [
            self.beat_n_tiles.eq(Mux(shown_half, halves[1].n_tiles, halves[0].n_tiles)),
            self.beat_m_tiles.eq(Mux(shown_half, halves[1].m_tiles, halves[0].m_tiles)),
        ]
        done = self.beat_valid & self.beat_ready & shown_last
        return place, [done & (shown_half == half) for half in range(2)]

    def _place(self, m: Module, name: str, restarts: Value, half: Value, moves: Value) -> Signal:
        """A register ``name`` that goes through a half of the memory, and to ``half`` when it restarts."""
        place = Signal(self.buffer.address_bits, name=name)
        middle = self.buffer.words // 2
        begin = Mux(half, Const(middle, len(place)), Const(0, len(place)))
        update(m, place, (self.rst, 0), (restarts, begin), (moves, increment(m, f"{name}_next", place)))
        return place
