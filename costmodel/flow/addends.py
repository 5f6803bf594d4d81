"""Adders of a netlist as sums of terms, and which of them are nothing but terms of another one.

A word that another one alone reads can be taken into it: what it adds up, that one may add up itself. It must
hold all that it can be, or the other one must not extend it. Works on one module in Yosys' JSON form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from costmodel.flow.netlist import Bit, Terminal

ADDERS = ("$add", "$sub")
FITS = "sum_fits"
"""What a design says of a wire that holds all that a sum can be, where the widths of its terms do not."""
Range = tuple[int, int]
"""The least and the greatest that a number can be."""
Readers = defaultdict[Bit, set[Terminal]]
"""The cells and pins that read each bit; of ports without a cell's name."""


@dataclass(frozen=True)
class Term:
    """What a word adds or subtracts: bits, the lowest first, and whether the highest is a sign."""

    bits: tuple[Bit, ...]
    signed: bool
    negative: bool

    def minus(self, place: int) -> bool:
        """Whether the bit at ``place`` counts negative."""
        return self.negative ^ (self.signed and place == len(self.bits) - 1)

    @property
    def range(self) -> Range:
        n = len(self.bits)
        return (-(1 << n - 1), (1 << n - 1) - 1) if self.signed else (0, (1 << n) - 1)


@dataclass
class Word:
    """An adder of a netlist, with its two terms and what is taken in of each."""

    name: str
    outputs: list[Bit]
    signed: bool
    terms: list[Term]
    fits: bool = False
    """Whether the design says that its outputs hold all that it can be."""
    inner: list[Inner | None] = field(default_factory=list)
    range: Range = (0, 0)

    def unsign(self) -> None:
        """Takes it and its terms for numbers without signs, as who reads it does, where that is the same."""
        if all(len(term.bits) == len(self.outputs) or not term.signed for term in self.terms):
            self.terms = [replace(term, signed=False) for term in self.terms]
            self.signed = False

    @property
    def exact(self) -> bool:
        """Whether its outputs hold all that it can be."""
        if self.fits:
            return True
        least, most = Term(tuple(self.outputs), self.signed, False).range
        return least <= self.range[0] and self.range[1] <= most


@dataclass(frozen=True)
class Inner:
    """The word that a term is from the bit ``place`` on: its outputs from the ``first`` on."""

    word: Word
    first: int
    place: int

    @property
    def range(self) -> Range:
        """That of the term."""
        least, most = (bound >> self.first << self.place for bound in self.word.range)
        return least, most + (1 << self.place) - 1


def words_of(module: dict[str, Any]) -> dict[str, Word]:
    """The adders of a module, by name."""
    words = {}
    fitting = {net["bits"][-1] for net in module["netnames"].values() if FITS in net.get("attributes", {})}
    for name, cell in module["cells"].items():
        if cell["type"] in ADDERS:
            pins = cell["connections"]
            signed = all(int(cell["parameters"][f"{pin}_SIGNED"], 2) for pin in "AB")
            terms = [_term(pins["A"], signed, False), _term(pins["B"], signed, cell["type"] == "$sub")]
            words[name] = Word(name, pins["Y"], signed, terms, pins["Y"][-1] in fitting)
    return words


def _term(bits: list[Bit], signed: bool, negative: bool) -> Term:
    """A term without bits that only extend it; one whose sign is 0 has none."""
    n = len(bits)
    signed = signed and bits[-1] != "0"
    while n > 1 and bits[n - 1] == (bits[n - 2] if signed else "0"):
        n -= 1
    return Term(tuple(bits[:n]), signed, negative)


def take_in(words: dict[str, Word], readers: Readers, late: Collection[str]) -> set[str]:
    """Decides of all words what is taken into them; returns the names of those that are."""
    sources = {bit: (word, first) for word in words.values() for first, bit in enumerate(word.outputs)}
    taken: set[str] = set()

    def source(word: Word, pin: str, term: Term) -> Inner | None:
        """The word that a term is, if it is late, holds all that it can be, and nothing else reads it."""
        name = sources[term.bits[-1]][0].name if term.bits[-1] in sources else ""
        if name not in late:
            return None
        inner = words[name]
        examine(inner)
        place = next(i for i, bit in enumerate(term.bits) if bit in sources and sources[bit][0] is inner)
        first = sources[term.bits[place]][1]
        upper = inner.outputs[first:]
        whole = upper == list(term.bits[place:])
        alone = all(readers[bit] == {(word.name, pin)} for bit in upper)
        if inner.fits and not term.signed:
            inner.unsign()
        extended = len(term.bits) < len(word.outputs)
        fits = inner.exact and (term.signed == inner.signed or not extended)
        return Inner(inner, first, place) if whole and alone and fits else None

    def examine(word: Word) -> None:
        if word.inner:
            return
        least = most = 0
        for pin, term in zip("AB", word.terms, strict=True):
            found = source(word, pin, term)
            low, high = term.range if found is None else found.range
            least, most = (least - high, most - low) if term.negative else (least + low, most + high)
            word.inner.append(found)
            if found is not None:
                taken.add(found.word.name)
        word.range = (least, most)

    for word in words.values():
        examine(word)
    return taken


def readers_of(module: dict[str, Any]) -> Readers:
    """The cells and pins, or ports, that read each bit."""
    readers: Readers = defaultdict(set)
    for name, cell in module["cells"].items():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"].get(pin) != "output":
                for bit in bits:
                    readers[bit].add((name, pin))
    for port, entry in module["ports"].items():
        for bit in entry["bits"]:
            readers[bit].add(("", port))
    return readers
