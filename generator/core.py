"""The datapath of a tile, and the core around it with its AXI4-Stream ports."""

from __future__ import annotations

from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, any_of, copy_out, delayed, enables_of, padded, slices
from generator.column import Column, control_ports
from generator.floating.align import LargestExponent
from generator.memory_table import Filler, MemoryTable
from generator.operators import clocking
from generator.plan import AlignedDatapath, CorePlan, beat_bits, core_name, top_name
from generator.scaler import Scaler
from generator.sequencer import Sequencer
from generator.table import Table
from generator.table_port import PortTable
from generator.unpacking import Unpacker


class Scale(NamedTuple):
    """The exponent of a row's tile: when a table aligns to it, and when the tile's sum is made a float."""

    of_table: Value
    of_root: Value


class Datapath(Block):
    """R·L tables and K columns, every column wired to every table.

    Members
    -------
    load : In(1)
        Or one for each stage of the tables, where clocks are gated; of memories a step of filling.
    activations : In(R·n·b)
    keys : In(K·L·key_width)
        Or, packed, the bytes that hold their weights.
    results : Out(R·K·column_width)
        Row 0, column 0 in the low bits of each.
    """

    kind = "datapath"

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        super().__init__(
            f"datapath_{core_name(plan.config)}",
            "tables and columns of one tile",
            {
                "clk": In(1),
                "load": In(plan.load_width),
                **{port: In(width) for port, width in control_ports(plan).items()},
                "activations": In(beat_bits(plan).activation),
                "keys": In(plan.key_elements.bits),
                "results": Out(plan.config.rows * plan.columns * plan.column_width),
            },
        )
        filling = plan.filling
        self.table = _table_of(plan)
        self.column = Column(plan)
        self.blocks = (self.table, self.column)
        self.filler = None if filling is None else Filler(plan, filling)
        if self.filler is not None:
            self.blocks = (self.filler, *self.blocks)
        self.unpacker = Unpacker(plan) if plan.config.packs_keys else None
        if self.unpacker is not None:
            self.blocks = (*self.blocks, self.unpacker)
        if isinstance(plan.datapath, AlignedDatapath) and not plan.receives_entries:
            self.largest = LargestExponent(plan.datapath.scale)
            self.blocks = (*self.blocks, self.largest)

    def elaborate(self, platform: object) -> Module:
        m = self.clocked() if self.plan.exponent_width else Module()
        plan, config = self.plan, self.plan.config
        groups = config.rows * config.tables
        scales = self._scales(m) if plan.exponent_width else []
        entries = Signal(groups * plan.table_bits)
        # Activations wait for the exponent that they are aligned to.
        arrived = self.activations
        if plan.scale_stages:
            scaling = enables_of(self.load, 0, plan.scale_stages)
            arrived = delayed(m, arrived, "arrived", plan.scale_stages, scaling)
        driven, aligns = self._driven(m), "exponent" in self.table.members
        made = [Signal(plan.table_bits, name=f"entries{group}") for group in range(groups)]
        for group, activations in enumerate(self._inputs(arrived)):
            m.submodules[f"table{group}"] = self.table.instance(
                clk=self.clk,
                **driven,
                activations=activations,
                entries=made[group],
                **({"exponent": scales[group // config.tables].of_table} if aligns else {}),
            )
        # Icarus Verilog takes a net of which instances drive parts for one with many drivers, and works out
        # all of its bits again for every slice that is read: minutes a cycle where tables are large.
        copy_out(m, Cat(made), entries)
        width = plan.column_width
        by_column = []
        for column, keys in enumerate(
            slices(self._keys(m), [config.tables * plan.key_width] * config.columns)
        ):
            results = Signal(config.rows * width, name=f"results{column}")
            m.submodules[f"column{column}"] = self.column.instance(
                clk=self.clk,
                **{port: getattr(self, port) for port in control_ports(plan)},
                keys=keys,
                entries=entries,
                results=results,
                **({"exponents": Cat(scale.of_root for scale in scales)} if scales else {}),
            )
            by_column.append(slices(results, [width] * config.rows))
        copy_out(m, Cat(column[row] for row in range(config.rows) for column in by_column), self.results)
        return m

    def _inputs(self, beat: Value) -> list[Value]:
        """What each table takes of a ``beat``."""
        plan = self.plan
        row = [*[plan.table_input_bits] * plan.config.tables, plan.input_exponent_bits]
        parts = slices(beat, row * plan.config.rows)
        # Above the tables of a row is what they are aligned to.
        return [part for at, part in enumerate(parts, 1) if at % len(row)]

    def _driven(self, m: Module) -> dict[str, Value]:
        """What drives every table, by the names of their ports."""
        plan = self.plan
        if self.filler is None:
            stages = plan.table_stages - plan.scale_stages
            return {"load": enables_of(self.load, plan.scale_stages, stages)}
        fill = Signal(self.filler.members["fill"].shape)
        m.submodules.filler = self.filler.instance(load=self.load, fill=fill)
        return {"fill": fill}

    def _keys(self, m: Module) -> Value:
        """A beat's keys, unpacked."""
        if self.unpacker is None:
            return self.keys
        keys = Signal(
            self.plan.config.columns * self.plan.config.tables * self.plan.key_width, name="unpacked"
        )
        m.submodules.unpacker = self.unpacker.instance(beat=self.keys, keys=keys)
        return keys

    def _scales(self, m: Module) -> list[Scale]:
        """The largest exponent of each row's tile, which follows the tile through the pipeline."""
        plan = self.plan
        scales = []
        for row, values in enumerate(slices(self.activations, [plan.row_bits] * plan.config.rows)):
            largest = Signal(plan.exponent_width, name=f"largest{row}")
            if plan.receives_entries:
                m.d.comb += largest.eq(values[-plan.exponent_width :])
            else:
                m.submodules[f"largest{row}"] = self.largest.instance(
                    **clocking(self.largest, any_of(enables_of(self.load, 0, plan.scale_stages))),
                    values=values,
                    exponent=largest,
                )
            before = int(plan.registers_activations)
            behind = plan.table_stages - plan.scale_stages - before
            loads = enables_of(self.load, plan.scale_stages, before + behind)
            of_table = delayed(m, largest, f"exponent{row}", before, enables_of(loads, 0, before))
            held = delayed(m, of_table, f"exponent{row}_table", behind, enables_of(loads, before, behind))
            stages = plan.pipeline_stages - plan.tile_stages
            following = held
            if stages:
                following = delayed(
                    m, held, f"exponent{row}_stage", stages, enables_of(self.advance, 0, stages)
                )
            scales.append(Scale(of_table, following))
        return scales


def _table_of(plan: CorePlan) -> Table | MemoryTable | PortTable:
    if plan.receives_entries:
        return PortTable(plan)
    return Table(plan) if plan.filling is None else MemoryTable(plan, plan.filling)


class Core(Block):
    """Three AXI4-Streams, a reset, and the layer's tile counts: the emitted top, or what is inside it.

    ``tdata`` is the beat's vector, padded with zeros to whole bytes.
    """

    kind = "core"

    def __init__(self, plan: CorePlan, name: str | None = None) -> None:
        self.plan = plan
        super().__init__(
            name or top_name(plan.config),
            "the core behind its AXI4-Stream ports",
            stream_ports(plan),
        )
        self.sequencer, self.datapath = Sequencer(plan), Datapath(plan)
        self.blocks = (self.sequencer, self.datapath)
        self.scaler = None if plan.scaler is None else Scaler(plan, plan.scaler)
        if self.scaler is not None:
            self.blocks = (*self.blocks, self.scaler)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan = self.plan
        control = {port: Signal(width, name=port) for port, width in control_ports(plan).items()}
        load = Signal(plan.load_width)
        handshake, made, results = self._scaled(m, self.scaler, control) if self.scaler else self._results()
        m.submodules.sequencer = self.sequencer.instance(
            clk=self.aclk,
            rst=~self.aresetn,
            n_tiles=self.n_tiles,
            m_tiles=self.m_tiles,
            activation_valid=self.s_axis_activation_tvalid,
            activation_ready=self.s_axis_activation_tready,
            key_valid=self.s_axis_key_tvalid,
            key_ready=self.s_axis_key_tready,
            **handshake,
            load=load,
            **control,
        )
        mark_padding(m, self, plan)
        m.submodules.datapath = self.datapath.instance(
            clk=self.aclk,
            load=load,
            **control,
            results=made,
            activations=self.s_axis_activation_tdata[: beat_bits(plan).activation],
            keys=self.s_axis_key_tdata[: plan.key_elements.bits],
        )
        padding = Const(0, len(self.m_axis_result_tdata) - len(results))
        copy_out(m, Cat(results, padding), self.m_axis_result_tdata)
        return m

    def _results(self) -> tuple[dict[str, Value], Signal, Signal]:
        """The handshake of the columns' results, these, and those of the core: they are the same."""
        handshake = {
            "result_valid": self.m_axis_result_tvalid,
            "result_ready": self.m_axis_result_tready,
            "result_last": self.m_axis_result_tlast,
        }
        results = Signal(beat_bits(self.plan).result, name="results")
        return handshake, results, results

    def _scaled(
        self, m: Module, scaler: Scaler, control: dict[str, Signal]
    ) -> tuple[dict[str, Value], Signal, Signal]:
        """The same where columns make sums of groups: the scaler takes them, its totals leave the core."""
        plan = self.plan
        groups = {port: Signal(name=f"group_{port}") for port in ("valid", "opens", "closes", "last")}
        going = Signal(name="going")
        sums = Signal(plan.config.rows * plan.columns * plan.column_width, name="sums")
        totals = Signal(beat_bits(plan).result, name="totals")
        first = plan.key_elements.bits
        m.submodules.scaler = scaler.instance(
            clk=self.aclk,
            rst=~self.aresetn,
            **{port: control[port] for port in scaler.controls},
            scales=self.s_axis_key_tdata[first : first + plan.scale_elements.bits],
            sums=sums,
            **{f"group_{port}": signal for port, signal in groups.items()},
            going=going,
            result_valid=self.m_axis_result_tvalid,
            result_ready=self.m_axis_result_tready,
            result_last=self.m_axis_result_tlast,
            totals=totals,
        )
        handshake = {
            "result_valid": groups["valid"],
            "result_ready": going,
            "result_last": groups["last"],
            "result_opens": groups["opens"],
            "result_closes": groups["closes"],
        }
        return handshake, sums, totals


def stream_ports(plan: CorePlan) -> dict[str, Any]:
    """The ports of a core, or of an array, by their names."""
    bits = beat_bits(plan)
    return {
        "aclk": In(1),
        "aresetn": In(1),
        "n_tiles": In(plan.n_tiles_width),
        "m_tiles": In(plan.m_tiles_width),
        "s_axis_activation_tdata": In(padded(bits.activation)),
        "s_axis_activation_tvalid": In(1),
        "s_axis_activation_tready": Out(1),
        "s_axis_key_tdata": In(padded(bits.key)),
        "s_axis_key_tvalid": In(1),
        "s_axis_key_tready": Out(1),
        "m_axis_result_tdata": Out(padded(bits.result)),
        "m_axis_result_tvalid": Out(1),
        "m_axis_result_tready": In(1),
        "m_axis_result_tlast": Out(1),
    }


def mark_padding(m: Module, top: Block, plan: CorePlan) -> None:
    """Gives what fills up the beats of ``top`` a name that says so."""
    bits = beat_bits(plan)
    for stream, used in (("activation", bits.activation), ("key", bits.key)):
        port = getattr(top, f"s_axis_{stream}_tdata")
        if used < len(port):
            padding = Signal(len(port) - used, name=f"unused_{stream}_padding", attrs={"keep": 1})
            m.d.comb += padding.eq(port[used:])
