"""What tables, fetches and columns do with a kind of number: add it, negate it, take it in, give it out.

The blocks are the same for every number; they differ in the ``Arithmetic`` that the plan chooses here.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value

from generator.block import Block, add, keep_low, subtract
from generator.floating.adder import FloatAdder
from generator.floating.align import Align, aligned_lsb
from generator.floating.fixed import FixedToFloat, FloatToFixed, smallest_exponent
from generator.floating.multiplier import FloatMultiplier
from generator.floating.widen import FloatWiden
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

    def operands(
        self, m: Module, activations: list[Value], exponent: Value | None
    ) -> tuple[list[Value], list[Value]]:
        """A group's activations as the table adds them and, if the plan tracks it, which are special.

        ``exponent`` is the scale of the tile, where there is one.
        """
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

    def addend(
        self, m: Module, row: str, root: Value, pending: Value, exponent: Value | None
    ) -> tuple[Value, Value]:
        """What a tile adds to the accumulator, and the carry that comes with it."""
        return root, pending

    def accumulate(self, m: Module, row: str, operand: Value, addend: Value, carry: Value | None) -> Value:
        """The accumulator's next value."""
        return self.add(m, f"next_{row}", operand, addend, self.plan.accumulator_width, carry)

    def result(self, m: Module, row: str, accumulator: Value) -> Value:
        """The number that leaves the core."""
        return accumulator


class MarkedArithmetic(Arithmetic):
    """Floats as integers, which infinities and NaNs are not: a bit above each leaf says whether one went into
    it."""

    def negate(self, leaf: Value, sign: Value) -> Value:
        return leaf ^ Cat(sign.replicate(len(leaf) - 1), Const(0, 1))

    def select(self, leaf: Value, take: Value, negate: Value) -> Value:
        width = len(leaf) - 1
        taken = leaf & Cat(take.replicate(width), take | negate)
        return taken | ~leaf & Cat(negate.replicate(width), Const(0, 1))


class ExactArithmetic(MarkedArithmetic):
    """Integers wide enough for every finite float; one rounding, on the way out."""

    def __init__(self, plan: CorePlan) -> None:
        super().__init__(plan)
        number = float_of(plan)
        self._to_fixed = FloatToFixed(number)
        self._to_float = FixedToFloat(number, plan.accumulator_width, smallest_exponent(number))
        self._multiply = FloatMultiplier(number)
        if plan.multiplies_floats:
            self.fetch_blocks = (self._multiply, self._to_fixed)
        else:
            self.table_blocks = (self._to_fixed,)
        self.column_blocks = (self._to_float,)

    def operands(
        self, m: Module, activations: list[Value], exponent: Value | None
    ) -> tuple[list[Value], list[Value]]:
        if self.plan.multiplies_floats:
            return activations, []
        pairs = [self._fixed(m, f"x{i}", value) for i, value in enumerate(activations)]
        return [fixed for fixed, _ in pairs], [special for _, special in pairs]

    def multiply(self, m: Module, name: str, activation: Value, weight: Value) -> Value:
        return Cat(*self._fixed(m, name, multiplied(m, self._multiply, name, activation, weight)))

    def _fixed(self, m: Module, name: str, value: Value) -> tuple[Value, Value]:
        """The float ``value`` in fixed point, and whether it is infinite or NaN."""
        fixed = Signal(self.plan.activation_range.width, name=f"fixed_{name}")
        special = Signal(name=f"special_{name}")
        m.submodules[f"fix_{name}"] = self._to_fixed.instance(value=value, fixed=fixed, special=special)
        return fixed, special

    def result(self, m: Module, row: str, accumulator: Value) -> Value:
        value = Signal(self.plan.value_width, name=f"rounded_{row}")
        m.submodules[f"round_{row}"] = self._to_float.instance(fixed=accumulator, value=value)
        return value


