"""A block: a component that becomes one Verilog module, elaborated once and instantiated by its name.

Amaranth elaborates every submodule instance anew; a core of thousands of equal fetches instantiates one
module instead. Blocks have explicit clocks, and registers without reset unless they take part in control.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from amaranth.hdl import Cat, ClockDomain, ClockSignal, Const, Instance, Module, Mux, Signal, Value
from amaranth.lib import wiring

from generator.amaranth_adapter import MOST_INPUT_BITS, mark_used, parts_of, slice_of

PIECE_BITS = 1 << 15
PIECE = "ternlut_piece_of_"

BlockKind = Literal[
    "accelerator",
    "axi_registers",
    "axi_engine",
    "axi_layer",
    "axi_reader",
    "axi_writer",
    "axi_arbiter",
    "packer",
    "fifo",
    "buffered",
    "key_prefetch",
    "activation_buffer",
    "gearbox",
    "memory",
    "array",
    "combiner",
    "result_tree",
    "core",
    "sequencer",
    "datapath",
    "unpacker",
    "byte_decoder",
    "key_encoder",
    "table",
    "table_maker",
    "filler",
    "fetch",
    "column",
    "scaler",
    "scale_unit",
    "compressor",
    "largest_exponent",
    "align",
    "float_to_fixed",
    "fixed_to_float",
    "float_adder",
    "float_multiplier",
    "float_widen",
]


class Block(wiring.Component):  # type: ignore[misc]
    """A component with plain ports (name → In/Out of a width) and the name of its Verilog module.

    Where the inputs have more bits than Amaranth takes, the widest are ``pieced``: inside, placeholders give
    their pieces, which become the real port when the Verilog is written. ``members`` are all ports.
    ``summary`` says in plain ASCII what the module is; in a core equal names mean equal modules. ``blocks``
    lists the blocks that it instantiates. ``kind`` is what every subclass that becomes a module states.
    """

    kind: ClassVar[BlockKind]

    def __init__(self, module_name: str, summary: str, ports: Mapping[str, Any]) -> None:
        self.members = wiring.Signature(dict(ports)).members
        self.pieced: dict[str, list[Signal]] = {}
        inputs = [name for name, member in self.members.items() if member.flow == wiring.In]
        left = sum(self.members[name].shape for name in inputs)
        for name in sorted(inputs, key=lambda name: -int(self.members[name].shape)):
            if left <= MOST_INPUT_BITS:
                break
            width = self.members[name].shape
            self.pieced[name] = [
                Signal(min(PIECE_BITS, width - start), name=f"{name}_from{start}")
                for start in range(0, width, PIECE_BITS)
            ]
            left -= width
        super().__init__({name: port for name, port in ports.items() if name not in self.pieced})
        for name, pieces in self.pieced.items():
            setattr(self, name, Cat(pieces))
        self.module_name = module_name
        self.summary = summary
        self.blocks: tuple[Block, ...] = ()
        # Parents instantiate a block by name, so Amaranth must not expect it among their submodules.
        mark_used(self)

    def instance(self, **connections: Any) -> Instance:
        """An instance whose ports are connected by name; each port must be given."""
        members = self.members
        assert connections.keys() == set(members), connections.keys() ^ set(members)
        prefixed = {f"{members[port].flow.name[0].lower()}_{port}": v for port, v in connections.items()}
        return Instance(self.module_name, **prefixed)

    def with_pieces(self) -> Module:
        """The elaborated block with a placeholder for each piece of the ports that are ``pieced``."""
        m: Module = self.elaborate(None)
        for name, pieces in self.pieced.items():
            for number, piece in enumerate(pieces):
                m.submodules += Instance(f"{PIECE}{name}", p_START=number * PIECE_BITS, o_bits=piece)
        return m

    def clocked(self) -> Module:
        """A module whose ``sync`` domain runs on port ``clk``."""
        m = Module()
        domain = ClockDomain("sync", reset_less=True)
        domain.clk = self.clk
        m.domains += domain
        return m


def update(m: Module, register: Signal, *choices: tuple[Value, Value | int]) -> None:
    """The register takes the value of the first choice whose condition holds at a clock edge, or holds.

    Written as Yosys' cells: its own passes turn conditional statements into cells in an order that varies.
    """
    if len(choices) == 1:
        enable, following = choices[0]
        m.submodules += Instance(
            "$dffe",
            p_WIDTH=len(register),
            p_CLK_POLARITY=1,
            p_EN_POLARITY=1,
            i_CLK=ClockSignal(),
            i_EN=enable,
            i_D=following,
            o_Q=register,
        )
        return
    value: Value = register
    for condition, chosen in reversed(choices):
        value = Mux(condition, chosen, value)
    m.d.sync += register.eq(value)


def enables_of(enables: Value, first: int, stages: int) -> Value:
    """Those of ``stages`` from ``first`` on; an enable of one bit is that of all stages."""
    return enables if len(enables) == 1 else enables[first : first + stages]


def any_of(enables: Value) -> Value:
    """The enable of registers that move together, in whichever of their stages something moves."""
    return enables.any() if len(enables) > 1 else enables


def delayed(m: Module, value: Value, name: str, stages: int, enables: Value) -> Value:
    """``value`` behind ``stages`` registers that take it when ``enables``, one for all or one each, are 1."""
    for stage in range(stages):
        register = Signal(len(value), name=f"{name}_{stage}")
        update(m, register, (enables if len(enables) == 1 else enables[stage], value))
        value = register
    return value


def copy_out(m: Module, value: Value, port: Signal) -> None:
    """``port`` = ``value``, kept apart.

    Otherwise Yosys reads parts of ``value`` back from the port, and where instances read and drive parts of
    it, Verilator sees a loop, and Icarus Verilog works out all of its bits again for every part that is read.
    """
    m.submodules += Instance("$buf", p_WIDTH=len(port), i_A=value, o_Y=port, a_keep=1)


def add_signed(m: Module, name: str, a: Value, b: Value, width: int, carry: Value | None = None) -> Signal:
    """A signal ``name`` = a + b + carry for signed a and b, modulo 2^width.

    The carry rides below the operands' least significant bits, so that one adder does it all.
    """
    a, b = same_width(a, b)
    if carry is None:
        return keep_low(m, name, a.as_signed() + b.as_signed(), width)
    total = Cat(Const(1, 1), a).as_signed() + Cat(carry, b).as_signed()
    return keep_low(m, name, total, width, below=1)


def subtract_signed(m: Module, name: str, a: Value, b: Value, width: int) -> Signal:
    """A signal ``name`` = a - b for signed a and b, modulo 2^width."""
    a, b = same_width(a, b)
    return keep_low(m, name, a.as_signed() - b.as_signed(), width)


def increment(m: Module, name: str, value: Value) -> Signal:
    """A signal ``name`` = value + 1, of the width of the unsigned ``value``."""
    return keep_low(m, name, value + Const(1, len(value)), len(value))


def decrement(m: Module, name: str, value: Value) -> Signal:
    """A signal ``name`` = value - 1, of the width of the unsigned ``value``."""
    return keep_low(m, name, value - Const(1, len(value)), len(value))


def keep_low(m: Module, name: str, value: Value, width: int, below: int = 0) -> Signal:
    """The ``width`` bits of ``value`` above the lowest ``below``; the others go to signals called unused."""
    kept = Signal(width, name=name)
    lower = Signal(below, name=f"unused_below_{name}")
    upper = Signal(len(value) - width - below, name=f"unused_above_{name}")
    m.d.comb += Cat(lower, kept, upper).eq(value)
    return kept


def same_width(a: Value, b: Value) -> tuple[Value, Value]:
    """Both sign-extended to the wider one's width."""
    width = max(len(a), len(b))
    return extend(a, width), extend(b, width)


