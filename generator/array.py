"""An array: equal cores behind the streams of one as wide, and the tree that adds results where it has to.

The cores have the same handshakes from the same reset on, so their beats move in the same cycles, and those
of core 0 stand for all. Each has a sequencer: a control that drove all columns of all cores would be slow.
"""

from __future__ import annotations

from typing import assert_never

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import (
    Block,
    add_signed,
    any_of,
    copy_out,
    delayed,
    enables_of,
    padded,
    slices,
    update,
)
from generator.core import Core, mark_padding, stream_ports
from generator.floating.adder import FloatAdder
from generator.floating.fixed import FixedToFloat
from generator.operators import clocking
from generator.plan import (
    AlignedDatapath,
    ArrayPlan,
    ExactDatapath,
    IntegerDatapath,
    NativeDatapath,
    beat_bits,
    core_name,
    top_name,
)


class ResultTree(Block):
    """One result of the array from those of its cores, pipelined; an ``exact`` one is rounded at the end.

    Members
    -------
    advance : In(1)
        The registers move; where clocks are gated, those of each stage.
    values : In(T·w)
        One result of each core, of the core's result width; core 0 in the low bits.
    total : Out(result_width)
    """

    kind = "result_tree"

    def __init__(self, plan: ArrayPlan) -> None:
        self.plan = plan
        super().__init__(
            f"result_tree_{core_name(plan.config)}",
            f"adds a result of {plan.config.cores} cores",
            {
                "clk": In(1),
                "advance": In(plan.enables(plan.joining.cycles + plan.result_stages)),
                "values": In(plan.config.cores * plan.core.result_width),
                "total": Out(plan.result_width),
            },
        )
        self.adder: FloatAdder | None = None
        self.converter: FixedToFloat | None = None
        match plan.datapath:
            case IntegerDatapath():
                pass
            case ExactDatapath(to_float=unit):
                self.converter = FixedToFloat(unit)
            case NativeDatapath(accumulate=unit) | AlignedDatapath(accumulate=unit):
                self.adder = FloatAdder(unit)
            case unknown:
                assert_never(unknown)
        self.blocks = tuple(block for block in (self.adder, self.converter) if block is not None)

    def elaborate(self, platform: object) -> Module:
        m, plan = self.clocked(), self.plan
        alive = slices(self.values, [plan.core.result_width] * plan.config.cores)
        for level in range(len(plan.joining.levels)):
            moving = enables_of(self.advance, level * plan.joining.stages, plan.joining.stages)
            pairs = zip(alive[::2], alive[1::2], strict=False)
            sums = [self._sum(m, f"level{level}_{i}", a, b, moving) for i, (a, b) in enumerate(pairs)]
            if len(alive) % 2:
                name = f"waiting_level{level}"
                sums.append(delayed(m, alive[-1], name, plan.joining.stages, moving))
            alive = sums
        copy_out(m, self._rounded(m, alive[0]), self.total)
        return m

    def _sum(self, m: Module, name: str, a: Value, b: Value, moving: Value) -> Value:
        """Two results added, with the bit that says whether they are invalid, behind their registers."""
        plan, stages = self.plan, self.plan.joining.stages
        width = plan.accumulator_width
        if self.adder is None:
            total: Value = add_signed(m, name, a[:width], b[:width], width)
        else:
            total = Signal(width, name=name)
            m.submodules[f"add_{name}"] = self.adder.instance(
                **clocking(self.adder, any_of(moving)), a=a[:width], b=b[:width], sum=total
            )
        if self.adder is None or not self.adder.stages:
            total = delayed(m, total, f"{name}_held", stages, moving)
        if not plan.tracks_invalid:
            return total
        return Cat(total, delayed(m, a[-1] | b[-1], f"{name}_invalid", stages, moving))

    def _rounded(self, m: Module, total: Value) -> Value:
        """``total`` as the number that leaves the array."""
        plan = self.plan
        if self.converter is None:
            return total
        value = Signal(plan.value_width, name="rounded")
        moving = enables_of(self.advance, plan.joining.cycles, plan.result_stages)
        m.submodules.round = self.converter.instance(
            **clocking(self.converter, any_of(moving)), fixed=total[: plan.accumulator_width], value=value
        )
        return Cat(value, delayed(m, total[-1], "invalid", plan.result_stages, moving))


class Combiner(Block):
    """Trees for all results of a beat, and the handshake between cores and result stream.

    Members
    -------
    valid, last : In(1), ready : Out(1)
        The handshake of the cores' results.
    values : In(T·R·K·w)
        A beat of each core, core 0 in the low bits.
    result_valid, result_last : Out(1), result_ready : In(1), results : Out(R·K·result_width)
    """

    kind = "combiner"

    def __init__(self, plan: ArrayPlan) -> None:
        self.plan = plan
        super().__init__(
            f"combiner_{core_name(plan.config)}",
            f"adds the results of {plan.config.cores} cores",
            {
                "clk": In(1),
                "rst": In(1),
                "valid": In(1),
                "last": In(1),
                "ready": Out(1),
                "values": In(plan.config.cores * beat_bits(plan.core).result),
                "result_valid": Out(1),
                "result_ready": In(1),
                "result_last": Out(1),
                "results": Out(beat_bits(plan).result),
            },
        )
        self.tree = ResultTree(plan)
        self.blocks = (self.tree,)

    def elaborate(self, platform: object) -> Module:
        m, plan = self.clocked(), self.plan
        going = Signal()
        m.d.comb += [going.eq(~self.result_valid | self.result_ready), self.ready.eq(going)]
        valid, last = self.valid, self.last
        enables = []
        stages = plan.joining.cycles + plan.result_stages
        for stage in range(stages):
            end = stage == stages - 1
            following = self.result_valid if end else Signal(name=f"valid{stage}")
            following_last = self.result_last if end else Signal(name=f"last{stage}")
            enables.append(going & valid)
            update(m, following, (self.rst, 0), (going, valid))
            update(m, following_last, (going, last))
            valid, last = following, following_last

        config, width = plan.config, plan.core.result_width
        moving = Cat(enables) if config.clock_gating else going
        results = config.rows * config.columns
        fields = slices(self.values, [width] * (config.cores * results))
        totals = [Signal(plan.result_width, name=f"total{result}") for result in range(results)]
        for result, total in enumerate(totals):
            m.submodules[f"tree{result}"] = self.tree.instance(
                clk=self.clk, advance=moving, values=Cat(fields[result::results]), total=total
            )
        copy_out(m, Cat(totals), self.results)
        return m


