"""The accelerator: a core or an array with what moves its beats between memory and streams, and a control."""

from __future__ import annotations

from typing import Any, assert_never

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.array import Array
from generator.axi.arbiter import ID_BITS, READERS, ReadArbiter
from generator.axi.engine import Engine
from generator.axi.layer import Layer
from generator.axi.packer import Packer
from generator.axi.reader import Reader
from generator.axi.registers import ERROR_BITS, Registers, lite_ports
from generator.axi.writer import Writer
from generator.block import Block, padded
from generator.buffering.gearbox import Gearbox
from generator.buffering.prefetch import KeyPrefetch
from generator.buffering.replay import ActivationBuffer
from generator.core import Core
from generator.floating.bits import leave
from generator.plan import ArrayPlan, CorePlan, buffers_of, core_name, top_name
from generator.plan.accelerator import accelerator_plan
from generator.plan.registers import ADDRESS_BITS, ErrorCode

INCREMENTING = 0b01
MODIFIABLE = 0b0011
"""``AxCACHE``: normal memory, not cached."""


def accelerator_ports(plan: CorePlan) -> dict[str, Any]:
    """The ports of the accelerator of ``plan`` by their names."""
    bits = accelerator_plan(plan).bus_bits

    def request(prefix: str) -> dict[str, Any]:
        ports = {
            "id": ID_BITS, "addr": ADDRESS_BITS, "len": 8, "size": 3, "burst": 2, "lock": 1, "cache": 4,
            "prot": 3, "qos": 4, "valid": 1,
        }  # fmt: skip
        return {f"m_axi_{prefix}{name}": Out(width) for name, width in ports.items()} | {
            f"m_axi_{prefix}ready": In(1)
        }

    return {
        "aclk": In(1),
        "aresetn": In(1),
        "irq": Out(1),
        **lite_ports("s_axi_"),
        **request("ar"),
        "m_axi_rid": In(ID_BITS),
        "m_axi_rdata": In(bits),
        "m_axi_rresp": In(2),
        "m_axi_rlast": In(1),
        "m_axi_rvalid": In(1),
        "m_axi_rready": Out(1),
        **request("aw"),
        "m_axi_wdata": Out(bits),
        "m_axi_wstrb": Out(bits // 8),
        "m_axi_wlast": Out(1),
        "m_axi_wvalid": Out(1),
        "m_axi_wready": In(1),
        "m_axi_bid": In(ID_BITS),
        "m_axi_bresp": In(2),
        "m_axi_bvalid": In(1),
        "m_axi_bready": Out(1),
    }


class Accelerator(Block):
    """The emitted top of ``wrapper = "axi"``: an AXI4-Lite slave, an AXI4 master, an interrupt.

    What arrives always has room, so the read channel never waits, and answers are taken at once.
    """

    kind = "accelerator"

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        self.axi = axi = accelerator_plan(plan)
        super().__init__(
            top_name(plan.config),
            "cores behind AXI4-Lite registers and an AXI4 master",
            accelerator_ports(plan),
        )
        self.cores: Core | Array
        if isinstance(plan, ArrayPlan):
            self.cores = Array(plan, f"array_{core_name(plan.config)}")
        else:
            self.cores = Core(plan, f"core_{core_name(plan.config)}")
        buffers = buffers_of(plan)
        self.registers, self.engine, self.layer = Registers(axi), Engine(axi), Layer(axi)
        self.reader, self.arbiter = Reader(axi), ReadArbiter(axi)
        self.packer, self.writer = Packer(axi), Writer(axi)
        self.replay = ActivationBuffer(plan) if buffers.activations else None
        self.key_source = KeyPrefetch(buffers.keys) if buffers.keys else Gearbox(axi.bus_bits, axi.beats.key)
        self.activation_source = self.replay or Gearbox(axi.bus_bits, axi.beats.activation)
        self.blocks = (
            self.cores, self.registers, self.engine, self.layer, self.reader, self.arbiter, self.packer,
            self.writer, self.key_source, self.activation_source,
        )  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        put = {
            name: Placed(m, block, name, self.aclk)
            for name, block in self._places().items()
            if block is not self.cores
        }
        put["cores"] = self._cores(m, put)
        reset, flushed = ~self.aresetn, Signal()
        m.d.comb += flushed.eq(reset | put["engine"].flush)
        for name in ("registers", "engine", "arbiter"):
            m.d.comb += put[name].rst.eq(reset)
        for name in ("keys", "activations", "packer", "writer", "key_source", "activation_source"):
            m.d.comb += put[name].rst.eq(flushed)
        m.d.comb += put["cores"].aresetn.eq(~flushed)
        self._connect_control(m, put)
        self._connect_reads(m, put)
        self._connect_streams(m, put)
        self._connect_writes(m, put)
        self._count(m, put)
        return m

    def _cores(self, m: Module, put: dict[str, Placed]) -> Placed:
        """The cores, with the beats of their sources."""
        beats, data = self.axi.beats, {}
        for name, bits in (("key", beats.key), ("activation", beats.activation)):
            data[f"s_axis_{name}_tdata"] = Cat(put[f"{name}_source"].beat_data, Const(0, padded(bits) - bits))
        padding = Signal(padded(beats.result) - beats.result, name="result_padding")
        leave(m, "result_padding", padding)
        data["m_axis_result_tdata"] = Cat(put["packer"].beat_data, padding)
        return Placed(m, self.cores, "cores", self.aclk, **data)

    def _places(self) -> dict[str, Block]:
        """The blocks by the names of their instances."""
        return {
            "registers": self.registers,
            "engine": self.engine,
            "layer": self.layer,
            "arbiter": self.arbiter,
            "keys": self.reader,
            "activations": self.reader,
            "key_source": self.key_source,
            "activation_source": self.activation_source,
            "cores": self.cores,
            "packer": self.packer,
            "writer": self.writer,
        }

    def _connect_control(self, m: Module, put: dict[str, Placed]) -> None:
        """Registers, engine and layer, and what the bus answers."""
        registers, engine, layer = put["registers"], put["engine"], put["layer"]
        for name, port in lite_ports().items():
            outer, inner = getattr(self, f"s_axi_{name}"), getattr(registers, name)
            m.d.comb += inner.eq(outer) if port.flow == In else outer.eq(inner)
        m.d.comb += self.irq.eq(registers.interrupt)
        for name in ("start", "descriptors", "count"):
            m.d.comb += getattr(engine, name).eq(getattr(registers, name))
        for name in ("busy", "done", "failed", "fault", "completed"):
            m.d.comb += getattr(registers, name).eq(getattr(engine, name))
        for name in ("begins", "along_inputs", "along_outputs"):
            m.d.comb += getattr(layer, name).eq(getattr(engine, name))
        for name in ("fetched", "verdict", "counted", "too_large"):
            m.d.comb += getattr(engine, name).eq(getattr(layer, name))
        read, write = self.m_axi_rvalid & self.m_axi_rresp[1], self.m_axi_bvalid & self.m_axi_bresp[1]

        def reason(response: Value, slave: ErrorCode, decode: ErrorCode) -> Value:
            return Mux(response[0], Const(decode, ERROR_BITS), Const(slave, ERROR_BITS))

        m.d.comb += [
            engine.refused.eq(read | write),
            engine.refusal.eq(
                Mux(
                    read,
                    reason(self.m_axi_rresp, ErrorCode.READ_SLAVE, ErrorCode.READ_DECODE),
                    reason(self.m_axi_bresp, ErrorCode.WRITE_SLAVE, ErrorCode.WRITE_DECODE),
                )
            ),
            engine.idle.eq(put["keys"].idle & put["activations"].idle & put["writer"].idle),
        ]

    def _connect_reads(self, m: Module, put: dict[str, Placed]) -> None:
        """Readers and the read channels; words go to whom their ID names."""
        arbiter, layer, engine = put["arbiter"], put["layer"], put["engine"]
        readers = {"descriptor": engine, "activation": put["activations"], "key": put["keys"]}
        for number, name in enumerate(READERS):
            reader = readers[name]
            for what in ("valid", "address", "length"):
                m.d.comb += getattr(arbiter, f"{name}_{what}").eq(getattr(reader, f"request_{what}"))
            m.d.comb += reader.request_ready.eq(getattr(arbiter, f"{name}_ready"))
            taker = layer if name == "descriptor" else reader
            m.d.comb += [
                taker.arrives.eq(self.m_axi_rvalid & (self.m_axi_rid == number)),
                taker.arriving.eq(self.m_axi_rdata),
            ]
        for name, reader in (("key", put["keys"]), ("activation", put["activations"])):
            m.d.comb += [reader.start.eq(engine.go), reader.stop.eq(engine.stop)]
            for what in ("address", "words", "tail"):
                m.d.comb += getattr(reader, what).eq(getattr(layer, f"{name}_{what}"))
        streamed_again = self.replay is None and restreams(self.plan)
        m.d.comb += [
            put["keys"].repeats.eq(layer.token_blocks),
            put["keys"].pieces.eq(1),
            put["activations"].repeats.eq(layer.m_tiles if streamed_again else 1),
            put["activations"].pieces.eq(layer.token_blocks),
            put["activations"].stride.eq(layer.activation_stride),
            self.m_axi_rready.eq(1),
            arbiter.ready.eq(self.m_axi_arready),
        ]
        self._request(m, "ar", arbiter.id, arbiter.address, arbiter.length, arbiter.valid)
        leave(m, "read_last", self.m_axi_rlast)

    def _request(
        self, m: Module, prefix: str, id_: Value, address: Value, length: Value, valid: Value
    ) -> None:
        """A request of a burst of whole words."""
        axi = self.axi
        fields = {
            "id": id_,
            "addr": Cat(Const(0, axi.word_shift), address),
            "len": length,
            "size": axi.word_shift,
            "burst": INCREMENTING,
            "cache": MODIFIABLE,
            "valid": valid,
        }
        m.d.comb += [getattr(self, f"m_axi_{prefix}{name}").eq(value) for name, value in fields.items()]

    def _connect_streams(self, m: Module, put: dict[str, Placed]) -> None:
        """From the readers to the cores."""
        layer, cores = put["layer"], put["cores"]
        for name in ("key", "activation"):
            reader, source, prefix = put[f"{name}s"], put[f"{name}_source"], f"s_axis_{name}"
            for what in ("valid", "data", "keep", "last"):
                m.d.comb += getattr(source, f"word_{what}").eq(getattr(reader, f"word_{what}"))
            m.d.comb += [
                reader.word_ready.eq(source.word_ready),
                getattr(cores, f"{prefix}_tvalid").eq(source.beat_valid),
                source.beat_ready.eq(getattr(cores, f"{prefix}_tready")),
            ]
        for name in ("n_tiles", "m_tiles"):
            counted: Value = getattr(layer, name)
            if self.replay is not None:
                m.d.comb += getattr(put["activation_source"], name).eq(counted)
                counted = getattr(put["activation_source"], f"beat_{name}")
            m.d.comb += getattr(cores, name).eq(counted)

    def _connect_writes(self, m: Module, put: dict[str, Placed]) -> None:
        """From the cores to the write channels."""
        layer, engine, packer, writer, cores = (
            put[name] for name in ("layer", "engine", "packer", "writer", "cores")
        )
        m.d.comb += [
            packer.beat_valid.eq(cores.m_axis_result_tvalid),
            packer.beat_last.eq(cores.m_axis_result_tlast),
            cores.m_axis_result_tready.eq(packer.beat_ready),
            writer.word_valid.eq(packer.word_valid),
            writer.word_data.eq(packer.word_data),
            writer.word_keep.eq(packer.word_keep),
            packer.word_ready.eq(writer.word_ready),
            writer.start.eq(engine.go),
            writer.stop.eq(engine.stop),
            writer.address.eq(layer.result_address),
            writer.stride.eq(layer.result_stride),
            writer.words.eq(layer.result_words),
            writer.pieces.eq(layer.token_blocks),
            writer.request_ready.eq(self.m_axi_awready),
            self.m_axi_wvalid.eq(writer.data_valid),
            self.m_axi_wdata.eq(writer.data),
            self.m_axi_wstrb.eq(writer.data_keep),
            self.m_axi_wlast.eq(writer.data_last),
            writer.data_ready.eq(self.m_axi_wready),
            self.m_axi_bready.eq(1),
            writer.answered.eq(self.m_axi_bvalid),
        ]
        self._request(
            m, "aw", Const(0, ID_BITS), writer.request_address, writer.request_length, writer.request_valid
        )
        leave(m, "write_id", self.m_axi_bid)

    def _count(self, m: Module, put: dict[str, Placed]) -> None:
        """What the registers count."""
        cores, registers, busy = put["cores"], put["registers"], put["engine"].busy
        m.d.comb += [
            registers.key_waits.eq(busy & cores.s_axis_key_tready & ~cores.s_axis_key_tvalid),
            registers.activation_waits.eq(
                busy & cores.s_axis_activation_tready & ~cores.s_axis_activation_tvalid
            ),
            registers.result_waits.eq(cores.m_axis_result_tvalid & ~cores.m_axis_result_tready),
            registers.words_read.eq(self.m_axi_rvalid),
            registers.words_written.eq(self.m_axi_wvalid & self.m_axi_wready),
        ]


class Placed:
    """An instance of a block on the clock, its ports wires by their names but for those ``given``."""

    def __init__(self, m: Module, block: Block, name: str, clock: Value, **given: Value) -> None:
        self._wires: dict[str, Any] = {
            port: given.get(port, Signal(member.shape, name=f"{name}_{port}"))
            for port, member in block.members.items()
        }
        clocks = {port: clock for port in ("clk", "aclk") if port in self._wires}
        m.submodules[name] = block.instance(**self._wires | clocks)

    def __getattr__(self, port: str) -> Any:
        return self._wires[port]


def restreams(plan: CorePlan) -> bool:
    """Whether the core takes a block's activations again for every tile of outputs."""
    match plan.config.dataflow:
        case "output_stationary":
            return True
        case "table_stationary":
            return False
        case unknown:
            assert_never(unknown)
