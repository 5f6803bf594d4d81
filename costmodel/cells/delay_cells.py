"""Buffers and inverters that are made to be slow: delay and hold cells, which nobody buffers a net with.

By what they compute they are buffers, so a mapper takes them for such. They are told by their delay: a chain
of the library's fastest buffer, each four times as strong as the last, would be far quicker. Some that are
only a little slower are known by their names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from costmodel.cells.functions import FunctionError
from costmodel.cells.samples import Samples
from costmodel.cells.table import Cell

SLOW = 1.75
"""How many times longer than the chain a cell takes that is made to be slow. Of the buffers of four open
libraries the slowest takes 1.5 times as long; of their 33 delay cells all but two 1.9 times and more."""

_NAMES = re.compile(r"dly|delay|hold|(?:^|_)del\d", re.IGNORECASE)
_BUFFER, _INVERTER = 0b10, 0b01
_STAGE = 4.0
"""How much stronger each buffer of a chain is than the one before."""


@dataclass(frozen=True)
class _Timed:
    """A buffer or inverter: ps without a load, ps for each fF, input capacitance in fF."""

    name: str
    inverts: bool
    intrinsic_ps: float
    slope: float
    capacitance: float


def delay_cells(cells: Mapping[str, Cell]) -> frozenset[str]:
    """The names of the buffers and inverters that are made to be slow."""
    known, timed = set(), []
    for cell in cells.values():
        function = _function_of_one(cell)
        if function not in (_BUFFER, _INVERTER):
            continue
        if _NAMES.search(cell.name):
            known.add(cell.name)
        elif (measured := _timed(cell, function == _INVERTER)) is not None:
            timed.append(measured)
    fastest = {
        inverts: min((cell for cell in timed if cell.inverts == inverts), key=_speed, default=None)
        for inverts in (False, True)
    }
    return frozenset(known | {cell.name for cell in timed if _is_slow(cell, fastest[False], fastest[True])})


def _speed(cell: _Timed) -> float:
    return cell.intrinsic_ps


def _is_slow(cell: _Timed, buffer: _Timed | None, inverter: _Timed | None) -> bool:
    """Whether a chain of the fastest buffer, behind an inverter if need be, is ``SLOW`` times as quick."""
    reference = buffer or inverter
    if reference is None:
        return False
    gain = (reference.slope / cell.slope) * (reference.capacitance / cell.capacitance)
    stages = 1 + max(0.0, math.log(gain, _STAGE))
    inverting = inverter.intrinsic_ps if cell.inverts and inverter is not None else 0.0
    return cell.intrinsic_ps > SLOW * (inverting + stages * reference.intrinsic_ps)


def _function_of_one(cell: Cell) -> int | None:
    """The truth table of a cell with one input and one output; None for all others."""
    if cell.sequential or len(cell.inputs) != 1 or len(cell.outputs) != 1:
        return None
    try:
        return cell.truth_table(cell.outputs[0])
    except FunctionError:
        return None


def _timed(cell: Cell, inverts: bool) -> _Timed | None:
    """The slower edge at the least input slew; None where there are no delays over load."""
    tables = [
        arc.tables[key]
        for arc in cell.pins[cell.outputs[0]].arcs
        for key in ("cell_rise", "cell_fall")
        if key in arc.tables and len(arc.tables[key].columns) > 1
    ]
    capacitance = cell.pins[cell.inputs[0]].capacitance
    if not tables or capacitance <= 0:
        return None
    slope = max(map(_slope, tables))
    if slope <= 0:
        return None
    return _Timed(
        cell.name, inverts, max(table.at(table.rows[0], 0.0) for table in tables), slope, capacitance
    )


def _slope(table: Samples) -> float:
    first, last = table.columns[0], table.columns[-1]
    return (table.values[0][-1] - table.values[0][0]) / (last - first)
