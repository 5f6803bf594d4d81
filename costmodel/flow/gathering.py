"""Full adders that are written as gates, gathered into ``$fa`` cells.

Carry-save Verilog states full adders as every tool knows them: ``d = a ^ b``, the sum ``d ^ c``, the carry
``a & b | d & c``. A mapper makes gates of these where the library has a cell, so they are looked for before.
Works on one module of a netlist in Yosys' JSON form, in gates of two inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from costmodel.flow.netlist import Bit, Netlist, new_cell


@dataclass(frozen=True)
class _Gate:
    name: str
    kind: str
    inputs: tuple[Bit, ...]


@dataclass(frozen=True)
class _FullAdder:
    """A full adder's inputs and carry, and the bits inside that nothing else need read."""

    inputs: tuple[Bit, Bit, Bit]
    carry: Bit
    difference: Bit
    products: tuple[Bit, Bit]


def gather_full_adders(module: dict[str, Any]) -> int:
    """Replaces the gates of a module that are full adders by ``$fa`` cells; returns how many there are."""
    gates: dict[Bit, _Gate] = {}
    for name, cell in module["cells"].items():
        if cell["type"] in ("$_XOR_", "$_AND_", "$_OR_"):
            pins = cell["connections"]
            gates[pins["Y"][0]] = _Gate(name, cell["type"], _ordered(pins["A"][0], pins["B"][0]))
    adders = list(_full_adders(gates))
    if not adders:
        return 0
    netlist, cells = Netlist(module), module["cells"]
    exclusive = {gate.inputs: output for output, gate in gates.items() if gate.kind == "$_XOR_"}
    for number, adder in enumerate(adders):
        total = exclusive.get(_ordered(adder.difference, adder.inputs[2]))
        for output in (adder.carry, total):
            if output is not None:
                del cells[gates[output].name]
        pins = dict(zip("ABC", adder.inputs, strict=True))
        pins |= {"X": adder.carry, "Y": netlist.new_bit() if total is None else total}
        cells[f"$gathered${number}"] = new_cell("$fa", ("X", "Y"), **pins)
    for inner in (
        {bit for adder in adders for bit in adder.products},
        {adder.difference for adder in adders},
    ):
        for bit in inner - netlist.readers():
            del cells[gates[bit].name]
    return len(adders)


def _ordered(*bits: Bit) -> tuple[Bit, ...]:
    return tuple(sorted(bits, key=str))


def _full_adders(gates: dict[Bit, _Gate]) -> Iterator[_FullAdder]:
    for carry, gate in gates.items():
        if gate.kind == "$_OR_":
            for both, late in permutations(gate.inputs):
                adder = _full_adder(gates, carry, both, late)
                if adder is not None:
                    yield adder
                    break


def _full_adder(gates: dict[Bit, _Gate], carry: Bit, both: Bit, late: Bit) -> _FullAdder | None:
    """The full adder whose carry is ``both`` or ``late``: ``a & b``, and the difference of these ``& c``."""
    first, second = gates.get(both), gates.get(late)
    if first is None or second is None or not first.kind == second.kind == "$_AND_":
        return None
    for difference, c in permutations(second.inputs):
        gate = gates.get(difference)
        if gate is not None and gate.kind == "$_XOR_" and gate.inputs == first.inputs:
            a, b = first.inputs
            return _FullAdder((a, b, c), carry, difference, (both, late))
    return None
