"""What cores of other alphabets and with other tables cost in the model, and in synthesis."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest

from costmodel.flow.synthesis import Flow, shipped_library, synthesize
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from generator.config import CoreConfig
from generator.plan import CorePlan
from generator.table import Table
from generator.verilog import emit, to_verilog

BINARY, SPARSE = {"alphabet": "binary"}, {"alphabet": "sparse_3_4", "group_size": 4}
CORES: list[dict[str, Any]] = [
    {**BINARY, "group_size": 1, "tables": 6, "columns": 6},
    {**BINARY, "group_size": 4, "tables": 1, "columns": 5, "table_depth": 3},
    {**SPARSE, "tables": 1, "columns": 4, "activation": "int4"},
    {**BINARY, "group_size": 4, "tables": 2, "columns": 8},
    {**BINARY, "group_size": 4, "tables": 2, "columns": 8, "pipeline": {"table": "activations"}},
    {**BINARY, "group_size": 3, "tables": 4, "columns": 8, "fetch": "tree", "activation": "int5"},
    {**BINARY, "group_size": 2, "tables": 6, "columns": 6, "pipeline": {"fetch": True}},
    {**BINARY, "group_size": 5, "tables": 1, "columns": 7, "table_depth": 4},
    {**BINARY, "architecture": "select", "tables": 6, "columns": 6, "activation": "int12"},
    {**BINARY, "group_size": 4, "tables": 2, "columns": 3, "activation": "fp8_e5m2"},
    {**SPARSE, "tables": 2, "columns": 6},
    {**SPARSE, "tables": 2, "columns": 8, "rows": 2, "table_depth": 3, "fetch": "tree"},
]
MEMORY = {"table_store": "memory", "dataflow": "table_stationary", "outputs": 8, "group_size": 3}
STORED: list[dict[str, Any]] = [
    {**MEMORY, "tables": 1, "columns": 4, "activation": "int4", "outputs": 4},
    {"symmetry": "full", "group_size": 2, "tables": 4, "columns": 4},
    {"symmetry": "full", "group_size": 3, "tables": 1, "columns": 4, "fetch": "tree", "activation": "int5"},
    {**MEMORY, "tables": 2, "columns": 4},
    {**MEMORY, "tables": 2, "columns": 4, "table_banks": 1, "symmetry": "full", "group_size": 2},
    {**MEMORY, "tables": 1, "columns": 5, "fetch": "tree"},
    {**MEMORY, "tables": 2, "columns": 3, "fetch": "tree", "table_banks": 1, "symmetry": "full"},
    {**MEMORY, **BINARY, "tables": 2, "columns": 6, "group_size": 4, "outputs": 6},
    {**MEMORY, **SPARSE, "tables": 1, "columns": 5, "rows": 2, "outputs": 5, "clock_gating": True},
]
"""Full tables, and tables in memories."""
QUICK = 3
ASAP7 = load_technology("asap7")


def area_um2(verilog: str, top: str) -> float:
    return synthesize(verilog, top, shipped_library(), Flow()).area_um2


def error(core: dict[str, Any]) -> float:
    """By what share the model is off synthesis."""
    config = CoreConfig.parse({"max_reduction": 1024, **core})
    emission = emit(config)
    return abs(estimate(config, ASAP7).cost / area_um2(emission.verilog, emission.top) - 1)


def test_small_cores_of_other_alphabets_cost_what_synthesis_says() -> None:
    assert max(error(core) for core in CORES[:QUICK]) <= 0.10


@pytest.mark.exhaustive
def test_cores_of_other_alphabets_cost_what_synthesis_says() -> None:
    errors = [error(core) for core in CORES]
    assert median(errors) <= 0.03, errors
    assert max(errors) <= 0.10, errors


def test_a_small_core_with_tables_in_memories_costs_what_synthesis_says() -> None:
    assert error(STORED[0]) <= 0.10


@pytest.mark.exhaustive
def test_cores_with_other_tables_cost_what_synthesis_says() -> None:
    errors = [error(core) for core in STORED]
    assert median(errors) <= 0.03, errors
    assert max(errors) <= 0.10, errors


def adders_um2(depth: int) -> float:
    """The adders of a binary table of four int8 activations, without registers and what holds them."""
    core = {**BINARY, "group_size": 4, "table_depth": depth, "pipeline": {"table": "activations"}}
    block = Table(CorePlan(CoreConfig.parse({"tables": 1, "columns": 1, **core})))
    ports = "input clk, input [31:0] activations, output [79:0] entries"
    inner = f"{block.module_name} t(.clk(clk), .load(1'b1), .activations(activations), .entries(entries));"
    text = f"{to_verilog(block).text}\nmodule loaded({ports}); {inner} endmodule"
    mapped = synthesize(text, "loaded", shipped_library(), Flow())
    return mapped.combinational_um2


def ten_adders_um2() -> float:
    """Ten adders that make an entry of ten bits of two sums of nine."""
    sums = "".join(
        f"assign y[{10 * i} +: 10] = $signed(a[{9 * i} +: 9]) + $signed(b[{9 * i} +: 9]);" for i in range(10)
    )
    return area_um2(f"module ten(input [89:0] a, b, output [99:0] y); {sums} endmodule", "ten")


@pytest.mark.exhaustive
def test_a_binary_table_of_four_takes_no_more_than_ten_adders() -> None:
    ten = ten_adders_um2()
    assert adders_um2(4) < adders_um2(3) <= ten