class AlignedArithmetic(MarkedArithmetic):
    """Integers on the scale of the tile's largest exponent; each tile's sum becomes a float and is added."""

    def __init__(self, plan: CorePlan) -> None:
        super().__init__(plan)
        number, bits, rounding = float_of(plan), plan.config.aligned_bits, plan.config.rounding
        total = plan.config.accumulator_format
        assert bits is not None
        assert rounding is not None
        assert total is not None
        self._align = Align(number, bits, rounding)
        self._to_float = FixedToFloat(total, plan.sum_range.width, aligned_lsb(number, bits), scaled=True)
        self._adder = FloatAdder(total)
        self.table_blocks = (self._align,)
        self.column_blocks = (self._to_float, self._adder)

    def operands(
        self, m: Module, activations: list[Value], exponent: Value | None
    ) -> tuple[list[Value], list[Value]]:
        numbers, specials = [], []
        for i, value in enumerate(activations):
            aligned = Signal(self.plan.activation_range.width, name=f"aligned_x{i}")
            special = Signal(name=f"special_x{i}")
            m.submodules[f"align_x{i}"] = self._align.instance(
                value=value, exponent=exponent, aligned=aligned, special=special
            )
            numbers.append(aligned)
            specials.append(special)
        return numbers, specials

    def addend(
        self, m: Module, row: str, root: Value, pending: Value, exponent: Value | None
    ) -> tuple[Value, Value]:
        assert exponent is not None
        fixed = add(m, f"tile_{row}", root, Const(0, 1), self.plan.sum_range.width, pending)
        value = Signal(self.plan.accumulator_width, name=f"rounded_{row}")
        scale = Cat(exponent, Const(0, len(self._to_float.exponent) - len(exponent)))
        m.submodules[f"round_{row}"] = self._to_float.instance(fixed=fixed, exponent=scale, value=value)
        return value, Const(0, 1)

    def accumulate(self, m: Module, row: str, operand: Value, addend: Value, carry: Value | None) -> Value:
        total = Signal(self.plan.accumulator_width, name=f"next_{row}")
        m.submodules[f"add_{row}"] = self._adder.instance(a=operand, b=addend, sum=total)
        return total


class NativeArithmetic(Arithmetic):
    """Floats throughout, each addition rounded. A float is negated by its sign bit, so nothing is pending."""

    def __init__(self, plan: CorePlan) -> None:
        super().__init__(plan)
        number, total = float_of(plan), plan.config.accumulator_format
        assert total is not None
        self._add, self._subtract = FloatAdder(number), FloatAdder(number, subtract=True)
        self._accumulate = FloatAdder(total)
        self._multiply = FloatMultiplier(number)
        self._widen = FloatWiden(number, total) if total != number else None
        if plan.table.adders:
            self.table_blocks = (self._add, self._subtract)
        if plan.config.architecture == "multiplier":
            self.fetch_blocks = (self._multiply,)
        reduction = (self._add,) if plan.config.tables > 1 else ()
        widen = (self._widen,) if self._widen else ()
        self.column_blocks = (*reduction, *widen, self._accumulate)

    def combine(self, m: Module, entry: Entry, left: Value, right: Value) -> Value:
        adder = self._subtract if entry.subtract else self._add
        return self._instance(m, adder, f"entry_{entry.index}", left, right)

    def negate(self, leaf: Value, sign: Value) -> Value:
        return leaf ^ Cat(Const(0, len(leaf) - 1), sign)

    def select(self, leaf: Value, take: Value, negate: Value) -> Value:
        return self.negate(leaf & (take | negate).replicate(len(leaf)), negate)

    def multiply(self, m: Module, name: str, activation: Value, weight: Value) -> Value:
        return multiplied(m, self._multiply, name, activation, weight)

    def add(self, m: Module, name: str, a: Value, b: Value, width: int, carry: Value | None) -> Value:
        return self._instance(m, self._add, name, a, b)

    def addend(
        self, m: Module, row: str, root: Value, pending: Value, exponent: Value | None
    ) -> tuple[Value, Value]:
        if self._widen is None:
            return root, pending
        wide = Signal(self.plan.accumulator_width, name=f"wide_{row}")
        m.submodules[f"widen_{row}"] = self._widen.instance(value=root, wide=wide)
        return wide, pending

    def accumulate(self, m: Module, row: str, operand: Value, addend: Value, carry: Value | None) -> Value:
        return self._instance(m, self._accumulate, f"next_{row}", operand, addend)

    def _instance(self, m: Module, adder: FloatAdder, name: str, a: Value, b: Value) -> Value:
        total = Signal(adder.fmt.bits, name=name)
        m.submodules[f"add_{name}"] = adder.instance(a=a, b=b, sum=total)
        return total


def multiplied(m: Module, multiplier: FloatMultiplier, name: str, activation: Value, weight: Value) -> Value:
    """The product of two floats. A zero weight keeps the activation away: +0, whatever the activation is."""
    product = Signal(multiplier.fmt.bits, name=name)
    selected = weight[:-1].any().replicate(len(activation))
    m.submodules[f"make_{name}"] = multiplier.instance(a=activation & selected, b=weight, product=product)
    return product


def float_of(plan: CorePlan) -> Float:
    """The activations' format, where it is known to be floating point."""
    number = plan.config.format
    assert isinstance(number, Float)
    return number


ARITHMETIC = {"native": NativeArithmetic, "exact": ExactArithmetic, "aligned": AlignedArithmetic}


def arithmetic_of(plan: CorePlan) -> Arithmetic:
    """The arithmetic that ``plan`` is built with."""
    datapath = plan.config.datapath
    return Arithmetic(plan) if datapath is None else ARITHMETIC[datapath](plan)
