"""Gate sizing and buffering of a mapped netlist for a clock, between flip-flops of neighbours at the ports.

The netlist is brought within the library's limits of load and slew (``costmodel.flow.limits``), and its cells
are exchanged for other strengths (``costmodel.flow.strengthening``). Where paths are late, buffers are put in
(``costmodel.flow.relieving``), and it is sized once more. Nothing else changes: every cell but buffers is
there before and after. Static timing over the whole of it is the delay that is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from costmodel.cells.table import CellTable
from costmodel.flow.edits import with_kinds
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.limits import Exceeded, exceeded_limits, keep_limits
from costmodel.flow.neighbours import is_neighbour, with_neighbours, without_neighbours
from costmodel.flow.relieving import relieve
from costmodel.flow.static_timing import Timing
from costmodel.flow.strengthening import faster, strengthened

RELIEVED, FASTER = 12, 0.02
"""How often late nets are relieved, and how much faster than it is a netlist is to become by that."""
SLOW = 0.95
"""The same of a netlist beyond the library's limits, as long as that makes it so much faster each time."""
LITTLE = 0.003
"""Relieving that makes a netlist faster by less is not tried again where it is to be as fast as can be."""
HOPELESS = 1.5
"""A clock that is missed by more is not met by buffers either."""


@dataclass(frozen=True)
class Sized:
    """A netlist sized for a clock.

    Its area in µm², its longest path in ps, how many of each cell, how many nets are beyond the library's
    limits, the netlist, the same between its neighbours, and its timing.
    """

    area_um2: float
    delay_ps: float
    cells: dict[str, int]
    beyond_limits: int
    module: dict[str, Any]
    surrounded: dict[str, Any]
    timing: Timing


class Sizer:
    """Sizes one flat module of mapped cells.

    Parameters
    ----------
    module : in Yosys' JSON form.
    library : the cells in the module.
    logic : the combinational cells to choose from.
    """

    def __init__(self, module: dict[str, Any], library: Library, logic: CellTable) -> None:
        self._module, self._library, self._logic = module, library, logic

    def ladder(self, clock_ps: float | None = None) -> Iterator[Sized]:
        """Sized for a clock, or as fast as can be, with more and more buffers; ends when the clock is met, or
        where buffers help no more.
        """
        module, timing = self._started(clock_ps or 0.0)
        sized = self._sized(module, strengthened(timing, clock_ps))
        yield sized
        for _ in range(RELIEVED):
            if clock_ps is not None and not clock_ps < sized.delay_ps <= HOPELESS * clock_ps:
                return
            relieved = self._relieved(sized, clock_ps)
            if relieved is None or relieved.delay_ps >= sized.delay_ps:
                return
            little = relieved.delay_ps > (1 - LITTLE) * sized.delay_ps
            sized = relieved
            yield sized
            if clock_ps is None and little:
                return

    def _started(self, clock_ps: float) -> tuple[dict[str, Any], Timing]:
        """The module among its neighbours within the library's limits, and its timing.

        Most of what is beyond a limit is so for a cell is too weak, or its net too slow: these come first.
        """
        module = with_neighbours(self._module, self._library.table)
        timing = faster(Timing(Graph(module, self._library)), clock_ps)
        for _ in range(RELIEVED):
            if timing.delay_ps <= clock_ps:
                break
            relieved = with_kinds(module, timing)
            period = max(clock_ps, SLOW * timing.delay_ps)
            relieve(relieved, self._library.table, self._logic, timing, period)
            quicker = faster(Timing(Graph(relieved, self._library)), clock_ps)
            if quicker.delay_ps > SLOW * timing.delay_ps:
                break
            module, timing = relieved, quicker
        return self._kept(with_kinds(module, timing))[:2]

    def _relieved(self, sized: Sized, clock_ps: float | None) -> Sized | None:
        """A sized netlist with buffers in its late nets, sized anew; None where there is none to put in."""
        module = {**sized.surrounded, "cells": dict(sized.surrounded["cells"])}
        period = max(clock_ps or 0.0, (1 - FASTER) * sized.delay_ps)
        if not relieve(module, self._library.table, self._logic, sized.timing, period):
            return None
        module, timing, _ = self._kept(module)
        return self._sized(module, strengthened(timing, clock_ps))

    def _kept(self, module: dict[str, Any]) -> tuple[dict[str, Any], Timing, list[Exceeded]]:
        """A module brought within the library's limits, its timing, and what still exceeds one."""

        def time() -> Timing:
            return Timing(Graph(module, self._library))

        return module, *keep_limits(module, self._library.table, self._logic, time)

    def _sized(self, module: dict[str, Any], timing: Timing) -> Sized:
        surrounded, exceeded = with_kinds(module, timing), exceeded_limits(timing)
        if exceeded:
            surrounded, timing, exceeded = self._kept(surrounded)
        counts = Counter(cell["type"] for name, cell in surrounded["cells"].items() if not is_neighbour(name))
        table = self._library.table
        return Sized(
            sum(table.cells[name].area * count for name, count in counts.items()),
            timing.delay_ps,
            dict(sorted(counts.items())),
            len(exceeded),
            without_neighbours(surrounded, self._module, table),
            surrounded,
            timing,
        )
