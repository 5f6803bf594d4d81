"""From what ABC made of the stand-ins back to a netlist of library cells, checked cell by cell.

Sizing may do two things: exchange a cell for another strength of it, and put buffers and inverters into
nets. So the two netlists are walked side by side from the ends of their paths, buffers and pairs of
inverters passed over. Where they differ in anything else, or a cell is left out, or one is there twice, the
result is refused. What passes is equivalent, and has the same registers and adders.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from costmodel.cells.table import Cell, CellTable
from costmodel.flow.netlist import Bit, Netlist, new_cell
from costmodel.flow.stand_ins import CONSTANTS, GUARDS, START, Place, Shown

_CONTINUED = re.compile(r"\\\n")
_WIRES = {("", 1, 0b10): False, ("", 1, 0b01): True}
"""Of the classes of buffers and inverters: whether they invert."""


class RestoreError(ValueError):
    """A sized netlist that is not the netlist that was to be sized."""


@dataclass(frozen=True)
class Gate:
    """A cell of a sized netlist, and the net at each of its pins."""

    kind: str
    pins: Mapping[str, str]


def read_gates(blif: str) -> tuple[list[Gate], dict[str, str]]:
    """The gates of a mapped BLIF file, and which nets are the same: the first is driven by the second."""
    gates, same = [], {}
    lines = iter(_CONTINUED.sub(" ", blif).splitlines())
    for line in lines:
        word, *rest = line.split() or [""]
        if word == ".gate":
            gates.append(Gate(rest[0], dict(pair.split("=", 1) for pair in rest[1:])))
        elif word == ".names":
            if len(rest) != 2 or next(lines, "").split() != ["1", "1"]:
                raise RestoreError(f"sizing left {line!r}, which is no cell")
            same[rest[1]] = rest[0]
    return gates, same


def restore(module: dict[str, Any], shown: Shown, library: CellTable, blif: str) -> dict[str, Any]:
    """The module in the cells that sizing chose, with the buffers that it put in.

    Raises ``RestoreError`` when more than strengths and buffers changed.
    """
    return _Restoration(module, shown, library, blif).module()


class _Restoration:
    def __init__(self, module: dict[str, Any], shown: Shown, library: CellTable, blif: str) -> None:
        self._original, self._shown, self._library = module, shown, library
        # Of each kind of cell: which cells it may be exchanged for, and its pins.
        self._classes = {name: (shown.group(name), *_function(cell)) for name, cell in library.cells.items()}
        self._inputs_of = {name: cell.inputs for name, cell in library.cells.items()}
        self._output_of = {name: cell.outputs[0] for name, cell in library.cells.items()}
        self._inverts = {kind: _WIRES[each] for kind, each in self._classes.items() if each in _WIRES}
        self._gates, self._same = read_gates(blif)
        self._sized = {gate.pins[self._output_of[gate.kind]]: i for i, gate in enumerate(self._gates)}
        self._before = {
            cell["connections"][self._output_of[cell["type"]]][0]: name for name, cell in shown.cells.items()
        }
        self._pairs = self._match()

    # Checking ---------------------------------------------------------------------------------------------

    def _match(self) -> dict[str, int]:
        """Of each cell shown, but buffers and inverters, the gate that it became."""
        pairs: dict[str, int] = {}
        pending: list[tuple[Bit, str]] = [(end, end) for end in self._shown.ends]
        while pending:
            bit, net = pending.pop()
            name, before_inverted = self._root_before(bit)
            gate, inverted = self._root(net)
            if before_inverted != inverted:
                raise RestoreError(f"sizing inverted the net at {name}")
            if not (isinstance(gate, int) and name in self._shown.cells):
                if name != gate:
                    raise RestoreError(f"sizing connected {gate} where {name} belongs")
                continue
            if name not in pairs:
                pairs[name] = gate
                pending += self._inputs(name, self._gates[gate])
            elif pairs[name] != gate:
                raise RestoreError(f"sizing made two of {name}")
        self._check_all(pairs)
        return pairs

    def _root_before(self, bit: Bit) -> tuple[str, bool]:
        """The cell that drives a net of the original, past buffers and inverters; else what it is."""
        inverted = False
        while (name := self._before.get(bit)) is not None:
            cell = self._shown.cells[name]
            wire = self._inverts.get(cell["type"])
            if wire is None:
                return name, inverted
            inverted ^= wire
            bit = cell["connections"][self._inputs_of[cell["type"]][0]][0]
        return CONSTANTS.get(str(bit), str(bit)), inverted

    def _root(self, net: str) -> tuple[int | str, bool]:
        """The gate that drives a net, past buffers and inverters; else the net."""
        inverted = False
        while True:
            net = self._same.get(net, net)
            gate = self._sized.get(net)
            if gate is None:
                return net, inverted
            kind = self._gates[gate].kind
            wire = self._inverts.get(kind)
            if wire is None:
                return gate, inverted
            inverted ^= wire
            net = self._gates[gate].pins[self._inputs_of[kind][0]]

    def _inputs(self, name: str, gate: Gate) -> list[tuple[Bit, str]]:
        """Pairs of nets that have to be the same at a cell and the gate that it became."""
        cell = self._shown.cells[name]
        if self._classes[cell["type"]] != self._classes[gate.kind]:
            raise RestoreError(f"sizing exchanged {cell['type']} {name} for {gate.kind}")
        before, after = self._inputs_of[cell["type"]], self._inputs_of[gate.kind]
        pairs: list[tuple[Bit, str]] = []
        for pin, sized_pin in zip(before, after, strict=True):
            if pin in GUARDS:
                pairs.append((pin, gate.pins[sized_pin]))
            else:
                pairs.append((cell["connections"][pin][0], gate.pins[sized_pin]))
        return pairs

    def _check_all(self, pairs: Mapping[str, int]) -> None:
        """Nothing is left out, there twice or too much: counted by function and group."""
        before = Counter(self._classes[cell["type"]] for cell in self._shown.cells.values())
        after = Counter(self._classes[gate.kind] for gate in self._gates)
        matched = Counter(self._classes[self._gates[gate].kind] for gate in set(pairs.values()))
        for counted in (before, after, matched):
            for wire in _WIRES:
                counted.pop(wire, None)
        if not before == after == matched:
            changed = next(iter((before - matched) + (after - matched) + (before - after)))
            kinds = sorted(kind for kind, each in self._classes.items() if each == changed)
            raise RestoreError(
                f"sizing changed the cells {', '.join(kinds[:3])}: {before[changed]} before, "
                f"{after[changed]} after, {matched[changed]} in place"
            )

    # Restoring --------------------------------------------------------------------------------------------

    def module(self) -> dict[str, Any]:
        """The restored module."""
        cells: dict[str, Any] = {
            name: {**cell, "connections": dict(cell["connections"])}
            for name, cell in self._original["cells"].items()
            if name not in self._shown.cells or cell["type"] not in self._inverts
        }
        names = {gate: name for name, gate in self._pairs.items()}
        bits = self._name_nets(names)
        shares: defaultdict[str, list[tuple[str, Gate]]] = defaultdict(list)
        for number, gate in enumerate(self._gates):
            place = self._shown.places[names[number]] if number in names else Place(f"sizing.{number}")
            if place.pin is None:
                nets = {pin: bits[self._same.get(net, net)] for pin, net in gate.pins.items()}
                cells[place.cell] = new_cell(gate.kind, (self._output_of[gate.kind],), **nets)
            else:
                shares[place.cell].append((place.pin, gate))
        for name, parts in shares.items():
            cells[name]["type"] = self._strength(parts)
            for pin, net in self._taken(parts).items():
                cells[name]["connections"][pin] = [bits[self._same.get(net, net)]]
        return {**self._original, "cells": without_unread(cells, self._original["ports"])}

    def _name_nets(self, names: Mapping[int, str]) -> dict[str, Bit]:
        """The bit of each sized net: the original one where its driver is a cell of the original."""
        bits: dict[str, Bit] = {constant: bit for bit, constant in CONSTANTS.items()}
        fresh = Netlist(self._original)
        for net, gate in self._sized.items():
            if gate in names:
                cell = self._shown.cells[names[gate]]
                bits[net] = cell["connections"][self._output_of[cell["type"]]][0]
            else:
                bits[net] = fresh.new_bit()
        return bits

    def _strength(self, parts: list[tuple[str, Gate]]) -> str:
        """The cell that parts are of; where two outputs of a flip-flop disagree, the larger."""
        real = {self._shown.stand_ins[gate.kind].real for pin, gate in parts if pin in gate.pins}
        real = real or {self._shown.stand_ins[gate.kind].real for _, gate in parts}
        return max(sorted(real), key=lambda kind: self._shown.table.cells[kind].area)

    def _taken(self, parts: list[tuple[str, Gate]]) -> dict[str, str]:
        """The net at each data input: of those at the parts of an adder that through the fewest buffers."""
        taken: dict[str, str] = {}
        for place, gate in parts:
            data = {place: gate.pins["A"]} if place not in gate.pins else gate.pins
            for pin, net in data.items():
                if pin not in (START, *GUARDS, *(p for p, _ in parts if p in gate.pins)):
                    taken[pin] = min(taken.get(pin, net), net, key=self._depth)
        return taken

    def _depth(self, net: str) -> int:
        """Through how many buffers and inverters a net comes."""
        depth = 0
        while (gate := self._sized.get(self._same.get(net, net))) is not None:
            kind = self._gates[gate].kind
            if kind not in self._inverts:
                break
            net = self._gates[gate].pins[self._inputs_of[kind][0]]
            depth += 1
        return depth


def without_unread(cells: dict[str, Any], ports: Mapping[str, Any]) -> dict[str, Any]:
    """The cells but for buffers and inverters that nothing reads."""
    kept = dict(cells)
    while True:
        read = {bit for port in ports.values() for bit in port["bits"]}
        for cell in kept.values():
            for pin, bits in cell["connections"].items():
                if cell["port_directions"][pin] == "input":
                    read.update(bits)
        unread = [
            name
            for name, cell in kept.items()
            if name.startswith("sizing.") and not read.intersection(*_outputs(cell))
        ]
        if not unread:
            return kept
        for name in unread:
            del kept[name]


def _outputs(cell: Mapping[str, Any]) -> list[list[Bit]]:
    return [bits for pin, bits in cell["connections"].items() if cell["port_directions"][pin] == "output"]


def _function(cell: Cell) -> tuple[int, int]:
    """Inputs and truth table of a cell of one output; cells that have no function are alike with none."""
    return len(cell.inputs), cell.truth_table(cell.outputs[0])
