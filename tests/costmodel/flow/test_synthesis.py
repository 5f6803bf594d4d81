"""The synthesis flow: what it makes is formally the same design."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyosys
import pytest
from pyosys import libyosys

from costmodel.cells.full_adder import find_full_adder
from costmodel.cells.liberty import Library
from costmodel.cells.samples import Samples
from costmodel.cells.table import Arc, Cell, CellTable, Pin, write_liberty
from costmodel.flow.and_or import find_and_or
from costmodel.flow.carry_select import SELECTIONS
from costmodel.flow.closing import AT_EASE, Way
from costmodel.flow.full_adders import Carries, Carry
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library as Kinds
from costmodel.flow.mapping import offer
from costmodel.flow.prefix_adders import NETWORKS
from costmodel.flow.static_timing import Timing
from costmodel.flow.synthesis import shipped_library, synthesize
from costmodel.flow.yosys_worker import Worker
from generator.config import CoreConfig
from generator.verilog import emit
from tests.everyday import in_turn

SHIPPED = Path(__file__).parents[3] / "costmodel" / "technologies" / "asap7.cells.json"
INVERTED_FULL_ADDER = "FAx1_ASAP7_75t_R"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return shipped_library(cache_dir=tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shipped cells, and the same with a full adder whose outputs are true."""
    directory = tmp_path_factory.mktemp("tables")
    true_outputs = CellTable.load(SHIPPED)
    del true_outputs.cells[INVERTED_FULL_ADDER]
    samples = Samples((0.0,), (0.0,), ((10.0,),))
    arcs = tuple(
        Arc(
            pin,
            "combinational",
            "non_unate",
            dict.fromkeys(("cell_rise", "cell_fall", "rise_transition", "fall_transition"), samples),
        )
        for pin in ("A", "B", "CIN")
    )
    true_outputs.cells["fa_1"] = Cell(
        "fa_1",
        0.2,
        {
            **{pin: Pin(pin, "input", 1.0) for pin in ("A", "B", "CIN")},
            "COUT": Pin("COUT", "output", 0.0, "(A&B) | (A&CIN) | (B&CIN)", arcs=arcs),
            "SUM": Pin("SUM", "output", 0.0, "A^B^CIN", arcs=arcs),
        },
    )
    true_outputs.save(directory / "true.json")
    return {"inverted": SHIPPED, "true": directory / "true.json"}


def mapped(verilog: str, table: Path, directory: Path, **flow: Any) -> dict[str, Any]:
    """Runs the flow in this process; leaves the mapped netlist in the directory. Returns the report."""
    return at_work(verilog, table, directory, **flow).synthesize()


def at_work(verilog: str, table: Path, directory: Path, **flow: Any) -> Worker:
    """The flow on a design of one module ``top``."""
    (directory / "design.v").write_text(verilog)
    job = {
        "directory": str(directory),
        "table": str(table),
        "top": "top",
        "verilog": [str(directory / "design.v")],
        "adders": "cells",
        "hierarchical": False,
        "clock_ps": None,
        "netlist": False,
        "speeds": False,
        **flow,
    }
    return Worker(job)


def yosys(*commands: str) -> None:
    design = libyosys.Design()
    for command in commands:
        libyosys.run_pass(command, design)


def gates_of(directory: Path, table: Path) -> tuple[str, ...]:
    """Commands that read the mapped netlist with every cell as what Liberty says it computes."""
    liberty = directory / "cells.lib"
    liberty.write_text(write_liberty(CellTable.load(table)))
    return (
        f"read_json {directory / 'mapped.json'}",
        f"read_liberty -ignore_miss_func -overwrite {liberty}",
        "hierarchy -top top",
        "proc",
        "flatten",
        "opt_clean -purge",
    )


def assert_same_function(directory: Path, table: Path) -> None:
    """ABC proves the mapped netlist equal to plain Verilog semantics."""
    golden, revised = directory / "golden.blif", directory / "revised.blif"
    yosys(
        f"read_verilog -sv {directory / 'design.v'}",
        "hierarchy -top top",
        "proc",
        "flatten",
        "techmap",
        "opt_clean",
        f"write_blif {golden}",
    )
    yosys(*gates_of(directory, table), "techmap", f"write_blif {revised}")
    abc = Path(pyosys.__file__).parent / "yosys-abc"
    said = subprocess.run(
        [abc, "-c", f"cec {golden} {revised}"], capture_output=True, text=True, check=False
    ).stdout
    assert "Networks are equivalent" in said, said


# Adders ---------------------------------------------------------------------------------------------------


