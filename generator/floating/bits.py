"""Pieces of hardware that the floating-point blocks share: unpacking, shifts, normalisation, rounding and
packing.

Every helper writes into the module ``m`` that it is given and names its signals after ``name``. They are
shaped for area: bits known to be zero are merged instead of multiplexed, and one increment rounds, packs
and overflows at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Signal, Value

from generator.block import keep_low
from generator.formats import Float


def wire(m: Module, name: str, value: Value) -> Signal:
    """``value`` as a signal, so that it is written once and can be found in a waveform."""
    signal = Signal(len(value), name=name)
    m.d.comb += signal.eq(value)
    return signal


def leave(m: Module, name: str, value: Value) -> None:
    """States that ``value`` is not used, which linters otherwise ask about."""
    unused = Signal(len(value), name=f"unused_{name}", attrs={"keep": 1})
    m.d.comb += unused.eq(value)


def spread(bit: Value, width: int) -> Value:
    """``bit``, ``width`` times."""
    return bit.replicate(width)


def add_unsigned(m: Module, name: str, a: Value, b: Value, carry: Value, width: int) -> Signal:
    """The low ``width`` bits of ``a`` + ``b`` + ``carry`` (unsigned); the carry rides below the operands."""
    return keep_low(m, name, Cat(Const(1, 1), a) + Cat(carry, b), width, below=1)


def increment(m: Module, name: str, a: Value, carry: Value, width: int) -> Signal:
    """The low ``width`` bits, at most one more than ``a`` has, of ``a`` + ``carry`` (unsigned)."""
    carries = [carry]
    for i in range(width - 1):
        carries.append(wire(m, f"{name}_carry{i}", carries[i] & a[i]))
    return wire(m, name, Cat(a, Const(0, 1))[:width] ^ Cat(*carries))


@dataclass(frozen=True)
class Unpacked:
    """A float taken apart; its exponent is at least 1 and its significand has the hidden bit, subnormal or
    not."""

    exponent: Value
    significand: Value
    normal: Value


def unpack(m: Module, name: str, fmt: Float, field: Value, fraction: Value) -> Unpacked:
    """Exponent ``field`` and ``fraction`` taken apart."""
    normal = wire(m, f"{name}_normal", field.any())
    return Unpacked(
        exponent=Cat(wire(m, f"{name}_lowest", field[0] | ~normal), field[1:]),
        significand=Cat(fraction, normal),
        normal=normal,
    )


def is_special(fmt: Float, magnitude: Value) -> Value:
    """Whether the bits below the sign are an infinity or a NaN."""
    return magnitude[fmt.mantissa :].all() if fmt.infinities else magnitude.all()


def shift_right_sticky(m: Module, name: str, word: Value, distance: Value) -> tuple[Signal, Signal]:
    """``word`` >> ``distance`` (logical), and whether a one was shifted out. Every distance is valid."""
    levels = min(len(distance), len(word).bit_length())
    far = wire(m, f"{name}_far", distance[levels:].any())
    lost = [far & word.any()]
    for level in reversed(range(levels)):
        step = 1 << level
        take, keep = distance[level], ~distance[level]
        if level == levels - 1:
            take, keep = wire(m, f"{name}_take", take & ~far), wire(m, f"{name}_keep", keep & ~far)
        lost.append(take & word[:step].any())
        moved = word[step:]
        word = wire(m, f"{name}_{level}", word & spread(keep, len(word)) | moved & spread(take, len(moved)))
    return word, wire(m, f"{name}_lost", Cat(*lost).any())


def shift_left_signed(m: Module, name: str, word: Value, distance: Value, width: int) -> Signal:
    """The low ``width`` bits of two's complement ``word`` << ``distance``; grows only as far as each level
    needs."""
    for level in range(len(distance)):
        step = 1 << level
        grown = min(len(word) + step, width)
        take = distance[level]
        extension = wire(m, f"{name}_sign{level}", word[-1] & ~take)
        kept = Cat(word & spread(~take, len(word)), spread(extension, step))
        moved = Cat(Const(0, step), word[: grown - step] & spread(take, grown - step))
        word = wire(m, f"{name}_{level}", kept[:grown] | moved)
    return word


def shift_right_signed(
    m: Module, name: str, word: Value, distance: Value, width: int
) -> tuple[Signal, Signal]:
    """Two's complement ``word``, extended with zeros below to ``width`` bits, >> ``distance`` (arithmetic).

    Also whether a one was shifted out. The width grows only as far as each level needs. Every distance is
    valid.
    """
    excess = max(0, len(word) - width)
    lost = [word[:excess].any()]
    word = word[excess:]
    levels = min(len(distance), width.bit_length())
    for level in range(levels):
        step = 1 << level
        fresh = min(step, width - len(word))
        take = distance[level]
        lost.append(take & word[: step - fresh].any())
        grown = Cat(Const(0, fresh), word)
        moved = Cat(grown, spread(word[-1], step))[step : step + len(grown)]
        word = wire(
            m, f"{name}_{level}", grown & spread(~take, len(grown)) | moved & spread(take, len(grown))
        )
    word = Cat(Const(0, width - len(word)), word)
    if levels < len(distance):
        far = wire(m, f"{name}_far", distance[levels:].any())
        lost.append(far & word.any())
        sign = word[-1]
        word = word & spread(~far, width) | spread(wire(m, f"{name}_sign", sign & far), width)
    return wire(m, name, word), wire(m, f"{name}_lost", Cat(*lost).any())


def normalise(
    m: Module,
    name: str,
    word: Value,
    limit: Value | None,
    reach: int,
    sign: Value | None = None,
    short: int = 0,
) -> tuple[Signal, Signal]:
    """``word`` shifted left until its top bit is significant, and the distance; by at most ``limit`` and
    ``reach``.

    Parameters
    ----------
    limit : unsigned, or None
        The largest shift allowed: the exponent of a result that may become subnormal.
    reach : int
        The largest shift that can be needed. A word without a significant bit may be shifted further.
    sign : one bit, or None
        With it the word is a two's complement number without its sign bit, and a bit is significant when it
        differs from the sign. Without it the word is unsigned.
    short : int
        So many low bits are known to be zero whenever the shift is more than two places.

    Each level looks at the bits that it would shift out. The limit is respected from its top bit down:
    ``free`` says that the distance chosen so far is already less than the limit's prefix, so that anything
    may follow.
    """
    levels = reach.bit_length()
    width = len(word)
    free = Const(1, 1) if limit is None else wire(m, f"{name}_free", limit[levels:].any())
    taken: list[Value] = []
    for level in reversed(range(levels)):
        step = min(1 << level, width)
        top = word[width - step :]
        some = top.any() if sign is None else top.any() & ~sign | ~top.all() & sign
        some = wire(m, f"{name}_some{level}", some)
        allowed = limit[level] if limit is not None and level < len(limit) else Const(0, 1)
        take = wire(m, f"{name}_take{level}", ~some & (free | allowed))
        if limit is not None and level > 0:
            free = wire(m, f"{name}_free{level}", free | allowed & some)
        skip = short if step > 2 else 0
        stay = max(skip, width - step)
        kept = word[skip:stay] & spread(~take, stay - skip)
        rest = word[stay:] if sign is None else word[stay:] & spread(~take, width - stay)
        moved = word[skip : width - step]
        moved = Cat(Const(0, skip + step), moved & spread(take, len(moved)))
        word = wire(m, f"{name}_{level}", Cat(word[:skip], kept, rest) | moved[:width])
        taken.insert(0, take)
    return word, wire(m, f"{name}_distance", Cat(*taken))


def subtract_distance(m: Module, name: str, exponent: Value, distance: Value) -> Signal:
    """``exponent`` - ``distance`` in the width of ``exponent``; the difference is known not to be
    negative."""
    width = len(exponent)
    distance = Cat(distance, Const(0, max(0, width - len(distance))))[:width]
    return add_unsigned(m, name, exponent, ~distance, Const(1, 1), width)


@dataclass(frozen=True)
class Packed:
    """A rounded magnitude in the format's fields, and whether it is beyond the largest finite value."""

    fraction: Value
    exponent: Value
    overflow: Value


