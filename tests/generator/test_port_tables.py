"""Tables from a port: proofs of a maker and what it feeds, cores that one maker feeds, what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.alphabets import Symmetry
from generator.config import CoreConfig
from generator.errors import ConfigError
from generator.fetch import Fetch
from generator.maker import emit_maker, maker_manifest
from generator.plan import CorePlan, beat_bits, plan_for
from generator.table_port import PortTable
from generator.verilog import Emission, emit, to_verilog
from sim.harness import simulate_sessions
from sim.layers import LayerData
from sim.recipe import Shared
from sim.session import Session, Streams
from tests.generator.proofs import sums_by_key, verdict

LOADED = 2
"""The cycle in which a table holds what the maker made of the first one's activations."""


def proof(plan: CorePlan, wrong: str = "") -> str:
    """A maker's one beat in the port's table; ``ok`` is 0 where a key brings another sum than it names."""
    table, fetch, made = PortTable(plan), Fetch(plan), maker_manifest(plan.config)
    bits, size = plan.activation_width, plan.config.group_size
    data = {name: port["width"] for name, port in made["ports"].items() if name.endswith("tdata")}
    taken, sent = data["s_axis_activation_tdata"], data["m_axis_entry_tdata"]
    lines = [
        f"module bench(input clk, input [{taken - 1}:0] beat, input [{plan.key_width - 1}:0] key,",
        "  output ok);",
        "  reg [1:0] cycle = 0;",
        f"  reg [{taken - 1}:0] held;",
        f"  wire [{taken - 1}:0] x = cycle == 0 ? beat : held;",
        "  always @(posedge clk) begin cycle <= cycle + 1; held <= x; end",
        *(f"  wire signed [{bits - 1}:0] x{i} = x[{i * bits} +: {bits}];" for i in range(size)),
        f"  wire [{sent - 1}:0] sent;",
        f"  wire [{plan.table_bits - 1}:0] entries;",
        f"  wire signed [{plan.leaf_width - 1}:0] value;",
        "  wire valid;",
        f"  {made['top']} maker(.aclk(clk), .aresetn(1'b1), .s_axis_activation_tdata(x),",
        "    .s_axis_activation_tvalid(cycle == 0), .m_axis_entry_tdata(sent), .m_axis_entry_tvalid(valid),",
        "    .m_axis_entry_tready(1'b1));",
        f"  {table.module_name} table_(.clk(clk), .load(cycle == 1),",
        f"    .activations(sent[{plan.table_bits - 1}:0]), .entries(entries));",
        f"  {fetch.module_name} fetch(.key(key), .entries(entries), .values(value));",
        *sums_by_key(plan, "cycle == 2", wrong),
        "endmodule",
    ]
    blocks = [to_verilog(block).text for block in (table, fetch)]
    return "\n".join([*lines, *blocks, *emit_maker(plan.config).values()])


def plan_of(**keys: object) -> CorePlan:
    return CorePlan(CoreConfig.parse({"table_store": "port", "tables": 1, "columns": 1, **keys}))


@pytest.mark.parametrize(
    ("alphabet", "size", "bits", "symmetry", "fetch"),
    [
        ("ternary", 2, 4, "half", "onehot"),
        ("ternary", 3, 3, "full", "tree"),
        ("binary", 3, 3, "half", "onehot"),
        pytest.param("sparse_3_4", 4, 3, "half", "onehot", marks=pytest.mark.exhaustive),
    ],
)
def test_every_key_brings_the_naive_sum_of_what_the_maker_took(
    alphabet: str, size: int, bits: int, symmetry: Symmetry, fetch: str, tmp_path: Path
) -> None:
    keys = {"alphabet": alphabet, "symmetry": symmetry, "fetch": fetch}
    said = verdict(proof(plan_of(group_size=size, activation=f"int{bits}", **keys)), LOADED, tmp_path)
    assert "no model found: SUCCESS!" in said, said


def test_the_prover_can_say_no(tmp_path: Path) -> None:
    said = verdict(proof(plan_of(group_size=2, activation="int3"), wrong=" + (x0 == 1)"), LOADED, tmp_path)
    assert "model found: FAIL!" in said, said


