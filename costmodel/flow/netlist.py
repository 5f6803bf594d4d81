"""A module of a netlist in Yosys' JSON form, with its drivers known and new gates easily added.

A bit is a number or one of "0", "1", "x".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Bit = int | str
Literal = tuple[Bit, bool]
"""A bit and whether it is meant inverted."""
Terminal = tuple[str, str]
"""A cell and its pin."""


def literal_of(bit: Bit, inverted: bool) -> Literal:
    """The bit, or its inverse; an inverted constant is the other one."""
    if inverted and bit in ("0", "1"):
        return ("1" if bit == "0" else "0"), False
    return bit, inverted


def new_cell(kind: str, output_pins: tuple[str, ...] = ("Y",), **pins: Bit) -> dict[str, Any]:
    """A cell in Yosys' JSON form, a bit at each pin."""
    return {
        "hide_name": 1,
        "type": kind,
        "parameters": {},
        "attributes": {},
        "port_directions": {pin: "output" if pin in output_pins else "input" for pin in pins},
        "connections": {pin: [bit] for pin, bit in pins.items()},
    }


def highest_bit(module: dict[str, Any]) -> int:
    """The highest number of a net of a module; at least 1, for 0 and 1 are constants' in some tools."""
    entries = (*module["ports"].values(), *module.get("netnames", {}).values())
    named = (bit for entry in entries for bit in entry["bits"])
    read = (bit for cell in module["cells"].values() for bits in cell["connections"].values() for bit in bits)
    return max((bit for bit in itertools.chain(named, read) if isinstance(bit, int)), default=1)


@dataclass
class Netlist:
    """A module with its drivers; emits new gates."""

    module: dict[str, Any]
    next_bit: int = 0
    drivers: dict[Bit, tuple[str, dict[str, Any], str]] = field(default_factory=dict)
    aliases: dict[Bit, Literal] = field(default_factory=dict)
    names: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        for name, cell in self.module["cells"].items():
            for port, bits in cell["connections"].items():
                if cell["port_directions"].get(port) == "output":
                    for bit in bits:
                        self.drivers[bit] = (name, cell, port)
            if cell["type"] in ("$_NOT_", "$_BUF_"):
                pins = cell["connections"]
                self.aliases[pins["Y"][0]] = (pins["A"][0], cell["type"] == "$_NOT_")
        self.next_bit = highest_bit(self.module) + 1

    def new_bit(self) -> int:
        self.next_bit += 1
        return self.next_bit - 1

    def resolve(self, bit: Bit, inverted: bool = False) -> Literal:
        """The bit at the root of a chain of buffers and inverters; constants come out as "0" and "1"."""
        while bit in self.aliases:
            bit, flip = self.aliases[bit]
            inverted ^= flip
        return literal_of("0" if bit == "x" else bit, inverted)

    def add(self, kind: str, output_pins: tuple[str, ...] = ("Y",), **pins: Bit) -> str:
        """Adds a cell; returns its name."""
        name = f"$adders${next(self.names)}"
        self.module["cells"][name] = new_cell(kind, output_pins, **pins)
        return name

    def gate(self, kind: str, a: Bit, b: Bit, output: int | None = None) -> int:
        output = self.new_bit() if output is None else output
        self.add(kind, A=a, B=b, Y=output)
        return output

    def alias(self, output: int, literal: Literal) -> None:
        """Drives a bit with a literal."""
        bit, inverted = literal
        self.aliases[output] = literal
        self.add("$_NOT_" if inverted else "$_BUF_", A=bit, Y=output)

    def fixed_readers(self, registers: set[int]) -> Iterator[Literal]:
        """What library cells other than the given registers read: in that polarity and no other."""
        for cell in self.module["cells"].values():
            if cell["type"].startswith("$") or id(cell) in registers:
                continue
            for port, bits in cell["connections"].items():
                if cell["port_directions"].get(port) == "input":
                    yield from (literal for literal in map(self.resolve, bits) if isinstance(literal[0], int))

    def readers(self) -> set[Bit]:
        """All bits that a cell or an output port reads."""
        read: set[Bit] = set()
        for cell in self.module["cells"].values():
            for port, bits in cell["connections"].items():
                if cell["port_directions"].get(port, "input") != "output":
                    read.update(bits)
        for port in self.module["ports"].values():
            if port["direction"] != "input":
                read.update(port["bits"])
        return read