def extend(value: Value, width: int) -> Value:
    """``value`` sign-extended to ``width`` bits."""
    return value if len(value) == width else Cat(value, value[-1].replicate(width - len(value)))


def slices(value: Value, widths: list[int]) -> list[Value]:
    """``value`` cut into consecutive fields of the given widths, the least significant first."""
    fields, start = [], 0
    for width in widths:
        fields.append(cut(value, start, start + width))
        start += width
    return fields


def cut(value: Value, start: int, stop: int) -> Value:
    """Bits ``start`` to ``stop`` of ``value``, taken from the signal that holds them.

    Amaranth goes through all bits of a slice or a concatenation again for every slice of it: of a port of
    thousands of bits and as many fields, for most of the time that emission takes.
    """
    if (sliced := slice_of(value)) is not None:
        whole, first = sliced
        return cut(whole, first + start, first + stop)
    held = parts_of(value)
    if held is None or not all(isinstance(part, Signal) for part in held):
        return value[start:stop]
    parts, at = [], 0
    for part in held:
        low, high = max(start - at, 0), min(stop - at, len(part))
        if low < high:
            parts.append(part[low:high])
        at += len(part)
    return parts[0] if len(parts) == 1 else Cat(parts)


def padded(bits: int) -> int:
    """``bits`` rounded up to whole bytes."""
    return -(-bits // 8) * 8
