"""Cores behind their buffers: the emitted top where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In

from generator.array import Array
from generator.block import Block, padded
from generator.buffering.memory import Memory
from generator.buffering.prefetch import KeyPrefetch
from generator.buffering.replay import ActivationBuffer
from generator.core import Core, stream_ports
from generator.plan import ArrayPlan, CorePlan, beat_bits, buffers_of, core_name, top_name


def buffered_streams(plan: CorePlan) -> dict[str, int]:
    """The width of the words of each stream that is buffered: ``activation``, ``key``."""
    buffers = buffers_of(plan)
    held = {"activation": buffers.activations, "key": buffers.keys}
    return {stream: buffer.bus_bits for stream, buffer in held.items() if buffer is not None}


def top_ports(plan: CorePlan) -> dict[str, Any]:
    """The ports of the emitted top by their names: a core's, but words where a stream is buffered."""
    words = buffered_streams(plan)
    ports: dict[str, Any] = {}
    for name, port in stream_ports(plan).items():
        stream = name.removeprefix("s_axis_").removesuffix("_tdata")
        if stream in words:
            ports |= {
                name: In(words[stream]),
                f"s_axis_{stream}_tkeep": In(words[stream] // 8),
                f"s_axis_{stream}_tlast": In(1),
            }
        else:
            ports[name] = port
    return ports


def memory_modules(plan: CorePlan, kinds: Mapping[str, str]) -> dict[str, str]:
    """The modules that are memories, by the stream that they buffer; ``kinds``: what each module is."""
    buffers = buffers_of(plan)
    names = [name for name, kind in kinds.items() if kind == "memory"]
    return {
        stream: next(
            name for name in names if name.startswith(f"{Memory(held.words, held.bits).module_name}_")
        )
        for stream, held in (("activation", buffers.activations), ("key", buffers.keys))
        if held is not None
    }


def controls(plan: CorePlan) -> list[Block]:
    """What is around the memories of a design, for synthesis without them."""
    keys = buffers_of(plan).keys
    replay = [ActivationBuffer(plan, memory_outside=True)] if plan.config.buffers.activations else []
    return [*replay, *([KeyPrefetch(keys, memory_outside=True)] if keys else [])]


class Buffered(Block):
    """A core, or an array, with its buffers: AXI4-Streams of words in front of them."""

    kind = "buffered"

    def __init__(self, plan: CorePlan, name: str | None = None) -> None:
        self.plan = plan
        super().__init__(name or top_name(plan.config), "cores behind their buffers", top_ports(plan))
        self.inner: Core | Array
        if isinstance(plan, ArrayPlan):
            self.inner = Array(plan, f"array_{core_name(plan.config)}")
        else:
            self.inner = Core(plan, f"core_{core_name(plan.config)}")
        buffers = buffers_of(plan)
        self.replay = ActivationBuffer(plan) if buffers.activations else None
        self.prefetch = KeyPrefetch(buffers.keys) if buffers.keys else None
        self.blocks = (self.inner, *(block for block in (self.replay, self.prefetch) if block is not None))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reset = ~self.aresetn
        n_tiles: Value = self.n_tiles
        m_tiles: Value = self.m_tiles
        inner = {name: getattr(self, name) for name in self.inner.members if name in self.members}
        if self.replay is not None:
            n_tiles, m_tiles = (
                Signal(len(n_tiles), name="beat_n_tiles"),
                Signal(len(m_tiles), name="beat_m_tiles"),
            )
            counts = {"n_tiles": self.n_tiles, "m_tiles": self.m_tiles}
            given = {"beat_n_tiles": n_tiles, "beat_m_tiles": m_tiles}
            inner |= self._through(m, self.replay, "activation", reset, **counts, **given)
        if self.prefetch is not None:
            inner |= self._through(m, self.prefetch, "key", reset)
        m.submodules.cores = self.inner.instance(**inner | {"n_tiles": n_tiles, "m_tiles": m_tiles})
        return m

    def _through(
        self, m: Module, buffer: ActivationBuffer | KeyPrefetch, stream: str, reset: Value, **others: Value
    ) -> dict[str, Value]:
        """Puts ``buffer`` in front of a stream; what the cores' ports of that stream are connected to."""
        prefix = f"s_axis_{stream}"
        bits = getattr(beat_bits(self.plan), stream)
        beat = Signal(bits, name=f"{stream}_beat")
        valid, ready = Signal(name=f"{stream}_valid"), Signal(name=f"{stream}_ready")
        words = {
            f"word_{name}": getattr(self, f"{prefix}_t{name}")
            for name in ("valid", "ready", "data", "keep", "last")
        }
        m.submodules[f"{stream}_buffer"] = buffer.instance(
            clk=self.aclk,
            rst=reset,
            **words,
            beat_valid=valid,
            beat_ready=ready,
            beat_data=beat,
            **others,
        )
        filled = Cat(beat, Const(0, padded(bits) - bits))
        return {f"{prefix}_tdata": filled, f"{prefix}_tvalid": valid, f"{prefix}_tready": ready}
