"""What tables, fetches and columns do with a kind of number: add it, negate it, take it in, give it out.

The blocks are the same for every number; they differ in the ``Arithmetic`` that the plan chooses here.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value

from generator.block import Block, add, keep_low, subtract
from generator.floating.fixed import FixedToFloat, FloatToFixed, smallest_exponent
from generator.formats import Float
from generator.plan import CorePlan, Entry


class Arithmetic:
    """Two's complement integers, in which a negation is one's complement and a carry that comes later.

    ``table_blocks``, ``fetch_blocks`` and ``column_blocks`` are the blocks that it instantiates there.
    """

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        self.table_blocks: tuple[Block, ...] = ()
        self.fetch_blocks: tuple[Block, ...] = ()
        self.column_blocks: tuple[Block, ...] = ()

    def operands(self, m: Module, activations: list[Value]) -> tuple[list[Value], list[Value]]:
        """A group's activations as the table adds them and, if the plan tracks it, which are special."""
        return activations, []

    def combine(self, m: Module, entry: Entry, left: Value, right: Value) -> Value:
        """``entry`` of a table from the two entries that it is made of."""
        combine = subtract if entry.subtract else add
        return combine(m, f"entry_{entry.index}", left, right, entry.range.width)

    def negate(self, leaf: Value, sign: Value) -> Value:
        """A fetched entry, negated if ``sign``."""
        return leaf ^ sign.replicate(len(leaf))

    def select(self, leaf: Value, take: Value, negate: Value) -> Value:
        """An activation, its negation, or nothing: one AND-OR of two legs, no XOR."""
        width = len(leaf)
        return leaf & take.replicate(width) | ~leaf & negate.replicate(width)

    def multiply(self, m: Module, name: str, activation: Value, weight: Value) -> Value:
        """An activation times a weight in its own format."""
        return keep_low(m, name, activation.as_signed() * weight.as_signed(), self.plan.fetched_width)

    def add(self, m: Module, name: str, a: Value, b: Value, width: int, carry: Value | None) -> Value:
        """An adder of the reduction or of the accumulator."""
        return add(m, name, a, b, width, carry)

    def result(self, m: Module, row: str, accumulator: Value) -> Value:
        """The number that leaves the core."""
        return accumulator


class ExactArithmetic(Arithmetic):
    """Floats as integers wide enough for all of them; one rounding, on the way out.

    Infinities and NaNs are no such integers: each number has a bit above it that says whether one went into
    it.
    """

    def __init__(self, plan: CorePlan) -> None:
        super().__init__(plan)
        number = plan.config.format
        assert isinstance(number, Float)
        self._to_fixed = FloatToFixed(number)
        self._to_float = FixedToFloat(number, plan.accumulator_width, smallest_exponent(number))
        self.table_blocks = (self._to_fixed,)
        self.column_blocks = (self._to_float,)

    def operands(self, m: Module, activations: list[Value]) -> tuple[list[Value], list[Value]]:
        converted = [self._converted(m, f"x{i}", value) for i, value in enumerate(activations)]
        return [fixed for fixed, _ in converted], [special for _, special in converted]

    def _converted(self, m: Module, name: str, value: Value) -> tuple[Value, Value]:
        fixed = Signal(self.plan.activation_range.width, name=f"fixed_{name}")
        special = Signal(name=f"special_{name}")
        m.submodules[f"fix_{name}"] = self._to_fixed.instance(value=value, fixed=fixed, special=special)
        return fixed, special

    def negate(self, leaf: Value, sign: Value) -> Value:
        return leaf ^ Cat(sign.replicate(len(leaf) - 1), Const(0, 1))

    def select(self, leaf: Value, take: Value, negate: Value) -> Value:
        width = len(leaf) - 1
        taken = leaf & Cat(take.replicate(width), take | negate)
        return taken | ~leaf & Cat(negate.replicate(width), Const(0, 1))

    def result(self, m: Module, row: str, accumulator: Value) -> Value:
        value = Signal(self.plan.value_width, name=f"rounded_{row}")
        m.submodules[f"round_{row}"] = self._to_float.instance(fixed=accumulator, value=value)
        return value


def arithmetic_of(plan: CorePlan) -> Arithmetic:
    """The arithmetic that ``plan`` is built with."""
    return ExactArithmetic(plan) if plan.config.datapath == "exact" else Arithmetic(plan)
