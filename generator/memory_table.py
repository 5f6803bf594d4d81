"""Tables that are memories: one adder makes an entry in every cycle while another table is read.

What all tables of a core do in a step of filling is the same, and is decoded once.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, add_signed, extend, slices, update
from generator.plan import CorePlan, FillPlan, format_name, group_name


def fill_fields(plan: CorePlan, filling: FillPlan) -> dict[str, int]:
    """Widths of the signals by which a ``Filler`` drives every table, the first in the low bits.

    ``moves``: a step is taken. ``restarts``, ``subtract``, ``doubled``: as ``FillStep`` says. ``place``: the
    number of the activation that is added, behind the last for none. ``bank``: the one that is read.
    ``words``: bank by bank, the entry that is written; or of memories ``address`` and ``write``.
    """
    fields = {"moves": 1, "restarts": 1, "subtract": 1, "doubled": int(filling.doubles)}
    fields |= {"place": (filling.operands - 1).bit_length(), "bank": filling.banks - 1}
    if plan.reads_memories:
        return fields | {"write": 1, "address": plan.write_address_width}
    return fields | {"words": filling.banks * len(plan.code.entries)}


class Filler(Block):
    """What the tables do in a step of filling.

    Members
    -------
    load : In(load_width)
        Whether a step is taken, the bank that is read if there are two, and the step's number.
    fill : Out
        As ``fill_fields`` says.
    """

    kind = "filler"

    def __init__(self, plan: CorePlan, filling: FillPlan) -> None:
        self.plan, self.filling = plan, filling
        self.fields = fill_fields(plan, filling)
        super().__init__(
            f"filler_{_name(plan, filling)}",
            f"what tables do in each of {filling.cycles} cycles in which they are filled",
            {"load": In(plan.load_width), "fill": Out(sum(self.fields.values()))},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        filling = self.filling
        moves, bank, number = slices(self.load, [1, filling.banks - 1, filling.step_width])
        hot = [Signal(name=f"step{i}") for i in range(filling.cycles)]
        for i, line in enumerate(hot):
            m.d.comb += line.eq(number == i)

        def any_of(chosen: list[bool]) -> Value:
            return Cat(line for line, is_one in zip(hot, chosen, strict=True) if is_one).any()

        steps = filling.steps
        values = {
            "moves": moves,
            "restarts": any_of([step.restarts for step in steps]),
            "subtract": any_of([step.subtract for step in steps]),
            "doubled": any_of([step.doubled for step in steps]) if filling.doubles else Const(0, 0),
            "place": Cat(
                any_of(
                    [
                        bool(1 << bit & (filling.group_size if step.place is None else step.place))
                        for step in steps
                    ]
                )
                for bit in range(self.fields["place"])
            ),
            "bank": bank,
        }
        written = [moves & ~bank, moves & bank] if filling.banks > 1 else [moves]
        if self.plan.reads_memories:
            bits = range(self.plan.code.index_width)
            address = Cat(any_of([bool(1 << bit & (step.index or 0)) for step in steps]) for bit in bits)
            values["write"] = moves & any_of([step.index is not None for step in steps])
            values["address"] = Cat(address, ~bank if filling.banks > 1 else Const(0, 0))
        else:
            by_index = {s.index: line for s, line in zip(steps, hot, strict=True) if s.index is not None}
            lines = [by_index[index] for index in sorted(by_index)]
            values["words"] = Cat(line & enable for enable in reversed(written) for line in lines)
        m.d.comb += self.fill.eq(Cat(values[name] for name in self.fields))
        return m


class MemoryTable(Block):
    """One group's table: an adder and, but for memories that stand at the fetches, words that hold entries.

    Members
    -------
    fill : In
        As ``fill_fields`` says.
    activations : In(µ·b)
        Activation 0 in the low bits. They stay while the table is filled.
    entries : Out(table_bits)
        The entries of the bank that is read, as a ``Table`` has them; of memories what is written, its
        address, whether it is, and the bank that is read.
    """

    kind = "table"

    def __init__(self, plan: CorePlan, filling: FillPlan) -> None:
        self.plan, self.filling = plan, filling
        self.fields = fill_fields(plan, filling)
        super().__init__(
            f"table_{_name(plan, filling)}",
            f"{len(plan.table.entries)} combinations of {plan.config.group_size} activations, one a cycle",
            {
                "clk": In(1),
                "fill": In(sum(self.fields.values())),
                "activations": In(plan.config.group_size * plan.activation_width),
                "entries": Out(plan.table_bits),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        plan, filling = self.plan, self.filling
        fill = dict(zip(self.fields, slices(self.fill, list(self.fields.values())), strict=True))
        total = self._sum(m, fill)
        if plan.reads_memories:
            # What is no entry may be wider than all that are.
            word = extend(total, max(plan.fill_width, plan.leaf_width))[: plan.leaf_width]
            m.d.comb += self.entries.eq(Cat(word, fill["address"], fill["write"], fill["bank"]))
            return m
        widths = [entry.range.width for entry in plan.table.entries]
        banks = []
        for bank, enables in enumerate(slices(fill["words"], [len(widths)] * filling.banks)):
            words = [Signal(width, name=f"bank{bank}_entry{i}") for i, width in enumerate(widths, start=1)]
            for word, enable in zip(words, enables, strict=True):
                update(m, word, (enable, total[: len(word)]))
            banks.append(Cat(words))
        m.d.comb += self.entries.eq(Mux(fill["bank"], banks[-1], banks[0]) if filling.banks > 1 else banks[0])
        return m

    def _sum(self, m: Module, fill: dict[str, Value]) -> Value:
        """The sum of this step, which the next one goes on from."""
        plan, width = self.plan, self.plan.fill_width
        activations = slices(self.activations, [plan.activation_width] * plan.config.group_size)
        if self.filling.stores_zero:
            activations.append(Const(0, plan.activation_width))
        addend = extend(_chosen(activations, fill["place"]), width)
        if self.filling.doubles:
            addend = Mux(fill["doubled"], Cat(Const(0, 1), addend[:-1]), addend)
        made = Signal(width, name="made")
        before = made & ~fill["restarts"].replicate(width)
        inverted = addend ^ fill["subtract"].replicate(width)
        total = add_signed(m, "total", before, inverted, width, fill["subtract"])
        update(m, made, (fill["moves"], total))
        return total


def _chosen(values: list[Value], number: Value) -> Value:
    """That of ``values`` with the ``number``, by multiplexers."""
    for bit in number:
        pairs = [values[i : i + 2] for i in range(0, len(values), 2)]
        values = [Mux(bit, pair[1], pair[0]) if len(pair) == 2 else pair[0] for pair in pairs]
    return values[0]


def _name(plan: CorePlan, filling: FillPlan) -> str:
    read = "memory" if plan.reads_memories else "words"
    return f"{group_name(plan.config)}_{format_name(plan.config)}_{read}{filling.banks}"