def adder_forms() -> Iterator[str]:
    """Many small adders in one module each: widths, signs, constants, equal bits, carry-in forms."""
    for a, b, y in itertools.product((1, 3, 8), (1, 4, 8), (4, 9)):
        ports = f"input signed [{a - 1}:0] a, input signed [{b - 1}:0] b, input c, output [{y - 1}:0] y"
        yield f"({ports}); assign y = a + b;"
    header = "(input [5:0] a, b, input c, output [7:0] y, output [6:0] z); "
    for operands in (
        "a + b",
        "a - b",
        "{1'b0, a} - {1'b0, b}",
        "a + 6'd21",
        "6'd40 - a",
        "{a, 2'b0} + b",
        "a + a",
        "a + ~a",
        "{a[5], a[5], a} + {b[5], b[5], b}",
        "a + {6{c}}",
        "(a ^ {6{c}}) + c",
        "a + (b - a)",
    ):
        yield f"{header} assign y = {operands}; assign z = a < b;"
    yield header + "wire u; assign {y, u} = {{2{a[5]}}, a, 1'b1} + {{2{b[5]}}, b, c}; assign z = y;"
    yield header + "wire u; assign {z, u} = {a, 1'b1} + {b, c}; assign y = a[3:0] * b[3:0];"
    yield header + "assign y = (a + b) + (a - b); assign z = $signed(a) >= $signed(b);"
    yield "(input signed [4:0] a, b, output signed [9:0] y); assign y = a * b;"
    yield "(input [21:0] a, input signed [7:0] b, input c, output [21:0] y); assign y = a + {{14{b[7]}}, b};"


@pytest.mark.parametrize("adders", ["cells", "generic"])
@pytest.mark.parametrize("outputs", ["inverted", "true"])
def test_mapped_adders_are_plain_adders(
    adders: str, outputs: str, tables: dict[str, Path], tmp_path: Path
) -> None:
    forms = list(adder_forms())
    modules = [f"module form{i} {form} endmodule" for i, form in enumerate(forms)]
    ports, instances = [], []
    for i, form in enumerate(forms):
        connections = []
        for declaration in form[form.index("(") + 1 : form.index(")")].split(","):
            words = declaration.split()
            if words[0] in ("input", "output"):
                direction, shape = words[0], next((word for word in words if word.startswith("[")), "")
            name = words[-1]
            ports.append(f"{direction} {shape} {name}{i}")
            connections.append(f".{name}({name}{i})")
        instances.append(f"form{i} u{i}({', '.join(connections)});")
    design = "\n".join([*modules, f"module top({', '.join(ports)});", *instances, "endmodule"])
    report = mapped(design, tables[outputs], tmp_path, adders=adders)
    full_adders = [name for name in report["cells"] if name in (INVERTED_FULL_ADDER, "fa_1")]
    assert bool(full_adders) == (adders == "cells")
    assert_same_function(tmp_path, tables[outputs])


