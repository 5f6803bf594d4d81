"""Carry selection: the upper part of a carry chain computed before the carry that comes into it is known.

Both parts ripple side by side. The upper one is computed for both carries, and the one that comes chooses
between the two (Bedrij, *Carry-select adder*, IRE ToEC 1962); or for none alone, and the one that comes is
added: a bit changes where there are nothing but ones below (Tyagi, *A reduced-area scheme for carry-select
adders*, IEEE ToC 1993), which is smaller and a little slower. A ripple adder's delay shrinks by the share
that the upper part is, and only that part grows, which takes much less than a prefix network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from costmodel.flow.netlist import Bit, Netlist, literal_of
from costmodel.flow.netlist import Literal as Polar
from costmodel.flow.polarity import Adder

Selection = Literal["increment_quarter", "increment_half", "select_half"]
SELECTIONS: tuple[Selection, ...] = get_args(Selection)
LEAST_BITS = 6
"""A carry through fewer adders is left to ripple."""


def select_carries(netlist: Netlist, run: Sequence[Adder], selection: Selection) -> list[Adder]:
    """The adders that take the place of a run's, each of which reads the carry of the one before."""
    middle = len(run) - len(run) // (4 if selection == "increment_quarter" else 2)
    lower, upper = run[:middle], run[middle:]
    comes = lower[-1].carry
    assert comes is not None
    without = _rippling(netlist, upper, comes, "0")
    if selection != "select_half":
        _increment(netlist, upper, without, comes)
        return [*lower, *without]
    with_carry = _rippling(netlist, upper, comes, "1")
    for adder, first, second in zip(upper, without, with_carry, strict=True):
        for output, a, b in ((adder.sum, first.sum, second.sum), (adder.carry, first.carry, second.carry)):
            if output is not None and a is not None and b is not None:
                netlist.add("$_MUX_", A=a, B=b, S=comes, Y=output)
    return [*lower, *without, *with_carry]


def _rippling(netlist: Netlist, run: Sequence[Adder], carry_in: Bit, value: Bit) -> list[Adder]:
    """A copy of a run with outputs of its own, for one value of the carry that comes in."""
    copies: list[Adder] = []
    renamed: dict[Bit, Polar] = {carry_in: (value, False)}
    for adder in run:
        inputs = [_read(literal, renamed) for literal in adder.inputs]
        carry = None if adder.carry is None else netlist.new_bit()
        if adder.carry is not None and carry is not None:
            renamed[adder.carry] = (carry, False)
        copies.append(Adder(inputs, netlist.new_bit(), carry, adder.chain))
    return copies


def _read(literal: Polar, renamed: dict[Bit, Polar]) -> Polar:
    bit, inverted = literal
    if bit not in renamed:
        return literal
    bit, flipped = renamed[bit]
    return literal_of(bit, inverted ^ flipped)


def _increment(netlist: Netlist, run: Sequence[Adder], without: Sequence[Adder], comes: Bit) -> None:
    """Makes a run's outputs those of the copy ``without`` a carry, plus the one that comes."""
    ones: Bit = "1"
    for adder, alone in zip(run, without, strict=True):
        assert alone.sum is not None
        if adder.sum is not None:
            netlist.gate("$_XOR_", alone.sum, netlist.gate("$_AND_", comes, ones), adder.sum)
        ones = netlist.gate("$_AND_", ones, alone.sum)
        if adder.carry is not None and alone.carry is not None:
            netlist.gate("$_OR_", alone.carry, netlist.gate("$_AND_", comes, ones), adder.carry)
