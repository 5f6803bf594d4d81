"""The layer that a descriptor states: taken from the bus, held against the core, and counted."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.axi.reader import PASS_BITS
from generator.axi.registers import ERROR_BITS
from generator.block import Block, keep_low, update
from generator.plan.accelerator import MOST_TOKENS, SIZE_BITS, AcceleratorPlan
from generator.plan.registers import DESCRIPTOR_BYTES, FIELD, INTERFACE_VERSION, ErrorCode

SHAPE = ("inputs", "outputs", "tokens")
PLACES = {
    "keys": "key_address",
    "activations": "activation_address",
    "results": "result_address",
    "activation_stride": "activation_stride",
    "result_stride": "result_stride",
}
"""Fields of a descriptor that count in words of the bus, and the ports that hold them."""


class Layer(Block):
    """Counts tiles by taking them off the layer's shape, one a cycle: no multiplier, no divider.

    Members
    -------
    begins : In(1)
        A descriptor is asked for.
    arrives : In(1), arriving : In(bus_bits), fetched : Out(1)
        Its words; the last one arrives.
    verdict : Out(4)
        What is wrong with it, an ``ErrorCode``; of several errors the first.
    along_inputs, along_outputs : In(1), counted : Out(1), too_large : Out(1)
        What is counted in this cycle, whether that is done, and whether there are bytes beyond 32 bits.
    n_tiles, m_tiles, token_blocks : Out
    STREAM_address, STREAM_words, STREAM_tail, STREAM_stride : Out
        Where a stream's words are, in words of the bus; words of a block (of keys: of the layer), and bytes
        that count of the last one, 0 for all.
    """

    kind = "axi_layer"

    def __init__(self, plan: AcceleratorPlan) -> None:
        self.plan = plan
        super().__init__(
            "layer",
            "the layer that a descriptor states",
            {
                "clk": In(1),
                "begins": In(1),
                "arrives": In(1),
                "arriving": In(plan.bus_bits),
                "fetched": Out(1),
                "verdict": Out(ERROR_BITS),
                "along_inputs": In(1),
                "along_outputs": In(1),
                "counted": Out(1),
                "too_large": Out(1),
                **{name: Out(width) for name, width in layer_ports(plan).items()},
            },
        )

    def elaborate(self, platform: object) -> Module:
        m, plan = self.clocked(), self.plan
        arrivals = self._arrivals(m)
        shape = {name: Signal(8 * FIELD[name].size, name=name) for name in SHAPE}
        other_version, misplaced = Signal(name="other_version"), Signal(name="misplaced")
        here, version = arrivals["version"]
        update(m, other_version, (self.begins, 0), (here & (version != INTERFACE_VERSION), 1))
        off: Value = Const(0, 1)
        for name, port in PLACES.items():
            here, value = arrivals[name]
            update(m, getattr(self, port), (here, value[plan.word_shift :]))
            off |= here & value[: plan.word_shift].any()
        update(m, misplaced, (self.begins, 0), (off, 1))
        self._judge(m, other_version, misplaced, shape)

        more = {}
        for name, active, tile in (
            ("inputs", self.along_inputs, plan.core.tile_length),
            ("tokens", self.along_inputs, plan.core.config.rows),
            ("outputs", self.along_outputs, plan.core.columns),
        ):
            left = shape[name]
            more[name] = active & left.any()
            less = keep_low(m, f"{name}_less", left - tile, len(left))
            update(m, left, arrivals[name], (active, Mux(left > tile, less, 0)))
        self._count(m, more)
        left_over = Mux(self.along_inputs, more["inputs"] | more["tokens"], more["outputs"])
        m.d.comb += self.counted.eq(~left_over)
        return m

    def _arrivals(self, m: Module) -> dict[str, tuple[Value, Value]]:
        """When each field of the descriptor arrives, and its value then."""
        plan = self.plan
        words = DESCRIPTOR_BYTES // plan.bus_bytes
        number = Signal(range(max(2, words)), name="word_number")
        following = keep_low(m, "word_next", number + Const(1, 1), len(number))
        update(m, number, (self.begins, 0), (self.arrives, following))
        m.d.comb += self.fetched.eq(self.arrives & (number == words - 1))
        arrivals = {}
        for field in FIELD.values():
            word, octet = divmod(field.offset, plan.bus_bytes)
            value = self.arriving[8 * octet : 8 * (octet + field.size)]
            arrivals[field.name] = (self.arrives & (number == word), value)
        return arrivals

    def _judge(self, m: Module, other_version: Value, misplaced: Value, shape: dict[str, Signal]) -> None:
        """``verdict``"""

        def outside(name: str, most: int) -> Value:
            return ~shape[name].any() | (shape[name] > most)

        reasons = {
            ErrorCode.VERSION: other_version,
            ErrorCode.INPUTS: outside("inputs", self.plan.core.config.max_reduction),
            ErrorCode.OUTPUTS: outside("outputs", self.plan.most_outputs),
            ErrorCode.TOKENS: outside("tokens", MOST_TOKENS),
            ErrorCode.ALIGNMENT: misplaced,
        }
        verdict: Value = Const(ErrorCode.NONE, ERROR_BITS)
        for reason, holds in reversed(reasons.items()):
            verdict = Mux(holds, Const(reason, ERROR_BITS), verdict)
        m.d.comb += self.verdict.eq(verdict)

    def _count(self, m: Module, more: dict[str, Value]) -> None:
        """Tiles, and the bytes of each stream: a tile of either kind adds what it takes."""
        plan = self.plan
        too_large: Value = Const(0, 1)

        def add_up(name: str, on: Value, step: Value, register: Signal) -> Signal:
            total = Signal(len(register) + 1, name=f"{name}_more")
            m.d.comb += total.eq(register + step)
            update(m, register, (self.begins, 0), (on, total[:-1]))
            nonlocal too_large
            too_large |= on & total[-1]
            return register

        for port, on in ((self.n_tiles, "inputs"), (self.m_tiles, "outputs"), (self.token_blocks, "tokens")):
            following = keep_low(m, f"tiles_of_{on}", port + Const(1, 1), len(port))
            update(m, port, (self.begins, 0), (more[on], following))

        def octets(name: str) -> Signal:
            return Signal(SIZE_BITS, name=name)

        along = octets("keys_along_inputs")
        add_up("along", more["inputs"], Const(plan.keys.beat), along)
        streams = {
            "key": add_up("keys", more["outputs"], along, octets("key_bytes")),
            "activation": add_up(
                "activations", more["inputs"], Const(plan.activations.beat), octets("activation_bytes")
            ),
            "result": add_up("results", more["outputs"], Const(plan.results.beat), octets("result_bytes")),
        }
        for stream, size in streams.items():
            tail = size[: plan.word_shift]
            words = keep_low(m, f"{stream}_whole", size[plan.word_shift :] + tail.any(), plan.words_bits)
            m.d.comb += getattr(self, f"{stream}_words").eq(words)
            if stream != "result":
                m.d.comb += getattr(self, f"{stream}_tail").eq(tail)
        update(m, self.too_large, (self.begins, 0), (too_large, 1))


def layer_ports(plan: AcceleratorPlan) -> dict[str, int]:
    """What readers, writer and core have to know of a layer: names of ports, and their bits."""
    streams = {
        f"{stream}_{what}": width
        for stream in ("key", "activation", "result")
        for what, width in (("address", plan.word_address_bits), ("words", plan.words_bits))
    }
    return {
        "n_tiles": plan.core.n_tiles_width,
        "m_tiles": plan.core.m_tiles_width,
        "token_blocks": PASS_BITS,
        **streams,
        "key_tail": plan.word_shift,
        "activation_tail": plan.word_shift,
        "activation_stride": plan.words_bits,
        "result_stride": plan.words_bits,
    }
