"""Sums in carry-save form: the same values, and no carry chain but the last."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from costmodel.flow.addends import FITS
from costmodel.flow.carry_save import save_carries
from costmodel.flow.netlist import Bit

Module = dict[str, Any]


def add(a: list[Bit], b: list[Bit], y: list[Bit], kind: str = "$add", signed: bool = True) -> dict[str, Any]:
    return {
        "type": kind,
        "parameters": {"A_SIGNED": f"{signed:b}", "B_SIGNED": f"{signed:b}"},
        "attributes": {},
        "port_directions": {"A": "input", "B": "input", "Y": "output"},
        "connections": {"A": a, "B": b, "Y": y},
    }


def values(module: Module, inputs: dict[str, int]) -> dict[str, int]:
    """The values of all outputs, by arithmetic on whole words."""
    known: dict[Bit, int] = {"0": 0, "1": 1}
    for name, value in inputs.items():
        known |= {bit: value >> i & 1 for i, bit in enumerate(module["ports"][name]["bits"])}
    waiting = list(module["cells"].values())
    while waiting:
        ready = [cell for cell in waiting if all(bit in known for bit in read(cell))]
        assert ready, "a loop"
        for cell in ready:
            settle(cell, known)
        waiting = [cell for cell in waiting if cell not in ready]
    outputs = {name: port["bits"] for name, port in module["ports"].items() if port["direction"] == "output"}
    return {name: sum(known[bit] << i for i, bit in enumerate(bits)) for name, bits in outputs.items()}


def read(cell: dict[str, Any]) -> list[Bit]:
    pins, directions = cell["connections"], cell["port_directions"]
    return [bit for pin, bits in pins.items() if directions[pin] == "input" for bit in bits]


def settle(cell: dict[str, Any], known: dict[Bit, int]) -> None:
    pins = cell["connections"]
    match cell["type"]:
        case "$add" | "$sub":
            a, b = (
                number([known[bit] for bit in pins[pin]], cell["parameters"][f"{pin}_SIGNED"]) for pin in "AB"
            )
            total = a + b if cell["type"] == "$add" else a - b
            known |= {bit: total >> i & 1 for i, bit in enumerate(pins["Y"])}
        case "$fa":
            ones = sum(known[pins[pin][0]] for pin in "ABC")
            known |= {pins["X"][0]: ones >> 1, pins["Y"][0]: ones & 1}
        case "$_NOT_":
            known[pins["Y"][0]] = 1 - known[pins["A"][0]]


def number(bits: list[int], signed: str) -> int:
    value = sum(bit << i for i, bit in enumerate(bits))
    return value - (bits[-1] << len(bits)) if int(signed, 2) else value


class Builder:
    """A module of inputs, words and outputs."""

    def __init__(self) -> None:
        self.module: Module = {"ports": {}, "cells": {}, "netnames": {}}
        self.bits = 1

    def new(self, width: int) -> list[Bit]:
        self.bits += width
        return list(range(self.bits - width + 1, self.bits + 1))

    def port(self, name: str, bits: list[Bit], direction: str = "output") -> list[Bit]:
        self.module["ports"][name] = {"direction": direction, "bits": bits}
        return bits

    def word(self, a: list[Bit], b: list[Bit], width: int, **keys: Any) -> list[Bit]:
        y = self.new(width)
        self.module["cells"][f"word{len(self.module['cells'])}"] = add(a, b, y, **keys)
        return y


def same(builder: Builder, words: int, seed: int = 0) -> int:
    """Saves all carries, which takes in so many words; returns how many carry chains are left."""
    module, rng = builder.module, np.random.default_rng(seed)
    ports = {
        name: len(port["bits"]) for name, port in module["ports"].items() if port["direction"] == "input"
    }
    inputs = [{name: int(rng.integers(1 << n)) for name, n in ports.items()} for _ in range(40)]
    before = [values(module, each) for each in inputs]
    assert save_carries(module, set(module["cells"])) == words
    assert [values(module, each) for each in inputs] == before
    return sum(cell["type"] in ("$add", "$sub") for cell in module["cells"].values())


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("terms", [3, 4, 7, 12])
def test_a_tree_becomes_one_word(terms: int, signed: bool) -> None:
    builder = Builder()
    level = [builder.port(f"x{i}", builder.new(8), "input") for i in range(terms)]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [
            builder.word(*pair, max(map(len, pair)) + 1, signed=signed) if len(pair) == 2 else pair[0]
            for pair in pairs
        ]
    builder.port("sum", level[0])
    assert same(builder, terms - 2) == 1


@pytest.mark.parametrize("terms", [3, 4, 12])
def test_no_carry_ripples_through_full_adders(terms: int) -> None:
    """Of a tree whose every word has a carry at its lowest bit, and addends of different widths."""
    builder = Builder()
    ports = [builder.port(f"x{i}", builder.new(8 + 8 * (i % 3)), "input") for i in range(terms)]
    carries = iter(builder.port("carries", builder.new(terms), "input"))
    total = ports[0]
    for term in ports[1:]:
        total = builder.word([next(carries), *total], ["1", *term], max(map(len, (total, term))) + 2)[1:]
    builder.port("sum", total)
    assert same(builder, terms - 2) <= terms - 1
    assert depth(builder.module) <= {3: 4, 4: 5, 12: 9}[terms]


def depth(module: Module) -> int:
    """The most full adders one behind the other."""
    drivers = {
        bit: cell
        for cell in module["cells"].values()
        if cell["type"] == "$fa"
        for pin in "XY"
        for bit in cell["connections"][pin]
    }

    @cache
    def level(bit: Bit) -> int:
        return 1 + max(map(level, read(drivers[bit]))) if bit in drivers else 0

    return max(map(level, drivers))


def test_what_is_subtracted_and_what_is_carried_in() -> None:
    """A sum whose lowest bit, of a one and a carry, nobody reads, less another."""
    builder = Builder()
    a, b, c, d = (builder.port(name, builder.new(6), "input") for name in "abcd")
    carry = builder.port("carry", builder.new(1), "input")
    inner = builder.word(["1", *a], [*carry, *b], 8)
    other = builder.word(c, d, 7, kind="$sub")
    builder.port("sum", builder.word(inner[1:], other, 12, kind="$sub"))
    assert same(builder, 2) == 2


def test_a_carry_below_an_inner_word() -> None:
    builder = Builder()
    a, b, c = (builder.port(name, builder.new(6), "input") for name in "abc")
    carry = builder.port("carry", builder.new(1), "input")
    inner = builder.word(a, b, 7)
    builder.port("sum", builder.word([*carry, *inner], ["1", *c], 9)[1:])
    assert same(builder, 1) == 1


@pytest.mark.parametrize("rows", [2, 3, 5, 8])
def test_the_rows_of_a_product_become_one_word(rows: int) -> None:
    """Each row is added to what is above two bits of those before, as a multiplier's are."""
    builder = Builder()
    operands = [builder.port(f"x{i}", builder.new(8), "input") for i in range(rows + 1)]
    above, low = operands[0], []
    for operand in operands[1:]:
        total = builder.word(operand, above, 10)
        low += total[:2]
        above = total[2:]
    builder.port("product", [*low, *above])
    assert same(builder, rows - 1) == 1


