"""Sums of sums in carry-save form: full adders that hand no carry along, and one adder at the end.

A word that is nothing but an addend of another one need not know its own carries: three bits of a column
become a sum and a carry to the next column, until two are left in each (Wallace, *A suggestion for a fast
multiplier*, IEEE ToEC 1964). That takes about as many full adders as rippling words do, and leaves one carry
chain where there was one a level. Of a column's bits those that come first are added first. Works on one
module of a netlist in Yosys' JSON form.

Bits that are subtracted are inverted, and so is a sign, which is not extended: a constant makes up for both,
for -b is !b - 1.
"""

from __future__ import annotations

from collections.abc import Collection
from heapq import heapify, heappop, heappush
from typing import Any

from costmodel.flow.addends import Inner, Readers, Word, readers_of, take_in, words_of
from costmodel.flow.netlist import Bit, highest_bit, new_cell
from costmodel.speeds import full_adder_levels

SPARE = 2
"""Levels of full adders beyond those of the highest column after which a bit is late."""
Column = list[tuple[int, Bit]]
"""Bits of the same weight, each behind that many full adders."""


def save_carries(module: dict[str, Any], late: Collection[str]) -> int:
    """Takes ``late`` words into the one that alone reads them; returns how many.

    A word whose lowest bits are read elsewhere, or not at all, keeps an adder for them.
    """
    if not late:
        return 0
    words, readers = words_of(module), readers_of(module)
    taken = take_in(words, readers, late)
    writer = _Writer(module, readers)
    for name, word in words.items():
        if name not in taken and any(word.inner):
            writer.write(word)
    for name in taken:
        del module["cells"][name]
    return len(taken)


class _Sum:
    """Bits and a constant that are added up, modulo 2 to the number of columns."""

    def __init__(self, width: int) -> None:
        self.columns: list[Column] = [[] for _ in range(width)]
        self.constant = 0

    def add(self, place: int, level: int, bit: Bit) -> None:
        if isinstance(bit, str):
            self.constant += int(bit == "1") << place
        elif place < len(self.columns):
            self.columns[place].append((level, bit))

    def spread_constant(self) -> None:
        """Makes the constant bits of columns."""
        for place, column in enumerate(self.columns):
            if self.constant >> place & 1:
                column.append((0, "1"))


