"""AXI4-Stream in cocotb, as little of it as this core needs: a source, a sink, and a monitor that judges.

Signals are read right after a rising edge, where they still have the values that the edge sampled, and
written then for the next edge. ``pause`` is the probability that a side hesitates in a cycle.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time

PERIOD = 2
"""Simulator steps of a clock cycle."""


def cycle() -> int:
    """Clock cycles since the simulation began."""
    return int(get_sim_time("step")) // PERIOD


def noise(signal: Any) -> int:
    """Random bits for ``signal``: what it holds while nobody may look."""
    return random.getrandbits(len(signal))


@dataclass(frozen=True)
class Beat:
    """What goes over a stream in one transfer; ``beside`` holds other inputs that go with it."""

    data: int
    beside: dict[str, int] = field(default_factory=dict)


class Source:
    """Sends beats on the stream ``prefix``.

    ``beside`` names inputs outside the stream that mean something only while certain beats are offered:
    they carry noise otherwise, as ``tdata`` does while ``tvalid`` is 0.
    """

    def __init__(self, dut: Any, prefix: str, beside: Iterable[str] = ()) -> None:
        self.edge = RisingEdge(dut.aclk)
        self.data = getattr(dut, f"{prefix}_tdata")
        self.valid = getattr(dut, f"{prefix}_tvalid")
        self.ready = getattr(dut, f"{prefix}_tready")
        ends = [f"{prefix}_{name}" for name in ("tkeep", "tlast") if hasattr(dut, f"{prefix}_{name}")]
        self.beside = {name: getattr(dut, name) for name in [*beside, *ends]}
        self.rest()

    def rest(self) -> None:
        """Offers nothing."""
        self.valid.value = 0
        self._drive(Beat(noise(self.data)))

    def _drive(self, beat: Beat) -> None:
        self.data.value = beat.data
        for name, signal in self.beside.items():
            signal.value = beat.beside.get(name, noise(signal)) & ((1 << len(signal)) - 1)

    async def send(self, beats: Iterable[Beat], pause: float = 0.0) -> None:
        """Sends ``beats``; a beat that is offered stays until it is taken."""
        for beat in beats:
            if random.random() < pause:
                self.rest()
                await self.edge
                while random.random() < pause:
                    await self.edge
            self._drive(beat)
            self.valid.value = 1
            await self.edge
            while not self.ready.value:
                await self.edge
        self.rest()


class Sink:
    """Takes whatever comes on the stream ``prefix``; the monitor of the stream has what it was."""

    def __init__(self, dut: Any, prefix: str) -> None:
        self.edge = RisingEdge(dut.aclk)
        self.ready = getattr(dut, f"{prefix}_tready")
        self.rest()

    def rest(self) -> None:
        """Takes nothing."""
        self.ready.value = 0

    async def take(self, pause: float = 0.0) -> None:
        """Takes beats until cancelled, ready whether or not one is offered."""
        while True:
            self.ready.value = int(random.random() >= pause)
            await self.edge


@dataclass(frozen=True)
class Transfer:
    """A beat that was taken; the clock cycles in which it was first ``offered``, and ``taken``."""

    data: int
    last: bool
    offered: int
    taken: int


class Monitor:
    """Watches the stream ``prefix``, holds it to the rules of AXI4-Stream, keeps its ``transfers``.

    Once ``tvalid`` is 1 it has to stay so, with the same ``tdata`` and ``tlast``, until ``tready`` is 1;
    outside reset neither may be unknown. Breaking a rule fails the test that runs.
    """

    def __init__(self, dut: Any, prefix: str) -> None:
        self.prefix = prefix
        self.edge, self.reset = RisingEdge(dut.aclk), dut.aresetn
        self.data, self.valid, self.ready = (
            getattr(dut, f"{prefix}_{name}") for name in ("tdata", "tvalid", "tready")
        )
        self.last = getattr(dut, f"{prefix}_tlast", None)
        self.transfers: list[Transfer] = []

    async def watch(self) -> None:
        """Watches until cancelled."""
        waiting: tuple[int, bool] | None = None
        offered = 0
        while True:
            await self.edge
            if not self.reset.value:
                waiting = None
                continue
            valid, ready = self._bit("tvalid"), self._bit("tready")
            assert valid or waiting is None, f"cycle {cycle()}: {self.prefix}_tvalid fell before tready"
            if not valid:
                continue
            beat = self._beat()
            if waiting is None:
                offered = cycle()
            else:
                assert beat == waiting, f"cycle {cycle()}: {self.prefix} changed before tready"
            waiting = None if ready else beat
            if ready:
                self.transfers.append(Transfer(*beat, offered, cycle()))

    def _bit(self, name: str) -> bool:
        value = (self.valid if name == "tvalid" else self.ready).value
        assert value.is_resolvable, f"cycle {cycle()}: {self.prefix}_{name} is {value}"
        return bool(value)

    def _beat(self) -> tuple[int, bool]:
        data = self.data.value
        assert data.is_resolvable, f"cycle {cycle()}: {self.prefix}_tdata has unknown bits: {data}"
        return int(data), self.last is not None and bool(self.last.value)
