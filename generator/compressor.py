"""The compressor: the sum of a column's fetched values, and of their signs, in carry-save form."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from generator.block import Block, enables_of, slices, update
from generator.plan import CompressorLevel, CompressorPlan, CorePlan, core_name

Dots = list[list[Value]]
"""Bits of each place, the oldest first; beyond the last place whether anything is carried there."""


class Compressor(Block):
    """The tree of full and half adders of a ``CompressorPlan``, for one row of tokens.

    Members
    -------
    clk, advance : In(1)
        Only with registers behind levels; where clocks are gated, ``advance`` has one bit for each of these.
    signs : In(tree_signs)
        Sign bits to be added; only where values come with them.
    values : In(L·fetched_width)
        Table 0 in the low bits.
    sum, carries : Out(sum_width), Out(carry_width)
        The signed and the unsigned number.
    """

    kind = "compressor"

    def __init__(self, plan: CorePlan, tree: CompressorPlan) -> None:
        self.tree = tree
        enables = len(tree.registered_levels) if plan.config.clock_gating else 1
        super().__init__(
            f"compressor_{core_name(plan.config)}",
            f"the sum of {tree.leaves} fetched values as two numbers",
            {
                **({"clk": In(1), "advance": In(enables)} if tree.registered_levels else {}),
                **({"signs": In(tree.tree_signs)} if tree.tree_signs else {}),
                "values": In(tree.leaves * tree.width),
                "sum": Out(tree.sum_width),
                "carries": Out(tree.carry_width),
            },
        )

    def elaborate(self, platform: object) -> Module:
        tree = self.tree
        m = self.clocked() if tree.registered_levels else Module()
        signs: Dots = [[] for _ in range(tree.places + 1)]
        signs[0] = [*self.signs] if tree.tree_signs else []
        for number, level in enumerate(tree.early):
            signs = _after(m, f"signs{number}", level, signs)
        dots = self._dots(signs, slices(self.values, [tree.width] * tree.leaves))
        for number, level in enumerate(tree.levels, start=1):
            dots = _after(m, f"level{number}", level, dots)
            if number in tree.registered_levels:
                stage = enables_of(self.advance, tree.registered_levels.index(number), 1)
                dots = self._registered(m, f"held{number}", level, dots, stage)
        first, second = zip(*([*bits, _ZERO, _ZERO][:2] for bits in dots[:-1]), strict=True)
        sign = [~bit for bit in dots[-1]] or [_ONE] if tree.has_sign else []
        m.d.comb += [self.sum.eq(Cat(*first, *sign)), self.carries.eq(Cat(*second[: tree.carry_width]))]
        return m

    def _dots(self, signs: Dots, values: list[Value]) -> Dots:
        """The constant, what is left of the sign bits, and the bits of the values."""
        tree, dots = self.tree, []
        for place, bits in enumerate(signs[:-1]):
            ones: list[Value] = [_ONE] if tree.constant >> place & 1 else []
            column = [value[place] for value in values] if place < tree.width else []
            if tree.inverts and place == tree.width - 1:
                column = [~bit for bit in column]
            dots.append([*ones, *bits, *column])
        return [*dots, signs[-1]]

    def _registered(self, m: Module, name: str, level: CompressorLevel, dots: Dots, enable: Value) -> Dots:
        """``dots`` behind registers; the ones of the constant, first of their places, need none."""
        ones = (*level.ones, 0)
        moving = [bits[one:] for bits, one in zip(dots, ones, strict=True)]
        register = Signal(level.bits, name=name)
        update(m, register, (enable, Cat(*(bit for bits in moving for bit in bits))))
        bits = iter(register)
        return [
            [*old[:one], *(next(bits) for _ in moved)]
            for old, one, moved in zip(dots, ones, moving, strict=True)
        ]


_ZERO, _ONE = Const(0, 1), Const(1, 1)


def _after(m: Module, name: str, level: CompressorLevel, before: Dots) -> Dots:
    """The dots behind ``level``: of each place the oldest that are left, then sums, then what is carried."""
    threes: list[list[Value]] = []
    pairs: list[list[Value]] = []
    for bits, full, half in zip(before, level.full, level.half, strict=False):
        threes += [bits[3 * i : 3 * i + 3] for i in range(full)]
        pairs += [bits[3 * full + 2 * i : 3 * full + 2 * i + 2] for i in range(half)]
    by_three = (
        zip(*full_adders(m, name, *map(Cat, zip(*threes, strict=True))), strict=True) if threes else iter(())
    )
    by_two = (
        zip(*_half_adders(m, name, *map(Cat, zip(*pairs, strict=True))), strict=True) if pairs else iter(())
    )
    behind: Dots = []
    carries: list[Value] = []
    for bits, full, half in zip(before, level.full, level.half, strict=False):
        made = [next(by_three) for _ in range(full)] + [next(by_two) for _ in range(half)]
        behind.append([*bits[3 * full + 2 * half :], *(total for total, _ in made), *carries])
        carries = [carry for _, carry in made]
    beyond = Cat(*before[-1], *carries)
    return [*behind, [beyond.any() if len(beyond) > 1 else beyond] if level.dots[-1] else []]


def full_adders(m: Module, name: str, a: Value, b: Value, c: Value) -> tuple[Signal, Signal]:
    """Sums and carries, bit by bit, of ``a``, ``b`` and ``c``.

    Written as every tool knows full adders; ``c`` is waited for the least.
    """
    width = len(a)
    differ = Signal(width, name=f"differ_{name}")
    total = Signal(width, name=f"sum_{name}")
    carry = Signal(width, name=f"carry_{name}")
    m.d.comb += [differ.eq(a ^ b), total.eq(differ ^ c), carry.eq(a & b | differ & c)]
    return total, carry


def _half_adders(m: Module, name: str, a: Value, b: Value) -> tuple[Signal, Signal]:
    total = Signal(len(a), name=f"half_sum_{name}")
    carry = Signal(len(a), name=f"half_carry_{name}")
    m.d.comb += [total.eq(a ^ b), carry.eq(a & b)]
    return total, carry
