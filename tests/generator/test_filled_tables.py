"""Formal proofs: what a memory holds after it has been filled, and a key brings, is the naive sum."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.alphabets import Symmetry
from generator.config import CoreConfig
from generator.fetch import Fetch
from generator.memory_table import Filler, MemoryTable
from generator.plan import CorePlan, FillPlan
from generator.verilog import to_verilog
from tests.generator.proofs import sums_by_key, verdict


def bench(plan: CorePlan, filling: FillPlan, wrong: str = "") -> str:
    """A table that is filled from any state with the activations of the first cycle; ``ok`` is 1 but where a
    key of it brings another sum than its weights make, after the last step."""
    filler, table, fetch = Filler(plan, filling), MemoryTable(plan, filling), Fetch(plan)
    bits, size, last = plan.activation_width, plan.config.group_size, filling.cycles
    bank = "full, " if filling.banks > 1 else ""
    clock = ".clk(clk), " if "clk" in fetch.members else ""
    lines = [
        f"module bench(input clk, input [{size * bits - 1}:0] offered, input [{plan.key_width - 1}:0] key, "
        "output ok);",
        f"  reg [{last.bit_length()}:0] cycle = 0;",
        f"  reg [{size * bits - 1}:0] held;",
        f"  wire [{size * bits - 1}:0] x = cycle == 0 ? offered : held;",
        f"  wire full = cycle == {last};",
        "  always @(posedge clk) begin cycle <= cycle + 1; held <= x; end",
        *(f"  wire signed [{bits - 1}:0] x{i} = x[{i * bits} +: {bits}];" for i in range(size)),
        f"  wire [{filler.members['fill'].shape - 1}:0] fill;",
        f"  wire [{plan.table_bits - 1}:0] entries;",
        f"  wire signed [{plan.leaf_width - 1}:0] value;",
        f"  wire [{filling.step_width - 1}:0] step = cycle;",
        f"  {filler.module_name} filler(.load({{step, {bank}!full}}), .fill(fill));",
        f"  {table.module_name} filled(.clk(clk), .fill(fill), .activations(x), .entries(entries));",
        f"  {fetch.module_name} fetch({clock}.key(key), .entries(entries), .values(value));",
        *sums_by_key(plan, "full", wrong),
        "endmodule",
    ]
    return "\n".join([*lines, *(to_verilog(block).text for block in (filler, table, fetch))])


def plan_of(size: int, bits: int, **keys: object) -> tuple[CorePlan, FillPlan]:
    core = {"table_store": "memory", "dataflow": "table_stationary", "outputs": 1, "tables": 1, "columns": 1}
    plan = CorePlan(CoreConfig.parse({**core, "group_size": size, "activation": f"int{bits}", **keys}))
    assert plan.filling is not None
    return plan, plan.filling


@pytest.mark.parametrize(
    ("alphabet", "size", "bits", "symmetry", "fetch", "banks"),
    [
        ("ternary", 2, 4, "half", "onehot", 2),
        ("ternary", 2, 3, "full", "tree", 1),
        pytest.param("ternary", 2, 4, "full", "onehot", 2, marks=pytest.mark.exhaustive),
        pytest.param("binary", 2, 4, "half", "tree", 2, marks=pytest.mark.exhaustive),
    ],
)
def test_every_key_brings_the_naive_sum(
    alphabet: str, size: int, bits: int, symmetry: Symmetry, fetch: str, banks: int, tmp_path: Path
) -> None:
    keys = {"alphabet": alphabet, "symmetry": symmetry, "fetch": fetch, "table_banks": banks}
    plan, filling = plan_of(size, bits, **keys)
    said = verdict(bench(plan, filling), filling.cycles, tmp_path)
    assert "no model found: SUCCESS!" in said, said


def test_the_prover_can_say_no(tmp_path: Path) -> None:
    plan, filling = plan_of(2, 3)
    said = verdict(bench(plan, filling, wrong=" + (x0 == 1)"), filling.cycles, tmp_path)
    assert "model found: FAIL!" in said, said
