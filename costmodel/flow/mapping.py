"""What a technology mapper is offered: the cells worth choosing from, one flip-flop of each kind, tied cells.

An area mapper needs one cell per function, the smallest. Some wide cells are smaller with two inputs tied
together than the library's own cell of the resulting function (ASAP7: AO332x1 with tied pairs is an AO222
in 0.160 instead of 0.175 µm²). Such tied cells are offered under names of their own and replaced by the
real ones afterwards.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import Any

from costmodel.cells.functions import FunctionError, literal
from costmodel.cells.table import Cell, CellTable, Pin

# Matching looks at functions of up to six inputs.
MAX_INPUTS = 6


@dataclass(frozen=True)
class TiedCell:
    """A cell of the library used with some inputs tied together: real pin → pin of the tied cell."""

    cell: str
    pins: dict[str, str]


@dataclass(frozen=True)
class Offer:
    """What the mapper is offered: a cell table for logic, one for flip-flops, and the tied cells by name."""

    logic: CellTable
    registers: CellTable
    tied: dict[str, TiedCell]


def strengths(table: CellTable) -> CellTable:
    """The logic cells in all their drive strengths, to size and buffer with."""
    return CellTable(table.name, {name: table.cells[name] for name in _functions(table)})


def offer(table: CellTable) -> Offer:
    """Chooses the cells to map to: of each function the smallest."""
    functions = _functions(table)
    smallest: dict[tuple[int, ...], float] = {}
    for name, (inputs, function) in functions.items():
        key = signature(inputs, function)
        smallest[key] = min(smallest.get(key, float("inf")), table.cells[name].area)
    chosen: dict[str, Cell] = {}
    seen: set[tuple[int, ...]] = set()
    for name, (inputs, function) in sorted(
        functions.items(), key=lambda item: (table.cells[item[0]].area, item[0])
    ):
        key = signature(inputs, function)
        if key not in seen:
            chosen[name] = table.cells[name]
            seen.add(key)
    tied: dict[str, TiedCell] = {}
    for name, (inputs, function) in functions.items():
        for key, groups in _ties(inputs, function):
            cell = table.cells[name]
            if cell.area < smallest.get(key, float("inf")) - 1e-9:
                smallest[key] = cell.area
                virtual, use = _tie(cell, groups)
                chosen[virtual.name] = virtual
                tied[virtual.name] = use
    return Offer(CellTable(table.name, chosen), CellTable(table.name, _flip_flops(table)), tied)


def missing_kinds(table: CellTable) -> list[str]:
    """What every core needs to be mapped and the table has not."""
    functions = set(_functions(table).values())
    registers = [cell.flip_flop for cell in _flip_flops(table).values()]
    gates = {
        "inverter": {(1, 0b01)},
        "NAND or NOR gate of two inputs": {(2, 0b0111), (2, 0b0001)},
    }
    missing = [name for name, tables in gates.items() if functions.isdisjoint(tables)]
    if not any(flop and flop.clock and not flop.clock.inverted and flop.data for flop in registers):
        missing.append("flip-flop of a rising edge")
    return missing


def _functions(table: CellTable) -> dict[str, tuple[int, int]]:
    """Inputs and truth tables of the cells that are one function of their inputs."""
    functions: dict[str, tuple[int, int]] = {}
    for cell in table.cells.values():
        if cell.sequential or len(cell.outputs) != 1 or not len(cell.inputs) >= 1:
            continue
        try:
            functions[cell.name] = (len(cell.inputs), cell.truth_table(cell.outputs[0]))
        except FunctionError:
            continue
    return functions


def signature(inputs: int, function: int) -> tuple[int, ...]:
    """Counts of ones, alone and per input and pair of inputs: equal for functions equal up to order."""
    columns = [_column(inputs, j) for j in range(inputs)]
    single = sorted((function & column).bit_count() for column in columns)
    pairs = sorted(
        (function & first & second).bit_count() for first, second in itertools.combinations(columns, 2)
    )
    corners = (function & 1, function >> ((1 << inputs) - 1))
    return (inputs, function.bit_count(), *corners, *single, *pairs)


def _column(inputs: int, j: int) -> int:
    """The truth table of input j alone."""
    block = ((1 << (1 << j)) - 1) << (1 << j)
    period = 2 << j
    return sum(block << (i * period) for i in range((1 << inputs) // period))


def _ties(inputs: int, function: int) -> list[tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]]:
    """Functions of at most ``MAX_INPUTS`` that arise by tying inputs: (signature, groups of tied inputs)."""
    start: tuple[tuple[int, ...], ...] = tuple((j,) for j in range(inputs))
    level = {signature(inputs, function): (start, function)}
    groupings: dict[tuple[int, ...], tuple[tuple[int, ...], ...]] = {}
    for width in range(inputs - 1, max(1, inputs - 4), -1):
        following: dict[tuple[int, ...], tuple[tuple[tuple[int, ...], ...], int]] = {}
        for groups, table in level.values():
            for i, j in itertools.combinations(range(width + 1), 2):
                merged = _merge(table, width + 1, i, j)
                if not all(_depends(merged, width, k) for k in range(width)):
                    continue
                rest = [group for k, group in enumerate(groups) if k != j]
                rest[i] = groups[i] + groups[j]
                following.setdefault(signature(width, merged), (tuple(rest), merged))
        if width <= MAX_INPUTS:
            for key, (groups, _) in following.items():
                groupings.setdefault(key, groups)
        level = following
    return list(groupings.items())


def _merge(function: int, inputs: int, i: int, j: int) -> int:
    """The truth table with input j tied to input i < j, and removed."""
    result = 0
    low = (1 << j) - 1
    for k in range(1 << (inputs - 1)):
        full = (k & low) | (k & ~low) << 1 | (k >> i & 1) << j
        result |= (function >> full & 1) << k
    return result


def _depends(function: int, inputs: int, j: int) -> bool:
    column = _column(inputs, j)
    return (function & column) >> (1 << j) != function & ~column & ((1 << (1 << inputs)) - 1)


def _tie(cell: Cell, groups: tuple[tuple[int, ...], ...]) -> tuple[Cell, TiedCell]:
    names = cell.inputs
    pin_of = {names[j]: names[group[0]] for group in groups for j in group}
    output = cell.pins[cell.outputs[0]]
    function = "".join(_renamed(output.function or "", pin_of))
    pins: dict[str, Pin] = {}
    for group in groups:
        first = cell.pins[names[group[0]]]
        pins[first.name] = replace(first, capacitance=sum(cell.pins[names[j]].capacitance for j in group))
    arcs = tuple(arc for arc in output.arcs if arc.related in pins)
    pins[output.name] = replace(output, function=function, arcs=arcs)
    name = f"TIED_{cell.name}_" + "_".join("".join(map(str, group)) for group in groups)
    return Cell(name, cell.area, pins), TiedCell(cell.name, pin_of)


def _renamed(function: str, pin_of: dict[str, str]) -> list[str]:
    return [pin_of.get(token, token) for token in re.findall(r"\w+|\W+", function)]


def _flip_flops(table: CellTable) -> dict[str, Cell]:
    """The smallest flip-flop of each kind (edge, clear, preset, enable)."""
    inverter = min(
        (
            cell.area
            for cell in table.cells.values()
            if len(cell.inputs) == 1 and len(cell.outputs) == 1 and not cell.sequential
        ),
        default=0.0,
    )
    best: dict[tuple[object, ...], tuple[float, Cell]] = {}
    for cell in table.cells.values():
        kind = _kind_of_register(cell)
        if kind is None or cell.flip_flop is None:
            continue
        stored = cell.flip_flop.data
        inverse = (stored is not None and stored.inverted) ^ all(
            cell.pins[output].function == cell.flip_flop.inverse for output in cell.outputs
        )
        # An inverted output costs part of an inverter: most are absorbed by the logic around.
        price = cell.area + (inverter / 4 if inverse else 0.0)
        if kind not in best or (price, cell.name) < (best[kind][0], best[kind][1].name):
            best[kind] = (price, cell)
    return {cell.name: cell for _, cell in best.values()}


def _kind_of_register(cell: Cell) -> tuple[object, ...] | None:
    """What a flip-flop's cell does; None for other cells, and for those with a scan chain's pins besides."""
    flop = cell.flip_flop
    if flop is None or flop.clock is None:
        return None
    try:
        if flop.pins != set(cell.inputs):
            return None
        polarities = [None if text is None else literal(text) for text in (flop.clear, flop.preset)]
    except FunctionError:
        return None
    plain = flop.data is not None
    return (flop.clock.inverted, plain, len(cell.inputs), *(each and each.inverted for each in polarities))


def restore_tied_cells(netlist: dict[str, Any], tied: dict[str, TiedCell]) -> None:
    """Replaces the tied cells that the mapper was offered by the library's cells."""
    for module in netlist["modules"].values():
        for cell in module["cells"].values():
            use = tied.get(cell["type"])
            if use is None:
                continue
            pins = cell["connections"]
            outputs = {pin: bits for pin, bits in pins.items() if cell["port_directions"][pin] == "output"}
            cell["type"] = use.cell
            cell["connections"] = {real: pins[pin] for real, pin in use.pins.items()} | outputs
            cell["port_directions"] = dict.fromkeys(use.pins, "input") | dict.fromkeys(outputs, "output")
