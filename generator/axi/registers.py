"""The registers of an accelerator behind AXI4-Lite."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, keep_low, update
from generator.plan.accelerator import AcceleratorPlan
from generator.plan.registers import (
    ADDRESS_BITS,
    COUNT_BITS,
    COUNTERS,
    IDENTITY,
    INTERFACE_VERSION,
    REGISTER,
    REGISTER_BITS,
    REGISTER_SPACE,
    REGISTERS,
    ErrorCode,
)

ADDRESS = (REGISTER_SPACE - 1).bit_length()
ERROR_BITS = max(ErrorCode).bit_length()
WRITTEN = tuple(register.name for register in REGISTERS if register.access != "read")


def lite_ports(prefix: str = "") -> dict[str, Any]:
    """The ports of an AXI4-Lite slave with names that begin with ``prefix``."""
    ports = {
        "awaddr": In(ADDRESS),
        "awprot": In(3),
        "awvalid": In(1),
        "awready": Out(1),
        "wdata": In(REGISTER_BITS),
        "wstrb": In(REGISTER_BITS // 8),
        "wvalid": In(1),
        "wready": Out(1),
        "bresp": Out(2),
        "bvalid": Out(1),
        "bready": In(1),
        "araddr": In(ADDRESS),
        "arprot": In(3),
        "arvalid": In(1),
        "arready": Out(1),
        "rdata": Out(REGISTER_BITS),
        "rresp": Out(2),
        "rvalid": Out(1),
        "rready": In(1),
    }
    return {f"{prefix}{name}": port for name, port in ports.items()}


class Registers(Block):
    """Answers reads and writes in a cycle each, tells the engine what to do, and counts.

    Members
    -------
    awaddr … rready
        AXI4-Lite. All answers are OKAY; what is no register reads 0.
    start : Out(1), descriptors : Out(64), count : Out(16)
        For the engine, which starts in the cycle after.
    busy : In(1), done, failed : In(1), fault : In(4), completed : In(16)
        What the engine does; ``done`` or ``failed`` in one cycle, ``fault`` until the next start.
    key_waits … words_written : In(1)
        In which cycles these count.
    interrupt : Out(1)
    """

    kind = "axi_registers"

    def __init__(self, plan: AcceleratorPlan) -> None:
        self.plan = plan
        super().__init__(
            "registers",
            "registers behind AXI4-Lite",
            {
                "clk": In(1),
                "rst": In(1),
                **lite_ports(),
                "start": Out(1),
                "descriptors": Out(ADDRESS_BITS),
                "count": Out(COUNT_BITS),
                "busy": In(1),
                "done": In(1),
                "failed": In(1),
                "fault": In(ERROR_BITS),
                "completed": In(COUNT_BITS),
                **{name: In(1) for name in COUNTERS if name != "busy_cycles"},
                "interrupt": Out(1),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = self.clocked()
        write = self._write_channel(m)
        values = {**self._constants(), **self._controls(m, write), **self._counters(m)}
        self._read_channel(m, values)
        return m

    def _write_channel(self, m: Module) -> Value:
        """Whether something is written; address and data come together, with the answer of the last gone."""
        write = Signal()
        m.d.comb += [
            write.eq(self.awvalid & self.wvalid & (~self.bvalid | self.bready)),
            self.awready.eq(write),
            self.wready.eq(write),
        ]
        update(m, self.bvalid, (self.rst, 0), (write, 1), (self.bready, 0))
        unused = Signal(len(self.awprot) + len(self.arprot) + 4, name="unused_ports", attrs={"keep": 1})
        m.d.comb += unused.eq(Cat(self.awprot, self.arprot, self.awaddr[:2], self.araddr[:2]))
        return write

    def _read_channel(self, m: Module, values: dict[str, Value]) -> None:
        take = Signal(name="read")
        m.d.comb += [self.arready.eq(~self.rvalid | self.rready), take.eq(self.arvalid & self.arready)]
        update(m, self.rvalid, (self.rst, 0), (take, 1), (self.rready, 0))
        shown: Value = Const(0, REGISTER_BITS)
        for register in REGISTERS:
            here = self.araddr[2:] == register.offset // 4
            value = values[register.name]
            wide = Cat(value, Const(0, REGISTER_BITS - len(value)))
            shown = shown | Mux(here, wide, 0)
        chosen = Signal(REGISTER_BITS, name="chosen")
        m.d.comb += chosen.eq(shown)
        update(m, self.rdata, (take, chosen))

    def _constants(self) -> dict[str, Value]:
        plan, config = self.plan, self.plan.core.config
        numbers = {
            "identity": IDENTITY,
            "interface": INTERFACE_VERSION,
            "core": int(config.digest[:8], 16),
            "bus_bytes": plan.bus_bytes,
            "tile_inputs": plan.core.tile_length,
            "tile_outputs": plan.core.columns,
            "tile_tokens": config.rows,
            "most_inputs": config.max_reduction,
            "most_outputs": plan.most_outputs,
        }
        return {name: Const(number, REGISTER_BITS) for name, number in numbers.items()}

    def _controls(self, m: Module, write: Value) -> dict[str, Value]:
        """What is written and what the engine reports."""
        written = {name: Signal(name=f"writes_{name}") for name in WRITTEN}
        for name, signal in written.items():
            m.d.comb += signal.eq(write & (self.awaddr[2:] == REGISTER[name].offset // 4))
        m.d.comb += self.start.eq(written["control"] & self.wstrb[0] & self.wdata[0] & ~self.busy)
        enable, events = Signal(2, name="interrupt_enable"), Signal(2, name="interrupt_events")
        update(m, enable, (self.rst, 0), (written["interrupt_enable"] & self.wstrb[0], self.wdata[:2]))
        clear = self.wdata[:2] & (written["interrupt_status"] & self.wstrb[0]).replicate(2)
        ends = Cat(self.done, self.failed)
        update(m, events, (self.rst, 0), (Const(1), events & ~clear | ends))
        m.d.comb += self.interrupt.eq((events & enable).any())
        over = Signal(2, name="over")
        update(m, over, (self.rst | self.start, 0), (ends.any(), ends))
        low, high, count = (
            self._stored(m, name, written[name], width)
            for name, width in (("descriptors_low", 32), ("descriptors_high", 32), ("count", COUNT_BITS))
        )
        m.d.comb += [self.descriptors.eq(Cat(low, high)), self.count.eq(count)]
        return {
            "control": Const(0, 1),
            "status": Cat(self.busy, over),
            "interrupt_enable": enable,
            "interrupt_status": events,
            "error": self.fault,
            "descriptors_low": low,
            "descriptors_high": high,
            "count": count,
            "completed": self.completed,
        }

    def _stored(self, m: Module, name: str, written: Value, width: int) -> Signal:
        """A register of ``width`` bits that is written byte by byte."""
        register = Signal(width, name=name)
        octets = [
            Mux(self.wstrb[at // 8], self.wdata[at : at + 8], register[at : at + 8])
            for at in range(0, width, 8)
        ]
        update(m, register, (self.rst, 0), (written, Cat(octets)))
        return register

    def _counters(self, m: Module) -> dict[str, Value]:
        counters: dict[str, Value] = {}
        for name in COUNTERS:
            event = self.busy if name == "busy_cycles" else getattr(self, name)
            counter = Signal(REGISTER_BITS, name=f"{name}_counted")
            more = keep_low(m, f"{name}_more", counter + Const(1, 1), REGISTER_BITS)
            update(m, counter, (self.rst | self.start, 0), (event, more))
            counters[name] = counter
        return counters
