"""The sequencer: joins the three streams, counts tiles, and tells tables and columns what to do when.

A tile moves from the table register through the pipeline stages into the accumulators. Everything between
stands still while a finished result waits to be taken. A key is taken when its table is ready, so neither
keys nor results need registers of their own.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, decrement, keep_low, update
from generator.column import control_ports
from generator.plan import CorePlan


class Sequencer(Block):
    """Handshakes and tile counters.

    Members
    -------
    n_tiles, m_tiles : In
        Tiles along N and along M, at least 1; sampled when the first activations of a block are taken.
    activation_valid, key_valid, result_ready : In(1)
    activation_ready, key_ready, result_valid, result_last : Out(1)
    load : Out(1)
        The tables take activations.
    accept, keep, advance, recall, slot : Out
        As ``control_ports`` says.
    """

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        super().__init__(
            f"sequencer_{plan.name}",
            "handshakes of the three streams and tile counters",
            {
                "clk": In(1),
                "rst": In(1),
                "n_tiles": In(plan.n_tiles_width),
                "m_tiles": In(plan.m_tiles_width),
                "activation_valid": In(1),
                "activation_ready": Out(1),
                "key_valid": In(1),
                "key_ready": Out(1),
                "result_valid": Out(1),
                "result_ready": In(1),
                "result_last": Out(1),
                "load": Out(1),
                **{port: Out(width) for port, width in control_ports(plan).items()},
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        stationary = self.plan.config.dataflow == "table_stationary"

        loaded = Signal()
        issue, advance, release = (Signal(name=name) for name in ("issue", "advancing", "released"))
        m.d.comb += [
            advance.eq(~self.result_valid | self.result_ready),
            self.key_ready.eq(loaded & advance),
            issue.eq(self.key_ready & self.key_valid),
            self.activation_ready.eq(~loaded | release),
            self.load.eq(self.activation_ready & self.activation_valid),
        ]
        update(m, loaded, (self.rst, 0), (self.load, 1), (release, 0))

        flags = self._count_held_tables(m, issue) if stationary else self._count_streamed_tables(m)
        m.d.comb += release.eq(issue & flags["table_end"] if stationary else issue)

        # The flags of a tile travel with it to the accumulators.
        carried = Cat(flags[name] for name in ("first", "end", "last"))
        if self.plan.stored_sums:
            carried = Cat(carried, flags["single"], flags["slot"])
        valid: Value = issue
        for stage in range(self.plan.pipeline_stages):
            next_valid = Signal(name=f"valid{stage}")
            next_carried = Signal(len(carried), name=f"flags{stage}")
            update(m, next_valid, (self.rst, 0), (advance, valid))
            update(m, next_carried, (advance, carried))
            valid, carried = next_valid & advance, next_carried
        first, end, last = carried[0], carried[1], carried[2]
        accept = Signal(name="accepting")
        m.d.comb += accept.eq(valid)
        self._drive_columns(m, advance, accept, first, carried[3:])

        update(m, self.result_valid, (self.rst, 0), (advance, accept & end))
        update(m, self.result_last, (advance, last))
        return m

    def _drive_columns(self, m: Module, advance: Value, accept: Value, first: Value, storage: Value) -> None:
        plan = self.plan
        m.d.comb += self.accept.eq(accept)
        if plan.pipeline_stages:
            m.d.comb += self.advance.eq(advance)
        if not plan.stored_sums:
            m.d.comb += self.keep.eq(~(accept & first))
            return
        single, slot = storage[0], storage[1:]
        m.d.comb += [
            self.recall.eq(accept & ~first & ~single),
            self.keep.eq(~accept | (~first & single)),
        ]
        if plan.stored_sums > 1:
            m.d.comb += self.slot.eq(slot)

    def _count_streamed_tables(self, m: Module) -> dict[str, Value]:
        """Output-stationary: every activation beat meets one key beat; n runs inside m."""
        n_left = Signal(self.plan.n_tiles_width)
        m_left = Signal(self.plan.m_tiles_width)
        n_again = Signal(self.plan.n_tiles_width)
        first = Signal()
        end, last = Signal(name="sum_end"), Signal(name="block_end")
        m.d.comb += [end.eq(n_left == 1), last.eq(m_left == 1)]
        n_next, m_next = decrement(m, "n_next", n_left), decrement(m, "m_next", m_left)
        sum_starts, block_starts = self.load & end, self.load & end & last
        update(m, first, (self.load, end))
        update(m, n_again, (block_starts, self.n_tiles))
        update(
            m, n_left, (self.rst, 1), (block_starts, self.n_tiles), (sum_starts, n_again), (self.load, n_next)
        )
        update(m, m_left, (self.rst, 1), (block_starts, self.m_tiles), (sum_starts, m_next))
        return {"first": first, "end": end, "last": last}

    def _count_held_tables(self, m: Module, issue: Value) -> dict[str, Value]:
        """Table-stationary: an activation beat stays while m_tiles key beats pass; m runs inside n."""
        plan = self.plan
        n_left = Signal(plan.n_tiles_width)
        m_left = Signal(plan.m_tiles_width)
        m_again = Signal(plan.m_tiles_width)
        first = Signal()
        end, last = Signal(name="sum_end"), Signal(name="block_end")
        m.d.comb += [end.eq(n_left == 1), last.eq(m_left == 1)]
        n_next, m_next = decrement(m, "n_next", n_left), decrement(m, "m_next", m_left)
        block_starts = self.load & end
        update(m, first, (self.load, end))
        update(m, n_left, (self.rst, 1), (block_starts, self.n_tiles), (self.load, n_next))
        update(m, m_again, (block_starts, self.m_tiles))
        update(m, m_left, (block_starts, self.m_tiles), (self.load, m_again), (issue, m_next))
        flags = {"first": first, "end": end, "last": last, "table_end": last}
        if plan.stored_sums:
            flags |= self._count_slots(m, issue, m_again, block_starts)
        return flags

    def _count_slots(self, m: Module, issue: Value, m_again: Value, block_starts: Value) -> dict[str, Value]:
        """Slots m_tiles - 2 … 0 in turn: the delay line is one shorter than m_tiles."""
        single = Signal()
        slot = Signal(self.plan.slot_width, name="next_slot")
        m.d.comb += single.eq(m_again == 1)
        if self.plan.stored_sums == 1:
            return {"single": single, "slot": slot}
        longest = Signal(len(m_again))
        m.d.comb += longest.eq(Mux(block_starts, self.m_tiles, m_again))
        wrapped = keep_low(m, "slot_again", longest - Const(2, len(longest)), len(slot))
        following = decrement(m, "slot_next", slot)
        update(m, slot, (block_starts | issue & (slot == 0), wrapped), (issue, following))
        return {"single": single, "slot": slot}
