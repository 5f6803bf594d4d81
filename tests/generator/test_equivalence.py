"""Formal proofs: emitted tables are the naive sums, and a datapath adds Σ w·x to what it held."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from generator.config import CoreConfig
from generator.core import Datapath
from generator.fetch import Fetch
from generator.plan import CorePlan, beat_bits
from generator.table import Table
from generator.verilog import distinct_blocks, to_verilog
from tests.generator.equivalence import prove_equal

BITS = (2, 3, 4, 8, 16)
SIZES = [
    pytest.param(size, bits, marks=() if bits == 3 or (size < 4 and bits == 8) else pytest.mark.exhaustive)
    for size, bits in product((1, 2, 3, 4), BITS)
]


def naive_table(plan: CorePlan) -> str:
    """Every entry as the plain sum of signed activations, in the order of the digits."""
    size, bits = plan.config.group_size, plan.activation_width
    groups = entries_of(plan.config.alphabet, size)
    lines = [
        f"module gold(input clk, input load, input [{size * bits - 1}:0] activations,",
        f"            output [{plan.table.entry_bits - 1}:0] entries);",
        *(f"  wire signed [{bits - 1}:0] x{i} = activations[{i * bits} +: {bits}];" for i in range(size)),
    ]
    for index, digits in groups.items():
        terms = "".join(f" {'+' if d > 0 else '-'} x{i}" for i, d in enumerate(digits) if d)
        width = bits + (sum(map(abs, digits)) - 1).bit_length()
        lines.append(f"  wire signed [{width - 1}:0] entry{index} ={terms};")
    fields = ", ".join(f"entry{index}" for index in reversed(groups))
    return "\n".join([*lines, f"  assign entries = {{{fields}}};", "endmodule"])


def entries_of(alphabet: str, size: int) -> dict[int, tuple[int, ...]]:
    """The groups that need an entry: those that begin with 1, in the order of their values."""
    zeros = {"ternary": range(size), "binary": (0,), "sparse_3_4": (1,)}[alphabet]
    groups = [w for w in product((-1, 0, 1), repeat=size) if w.count(0) in zeros]
    return dict(enumerate(groups[len(groups) // 2 :]))


def groups_by_index(plan: CorePlan) -> dict[int, tuple[int, ...]]:
    """The same by the indices of keys, of which 0 is left for nothing where that is a group."""
    first = int(plan.config.alphabet == "ternary")
    groups = entries_of(plan.config.alphabet, plan.config.group_size)
    return {first + index: digits for index, digits in groups.items()}


def weights_by_key(plan: CorePlan) -> dict[int, tuple[int, ...]]:
    """Weights by their keys: a sign above the index or, of full tables, negative groups behind the others."""
    half, full = groups_by_index(plan), plan.config.symmetry == "full"
    beyond = 2 * len(half) + min(half) * 2 - 1
    negative = {beyond - index if full else index | 1 << (plan.key_width - 1): w for index, w in half.items()}
    return {**half, **{key: tuple(-each for each in w) for key, w in negative.items()}}


def in_code_of(plan: CorePlan, index: str) -> str:
    """Whether ``index`` selects an entry, in Verilog."""
    if plan.key_width == 1:
        return "1"
    indices = list(groups_by_index(plan) if plan.config.symmetry == "half" else weights_by_key(plan))
    return f"{index} >= {min(indices)} && {index} <= {max(indices)}"


def naive_fetch(plan: CorePlan) -> str:
    """The entry sign-extended, or its one's complement; zero for index 0 and for keys outside the code."""
    width, offset = plan.fetched_width, 0
    lines = [
        f"module gold(input [{plan.key_width - 1}:0] key, input [{plan.table.entry_bits - 1}:0] entries,",
        f"            output reg [{width - 1}:0] values);",
        "  always @* case (key)",
    ]
    for entry, index in zip(plan.table.entries, groups_by_index(plan), strict=True):
        extended = f"{{{{{width}{{entries[{offset + entry.range.width - 1}]}}}}, "
        extended += f"entries[{offset} +: {entry.range.width}]}}"
        negated = index | 1 << plan.index_width
        lines.append(f"    {plan.key_width}'d{index}: values = {extended};")
        lines.append(f"    {plan.key_width}'d{negated}: values = ~({extended});")
        offset += entry.range.width
    return "\n".join([*lines, "    default: values = 0;", "  endcase", "endmodule"])