class _Writer:
    """Writes words with what they have taken in; ``readers`` says who reads a bit."""

    def __init__(self, module: dict[str, Any], readers: Readers) -> None:
        self._cells = module["cells"]
        self._readers = readers
        self._highest = highest_bit(module)
        self._inverses: dict[Bit, Bit] = {}

    def write(self, word: Word) -> None:
        """Full adders, and in the word's place one adder of what they leave."""
        below = self._below(word)
        total = _Sum(below + len(word.outputs))
        outputs = dict(enumerate(word.outputs, below))
        self._gather(word, total, below, False, outputs)
        total.spread_constant()
        self._reduce(total.columns, len(total.columns))
        self._emit(word.name, total.columns, [outputs[place] for place in range(len(total.columns))])

    def _longer(self, word: Word) -> Inner | None:
        """What is taken in with its lowest bits, which are read elsewhere: it and the word are one sum."""
        for term, other, inner in zip(word.terms, reversed(word.terms), word.inner, strict=True):
            if inner is None or not inner.first or term.negative or inner.place > inner.first:
                continue
            apart = not inner.place or (
                word.inner.count(None) == 1 and not other.negative and len(other.bits) > inner.place
            )
            if apart and any(self._readers[bit] for bit in inner.word.outputs[: inner.first]):
                return inner
        return None

    def _below(self, word: Word) -> int:
        """How many columns the sum that a word is the upper bits of has below it."""
        inner = self._longer(word)
        return 0 if inner is None else inner.first - inner.place + self._below(inner.word)

    def _gather(
        self, word: Word, total: _Sum, place: int, negative: bool, outputs: dict[int, Bit] | None = None
    ) -> None:
        """Adds all that adds up to a word from a ``place`` on; lower bits have ``outputs``, too."""
        longer = None if outputs is None else self._longer(word)
        if longer is not None and longer.place:
            self._split(word, total, place, longer.place)
        start = 0 if longer is None else longer.place
        for term, inner in zip(word.terms, word.inner, strict=True):
            own = len(term.bits) if inner is None else inner.place
            for i, bit in enumerate(term.bits[start:own], start):
                self._count(total, place + i, 0, bit, negative ^ term.minus(i))
            if inner is None:
                continue
            minus = term.negative ^ negative
            base = place + inner.place
            if inner is longer and outputs is not None:
                base -= inner.first
                outputs |= dict(enumerate(inner.word.outputs[: inner.first], base))
                self._gather(inner.word, total, base, minus, outputs)
            elif not inner.first:
                self._gather(inner.word, total, base, minus)
            else:
                part = self._upper(inner.word, inner.first, max(0, len(total.columns) - base))
                for i, column in enumerate(part, base):
                    for level, bit in column:
                        self._count(total, i, level, bit, minus)

    def _count(self, total: _Sum, place: int, level: int, bit: Bit, minus: bool) -> None:
        """Adds a bit, or subtracts it: -b is !b - 1."""
        if minus:
            total.constant -= 1 << place
            bit = self._inverse(bit)
        total.add(place, level, bit)

    def _upper(self, word: Word, first: int, width: int) -> list[Column]:
        """What adds up to a word's bits from the ``first`` on; writes an adder of those before."""
        total = _Sum(first + width)
        self._gather(word, total, 0, False)
        total.spread_constant()
        self._reduce(total.columns, first)
        level, carry = self._low(word, total.columns[:first])
        upper = total.columns[first:]
        if upper:
            upper[0].append((level, carry))
        return upper

    def _split(self, word: Word, total: _Sum, place: int, first: int) -> None:
        """Writes an adder of the ``first`` bits of a word's terms; its carry is all that is left of them."""
        part = _Sum(first)
        for term in word.terms:
            for i, bit in enumerate(term.bits[:first]):
                self._count(part, i, 0, bit, term.minus(i))
        part.spread_constant()
        level, carry = self._low(word, part.columns)
        total.add(place + first, level, carry)

    def _low(self, word: Word, columns: list[Column]) -> tuple[int, Bit]:
        """Writes an adder of a word's lowest bits; returns its carry, behind so many full adders."""
        carry = self._new_bit()
        self._emit(f"{word.name}$low", columns, [*word.outputs[: len(columns)], carry])
        return 1 + max((level for column in columns for level, _ in column), default=0), carry

    def _reduce(self, columns: list[Column], end: int) -> None:
        """Full adders until none of the columns before ``end`` has more than two bits, or three that begin a
        carry chain. A bit that comes late is left to that: through full adders carries would ripple.

        Carries out of the last column are lost.
        """
        begun, late = False, SPARE + full_adder_levels(max(map(len, columns), default=0))
        for place, column in enumerate(columns[:end]):
            waiting = [(level, order, bit) for order, (level, bit) in enumerate(column)]
            heapify(waiting)
            while len(waiting) > (2 if begun else 3):
                added = [heappop(waiting) for _ in range(3)]
                if not waiting and added[1][0] < added[2][0] >= late:
                    heappush(waiting, added[2])
                    added[2] = (0, 0, "0")
                level = 1 + max(each[0] for each in added)
                total, carry = self._new_bit(), self._new_bit()
                pins = dict(zip("ABC", (bit for _, _, bit in added), strict=True))
                self._cells[f"$saved${total}"] = new_cell("$fa", ("X", "Y"), **pins, X=carry, Y=total)
                heappush(waiting, (level, total, total))
                if place + 1 < len(columns):
                    columns[place + 1].append((level, carry))
            columns[place] = [(level, bit) for level, _, bit in sorted(waiting)]
            begun = begun or len(waiting) > 1

    def _emit(self, name: str, columns: list[Column], outputs: list[Bit]) -> None:
        """An adder of columns of at most two bits; of three, where its chain begins, one is carried in."""
        rows: list[tuple[Bit, Bit, Bit]] = []
        for column, output in zip(columns, outputs, strict=False):
            bits = [*(bit for _, bit in column), "0", "0"]
            rows += [(bit, bit, self._new_bit()) for _, bit in column[2:]]
            rows.append((bits[0], bits[1], output))
        rows += [("0", "0", output) for output in outputs[len(columns) :]]
        self._cells[name] = {
            **new_cell("$add"),
            "parameters": {"A_SIGNED": "0", "B_SIGNED": "0"},
            "port_directions": {"A": "input", "B": "input", "Y": "output"},
            "connections": {pin: [row[i] for row in rows] for i, pin in enumerate("ABY")},
        }

    def _inverse(self, bit: Bit) -> Bit:
        if isinstance(bit, str):
            return "0" if bit == "1" else "1"
        if bit not in self._inverses:
            inverse = self._inverses[bit] = self._new_bit()
            self._cells[f"$saved${inverse}"] = new_cell("$_NOT_", A=bit, Y=inverse)
        return self._inverses[bit]

    def _new_bit(self) -> int:
        self._highest += 1
        return self._highest
