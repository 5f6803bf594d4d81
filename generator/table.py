"""The table: a group of µ activations becomes all its entries, with a register before or after the adders."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, any_of, copy_out, delayed, enables_of, slices, update
from generator.operators import operators_of
from generator.plan import CorePlan, Entry, format_name, group_name


class Table(Block):
    """The entries of one group, each in its exact width, entry 1 in the low bits.

    Members
    -------
    load : In(1)
        The activations are taken at this clock edge, those before them move on; otherwise registers hold.
        Where clocks are gated, one for each stage.
    activations : In(µ·b)
        Activation 0 in the low bits.
    exponent : In(exponent_width)
        Only for ``aligned``: the largest exponent of the row's tile.
    entries : Out(table_bits)
        With ``tracks_invalid``, above the entries a bit for each: it has an infinity or a NaN in it.
    """

    kind = "table"

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        number = f"{plan.config.activation}_raw" if plan.multiplies_floats else format_name(plan.config)
        where = "behind" if plan.registers_entries else "before" if plan.registers_activations else "inside"
        late = "_late" if plan.registers_activations else ""
        name = f"table_{group_name(plan.config)}_{number}{late}"
        stages = plan.table_stages - plan.scale_stages
        negations = f"{plan.table.negations} negations, " if plan.table.negations else ""
        super().__init__(
            f"{name}_s{plan.table_unit_stages}" if plan.table_unit_stages else name,
            f"all {len(plan.table.entries)} combinations of {plan.config.group_size} activations, "
            f"{plan.table.adders} adders, {negations}registers {where} them",
            {
                "clk": In(1),
                "load": In(plan.enables(stages)),
                "activations": In(plan.config.group_size * plan.activation_width),
                **({"exponent": In(plan.exponent_width)} if plan.exponent_width else {}),
                "entries": Out(plan.table_bits),
            },
        )
        self.operators = operators_of(plan)
        self.blocks = self.operators.table_blocks

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        plan, table = self.plan, self.plan.table

        inputs = slices(self.activations, [plan.activation_width] * table.group_size)
        units = any_of(enables_of(self.load, int(plan.registers_activations), plan.table_unit_stages))
        if plan.registers_activations:
            held = [Signal(plan.activation_width, name=f"x{i}") for i in range(len(inputs))]
            for register, value in zip(held, inputs, strict=True):
                update(m, register, (enables_of(self.load, 0, 1), value))
            inputs = held

        operands, specials = self.operators.operands(
            m, inputs, self.exponent if plan.exponent_width else None, units
        )
        # A sum by the number of additions that it has waited for or gone through.
        made: dict[int, list[Value]] = {}
        by_number = {entry.index: entry for entry in table.sums}

        def after(entry: Entry, additions: int) -> Value:
            waiting = made[entry.index]
            for level in range(entry.depth + len(waiting), additions + 1):
                name = f"entry{entry.index}_level{level}"
                waiting.append(delayed(m, waiting[-1], name, plan.level_stages, units))
            return waiting[additions - entry.depth]

        for entry in table.sums:
            if entry.negates:
                whole = after(by_number[entry.left], entry.depth - 1)
                made[entry.index] = [self.operators.negative(m, entry, whole)]
                continue
            if entry.right is None:
                made[entry.index] = [operands[entry.left]]
                continue
            left, right = (after(by_number[each], entry.depth - 1) for each in (entry.left, entry.right))
            if entry.doubled:
                right = Cat(Const(0, 1), right)
            made[entry.index] = [self.operators.combine(m, entry, left, right, units)]

        entries = Cat(after(entry, table.depth) for entry in table.entries)
        if specials:
            entries = Cat(entries, *(special_in(specials, entry.digits) for entry in table.entries))
        if plan.registers_entries:
            held_entries = Signal(plan.table_bits, name="held_entries")
            update(m, held_entries, (self.load[-1], entries))
            entries = held_entries
        if self.blocks and not plan.registers_entries:
            copy_out(m, entries, self.entries)
        else:
            m.d.comb += self.entries.eq(entries)
        return m


def special_in(specials: list[Value], digits: tuple[int, ...]) -> Value:
    """Whether one of the activations that ``digits`` take is an infinity or a NaN."""
    return Cat(special for special, digit in zip(specials, digits, strict=True) if digit).any()
