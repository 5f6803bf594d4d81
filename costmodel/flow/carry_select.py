"""Carry selection: the upper half of a carry chain computed for both carries that can come into it.

Both halves ripple side by side, and the carry out of the lower one chooses between the two sums of the upper
one (Bedrij, *Carry-select adder*, IRE ToEC 1962): half of a ripple adder's delay for half of its cells more
and a multiplexer a bit, which is much less than a prefix network takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.flow.netlist import Bit, Literal, Netlist, literal_of
from costmodel.flow.polarity import Adder

LEAST_BITS = 6
"""A carry through fewer adders is left to ripple."""


def select_carries(netlist: Netlist, run: Sequence[Adder]) -> list[Adder]:
    """The adders that take the place of a run's, each of which reads the carry of the one before."""
    middle = len(run) // 2
    lower, upper = run[:middle], run[middle:]
    chosen_by = lower[-1].carry
    assert chosen_by is not None
    without, with_carry = (_rippling(netlist, upper, chosen_by, carry) for carry in ("0", "1"))
    for adder, first, second in zip(upper, without, with_carry, strict=True):
        for output, a, b in ((adder.sum, first.sum, second.sum), (adder.carry, first.carry, second.carry)):
            if output is not None and a is not None and b is not None:
                netlist.add("$_MUX_", A=a, B=b, S=chosen_by, Y=output)
    return [*lower, *without, *with_carry]


def _rippling(netlist: Netlist, run: Sequence[Adder], carry_in: Bit, value: Bit) -> list[Adder]:
    """A copy of a run with outputs of its own, for one value of the carry that comes in."""
    copies: list[Adder] = []
    renamed: dict[Bit, Literal] = {carry_in: (value, False)}
    for adder in run:
        inputs = [_read(literal, renamed) for literal in adder.inputs]
        total = None if adder.sum is None else netlist.new_bit()
        carry = None if adder.carry is None else netlist.new_bit()
        if adder.carry is not None and carry is not None:
            renamed[adder.carry] = (carry, False)
        copies.append(Adder(inputs, total, carry, adder.chain))
    return copies


def _read(literal: Literal, renamed: dict[Bit, Literal]) -> Literal:
    bit, inverted = literal
    if bit not in renamed:
        return literal
    bit, flipped = renamed[bit]
    return literal_of(bit, inverted ^ flipped)