def naive_datapath(plan: CorePlan, ports: str) -> str:
    """One column: every key's weights times their activations, summed; unknown keys count as zero."""
    config, bits, width = plan.config, plan.activation_width, plan.accumulator_width
    lines = [f"module gold({ports});", f"  reg signed [{width - 1}:0] total;"]
    sums = []
    for table in range(config.tables):
        terms = []
        for i in range(config.group_size):
            position = (table * config.group_size + i) * bits
            lines.append(f"  wire signed [{bits - 1}:0] x{table}_{i} = activations[{position} +: {bits}];")
        key = f"keys[{table * plan.key_width} +: {plan.key_width}]"
        lines.append(f"  reg signed [{width - 1}:0] sum{table};")
        lines.append(f"  always @* case ({key})")
        for code, weights in weights_by_key(plan).items():
            terms = [f"{'+' if w > 0 else '-'} x{table}_{i}" for i, w in enumerate(weights) if w]
            lines.append(f"    {plan.key_width}'d{code}: sum{table} = {' '.join(terms)};")
        lines += [f"    default: sum{table} = 0;", "  endcase"]
        sums.append(f"sum{table}")
    lines.append(f"  wire signed [{width - 1}:0] tile = {' + '.join(sums)};")
    lines.append("  always @(posedge clk) total <= (keep ? total : 0) + (accept ? tile : 0);")
    return "\n".join([*lines, "  assign results = total;", "endmodule"])


def with_legal_keys(plan: CorePlan, ports: str, inner: str) -> str:
    """``inner`` behind a filter that turns keys outside the code into zero keys."""
    width = plan.key_width
    lines = [f"module gate({ports});", f"  wire [{beat_bits(plan).key - 1}:0] legal;"]
    for table in range(plan.config.tables):
        index = f"keys[{table * width} +: {width - (plan.config.symmetry == 'half')}]"
        in_code = in_code_of(plan, index)
        field = f"[{table * width} +: {width}]"
        lines.append(f"  assign legal{field} = ({in_code}) ? keys{field} : {width}'d0;")
    lines.append(
        f"  {inner} inner(.clk(clk), .load(load), .accept(accept), .keep(keep), .keys(legal), "
        ".activations(activations), .results(results));"
    )
    return "\n".join([*lines, "endmodule"])


ALPHABETS = [
    *(pytest.param(size, bits, "binary", 0) for size, bits in ((1, 3), (3, 3))),
    *(pytest.param(4, bits, name, depth) for bits, name, depth in ((8, "binary", 3), (3, "sparse_3_4", 3))),
    *(
        pytest.param(size, bits, name, depth, marks=pytest.mark.exhaustive)
        for name, size, depths in (
            ("binary", 2, (0,)),
            ("binary", 4, (0, 4)),
            ("binary", 5, (0, 4, 5)),
            ("sparse_3_4", 4, (0,)),
        )
        for depth in depths
        for bits in BITS
    ),
]
OF_ALPHABETS = [*(pytest.param(*case.values, "ternary", 0, marks=case.marks) for case in SIZES), *ALPHABETS]


@pytest.mark.parametrize("registers", ["entries", "activations"])
@pytest.mark.parametrize(("size", "bits", "alphabet", "depth"), OF_ALPHABETS)
def test_a_table_is_the_naive_sums(
    size: int, bits: int, alphabet: str, depth: int, registers: str, tmp_path: Path
) -> None:
    core = {"group_size": size, "alphabet": alphabet, "table_depth": depth, "activation": f"int{bits}"}
    config = CoreConfig.parse({"tables": 1, "columns": 1, **core, "pipeline": {"table": registers}})
    table = Table(CorePlan(config))
    verdict = prove_equal(
        naive_table(table.plan), "gold", to_verilog(table).text, table.module_name, tmp_path
    )
    assert "Networks are equivalent" in verdict, verdict


@pytest.mark.parametrize("fetch", ["onehot", "tree"])
@pytest.mark.parametrize(("size", "bits", "alphabet", "depth"), OF_ALPHABETS)
def test_a_fetch_is_the_entry_or_its_complement(
    size: int, bits: int, alphabet: str, depth: int, fetch: str, tmp_path: Path
) -> None:
    core = {"group_size": size, "alphabet": alphabet, "activation": f"int{bits}", "fetch": fetch}
    block = Fetch(CorePlan(CoreConfig.parse({"tables": 1, "columns": 1, **core})))
    plan = block.plan
    in_code = in_code_of(plan, f"key[{plan.index_width - 1}:0]")
    gate = f"""module gate(input [{plan.key_width - 1}:0] key, input [{plan.table.entry_bits - 1}:0] entries,
                output [{plan.fetched_width - 1}:0] values);
      {block.module_name} inner(.key(({in_code}) ? key : {plan.key_width}'d0), .entries(entries),
                                .values(values));
    endmodule"""
    verdict = prove_equal(naive_fetch(plan), "gold", to_verilog(block).text + gate, "gate", tmp_path)
    assert "Networks are equivalent" in verdict, verdict


def test_the_prover_can_say_no(tmp_path: Path) -> None:
    table = Table(CorePlan(CoreConfig(group_size=2, tables=1, columns=1, activation="int4")))
    wrong = naive_table(table.plan).replace("+ x0 + x1", "+ x0 - x1")
    verdict = prove_equal(wrong, "gold", to_verilog(table).text, table.module_name, tmp_path)
    assert "NOT EQUIVALENT" in verdict, verdict


