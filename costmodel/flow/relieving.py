"""Buffers where they shorten late paths: what has time to spare gets a buffer, what is late keeps its net.

ABC's buffering puts buffers into all nets of many readers, late or not, which makes a core a tenth larger.
Most of the delay that buffers save is in few nets, whose load is mostly that of readers with time to spare.
"""

from __future__ import annotations

import math
from typing import Any

from costmodel.cells.table import Cell, CellTable
from costmodel.flow.edits import Edits
from costmodel.flow.static_timing import Timing

FEWEST = 4
"""Readers that a net has that is worth a buffer."""
NEAR = 0.05
"""Paths within this share of the period are looked at as late, for they become so next."""
EFFORT = 5.0
"""Load that a buffer drives well, in its own."""
FULL = 0.5
"""Share of the load that a buffer may drive that is given to it."""
HEAVY = 2.0
"""Load of a net all of whose readers are late, and share buffers, in what a buffer drives well."""


def relieve(
    module: dict[str, Any], table: CellTable, logic: CellTable, timing: Timing, period_ps: float
) -> int:
    """Puts buffers in front of the readers with time to spare of late nets, in place; returns how many.

    Where all readers of a net are late, and a buffer costs less than their load, they share buffers.
    """
    edits = Edits(module, table, logic)
    if not edits.buffers:
        return 0
    small, strong = edits.buffers[0], edits.buffers[-1]
    cost = _delay(small)
    slacks = timing.reader_slacks(period_ps)
    late = {bit: slack for bit, slack in timing.slacks(period_ps).items() if slack < NEAR * period_ps}
    most = EFFORT * strong.pins[strong.inputs[0]].capacitance
    buffers = 0
    for bit in sorted(late, key=lambda bit: late[bit]):
        loads = {(name, pin): edits.kind(name).pins[pin].capacitance for name, pin in edits.readers[bit]}
        if not isinstance(bit, int) or len(loads) < FEWEST:
            continue
        enough = late[bit] + 1.5 * cost
        spare = [reader for reader in loads if slacks.get((reader[0], bit), math.inf) > enough]
        if sum(loads[reader] for reader in spare) < 2 * small.pins[small.inputs[0]].capacitance:
            if sum(loads.values()) < HEAVY * most:
                continue
            spare = list(loads)
        spare.sort(key=loads.__getitem__, reverse=True)
        groups = math.ceil(sum(loads[reader] for reader in spare) / most)
        for group in (spare[i::groups] for i in range(groups)):
            load = sum(loads[reader] for reader in group)
            fits = [kind for kind in edits.buffers if FULL * kind.pins[kind.outputs[0]].most_load >= load]
            edits.buffer(bit, group, fits[0] if fits else strong, "relief")
            buffers += 1
    return buffers


def _delay(buffer: Cell) -> float:
    """ps that a buffer takes with the load that it drives well."""
    output = buffer.pins[buffer.outputs[0]]
    load = EFFORT * buffer.pins[buffer.inputs[0]].capacitance
    return max(
        samples.at(0.0, load)
        for arc in output.arcs
        for key, samples in arc.tables.items()
        if key in ("cell_rise", "cell_fall")
    )
