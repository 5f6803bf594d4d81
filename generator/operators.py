"""What tables, fetches and columns do with a kind of number: add it, negate it, take it in, give it out.

The blocks are the same for every number; they differ in the ``Operators`` that the plan chooses here.
"""

from __future__ import annotations

from typing import Any, assert_never

from amaranth.hdl import Cat, ClockSignal, Const, Module, Signal, Value

from generator.block import Block, add_signed, subtract_signed
from generator.compressor import full_adders
from generator.floating.adder import FloatAdder
from generator.floating.align import Align
from generator.floating.fixed import FixedToFloat, FloatToFixed
from generator.floating.multiplier import FloatMultiplier
from generator.floating.pipeline import PipelinedBlock
from generator.floating.widen import FloatWiden
from generator.plan import (
    AlignedDatapath,
    CompressorPlan,
    CorePlan,
    Entry,
    ExactDatapath,
    IntegerDatapath,
    NativeDatapath,
    ReductionPlan,
)
from generator.products import product


class Operators:
    """Two's complement integers, in which a negation is one's complement and a carry that comes later.

    ``table_blocks``, ``fetch_blocks`` and ``column_blocks`` are the blocks that it instantiates there. Blocks
    that are pipelined advance when ``enable`` is 1.
    """

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        self.table_blocks: tuple[Block, ...] = ()
        self.fetch_blocks: tuple[Block, ...] = ()
        self.column_blocks: tuple[Block, ...] = ()

    def operands(
        self, m: Module, activations: list[Value], exponent: Value | None, enable: Value
    ) -> tuple[list[Value], list[Value]]:
        """A group's activations as the table adds them and, if the plan tracks it, which are special.

        ``exponent`` is the scale of the tile, where there is one.
        """
        return activations, []

    def combine(self, m: Module, entry: Entry, left: Value, right: Value, enable: Value) -> Value:
        """``entry`` of a table from the two entries that it is made of."""
        combine = subtract_signed if entry.subtract else add_signed
        return combine(m, f"entry_{entry.index}", left, right, entry.range.width)

    def negative(self, m: Module, entry: Entry, of: Value) -> Value:
        """``entry`` of a table, which negates another."""
        return subtract_signed(m, f"entry_{entry.index}", Const(0, 1), of, entry.range.width)

    def negate(self, leaf: Value, sign: Value) -> Value:
        """A fetched entry, negated if ``sign``."""
        return leaf ^ sign.replicate(len(leaf))

    def select(self, leaf: Value, take: Value, negate: Value) -> Value:
        """An activation, its negation, or nothing: one AND-OR of two legs, no XOR."""
        width = len(leaf)
        return leaf & take.replicate(width) | ~leaf & negate.replicate(width)

    def multiply(self, m: Module, name: str, activation: Value, weight: Value, enable: Value) -> Value:
        """An activation times a weight in its own format."""
        return product(m, name, activation, weight, self.plan.fetched_width, signed=True)

    def add(
        self, m: Module, name: str, a: Value, b: Value, width: int, carry: Value | None, enable: Value
    ) -> Value:
        """An adder of the reduction."""
        return add_signed(m, name, a, b, width, self._kept_apart(carry))

    def _kept_apart(self, carry: Value | None) -> Value | None:
        """A carry, if only of 0, where full tables leave none.

        What adds plain values is one sum to Yosys, which makes carry-save levels of it: in FPGAs twice the
        lookup tables.
        """
        return Const(0, 1) if carry is None and self.plan.keys_name_groups else carry

    def addend(
        self, m: Module, row: str, root: Value, pending: Value, exponent: Value | None, enable: Value
    ) -> tuple[Value, Value]:
        """What a tile adds to the accumulator, and what comes with it: a carry, or a carry-save sum's other
        row and the sign bits that its tree left."""
        return root, pending

    def accumulate(
        self, m: Module, row: str, operand: Value, addend: Value, carry: Value | None, enable: Value
    ) -> Value:
        """The accumulator's next value."""
        width = self.plan.accumulator_width
        match self.plan.reduction:
            case ReductionPlan():
                return add_signed(m, f"next_{row}", operand, addend, width, self._kept_apart(carry))
            case CompressorPlan() as tree:
                assert carry is not None
                return _added_rows(m, row, tree, operand, addend, carry, width)
            case unknown:
                assert_never(unknown)

    def result(self, m: Module, row: str, accumulator: Value, enable: Value) -> Value:
        """The number that leaves the core."""
        return accumulator


