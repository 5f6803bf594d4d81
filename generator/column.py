"""A column: fetches from all tables, adds them, and accumulates, for R rows of tokens."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import assert_never

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from generator.block import Block, any_of, delayed, enables_of, extend, slices, update
from generator.compressor import Compressor
from generator.fetch import Fetch
from generator.operators import operators_of
from generator.plan import CompressorPlan, CorePlan, ReductionPlan, core_name


def control_ports(plan: CorePlan) -> dict[str, int]:
    """Widths of the signals by which the sequencer drives every column.

    ``advance``: pipeline registers move; where clocks are gated, stage by stage, where a tile moves in.
    ``accept``: the root's value is added now. ``keep``, ``recall``: the accumulator's other operand is the
    accumulator, or the stored partial sum at ``slot``; neither: zero. ``plane``: which power of two what is
    accepted is multiplied by, a bit each.

    An accumulator that is a pipelined adder has ``step`` instead of ``accept``: its registers move.
    ``capture``: the partial sum that comes out is captured. ``merge``: the captured one is added to it.
    """
    ports = {"step" if plan.pipelines_accumulator else "accept": 1, "keep": 1}
    if plan.merge.steps:
        ports |= {"capture": 1, "merge": 1}
    if plan.pipeline_stages or plan.result_stages:
        ports["advance"] = plan.enables(plan.pipeline_stages + plan.result_stages)
    if plan.stored_sums:
        ports["recall"] = 1
    if plan.stored_sums > 1:
        ports["slot"] = plan.slot_width
    if plan.config.weight_bits > 1:
        ports["plane"] = plan.config.weight_bits
    return ports


class Column(Block):
    """One output's sum over the tile and over time, for R rows.

    Members
    -------
    keys : In(L·key_width)
    entries : In(R·L·table_bits)
        Row 0, table 0 in the low bits.
    exponents : In(R·exponent_width)
        Only for ``aligned``: the scale of each row's tile, when it arrives at the accumulator.
    results : Out(R·column_width)
        The accumulators, as floats if the activations are.
    """

    kind = "column"

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        config = plan.config
        super().__init__(
            f"column_{core_name(plan.config)}",
            f"{config.tables} fetches, their sum and the accumulator, for {config.rows} row(s) of tokens",
            {
                "clk": In(1),
                **{port: In(width) for port, width in control_ports(plan).items()},
                "keys": In(config.tables * plan.key_width),
                "entries": In(config.rows * config.tables * plan.table_bits),
                **({"exponents": In(config.rows * plan.exponent_width)} if plan.exponent_width else {}),
                "results": Out(config.rows * plan.column_width),
            },
        )
        self.operators = operators_of(plan)
        self.fetch = Fetch(plan)
        self.compressors = _compressors(plan)
        self.blocks = (self.fetch, *self.compressors, *self.operators.column_blocks)

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        plan, config = self.plan, self.plan.config
        keys = slices(self.keys, [plan.key_width] * config.tables)
        entries = slices(self.entries, [plan.table_bits] * (config.rows * config.tables))
        results = slices(self.results, [plan.column_width] * config.rows)

        exponents: list[Value | None] = [None] * config.rows
        if plan.exponent_width:
            exponents = [*slices(self.exponents, [plan.exponent_width] * config.rows)]

        fetched: list[list[Value]] = []
        for table, key in enumerate(keys):
            values = Signal(config.rows * plan.leaf_width, name=f"fetched{table}")
            rows = Cat(entries[row * config.tables + table] for row in range(config.rows))
            moving = any_of(enables_of(self._advance, 0, plan.product_stages))
            clocking: dict[str, Value] = {"clk": self.clk} if "clk" in self.fetch.members else {}
            clocking |= {"advance": moving} if plan.product_stages else {}
            m.submodules[f"fetch{table}"] = self.fetch.instance(
                **clocking, key=key, entries=rows, values=values
            )
            fetched.append(slices(values, [plan.leaf_width] * config.rows))

        signs: list[Value] = [key[-1] for key in keys] if plan.carries_signs else [Const(0, 1)] * len(keys)
        if config.pipeline.fetch and plan.carries_signs:
            signs = [
                self._register(m, sign, f"sign{table}", plan.fetch_stage) for table, sign in enumerate(signs)
            ]
        for row, result in enumerate(results):
            leaves = [values[row] for values in fetched]
            if config.pipeline.fetch:
                leaves = [
                    self._register(m, v, f"value{t}_row{row}", plan.fetch_stage) for t, v in enumerate(leaves)
                ]
            special = self._any_special(m, leaves, f"row{row}") if plan.tracks_invalid else None
            leaves = [leaf[: plan.fetched_width] for leaf in leaves] if plan.tracks_invalid else leaves
            root, pending = self._reduce(m, leaves, signs, f"row{row}")
            rounding = enables_of(self._advance, plan.pipeline_stages - plan.tile_stages, plan.tile_stages)
            addend, carry = self.operators.addend(
                m, f"row{row}", root, pending, exponents[row], any_of(rounding)
            )
            if special is not None:
                special = delayed(m, special, f"special_tile_row{row}", plan.tile_stages, rounding)
            if plan.pipelines_accumulator:
                state = self._circulate(m, addend, special, f"row{row}")
            else:
                state = self._accumulate(m, addend, carry, special, f"row{row}")
            m.d.comb += result.eq(self._result(m, state, f"row{row}"))
        return m

    @property
    def _advance(self) -> Value:
        return self.advance if "advance" in control_ports(self.plan) else Const(1, 1)

    def _register(self, m: Module, value: Value, name: str, stage: int) -> Signal:
        register = Signal(len(value), name=name)
        update(m, register, (enables_of(self.advance, stage, 1), value))
        return register

    def _any_special(self, m: Module, leaves: list[Value], row: str) -> Value:
        """Whether a leaf is invalid, as late as the root of the tree."""
        special: Value = Signal(name=f"special_{row}")
        m.d.comb += special.eq(Cat(leaf[-1] for leaf in leaves).any())
        for level in self.plan.reduction.registered_levels:
            special = self._register(m, special, f"special_level{level}_{row}", self.plan.level_stage(level))
        return special

    def _reduce(self, m: Module, leaves: list[Value], signs: list[Value], row: str) -> tuple[Value, Value]:
        """The sum of ``leaves``, and bits that are still to be added to it (``plan.pending_width``)."""
        match self.plan.reduction:
            case ReductionPlan() as tree:
                return self._add_in_tree(m, tree, leaves, signs, row)
            case CompressorPlan() as tree:
                return self._compress(m, tree, leaves, signs, row)
            case unknown:
                assert_never(unknown)

    def _compress(
        self, m: Module, tree: CompressorPlan, leaves: list[Value], signs: list[Value], row: str
    ) -> tuple[Value, Value]:
        """The signed of a carry-save sum's numbers; the other, and above it the signs that the tree left."""
        (compressor,) = self.compressors
        levels = len(tree.registered_levels)
        advance = enables_of(self._advance, self.plan.level_stage(1), levels)
        total, carries = (
            Signal(tree.sum_width, name=f"sum_{row}"),
            Signal(tree.carry_width, name=f"carries_{row}"),
        )
        m.submodules[f"compress_{row}"] = compressor.instance(
            **({"clk": self.clk, "advance": advance} if levels else {}),
            **({"signs": Cat(signs[: tree.tree_signs])} if tree.tree_signs else {}),
            values=Cat(leaves),
            sum=total,
            carries=carries,
        )
        late: Value = Cat(signs[tree.tree_signs :] if tree.late_signs else [])
        for level in tree.registered_levels if tree.late_signs else ():
            late = self._register(m, late, f"pending_level{level}_{row}", self.plan.level_stage(level))
        return total, Cat(carries, late)

    def _add_in_tree(
        self, m: Module, tree: ReductionPlan, leaves: list[Value], signs: list[Value], row: str
    ) -> tuple[Value, Value]:
        """The tree's root and the one sign bit that is still to be added."""
        plan = self.plan
        alive = dict(enumerate(zip(leaves, signs, strict=True)))
        for level, indices in enumerate(tree.levels[1:], start=1):
            stage = plan.level_stage(level)
            adding = enables_of(self._advance, stage, plan.level_stages)
            for index in indices:
                node = tree.nodes[index]
                if node.level == level and node.left is not None and node.right is not None:
                    (a, carry), (b, pending) = alive[node.left], alive[node.right]
                    name = f"sum{index}_{row}"
                    carried = carry if plan.carries_signs else None
                    total = self.operators.add(m, name, a, b, node.width, carried, any_of(adding))
                    alive[index] = total, pending
                elif node.level < level:
                    value, pending = alive[index]
                    name = f"waiting{index}_level{level}_{row}"
                    value = delayed(m, value, name, plan.level_stages, adding)
                    alive[index] = value, pending
            if level in tree.registered_levels:
                held = stage + plan.level_stages
                for index in indices:
                    value, pending = alive[index]
                    value = self._register(m, value, f"held{index}_level{level}_{row}", held)
                    if plan.carries_signs:
                        pending = self._register(m, pending, f"pending{index}_level{level}_{row}", held)
                    alive[index] = value, pending
        return alive[tree.levels[-1][0]]

    def _accumulate(self, m: Module, addend: Value, pending: Value, special: Value | None, row: str) -> Value:
        """accumulator ← (itself, a stored sum or zero) + addend + pending. A gated clock or addend holds it.

        Once ``special`` has been accepted, the sum is invalid; that bit is kept and stored with the sum.
        Returns the sum and, above it, that bit.
        """
        plan = self.plan
        accumulator = Signal(plan.accumulator_width, name=f"accumulator_{row}")
        state: Value = accumulator
        if special is not None:
            invalid = Signal(name=f"invalid_{row}")
            state = Cat(accumulator, invalid)
        operand = self._operand(m, state, self.accept, row)
        if plan.config.weight_bits > 1:
            addend = self._shifted(m, addend, pending, row)
        if plan.config.clock_gating:
            if special is not None:
                update(m, invalid, (self.accept, operand[-1] | special))
                operand = operand[:-1]
            pending = pending if plan.pending_width else None
            total = self.operators.accumulate(m, row, operand, addend, pending, Const(1, 1))
            update(m, accumulator, (self.accept, total))
            return state
        if special is not None:
            m.d.sync += invalid.eq(operand[-1] | special & self.accept)
            operand = operand[:-1]
        gated = Signal(len(addend), name=f"gated_{row}")
        carry = Signal(len(pending), name=f"carry_{row}")
        # A plane's power of two is none where nothing is accepted.
        accepted = addend if plan.config.weight_bits > 1 else addend & self.accept.replicate(len(addend))
        m.d.comb += [
            gated.eq(accepted),
            carry.eq(pending & self.accept.replicate(len(pending))),
        ]
        carried = carry if plan.pending_width else None
        m.d.sync += accumulator.eq(self.operators.accumulate(m, row, operand, gated, carried, Const(1, 1)))
        return state

    def _shifted(self, m: Module, addend: Value, pending: Value, row: str) -> Value:
        """``addend`` times the power of two of its plane; zero without one.

        The sign that is still to be added fills it up below: as a carry it then counts as often.
        """
        width = len(addend) + self.plan.config.weight_bits - 1
        legs = []
        for plane, taken in enumerate(self.plane):
            shifted = extend(Cat(pending.replicate(plane), addend), width)
            legs.append(shifted & taken.replicate(width))
        chosen = Signal(width, name=f"shifted_{row}")
        m.d.comb += chosen.eq(reduce(or_, legs))
        return chosen

    def _circulate(self, m: Module, addend: Value, special: Value | None, row: str) -> Value:
        """The same through a pipelined adder, whose last register is the accumulator.

        It holds as many partial sums as it has stages. Between two results they are added up: one is captured
        as it comes out, and added to another.
        """
        plan = self.plan
        accumulator = Signal(plan.accumulator_width, name=f"accumulator_{row}")
        state: Value = accumulator
        if special is not None:
            invalid = Signal(name=f"invalid_{row}")
            state, addend = Cat(accumulator, invalid), Cat(addend, special)
        operand = self._operand(m, state, self.step, row)
        if plan.merge.steps:
            captured = Signal(plan.state_width, name=f"captured_{row}")
            update(m, captured, (self.capture, operand))
            chosen = Signal(plan.state_width, name=f"chosen_{row}")
            m.d.comb += chosen.eq(Mux(self.merge, captured, addend))
            addend = chosen
        if special is not None:
            either = operand[-1] | addend[-1]
            stages = plan.accumulator_stages
            m.d.comb += invalid.eq(delayed(m, either, f"invalid_{row}", stages, self.step))
            operand, addend = operand[:-1], addend[:-1]
        total = self.operators.accumulate(m, row, operand, addend, None, self.step)
        m.d.comb += accumulator.eq(total)
        return state

    def _operand(self, m: Module, state: Value, moves: Value, row: str) -> Value:
        """What is added to: ``state``, a stored sum or zero.

        Stored sums form a delay line: the accumulator goes into the slot from which its operand comes, so a
        sum returns after as many steps as the line is long, plus those it spends in the accumulator.
        """
        plan = self.plan
        operand = state & self.keep.replicate(plan.state_width)
        if plan.stored_sums:
            recalled = self._stored(m, state, moves, row)
            operand = operand | recalled & self.recall.replicate(plan.state_width)
        if not plan.tracks_invalid:
            return operand
        before = Signal(plan.state_width, name=f"before_{row}")
        m.d.comb += before.eq(operand)
        return before

    def _result(self, m: Module, state: Value, row: str) -> Value:
        """``state`` as the number that leaves the core, with its invalid bit above it."""
        plan = self.plan
        enables = enables_of(self._advance, plan.pipeline_stages, plan.result_stages)
        value = self.operators.result(m, row, state[: plan.accumulator_width], any_of(enables))
        if not plan.tracks_invalid:
            return value
        invalid = state[-1]
        return Cat(value, delayed(m, invalid, f"invalid_{row}_result", plan.result_stages, enables))

    def _stored(self, m: Module, state: Value, moves: Value, row: str) -> Value:
        """The stored sum at ``slot``, replaced by the accumulator's when it ``moves``."""
        plan = self.plan
        if plan.stored_sums == 1:
            stored = Signal(plan.state_width, name=f"stored_{row}")
            update(m, stored, (moves, state))
            return stored
        memory = Memory(shape=plan.state_width, depth=plan.stored_sums, init=[])
        m.submodules[f"stored_{row}"] = memory
        write, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [
            write.addr.eq(self.slot),
            write.data.eq(state),
            write.en.eq(moves),
            read.addr.eq(self.slot),
        ]
        return read.data


def _compressors(plan: CorePlan) -> tuple[Compressor, ...]:
    """The block that a carry-save reduction has."""
    match plan.reduction:
        case ReductionPlan():
            return ()
        case CompressorPlan() as tree:
            return (Compressor(plan, tree),)
        case unknown:
            assert_never(unknown)
