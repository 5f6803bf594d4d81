"""What runs inside the simulator: drives a core's three AXI4-Streams and records what happens at every edge.

It judges only what can be seen on the wires (a stream that breaks the AXI rule, no progress, a result too
many); whether results and timing are right is judged outside, by ``sim.harness``. Vectors and recordings
travel as pickles of Python's own types, in files named by the environment: to import numpy would take a
quarter of the time that a short simulation takes.
"""

from __future__ import annotations

import itertools
import os
import pickle
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

from sim.dram import Channel, Dram, Reader
from sim.pauses import Pauses

VECTORS = "TERNLUT_VECTORS"
RECORDING = "TERNLUT_RECORDING"
ACTIVATION, KEY, RESULT = "s_axis_activation", "s_axis_key", "m_axis_result"
STREAMS = (ACTIVATION, KEY, RESULT)

RESET_CYCLES = 4
PATIENCE = 2000
"""Cycles without a beat on any stream after which a simulation is given up."""


class BenchRun:
    """One run from reset: the vectors of a few layers back to back, and the recording of their streams."""

    def __init__(self, dut: Any, vectors: dict[str, Any]) -> None:
        self.dut = dut
        self.vectors = vectors
        self.random = random.Random(vectors["seed"])
        self.expected: int = vectors["results"]
        self.stop_after: int = vectors["stop_after"]
        self.blocks: dict[int, tuple[int, int]] = vectors["blocks"]
        self.channel = None if vectors["dram"] is None else Channel(Dram(*vectors["dram"]))
        self.cycle = -1
        self.accepted: dict[str, list[int]] = {name: [] for name in STREAMS}
        self.offered: list[int] = []
        self.beats: list[bytes] = []
        self.last: list[bool] = []
        self.complaints: list[str] = []
        self._progress = 0
        self._held: tuple[str, str] | None = None
        self._waiting = False

    def pauses(self, stream: str) -> Pauses:
        """The cycles in which ``stream`` pauses."""
        number = STREAMS.index(stream)
        return Pauses(self.vectors["seed"], number, self.vectors["stalls"][number])

    def delay(self, stream: str) -> int:
        """Cycles before ``stream`` starts."""
        delay: int = self.vectors["delays"][STREAMS.index(stream)]
        return delay

    def beats_for(self, stream: str) -> Iterator[bytes]:
        """The beats of ``stream``, in the order in which it sends them."""
        distinct, width, order = self.vectors[stream]
        return (distinct[index * width : (index + 1) * width] for index in order)

    def ends_of(self, stream: str) -> dict[int, int]:
        """The transfers of ``stream`` that end packets, and how many of their bytes count."""
        ends: dict[int, int] = self.vectors["ends" + stream.removeprefix("s_axis")]
        return ends

    def reader_of(self, stream: str) -> Reader | None:
        """How the memory is asked for ``stream``, if there is one."""
        if self.channel is None:
            return None
        size, order = self.vectors[stream][1:]
        packet, window = self.vectors["readers"][stream]
        return Reader(self.channel, size, packet, len(order), window)

    async def reset(self) -> None:
        """Reset the core with idle streams; afterwards no result may be offered."""
        self.dut.aresetn.value = 0
        for _ in range(RESET_CYCLES):
            await RisingEdge(self.dut.aclk)
        if int(self.dut.m_axis_result_tvalid.value):
            self.complaints.append("tvalid of the results is 1 in reset")
        self.dut.aresetn.value = 1
        self.show_tiles()

    def show_tiles(self) -> None:
        """``n_tiles`` and ``m_tiles`` for the next activation beat: noise where no block begins with it."""
        for port, value in zip(
            (self.dut.n_tiles, self.dut.m_tiles),
            self.blocks.get(len(self.accepted[ACTIVATION]), (None, None)),
            strict=True,
        ):
            port.value = self.random.randrange(1 << len(port)) if value is None else value

    def note_activation(self) -> None:
        """An activation beat was accepted at this edge."""
        before = len(self.accepted[ACTIVATION])
        self.accepted[ACTIVATION].append(self.cycle)
        if before in self.blocks or before + 1 in self.blocks:
            self.show_tiles()
        self._progress = self.cycle

    def note_key(self) -> None:
        """A key beat was accepted at this edge."""
        self.accepted[KEY].append(self.cycle)
        self._progress = self.cycle

    def watch_results(self, valid: bool, ready: bool) -> str | None:
        """Record this edge of the result stream, hold it to the AXI rule; the data accepted, if any."""
        if not valid:
            if self._held is not None:
                self.complaints.append(f"cycle {self.cycle}: tvalid fell before tready")
                self._held = None
            return None
        data = str(self.dut.m_axis_result_tdata.value)
        beat = (data, str(self.dut.m_axis_result_tlast.value))
        if self._held is None:
            self.offered.append(self.cycle)
        elif self._held != beat:
            self.complaints.append(f"cycle {self.cycle}: tdata or tlast changed before tready")
        self._held = None if ready else beat
        if not ready:
            return None
        self.accepted[RESULT].append(self.cycle)
        if self.channel is not None:
            self.channel.write(self.cycle, len(data) // 8)
        self.last.append(beat[1] == "1")
        self._progress = self.cycle
        return data

    @property
    def going(self) -> bool:
        """Whether there is something to wait for; a core that is stuck is complained about."""
        if len(self.accepted[RESULT]) >= min(self.expected, self.stop_after):
            return False
        if self.cycle - self._progress > PATIENCE + max(map(self.delay, STREAMS)):
            counts = ", ".join(
                f"{len(self.accepted[name])} {what} beats"
                for name, what in zip(STREAMS, ("activation", "key", "result"), strict=True)
            )
            self.complaints.append(f"no beat moves after cycle {self._progress}: {counts} were taken")
            return False
        return True

    @property
    def complete(self) -> bool:
        """Whether the session ran to its end, so that the streams should be silent now."""
        return len(self.accepted[RESULT]) == self.expected

    def recording(self) -> dict[str, Any]:
        """What happened."""
        return {
            "beats": b"".join(self.beats),
            "last": self.last,
            "activation_cycles": self.accepted[ACTIVATION],
            "key_cycles": self.accepted[KEY],
            "result_cycles": self.accepted[RESULT],
            "offered_cycles": self.offered,
            "complaints": self.complaints,
        }


class LeanSource:
    """Sends beats on one stream with little work a cycle."""

    def __init__(self, session: BenchRun, stream: str) -> None:
        self._data = getattr(session.dut, f"{stream}_tdata")
        self._valid = getattr(session.dut, f"{stream}_tvalid")
        self._ready = getattr(session.dut, f"{stream}_tready")
        self._beats = session.beats_for(stream)
        self._next = next(self._beats, None)
        self._offering, self._number = False, 0
        # Of words of a bus the last of a packet is marked, and says which of its bytes count.
        self._reader = session.reader_of(stream)
        self._ends = session.ends_of(stream)
        self._keep: Any = getattr(session.dut, f"{stream}_tkeep", None)
        self._last = getattr(session.dut, f"{stream}_tlast", None)
        self._pauses, self._delay = session.pauses(stream), session.delay(stream)

    def edge(self, cycle: int) -> bool:
        """At a rising edge: whether a beat was taken; and what is offered for the next one."""
        taken = self._offering and self._ready.value == 1
        if self._reader is not None:
            self._reader.ask(cycle)
        if self._offering and not taken:
            return False
        waits = self._next is None or cycle < self._delay or self._pauses[cycle]
        if waits or (self._reader is not None and not self._reader.there(cycle)):
            if taken:
                self._valid.value = 0
                self._offering = False
            return taken
        assert self._next is not None
        if self._reader is not None:
            self._reader.hand()
        self._data.value = int.from_bytes(self._next, "little")
        if self._last is not None:
            kept = self._ends.get(self._number)
            self._last.value = int(kept is not None)
            self._keep.value = (1 << (kept or len(self._keep))) - 1
        self._number += 1
        self._next = next(self._beats, None)
        if not self._offering:
            self._valid.value = 1
            self._offering = True
        return taken


async def run_lean(session: BenchRun) -> None:
    """The streams driven by ourselves: one coroutine, one wait a cycle."""
    dut = session.dut
    for stream in (ACTIVATION, KEY):
        getattr(dut, f"{stream}_tvalid").value = 0
    dut.m_axis_result_tready.value = 0
    await session.reset()
    activations, keys = LeanSource(session, ACTIVATION), LeanSource(session, KEY)
    edge, valid, ready = RisingEdge(dut.aclk), dut.m_axis_result_tvalid, dut.m_axis_result_tready
    pauses, delay, is_ready = session.pauses(RESULT), session.delay(RESULT), False
    while session.going:
        await edge
        cycle = session.cycle = session.cycle + 1
        if activations.edge(cycle):
            session.note_activation()
        if keys.edge(cycle):
            session.note_key()
        data = session.watch_results(valid.value == 1, is_ready)
        if data is not None:
            session.beats.append(int(data, 2).to_bytes(len(data) // 8, "little"))
        wants = cycle >= delay and not pauses[cycle]
        if wants is not is_ready:
            ready.value = int(wants)
            is_ready = wants
    for stream in (ACTIVATION, KEY):
        getattr(dut, f"{stream}_tvalid").value = 0


class AxiDrivers:
    """cocotbext-axi's sources and sink on the core's streams, made once for a simulation."""

    def __init__(self, dut: Any) -> None:
        # Imported here, because the lean driver should not pay for it.
        from cocotbext.axi import AxiStreamBus, AxiStreamSink, AxiStreamSource

        def on(stream: str) -> Any:
            return AxiStreamBus.from_prefix(dut, stream)

        self.sources = {
            name: AxiStreamSource(on(name), dut.aclk, dut.aresetn, reset_active_level=False)
            for name in (ACTIVATION, KEY)
        }
        self.sink = AxiStreamSink(on(RESULT), dut.aclk, dut.aresetn, reset_active_level=False)

    async def run(self, session: BenchRun) -> None:
        """The streams driven by the bus model; our part is to watch."""
        dut = session.dut
        await session.reset()
        for stream in (*self.sources.values(), self.sink):
            stream.clear()
        for name, source in self.sources.items():
            source.set_pause_generator(self._pauses(session, name))
            source.send_nowait(b"".join(session.beats_for(name)))
        self.sink.set_pause_generator(self._pauses(session, RESULT))
        edge = RisingEdge(dut.aclk)
        wires = {name: (getattr(dut, f"{name}_tvalid"), getattr(dut, f"{name}_tready")) for name in STREAMS}
        while session.going:
            await edge
            session.cycle += 1
            moves = {name: (valid.value == 1, ready.value == 1) for name, (valid, ready) in wires.items()}
            if all(moves[ACTIVATION]):
                session.note_activation()
            if all(moves[KEY]):
                session.note_key()
            session.watch_results(*moves[RESULT])
        for source in self.sources.values():
            source.set_pause_generator(itertools.repeat(True))
        await RisingEdge(dut.aclk)
        frames = []
        while not self.sink.empty():
            frames.append(self.sink.recv_nowait(compact=False).tdata)
        session.beats = [bytes(b"".join(map(bytes, frames)))]

    @staticmethod
    def _pauses(session: BenchRun, stream: str) -> Iterator[bool]:
        pauses, delay = session.pauses(stream), session.delay(stream)
        return itertools.chain(itertools.repeat(True, delay), (pauses[at] for at in itertools.count(delay)))


async def listen_for_more(session: BenchRun) -> None:
    """After the last result: the core must fall silent."""
    dut = session.dut
    for _ in range(session.vectors["silence"]):
        await RisingEdge(dut.aclk)
        session.cycle += 1
        if dut.m_axis_result_tvalid.value == 1:
            session.complaints.append(f"cycle {session.cycle}: a result after the last one")
            return


@cocotb.test()  # type: ignore[untyped-decorator]
async def run_sessions(dut: Any) -> None:
    """Run every session of the vectors' file, one after the other on the same core."""
    vectors = pickle.loads(Path(os.environ[VECTORS]).read_bytes())
    Clock(dut.aclk, 2, "step").start(start_high=False)
    drivers = AxiDrivers(dut) if vectors["driver"] == "axi" else None
    recordings = []
    for session_vectors in vectors["sessions"]:
        session = BenchRun(dut, session_vectors)
        await (run_lean(session) if drivers is None else drivers.run(session))
        if session.complete:
            await listen_for_more(session)
        recordings.append(session.recording())
    recording = Path(os.environ[RECORDING])
    beside = recording.with_suffix(".part")
    beside.write_bytes(pickle.dumps(recordings))
    beside.replace(recording)
