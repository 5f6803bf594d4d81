"""What a core is made of in an FPGA, where that is another thing than in cells.

Logic is made of lookup tables of a few inputs, so that a bit costs by what it depends on, in steps. Adders
are chains, a table a bit. Where a chain's tables have inputs left, what makes one of two operands goes into
them. Registers hold by their enables; memories, and long runs of registers, are tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from costmodel.price import area, control, filling, shift_registers
from costmodel.price.area import AreaTerm
from costmodel.price.components import NOTHING, Bill, register, total
from costmodel.price.fabric_floats import LUT4, LUT6, FabricFloats, around
from costmodel.price.fetch import aligned_product, product
from costmodel.price.fetch import fetch as fetch_in_cells
from costmodel.price.fetch import key_decoder as key_decoder_in_cells
from costmodel.price.merging import merges_products
from costmodel.price.quantity import FREE_ON_FABRICS, Over
from costmodel.price.throughput import STAGES
from generator.plan import (
    AlignedDatapath,
    CompressorPlan,
    CorePlan,
    Entry,
    ExactDatapath,
    IntegerDatapath,
    NativeDatapath,
    ReductionPlan,
)

FEW_ENTRIES = 4
INDEX_TABLES = 3
"""Tables for a bit of a value that read an index as it is."""
TAKEN_APART = {IntegerDatapath: (1.5, 2.0), ExactDatapath: (2.0, 1.1), AlignedDatapath: (2.8, 1.7)}
"""How many times as many tables such a bit takes whose function is taken apart: by lines and by a tree."""
SMALL_MEMORY = 20
"""Bits that Yosys keeps in registers where a memory could be."""
CHOSEN_TOO = 0.25
"""Tables for a bit of an adder that is spared, for it is chosen by fewer of them, too."""
SMALL_PRODUCT = 4
"""Bits of numbers whose product's bits depend on so few bits that a table makes each."""
PAIR_INPUTS = 5
"""What a bit of a multiplier's row depends on: once, twice and three times a number, and two bits."""