def test_a_word_that_may_overflow_stays_where_its_sign_is_extended() -> None:
    builder = Builder()
    a, b, c = (builder.port(name, builder.new(8), "input") for name in "abc")
    builder.port("sum", builder.word(builder.word(a, b, 8), c, 10))
    assert same(builder, 0) == 2


def test_a_word_that_others_read_stays() -> None:
    builder = Builder()
    a, b, c = (builder.port(name, builder.new(8), "input") for name in "abc")
    inner = builder.word(a, b, 9)
    builder.port("sum", builder.word(inner, c, 10))
    builder.port("also", inner[3:4])
    assert same(builder, 0) == 2


@pytest.mark.parametrize("seed", range(30))
def test_random_words(seed: int) -> None:
    """Shifted, extended, cut off, negated, signed or not: whatever is taken in, the values stay."""
    rng = np.random.default_rng(seed)
    builder = Builder()
    known = [builder.port(f"x{i}", builder.new(int(rng.integers(1, 7))), "input") for i in range(6)]
    for _ in range(6):
        a, b = (known.pop(int(rng.integers(len(known)))) for _ in range(2))
        shift = int(rng.integers(0, min(3, len(a))))
        below: list[Bit] = [[], ["1"], known[0][:1]][int(rng.integers(3))]
        if shift:
            builder.port(f"low{len(builder.module['ports'])}", a[:shift])
        a = [*below, *a[shift:]]
        signed, kind = bool(rng.integers(2)), "$sub" if rng.random() < 0.3 else "$add"
        width = max(len(a), len(b)) + int(rng.integers(-1, 4))
        known += [
            builder.word(a, b, max(1, width), kind=kind, signed=signed),
            builder.port(f"y{len(builder.module['ports'])}", builder.new(3), "input"),
        ]
    for i, bits in enumerate(known[-3:]):
        if not any(bits == port["bits"] for port in builder.module["ports"].values()):
            builder.port(f"out{i}", bits)
    module = builder.module
    ports = {
        name: len(port["bits"]) for name, port in module["ports"].items() if port["direction"] == "input"
    }
    inputs = [{name: int(rng.integers(1 << n)) for name, n in ports.items()} for _ in range(30)]
    before = [values(module, each) for each in inputs]
    save_carries(module, set(module["cells"]))
    assert [values(module, each) for each in inputs] == before


@pytest.mark.parametrize("said", [False, True])
def test_a_word_of_which_the_design_says_that_it_fits_is_taken_in(said: bool) -> None:
    builder = Builder()
    a, b, c = (builder.port(name, builder.new(8), "input") for name in "abc")
    inner = builder.word(a, b, 8)
    builder.module["netnames"]["inner"] = {"bits": inner[2:], "attributes": {FITS: "1"} if said else {}}
    builder.port("sum", builder.word(inner, c, 10))
    assert save_carries(builder.module, set(builder.module["cells"])) == said
    for numbers in ((60, -64, 127), (-64, -64, -128), (63, 64, 1)):
        ports = dict(zip("abc", (number & 255 for number in numbers), strict=True))
        assert values(builder.module, ports) == {"sum": sum(numbers) & 1023}
