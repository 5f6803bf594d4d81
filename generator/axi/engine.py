"""Works off a list of descriptors, one after the other."""

from __future__ import annotations

from enum import IntEnum

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.axi.reader import LENGTH_BITS
from generator.axi.registers import ERROR_BITS
from generator.block import Block, decrement, keep_low, update
from generator.plan.accelerator import AcceleratorPlan
from generator.plan.registers import ADDRESS_BITS, COUNT_BITS, DESCRIPTOR_BYTES, ErrorCode

OFFSET_BITS = (DESCRIPTOR_BYTES - 1).bit_length()


class State(IntEnum):
    """What the engine is at."""

    IDLE = 0
    NEXT = 1
    FETCH = 2
    CHECK = 3
    ALONG_INPUTS = 4
    ALONG_OUTPUTS = 5
    BEGIN = 6
    RUN = 7
    DRAIN = 8
    FLUSH = 9


class Engine(Block):
    """Fetches a descriptor, has it checked and its tiles counted, lets the layer run, and so on to the end.

    An answer on the bus that refuses, or a descriptor that does not fit the core, ends the list: nothing more
    is asked for, what is under way arrives, and what is left inside is forgotten.

    Members
    -------
    start, descriptors, count, busy, done, failed, fault, completed
        As ``Registers`` has them.
    request_valid, request_address, request_length : Out, request_ready : In(1)
        One burst, a descriptor.
    begins : Out(1), fetched : In(1)
        A descriptor is asked for, and its last word is there.
    verdict : In(4), along_inputs, along_outputs : Out(1), counted, too_large : In(1)
        To and from ``Layer``.
    refused : In(1), refusal : In(4)
        An answer on the bus refuses; why.
    idle : In(1)
        Nothing is under way on the bus, but for descriptors, and nothing is left to be written.
    go : Out(1)
        The layer begins.
    stop, flush : Out(1)
        Nothing more is to be asked of the bus; what is still inside is to be forgotten.
    """

    kind = "axi_engine"

    def __init__(self, plan: AcceleratorPlan) -> None:
        self.plan = plan
        super().__init__(
            "engine",
            "works off a list of descriptors",
            {
                "clk": In(1),
                "rst": In(1),
                "start": In(1),
                "descriptors": In(ADDRESS_BITS),
                "count": In(COUNT_BITS),
                "busy": Out(1),
                "done": Out(1),
                "failed": Out(1),
                "fault": Out(ERROR_BITS),
                "completed": Out(COUNT_BITS),
                "request_valid": Out(1),
                "request_ready": In(1),
                "request_address": Out(plan.word_address_bits),
                "request_length": Out(LENGTH_BITS),
                "begins": Out(1),
                "fetched": In(1),
                "verdict": In(ERROR_BITS),
                "along_inputs": Out(1),
                "along_outputs": Out(1),
                "counted": In(1),
                "too_large": In(1),
                "refused": In(1),
                "refusal": In(ERROR_BITS),
                "idle": In(1),
                "go": Out(1),
                "stop": Out(1),
                "flush": Out(1),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        state = Signal(max(State).bit_length())
        at = {each: Signal(name=f"at_{each.name.lower()}") for each in State}
        m.d.comb += [here.eq(state == each) for each, here in at.items()]
        layer_ends, complains, failing = (
            Signal(name=name) for name in ("layer_ends", "complains", "failing")
        )
        left = self._list(m, layer_ends)
        asks, misplaced = at[State.NEXT] & left.any(), self.descriptors[:OFFSET_BITS].any()
        too_large = at[State.ALONG_OUTPUTS] & self.too_large
        m.d.comb += [
            complains.eq(asks & misplaced | at[State.CHECK] & self.verdict.any() | too_large),
            self.request_valid.eq(asks & ~misplaced),
            self.begins.eq(self.request_valid & self.request_ready),
            self.along_inputs.eq(at[State.ALONG_INPUTS]),
            self.along_outputs.eq(at[State.ALONG_OUTPUTS]),
            layer_ends.eq(at[State.RUN] & self.idle & ~failing),
            self.done.eq(at[State.NEXT] & ~left.any()),
            self.failed.eq(at[State.FLUSH]),
            self.busy.eq(~at[State.IDLE]),
            self.go.eq(at[State.BEGIN]),
            self.stop.eq(at[State.DRAIN]),
            self.flush.eq(at[State.FLUSH]),
        ]
        anew = self.rst | self.start
        of_descriptor = Mux(at[State.CHECK], self.verdict, Const(ErrorCode.SIZE, ERROR_BITS))
        complaint = Mux(at[State.NEXT], Const(ErrorCode.ALIGNMENT, ERROR_BITS), of_descriptor)
        update(m, failing, (anew, 0), (self.refused | complains, 1))
        why = Mux(self.refused, self.refusal, complaint)
        update(m, self.fault, (anew, 0), (~failing & (self.refused | complains), why))
        drains = complains | self.fetched & (failing | self.refused) | at[State.RUN] & failing
        moves = {
            State.DRAIN: drains,
            State.NEXT: at[State.IDLE] & self.start | layer_ends,
            State.FETCH: self.begins,
            State.CHECK: self.fetched,
            State.ALONG_INPUTS: at[State.CHECK],
            State.ALONG_OUTPUTS: at[State.ALONG_INPUTS] & self.counted,
            State.BEGIN: at[State.ALONG_OUTPUTS] & self.counted,
            State.RUN: at[State.BEGIN],
            State.FLUSH: at[State.DRAIN] & self.idle,
            State.IDLE: self.done | at[State.FLUSH],
        }
        choices = [(due, Const(each, len(state))) for each, due in moves.items()]
        update(m, state, (self.rst, Const(State.IDLE, len(state))), *choices)
        return m

    def _list(self, m: Module, layer_ends: Value) -> Value:
        """Goes through the list, a descriptor whenever ``layer_ends``; how many are left."""
        left = Signal(COUNT_BITS, name="descriptors_left")
        step = Const(DESCRIPTOR_BYTES // self.plan.bus_bytes)
        first = self.descriptors[self.plan.word_shift :]
        place = self.request_address
        update(m, left, (self.start, self.count), (layer_ends, decrement(m, "descriptors_less", left)))
        update(
            m, place, (self.start, first), (layer_ends, keep_low(m, "place_next", place + step, len(place)))
        )
        more = keep_low(m, "completed_more", self.completed + Const(1, 1), COUNT_BITS)
        update(m, self.completed, (self.rst | self.start, 0), (layer_ends, more))
        m.d.comb += self.request_length.eq(DESCRIPTOR_BYTES // self.plan.bus_bytes - 1)
        return left