def round_and_pack(
    m: Module, fmt: Float, hidden: Value, fraction: Value, up: Value, exponent: Value, may_exceed: bool
) -> Packed:
    """``hidden``.``fraction``, plus one unit in the last place if ``up``, packed with its exponent.

    ``exponent`` is one less than the exponent field that goes with a hidden bit, and may be wider than the
    field; without a hidden bit it does not count and the field is that of a subnormal. ``may_exceed`` says
    that the result may need more than the field's bits.
    """
    field = fmt.exponent
    rounded = increment(m, "rounded", fraction, up, fmt.mantissa + 1)
    carry = rounded[-1]
    exponent = wire(m, "counted", exponent & spread(hidden, len(exponent)))
    # hidden + carry is 0, 1 or 2: the field's lowest bit and the ripple into the others take it together.
    low = wire(m, "lowest", exponent[0] ^ carry ^ hidden)
    ripple = wire(m, "ripple", hidden & (exponent[0] | carry))
    high = increment(m, "high", exponent[1:], ripple, len(exponent) - 1 + may_exceed)
    whole = Cat(low, high)
    beyond = whole[:field].all()
    if not fmt.infinities:
        beyond = beyond & rounded[:-1].all()
    return Packed(rounded[:-1], whole[:field], wire(m, "overflow", beyond | whole[field:].any()))


def with_specials(m: Module, fmt: Float, packed: Packed, sign: Value, infinite: Value, nan: Value) -> Value:
    """The bits of a result: ``packed``, an infinity if it overflowed or is ``infinite``, or the canonical
    NaN.

    ``nan`` implies ``infinite``. In a format without infinities all of them are NaN.
    """
    special = packed.overflow | infinite
    clear = special if fmt.infinities else Const(0, 1)
    fraction = wire(m, "fraction", packed.fraction & spread(~clear, fmt.mantissa))
    exponent = packed.exponent | spread(special, fmt.exponent)
    if not fmt.infinities:
        return Cat(fraction | spread(special, fmt.mantissa), exponent, sign & ~special)
    return Cat(fraction[:-1], fraction[-1] | nan, exponent, sign & ~nan)
