"""What runs inside the simulator while C code drives an accelerator: its memory is that of this process.

The shipped example, compiled as a library, calls back for every register that it reads or writes.
"""

from __future__ import annotations

import ctypes
import os
import pickle
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.task import bridge, resume
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

from sim.axi_memory import Memory, quiet
from sim.axi_protocol import ProtocolChecker

ALIGNMENT = 64


def room(size: int) -> tuple[Any, int]:
    """A piece of memory of ``size`` bytes, and the address of its first byte that is aligned."""
    buffer = ctypes.create_string_buffer(size + ALIGNMENT)
    address = ctypes.addressof(buffer)
    return buffer, address + -address % ALIGNMENT


async def host_read(address: int, length: int) -> bytes:
    return ctypes.string_at(address, length)


async def host_write(address: int, octets: bytes) -> None:
    ctypes.memmove(address, bytes(octets), len(octets))


@cocotb.test()
async def run_example(dut: Any) -> None:
    vectors = pickle.loads(Path(os.environ["TERNLUT_VECTORS"]).read_bytes())
    dut.aresetn.value = 0
    Clock(dut.aclk, 2, "step").start(start_high=False)
    checker = ProtocolChecker(dut, "m_axi", 16)
    memory = Memory(dut, 1 << 12, checker)
    memory.ram.read_if._read, memory.ram.write_if._write = host_read, host_write
    memory.behave(0.2, 10, 1)
    bus = AxiLiteBus.from_prefix(dut, "s_axi")
    processor = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)
    quiet(processor.read_if, processor.write_if)
    cocotb.start_soon(checker.watch())
    await ClockCycles(dut.aclk, 4)
    dut.aresetn.value = 1

    @resume
    async def read(address: int) -> int:
        return int(await processor.read_dword(address - vectors["base"]))

    @resume
    async def write(address: int, value: int) -> None:
        await processor.write_dword(address - vectors["base"], value)

    @bridge
    def call() -> dict[str, Any]:
        library = ctypes.CDLL(vectors["library"])
        reads = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_size_t)(read)
        writes = ctypes.CFUNCTYPE(None, ctypes.c_size_t, ctypes.c_uint32)(write)
        library.connect(reads, writes)
        shape = [vectors[name] for name in ("inputs", "outputs", "tokens")]
        keys, at_keys = room(len(vectors["keys"]))
        ctypes.memmove(at_keys, vectors["keys"], len(vectors["keys"]))
        kept = [room(size) for size in (vectors["activation_bytes"], vectors["result_bytes"])]
        x = (ctypes.c_uint32 * len(vectors["x"]))(*vectors["x"])
        y = (ctypes.c_int32 * (shape[1] * shape[2]))()
        base = ctypes.c_size_t(vectors["base"])
        library.ternlut_differs_here.restype = ctypes.c_int
        differs = library.ternlut_differs_here(base)
        pointers = [ctypes.c_void_p(address) for _, address in kept]
        error = library.run_layer(base, ctypes.c_void_p(at_keys), *shape, x, *pointers, y)
        return {"differs": differs, "error": error, "y": list(y), "keys": len(keys)}

    answer = await call()
    checker.finish()
    answer["complaints"] = checker.complaints
    Path(os.environ["TERNLUT_RECORDING"]).write_bytes(pickle.dumps([answer]))