@pytest.mark.parametrize(("carry", "outputs"), in_turn([*SELECTIONS, *NETWORKS], ["inverted", "true"]))
def test_adders_whose_carries_do_not_ripple_are_plain_adders(
    carry: Carry, outputs: str, tables: dict[str, Path], tmp_path: Path
) -> None:
    """All carries, and those of every second word with the others in full-adder cells."""
    sums = [
        "input signed [8:0] a, b, c, d, input u, v, output signed [10:0] x, y, output [11:0] z, output l",
        "assign x = (a + b) + (c - d)",
        "assign y = $signed({b, u}) + $signed({d, v}) + 5",
        "assign z = u ? $signed({a, v}) - d : c + 77",
        "assign l = a < $signed({c[7:0], 1'b1})",
    ]
    design = f"module top({sums[0]}); {'; '.join(sums[1:])}; endmodule"
    worker = at_work(design, tables[outputs], tmp_path)
    worker.synthesize()
    words = sorted(cell_words(worker))
    assert len(words) > 4
    kind = "select" if carry in SELECTIONS else "parallel"
    chosen = words[::2]
    for carries, least in (
        (Carries(carry), len(words) // 2),
        (Carries(faster=frozenset((word, carry) for word in chosen)), len(chosen) // 2),
        (Carries(faster=frozenset((word, carry) for word in words), saved=frozenset(words)), 1),
    ):
        mapped = worker.remap(Way(carries, AT_EASE))
        assert mapped.carries[kind] >= least
        assert bool(mapped.carries["saved"]) == bool(carries.saved)
        assert mapped.carries["ripple"] or carries.usual != "ripple" or carries.saved
        netlist = {"modules": {"top": mapped.module}}
        (tmp_path / "mapped.json").write_text(json.dumps(netlist))
        assert_same_function(tmp_path, tables[outputs])


@pytest.mark.parametrize(
    ("activation", "outputs"), in_turn(["int5", "int6", "int8", "bf16"], ["inverted", "true"])
)
def test_a_product_whose_rows_hand_no_carries_on_is_the_product(
    activation: str, outputs: str, tables: dict[str, Path], tmp_path: Path
) -> None:
    """Of two's complement, and of significands without a sign; the rows are one word then."""
    kind = "float_multiplier" if activation == "bf16" else "fetch"
    shape = {"tables": 1, "columns": 1, "max_reduction": 64}
    emission = emit(CoreConfig.parse({"architecture": "multiplier", "activation": activation, **shape}))
    (name,) = (name for name, of in emission.kinds.items() if of == kind)
    worker = at_work(emission.modules[name].replace(name, "top"), tables[outputs], tmp_path)
    worker.synthesize()
    words = frozenset(cell_words(worker))
    mapped = worker.remap(Way(Carries("brent_kung", saved=words), AT_EASE))
    assert mapped.carries["saved"] >= 1
    assert mapped.carries["ripple"] == 0
    (tmp_path / "mapped.json").write_text(json.dumps({"modules": {"top": mapped.module}}))
    assert_same_function(tmp_path, tables[outputs])


def test_the_longer_paths_may_be_the_smaller_is_what_is_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sum and a shift by it, from the shortest paths to no limit; all of them compute the same."""
    monkeypatch.chdir(tmp_path)
    ports = "input [15:0] a, b, c, input [3:0] s, output [15:0] y"
    worker = at_work(f"module top({ports}); assign y = (a + b) << (s + c[3:0]); endmodule", SHIPPED, tmp_path)
    worker.synthesize()
    areas, delays = [], []
    for stretch in (1.0, 1.2, 1.5, AT_EASE):
        mapped = worker.remap(Way(Carries("brent_kung"), stretch))
        netlist = {"modules": {"top": mapped.module}}
        (tmp_path / "mapped.json").write_text(json.dumps(netlist))
        assert_same_function(tmp_path, SHIPPED)
        areas.append(worker.report(netlist)["area_um2"])
        delays.append(Timing(Graph(mapped.module, Kinds(worker.table))).delay_ps)
    assert areas == sorted(areas, reverse=True)
    assert len(set(areas)) >= 3
    assert areas[-1] < 0.85 * areas[0]
    assert delays[0] < 0.85 * delays[-1]


def test_a_design_without_logic_has_no_paths_to_limit(tmp_path: Path) -> None:
    worker = at_work("module top(input [3:0] a, output [3:0] y); assign y = a; endmodule", SHIPPED, tmp_path)
    worker.synthesize()
    assert worker.remap(Way(Carries("brent_kung"), 1.2)).module["cells"] == {}


def test_what_the_mapper_says_is_in_the_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A failed synthesis is explained by what was said last."""
    mapped("module top(input a, b, output y); assign y = a & b; endmodule", SHIPPED, tmp_path)
    assert "ABC: " in capfd.readouterr().out


def cell_words(worker: Worker) -> set[str]:
    """The words of a design that are in full-adder cells when carries ripple."""
    return set(worker.adders(Carries()).words.values())


@pytest.mark.parametrize("adders", ["cells", "generic"])
def test_a_design_sized_for_a_clock_computes_the_same(adders: str, tmp_path: Path) -> None:
    """At clocks that take ripple carries, some and all parallel carries; the netlist that is reported."""
    ports = "input signed [7:0] a, b, c, input [2:0] s, output signed [10:0] y, output signed [8:0] z"
    design = f"module top({ports}); assign y = (a + b) + (c + $signed(s)), z = b - a; endmodule"
    delays, areas, parallel = [], [], []
    for clock_ps in (2000.0, 420.0, 1.0):
        report = mapped(design, SHIPPED, tmp_path, clock_ps=clock_ps, netlist=True, adders=adders)
        (tmp_path / "sized.v").write_text(report["netlist"])
        yosys(f"read_verilog {tmp_path / 'sized.v'}", f"write_json {tmp_path / 'mapped.json'}")
        assert_same_function(tmp_path, SHIPPED)
        delays.append(report["delay_ps"])
        areas.append(report["area_um2"])
        parallel.append(report["carries"]["parallel"])
    assert delays[0] <= 2000
    assert delays[1] <= 420
    assert delays == sorted(delays, reverse=True)
    assert areas == sorted(areas)
    assert parallel[0] == 0 < parallel[2]


ACCUMULATOR = """
module top(input clk, clear, enable, input signed [5:0] a, b, c, d, input [3:0] s,
           output reg signed [9:0] sum);
  wire signed [6:0] p, q; wire signed [7:0] r; wire u, v, w, x; wire signed [9:0] kept, next;
  reg signed [5:0] ra;
  assign {p, u} = {ra[5], ra, 1'b1} + {b[5], b, s[0]};
  assign {q, v} = {c[5], c, 1'b1} + {d[5], d, s[1]};
  assign {r, w} = {p[6], p, 1'b1} + {q[6], q, s[2]};
  assign kept = sum & {10{~clear}};
  assign {next, x} = {{2{r[7]}}, r, 1'b1} + {kept, s[3]};
  always @(posedge clk) begin ra <= a; if (enable) sum <= next; end
endmodule"""


@pytest.mark.parametrize("outputs", ["inverted", "true"])
def test_registers_stored_inverted_behave_as_before(
    outputs: str, tables: dict[str, Path], tmp_path: Path
) -> None:
    """SAT over 6 cycles, from any state: once cleared, both accumulators show the same for ever."""
    mapped(ACCUMULATOR, tables[outputs], tmp_path)
    yosys(
        *gates_of(tmp_path, tables[outputs]),
        "rename top revised",
        "design -stash revised",
        f"read_verilog -sv {tmp_path / 'design.v'}",
        "hierarchy -top top",
        "proc",
        "flatten",
        "rename top golden",
        "design -copy-from revised revised",
        "miter -equiv -flatten golden revised miter",
        "hierarchy -top miter",
        "sat -verify -seq 6 -prove-skip 3 -prove trigger 0 -set-at 1 in_clear 1 -set-at 2 in_clear 1"
        " -set-at 1 in_enable 1 -set-at 2 in_enable 1 miter",
    )


def test_a_chain_of_inverted_full_adders_needs_almost_no_inverters(tmp_path: Path) -> None:
    """Neighbouring bits and levels alternate in polarity: a tree needs one inverter or two an adder."""
    names = [f"x{i}" for i in range(8)]
    sums = [
        "wire [8:0] " + ", ".join(f"s{i} = x{2 * i} + x{2 * i + 1}" for i in range(4)) + ";",
        "wire [9:0] t0 = s0 + s1, t1 = s2 + s3;",
    ]
    ports = f"input [7:0] {', '.join(names)}, output [10:0] y"
    design = f"module top({ports}); {' '.join(sums)} assign y = t0 + t1; endmodule"
    cells = mapped(design, SHIPPED, tmp_path)["cells"]
    assert cells[INVERTED_FULL_ADDER] >= 7 * 7
    # Input and output ports are true: up to one inverter for every second of their bits.
    assert cells.get("INVx1_ASAP7_75t_R", 0) <= 8 * 8 / 2 + 11 / 2 + 7


def test_a_carry_in_through_the_lowest_bit_costs_nothing(library: Library, tmp_path: Path) -> None:
    plain = "module top(input [7:0] a, b, output [7:0] y); assign y = a + b; endmodule"
    carry = (
        "module top(input [7:0] a, b, input c, output [7:0] y); wire u;"
        " assign {y, u} = {a, 1'b1} + {b, c}; endmodule"
    )
    areas = [synthesize(text, "top", library, cache_dir=tmp_path).area_um2 for text in (plain, carry)]
    assert areas[1] <= areas[0] + 0.05 + 0.04374


def test_full_adders_are_found_by_function() -> None:
    found = find_full_adder(CellTable.load(SHIPPED))
    assert found is not None
    assert (found.name, found.sum, found.carry) == (INVERTED_FULL_ADDER, "SN", "CON")
    assert found.sum_inverted
    assert found.carry_inverted
    assert find_full_adder(CellTable("none", {})) is None


# Multiplexers ---------------------------------------------------------------------------------------------


def test_a_one_hot_multiplexer_is_mapped_to_the_same_function(tmp_path: Path) -> None:
    legs = " | ".join(f"(x{i} & {{4{{k == {i}}}}})" for i in range(11))
    ports = ", ".join(f"x{i}" for i in range(11))
    design = (
        f"module top(input [3:0] {ports}, k, input s, output [3:0] y);"
        f" assign y = ({legs}) ^ {{4{{s}}}}; endmodule"
    )
    report = mapped(design, SHIPPED, tmp_path)
    assert report["cells"]["AO332x1_ASAP7_75t_R"] >= 12
    assert_same_function(tmp_path, SHIPPED)


def test_wide_cells_are_offered_with_inputs_tied_where_that_is_smaller() -> None:
    offered = offer(CellTable.load(SHIPPED))
    widest = find_and_or(offered.logic)
    assert widest is not None
    assert len(widest.legs) == 3
    assert offered.tied[widest.name].cell == "AO332x1_ASAP7_75t_R"
    assert all(cell in CellTable.load(SHIPPED).cells for cell in (use.cell for use in offered.tied.values()))
