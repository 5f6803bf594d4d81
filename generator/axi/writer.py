"""Writes a stream of words to memory, in bursts that are asked for when all of their words are there."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.axi.fifo import Fifo
from generator.axi.reader import LENGTH_BITS, PASS_BITS
from generator.block import Block, decrement, keep_low, update
from generator.plan.accelerator import BURST_WORDS, BURSTS_BEHIND, AcceleratorPlan

ANSWER_BITS = 8
"""Bits of the number of bursts that may wait for their answers."""


class Writer(Block):
    """Writes ``pieces`` of ``words`` words to memory, ``stride`` words apart.

    As bursts are whole before they are asked for, one that was asked for never waits for the core: after
    ``stop`` it becomes idle by itself.

    Members
    -------
    start, address, stride, words, pieces, stop, idle
        As those of a ``Reader``; idle are also all answers there.
    word_valid, word_data, word_keep : In, word_ready : Out(1)
    request_valid, request_address, request_length : Out, request_ready : In(1)
    data_valid, data, data_keep, data_last : Out, data_ready : In(1)
    answered : In(1)
    """

    kind = "axi_writer"

    def __init__(self, plan: AcceleratorPlan) -> None:
        self.plan = plan
        super().__init__(
            "write_results",
            "writes results to memory in bursts",
            {
                "clk": In(1),
                "rst": In(1),
                "start": In(1),
                "address": In(plan.word_address_bits),
                "stride": In(plan.words_bits),
                "words": In(plan.words_bits),
                "pieces": In(PASS_BITS),
                "stop": In(1),
                "idle": Out(1),
                "word_valid": In(1),
                "word_ready": Out(1),
                "word_data": In(plan.bus_bits),
                "word_keep": In(plan.bus_bytes),
                "request_valid": Out(1),
                "request_ready": In(1),
                "request_address": Out(plan.word_address_bits),
                "request_length": Out(LENGTH_BITS),
                "data_valid": Out(1),
                "data_ready": In(1),
                "data": Out(plan.bus_bits),
                "data_keep": Out(plan.bus_bytes),
                "data_last": Out(1),
                "answered": In(1),
            },
        )
        self.fifo = Fifo(BURST_WORDS * BURSTS_BEHIND, plan.bus_bits + plan.bus_bytes, "results")
        self.blocks = (self.fifo,)

    def elaborate(self, platform: object) -> Module:
        m, plan = self.clocked(), self.plan
        active, at = Signal(name="active"), Signal(plan.word_address_bits, name="at")
        left = Signal(plan.words_bits)
        length, sending = (Signal(LENGTH_BITS + 1, name=name) for name in ("length", "sending"))
        last, issue, free = (Signal(name=name) for name in ("piece_ends", "issue", "free"))
        to_boundary = keep_low(m, "to_boundary", Const(BURST_WORDS) - at[:LENGTH_BITS], LENGTH_BITS + 1)
        waiting = self._queue(m, issue, length, sending)
        m.d.comb += [
            last.eq(left <= to_boundary),
            length.eq(Mux(last, left[: len(length)], to_boundary)),
            free.eq(~self.request_valid & ~sending.any()),
            issue.eq(active & ~self.stop & free & (waiting >= length)),
        ]
        update(m, self.request_valid, (self.rst, 0), (issue, 1), (self.request_ready, 0))
        update(m, self.request_address, (issue, at))
        less = keep_low(m, "length_less", length - Const(1, len(length)), LENGTH_BITS)
        update(m, self.request_length, (issue, less))

        base, pieces = Signal(plan.word_address_bits), Signal(PASS_BITS, name="pieces_left")
        ends = issue & last
        following = keep_low(m, "following", base + self.stride, len(base))
        further = keep_low(m, "further", at + length, len(at))
        fewer = keep_low(m, "fewer", left - length, len(left))
        update(m, at, (self.start, self.address), (ends, following), (issue, further))
        update(m, base, (self.start, self.address), (ends, following))
        update(m, left, (self.start | ends, self.words), (issue, fewer))
        update(m, pieces, (self.start, self.pieces), (ends, decrement(m, "pieces_less", pieces)))
        update(m, active, (self.rst, 0), (self.start, 1), (ends & (pieces == 1) | self.stop, 0))

        unanswered = Signal(ANSWER_BITS)
        more = keep_low(m, "unanswered_next", unanswered + issue - self.answered, ANSWER_BITS)
        update(m, unanswered, (self.rst, 0), (Const(1), more))
        m.d.comb += self.idle.eq(~active & free & ~unanswered.any())
        return m

    def _queue(self, m: Module, issue: Value, length: Value, sending: Signal) -> Value:
        """The words on their way through the queue; how many wait for a burst."""
        words = self.fifo.words
        room, waiting = (Signal(range(words + 2), name=name) for name in ("room", "waiting"))
        offered, given, taken = (Signal(name=name) for name in ("offered", "given", "taken"))
        m.d.comb += [
            self.word_ready.eq(room.any()),
            taken.eq(self.word_valid & self.word_ready),
            self.data_valid.eq(offered & sending.any() & ~self.request_valid),
            self.data_last.eq(sending == 1),
            given.eq(self.data_valid & self.data_ready),
        ]
        freed = keep_low(m, "room_next", room + given - taken, len(room))
        unasked = keep_low(m, "waiting_next", waiting + taken - Mux(issue, length, 0), len(waiting))
        update(m, room, (self.rst, Const(words, len(room))), (Const(1), freed))
        update(m, waiting, (self.rst, 0), (Const(1), unasked))
        update(m, sending, (self.rst, 0), (issue, length), (given, decrement(m, "sending_less", sending)))
        m.submodules.queue = self.fifo.instance(
            clk=self.clk,
            rst=self.rst,
            write=taken,
            write_data=Cat(self.word_data, self.word_keep),
            valid=offered,
            ready=given,
            data=Cat(self.data, self.data_keep),
        )
        return waiting
