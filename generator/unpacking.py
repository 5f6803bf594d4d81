"""What makes keys of packed weights, in front of the columns: for all rows of a core once."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, copy_out, cut, slices
from generator.keys import key_width
from generator.packing import BYTE, COMPLEMENT, WEIGHTS_A_BYTE, packed_bytes, relative_key_width
from generator.plan import CorePlan, core_name

WEIGHT_WIDTH = key_width(1)


class ByteDecoder(Block):
    """Five weights out of a byte.

    Members
    -------
    octet : In(8)
    weights : Out(5·2)
        Each as a key of µ = 1: whether it is not zero, and above that whether it is -1. The first in the
        low bits.
    """

    kind = "byte_decoder"

    def __init__(self) -> None:
        super().__init__(
            "packed_weights",
            "five ternary weights out of a byte",
            {"octet": In(BYTE), "weights": Out(WEIGHTS_A_BYTE * WEIGHT_WIDTH)},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        code = Signal(BYTE, name="code")
        m.d.comb += code.eq(self.octet ^ COMPLEMENT)
        second, first, last = slices(code, [3, 3, 2])
        escapes = Signal(name="escapes")
        first_is_zero, second_is_zero = Signal(name="first_is_zero"), Signal(name="second_is_zero")
        m.d.comb += [
            escapes.eq(last.all()),
            first_is_zero.eq(escapes & (~second[2] | second[:2].all())),
            second_is_zero.eq(escapes & second[2]),
        ]
        # One bit of the second pair, and the fifth weight, are where a pair that is 0 0 has left room.
        highest = escapes & first[0] | ~escapes & second[2]
        moved = _choice(first_is_zero, first[1:], second[:2])
        fifth = _choice(escapes, moved, last)
        m.d.comb += self.weights.eq(
            Cat(
                _pair(first, first_is_zero),
                _pair(Cat(second[:2], highest), second_is_zero),
                fifth.any(),
                fifth[1],
            )
        )
        return m


def _choice(condition: Value, one: Value, other: Value) -> Value:
    """``one`` where the ``condition`` holds, else ``other``, as an AND-OR."""
    wide = condition.replicate(len(one))
    return wide & one | ~wide & other


def _pair(code: Value, is_zero: Value) -> Value:
    """The two weights of a pair's ``code``: 0 0 where it ``is_zero``."""
    low, middle, both = code[0], code[1], code[2]
    first = ~is_zero & (both | ~middle)
    second = ~is_zero & (both | middle)
    return Cat(first, first & _choice(both, middle, low), second, second & low)


class KeyEncoder(Block):
    """The key of a group's µ weights.

    Members
    -------
    weights : In(µ·2)
        As ``ByteDecoder`` has them.
    key : Out(2·µ)
        The sign on top of the weights less that sign (``generator.packing.key_cubes``).
    """

    kind = "key_encoder"

    def __init__(self, group_size: int) -> None:
        self.group_size = group_size
        super().__init__(
            f"key_of_mu{group_size}",
            f"the key of {group_size} weights",
            {"weights": In(group_size * WEIGHT_WIDTH), "key": Out(relative_key_width(group_size))},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        first, *others = slices(self.weights, [WEIGHT_WIDTH] * self.group_size)
        # The sign of the first weight that is not zero: only such a weight is negative.
        sign: Value = Const(0, 1)
        for weight in reversed((first, *others)):
            sign = weight[1] | ~weight[0] & sign
        signed = Signal(name="sign")
        relative = [Cat(weight[0], weight[0] & (weight[1] ^ signed)) for weight in others]
        m.d.comb += [signed.eq(sign), self.key.eq(Cat(first[0], *relative, signed))]
        return m


class Unpacker(Block):
    """The keys of a beat from its packed weights, column after column.

    Members
    -------
    beat : In(8·ceil(K·n / 5))
    keys : Out(K·L·key_width)
    """

    kind = "unpacker"

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        config = plan.config
        self.count = config.columns * config.tables
        super().__init__(
            f"unpacker_{core_name(config)}",
            "keys out of packed weights",
            {
                "beat": In(BYTE * packed_bytes(self.count * config.group_size)),
                "keys": Out(self.count * plan.key_width),
            },
        )
        self.decoder = ByteDecoder()
        self.encoder = KeyEncoder(config.group_size) if config.group_size > 1 else None
        self.blocks = (self.decoder,) if self.encoder is None else (self.decoder, self.encoder)

    def elaborate(self, platform: object) -> Module:
        m, group = Module(), self.plan.config.group_size
        fives = []
        for number, octet in enumerate(slices(self.beat, [BYTE] * (len(self.beat) // BYTE))):
            five = Signal(WEIGHTS_A_BYTE * WEIGHT_WIDTH, name=f"weights{number}")
            m.submodules[f"decoder{number}"] = self.decoder.instance(octet=octet, weights=five)
            fives.append(five)
        weights = Cat(fives)
        used = self.count * group * WEIGHT_WIDTH
        if used < len(weights):
            padding = Signal(len(weights) - used, name="unused_weights")
            m.d.comb += padding.eq(cut(weights, used, len(weights)))
        if self.encoder is None:
            copy_out(m, cut(weights, 0, used), self.keys)
            return m
        keys = []
        for number, group_weights in enumerate(
            slices(cut(weights, 0, used), [group * WEIGHT_WIDTH] * self.count)
        ):
            key = Signal(self.plan.key_width, name=f"key{number}")
            m.submodules[f"encoder{number}"] = self.encoder.instance(weights=group_weights, key=key)
            keys.append(key)
        copy_out(m, Cat(keys), self.keys)
        return m
