"""What hardware is made of: the components that have a price, and how many of each a block needs.

A bill counts components. Their prices are a technology's coefficients, so area is linear in what
calibration fits, and every coefficient is the price of a piece of hardware that can be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import log2

from costmodel.speeds import full_adder_levels

AREA_COMPONENTS: Mapping[str, str] = {
    "full_adder": "adder's bit",
    "inner_adder": "bit of an adder whose sum another adder alone reads: for speed its carry goes no further",
    "sum": "adder's last bit, which has no carry out",
    "compressor": "full adder of three numbers' bits, whose carry goes no further",
    "register": "flip-flop",
    "hold": "choice between a register's value and a new one",
    "count": "counter's bit: decrement, comparison and reload",
    "gate": "bit forced to zero by a control",
    "complement": "bit inverted by a control",
    "select": "bit chosen among zero, itself and its complement by two decoded controls",
    "held_select": "the same in front of a register that holds, which joins it as a further leg",
    "undecoded_select": "what the same costs more by an index and a sign",
    "leg": "bit of one leg of a one-hot AND-OR multiplexer",
    "choice": "bit of a two-to-one multiplexer",
    "decoded_line": "output of a decoder from binary to one-hot",
    "selector": "decoding of a ternary weight to 'take' and 'negate'",
    "product_bit": "bit of a multiplier's row, which two bits of an operand choose",
    "compare": "bit of a comparison of magnitudes",
    "shift": "bit of one level of a shifter",
    "normalise": "bit of one level of a normalising shifter",
    "detect": "bit looked at to find how far to normalise",
    "increment": "bit of an incrementer",
    "stage": "register inside a pipelined floating-point unit; some of its bits turn out superfluous",
    "special": "a float's infinities and NaNs told apart or made",
    "handshake": "the three streams' handshakes",
}
"""What a core is made of: names and meanings of the coefficients of area, and of all that is summed so."""

FLOAT_AREAS = ("compare", "shift", "normalise", "detect", "increment", "stage", "special")
"""Components that only floating-point cores have."""

DELAY_COMPONENTS: Mapping[str, str] = {
    "launch": "clock to output of the register a path starts at, and setup of the one it ends at",
    "sequencer": "from a result's flag through the handshakes to the columns' controls",
    "carry": "bit of an adder's carry chain, where carries ripple",
    "prefix": "doubling of the bits that a carry runs over, where carries run in parallel",
    "followed": "the same of an adder whose sum goes into another one",
    "adder": "level of adders on top of the carries",
    "saved": "level of full adders beyond one for each of adders, where carries go no further",
    "merge": "doubling of the legs of a multiplexer, of a fetch's for the choice of the sign besides",
    "product": "bit of a signed multiplier's operand beyond the first two",
    "step": "level of a floating-point unit's shifters and normalisers",
    "look": "doubling of the bits that a level of a normaliser looks at for the first significant one",
    "compare": "bit of a comparison of magnitudes",
    "increment": "bit of an increment that rounds",
    "load": "doubling of the gates that a signal drives through buffers",
}
"""What paths are made of: names and meanings of the coefficients of delay."""
IN_CELLS_ALONE = frozenset(("saved", "look"))
"""What paths through lookup tables are not made of."""
CLOCKED_COMPONENTS: Mapping[str, str] = {
    **{name: meaning for name, meaning in DELAY_COMPONENTS.items() if name not in IN_CELLS_ALONE},
    "finish": "on top of the sequencer where every column's sum ends with a tile: output-stationary",
    "compress": "level of full adders outside of carry chains, where sums of products are carry-save",
    "part": "part of a floating-point unit, whatever its format: specials told apart, counts, signs",
}
"""The same of what is made of lookup tables."""
IN_TABLES_ALONE = frozenset(CLOCKED_COMPONENTS.keys() - DELAY_COMPONENTS.keys())
"""What paths through cells are not made of."""
FLOAT_DELAYS = ("step", "look", "compare", "increment")
"""Delays that only floating-point cores have."""


@dataclass(frozen=True)
class Bill:
    """How many of each component; bills add, and multiply by a number.

    Of each group in ``dearest`` the bill that costs most counts besides: which one, a technology's
    coefficients decide.
    """

    counts: Mapping[str, float] = field(default_factory=dict)
    dearest: tuple[tuple[Bill, ...], ...] = ()

    @classmethod
    def of(cls, **counts: float) -> Bill:
        return cls(counts)

    @classmethod
    def dearest_of(cls, bills: Sequence[Bill]) -> Bill:
        """The one of ``bills`` that costs most."""
        return bills[0] if len(bills) == 1 else cls({}, (tuple(bills),))

    def __bool__(self) -> bool:
        return bool(self.counts or self.dearest)

    def __add__(self, other: Bill) -> Bill:
        counts = dict(self.counts)
        for name, count in other.counts.items():
            counts[name] = counts.get(name, 0) + count
        return Bill(counts, self.dearest + other.dearest)

    def __mul__(self, factor: float) -> Bill:
        groups = tuple(tuple(bill * factor for bill in group) for group in self.dearest)
        return Bill({name: count * factor for name, count in self.counts.items()}, groups)

    __rmul__ = __mul__

    def price(self, coefficients: Mapping[str, float]) -> float:
        """Σ count · coefficient."""
        fixed = sum(count * coefficients[name] for name, count in self.counts.items())
        return fixed + sum(max(bill.price(coefficients) for bill in group) for group in self.dearest)

    def without(self, names: Collection[str]) -> Bill:
        """The same but for what has one of ``names``."""
        groups = tuple(tuple(bill.without(names) for bill in group) for group in self.dearest)
        return Bill({name: count for name, count in self.counts.items() if name not in names}, groups)

    def renamed(self, name: str, other: str) -> Bill:
        """The same, with one component for another."""
        if name not in self.counts and not self.dearest:
            return self
        counts = dict(self.counts)
        if name in counts:
            counts[other] = counts.get(other, 0) + counts.pop(name)
        groups = tuple(tuple(bill.renamed(name, other) for bill in group) for group in self.dearest)
        return Bill(counts, groups)

    def cases(self) -> list[Bill]:
        """All bills without choices that this one can come to."""
        chosen = product(*self.dearest)
        sums = [total([Bill(self.counts), *choice]) for choice in chosen]
        return sums if not any(bill.dearest for bill in sums) else [c for bill in sums for c in bill.cases()]


NOTHING = Bill()


def total(bills: Sequence[Bill]) -> Bill:
    """The sum of ``bills``."""
    result = NOTHING
    for bill in bills:
        result = result + bill
    return result


def adder(width: int, carried: bool = False) -> Bill:
    """A ripple adder whose sum has ``width`` bits: a full adder a bit, and a last bit without carry out.

    A carry-in costs and saves nothing, whether it is constant or ``carried``: without one the first bit's
    cell works as a half adder.
    """
    return Bill.of(full_adder=width - 1, sum=1)


def inner(bill: Bill) -> Bill:
    """Adders whose sums other adders alone read: where carries would ripple for too long, a bit's goes into
    the next adder's bit instead of the next bit."""
    return bill.renamed("full_adder", "inner_adder")


