"""The regression: golden results under every kind of traffic, exact timing, protocol, reset.

Run it with ``run.py`` or ``make``; the tests themselves need cocotb and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import Enum
from typing import Any

import cocotb
from axi_stream import PERIOD, Monitor, Sink, Source, Transfer, cycle
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, SimTimeoutError, with_timeout
from golden import CASES, CORE, Case


class Traffic(Enum):
    """The probabilities that activations, keys and results pause in a cycle."""

    FREE = (0.0, 0.0, 0.0)
    SLOW_ACTIVATIONS = (0.8, 0.0, 0.0)
    SLOW_KEYS = (0.0, 0.8, 0.0)
    SLOW_RESULTS = (0.0, 0.0, 0.8)
    ALL_HESITATE = (0.4, 0.4, 0.4)


EVERY_CASE = Enum("EVERY_CASE", CASES)
"""The golden cases; as an enumeration, so that tests are named after them."""

SILENCE = 2 * CORE.latency_cycles + 4
"""Cycles after the last result in which another would show itself."""

LONGEST = PERIOD * (10_000 + 200 * sum(case.cycles + len(case.keys) for case in CASES.values()))
"""Simulator steps after which a test has gone astray."""


class Bench:
    """The core with a source or a sink on each stream, all of them watched."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.clock = Clock(dut.aclk, PERIOD, unit="step")
        self.activations = Source(dut, "s_axis_activation", beside=("n_tiles", "m_tiles"))
        self.keys = Source(dut, "s_axis_key")
        self.results = Sink(dut, "m_axis_result")
        self.monitors = {
            name: Monitor(dut, prefix)
            for name, prefix in (
                ("activation", "s_axis_activation"),
                ("key", "s_axis_key"),
                ("result", "m_axis_result"),
            )
        }

    @classmethod
    async def start(cls, dut: Any) -> Bench:
        """A bench with its clock and monitors running and the core reset."""
        bench = cls(dut)
        dut.aresetn.value = 0
        bench.clock.start()
        for monitor in bench.monitors.values():
            cocotb.start_soon(monitor.watch())
        await bench.reset()
        return bench

    async def reset(self, cycles: int = 3) -> None:
        """Resets the core, whatever it is doing; ``aresetn`` is sampled at rising edges."""
        self.dut.aresetn.value = 0
        for side in (self.activations, self.keys, self.results):
            side.rest()
        cocotb.start_soon(self._release(cycles))
        await ClockCycles(self.dut.aclk, cycles + 1)
        valid = self.dut.m_axis_result_tvalid.value
        assert valid == 0, f"m_axis_result_tvalid is {valid} in reset, 0 is right"
        for monitor in self.monitors.values():
            monitor.transfers.clear()

    async def _release(self, cycles: int) -> None:
        await ClockCycles(self.dut.aclk, cycles)
        self.dut.aresetn.value = 1

    @property
    def taken(self) -> list[Transfer]:
        """Results so far."""
        return self.monitors["result"].transfers

    async def run(self, cases: Sequence[Case], traffic: Traffic = Traffic.FREE) -> None:
        """Runs ``cases`` without a gap; fails if a result does not come, or one too many."""
        slow_activations, slow_keys, slow_results = traffic.value
        streams = [
            cocotb.start_soon(stream)
            for stream in (
                self.activations.send(
                    (beat for case in cases for beat in case.activations), slow_activations
                ),
                self.keys.send((beat for case in cases for beat in case.keys), slow_keys),
                self.results.take(slow_results),
            )
        ]
        expected = sum(len(case.results) for case in cases)
        patience = 1000 + 50 * sum(case.cycles for case in cases)
        try:
            await with_timeout(self._until(expected), patience * PERIOD, "step")
        except SimTimeoutError:
            moved = ", ".join(f"{len(m.transfers)} {name} beats" for name, m in self.monitors.items())
            raise AssertionError(f"{expected} result beats are right, but it stands still: {moved}") from None
        await ClockCycles(self.dut.aclk, SILENCE)
        assert len(self.taken) == expected, f"{len(self.taken)} result beats came, {expected} are right"
        for stream in streams:
            stream.cancel()
        self.results.rest()

    async def _until(self, results: int) -> None:
        edge = RisingEdge(self.dut.aclk)
        while len(self.taken) < results:
            await edge

    def check(self, cases: Sequence[Case]) -> None:
        """Holds the results against the golden ones, bit for bit."""
        results = iter(self.taken)
        for case in cases:
            for beat, (right, mask) in enumerate(zip(case.results, case.masks, strict=True)):
                seen = next(results)
                wrong = next(CORE.differences(seen.data, right, mask), None)
                assert wrong is None, f"{case.name}, result beat {beat}: {wrong}"
                assert seen.last == case.last(beat), f"{case.name}, result beat {beat}: tlast is {seen.last}"