FAST = [
    *product(("lut",), ("onehot", "tree"), (1, 2), (1, 2, 3), (2,)),
    *product(("select",), ("onehot", "tree"), (1,), (1, 2, 4, 5), (2,)),
    ("lut", "tree", 2, 2, 4),
    ("select", "onehot", 1, 4, 4),
    ("lut", "onehot", 3, 2, 3),
    ("lut", "onehot", 4, 1, 2),
    ("lut", "tree", 3, 1, 4),
]
CARRY_SAVE = [
    ("lut", "onehot", 1, 2, 2),
    ("lut", "tree", 2, 3, 2),
    ("lut", "onehot", 2, 2, 4),
    ("select", "onehot", 1, 4, 2),
]
SLOW = [
    *(
        ("lut", fetch, size, tables, bits)
        for fetch, size, tables, bits in product(("onehot", "tree"), (1, 2, 3, 4), (1, 2, 3), BITS)
        if bits <= {1: 16, 2: 8, 3: 4, 4: 4}[size] and size * tables <= 6
    ),
    *(
        ("select", fetch, 1, tables, bits)
        for fetch, tables, bits in product(("onehot", "tree"), (2, 3, 5), BITS)
    ),
]


@pytest.mark.parametrize(
    ("alphabet", "size", "fetch", "tables", "bits"),
    [
        ("ternary", 2, "onehot", 2, 3),
        ("ternary", 3, "tree", 1, 3),
        ("binary", 3, "tree", 2, 2),
        pytest.param("ternary", 3, "onehot", 2, 3, marks=pytest.mark.exhaustive),
        pytest.param("sparse_3_4", 4, "onehot", 1, 2, marks=pytest.mark.exhaustive),
    ],
)
def test_a_datapath_of_full_tables_adds_its_weights(
    alphabet: str, size: int, fetch: str, tables: int, bits: int, tmp_path: Path
) -> None:
    core = {"alphabet": alphabet, "group_size": size, "fetch": fetch, "tables": tables}
    prove_datapath({**core, "activation": f"int{bits}", "symmetry": "full"}, tmp_path)


@pytest.mark.parametrize(
    ("alphabet", "size", "tables", "bits"),
    [
        ("binary", 1, 3, 2),
        ("binary", 3, 2, 2),
        ("binary", 4, 1, 3),
        ("sparse_3_4", 4, 1, 2),
        pytest.param("binary", 2, 3, 4, marks=pytest.mark.exhaustive),
        pytest.param("sparse_3_4", 4, 2, 2, marks=pytest.mark.exhaustive),
    ],
)
def test_a_datapath_of_another_alphabet_adds_its_weights(
    alphabet: str, size: int, tables: int, bits: int, tmp_path: Path
) -> None:
    core = {"alphabet": alphabet, "group_size": size, "tables": tables, "activation": f"int{bits}"}
    prove_datapath(core, tmp_path)


@pytest.mark.parametrize(
    ("architecture", "fetch", "size", "tables", "bits", "reduction"),
    [
        *((*core, "tree") for core in FAST),
        *((*core, "carry_save") for core in CARRY_SAVE),
        *(pytest.param(*core, "tree", marks=pytest.mark.exhaustive) for core in SLOW if core not in FAST),
        *(
            pytest.param(*core, "carry_save", marks=pytest.mark.exhaustive)
            for core in (*FAST, *SLOW)
            if core[3] > 1 and core not in CARRY_SAVE
        ),
    ],
)
def test_a_datapath_adds_weights_times_activations(
    architecture: str, fetch: str, size: int, tables: int, bits: int, reduction: str, tmp_path: Path
) -> None:
    core = {"architecture": architecture, "fetch": fetch, "group_size": size, "tables": tables}
    prove_datapath({**core, "activation": f"int{bits}", "reduction": reduction}, tmp_path)


def prove_datapath(core: dict[str, Any], folder: Path) -> None:
    """Proves a column of ``core`` to be the naive one."""
    longest = max(8, core["group_size"] * core["tables"])
    config = CoreConfig.parse({"columns": 1, "max_reduction": longest, **core})
    datapath = Datapath(CorePlan(config))
    plan = datapath.plan
    ports = ", ".join(
        f"{member.flow.name.lower()}put [{member.shape - 1}:0] {name}"
        for name, member in datapath.signature.members.items()
    )
    gate = [to_verilog(block).text for block in distinct_blocks(datapath)]
    gate.append(with_legal_keys(plan, ports, datapath.module_name))
    verdict = prove_equal(naive_datapath(plan, ports), "gold", "\n".join(gate), "gate", folder)
    assert "Networks are equivalent" in verdict, verdict
