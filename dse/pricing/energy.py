"""The energy of designs: of cores for steps, filled tables and clock cycles, of memories for what they move.

The engine that computes what is not ternary is no part of a design: its energy is not counted. While it
works, and while anything waits for a memory, the clocks of the cores go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from costmodel.price.motions import IN_TURN, SEEN
from dse.pricing import buffers, passes
from dse.pricing.areas import cells_of
from dse.pricing.demands import HOLDING, accesses
from dse.pricing.figure import LayerEnergy, PlanFigure, Step, energy_of
from dse.pricing.limits import memory_energy
from dse.pricing.pieces import Demand, Piece, Weighted, pieces_of
from dse.pricing.view import Array, View, weighted_sum
from dse.spec.workload import Shape

_CLOCK, _OF_STEP, _LOAD, _HOLD = (cells_of(energy_of(reason)) for reason in ("clock", "step", "load", "hold"))
"""fJ that all cores take, with cells of least area, for a cycle, a step, a table that is filled, and more for
one that is held."""
_TURN = cells_of(energy_of("turn"), among=IN_TURN)
"""fJ more of a step of another sum than the one before."""
_ROWS, _COLUMNS = (cells_of(energy_of(reason), among=SEEN) for reason in ("rows", "columns"))
"""fJ more of a step for each doubling of the rows, of new activations for each doubling of the columns."""
_FILLED = cells_of(energy_of("step"), energy_of("load"))
"""fJ of a step that fills its tables, of one row and column."""
_LEAST = cells_of("relaxed")


def grown(view: View) -> Array:
    """What the energy of cells that are sized for the clock is over that of least area."""
    assert view.energies is not None
    growth = view.energies.growth
    return np.asarray((1 - growth) + larger(view) * growth)


def larger(view: View) -> Array:
    """Area of the cells, sized for the clock, over their least area."""
    return np.asarray(view(Step.CELLS) / (_LEAST(view) * _spread(view)))


def _spread(view: View) -> float:
    """What wires spread cells by."""
    return 1.0 if view.wires is None else view.wires.spread["medium"]


def cycle_pj(view: View) -> Array:
    """pJ of a cycle in which all cores make a step."""
    moved = _fill(view) if not _holds(view) else _step(view) + _fills(view) * _loads_a_step(view)
    return np.asarray(view(Step.GROWN) * (_CLOCK(view) + moved) * 1e-3)


def _fill(view: View) -> Array:
    """fJ of a step that fills its tables."""
    return np.asarray(_FILLED(view) + _chosen(view) + _driven(view))


def _step(view: View) -> Array:
    """fJ of a step that keeps its tables, with what one of stored sums takes that has its turn in it; more of
    one that steps without keys follow, as fewer sums take turns than an accumulator has stages."""
    holds, words = np.isin(view("dataflow"), HOLDING), _words(view)
    stages = view(PlanFigure.ACCUMULATOR_STAGES)
    turns, alone = holds & (words > stages), holds & (words < stages)
    step = _OF_STEP(view) + _chosen(view)
    if alone.any():
        step = step * np.where(alone, 1 + 1 / words, 1.0)
    return np.asarray(step + np.where(turns, _TURN(view), 0.0) if turns.any() else step)


def _chosen(view: View) -> Array:
    """fJ of a step's glitches by keys, which are late because they drive several rows."""
    rows = np.log2(view("rows"))
    return np.asarray(_ROWS(view) * rows if rows.any() else 0.0)


def _driven(view: View) -> Array:
    """fJ of glitches by new activations, which are late because they drive several columns."""
    return np.asarray(_COLUMNS(view) * np.log2(view("columns")))


def _fills(view: View) -> Array:
    """fJ of a table that is filled, and told so where it is held."""
    return np.asarray(_LOAD(view) + _driven(view) + _HOLD(view) * (_loads_a_step(view) < 1))


def _holds(view: View) -> bool:
    """Whether any of the designs holds tables, for outputs or for planes of weights."""
    return bool(np.isin(view("dataflow"), HOLDING).any() or (view("weight_bits") > 1).any())


def _loads_a_step(view: View) -> Array:
    """Tables that are filled in a step."""
    return np.where(np.isin(view("dataflow"), HOLDING), 1 / _words(view), 1 / view("weight_bits"))


def _words(view: View) -> Array:
    """Steps for which a table is held: partial sums of a column."""
    outputs = np.maximum(view("outputs"), 1)
    return -(-outputs // view("columns"))


def leakage_nw(view: View) -> Array:
    """nW that the cells of all cores leak."""
    assert view.energies is not None
    return np.asarray(view(Step.CELLS) * (view.energies.leakage_nw_per_um2 / _spread(view)))


def cores_pj(view: View, chosen: Weighted, seconds: Array | None = None) -> Array:
    """pJ that the cores take for some passes, leakage included; 0 where the technology has no energies.

    ``seconds``: what the passes take, where that is known.
    """
    if view.energies is None:
        return np.zeros(())
    pieces = pieces_of(view.workload, chosen)
    if seconds is None:
        seconds = passes.seconds(view, pieces)
    moved = [(often, view(LayerEnergy(layers))) for layers, often in _layers(pieces)]
    return weighted_sum([(1.0, seconds * view(Step.CLOCKED_POWER)), *moved])


def _layers(pieces: Sequence[Piece]) -> Iterator[tuple[tuple[Shape, ...], float]]:
    """The ternary layers of some pieces, and how often they are computed."""
    for piece in pieces:
        if not isinstance(piece.work, Demand):
            yield piece.work, piece.often


def clocked_power(view: View) -> Array:
    """pJ a second that the clocks of all cores take, whatever they do, and what their cells leak."""
    return np.asarray(view(Step.GROWN) * _CLOCK(view) * (1e3 * view("clock_mhz")) + 1e3 * leakage_nw(view))


def layers_pj(view: View, shapes: Sequence[Shape]) -> Array:
    """pJ of the steps and of the filled tables of layers, without the clock: the same behind any memory."""
    steps, tiles, _ = accesses(view, shapes)
    if not _holds(view):
        return np.asarray((steps * 1e-3) * _fill(view) * view(Step.GROWN))
    loads = np.where(np.isin(view("dataflow"), HOLDING), tiles, steps / view("weight_bits"))
    return np.asarray((steps * 1e-3 * _step(view) + loads * 1e-3 * _fills(view)) * view(Step.GROWN))


def buffers_pj(view: View, chosen: Weighted) -> Array:
    """pJ that memories on chip take for the ternary layers of some passes."""
    total = np.zeros(())
    if not view.sram:
        return total
    for layers, often in _layers(pieces_of(view.workload, chosen)):
        total = total + often * buffers.picojoules(view, layers)
    return total


def memory_pj(view: View, chosen: Weighted) -> Array:
    """pJ that the memory off chip takes for all that some passes move."""
    each = memory_energy(view)
    if not each.any():
        return np.zeros(())
    bits = passes.traffic(view, pieces_of(view.workload, chosen))
    return np.asarray(sum(bits.values()) * each)


def chip_pj(view: View, chosen: Weighted, seconds: Array | None = None) -> Array:
    """pJ of everything on chip: cores and their memories."""
    return np.asarray(buffers_pj(view, chosen) + cores_pj(view, chosen, seconds))


def all_pj(view: View, chosen: Weighted) -> Array:
    """pJ of everything that is counted: cores, memories on chip, the memory off chip."""
    return chip_pj(view, chosen) + memory_pj(view, chosen)
