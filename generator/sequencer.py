"""The sequencer: joins the three streams, counts tiles, and tells tables and columns what to do when.

A tile moves from the table register through the pipeline stages into the accumulators. Everything between
stands still while a finished result waits to be taken. A key is taken when its table is ready, so neither
keys nor results need registers of their own.
"""

from __future__ import annotations

from typing import assert_never

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, decrement, delayed, enables_of, increment, keep_low, slices, update
from generator.column import control_ports
from generator.group_counters import GROUP_FLAGS, count_groups, count_planes
from generator.plan import CorePlan, FillPlan, core_name

CARRIED = ("first", "end", "last", "over", "single", "slot", "plane", *GROUP_FLAGS)
"""Flags that travel with a tile, where there are such."""


class Sequencer(Block):
    """Handshakes and tile counters.

    Members
    -------
    n_tiles, m_tiles : In
        Tiles along N and along M, at least 1; sampled when the first activations of a block are taken.
    activation_valid, key_valid, result_ready : In(1)
    activation_ready, key_ready, result_valid, result_last : Out(1)
    load : Out(1)
        The tables take activations and hand on those before them; where clocks are gated, stage by stage.
        Of tables that are memories: whether a step of filling is taken, the bank that is read, the step.
    result_opens, result_closes : Out(1)
        Only where groups have scales: the result, a group's, is the first or the last of its sum. There, all
        stands still but for ``result_ready``.
    accept, step, keep, advance, recall, slot, capture, merge : Out
        As ``control_ports`` says.
    """

    kind = "sequencer"

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        super().__init__(
            f"sequencer_{core_name(plan.config)}",
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
                **({port: Out(1) for port in GROUP_FLAGS.values()} if plan.scaler else {}),
                "load": Out(plan.load_width),
                **{port: Out(width) for port, width in control_ports(plan).items()},
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        plan = self.plan

        loaded = Signal()
        pausing = Signal()
        issue, advance, release = (Signal(name=name) for name in ("issue", "advancing", "released"))
        going = Signal() if plan.pause_cycles else advance
        m.d.comb += going.eq(self.result_ready if plan.scaler else ~self.result_valid | self.result_ready)
        if plan.pause_cycles:
            m.d.comb += advance.eq(going & ~pausing)
        arrives, n_tiles, m_tiles = self._arrival(m, ~loaded | release)
        update(m, loaded, (self.rst, 0), (arrives, 1), (release, 0))

        match plan.config.dataflow:
            case "output_stationary":
                flags = self._count_streamed_tables(m, arrives, issue, n_tiles, m_tiles)
            case "table_stationary":
                flags = self._count_held_tables(m, arrives, issue, n_tiles, m_tiles)
            case unknown:
                assert_never(unknown)
        # Where a tile has fewer outputs than an accumulator takes cycles, steps without a key fill up.
        idle = flags.get("idle")
        m.d.comb += [
            self.key_ready.eq(loaded & advance & ~idle if idle is not None else loaded & advance),
            issue.eq(
                loaded & advance & (idle | self.key_valid)
                if idle is not None
                else self.key_ready & self.key_valid
            ),
            release.eq(issue & flags["table_end"] if "table_end" in flags else issue),
        ]

        # The flags of a tile travel with it to the accumulators.
        names = [name for name in CARRIED if name in flags]
        carried = Cat(flags[name] for name in names)
        widths = [len(flags[name]) for name in names]
        valid: Value = issue
        enables: list[Value] = []
        for stage in range(plan.pipeline_stages):
            next_valid = Signal(name=f"valid{stage}")
            next_carried = Signal(len(carried), name=f"flags{stage}")
            enables.append(valid if plan.config.clock_gating else advance)
            update(m, next_valid, (self.rst, 0), (advance, valid))
            update(m, next_carried, (enables[-1], carried))
            valid, carried = next_valid & advance, next_carried
        tile = dict(zip(names, slices(carried, widths), strict=True))
        accept = Signal(name="accepting")
        m.d.comb += accept.eq(valid)
        gates = plan.config.clock_gating
        if (plan.pipeline_stages or plan.result_stages) and not gates:
            m.d.comb += self.advance.eq(advance)
        drive = self._drive_pipelined_accumulators if plan.pipelines_accumulator else self._drive_accumulators
        end, last = drive(m, going, pausing, accept, tile)

        enables += self._send_results(m, going, end, last, tile)
        if enables and gates:
            m.d.comb += self.advance.eq(Cat(enables))
        return m

    def _send_results(
        self, m: Module, going: Signal, end: Value, last: Value, tile: dict[str, Value]
    ) -> list[Value]:
        """``result_valid`` and ``result_last``, as many stages after the accumulators as results take; beside
        a group's the flags of its last ``tile``.

        Returns when something moves into each of these stages.
        """
        enables = []
        for stage in range(self.plan.result_stages):
            next_end, next_last = Signal(name=f"end{stage}"), Signal(name=f"last{stage}")
            enables.append(going & next_end)
            update(m, next_end, (self.rst, 0), (going, end))
            update(m, next_last, (going, last))
            end, last = next_end, next_last
        update(m, self.result_valid, (self.rst, 0), (going, end))
        update(m, self.result_last, (going, last))
        for flag, port in GROUP_FLAGS.items() if self.plan.scaler else ():
            update(m, getattr(self, port), (going, tile[flag]))
        return enables

    def _arrival(self, m: Module, free: Value) -> tuple[Value, Value, Value]:
        """When activations reach the end of the tables' pipeline, and the tile counts that came with them.

        The pipeline moves as one: whenever its last stage is ``free`` or becomes free.
        """
        if self.plan.filling is not None:
            return self._fill(m, self.plan.filling, free), self.n_tiles, self.m_tiles
        m.d.comb += self.activation_ready.eq(free)
        stages = self.plan.table_stages - 1
        taken = self.activation_ready & self.activation_valid
        if not stages:
            m.d.comb += self.load.eq(taken)
            return self.load, self.n_tiles, self.m_tiles
        gates = self.plan.config.clock_gating
        moving = Signal(name="moving") if gates else self.load
        m.d.comb += moving.eq(self.activation_ready)
        valid: Value = self.activation_valid
        enables: list[Value] = []
        for stage in range(stages):
            following = Signal(name=f"arriving{stage}")
            enables.append(moving & valid)
            update(m, following, (self.rst, 0), (moving, valid))
            valid = following
        arrives = Signal(name="arrives")
        m.d.comb += arrives.eq(moving & valid)
        if gates:
            m.d.comb += self.load.eq(Cat(enables, arrives))
        counting = enables_of(self.load, 0, stages)
        return (
            arrives,
            delayed(m, self.n_tiles, "n_tiles", stages, counting),
            delayed(m, self.m_tiles, "m_tiles", stages, counting),
        )

    def _fill(self, m: Module, filling: FillPlan, free: Value) -> Value:
        """Steps of filling, in the last of which activations are taken; returns when.

        Of two banks one is filled while the other is read, but for the last step, which takes the place of
        what is read. ``free``: nothing is, or for the last time.
        """
        step = Signal(filling.step_width, name="fill_step")
        last, moves, taken = Signal(name="fill_ends"), Signal(name="fill_moves"), Signal(name="filled")
        m.d.comb += [
            last.eq(step == filling.cycles - 1),
            moves.eq(self.activation_valid & (free | ~last if filling.banks > 1 else free)),
            taken.eq(moves & last),
            self.activation_ready.eq(free & last),
        ]
        following = increment(m, "fill_next", step)
        update(m, step, (self.rst, 0), (taken, 0), (moves, following))
        bank = Signal(filling.banks - 1, name="bank_read")
        if filling.banks > 1:
            update(m, bank, (self.rst, 0), (taken, ~bank))
        m.d.comb += self.load.eq(Cat(moves, bank, step))
        return taken

    def _drive_accumulators(
        self, m: Module, going: Value, pausing: Signal, accept: Value, tile: dict[str, Value]
    ) -> tuple[Value, Value]:
        """Accumulators that add in one cycle, and hold by adding zero.

        Returns whether a result is made, and whether it is a block's last.
        """
        m.d.comb += self.accept.eq(accept)
        first = tile["first"]
        if self.plan.config.clock_gating:
            self._choose_operand(m, tile)
        elif not self.plan.stored_sums:
            m.d.comb += self.keep.eq(~(accept & first))
        else:
            single = tile["single"]
            m.d.comb += [
                self.recall.eq(accept & ~first & ~single),
                self.keep.eq(~accept | (~first & single)),
            ]
        if self.plan.stored_sums > 1:
            m.d.comb += self.slot.eq(tile["slot"])
        if "plane" in tile:
            m.d.comb += self.plane.eq(tile["plane"] & accept.replicate(len(self.plane)))
        return accept & tile["end"], tile["last"]

    def _drive_pipelined_accumulators(
        self, m: Module, going: Value, pausing: Signal, accept: Value, tile: dict[str, Value]
    ) -> tuple[Value, Value]:
        """Accumulators of P cycles, which step when a tile is accepted, and in pauses to finish sums.

        Output-stationary a result's partial sums are merged in the pause after its last tile.
        Table-stationary sums come out P steps after their last tile, those of a block's last tile in a pause.
        """
        plan = self.plan
        first, end, last = tile["first"], tile["end"], tile["last"]
        step = Signal(name="stepping")
        m.d.comb += [step.eq(accept | pausing & going), self.step.eq(step)]
        left = Signal(plan.pause_cycles.bit_length(), name="pause_left")
        finished = Signal(name="pause_ends")
        if plan.pause_cycles:
            begins = accept & tile.get("over", end)
            m.d.comb += finished.eq(pausing & going & (left == 1))
            update(m, pausing, (self.rst, 0), (begins, 1), (finished, 0))
            following = decrement(m, "pause_next", left)
            update(m, left, (begins, Const(plan.pause_cycles, len(left))), (pausing & going, following))

        match plan.config.dataflow:
            case "output_stationary" if not plan.pause_cycles:
                m.d.comb += self.keep.eq(~first)
                return accept & end, last
            case "output_stationary":
                ending = self._drive_merges(m, accept, step, pausing, left, tile)
                return finished, ending
            case "table_stationary":
                return self._drive_held_sums(m, accept, step, tile)
            case unknown:
                assert_never(unknown)

    def _drive_merges(
        self, m: Module, accept: Value, step: Value, pausing: Value, left: Signal, tile: dict[str, Value]
    ) -> Value:
        """Sums that begin anew and become one in the pause behind. Returns whether it is a block's last."""
        plan = self.plan
        empty = Signal(plan.accumulator_stages.bit_length())
        fewer = decrement(m, "empty_next", empty)
        starts = accept & tile["first"]
        filled = Const(plan.accumulator_stages - 1, len(empty))
        update(m, empty, (starts, filled), (step & empty.any(), fewer))
        ending = Signal(name="block_ends")
        update(m, ending, (accept & tile["end"], tile["last"]))
        m.d.comb += [
            self.keep.eq(~starts & ~empty.any()),
            self.capture.eq(pausing & self._in_steps(left, plan.merge.captures)),
            self.merge.eq(pausing & self._in_steps(left, plan.merge.merges)),
        ]
        return ending

    def _drive_held_sums(
        self, m: Module, accept: Value, step: Value, tile: dict[str, Value]
    ) -> tuple[Value, Value]:
        """Sums of a tile of outputs in turn. Returns whether a result is made, and whether it is the last."""
        plan = self.plan
        end, last = tile["end"], tile["last"]
        self._choose_operand(m, tile)
        if plan.stored_sums > 1:
            m.d.comb += self.slot.eq(tile["slot"])
        out: Value = accept & end
        for stage in range(plan.accumulator_stages - 1):
            next_out, next_last = Signal(name=f"out{stage}"), Signal(name=f"last_out{stage}")
            update(m, next_out, (self.rst, 0), (step, out))
            update(m, next_last, (step, last))
            out, last = next_out, next_last
        return step & out, last

    def _choose_operand(self, m: Module, tile: dict[str, Value]) -> None:
        """``keep`` and ``recall`` of accumulators that hold when no tile is accepted."""
        first = tile["first"]
        if not self.plan.stored_sums:
            m.d.comb += self.keep.eq(~first)
        else:
            m.d.comb += [self.recall.eq(~first & ~tile["single"]), self.keep.eq(~first & tile["single"])]

    def _in_steps(self, left: Signal, steps: tuple[int, ...]) -> Value:
        """Whether the pause, of which ``left`` cycles are left, is in one of its ``steps``."""
        return Cat(left == self.plan.pause_cycles - step for step in steps).any()

    def _count_streamed_tables(
        self, m: Module, load: Value, issue: Value, n_tiles: Value, m_tiles: Value
    ) -> dict[str, Value]:
        """Output-stationary: every activation beat meets one key beat a plane; n runs inside m."""
        n_left = Signal(self.plan.n_tiles_width)
        m_left = Signal(self.plan.m_tiles_width)
        n_again = Signal(self.plan.n_tiles_width)
        first = Signal()
        end, last = Signal(name="sum_end"), Signal(name="block_end")
        m.d.comb += [end.eq(n_left == 1), last.eq(m_left == 1)]
        n_next, m_next = decrement(m, "n_next", n_left), decrement(m, "m_next", m_left)
        sum_starts, block_starts = load & end, load & end & last
        update(m, first, (load, end))
        update(m, n_again, (block_starts, n_tiles))
        update(m, n_left, (self.rst, 1), (block_starts, n_tiles), (sum_starts, n_again), (load, n_next))
        update(m, m_left, (self.rst, 1), (block_starts, m_tiles), (sum_starts, m_next))
        flags: dict[str, Value] = {"first": first, "end": end, "last": last}
        if self.plan.scaler:
            flags = count_groups(m, self.plan.group_tiles, self.rst, load, flags)
        planes = self.plan.config.weight_bits
        return count_planes(m, planes, load, issue, flags) if planes > 1 else flags

    def _count_held_tables(
        self, m: Module, load: Value, issue: Value, n_tiles: Value, m_tiles: Value
    ) -> dict[str, Value]:
        """Table-stationary: an activation beat stays while m_tiles key beats pass; m runs inside n.

        It stays for as many steps as a pipelined accumulator takes at least, the last ones without keys.
        """
        plan = self.plan
        least = plan.accumulator_stages
        n_left = Signal(plan.n_tiles_width)
        m_left = Signal(max(plan.m_tiles_width, least.bit_length()))
        m_again = Signal(plan.m_tiles_width)
        first = Signal()
        end, last = Signal(name="sum_end"), Signal(name="block_end")
        m.d.comb += [end.eq(n_left == 1), last.eq(m_left == 1)]
        n_next, m_next = decrement(m, "n_next", n_left), decrement(m, "m_next", m_left)
        block_starts = load & end
        update(m, first, (load, end))
        update(m, n_left, (self.rst, 1), (block_starts, n_tiles), (load, n_next))
        update(m, m_again, (block_starts, m_tiles))
        slots, slots_again = self._at_least(m_tiles, len(m_left)), self._at_least(m_again, len(m_left))
        update(m, m_left, (block_starts, slots), (load, slots_again), (issue, m_next))
        flags: dict[str, Value] = {"first": first, "end": end, "last": last, "table_end": last}
        if least > 1:
            spare = keep_low(m, "spare_steps", slots_again - m_again, len(m_left))
            idle = m_left <= spare
            flags |= {"end": end & ~idle, "last": m_left == spare + 1, "idle": idle, "over": end & last}
        if plan.stored_sums:
            flags |= self._count_slots(m, issue, m_again, m_tiles, block_starts)
        return flags

    def _at_least(self, tiles: Value, width: int) -> Value:
        """``tiles``, or the accumulator's latency if that is more."""
        least = self.plan.accumulator_stages
        return Mux(tiles < least, Const(least, width), tiles) if least > 1 else tiles

    def _count_slots(
        self, m: Module, issue: Value, m_again: Value, m_tiles: Value, block_starts: Value
    ) -> dict[str, Value]:
        """Slots m_tiles - P - 1 … 0 in turn: the delay line holds all but the accumulator's P sums."""
        in_accumulator = self.plan.accumulator_stages
        single = Signal()
        slot = Signal(self.plan.slot_width, name="next_slot")
        m.d.comb += single.eq(m_again == 1 if in_accumulator == 1 else m_again <= in_accumulator)
        if self.plan.stored_sums == 1:
            return {"single": single, "slot": slot}
        longest = Signal(len(m_again))
        m.d.comb += longest.eq(Mux(block_starts, m_tiles, m_again))
        wrapped = keep_low(m, "slot_again", longest - Const(1 + in_accumulator, len(longest)), len(slot))
        following = decrement(m, "slot_next", slot)
        update(m, slot, (block_starts | issue & (slot == 0), wrapped), (issue, following))
        return {"single": single, "slot": slot}