class Array(Block):
    """Several cores, the emitted top or behind buffers, with the ports of a ``Core`` as wide as all."""

    kind = "array"

    def __init__(self, plan: ArrayPlan, name: str | None = None) -> None:
        self.plan = plan
        super().__init__(
            name or top_name(plan.config),
            f"{plan.config.cores} cores that divide the {plan.config.split}, behind AXI4-Stream ports",
            stream_ports(plan),
        )
        self.core = Core(plan.core, f"core_{core_name(plan.config)}")
        self.combiner = Combiner(plan) if plan.config.adds_results else None
        self.blocks = (self.core,) if self.combiner is None else (self.core, self.combiner)

    def elaborate(self, platform: object) -> Module:
        m, plan, cores = Module(), self.plan, self.plan.config.cores
        mark_padding(m, self, plan)
        bits = beat_bits(plan.core)
        activations, keys = self._activations(), self._keys()
        valid, last, ready = (Signal(name=f"result_{name}") for name in ("valid", "last", "ready"))
        beats = [Signal(padded(bits.result), name=f"results{core}") for core in range(cores)]
        for core in range(cores):
            outputs = {
                "s_axis_activation_tready": self.s_axis_activation_tready,
                "s_axis_key_tready": self.s_axis_key_tready,
                "m_axis_result_tvalid": valid,
                "m_axis_result_tlast": last,
            }
            if core:
                outputs = {name: Signal(name=f"unused_{name}{core}") for name in outputs}
            m.submodules[f"core{core}"] = self.core.instance(
                aclk=self.aclk,
                aresetn=self.aresetn,
                n_tiles=self.n_tiles,
                m_tiles=self.m_tiles,
                s_axis_activation_tdata=filled(activations[core]),
                s_axis_activation_tvalid=self.s_axis_activation_tvalid,
                s_axis_key_tdata=filled(keys[core]),
                s_axis_key_tvalid=self.s_axis_key_tvalid,
                m_axis_result_tdata=beats[core],
                m_axis_result_tready=ready,
                **outputs,
            )
        made = [beat[: bits.result] for beat in beats]
        if self.combiner is not None:
            results: Value = Signal(beat_bits(plan).result)
            m.submodules.combiner = self.combiner.instance(
                clk=self.aclk,
                rst=~self.aresetn,
                valid=valid,
                last=last,
                ready=ready,
                values=Cat(made),
                result_valid=self.m_axis_result_tvalid,
                result_ready=self.m_axis_result_tready,
                result_last=self.m_axis_result_tlast,
                results=results,
            )
        else:
            m.d.comb += [
                self.m_axis_result_tvalid.eq(valid),
                self.m_axis_result_tlast.eq(last),
                ready.eq(self.m_axis_result_tready),
            ]
            results = interleaved(made, plan.config.rows)
        copy_out(m, filled(results), self.m_axis_result_tdata)
        return m

    def _activations(self) -> list[Value]:
        """Each core's beat: of every row its part, or all where the outputs are divided."""
        config, beat = self.plan.config, self._without_padding("activation")
        return dealt(beat, config.cores, config.rows) if config.adds_results else [beat] * config.cores

    def _keys(self) -> list[Value]:
        """Each core's beat: its columns, or its tables of every column; packed weights and scales come core
        by core."""
        config, beat = self.plan.config, self._without_padding("key")
        dealt_out = config.adds_results and not config.packs_keys
        bits = self.plan.key_elements.bits
        keys = dealt(beat[:bits], config.cores, config.columns if dealt_out else 1)
        if self.plan.scaler is None:
            return keys
        return [Cat(*both) for both in zip(keys, dealt(beat[bits:], config.cores, 1), strict=True)]

    def _without_padding(self, stream: str) -> Value:
        beat: Value = getattr(self, f"s_axis_{stream}_tdata")
        return beat[: getattr(beat_bits(self.plan), stream)]


def dealt(beat: Value, parts: int, turns: int) -> list[Value]:
    """``beat`` dealt to so many ``parts`` in so many ``turns``, in pieces of equal width."""
    pieces = slices(beat, [len(beat) // (parts * turns)] * (parts * turns))
    return [Cat(pieces[part::parts]) for part in range(parts)]


def interleaved(beats: list[Value], rows: int) -> Value:
    """Row by row what all ``beats`` have of it."""
    pieces = [slices(beat, [len(beat) // rows] * rows) for beat in beats]
    return Cat(piece[row] for row in range(rows) for piece in pieces)


def filled(beat: Value) -> Value:
    """``beat`` filled up with zeros to whole bytes."""
    return Cat(beat, Const(0, padded(len(beat)) - len(beat)))
