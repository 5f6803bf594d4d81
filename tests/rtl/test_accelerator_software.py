"""The C code of a hand-off: it compiles without a warning, and drives the accelerator's Verilog."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from dse.handoff.software import software_files
from generator.config import CoreConfig
from generator.plan import plan_for
from generator.plan.accelerator import accelerator_plan
from generator.plan.registers import DESCRIPTOR, REGISTERS
from generator.verilog import emit
from sim.build import build
from sim.harness import run_testbench
from sim.layers import LayerData, key_chunks
from sim.memory_image import aligned, descriptor
from sim.recipe import recipe_for
from tests.rtl.test_accelerators import NARROW, WIDE_ARRAY

STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
SHIM = """
#include <stdint.h>
static uint32_t (*reads)(uintptr_t);
static void (*writes)(uintptr_t, uint32_t);
void connect(uint32_t (*read)(uintptr_t), void (*write)(uintptr_t, uint32_t))
{
    reads = read;
    writes = write;
}
#define TERNLUT_READ32(address) reads(address)
#define TERNLUT_WRITE32(address, value) writes(address, value)
#include "example.c"
int ternlut_differs_here(uintptr_t base) { return ternlut_differs(base); }
"""
LAYOUT = """
#include <stdio.h>
#include "ternlut.h"
int main(void) {
@PRINTS@
    return 0;
}
"""


def written(config: CoreConfig, directory: Path) -> Path:
    for name, text in software_files(accelerator_plan(plan_for(config))).items():
        (directory / name).write_text(text)
    return directory


def compiled(directory: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("values", [NARROW, WIDE_ARRAY], ids=["integers", "floats"])
@pytest.mark.parametrize(
    "compiler", [("gcc", "-std=c99", "-pedantic"), ("g++", "-x", "c++")], ids=["c", "c++"]
)
def test_header_and_example_compile_without_a_warning(
    values: dict[str, object], compiler: tuple[str, ...], tmp_path: Path
) -> None:
    directory = written(CoreConfig.parse(values), tmp_path)
    compiled(directory, *compiler, *STRICT, "-c", "example.c", "-o", "example.o")


def test_the_compiler_lays_a_descriptor_out_as_the_engine_reads_it(tmp_path: Path) -> None:
    directory = written(CoreConfig.parse(NARROW), tmp_path)
    fields = [f"offsetof(struct ternlut_descriptor, {field.name})" for field in DESCRIPTOR]
    sizes = [f"sizeof(((struct ternlut_descriptor *)0)->{field.name})" for field in DESCRIPTOR]
    offsets = [f"(size_t)TERNLUT_REG_{register.name.upper()}" for register in REGISTERS]
    prints = "\n".join(f'    printf("%zu\\n", {value});' for value in (*fields, *sizes, *offsets))
    (directory / "layout.c").write_text(LAYOUT.replace("@PRINTS@", prints))
    compiled(directory, "gcc", "-std=c99", *STRICT, "layout.c", "-o", "layout")
    printed = subprocess.run([directory / "layout"], capture_output=True, text=True, check=True).stdout
    right = [field.offset for field in DESCRIPTOR] + [field.size for field in DESCRIPTOR]
    assert list(map(int, printed.split())) == right + [register.offset for register in REGISTERS]


def test_registers_and_fields_are_apart_and_aligned() -> None:
    places = [register.offset for register in REGISTERS]
    assert places == sorted(set(places))
    assert all(place % 4 == 0 for place in places)
    taken = [octet for field in DESCRIPTOR for octet in range(field.offset, field.offset + field.size)]
    assert len(taken) == len(set(taken))
    assert all(field.offset % field.size == 0 for field in DESCRIPTOR)
    octets = descriptor({"inputs": 0x01020304, "results": 0x1122334455667788, "scale": 1.0})
    assert octets[:8] == bytes([1, 0, 0, 0, 4, 3, 2, 1])
    assert octets[32:40] == bytes([0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11])
    assert octets[48:52] == bytes([0, 0, 0x80, 0x3F])


def test_the_example_drives_the_verilog(tmp_path: Path) -> None:
    """Register by register, in memory that C and the accelerator share."""
    config = CoreConfig.parse(NARROW)
    axi = accelerator_plan(plan_for(config))
    layer = LayerData.random(config, 23, 8, 3, seed=5)
    directory = written(config, tmp_path)
    (directory / "shim.c").write_text(SHIM)
    compiled(directory, "gcc", "-std=c99", "-shared", "-fPIC", "-Wall", "-Werror", "shim.c", "-o", "shim.so")
    size = axi.layer(layer.length, layer.outputs, layer.tokens)
    blocks = size.tiling.blocks
    emission = emit(config)
    (answer,) = run_testbench(
        build(emission.verilog, emission.top, recipe_for(emission, 1000, fast=False)),
        {
            "library": str(directory / "shim.so"),
            "base": 0x40000000,
            "inputs": layer.length,
            "outputs": layer.outputs,
            "tokens": layer.tokens,
            "keys": np.concatenate(list(key_chunks(axi.core, layer))).tobytes(),
            "x": [int(value) & 0xFF for value in layer.activations.reshape(-1)],
            "activation_bytes": blocks * aligned(size.activations),
            "result_bytes": blocks * aligned(size.results),
        },
        "tests.rtl.software_bench",
    )
    assert (answer["differs"], answer["error"], answer["complaints"]) == (0, 0, [])
    right = layer.activations.astype(int) @ layer.weights.T.astype(int)
    np.testing.assert_array_equal(np.array(answer["y"]).reshape(right.shape), right)


def test_every_macro_of_the_header_is_told_once(tmp_path: Path) -> None:
    directory = written(CoreConfig.parse(NARROW), tmp_path)
    names = re.findall(r"^#define (TERNLUT_\w+)", (directory / "ternlut.h").read_text(), re.MULTILINE)
    assert sorted(names) == sorted(set(names))