def _added_rows(
    m: Module, row: str, tree: CompressorPlan, operand: Value, total: Value, pending: Value, width: int
) -> Value:
    """``operand`` and a carry-save sum: one level of full adders, and the only adder that carries.

    The sum's sign is inverted, and ones from its place on take off what that adds. Sign bits that are still
    to be added go where a row of carries has no bit, and into the adder as its carry.
    """
    ones = Const(0, 0)
    if tree.has_sign:
        total = Cat(total[:-1], ~total[-1])
        ones = Const(-1, width - tree.places)
    carries, late = pending[: tree.carry_width], pending[tree.carry_width :]
    gap = Const(0, width - len(ones) - tree.carry_width)
    above = Const(0, width - tree.sum_width)
    sums, carried = full_adders(m, f"merged_{row}", Cat(carries, gap, ones), operand, Cat(total, above))
    lowest = late[1] if tree.late_signs > 1 else Const(0, 1)
    carry = late[0] if tree.late_signs else None
    return add_signed(m, f"next_{row}", sums, Cat(lowest, carried[:-1]), width, carry)


class MarkedOperators(Operators):
    """Floats as integers, which infinities and NaNs are not: a bit above each leaf says whether one went into
    it."""

    def negate(self, leaf: Value, sign: Value) -> Value:
        return leaf ^ Cat(sign.replicate(len(leaf) - 1), Const(0, 1))

    def select(self, leaf: Value, take: Value, negate: Value) -> Value:
        width = len(leaf) - 1
        taken = leaf & Cat(take.replicate(width), take | negate)
        return taken | ~leaf & Cat(negate.replicate(width), Const(0, 1))


class ExactOperators(MarkedOperators):
    """Integers wide enough for every finite float; one rounding, on the way out."""

    def __init__(self, plan: CorePlan, units: ExactDatapath) -> None:
        super().__init__(plan)
        self._to_fixed = FloatToFixed(units.to_fixed)
        self._to_float = FixedToFloat(units.to_float)
        self._multiply = FloatMultiplier(units.multiply)
        if plan.multiplies_floats:
            self.fetch_blocks = (self._multiply, self._to_fixed)
        else:
            self.table_blocks = (self._to_fixed,)
        if plan.rounds_sums:
            self.column_blocks = (self._to_float,)

    def operands(
        self, m: Module, activations: list[Value], exponent: Value | None, enable: Value
    ) -> tuple[list[Value], list[Value]]:
        if self.plan.multiplies_floats:
            return activations, []
        pairs = [self._fixed(m, f"x{i}", value, enable) for i, value in enumerate(activations)]
        return [fixed for fixed, _ in pairs], [special for _, special in pairs]

    def multiply(self, m: Module, name: str, activation: Value, weight: Value, enable: Value) -> Value:
        product = multiplied(m, self._multiply, name, activation, weight, enable)
        return Cat(*self._fixed(m, name, product, enable))

    def _fixed(self, m: Module, name: str, value: Value, enable: Value) -> tuple[Value, Value]:
        """The float ``value`` in fixed point, and whether it is infinite or NaN."""
        fixed = Signal(self.plan.activation_range.width, name=f"fixed_{name}")
        special = Signal(name=f"special_{name}")
        m.submodules[f"fix_{name}"] = self._to_fixed.instance(
            **clocking(self._to_fixed, enable), value=value, fixed=fixed, special=special
        )
        return fixed, special

    def result(self, m: Module, row: str, accumulator: Value, enable: Value) -> Value:
        if not self.plan.rounds_sums:
            return accumulator
        value = Signal(self.plan.value_width, name=f"rounded_{row}")
        m.submodules[f"round_{row}"] = self._to_float.instance(
            **clocking(self._to_float, enable), fixed=accumulator, value=value
        )
        return value


class AlignedOperators(MarkedOperators):
    """Integers on the scale of the tile's largest exponent; each tile's sum becomes a float and is added."""

    def __init__(self, plan: CorePlan, units: AlignedDatapath) -> None:
        super().__init__(plan)
        self._align = Align(units.align)
        self._to_float = FixedToFloat(units.to_float)
        self._adder = FloatAdder(units.accumulate)
        self.table_blocks = (self._align,)
        self.column_blocks = (self._to_float, self._adder)

    def operands(
        self, m: Module, activations: list[Value], exponent: Value | None, enable: Value
    ) -> tuple[list[Value], list[Value]]:
        numbers, specials = [], []
        for i, value in enumerate(activations):
            aligned = Signal(self.plan.activation_range.width, name=f"aligned_x{i}")
            special = Signal(name=f"special_x{i}")
            m.submodules[f"align_x{i}"] = self._align.instance(
                **clocking(self._align, enable),
                value=value,
                exponent=exponent,
                aligned=aligned,
                special=special,
            )
            numbers.append(aligned)
            specials.append(special)
        return numbers, specials

    def multiply(self, m: Module, name: str, activation: Value, weight: Value, enable: Value) -> Value:
        """An aligned activation times a weight of as many bits; a zero weight leaves out what is special."""
        product = super().multiply(m, name, activation[:-1], weight, enable)
        return Cat(product, activation[-1] & weight.any())

    def addend(
        self, m: Module, row: str, root: Value, pending: Value, exponent: Value | None, enable: Value
    ) -> tuple[Value, Value]:
        assert exponent is not None
        width = self.plan.sum_range.width
        match self.plan.reduction:
            case ReductionPlan():
                fixed = add_signed(m, f"tile_{row}", root, Const(0, 1), width, pending)
            case CompressorPlan() as tree:
                carries, late = Cat(pending[: tree.carry_width], Const(0, 1)), pending[tree.carry_width :]
                fixed = add_signed(m, f"tile_{row}", root, carries, width, late if tree.late_signs else None)
            case unknown:
                assert_never(unknown)
        value = Signal(self.plan.accumulator_width, name=f"rounded_{row}")
        scale = Cat(exponent, Const(0, len(self._to_float.exponent) - len(exponent)))
        m.submodules[f"round_{row}"] = self._to_float.instance(
            **clocking(self._to_float, enable), fixed=fixed, exponent=scale, value=value
        )
        return value, Const(0, 1)

    def accumulate(
        self, m: Module, row: str, operand: Value, addend: Value, carry: Value | None, enable: Value
    ) -> Value:
        total = Signal(self.plan.accumulator_width, name=f"next_{row}")
        m.submodules[f"add_{row}"] = self._adder.instance(
            **clocking(self._adder, enable), a=operand, b=addend, sum=total
        )
        return total


