"""How many lookup tables logic takes: the law against Yosys, on functions that depend on all their inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from costmodel.cells.fabrics import FABRICS
from costmodel.flow.fabric_synthesis import FabricJob, synthesize_to
from costmodel.price.area import AREA_TERMS
from costmodel.price.components import Bill, total
from costmodel.price.estimate import figures_of
from costmodel.price.fabric import IN_RUNS, INSTEAD, MORE_KEYS, TABLES, bill_of, chosen_by_pair, fetch
from costmodel.price.fabric_floats import FabricFloats
from costmodel.price.quantity import AREA_COMPONENTS, FABRIC_COMPONENTS, FREE_ON_FABRICS, Over
from costmodel.price.representative import CONFIG_KEYS, plan_to_price
from costmodel.price.technology import load_technology
from costmodel.price.units import units_of
from generator.block import Block
from generator.config import CoreConfig
from generator.floating.adder import FloatAdder
from generator.floating.align import Align
from generator.formats import FLOATS
from generator.plan import AlignPlan, FloatAdderPlan, plan_for
from generator.verilog import emit, to_verilog

KINDS: dict[str, Over] = {"xcup": "lut6", "ecp5": "lut4"}
ADDER, ALIGN = FloatAdderPlan(FLOATS["fp8_e4m3"]), AlignPlan(FLOATS["fp8_e5m2"], 8)
INPUTS = range(2, 12)
BITS = 6
SPARE = {"xcup": 1.2, "ecp5": 1.0}
"""What a mapper makes at most of the fewest tables."""


def verilog(name: str, of: Callable[[int, str], str]) -> str:
    """A module with a result for each number of inputs, from inputs of its own."""
    ports = [f"input [{BITS * count - 1}:0] i{count}, output [{BITS - 1}:0] o{count}" for count in INPUTS]
    lines = [of(count, f"i{count}") for count in INPUTS]
    return f"module {name}({', '.join(ports)});\n" + "\n".join(lines) + "\nendmodule\n"


def words(count: int, signal: str) -> list[str]:
    return [f"{signal}[{BITS * word} +: {BITS}]" for word in range(count)]


@pytest.mark.parametrize("fabric", KINDS)
def test_a_bit_of_many_inputs_takes_so_many_tables(fabric: str) -> None:
    """A parity cannot be made of fewer tables than have inputs enough."""

    def parity(count: int, signal: str) -> str:
        return f"assign o{count} = {' ^ '.join(words(count, signal))};"

    result = synthesize_to(FabricJob(verilog("parities", parity), "parities", FABRICS[fabric]))
    law = TABLES[KINDS[fabric]]
    fewest = sum(BITS * law.of(count) for count in INPUTS)
    assert fewest <= FABRICS[fabric].counted(result.cells)["lut"] <= SPARE[fabric] * fewest


@pytest.mark.parametrize("fabric", KINDS)
def test_chains_make_an_operand_on_their_way_where_their_tables_can(fabric: str) -> None:
    """A sum of one word and a parity of others: a table a bit, and what does not fit into it."""

    def summed(count: int, signal: str) -> str:
        first, *others = words(count, signal)
        return f"assign o{count} = {first} + ({' ^ '.join(others)});"

    result = synthesize_to(FabricJob(verilog("sums", summed), "sums", FABRICS[fabric]))
    law = TABLES[KINDS[fabric]]
    fewest = sum(BITS * (1 + law.before_chain(count - 1)) for count in INPUTS)
    assert fewest <= FABRICS[fabric].counted(result.cells)["lut"] <= SPARE[fabric] * fewest


WIDTHS = range(2, 13)


@pytest.mark.parametrize("fabric", KINDS)
def test_adders_are_chains_of_whole_cells_but_for_the_shortest(fabric: str) -> None:
    """Signed sums a bit wider than their operands, without a carry in and, written below them, with one."""
    ports, lines, law = [], [], Bill()
    for width in WIDTHS:
        for carried in (False, True):
            at = f"{width}_{int(carried)}"
            operand = f"signed [{width - 2}:0]"
            ports += [
                f"input {operand} a{at}, input {operand} b{at}, input c{at}, output [{width - 1}:0] o{at}"
            ]
            if carried:
                sum_of = f"$signed({{a{at}, 1'b1}}) + $signed({{b{at}, c{at}}})"
                lines += [f"wire low{at}; assign {{o{at}, low{at}}} = {sum_of};"]
            else:
                lines += [f"assign o{at} = a{at} + b{at};"]
            law += TABLES[KINDS[fabric]].floats.adder(width, carried)
    verilog = f"module adders({', '.join(ports)});\n" + "\n".join(lines) + "\nendmodule\n"
    result = synthesize_to(FabricJob(verilog, "adders", FABRICS[fabric]))
    counted = FABRICS[fabric].counted(result.cells)
    # Both highest bits of a sum add the same two bits: where a chain's tables are apart, these share one.
    assert law.counts["table"] + law.counts["full_adder"] == pytest.approx(counted["lut"], rel=0.02)
    if fabric == "ecp5":
        assert law.counts["full_adder"] / 2 == counted["carry"]


@pytest.mark.parametrize("bits", [4, 12])
def test_a_row_of_a_product_takes_two_tables_of_four_inputs_a_bit_but_for_its_ends(bits: int) -> None:
    """The low bits of twice and of three times a number, and those above its sign, have less to choose."""
    width = bits + 2
    verilog = f"""module row(input signed [{bits - 1}:0] a, input [{width - 1}:2] high, input [1:0] pair,
      output [{width - 1}:0] chosen);
      wire signed [{width - 1}:0] once = a, twice = {{a, 1'b0}};
      wire [{width - 1}:0] triple = {{high, once[1] ^ once[0], once[0]}};
      assign chosen = (once & {{{width}{{pair == 1}}}}) | (twice & {{{width}{{pair == 2}}}})
        | (triple & {{{width}{{pair == 3}}}});
    endmodule
    """
    result = synthesize_to(FabricJob(verilog, "row", FABRICS["ecp5"]))
    assert chosen_by_pair(width, bits) == pytest.approx(FABRICS["ecp5"].counted(result.cells)["lut"], abs=1)


CORES = [
    {"tables": 5, "columns": 2, "pipeline": {"fetch": True, "reduction_every": 1}, "group_size": 2},
    {"tables": 9, "columns": 1, "pipeline": {"reduction_every": 1}, "architecture": "select"},
    {"tables": 2, "columns": 3, "dataflow": "table_stationary", "outputs": 18, "group_size": 3},
    {
        "activation": "fp8_e4m3",
        "datapath": "aligned",
        "aligned_bits": 6,
        "group_size": 2,
        "tables": 1,
        "columns": 1,
        "pipeline": {"table": "activations", "float_stages": 3},
    },
    {
        **{"activation": "int2", "architecture": "select", "tables": 6, "columns": 4, "rows": 3},
        "pipeline": {"fetch": True, "reduction_every": 1},
    },
]


@pytest.mark.parametrize(
    ("fabric", "core"),
    [
        ("xcup", CORES[0]),
        ("ecp5", CORES[2]),
        ("xcup", CORES[3]),
        ("xcup", CORES[4]),
        *(pytest.param(fabric, core, marks=pytest.mark.exhaustive) for fabric in KINDS for core in CORES),
    ],
)
def test_flip_flops_are_counted_bit_by_bit(fabric: str, core: dict[str, object]) -> None:
    """Without those that are memories or runs that become a table, and with the handshakes' four.

    Activations, exponents and counts wait in pipelined cores of aligned floats; a key's sign waits once
    for all rows.
    """
    config = CoreConfig.parse({"activation": "int4", "max_reduction": 100, **core})
    emission = emit(config)
    result = synthesize_to(FabricJob(emission.verilog, emission.top, FABRICS[fabric]))
    units = units_of(plan_to_price(config), KINDS[fabric])
    bill = total([bill * count for _, count, bill in units])
    counted = FABRICS[fabric].counted(result.cells)["ff"]
    held = bill.counts["register"] + bill.counts.get("stage", 0)
    assert held + 4 == pytest.approx(counted, rel=0.06)


@pytest.mark.parametrize(
    "number",
    [
        {"activation": "fp8_e4m3", "datapath": "exact"},
        {"activation": "fp16", "datapath": "aligned", "aligned_bits": 10},
        {"activation": "fp8_e4m3", "datapath": "native"},
    ],
    ids=["exact", "aligned", "native"],
)
def test_tables_that_are_made_elsewhere_have_no_runs_of_registers_to_save(number: dict[str, Any]) -> None:
    core = {"table_store": "port", "group_size": 2, "tables": 2, "columns": 2, "max_reduction": 64}
    plan = plan_to_price(CoreConfig.parse({**core, **number, "pipeline": {"float_stages": 3}}))
    for term in AREA_TERMS:
        counts = bill_of(term, plan, "lut6").counts
        assert min(counts.values(), default=0) >= 0, (term.bill, counts)


UNITS: list[tuple[str, Block, Callable[[FabricFloats], Bill]]] = [
    (fabric, block, bill)
    for fabric in KINDS
    for block, bill in (
        (FloatAdder(ADDER), lambda floats: floats.float_adder(ADDER)),
        (Align(ALIGN), lambda floats: floats.align(ALIGN)),
    )
]


@pytest.mark.parametrize(
    ("fabric", "block", "bill"),
    [UNITS[0], UNITS[3], *(pytest.param(*unit, marks=pytest.mark.exhaustive) for unit in UNITS[1:3])],
)
def test_units_of_floats_are_counted_as_they_are_mapped_by_themselves(
    fabric: str, block: Block, bill: Callable[[FabricFloats], Bill]
) -> None:
    result = synthesize_to(FabricJob(to_verilog(block).text, block.module_name, FABRICS[fabric]))
    counted = FABRICS[fabric].counted(result.cells)["lut"]
    assert bill(TABLES[KINDS[fabric]].floats).counts["unit"] == pytest.approx(counted, rel=0.15)


def test_sums_of_products_are_added_in_carry_save_form_but_for_one_chain() -> None:
    """Of eight products of a column that are added in one cycle seven adders become one chain."""
    core = CoreConfig.parse({"architecture": "multiplier", "activation": "int5", "tables": 8, "columns": 1,
                             "max_reduction": 100})  # fmt: skip
    emission = emit(core)
    result = synthesize_to(FabricJob(emission.verilog, emission.top, FABRICS["xcup"]))
    bill = total([bill * count for _, count, bill in units_of(plan_to_price(core), "lut6")])
    chains = bill.counts["full_adder"] + bill.counts["sum"] + bill.counts["count"]
    # A chain of four bits a cell, half of a cell of each chain idle.
    assert chains / 4 < result.cells["CARRY4"] < (chains + 4 * bill.counts["sum"]) / 4


@pytest.mark.parametrize(
    "core",
    [
        {"activation": "fp8_e4m3", "datapath": "exact", "tables": 2, "columns": 1},
        {"activation": "fp8_e4m3", "datapath": "exact", "fetch": "tree", "tables": 2, "columns": 4},
        {"activation": "fp8_e5m2", "datapath": "aligned", "aligned_bits": 8, "tables": 2, "columns": 4},
        {"activation": "int3", "fetch": "tree", "tables": 1, "columns": 3},
        {"activation": "int3", "fetch": "onehot", "tables": 4, "columns": 3},
    ],
    ids=["exact, lines", "exact, tree", "aligned, lines", "int, tree", "int, lines"],
)
def test_choices_between_what_no_register_holds_take_more_tables(core: dict[str, Any]) -> None:
    """A seventh of a core's tables and more in what is chosen of values that tables make."""
    config = CoreConfig.parse(
        {"group_size": 2, "max_reduction": 64, "pipeline": {"table": "activations"}, **core}
    )
    emission = emit(config)
    result = synthesize_to(FabricJob(emission.verilog, emission.top, FABRICS["ecp5"]))
    counted = FABRICS["ecp5"].counted(result.cells)["lut"]
    assert figures_of(config, load_technology("ecp5"))["lut"] == pytest.approx(counted, rel=0.09)


def test_every_component_has_a_meaning_and_those_left_out_are_of_cells() -> None:
    assert set(FREE_ON_FABRICS) <= set(AREA_COMPONENTS)
    for over in TABLES:
        plan = plan_to_price(CoreConfig(tables=2, columns=2))
        for term in AREA_TERMS:
            assert set(bill_of(term, plan, over).counts) <= set(FABRIC_COMPONENTS)


def test_what_takes_the_place_of_a_bill_is_that_of_a_term() -> None:
    bills: set[Callable[..., Bill]] = {term.bill for term in AREA_TERMS}
    assert set(INSTEAD) | set(IN_RUNS) <= bills
    assert set(MORE_KEYS) <= set(INSTEAD) | set(IN_RUNS)
    assert {key for keys in MORE_KEYS.values() for key in keys} <= set(CONFIG_KEYS)


@pytest.mark.parametrize("store", [{"symmetry": "full", "table_banks": 1}, {"table_banks": 2}])
def test_a_fetch_reads_one_memory_of_32_words_for_both_banks(store: dict[str, Any]) -> None:
    """27 words of ten bits, or twice 14 of half a table: one memory of lookup tables has 32 words of 14."""
    core = {"group_size": 3, "tables": 8, "columns": 16, "dataflow": "table_stationary", "outputs": 512}
    memory = {"table_store": "memory", "fetch": "tree", **store}
    bill = fetch(plan_for(CoreConfig.parse({**core, **memory})), TABLES["lut6"])
    assert bill.counts["memory"] == 1