def half_adders(count: int) -> Bill:
    """Half adders: of a sum without carry, which is two XORs, one, and an AND."""
    return Bill.of(sum=count / 2, gate=count)


def negation(width: int) -> Bill:
    """A number of ``width`` bits less than zero: inverted, and one added by half adders."""
    return half_adders(width - 1)


def carries(bits: int, followed: bool = False) -> Bill:
    """The path through the carries of an adder over so many bits.

    Rippling carries of adders in a row run side by side, so that those of the last count alone, and none
    where adders follow (``followed``). Carries that run in parallel end at once, and add up. Which of the two
    a flow makes, the coefficients say.
    """
    return Bill.of(carry=0 if followed else bits, prefix=log2(max(bits, 1)))


def saved_carries(widths: Sequence[int], numbers: int) -> Bill:
    """The path through adders so many bits wide, one behind the other, that add up so many ``numbers``.

    For speed all but the last become levels of full adders, each of which makes two numbers of three.
    """
    if not widths:
        return NOTHING
    *before, last = widths
    followed = Bill.of(adder=len(widths), followed=sum(log2(max(width, 1)) for width in before))
    return followed + Bill.of(saved=full_adder_levels(numbers) - len(before)) + carries(last)


def product_rows(bits: int) -> Bill:
    """The path through the rows of a product of a number of ``bits`` bits, of which the first is not added to
    anything, and of which two bits choose one each.

    For speed rows are levels of full adders, behind three times the number, whose carries run in parallel.
    """
    return Bill.of(product=max(0, bits - 2), saved=full_adder_levels(-(-bits // 2)) + log2(max(bits, 1)))


def register(bits: float, holds: bool) -> Bill:
    """``bits`` flip-flops; with ``holds`` each chooses between its value and a new one."""
    return Bill.of(register=bits, hold=bits if holds else 0)


CLOCK_GATE = 1 / 15
"""A flip-flop's share of a clock gate, some thirty to a gate, over what a choice to hold costs.

By the areas of libraries' smallest gates and their fitted ``hold``: 1/15 in ASAP7, 1/12 to 1/18 in others.
"""


def gated(bill: Bill) -> Bill:
    """``bill`` where registers hold by gated clocks: a share of a gate takes the place of each choice."""
    counts = dict(bill.counts)
    selects, stages = counts.pop("held_select", 0), counts.get("stage", 0)
    held = counts.pop("hold", 0) + selects + stages
    if held:
        # What a pipelined unit's register costs has its choice in it.
        counts["hold"] = CLOCK_GATE * held - stages
    if selects:
        counts["select"] = counts.get("select", 0) + selects
    return Bill(counts, tuple(tuple(map(gated, group)) for group in bill.dearest))


def counter(bits: int) -> Bill:
    """A counter of ``bits`` bits that steps down, is compared with its last value and reloaded."""
    return Bill.of(register=bits, count=bits)


def decoder(lines: int) -> Bill:
    """Binary to ``lines`` one-hot lines: predecoded halves are shared, so that a line costs one gate."""
    return Bill.of(decoded_line=lines)


def onehot_multiplexer(leg_bits: int) -> Bill:
    """AND-OR of values that have ``leg_bits`` bits together: each bit of each value is one leg."""
    return Bill.of(leg=leg_bits)


def tree_multiplexer(legs: int, width: int, nothing: bool = True) -> Bill:
    """Two-to-one multiplexers that choose one of ``legs`` values by a binary index.

    With ``nothing``, index 0 chooses none: its leg is zero, and the multiplexer that it meets is a gate.
    """
    return Bill.of(choice=(legs - 1) * width, gate=width if nothing else 0)


def multiplier(bits: int, width: int, others: int | None = None) -> Bill:
    """The low ``width`` bits of a product of a number of ``bits`` bits and one of as many, or of ``others``,
    without three times the latter.

    Each pair of bits of the other chooses a row, which is added to those below it; a last bit without a
    partner is a gate a bit. As ``generator.products`` has it.
    """
    of_row = (bits if others is None else others) + 2
    rows = [(min(2, bits - place), min(of_row, width - place)) for place in range(0, min(bits, width), 2)]
    chosen = sum(kept for of, kept in rows if of == 2)
    gated = sum(kept for of, kept in rows if of == 1)
    adders = [adder(kept) for _, kept in rows[1:]]
    return Bill.of(product_bit=chosen, gate=gated) + inner(total(adders[:-1])) + total(adders[-1:])


def triple(bits: int) -> Bill:
    """Three times a number of ``bits`` bits; one of two bits has no pair that needs it."""
    return adder(bits + 2) if bits > 2 else NOTHING
