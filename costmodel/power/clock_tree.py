"""The clock tree that a netlist has not got yet: an estimate of what its buffers take.

Of the library's buffers one kind, each driving at most ``FAN_OUT`` pins, level by level until one is left:
the one that takes the least energy among those whose transitions at that load are at most ``SLOWER`` times
as long as the quickest one's. Wires are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.cells.functions import FunctionError, Literal, literal
from costmodel.cells.powers import PowerTable
from costmodel.cells.table import Cell, CellTable

FAN_OUT = 20
SLOWER = 1.5
UNBUFFERED_SLEW_PS = 20.0
"""The slew of a clock where the library has no buffer."""


@dataclass(frozen=True)
class ClockBuffer:
    """A buffer at its load: what a pulse takes, its input's pin included (fJ), and its output's slew (ps)."""

    name: str
    pulse_fj: float
    slew_ps: float
    area_um2: float


def clock_buffer(table: CellTable, powers: PowerTable, sink_ff: float) -> ClockBuffer | None:
    """The buffer of a clock tree over pins of so many fF; None if the library has none."""
    buffers = [
        buffer
        for cell in table.cells.values()
        if (buffer := _loaded(cell, powers, sink_ff * FAN_OUT)) is not None
    ]
    if not buffers:
        return None
    quickest = min(buffer.slew_ps for buffer in buffers)
    return min(
        (buffer for buffer in buffers if buffer.slew_ps <= SLOWER * quickest),
        key=lambda buffer: (buffer.pulse_fj, buffer.name),
    )


def buffers_over(sinks: int) -> int:
    """How many buffers a tree over so many pins has."""
    count = 0
    while sinks > 1:
        sinks = -(-sinks // FAN_OUT)
        count += sinks
    return count


def _loaded(cell: Cell, powers: PowerTable, load: float) -> ClockBuffer | None:
    if cell.sequential or len(cell.inputs) != 1 or len(cell.outputs) != 1 or cell.name not in powers.cells:
        return None
    (pin,), (output,) = cell.inputs, cell.outputs
    try:
        if literal(cell.pins[output].function or "") != Literal(pin) or not cell.pins[output].arcs:
            return None
    except FunctionError:
        return None
    arc = cell.pins[output].arcs[0]
    transitions = [arc.tables[key] for key in ("rise_transition", "fall_transition") if key in arc.tables]
    if not transitions or load > cell.pins[output].most_load:
        return None
    slew = transitions[0].rows[0]
    for _ in range(4):  # driven by its like
        slew = max(table.at(slew, load) for table in transitions)
    energies = powers.cells[cell.name].pins.get(output, ())
    internal = sum(
        table.at(slew, load)
        for energy in energies[:1]
        for table in (energy.rise, energy.fall)
        if table is not None
    )
    own = cell.pins[pin].capacitance * powers.voltage**2
    return ClockBuffer(cell.name, own + internal, slew, cell.area)
