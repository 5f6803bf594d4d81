"""The table: a group of µ activations becomes all its entries, with a register before or after the adders."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from generator.block import Block, add, slices, subtract, update
from generator.plan import CorePlan


class Table(Block):
    """Entries 1 … (3^µ - 1)/2 of one group, each in its exact width, entry 1 in the low bits.

    Members
    -------
    load : In(1)
        The activations are taken at this clock edge; otherwise the registers hold.
    activations : In(µ·b)
        Activation 0 in the low bits.
    entries : Out(entry_bits)
    """

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        name = f"table_mu{plan.config.group_size}_{plan.format_name}"
        super().__init__(
            name if plan.registers_entries else f"{name}_late",
            f"all {len(plan.table.entries)} combinations of {plan.config.group_size} activations, "
            f"{plan.table.adders} adders, registers {'behind' if plan.registers_entries else 'before'} them",
            {
                "clk": In(1),
                "load": In(1),
                "activations": In(plan.config.group_size * plan.activation_width),
                "entries": Out(plan.table.entry_bits),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        plan, table = self.plan, self.plan.table

        inputs = slices(self.activations, [plan.activation_width] * table.group_size)
        if not plan.registers_entries:
            held = [Signal(plan.activation_width, name=f"x{i}") for i in range(len(inputs))]
            for register, value in zip(held, inputs, strict=True):
                update(m, register, (self.load, value))
            inputs = held

        made = {}
        for index in table.build_order:
            entry = table.entries[index - 1]
            if entry.right is None:
                made[index] = inputs[entry.left]
            else:
                combine = subtract if entry.subtract else add
                operands = made[entry.left], made[entry.right]
                made[index] = combine(m, f"entry_{index}", *operands, entry.range.width)

        entries = Cat(made[index] for index in sorted(made))
        if plan.registers_entries:
            held_entries = Signal(plan.table.entry_bits, name="held_entries")
            update(m, held_entries, (self.load, entries))
            entries = held_entries
        m.d.comb += self.entries.eq(entries)
        return m
