"""Fetches a stream of words from memory, in bursts that are asked for ahead."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.axi.fifo import Fifo
from generator.block import Block, decrement, keep_low, update
from generator.plan.accelerator import BURST_WORDS, BURSTS_AHEAD, MOST_TOKENS, AcceleratorPlan

LENGTH_BITS = (BURST_WORDS - 1).bit_length()
PASS_BITS = MOST_TOKENS.bit_length()


class Reader(Block):
    """Reads ``pieces`` of memory, ``stride`` words apart, each ``repeats`` times, and hands them on.

    A burst is asked for when there is room for all of it, so what arrives is always taken. The last word of a
    piece is marked, and of its bytes those that count.

    Members
    -------
    start : In(1)
        Begins, with all that follows; only when ``idle``.
    address, stride : In
        In words of the bus; these and what follows hold until the reader is idle again.
    words : In, tail : In
        Words of a piece, and bytes that count of its last one, 0 for all.
    repeats, pieces : In(16)
    stop : In(1)
        No more is asked for.
    idle : Out(1)
        Nothing is left to be asked for, and nothing under way.
    request_valid, request_address, request_length : Out, request_ready : In(1)
        Bursts; the length is that of AXI, one less than the words.
    arrives : In(1), arriving : In(bus_bits)
    word_valid, word_data, word_keep, word_last : Out, word_ready : In(1)
    """

    kind = "axi_reader"

    def __init__(self, plan: AcceleratorPlan) -> None:
        self.plan = plan
        super().__init__(
            "read_stream",
            "fetches a stream from memory in bursts",
            {
                "clk": In(1),
                "rst": In(1),
                "start": In(1),
                "address": In(plan.word_address_bits),
                "stride": In(plan.words_bits),
                "words": In(plan.words_bits),
                "tail": In(plan.word_shift),
                "repeats": In(PASS_BITS),
                "pieces": In(PASS_BITS),
                "stop": In(1),
                "idle": Out(1),
                "request_valid": Out(1),
                "request_ready": In(1),
                "request_address": Out(plan.word_address_bits),
                "request_length": Out(LENGTH_BITS),
                "arrives": In(1),
                "arriving": In(plan.bus_bits),
                "word_valid": Out(1),
                "word_ready": In(1),
                "word_data": Out(plan.bus_bits),
                "word_keep": Out(plan.bus_bytes),
                "word_last": Out(1),
            },
        )
        self.fifo = Fifo(BURST_WORDS * BURSTS_AHEAD, plan.bus_bits, "words")
        self.blocks = (self.fifo,)

    def elaborate(self, platform: object) -> Module:
        m, plan = self.clocked(), self.plan
        active, at = Signal(name="active"), Signal(plan.word_address_bits, name="at")
        left = Signal(plan.words_bits)
        length = Signal(LENGTH_BITS + 1)
        last, issue = Signal(name="piece_ends"), Signal(name="issue")
        to_boundary = keep_low(m, "to_boundary", Const(BURST_WORDS) - at[:LENGTH_BITS], LENGTH_BITS + 1)
        room = self._room(m, issue, length)
        m.d.comb += [
            last.eq(left <= to_boundary),
            length.eq(Mux(last, left[: len(length)], to_boundary)),
            issue.eq(active & ~self.stop & (~self.request_valid | self.request_ready) & (room >= length)),
        ]
        update(m, self.request_valid, (self.rst, 0), (issue, 1), (self.request_ready, 0))
        update(m, self.request_address, (issue, at))
        less = keep_low(m, "length_less", length - Const(1, len(length)), LENGTH_BITS)
        update(m, self.request_length, (issue, less))

        base = Signal(plan.word_address_bits)
        ends = issue & last
        again, done = self._count_pieces(m, ends)
        following = keep_low(m, "following", base + self.stride, len(base))
        further = keep_low(m, "further", at + length, len(at))
        fewer = keep_low(m, "fewer", left - length, len(left))
        update(m, at, (self.start, self.address), (again, following), (ends, base), (issue, further))
        update(m, base, (self.start, self.address), (again, following))
        update(m, left, (self.start | ends, self.words), (issue, fewer))
        update(m, active, (self.rst, 0), (self.start, 1), (done | self.stop, 0))
        self._track(m, active, issue, length)
        self._hand_on(m)
        return m

    def _count_pieces(self, m: Module, ends: Value) -> tuple[Value, Value]:
        """Whether the piece that ``ends`` was read for the last time, and whether it was the last of all."""
        repeats, pieces = Signal(PASS_BITS, name="repeats_left"), Signal(PASS_BITS, name="pieces_left")
        again, done = Signal(name="last_repeat_ends"), Signal(name="all_is_asked")
        m.d.comb += [again.eq(ends & (repeats == 1)), done.eq(again & (pieces == 1))]
        update(m, repeats, (self.start | again, self.repeats), (ends, decrement(m, "repeats_less", repeats)))
        update(m, pieces, (self.start, self.pieces), (again, decrement(m, "pieces_less", pieces)))
        return again, done

    def _room(self, m: Module, issue: Value, length: Value) -> Value:
        """Words of the queue that are neither held nor asked for."""
        room = Signal(range(self.fifo.words + 1), reset_less=True)
        taken = self.word_valid & self.word_ready
        less = room - Mux(issue, length, 0) + taken
        following = keep_low(m, "room_next", less, len(room))
        update(m, room, (self.rst, Const(self.fifo.words, len(room))), (Const(1), following))
        return room

    def _track(self, m: Module, active: Value, issue: Value, length: Value) -> None:
        """``idle``: whether all that was asked for has come."""
        due = Signal(range(self.fifo.words + 1))
        more = due + Mux(issue, length, 0) - self.arrives
        update(m, due, (self.rst, 0), (Const(1), keep_low(m, "due_next", more, len(due))))
        m.d.comb += self.idle.eq(~active & ~due.any())

    def _hand_on(self, m: Module) -> None:
        """The words from the queue, with their marks."""
        plan, left = self.plan, Signal(self.plan.words_bits, name="words_left")
        taken = self.word_valid & self.word_ready
        update(
            m,
            left,
            (self.start | taken & self.word_last, self.words),
            (taken, decrement(m, "words_less", left)),
        )
        whole = ~self.word_last | ~self.tail.any()
        counts = [whole | (self.tail > octet) for octet in range(plan.bus_bytes - 1)] + [whole]
        m.d.comb += [self.word_last.eq(left == 1), self.word_keep.eq(Cat(counts))]
        m.submodules.queue = self.fifo.instance(
            clk=self.clk,
            rst=self.rst,
            write=self.arrives,
            write_data=self.arriving,
            valid=self.word_valid,
            ready=self.word_ready,
            data=self.word_data,
        )
