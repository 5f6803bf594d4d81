"""Tables whose entries come on a stream, and the maker of tables at its other end.

A beat has, row by row, the entries of all tables of a tile as a ``Table`` hands them to its fetches and, for
``aligned``, the exponent that they are aligned to above them. One maker may feed several cores.
"""

from __future__ import annotations

from amaranth.hdl import Cat, ClockDomain, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, any_of, copy_out, delayed, enables_of, padded, slices, update
from generator.floating.align import LargestExponent
from generator.operators import clocking
from generator.plan import (
    AlignedDatapath,
    CorePlan,
    beat_bits,
    core_name,
    format_name,
    group_name,
    maker_plan,
)
from generator.table import Table


class PortTable(Block):
    """One group's table: registers that take its entries from the stream.

    Members
    -------
    load : In(1)
        The entries are taken at this clock edge; otherwise they stay.
    activations : In(table_bits)
    entries : Out(table_bits)
        As a ``Table`` has them.
    """

    kind = "table"

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        super().__init__(
            f"table_{group_name(plan.config)}_{format_name(plan.config)}_port",
            f"{len(plan.table.entries)} combinations of {plan.config.group_size} activations, made elsewhere",
            {
                "clk": In(1),
                "load": In(1),
                "activations": In(plan.table_bits),
                "entries": Out(plan.table_bits),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        update(m, self.entries, (self.load, self.activations))
        return m


class TableMaker(Block):
    """The tables of a core with ``table_store = "port"``: activations on one stream, entries on another.

    Both are AXI4-Streams; ``tdata`` is the beat's vector, padded with zeros to whole bytes. A beat of
    activations is that of the same core with tables of its own.
    """

    kind = "table_maker"

    def __init__(self, port: CorePlan) -> None:
        """The maker for a core of the plan ``port``."""
        self.plan, self.port = maker_plan(port.config), port
        activations, entries = beat_bits(self.plan).activation, beat_bits(port).activation
        super().__init__(
            f"ternlut_tables_{core_name(port.config)}",
            "makes the entries that a core's tables take from its stream",
            {
                "aclk": In(1),
                "aresetn": In(1),
                "s_axis_activation_tdata": In(padded(activations)),
                "s_axis_activation_tvalid": In(1),
                "s_axis_activation_tready": Out(1),
                "m_axis_entry_tdata": Out(padded(entries)),
                "m_axis_entry_tvalid": Out(1),
                "m_axis_entry_tready": In(1),
            },
        )
        self.table = Table(self.plan)
        self.blocks = (self.table,)
        if isinstance(self.plan.datapath, AlignedDatapath):
            self.largest = LargestExponent(self.plan.datapath.scale)
            self.blocks = (*self.blocks, self.largest)

    def elaborate(self, platform: object) -> Module:
        m, plan = Module(), self.plan
        m.domains.sync = domain = ClockDomain("sync", reset_less=True)
        m.d.comb += domain.clk.eq(self.aclk)
        load = self._moves(m)
        bits = plan.tile_length * plan.activation_width
        beat = slices(self.s_axis_activation_tdata, [bits] * plan.config.rows)
        made = Cat(self._row(m, f"row{row}", values, load) for row, values in enumerate(beat))
        copy_out(m, Cat(made, Const(0, len(self.m_axis_entry_tdata) - len(made))), self.m_axis_entry_tdata)
        return m

    def _moves(self, m: Module) -> Value:
        """When each stage takes something: whenever the last one is empty or becomes so."""
        going = Signal(name="going")
        m.d.comb += [
            going.eq(~self.m_axis_entry_tvalid | self.m_axis_entry_tready),
            self.s_axis_activation_tready.eq(going),
        ]
        valid: Value = self.s_axis_activation_tvalid
        enables = []
        for stage in range(self.plan.table_stages):
            following = Signal(name=f"valid{stage}")
            enables.append(going & valid)
            update(m, following, (~self.aresetn, 0), (going, valid))
            valid = following
        m.d.comb += self.m_axis_entry_tvalid.eq(valid)
        load = Signal(self.plan.load_width, name="load")
        m.d.comb += load.eq(Cat(enables) if self.plan.config.clock_gating else going)
        return load

    def _row(self, m: Module, name: str, values: Value, load: Value) -> Value:
        """The entries of a row's tables and, for ``aligned``, their exponent."""
        plan, config, waits = self.plan, self.plan.config, self.plan.scale_stages
        arrived = delayed(m, values, f"arrived_{name}", waits, enables_of(load, 0, waits))
        behind = enables_of(load, waits, plan.table_stages - waits)
        exponent: Value = Const(0, 0)
        if plan.exponent_width:
            exponent = Signal(plan.exponent_width, name=f"largest_{name}")
            m.submodules[f"largest_{name}"] = self.largest.instance(
                **clocking(self.largest, any_of(enables_of(load, 0, waits))), values=values, exponent=exponent
            )
        entries = [Signal(plan.table_bits, name=f"entries{table}_{name}") for table in range(config.tables)]
        groups = slices(arrived, [config.group_size * plan.activation_width] * config.tables)
        for table, (group, made) in enumerate(zip(groups, entries, strict=True)):
            m.submodules[f"table{table}_{name}"] = self.table.instance(
                clk=self.aclk,
                load=behind,
                activations=group,
                entries=made,
                **({"exponent": exponent} if plan.exponent_width else {}),
            )
        held = delayed(m, exponent, f"exponent_{name}", plan.table_stages - waits, behind)
        return Cat(*entries, held)
