"""Buffers where they shorten late paths: what has time to spare gets a buffer, what is late keeps its net.

Buffers in all nets of many readers, late or not, make a core a tenth larger. Most of the delay that they save
is in few nets, whose load is mostly that of readers with time to spare.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from costmodel.cells.table import Cell, CellTable
from costmodel.flow.edits import Edits
from costmodel.flow.exchanges import pushes
from costmodel.flow.static_timing import Timing

FEWEST = 4
"""Readers of a net that is more often worth a buffer than one of fewer."""
NEAR = 0.01
"""Paths within this share of the period are looked at as late, for they become so next."""
EFFORT = 5.0
"""Load that a buffer drives well, in its own."""
LEAST_GAIN, FEWER_GAIN = 1e-2, 2e-2
"""The least gain of a buffer, as a share of the period, and of one in a net of fewer readers."""


def relieve(
    module: dict[str, Any], table: CellTable, logic: CellTable, timing: Timing, period_ps: float
) -> int:
    """Puts buffers in front of the readers with time to spare of late nets, in place; returns how many.

    Where a buffer before all readers of a net costs less than their load, they share it.
    """
    edits = Edits(module, table, logic)
    if not edits.buffers:
        return 0
    small, strong = edits.buffers[0], edits.buffers[-1]
    cost, least = _delay(small), _enters(small)
    slacks = timing.pin_slacks(period_ps)
    late = {bit: slack for bit, slack in timing.slacks(period_ps).items() if slack < NEAR * period_ps}
    push = pushes(timing, np.arange(len(timing.graph.start))).reshape(-1, 2).max(axis=1)
    most = EFFORT * _enters(strong)
    buffers = 0
    for bit in sorted(late, key=lambda bit: late[bit]):
        loads = {(name, pin): edits.kind(name).pins[pin].capacitance for name, pin in edits.readers[bit]}
        if not loads:
            continue
        per_ff, total = float(push[timing.graph.numbers[bit]]), sum(loads.values())
        if per_ff * total <= LEAST_GAIN * period_ps:
            continue
        enough = late[bit] + 1.5 * cost
        spare = [reader for reader in loads if slacks.get(reader, math.inf) > enough]
        saved = per_ff * (sum(loads[reader] for reader in spare) - least)
        kind, gain = max(
            (
                (kind, per_ff * (total - _enters(kind)) - _delay(kind, total))
                for kind in edits.buffers
                if per_ff * (total - _enters(kind)) > LEAST_GAIN * period_ps
            ),
            key=lambda choice: choice[1],
            default=(small, 0.0),
        )
        if gain > max(saved, LEAST_GAIN * period_ps):
            edits.buffer(bit, loads, kind, "relief")
            buffers += 1
            continue
        if saved < (LEAST_GAIN if len(loads) >= FEWEST else FEWER_GAIN) * period_ps:
            continue
        spare.sort(key=loads.__getitem__, reverse=True)
        groups = math.ceil(sum(loads[reader] for reader in spare) / most)
        for group in (spare[i::groups] for i in range(groups)):
            load = sum(loads[reader] for reader in group)
            edits.buffer(bit, group, edits.buffer_for(load), "relief")
            buffers += 1
    return buffers


def _enters(buffer: Cell) -> float:
    """fF of a buffer's input."""
    return buffer.pins[buffer.inputs[0]].capacitance


def _delay(buffer: Cell, load: float | None = None) -> float:
    """ps that a buffer takes with a load (fF); without one, with that which it drives well."""
    output = buffer.pins[buffer.outputs[0]]
    return max(
        samples.at(0.0, EFFORT * _enters(buffer) if load is None else load)
        for arc in output.arcs
        for key, samples in arc.tables.items()
        if key in ("cell_rise", "cell_fall")
    )
