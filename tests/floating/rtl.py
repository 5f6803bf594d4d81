"""Runs a block's RTL in Verilator on whole arrays of operands: one build, then a file of inputs in, outputs
out.

Every port travels as little-endian 64-bit words. The program applies one row of inputs a clock cycle and
writes the outputs as they are just before the rising edge, and so serves combinational and pipelined blocks
alike.
"""

from __future__ import annotations

import os
import subprocess
from functools import cached_property
from pathlib import Path

import numpy as np
from amaranth.lib.wiring import In
from numpy.typing import ArrayLike, NDArray

from generator.block import Block
from generator.verilog import to_verilog
from sim.compiler import VERILATOR_ROOT, compile_command, compiler
from sim.program import DRIVER
from sim.runtime import headers, library

OPTIMISE = 1

MAIN = """\
%(sources)s
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

double sc_time_stamp() { return 0; }

int main() {
    static const size_t IN = %(inputs)d, OUT = %(outputs)d, BLOCK = 4096;
    std::vector<uint64_t> in(IN * BLOCK), out(OUT * BLOCK);
    VerilatedContext context;
    Vdut dut{&context};
    while (size_t rows = fread(in.data(), 8 * IN, BLOCK, stdin)) {
        for (size_t row = 0; row < rows; row++) {
            const uint64_t* source = &in[row * IN];
            uint64_t* target = &out[row * OUT];
            %(body)s
        }
        fwrite(out.data(), 8 * OUT, rows, stdout);
    }
}
"""


def words(width: int) -> int:
    return (width + 63) // 64


def runtime() -> list[Path]:
    """Verilator's own C++ as object files."""
    return [library(group, DRIVER.library_optimise) for group in DRIVER.library]


def verilate(block: Block, directory: Path) -> list[Path]:
    """Writes ``block`` as Verilog and as C++ class ``Vdut`` into ``directory``; the C++ files."""
    source = directory / f"{block.module_name}.v"
    source.write_text(to_verilog(block).text)
    subprocess.run(
        [
            *(VERILATOR_ROOT / "bin" / "verilator_bin", "--cc", "-O3", "--no-timing", "--x-assign", "fast"),
            *("-Wall", "-Wno-UNUSEDSIGNAL", "--prefix", "Vdut", "--Mdir", directory, source),
        ],
        check=True,
        env=os.environ | {"VERILATOR_ROOT": str(VERILATOR_ROOT)},
    )
    return sorted(directory.glob("Vdut*.cpp"))


class Simulation:
    """The Verilated ``block``. Its files go below ``directory``, which all simulations of a session share."""

    def __init__(self, block: Block, directory: Path) -> None:
        members = block.signature.members
        widths = {name: member.shape for name, member in members.items() if name != "clk"}
        self.inputs = {name: width for name, width in widths.items() if members[name].flow is In}
        self.outputs = {name: width for name, width in widths.items() if members[name].flow is not In}
        self.block = block
        self.shared = directory

    @cached_property
    def program(self) -> Path:
        directory = self.shared / self.block.module_name
        directory.mkdir(exist_ok=True)
        sources = verilate(self.block, directory)
        clocked = "clk" in self.block.signature.members
        body, offset = [], 0
        for name, width in self.inputs.items():
            body.append(f"std::memcpy(&dut.{name}, source + {offset}, sizeof dut.{name});")
            offset += words(width)
        body.append("dut.clk = 0; dut.eval();" if clocked else "dut.eval();")
        inputs, offset = offset, 0
        for name, width in self.outputs.items():
            body.append(f"std::memset(target + {offset}, 0, {8 * words(width)});")
            body.append(f"std::memcpy(target + {offset}, &dut.{name}, sizeof dut.{name});")
            offset += words(width)
        body.append("dut.clk = 1; dut.eval();" if clocked else "")
        main = directory / "main.cpp"
        # One translation unit: most of the time goes into Verilator's headers.
        include = "\n".join(f'#include "{source.name}"' for source in sources)
        values = {"sources": include, "inputs": inputs, "outputs": offset, "body": "\n".join(body)}
        main.write_text(MAIN % values)
        program = directory / "program"
        command = compile_command(False, f"-O{OPTIMISE}")
        command += ["-include", headers(DRIVER, False, OPTIMISE), f"-I{directory}"]
        built = main.with_suffix(".o")
        subprocess.run([*command, "-c", main, "-o", built], check=True)
        subprocess.run([compiler(), built, *runtime(), "-pthread", "-o", program], check=True)
        return program

    def run(self, **operands: ArrayLike) -> dict[str, NDArray[np.uint64]]:
        """Outputs for every row of ``operands``: unsigned patterns [n], or [n, words] for wide ports.

        A scalar is the same in every row.
        """
        arrays = {name: np.asarray(value).astype(np.uint64) for name, value in operands.items()}
        assert arrays.keys() == self.inputs.keys()
        rows = max(len(array) for array in arrays.values() if array.ndim)
        columns = [
            np.broadcast_to(arrays[name].reshape(-1, words(width)), (rows, words(width)))
            for name, width in self.inputs.items()
        ]
        table = np.concatenate(columns, axis=1)
        done = subprocess.run([self.program], input=table.tobytes(), stdout=subprocess.PIPE, check=True)
        edges = np.cumsum([words(width) for width in self.outputs.values()])
        answer = np.split(np.frombuffer(done.stdout, np.uint64).reshape(rows, -1), edges[:-1], axis=1)
        return {
            name: columns[:, 0] if columns.shape[1] == 1 else columns
            for name, columns in zip(self.outputs, answer, strict=True)
        }