class NativeOperators(Operators):
    """Floats throughout, each addition rounded. A float is negated by its sign bit, so nothing is pending."""

    def __init__(self, plan: CorePlan, units: NativeDatapath) -> None:
        super().__init__(plan)
        self._add = FloatAdder(units.add)
        self._subtract = FloatAdder(units.add, subtract=True)
        self._accumulate = FloatAdder(units.accumulate)
        self._multiply = FloatMultiplier(units.multiply)
        self._widen = FloatWiden(units.number, units.accumulate.fmt) if units.widens else None
        if plan.table.adders:
            self.table_blocks = (self._add, self._subtract)
        if plan.multiplies_floats:
            self.fetch_blocks = (self._multiply,)
        reduction = (self._add,) if plan.config.tables > 1 else ()
        widen = (self._widen,) if self._widen else ()
        self.column_blocks = (*reduction, *widen, self._accumulate)

    def combine(self, m: Module, entry: Entry, left: Value, right: Value, enable: Value) -> Value:
        adder = self._subtract if entry.subtract else self._add
        return self._instance(m, adder, f"entry_{entry.index}", left, right, enable)

    def negate(self, leaf: Value, sign: Value) -> Value:
        return leaf ^ Cat(Const(0, len(leaf) - 1), sign)

    def select(self, leaf: Value, take: Value, negate: Value) -> Value:
        return self.negate(leaf & (take | negate).replicate(len(leaf)), negate)

    def multiply(self, m: Module, name: str, activation: Value, weight: Value, enable: Value) -> Value:
        return multiplied(m, self._multiply, name, activation, weight, enable)

    def add(
        self, m: Module, name: str, a: Value, b: Value, width: int, carry: Value | None, enable: Value
    ) -> Value:
        return self._instance(m, self._add, name, a, b, enable)

    def addend(
        self, m: Module, row: str, root: Value, pending: Value, exponent: Value | None, enable: Value
    ) -> tuple[Value, Value]:
        if self._widen is None:
            return root, pending
        wide = Signal(self.plan.accumulator_width, name=f"wide_{row}")
        m.submodules[f"widen_{row}"] = self._widen.instance(value=root, wide=wide)
        return wide, pending

    def accumulate(
        self, m: Module, row: str, operand: Value, addend: Value, carry: Value | None, enable: Value
    ) -> Value:
        return self._instance(m, self._accumulate, f"next_{row}", operand, addend, enable)

    def _instance(self, m: Module, adder: FloatAdder, name: str, a: Value, b: Value, enable: Value) -> Value:
        total = Signal(adder.plan.fmt.bits, name=name)
        m.submodules[f"add_{name}"] = adder.instance(**clocking(adder, enable), a=a, b=b, sum=total)
        return total


def clocking(block: PipelinedBlock, enable: Value) -> dict[str, Any]:
    """What a pipelined block's clock and enable ports are connected to; a combinational one has none."""
    return {"clk": ClockSignal(), "enable": enable} if block.stages else {}


def multiplied(
    m: Module, multiplier: FloatMultiplier, name: str, activation: Value, weight: Value, enable: Value
) -> Value:
    """The product of two floats. A zero weight keeps the activation away: +0, whatever the activation is."""
    product = Signal(multiplier.plan.fmt.bits, name=name)
    selected = weight[:-1].any().replicate(len(activation))
    m.submodules[f"make_{name}"] = multiplier.instance(
        **clocking(multiplier, enable), a=activation & selected, b=weight, product=product
    )
    return product


def operators_of(plan: CorePlan) -> Operators:
    """The arithmetic that ``plan`` is built with."""
    match plan.datapath:
        case IntegerDatapath():
            return Operators(plan)
        case NativeDatapath() as units:
            return NativeOperators(plan, units)
        case ExactDatapath() as units:
            return ExactOperators(plan, units)
        case AlignedDatapath() as units:
            return AlignedOperators(plan, units)
        case unknown:
            assert_never(unknown)
