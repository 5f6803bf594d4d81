"""Products, a pair of an operand's bits at a time, which chooses 0, 1, 2 or 3 times the other operand.

Three times is an adder that all pairs share, and all products of the same number. A choice of three legs is
one cell of most libraries, so that a pair costs little more than a bit of it would, and takes half the
additions: of two significands of fp16 that is a third less area than Booth's digits, which choose and negate
in every bit.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value

from generator.block import add_signed, extend

FITS = "sum_fits"
"""The attribute of a wire that holds all that a sum can be, where the widths of its terms do not say so."""


def product(m: Module, name: str, a: Value, b: Value, width: int, signed: bool) -> Value:
    """The low ``width`` bits of ``a`` · ``b``, both two's complement if ``signed``, else both unsigned.

    The sum so far is shifted right as pairs are added to it, lowest first, so that each addition is as wide
    as three times ``a``. The highest weight of a two's complement ``b`` is negative: where it counts, ``a``
    or twice ``a`` is inverted, and a carry makes that its negation.
    """
    size = min(len(a) + 2, width)
    once = (extend(a, len(a) + 2) if signed else Cat(a, Const(0, 2)))[:size]
    twice = Cat(Const(0, 1), once[:-1])
    triple = once if len(b) < 3 - (not signed) else add_signed(m, f"triple_{name}", once, twice, size)
    places = range(0, min(len(b), width), 2)
    low: list[Value] = []
    above: Value | None = None
    for place in places:
        pair = b[place : place + 2]
        negative = signed and place + 2 >= len(b)
        kept = width - place
        row = _row(m, f"{name}_row{place}", once[:kept], twice[:kept], triple[:kept], pair, negative)
        if above is not None or negative:
            addend = Const(0, 1) if above is None else above if signed else Cat(above, Const(0, 1))
            row = add_signed(m, f"{name}_sum{place}", row, addend, len(row), pair[-1] if negative else None)
        if place != places[-1]:
            # Apart, so that no signal has bits that are read elsewhere alone.
            upper = _wire(m, f"{name}_above{place}", row[2:], fits=True)
            row = Cat(_wire(m, f"{name}_low{place}", row[:2]), upper)
        low, above = [*low, row[:2]], row[2:]
    whole = Cat(*low, above)
    return whole if len(whole) == width else extend(whole, width)


def _row(
    m: Module, name: str, once: Value, twice: Value, triple: Value, pair: Value, negative: bool
) -> Value:
    """What a ``pair`` of bits chooses; a ``negative`` one lacks 1 where its high bit is set."""
    width = len(once)
    if len(pair) == 1:
        chosen = (~once if negative else once) & pair.replicate(width)
        return _wire(m, name, chosen)
    legs = [(once, pair[0] & ~pair[1]), (twice, pair[1] & ~pair[0]), (triple, pair[0] & pair[1])]
    if negative:
        # 1, -2 and -1.
        legs = [legs[0], (~twice, legs[1][1]), (~once, legs[2][1])]
    controls = [_wire(m, f"{name}_{times}", control) for times, (_, control) in enumerate(legs, start=1)]
    first, second, third = (
        value & control.replicate(width) for (value, _), control in zip(legs, controls, strict=True)
    )
    return _wire(m, name, first | second | third)


def _wire(m: Module, name: str, value: Value, fits: bool = False) -> Signal:
    signal = Signal(len(value), name=name, attrs={FITS: 1} if fits else {})
    m.d.comb += signal.eq(value)
    return signal
