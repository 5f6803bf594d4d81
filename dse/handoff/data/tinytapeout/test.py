"""Golden layers through the pins: every byte goes in and comes out as a chip's host moves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

PUT, TAKE = 1 << 0, 1 << 3
ACTIVATION, KEY, COUNT = (place << 1 for place in range(3))
MAY_COME = {ACTIVATION: 1 << 4, KEY: 1 << 5}
THERE, LAST = 1 << 6, 1 << 7
PATIENCE = 10_000
"""Cycles in which something has to move."""

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())


async def reset(dut: Any) -> None:
    """Starts the clock, and the project anew."""
    cocotb.start_soon(Clock(dut.clk, 20, "ns").start())
    dut.ena.value, dut.ui_in.value, dut.uio_in.value, dut.rst_n.value = 1, 0, 0, 0
    await ClockCycles(dut.clk, 5)
    await FallingEdge(dut.clk)
    dut.rst_n.value = 1


async def put_counts(dut: Any, case: dict[str, Any]) -> None:
    """The numbers of tiles, lowest byte first."""
    for byte in bytes.fromhex(case["counts"]):
        dut.ui_in.value, dut.uio_in.value = byte, PUT | COUNT
        await FallingEdge(dut.clk)
    dut.uio_in.value = 0


async def run_layer(dut: Any, case: dict[str, Any]) -> tuple[bytes, list[int]]:
    """All activations and keys in, all results out: (bytes, places of bytes of a block's last beat)."""
    waiting = {ACTIVATION: bytes.fromhex(case["activations"]), KEY: bytes.fromhex(case["keys"])}
    sent = dict.fromkeys(waiting, 0)
    results, idle = bytearray(), 0
    last: list[int] = []
    expected = len(bytes.fromhex(case["results"]))
    while len(results) < expected:
        assert (idle := idle + 1) < PATIENCE, f"nothing moves after {len(results)} of {expected} bytes"
        state, command = int(dut.uio_out.value), 0
        for place, data in waiting.items():
            if sent[place] < len(data) and state & MAY_COME[place]:
                dut.ui_in.value, command = data[sent[place]], PUT | place
                sent[place] += 1
                idle = 0
                break
        if state & THERE:
            last += [len(results)] if state & LAST else []
            results.append(int(dut.uo_out.value))
            command |= TAKE
            idle = 0
        dut.uio_in.value = command
        await FallingEdge(dut.clk)
    dut.uio_in.value = 0
    return bytes(results), last


@cocotb.test()
@cocotb.parametrize(case=VECTORS)
async def layers_come_out_as_numpy_computes_them(dut: Any, case: dict[str, Any]) -> None:
    await reset(dut)
    assert int(dut.uio_oe.value) == 0xF0
    await put_counts(dut, case)
    results, last = await run_layer(dut, case)
    mask = bytes.fromhex(case["mask"])
    expected = bytes.fromhex(case["results"])
    wrong = [i for i, (a, b, m) in enumerate(zip(results, expected, mask, strict=True)) if (a ^ b) & m]
    assert not wrong, (
        f"{case['name']}: {len(wrong)} of {len(results)} bytes are wrong, the first is {wrong[0]}"
    )
    assert last == case["last"], f"{case['name']}: the ends of blocks are not where they should be"
