"""What runs inside the simulator for an accelerator: a memory, a processor that starts it, and a checker.

Memory and processor are cocotbext-axi's models; what they do and what comes of it travels as pickles.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

from sim.axi_memory import Memory, quiet
from sim.axi_protocol import ProtocolChecker

VECTORS = "TERNLUT_VECTORS"
RECORDING = "TERNLUT_RECORDING"
RESET_CYCLES = 4
SILENCE = 40
"""Cycles after the end in which nothing may move any more."""


class Bench:
    """An accelerator between memory and processor."""

    def __init__(self, dut: Any, vectors: dict[str, Any]) -> None:
        self.dut, self.offsets = dut, vectors["registers"]
        self.checker = ProtocolChecker(dut, "m_axi", vectors["burst_words"])
        self.memory = Memory(dut, vectors["memory_bytes"], self.checker)
        self.processor = AxiLiteMaster(
            AxiLiteBus.from_prefix(dut, "s_axi"), dut.aclk, dut.aresetn, reset_active_level=False
        )
        quiet(self.processor.read_if, self.processor.write_if)

    async def write(self, register: str, value: int) -> None:
        await self.processor.write_dword(self.offsets[register], value)

    async def read(self, register: str) -> int:
        return int(await self.processor.read_dword(self.offsets[register]))

    async def reset(self) -> None:
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, RESET_CYCLES)
        self.dut.aresetn.value = 1

    async def run(self, run: dict[str, Any]) -> dict[str, Any]:
        """One list of descriptors from start to interrupt, and what came of it."""
        if run["reset"]:
            await self.reset()
        checker, complaints = self.checker, self.checker.complaints
        checker.words = {"r": [], "w": []}
        checker.most_outstanding = 0
        for address, octets in run["memory"]:
            self.memory.ram.write(address, octets)
        self.memory.broken = run["broken"]
        self.memory.behave(run["stalls"], run["latency"], run["seed"])
        await self.write("descriptors_low", run["descriptors"] & 0xFFFFFFFF)
        await self.write("descriptors_high", run["descriptors"] >> 32)
        await self.write("count", run["count"])
        await self.write("interrupt_enable", 0b11)
        await self.write("control", 1)
        for _ in range(run["patience"]):
            await RisingEdge(self.dut.aclk)
            if self.dut.irq.value == 1:
                break
        else:
            complaints.append(f"no interrupt after {run['patience']} cycles")
        registers = {name: await self.read(name) for name in self.offsets}
        await self.write("interrupt_status", registers["interrupt_status"])
        moved = {channel: len(words) for channel, words in checker.words.items()}
        await ClockCycles(self.dut.aclk, SILENCE)
        if self.dut.irq.value == 1:
            complaints.append("the interrupt stays although it was cleared")
        if moved != {channel: len(words) for channel, words in checker.words.items()}:
            complaints.append("words move after the end")
        checker.finish()
        said, checker.complaints = complaints, []
        return {
            "registers": registers,
            "dumps": [bytes(self.memory.ram.read(address, size)) for address, size in run["dumps"]],
            "complaints": said,
            "reads": list(checker.words["r"]),
            "writes": len(checker.words["w"]),
            "most_outstanding": checker.most_outstanding,
        }


@cocotb.test()  # type: ignore[untyped-decorator]
async def run_lists(dut: Any) -> None:
    """Every run of the vectors' file, one after the other on the same accelerator."""
    vectors = pickle.loads(Path(os.environ[VECTORS]).read_bytes())
    dut.aresetn.value = 0
    Clock(dut.aclk, 2, "step").start(start_high=False)
    bench = Bench(dut, vectors)
    cocotb.start_soon(bench.checker.watch())
    await bench.reset()
    recordings = [await bench.run(run) for run in vectors["runs"]]
    recording = Path(os.environ[RECORDING])
    beside = recording.with_suffix(".part")
    beside.write_bytes(pickle.dumps(recordings))
    beside.replace(recording)