@dataclass(frozen=True)
class Tables:
    """A fabric's lookup tables: their ``inputs``, and the words and bits of a memory of ``memory_tables``.

    AMD's are ``flexible``: those of a carry chain make one operand, too, and one holds a run of registers.
    ``full_adder``: tables of a full adder outside of chains. ``index_inputs``: inputs that each of many
    entries amounts to where an index chooses one.
    """

    inputs: int
    memory_bits: int
    memory_words: int
    memory_tables: int
    flexible: bool
    full_adder: float
    index_inputs: float
    floats: FabricFloats

    def memories(self, words: int, bits: int) -> int:
        """Memories of tables for so many words."""
        return -(-bits // self.memory_bits) * -(-words // self.memory_words)

    def of(self, inputs: int) -> int:
        """Tables for a bit that depends on so many ``inputs``, one behind the other."""
        return max(0, -(-(inputs - 1) // (self.inputs - 1)))

    def before_chain(self, inputs: int) -> int:
        """Tables for such a bit where a chain adds it to one that no table makes."""
        return max(0, -(-inputs // (self.inputs - 1)) - 1) if self.flexible else self.of(inputs)


TABLES: Mapping[Over, Tables] = {
    "lut6": Tables(6, 14, 32, 8, True, 1.4, 2.0, LUT6),
    "lut4": Tables(4, 4, 16, 6, False, 2.0, 2.6, LUT4),
}
"""By what is summed: AMD's tables, and those of the other families."""


def fetch(plan: CorePlan, tables: Tables) -> Bill:
    """One fetched value and its register; where adders take some of a column's values, the mean of all."""
    entries = len(plan.code.entries)
    match plan.fetch_circuit:
        case "onehot" | "controls":
            legs = 2 * entries
        case "tree":
            legs = round(tables.index_inputs * entries) if entries > FEW_ENTRIES else 2 * entries
        case "memory":
            legs = 1
        case "product":
            return NOTHING if plan.exponent_width else _product(plan, tables)
        case unknown:
            assert_never(unknown)
    held, marks, signs = plan.config.pipeline.fetch, int(plan.tracks_invalid), int(plan.carries_signs)
    # A column's only value is let into the accumulator by the same tables.
    let_in = plan.tables == 1 and not held
    inputs = legs + signs + let_in
    if _reads_index(plan, tables):
        inputs += 1 + let_in  # That nothing is chosen, and that nothing is let in.
    share = _met_by_adders(plan)
    chosen = share * tables.before_chain(inputs) + (1 - share) * tables.of(inputs)
    chosen *= plan.fetched_width * _taken_apart(plan, tables)
    chosen += marks * tables.of(legs) + (tables.of(3) if plan.adds_floats else 0)
    stored = Bill.of(memory=_memory_read(plan, tables))
    # A key's sign waits once for all rows.
    waiting = plan.leaf_width + signs / plan.config.rows if held else 0
    return Bill.of(table=chosen) + stored + register(waiting, holds=True)


def _memory_read(plan: CorePlan, tables: Tables) -> int:
    """Memories of one fetch, which has all banks of its table; 0 where it reads none."""
    if plan.filling is None or not plan.reads_memories:
        return 0
    return tables.memories(plan.filling.words, plan.leaf_width)


def stored_entries(plan: CorePlan, tables: Tables) -> Bill:
    """The words of one table, where fetches have none of their own."""
    return NOTHING if plan.reads_memories else filling.stored_entries(plan)


def key_decoder(plan: CorePlan, tables: Tables) -> Bill:
    """The lines that one key is decoded to; where few tables make a bit of a value, they read the index."""
    lines = NOTHING if _reads_index(plan, tables) else key_decoder_in_cells(plan)
    if plan.index_width <= tables.inputs or not lines.counts.get("decoded_line"):
        return lines
    # Lines that depend on more bits than a table sees meet of two halves, which are decoded once.
    half = plan.index_width // 2
    return lines + Bill.of(decoded_line=(1 << half) + (1 << plan.index_width - half))


def _reads_index(plan: CorePlan, tables: Tables) -> bool:
    """Whether so few tables make a bit of a value that they choose by the index, not by lines."""
    inputs = len(plan.code.entries) + plan.index_width + 1
    indexed = plan.fetch_circuit in ("onehot", "tree") and plan.config.group_size > 1
    return indexed and tables.of(inputs) <= INDEX_TABLES


def _taken_apart(plan: CorePlan, tables: Tables) -> float:
    """How many times as many tables a bit of a value takes as it has inputs for: of four inputs a mapper that
    looks for few levels takes a choice by the index of what tables make apart into those of what comes early.
    """
    if tables.flexible or plan.registers_entries or not _reads_index(plan, tables):
        return 1.0
    integers = isinstance(plan.datapath, IntegerDatapath)
    # Functions end at chains, and at the registers of pipelined units.
    if plan.float_stages or (integers and plan.table.widest >= tables.floats.shortest_chain):
        return 1.0
    lines, tree = TAKEN_APART.get(type(plan.datapath), (1.0, 1.0))
    return lines if plan.fetch_circuit == "onehot" else tree


def _met_by_adders(plan: CorePlan) -> float:
    """The share of fetched values that are operands of adders' chains, one of each, and in no register."""
    if plan.config.pipeline.fetch or plan.adds_floats:
        return 0.0
    match plan.reduction:
        case ReductionPlan() as tree:
            if tree.leaves == 1:
                return 0.0
            before = tree.registered_levels[0] if tree.registered_levels else tree.depth
            meeting = [node for node in tree.nodes if node.left is not None and node.level <= before]
            return sum(_takes_a_leaf(tree, node.left, node.right) for node in meeting) / tree.leaves
        case CompressorPlan():
            return 0.0
        case unknown:
            assert_never(unknown)


def _takes_a_leaf(tree: ReductionPlan, *operands: int | None) -> bool:
    return any(operand is not None and tree.nodes[operand].left is None for operand in operands)


def _product(plan: CorePlan, tables: Tables) -> Bill:
    """An integer times a weight: rows that two bits choose, of which the first is added to nothing."""
    match plan.datapath:
        case IntegerDatapath() | AlignedDatapath():
            bits, width = plan.activation_range.width, plan.fetched_width
        case NativeDatapath() | ExactDatapath():
            return product(plan, tables.floats)
        case unknown:
            assert_never(unknown)
    kept = [min(bits + 2, width - place) for place in range(0, min(bits, width), 2)]
    # A product of two pairs of bits has one row, which a chain adds the last weight's sign to.
    *chained, last = kept[1:] or kept
    # What negates the row of the highest bit is carried into its sum.
    chains = [*map(tables.floats.adder, chained), tables.floats.adder(last, carried=True)]
    rows: float
    if not tables.flexible:
        single = kept[-1] if bits % 2 or bits == 2 else 0
        pairs = kept[:-1] if single else kept
        tripled = bool(tables.floats.triple(bits))
        rows = sum(chosen_by_pair(each, bits, tripled) for each in pairs) + single
    elif bits <= SMALL_PRODUCT:
        # All bits depend on so few that a table makes each, that of the chain; in a register the higher of
        # those that it adds to need tables of their own, which nothing behind them takes in.
        rows = (bits if plan.config.pipeline.fetch else 2) if kept[1:] else 0
    else:
        rows = kept[0] * tables.of(PAIR_INPUTS) + sum(kept[1:]) * tables.before_chain(PAIR_INPUTS)
    # Whether a weight is zero leaves out what is special.
    rows += tables.of(bits) + 1 if plan.tracks_invalid else 0
    held = register(plan.leaf_width if plan.config.pipeline.fetch else 0, holds=True)
    return Bill.of(table=rows) + total(chains) + held


def chosen_by_pair(width: int, bits: int, tripled: bool = True) -> int:
    """Tables of four inputs for a row of ``width`` bits that a pair chooses of multiples of one of ``bits``:
    two a bit, but for the lowest two, and those above its sign, whose multiples have fewer bits to choose.

    Not ``tripled``: three times the number is made where it is chosen.
    """
    return max(width, 2 * width - 2 - (max(0, width - bits) if tripled else 0))


def reduction(plan: CorePlan, tables: Tables) -> Bill:
    """A column's adders and registers; full adders outside of chains are two functions each."""
    match plan.reduction:
        case ReductionPlan():
            bill = area.reduction(plan, tables.floats) + shift_registers.signs_of_rows(plan)
            return bill + _merged(plan, tables)
        case CompressorPlan() as tree:
            functions = 2 * (tree.full_adders + tree.half_adders)
            return Bill.of(table=functions) + register(tree.register_bits, holds=True)
        case unknown:
            assert_never(unknown)


def _merged(plan: CorePlan, tables: Tables) -> Bill:
    """What sums of products are more than their adders: where nothing is between them, carry-save numbers
    that one chain adds at the end.
    """
    match plan.reduction:
        case ReductionPlan() as tree if merges_products(plan):
            nodes = tree.nodes
        case ReductionPlan() | CompressorPlan():
            return NOTHING
        case unknown:
            assert_never(unknown)
    bill = NOTHING
    for node in nodes:
        for operand in (node.left, node.right):
            if operand is None or nodes[operand].left is None:
                continue
            held = any(nodes[operand].level <= level < node.level for level in tree.registered_levels)
            if not held:
                chain = tables.floats.adder(nodes[operand].width)
                # The two highest bits of what has grown by one are alike.
                bits = node.width if tables.flexible else nodes[operand].width - 1
                bill += Bill.of(table=tables.full_adder * bits) + chain * -1
    return bill


def sign_reduction(plan: CorePlan, tables: Tables) -> Bill:
    """The levels of a carry-save tree that work on sign bits alone: full adders as those of chains."""
    return Bill.of(full_adder=area.sign_reduction(plan).counts.get("compressor", 0))


def table(plan: CorePlan, tables: Tables) -> Bill:
    """One table."""
    return area.table(plan, tables.floats) + _chosen_before_added(plan, tables) * -1


def _chosen_before_added(plan: CorePlan, tables: Tables) -> Bill:
    """Adders that Yosys spares where one column alone chooses between their sums, by a tree of two at a time:
    of two sums with an operand in common it chooses the other one before it adds.
    """
    if plan.config.columns > 1 or plan.fetch_circuit != "tree" or plan.registers_entries or plan.adds_floats:
        return NOTHING
    read = {operand for made in plan.table.sums for operand in made.operands}
    legs: list[Entry | None] = [*[None] * plan.code.first_index, *plan.table.entries]
    bill = NOTHING
    for one, other in zip(legs[::2], legs[1::2], strict=False):
        if one is None or other is None or {one.index, other.index} & read:
            continue
        if one.right is None or other.right is None or one.subtract != other.subtract:
            continue
        common = {one.left, one.right} & {other.left, other.right}
        if one.left == other.left or one.right == other.right or (common and not one.subtract):
            width = min(one.range.width, other.range.width)
            bill += tables.floats.adder(width) + Bill.of(table=CHOSEN_TOO * width)
    return bill


def accumulator(plan: CorePlan, tables: Tables) -> Bill:
    """One accumulator: its chain, and what lets itself or a stored sum, and a tile's sum, come into it."""
    match plan.datapath:
        case IntegerDatapath() | ExactDatapath():
            pass
        case NativeDatapath() | AlignedDatapath():
            return area.accumulator(plan, tables.floats)
        case unknown:
            assert_never(unknown)
    arriving, merged = plan.fetched_width, 0
    match plan.reduction:
        case ReductionPlan() as tree:
            lets_in = tree.leaves == 1 and not plan.config.pipeline.fetch and plan.signed_keys
            arriving = 0 if lets_in else tree.root.width
        case CompressorPlan() as tree:
            arriving = tree.sum_width + tree.pairs + tree.late_signs
            merged = 2 * plan.accumulator_width
        case unreduced:
            assert_never(unreduced)
    kept = plan.state_width * tables.before_chain(4 if plan.stored_sums else 2)
    gates = 0 if plan.config.clock_gating else arriving * tables.of(2) + int(plan.carries_signs)
    chain = tables.floats.adder(plan.accumulator_width, plan.carries_signs)
    logic = chain + Bill.of(table=kept + gates + merged)
    return logic + register(plan.state_width, holds=True)


def memory(plan: CorePlan, tables: Tables) -> Bill:
    """The other partial sums of one column: a register, or a memory of tables."""
    words, width = plan.stored_sums, plan.state_width
    if words < 2:
        return register(words * width, holds=True)
    if words * width < SMALL_MEMORY:
        return register(words * width, holds=True) + Bill.of(table=width * tables.of(2 * words))
    return Bill.of(memory=tables.memories(words, width))


INSTEAD: Mapping[Callable[[CorePlan], Bill], Callable[[CorePlan, Tables], Bill]] = {
    fetch_in_cells: fetch,
    key_decoder_in_cells: key_decoder,
    aligned_product: lambda plan, tables: _product(plan, tables) if aligned_product(plan) else NOTHING,
    area.reduction: reduction,
    area.sign_reduction: sign_reduction,
    area.accumulator: accumulator,
    area.result_converters: lambda plan, tables: area.result_converters(plan, tables.floats),
    area.memory: memory,
    filling.stored_entries: stored_entries,
    area.table: table,
    area.table_converters: lambda plan, tables: area.table_converters(plan, tables.floats),
    area.scale: lambda plan, tables: area.scale(plan, tables.floats),
}
"""What takes the place of bills of cells."""
IN_RUNS: Mapping[Callable[[CorePlan], Bill], Callable[[CorePlan], Bill]] = {
    area.reduction: shift_registers.column,
    area.table: shift_registers.entries,
    area.table_converters: shift_registers.converters,
    area.scale: shift_registers.waiting_activations,
    area.scale_beside_columns: shift_registers.exponents,
    control.flags: shift_registers.tile_flags,
    control.arriving_length: lambda plan: shift_registers.counts(plan, plan.n_tiles_width),
    control.arriving_outputs: lambda plan: shift_registers.counts(plan, plan.m_tiles_width),
}
"""What becomes of their runs of registers where a table holds one."""
MORE_KEYS: Mapping[Callable[[CorePlan], Bill], tuple[str, ...]] = {
    fetch_in_cells: ("rows", "tables", "reduction", "pipeline.table", "pipeline.reduction_every"),
    area.table: ("columns", "fetch"),
    area.reduction: ("rows",),
    area.accumulator: ("dataflow", "outputs", "columns"),
    control.flags: (*STAGES["pipeline_stages"], "clock_gating"),
    control.arriving_length: (*STAGES["arriving_stages"], "clock_gating"),
    control.arriving_outputs: (*STAGES["arriving_stages"], "clock_gating"),
    area.scale: STAGES["arriving_stages"],
    area.scale_beside_columns: STAGES["arriving_stages"],
}
"""Keys that these depend on beside those of the bills that they take the place of."""


def keys_of(term: AreaTerm, over: Over) -> tuple[str, ...]:
    """The keys that a unit's bill depends on, of what is summed ``over``."""
    more = MORE_KEYS.get(term.bill, ()) if over in TABLES else ()
    return tuple(dict.fromkeys((*term.keys, *more)))


def bill_of(term: AreaTerm, plan: CorePlan, over: Over) -> Bill:
    """What one unit is made of, of what is summed ``over``."""
    if over not in TABLES:
        return on_fabric(term.priced(plan), over)
    tables, instead, runs = TABLES[over], INSTEAD.get(term.bill), IN_RUNS.get(term.bill)
    bill = term.priced(plan) if instead is None else instead(plan, tables)
    return on_fabric(bill + runs(plan) if runs and tables.flexible else bill, over)


def on_fabric(bill: Bill, over: Over) -> Bill:
    """``bill``; summed ``over`` an FPGA without what is free there."""
    if over not in TABLES:
        return bill
    bill = bill.renamed("inner_adder", "full_adder")
    counts = {name: count for name, count in bill.counts.items() if name not in FREE_ON_FABRICS}
    if memories := counts.pop("memory", 0.0):
        counts["table"] = counts.get("table", 0.0) + TABLES[over].memory_tables * memories
    if not TABLES[over].flexible:
        # Cells of two bits have a table for an adder's last bit, too; and a line is a table.
        for name, like in (("sum", "full_adder"), ("decoded_line", "table")):
            counts[like] = counts.get(like, 0.0) + counts.pop(name, 0.0)
    counts = around(counts)
    return Bill(counts, tuple(tuple(on_fabric(each, over) for each in group) for group in bill.dearest))
