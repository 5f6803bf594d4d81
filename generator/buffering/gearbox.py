"""Words of a bus to beats of any width: the bytes of a packet's beats follow each other without a gap.

Everything moves in units of the greatest common divisor of word and beat. A register holds units until they
are a beat; a word is written behind those that are there. It takes a word or gives a beat in every cycle.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, copy_out, keep_low, slices, update
from generator.floating.bits import leave
from generator.plan import GearboxPlan


def word_ports(bus_bits: int) -> dict[str, Any]:
    """A stream of words: ``word_keep`` says which bytes of a packet's last word count, from the lowest up."""
    return {
        "word_valid": In(1),
        "word_ready": Out(1),
        "word_data": In(bus_bits),
        "word_keep": In(bus_bits // 8),
        "word_last": In(1),
    }


class Gearbox(Block):
    """Gathers beats of ``beat_bits``, each in whole bytes, from words of ``bus_bits``.

    After the last word of a packet it gives the beats that are whole, drops what is left of the word, and
    begins anew.

    Members
    -------
    word_valid, word_data, word_keep, word_last : In, word_ready : Out(1)
    beat_valid : Out(1), beat_data : Out(beat_bits), beat_ready : In(1)
    """

    kind = "gearbox"

    def __init__(self, bus_bits: int, beat_bits: int) -> None:
        self.plan = GearboxPlan.of(bus_bits, beat_bits)
        super().__init__(
            f"gearbox_{bus_bits}to{beat_bits}",
            f"words of {bus_bits} bits to beats of {beat_bits}",
            {
                "clk": In(1),
                "rst": In(1),
                **word_ports(bus_bits),
                "beat_valid": Out(1),
                "beat_ready": In(1),
                "beat_data": Out(beat_bits),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        count = Signal(self.plan.capacity.bit_length())
        taken, accepted, room = (Signal(name=name) for name in ("taken", "accepted", "room"))
        left = Signal(len(count))
        beat, word = Const(self.plan.beat, len(count)), Const(self.plan.word, len(count))
        ended = self._ended(m, accepted, room)
        m.d.comb += [
            self.beat_valid.eq(count >= beat),
            taken.eq(self.beat_valid & self.beat_ready),
            left.eq(Mux(taken, keep_low(m, "beyond", count - beat, len(count)), count)),
            room.eq(left < beat),
            self.word_ready.eq(room & ~ended),
            accepted.eq(self.word_valid & self.word_ready),
        ]
        arriving = Mux(self.word_last, self._kept(len(count)), word) if self.plan.word > 1 else word
        update(
            m,
            count,
            (self.rst, 0),
            (accepted, keep_low(m, "more", left + arriving, len(count))),
            (ended & room, 0),
            (taken, left),
        )
        held = self._registers(m, taken, accepted, left)
        copy_out(m, Cat(held[: self.plan.beat])[: len(self.beat_data)], self.beat_data)
        return m

    def _ended(self, m: Module, accepted: Value, room: Value) -> Value:
        """Whether the last word of a packet is here, so that the next has to wait."""
        if self.plan.word == 1:
            unread = Cat(self.word_keep, self.word_last)
            leave(m, "end", unread)
            return Const(0, 1)
        if self.plan.unit > 1:
            octets = [bit for at, bit in enumerate(self.word_keep) if (at + 1) % self.plan.unit]
            leave(m, "keep", Cat(octets))
        ended = Signal()
        update(m, ended, (self.rst, 0), (accepted, self.word_last), (room, 0))
        return ended

    def _kept(self, width: int) -> Value:
        """Whole units of a packet's last word."""
        kept: Value = Const(0, width)
        for unit in range(self.plan.word):
            kept = Mux(self.word_keep[(unit + 1) * self.plan.unit - 1], Const(unit + 1, width), kept)
        return kept

    def _registers(self, m: Module, taken: Value, accepted: Value, left: Value) -> list[Signal]:
        """The units that are held, the next to be given first; a word goes behind the ``left`` ones."""
        held = [Signal(8 * self.plan.unit, name=f"unit{place}") for place in range(self.plan.capacity)]
        arriving = slices(self.word_data, [8 * self.plan.unit] * self.plan.word)
        for place, register in enumerate(held):
            writes = [
                (accepted & (left == before), arriving[place - before]) for before in self.plan.writers(place)
            ]
            moves = [(taken, held[place + self.plan.beat])] if self.plan.moves(place) else []
            update(m, register, *writes, *moves)
        return held