@cocotb.test(timeout_time=LONGEST, timeout_unit="step")
@cocotb.parametrize(case=list(EVERY_CASE), traffic=list(Traffic))
async def results_are_golden(dut: Any, case: Enum, traffic: Traffic) -> None:
    """Every case gives its golden results, however the streams hesitate."""
    bench = await Bench.start(dut)
    await bench.run([case.value], traffic)
    bench.check([case.value])


@cocotb.test(timeout_time=LONGEST, timeout_unit="step")
@cocotb.parametrize(traffic=list(Traffic))
async def layers_follow_each_other_without_a_gap(dut: Any, traffic: Traffic) -> None:
    """Blocks of different sizes follow each other without a reset or an empty cycle between them."""
    bench = await Bench.start(dut)
    cases = [*CASES.values(), *random.sample(list(CASES.values()), len(CASES))]
    await bench.run(cases, traffic)
    bench.check(cases)


@cocotb.test(timeout_time=LONGEST, timeout_unit="step")
@cocotb.parametrize(case=list(EVERY_CASE))
async def timing_is_that_of_the_datasheet(dut: Any, case: Enum) -> None:
    """When no stream pauses, the first result and the last come in exactly the cycles that they should."""
    bench = await Bench.start(dut)
    await bench.run([case.value])
    began = bench.monitors["activation"].transfers[0].taken
    whole = bench.taken[-1].taken - began + 1
    assert whole == case.value.cycles, f"{whole} cycles, {case.value.cycles} are right"
    if case.value.n_tiles == case.value.m_tiles == case.value.blocks == 1:
        latency = bench.taken[0].offered - began
        assert latency == CORE.latency_cycles, f"{latency} cycles latency, {CORE.latency_cycles} is right"


@cocotb.test(timeout_time=LONGEST, timeout_unit="step")
async def a_result_waits_until_it_is_taken(dut: Any) -> None:
    """A result that nobody takes stays as it is, and no key is taken meanwhile, but into a buffer."""
    bench = await Bench.start(dut)
    case = max(CASES.values(), key=lambda case: len(case.results))
    sends = [
        cocotb.start_soon(stream)
        for stream in (bench.activations.send(case.activations), bench.keys.send(case.keys))
    ]
    edge = RisingEdge(dut.aclk)
    for _ in range(case.cycles + SILENCE):
        await edge
        if dut.m_axis_result_tvalid.value:
            break
    assert dut.m_axis_result_tvalid.value, "no result comes"
    before = len(bench.monitors["key"].transfers)
    buffered = bool(case.packets.get("key"))
    for _ in range(20):
        await edge
        assert dut.m_axis_result_tvalid.value, f"cycle {cycle()}: the result did not wait"
        assert buffered or not dut.s_axis_key_tready.value, (
            f"cycle {cycle()}: a key could go while a result waits"
        )
    assert buffered or len(bench.monitors["key"].transfers) == before
    taking = cocotb.start_soon(bench.results.take())
    for _ in range(case.cycles + SILENCE):
        await edge
        if len(bench.taken) == len(case.results):
            break
    assert len(bench.taken) == len(case.results), f"only {len(bench.taken)} result beats come"
    bench.check([case])
    for task in (*sends, taking):
        task.cancel()


@cocotb.test(timeout_time=LONGEST, timeout_unit="step")
@cocotb.parametrize(after=[1, 2, 3, 5, 8, 13, 21])
async def reset_leaves_nothing_behind(dut: Any, after: int) -> None:
    """A core that is reset in the middle of its work begins anew."""
    bench = await Bench.start(dut)
    case = max(CASES.values(), key=lambda case: len(case.keys))
    streams = [
        cocotb.start_soon(stream)
        for stream in (
            bench.activations.send(case.activations),
            bench.keys.send(case.keys),
            bench.results.take(0.3),
        )
    ]
    await ClockCycles(dut.aclk, after)
    for stream in streams:
        stream.cancel()
    await bench.reset(cycles=1)
    again = random.choice(list(CASES.values()))
    await bench.run([again])
    bench.check([again])


@cocotb.test(timeout_time=LONGEST, timeout_unit="step")
async def one_cycle_of_reset_empties_a_full_pipeline(dut: Any) -> None:
    """Of tiles that stand behind a result that nobody takes, nothing is left after one cycle of reset."""
    bench = await Bench.start(dut)
    case = max(CASES.values(), key=lambda case: len(case.results))
    sends = [
        cocotb.start_soon(stream)
        for stream in (bench.activations.send(case.activations), bench.keys.send(case.keys))
    ]
    await ClockCycles(dut.aclk, case.cycles + SILENCE)
    for task in sends:
        task.cancel()
    await bench.reset(cycles=1)
    taking = cocotb.start_soon(bench.results.take())
    await ClockCycles(dut.aclk, SILENCE)
    taking.cancel()
    assert not bench.taken, f"{len(bench.taken)} result beats come of what was before the reset"
    await bench.run([case])
    bench.check([case])
