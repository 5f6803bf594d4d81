"""Exchanges cells of a timed netlist for other strengths: until a clock is met, and then until none is spare.

To be faster, cells on the latest paths are exchanged round by round for what gains most there; the netlist is
timed after each round, and exchanges on paths that became later than the latest was are taken back. To be
smaller, all cells give up what their paths can spare, each in proportion to its own delay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from costmodel.cells.grids import Floats, Indices
from costmodel.flow.exchanges import Estimate, Exchanges
from costmodel.flow.neighbours import is_neighbour
from costmodel.flow.static_timing import Timing

ROUNDS, FAILURES = 40, 3
"""Most rounds, and rounds one after the other that make no path shorter before it is over."""
WINDOW = 0.03
"""How much shorter than the longest a path may be, as a share of it, for its cells to be looked at."""
LEAST_GAIN = 1e-4
"""The least gain of an exchange, and of a round, as a share of the longest path."""
ENOUGH = 1e-3
"""A round that makes the paths in the window earlier by less, as a share of their lateness, is taken back."""
RETRIES = 4
"""How often exchanges that made paths too late are taken back in a round."""
SHARE, LEAST_SHARE = 0.8, 0.1
"""The share of what paths can spare that is given up at once; half of it after each failure."""
SAVED = 1e-3
"""A round that saves less, as a share of the area, is the last."""

SMALLER = 4
"""Rounds after these, in which single cells give up all that their paths can spare."""


def strengthened(timing: Timing, clock_ps: float | None) -> Timing:
    """The timing in the strengths that meet a clock, or are as fast as can be, and are small."""
    timing = faster(timing, clock_ps or 0.0)
    return smaller(timing, max(clock_ps or 0.0, timing.delay_ps))


def faster(timing: Timing, clock_ps: float) -> Timing:
    """Stronger where paths are late, until a clock is met or nothing helps."""
    free, failures = _free(timing), 0
    for _ in range(ROUNDS):
        delay = timing.delay_ps
        if delay <= clock_ps or failures > FAILURES:
            break
        found = Estimate(timing, delay, free).faster(WINDOW / (1 + 2 * failures) * delay)
        found = found.chosen(found.gains > LEAST_GAIN * delay)
        found = _apart(timing, found, -found.gains)
        if not len(found.cells):
            break
        after = _tried(timing, found, delay)
        failures += 1
        if earlier(after, timing, clock_ps):
            failures = 0 if after.delay_ps < delay * (1 - LEAST_GAIN) else failures
            timing = after
    return timing


def hastened(timing: Timing, clock_ps: float) -> Timing:
    """Stronger on the paths to all ends that are late for a clock, not to the latest alone."""
    free, longest = _free(timing), timing.delay_ps
    for _ in range(ROUNDS):
        goals = np.maximum(clock_ps, timing.arrival[timing.graph.end_node] + timing.tail)
        found = Estimate(timing, goals, free).faster(WINDOW * clock_ps)
        found = found.chosen(found.gains > LEAST_GAIN * clock_ps)
        found = _apart(timing, found, -found.gains)
        if not len(found.cells):
            break
        after = _tried(timing, found, longest)
        if after.lateness(clock_ps) > timing.lateness(clock_ps) * (1 - ENOUGH):
            break
        timing = after
    return timing


def earlier(after: Timing, before: Timing, clock_ps: float) -> bool:
    """Whether a round has made late paths earlier, and the longest no longer."""
    goal = max(clock_ps, before.delay_ps * (1 - WINDOW))
    shorter = after.lateness(goal) < before.lateness(goal) * (1 - ENOUGH)
    return shorter and after.delay_ps <= before.delay_ps


def smaller(timing: Timing, clock_ps: float) -> Timing:
    """Weaker where paths have time to spare, for a clock that is met."""
    free, share, area = _free(timing), SHARE, timing.library.area
    while share > LEAST_SHARE:
        found = Estimate(timing, clock_ps, free).smaller(share)
        after = timing.exchanged(_with(timing, found))
        if after.delay_ps > clock_ps:
            share /= 2
            continue
        saved = -found.areas.sum() / max(area[timing.kinds].sum(), 1e-9)
        timing = after
        if saved < SAVED:
            break
    for _ in range(SMALLER):
        found = Estimate(timing, clock_ps, free).smaller(None)
        after = _tried(timing, _apart(timing, found, found.areas), clock_ps)
        if after.delay_ps > clock_ps or not (after.kinds != timing.kinds).any():
            break
        timing = after
    return timing


def _free(timing: Timing) -> NDArray[np.bool_]:
    return np.array([not is_neighbour(name) for name in timing.graph.names], dtype=bool)


def _with(timing: Timing, exchanges: Exchanges) -> Indices:
    kinds = timing.kinds.copy()
    kinds[exchanges.cells] = exchanges.kinds
    return kinds


def _tried(timing: Timing, exchanges: Exchanges, most_ps: float) -> Timing:
    """The timing with exchanges, but for those next to paths that become longer than they may be."""
    for _ in range(RETRIES):
        after = timing.exchanged(_with(timing, exchanges))
        if after.delay_ps <= most_ps:
            break
        nets = timing.graph.pins[exchanges.cells]
        slack = after.slack(most_ps).reshape(-1, 2).min(axis=1)
        good = np.where(nets > 1, slack[nets], np.inf).min(axis=1) >= 0
        if good.all() or not good.any():
            break
        exchanges = exchanges.chosen(good)
    return after


def _apart(timing: Timing, exchanges: Exchanges, order: Floats) -> Exchanges:
    """The first of some exchanges, by ``order``, but none beside another, which changes what it does."""
    graph, chosen = timing.graph, []
    touched = np.ones(graph.nets, dtype=bool)
    touched[graph.output_net] = False
    driven = ~touched
    for i in np.argsort(order, kind="stable").tolist():
        nets = graph.pins[exchanges.cells[i]]
        nets = nets[driven[nets]]
        if not touched[nets].any():
            touched[nets] = True
            chosen.append(i)
    return exchanges.chosen(np.array(chosen, dtype=np.intp))
