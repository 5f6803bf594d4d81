"""A memory on AXI4 for test benches: cocotbext-axi's, slow to answer, hesitating, and broken in places.

Needs cocotb and cocotbext-axi and nothing else.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from typing import Any

import cocotb
from cocotb.queue import Queue
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiBus, AxiRam
from cocotbext.axi.constants import AxiResp


class Delayed:
    """Requests of a channel, each handed on a latency after it came."""

    def __init__(self, channel: Any, memory: Memory) -> None:
        self._channel, self._memory = channel, memory
        self._waiting: Queue[tuple[int, Any]] = Queue()
        channel.queue_occupancy_limit = -1
        cocotb.start_soon(self._take())

    async def _take(self) -> None:
        while True:
            request = await self._channel.recv()
            self._waiting.put_nowait((self._memory.checker.cycle + self._memory.latency, request))

    async def recv(self) -> Any:
        """The next request, when its time has come."""
        due, request = await self._waiting.get()
        while self._memory.checker.cycle < due:
            await RisingEdge(self._memory.dut.aclk)
        return request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


class Memory:
    """The memory at the master: a latency, hesitating channels, and places that refuse."""

    def __init__(self, dut: Any, size: int, checker: Any) -> None:
        self.dut, self.checker = dut, checker
        self.latency = 0
        self.broken: list[tuple[int, int, bool]] = []
        self.ram = AxiRam(
            AxiBus.from_prefix(dut, "m_axi"), dut.aclk, dut.aresetn, reset_active_level=False, size=size
        )
        reads, writes = self.ram.read_if, self.ram.write_if
        quiet(reads, writes)
        self.channels = {
            "ar": reads.ar_channel,
            "r": reads.r_channel,
            "aw": writes.aw_channel,
            "w": writes.w_channel,
            "b": writes.b_channel,
        }
        reads.ar_channel = Delayed(reads.ar_channel, self)
        self._refuse(reads, "_read", reads.r_channel, "rresp")
        self._refuse(writes, "_write", writes.b_channel, "bresp")

    def _refuse(self, side: Any, access: str, answers: Any, response: str) -> None:
        """Has ``access`` fail where the memory is broken, and what is no memory answer DECERR."""
        real, send = getattr(side, access), answers.send
        kind = {"response": AxiResp.SLVERR}

        async def failing(address: int, what: Any) -> Any:
            for first, end, missing in self.broken:
                if first <= address < end:
                    kind["response"] = AxiResp.DECERR if missing else AxiResp.SLVERR
                    raise ValueError(f"{address:#x} is broken")
            return await real(address, what)

        async def answer(transaction: Any) -> None:
            if getattr(transaction, response) != AxiResp.OKAY:
                setattr(transaction, response, kind["response"])
            await send(transaction)

        setattr(side, access, failing)
        answers.send = answer

    def behave(self, stalls: float, latency: int, seed: int) -> None:
        """From now on channels pause with probability ``stalls`` in a cycle, and reads take ``latency``."""
        self.latency = latency
        for number, channel in enumerate(self.channels.values()):
            channel.set_pause_generator(pauses(seed + number, stalls))


def quiet(*models: Any) -> None:
    """Has bus models not tell every transfer, which would take most of a simulation's time."""
    for model in models:
        model.log.setLevel(logging.WARNING)


def pauses(seed: int, probability: float) -> Iterator[bool]:
    """Whether to pause, cycle by cycle."""
    chance = random.Random(seed)
    while True:
        yield probability > 0 and chance.random() < probability
