"""Fetch: a key takes one entry from a table, or its one's complement; for every row of tokens the same key.

The missing +1 of a negation is the sign bit itself, which the reduction takes as a carry-in.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import assert_never

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from generator.block import Block, cut, extend, slices
from generator.keys import index_cubes
from generator.operators import operators_of
from generator.packing import relative_cubes
from generator.plan import CorePlan, format_name, group_name

OR_LOT = 64
"""Legs in one expression: Amaranth walks expressions recursively."""


class Fetch(Block):
    """One column's fetch from one table, for R rows.

    Members
    -------
    clk, advance : In(1)
        Only where floats are multiplied in ``product_stages`` cycles; ``clk`` for memories, too.
    key : In(key_width)
        Sign above index, or above the weights less the sign where these come packed; for
        ``multiplier`` the weight.
    entries : In(R·table_bits)
        Row 0 in the low bits.
    values : Out(R·leaf_width)
        Entry (or 0) XOR sign, of a ``native`` float its sign bit, of a full table as it is; for
        ``multiplier`` the product. With
        ``tracks_invalid``, above each whether what was selected is invalid.
    """

    kind = "fetch"

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        config = plan.config
        rows = f"_r{config.rows}" if config.rows > 1 else ""
        stages = f"_s{plan.product_stages}" if plan.product_stages else ""
        negation = "one's complement" if plan.carries_signs else "negation"
        negated = f", or its {negation}" if plan.signed_keys else ""
        super().__init__(
            f"{_kind(plan)}_{format_name(plan.config)}{rows}{stages}",
            f"the entry that a key selects{negated}"
            if plan.keys_name_groups
            else "an activation times a weight",
            {
                **({"clk": In(1)} if plan.product_stages or plan.reads_memories else {}),
                **({"advance": In(1)} if plan.product_stages else {}),
                "key": In(plan.key_width),
                "entries": In(config.rows * plan.table_bits),
                "values": Out(config.rows * plan.leaf_width),
            },
        )
        self.operators = operators_of(plan)
        self.blocks = self.operators.fetch_blocks

    def elaborate(self, platform: object) -> Module:
        plan, config = self.plan, self.plan.config
        m = self.clocked() if "clk" in self.members else Module()
        rows = slices(self.entries, [plan.table_bits] * config.rows)
        values = slices(self.values, [plan.leaf_width] * config.rows)
        for value, picked in zip(values, self._picked(m, rows), strict=True):
            m.d.comb += value.eq(picked)
        return m

    def _picked(self, m: Module, rows: list[Value]) -> list[Value]:
        """The value of each row."""
        match self.plan.fetch_circuit:
            case "onehot":
                return self._onehot(m, rows)
            case "tree":
                return self._tree(m, rows)
            case "memory":
                return self._read(m, rows)
            case "controls":
                return self._select(m, rows)
            case "product":
                return self._multiply(m, rows)
            case unknown:
                assert_never(unknown)

    @property
    def _index(self) -> Value:
        return self.key[:-1] if self.plan.signed_keys else self.key

    def _negated(self, entry: Value) -> Value:
        """``entry``, negated if the key has a sign that is 1."""
        return self.operators.negate(entry, self.key[-1]) if self.plan.signed_keys else entry

    def _fields(self, row: Value) -> list[Value]:
        """A row's entries, sign-extended to the fetched width, each with its invalid bit above it."""
        plan = self.plan
        fields = slices(row, [entry.range.width for entry in plan.table.entries])
        fields = [extend(field, plan.fetched_width) for field in fields]
        if not plan.tracks_invalid:
            return fields
        above = plan.table.entry_bits
        return [Cat(field, cut(row, above + i, above + i + 1)) for i, field in enumerate(fields)]

    def _onehot(self, m: Module, rows: list[Value]) -> list[Value]:
        """Decode the index once, then AND-OR."""
        plan = self.plan
        index = self._index
        hot = [Signal(name=f"hot{i + 1}") for i in range(len(plan.table.entries))]
        code = plan.config.group_size, plan.config.alphabet, plan.config.symmetry
        cubes = relative_cubes(code[0]) if plan.config.packs_keys else index_cubes(*code)
        for line, cube in zip(hot, cubes, strict=True):
            literals = [index[bit] if value else ~index[bit] for bit, value in cube.items()]
            m.d.comb += line.eq(reduce(and_, literals or [Const(1, 1)]))
        picked = []
        for r, row in enumerate(rows):
            legs = []
            for i, field in enumerate(self._fields(row)):
                leg = Signal(plan.leaf_width, name=f"leg{i + 1}_row{r}")
                m.d.comb += leg.eq(field & hot[i].replicate(plan.leaf_width))
                legs.append(leg)
            # In lots, because Amaranth walks expressions recursively and the 364 legs of µ = 6 are too deep.
            lots = [reduce(or_, legs[i : i + OR_LOT]) for i in range(0, len(legs), OR_LOT)]
            picked.append(self._negated(reduce(or_, lots)))
        return picked

    def _tree(self, m: Module, rows: list[Value]) -> list[Value]:
        """Binary multiplexers, one level for each bit of the index."""
        plan = self.plan
        index = self._index
        picked = []
        for r, row in enumerate(rows):
            nothing: list[Value] = [Const(0, plan.leaf_width)] * plan.code.first_index
            level = [*nothing, *self._fields(row)]
            for bit in range(plan.index_width):
                level = [
                    Mux(index[bit], pair[1], pair[0]) if len(pair) == 2 else pair[0]
                    for pair in (level[i : i + 2] for i in range(0, len(level), 2))
                ]
            entry = Signal(plan.leaf_width, name=f"entry_row{r}")
            m.d.comb += entry.eq(level[0])
            picked.append(self._negated(entry))
        return picked

    def _read(self, m: Module, rows: list[Value]) -> list[Value]:
        """A memory for each row, which is written as the others of the table are, and read by the index."""
        plan = self.plan
        assert plan.filling is not None
        banks = plan.filling.banks
        picked = []
        for r, row in enumerate(rows):
            word, address, written, bank = slices(
                row, [plan.leaf_width, plan.write_address_width, 1, banks - 1]
            )
            memory = Memory(shape=plan.leaf_width, depth=plan.filling.words, init=[])
            m.submodules[f"words_row{r}"] = memory
            write, read = memory.write_port(), memory.read_port(domain="comb")
            m.d.comb += [
                write.addr.eq(address),
                write.data.eq(word),
                write.en.eq(written),
                read.addr.eq(Cat(self._index, bank)),
            ]
            picked.append(self._negated(read.data))
        return picked

    def _select(self, m: Module, rows: list[Value]) -> list[Value]:
        """The activation, its complement, or nothing: one AND-OR of two legs, no XOR.

        Where nothing is no choice, a key is its sign.
        """
        if not self.plan.code.first_index:
            return [self.operators.negate(row, self.key[-1]) for row in rows]
        take, negate = Signal(name="take"), Signal(name="negate")
        m.d.comb += [take.eq(self.key[0] & ~self.key[1]), negate.eq(self.key[1])]
        return [self.operators.select(row, take, negate) for row in rows]

    def _multiply(self, m: Module, rows: list[Value]) -> list[Value]:
        advance = self.advance if self.plan.product_stages else Const(1, 1)
        return [
            self.operators.multiply(m, f"product_row{r}", row, self.key, advance)
            for r, row in enumerate(rows)
        ]


def _kind(plan: CorePlan) -> str:
    """What a fetch is, at the beginning of its module's name."""
    config = plan.config
    match config.architecture:
        case "lut":
            store = "" if plan.filling is None else f"_{config.table_store}{config.table_banks}"
            return f"fetch_{config.fetch}_{group_name(config)}{store}"
        case "select":
            return f"select_{config.fetch}{group_name(config).removeprefix('mu1')}"
        case "multiplier":
            return f"multiply_to{plan.leaf_width}"
        case unknown:
            assert_never(unknown)