def fed_by_one_maker(cores: CoreConfig) -> Emission:
    """One maker in front of an array whose cores take entries: activations go in, as into other arrays."""
    emission, made = emit(cores), maker_manifest(cores)
    counts = {name: port["width"] for name, port in emission.manifest()["ports"].items()}
    stages, name = made["latency_cycles"], "fed"
    outside = [port for port in counts if not port.startswith("s_axis_activation")]
    kinds = emission.manifest()["ports"]
    lines = [
        f"module {name}(",
        *(f"  {kinds[port]['direction']} [{counts[port] - 1}:0] {port}," for port in outside),
        f"  input [{made['ports']['s_axis_activation_tdata']['width'] - 1}:0] s_axis_activation_tdata,",
        "  input s_axis_activation_tvalid, output s_axis_activation_tready);",
        f"  wire [{made['ports']['m_axis_entry_tdata']['width'] - 1}:0] data;",
        "  wire valid, ready;",
        # The counts of a block go along with its first beat.
        f"  reg [{counts['n_tiles'] - 1}:0] n [0:{stages}];",
        f"  reg [{counts['m_tiles'] - 1}:0] m [0:{stages}];",
        "  integer i;",
        "  always @* begin n[0] = n_tiles; m[0] = m_tiles; end",
        "  always @(posedge aclk) if (s_axis_activation_tready)",
        f"    for (i = {stages}; i > 0; i = i - 1) begin n[i] <= n[i - 1]; m[i] <= m[i - 1]; end",
        f"  {made['top']} maker(.m_axis_entry_tdata(data), .m_axis_entry_tvalid(valid),",
        "    .m_axis_entry_tready(ready),",
        *(f"    .{port}({port})," for port in ("aclk", "aresetn", "s_axis_activation_tdata")),
        "    .s_axis_activation_tvalid(s_axis_activation_tvalid),",
        "    .s_axis_activation_tready(s_axis_activation_tready));",
        f"  {emission.top} cores(",
        *(f"    .{port}({port})," for port in outside if not port.endswith("_tiles")),
        f"    .n_tiles(n[{stages}]), .m_tiles(m[{stages}]),",
        "    .s_axis_activation_tdata(data), .s_axis_activation_tvalid(valid),",
        "    .s_axis_activation_tready(ready));",
        "endmodule",
        "",
    ]
    modules = {**emit_maker(cores), **emission.modules, name: "\n".join(lines)}
    return replace(emission, modules=modules, instances={each: Counter() for each in modules})


@pytest.mark.parametrize(
    "numbers",
    [
        {"activation": "int5", "clock_gating": True},
        pytest.param({"activation": "fp16", "pipeline": {"float_stages": 1}}, marks=pytest.mark.exhaustive),
        pytest.param(
            {"activation": "fp8_e4m3", "datapath": "exact", "pipeline": {"float_stages": 1}},
            marks=pytest.mark.exhaustive,
        ),
        {
            "activation": "fp16",
            "datapath": "aligned",
            "aligned_bits": 8,
            "pipeline": {"float_stages": 1},
            "rows": 2,
        },
    ],
    ids=["integer", "native", "exact", "aligned"],
)
def test_one_maker_feeds_several_cores(numbers: dict[str, Any]) -> None:
    """Two cores behind one maker compute what two with tables of their own do, and take a beat a cycle."""
    shape = {"group_size": 2, "tables": 2, "columns": 2, "cores": 2, "max_reduction": 12, **numbers}
    fed = CoreConfig.parse({**shape, "table_store": "port"})
    layer = LayerData.random(CoreConfig.parse(shape), 11, 7, 5, seed=4)
    # The first key comes a cycle late, which the results do not see, so that no cycle is foreseen.
    sessions = [Session([layer], delays=Streams(0, 1, 0)), Session([layer], stalls=Streams(0.3, 0.3, 0.3))]
    result = simulate_sessions(
        CoreConfig.parse(shape), sessions, shared=Shared(fed_by_one_maker(fed), steps=100)
    )
    assert result.passed, result.failures


def test_a_beat_is_the_entries_of_all_tables_in_their_exact_widths() -> None:
    """µ = 2: three sums of 8-bit activations are x1, x0 - x1, x0, x0 + x1: 8, 9, 8 and 9 bits."""
    plan = plan_for(CoreConfig(table_store="port", group_size=2, tables=3, columns=2, rows=2))
    assert beat_bits(plan).activation == 2 * 3 * (8 + 9 + 8 + 9)
    assert plan.table_stages == 1


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"group_size": 1}, "no table adds anything; it is for 'lut' and larger groups"),
        ({"architecture": "select", "group_size": 1}, "it is for 'lut' and larger groups"),
        ({"table_banks": 1}, "it is for table_store = 'memory'"),
        ({"alphabet": "binary", "group_size": 4, "table_depth": 3}, "entries are made elsewhere"),
        ({"wrapper": "axi"}, "it reads activations from memory, no entries; 'stream' is allowed"),
    ],
)
def test_what_has_no_port_for_tables_is_refused(keys: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        CoreConfig.parse({"group_size": 3, "tables": 2, "columns": 2, "table_store": "port", **keys})
    assert "\n" not in str(refused.value)
