"""The regression: golden results however the memory hesitates, errors, protocol, reset.

Run it with ``run.py`` or ``make``; the tests themselves need cocotb and cocotbext-axi and nothing else.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import cocotb
from axi_memory import Memory, quiet
from axi_protocol import ProtocolChecker
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

VECTORS = Path(__file__).parent / "vectors"
LISTED: dict[str, Any] = json.loads((VECTORS / "cases.json").read_text())
CASES: list[dict[str, Any]] = LISTED["cases"]
BASE: int = LISTED["descriptors"]


class Traffic(Enum):
    """The probability that a channel of the bus pauses in a cycle, and the latency of reads in cycles."""

    FREE = (0.0, 0)
    SLOW = (0.0, 100)
    HESITATES = (0.4, 20)


def octets(case: dict[str, Any], stream: str) -> bytes:
    """What is, or has to be, in memory."""
    return bytes.fromhex((VECTORS / f"{case['name']}.{stream}.hex").read_text())


class Bench:
    """The accelerator between a memory and a processor."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.checker = ProtocolChecker(dut, "m_axi", LISTED["burst_words"])
        self.memory = Memory(dut, LISTED["memory_bytes"], self.checker)
        bus = AxiLiteBus.from_prefix(dut, "s_axi")
        self.processor = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)
        quiet(self.processor.read_if, self.processor.write_if)

    @classmethod
    async def start(cls, dut: Any, traffic: Traffic = Traffic.FREE) -> Bench:
        """A bench with the golden layers in memory, the accelerator reset."""
        dut.aresetn.value = 0
        Clock(dut.aclk, 2, unit="step").start()
        bench = cls(dut)
        cocotb.start_soon(bench.checker.watch())
        bench.memory.behave(*traffic.value, random.getrandbits(32))
        bench.memory.ram.write(BASE, bytes.fromhex(LISTED["list"]))
        for case in CASES:
            for stream in ("key", "activation"):
                bench.memory.ram.write(case["places"][stream], octets(case, stream))
        await bench.reset()
        return bench

    async def reset(self) -> None:
        """Resets the accelerator, and forgets all results."""
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, 4)
        self.dut.aresetn.value = 1
        for case in CASES:
            self.memory.ram.write(
                case["places"]["result"], bytes([LISTED["fill"]]) * len(octets(case, "result"))
            )

    async def read(self, register: str) -> int:
        return int(await self.processor.read_dword(LISTED["registers"][register]))

    async def write(self, register: str, value: int) -> None:
        await self.processor.write_dword(LISTED["registers"][register], value)

    async def run(self, first: int, count: int) -> None:
        """Runs ``count`` descriptors from number ``first`` on, until the interrupt comes."""
        address = BASE + first * LISTED["descriptor_bytes"]
        await self.write("descriptors_low", address & 0xFFFFFFFF)
        await self.write("descriptors_high", address >> 32)
        await self.write("count", count)
        await self.write("interrupt_enable", 3)
        await self.write("control", 1)
        for _ in range(LISTED["patience"]):
            await RisingEdge(self.dut.aclk)
            if self.dut.irq.value == 1:
                break
        else:
            raise AssertionError(f"no interrupt after {LISTED['patience']} cycles")
        await self.write("interrupt_status", 3)
        await ClockCycles(self.dut.aclk, 40)
        assert self.dut.irq.value == 0, "the interrupt stays although it was cleared"
        self.checker.finish()
        assert not self.checker.complaints, self.checker.complaints[:5]

    def check(self, cases: Sequence[dict[str, Any]]) -> None:
        """Holds the memory against the golden results, bit for bit."""
        for case in cases:
            right, mask = octets(case, "result"), octets(case, "result_mask")
            seen = bytes(self.memory.ram.read(case["places"]["result"], len(right)))
            for at, (a, b, counts) in enumerate(zip(seen, right, mask)):  # noqa: B905
                assert (a ^ b) & counts == 0, (
                    f"{case['name']}, byte {at} of the results is {a:#04x}, {b:#04x} is right"
                )


@cocotb.test()
@cocotb.parametrize(traffic=list(Traffic))
async def lists_are_golden(dut: Any, traffic: Traffic) -> None:
    """All layers as one list, and each by itself, give their golden results."""
    bench = await Bench.start(dut, traffic)
    await bench.run(0, len(CASES))
    assert await bench.read("completed") == len(CASES)
    assert await bench.read("error") == 0
    bench.check(CASES)
    for number, case in enumerate(CASES[:3]):
        await bench.reset()
        await bench.run(number, 1)
        bench.check([case])


@cocotb.test()
async def registers_say_what_this_is(dut: Any) -> None:
    """Identity and configuration; an empty list is done at once."""
    bench = await Bench.start(dut)
    assert await bench.read("identity") == int.from_bytes(b"TLUT", "little")
    assert await bench.read("core") == int(LISTED["core"]["digest"][:8], 16)
    await bench.run(0, 0)
    assert await bench.read("status") == 0b010
    assert await bench.read("words_read") == 0


@cocotb.test()
async def a_descriptor_of_another_version_ends_a_list(dut: Any) -> None:
    """It is told, and the next list is right."""
    bench = await Bench.start(dut)
    second = BASE + LISTED["descriptor_bytes"]
    right = bytes(bench.memory.ram.read(second, 4))
    bench.memory.ram.write(second, bytes([right[0] + 1, *right[1:]]))
    await bench.run(0, 3)
    assert await bench.read("status") == 0b100
    assert (await bench.read("completed"), await bench.read("error")) == (1, 1)
    bench.memory.ram.write(second, right)
    await bench.run(0, 3)
    bench.check(CASES[:3])


@cocotb.test()
@cocotb.parametrize(stream=["key", "activation", "result"], missing=[False, True])
async def memory_that_refuses_ends_a_list(dut: Any, stream: str, missing: bool) -> None:
    """SLVERR and DECERR are told, and the next list is right."""
    bench = await Bench.start(dut, Traffic.HESITATES)
    place = CASES[1]["places"][stream]
    bench.memory.broken = [(place, place + 1, missing)]
    await bench.run(0, 3)
    assert await bench.read("status") == 0b100
    assert await bench.read("completed") == 1
    assert await bench.read("error") == (10 if stream == "result" else 8) + missing
    bench.memory.broken = []
    await bench.run(0, 3)
    assert await bench.read("status") == 0b010
    bench.check(CASES[:3])
