"""The energy of designs: of cores for steps, filled tables and clock cycles, of memories for what they move.

The engine that computes what is not ternary is no part of a design: its energy is not counted. While it
works, and while anything waits for a memory, the clocks of the cores go on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from costmodel.speeds import Speed
from dse.pricing import buffers, passes
from dse.pricing.areas import amount
from dse.pricing.demands import HOLDING, accesses
from dse.pricing.figure import Step, energy_of
from dse.pricing.limits import memory_energy
from dse.pricing.pieces import Demand, Piece, Weighted, pieces_of
from dse.pricing.view import Array, View

_CLOCK, _STEP, _LOAD = (amount(energy_of(reason)) for reason in ("clock", "step", "load"))
"""fJ that all cores take for a cycle, a step and a table that is filled, with cells of least area."""


def grown(view: View) -> Array:
    """What the energy of cells that are sized for the clock is over that of least area."""
    assert view.energies is not None
    return 1 + view.energies.growth * (view(Step.LARGER) - 1)


def larger(view: View) -> Array:
    """Area of the cells, sized for the clock, over their least area."""
    return np.asarray(_cells(view, "area_um2", "medium") / _cells(view, "least_area_um2", "relaxed"))


def _cells(view: View, area: str, speed: Speed) -> Array:
    """µm² of the cells alone, neither spread for wires, as at a ``speed``, nor with memories."""
    memories = view(Step.BUFFER_AREA) if view.sram else np.zeros(())
    spread = 1.0 if view.wires is None else view.wires.spread[speed]
    return np.asarray((view(area) - memories) / spread)


def cycle_pj(view: View) -> Array:
    """pJ of a cycle in which all cores make a step."""
    held = np.isin(view("dataflow"), HOLDING)
    loads = np.where(held, 1 / _words(view), 1.0) if held.any() else np.ones(())
    return np.asarray(grown(view) * (_CLOCK(view) + _STEP(view) + loads * _LOAD(view)) * 1e-3)


def _words(view: View) -> Array:
    """Steps for which a table is held: partial sums of a column."""
    outputs = np.maximum(view("outputs"), 1)
    return -(-outputs // view("columns"))


def leakage_nw(view: View) -> Array:
    """nW that the cells of all cores leak."""
    assert view.energies is not None
    cells = _cells(view, "least_area_um2", "relaxed") * view(Step.LARGER)
    return np.asarray(cells * view.energies.leakage_nw_per_um2)


def cores_pj(view: View, chosen: Weighted) -> Array:
    """pJ that the cores take for some passes, leakage included; 0 where the technology has no energies."""
    if view.energies is None:
        return np.zeros(())
    pieces = pieces_of(view.workload, chosen)
    steps, loads = _work(view, pieces)
    seconds = passes.seconds(view, pieces)
    clocked = seconds * view("clock_mhz") * 1e6 * _CLOCK(view)
    moved = steps * _STEP(view) + loads * _LOAD(view)
    return np.asarray(grown(view) * (clocked + moved) * 1e-3 + seconds * leakage_nw(view) * 1e3)


def _work(view: View, pieces: Sequence[Piece]) -> tuple[Array, Array]:
    """Steps of each core, and in how many of them its tables are filled."""
    steps, loads = np.zeros(()), np.zeros(())
    held = np.isin(view("dataflow"), HOLDING)
    for piece in pieces:
        if not isinstance(piece.work, Demand):
            made, filled, _ = accesses(view, piece.work)
            steps = steps + piece.often * made
            loads = loads + piece.often * (np.where(held, filled, made) if held.any() else made)
    return steps, loads


def buffers_pj(view: View, chosen: Weighted) -> Array:
    """pJ that memories on chip take for the ternary layers of some passes."""
    total = np.zeros(())
    if not view.sram:
        return total
    for piece in pieces_of(view.workload, chosen):
        if not isinstance(piece.work, Demand):
            total = total + piece.often * buffers.picojoules(view, piece.work)
    return total


def memory_pj(view: View, chosen: Weighted) -> Array:
    """pJ that the memory off chip takes for all that some passes move."""
    each = memory_energy(view)
    if not each.any():
        return np.zeros(())
    bits = passes.traffic(view, pieces_of(view.workload, chosen))
    return np.asarray(sum(bits.values()) * each)


def chip_pj(view: View, chosen: Weighted) -> Array:
    """pJ of everything on chip: cores and their memories."""
    return cores_pj(view, chosen) + buffers_pj(view, chosen)


def all_pj(view: View, chosen: Weighted) -> Array:
    """pJ of everything that is counted: cores, memories on chip, the memory off chip."""
    return chip_pj(view, chosen) + memory_pj(view, chosen)
