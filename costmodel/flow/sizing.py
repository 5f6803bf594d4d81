"""Gate sizing and buffering of a mapped netlist for a clock.

ABC sizes what it is shown (``costmodel.flow.stand_ins``), between flip-flops of neighbours at the ports. Its
choice is brought back into a netlist of library cells and checked cell by cell
(``costmodel.flow.restoring``), brought within the library's limits of load and slew
(``costmodel.flow.limits``) and timed as it then is: that is the delay reported. ABC's own figure is kept
beside it. Where paths are late, buffers are put in (``costmodel.flow.relieving``), and it is sized once more.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyosys import libyosys

from costmodel.cells.table import CellTable, write_liberty
from costmodel.flow.limits import keep_limits
from costmodel.flow.neighbours import is_neighbour, with_neighbours, without_neighbours
from costmodel.flow.relieving import relieve
from costmodel.flow.restoring import restore
from costmodel.flow.stand_ins import CONSTANTS, GUARDS, START, Shown
from costmodel.flow.static_timing import Timing

_DELAY = re.compile(r"Delay =\s*([\d.]+) ps")

CLOSER = 3
"""How often a clock that is missed by little is tried again with a shorter one for ABC."""
RELIEVED, FASTER = 4, 0.05
"""How often late nets are relieved, and how much faster than it is a netlist is to become by that."""
HOPELESS = 1.5
"""A clock that is missed by more is not met by buffers either."""
AS_FAST = 1.02
"""Delays that count as equal when the fastest netlist is looked for; the smallest one is taken.

The last two hundredths of the delay are dear."""


@dataclass(frozen=True)
class Sized:
    """A netlist sized for a clock.

    Its area in µm², its longest path in ps (by static timing, and as ABC has it), how many of each cell, how
    many nets are beyond the library's limits, the netlist, the same between its neighbours, and its timing.
    """

    area_um2: float
    delay_ps: float
    mapper_delay_ps: float
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
    table : the library, for the cells in the module.
    logic : the combinational cells to choose from.
    directory : a place for files.

    Raises ``ValueError`` where sizing cannot be trusted: a cell of the library could be taken for a stand-in.
    """

    def __init__(self, module: dict[str, Any], table: CellTable, logic: CellTable, directory: Path) -> None:
        self._module, self._table, self._logic = module, table, logic
        self._surrounded = with_neighbours(module, table)
        self._directory = directory

    def ladder(self, clock_ps: float | None = None) -> Iterator[Sized]:
        """Sized for a clock, or as fast as can be, with more and more buffers; ends when the clock is met, or
        where buffers help no more.

        Raises ``ValueError`` when what ABC made is not this netlist.
        """
        sized = self._closed(self._surrounded, clock_ps)
        yield sized
        for _ in range(RELIEVED):
            if clock_ps is not None and not clock_ps < sized.delay_ps <= HOPELESS * clock_ps:
                return
            relieved = self._relieved(sized, clock_ps)
            if relieved is None or relieved.delay_ps >= sized.delay_ps:
                return
            little = clock_ps is None and AS_FAST * relieved.delay_ps > sized.delay_ps
            sized = relieved
            yield sized
            if little:
                return

    def _relieved(self, sized: Sized, clock_ps: float | None) -> Sized | None:
        """A sized netlist with buffers in its late nets, sized anew; None where there is none to put in."""
        module = {**sized.surrounded, "cells": dict(sized.surrounded["cells"])}
        period = (1 - FASTER) * sized.delay_ps if clock_ps is None else clock_ps
        if not relieve(module, self._table, self._logic, sized.timing, period):
            return None
        return self._closed(module, clock_ps)

    def _closed(self, module: dict[str, Any], clock_ps: float | None) -> Sized:
        """Sized for a clock; for a shorter one while ABC believes to meet it and static timing does not."""
        target = clock_ps
        sized = self._size(module, target)
        for _ in range(CLOSER):
            if clock_ps is None or target is None or sized.delay_ps <= clock_ps:
                break
            if sized.mapper_delay_ps > target:
                break
            target *= 0.998 * clock_ps / sized.delay_ps
            again = self._size(module, target)
            if again.delay_ps >= sized.delay_ps:
                break
            sized = again
        return sized

    def _size(self, module: dict[str, Any], target_ps: float | None) -> Sized:
        delay, surrounded = self._run(module, target_ps)
        timing, exceeded = keep_limits(
            surrounded, self._table, self._logic, lambda: Timing(surrounded, self._table)
        )
        path = timing.longest()
        counts = Counter(cell["type"] for name, cell in surrounded["cells"].items() if not is_neighbour(name))
        area = sum(self._table.cells[name].area * count for name, count in counts.items())
        return Sized(
            area,
            path.delay_ps if path is not None else 0.0,
            delay,
            dict(sorted(counts.items())),
            len(exceeded),
            without_neighbours(surrounded, self._module, self._table),
            surrounded,
            timing,
        )

    def _run(self, module: dict[str, Any], target_ps: float | None) -> tuple[float, dict[str, Any]]:
        """ABC's delay and netlist of a module among its neighbours."""
        shown = Shown(module, self._table)
        library = shown.library(self._logic)
        (self._directory / "sizing.lib").write_text(write_liberty(library))
        (self._directory / "sizing.blif").write_text("\n".join(to_blif(shown, library)) + "\n")
        sized = self._directory / "sized.blif"
        sized.unlink(missing_ok=True)
        target = "" if target_ps is None else f" -D {target_ps:.0f}"
        commands = [
            "read_lib sizing.lib",
            "read_blif sizing.blif",
            "topo",
            "minsize",
            f"upsize{target}",
            f"dnsize{target}",
            "stime",
            f"write_blif {sized.name}",
        ]
        abc = Path(libyosys.__file__).parent / "yosys-abc"
        log = subprocess.run(
            [abc, "-c", "; ".join(commands)], capture_output=True, text=True, check=False, cwd=self._directory
        ).stdout
        delay = _DELAY.search(log)
        if not sized.exists() or delay is None:
            raise ValueError(f"sizing failed: {(log.strip() or 'no word').splitlines()[-1]}")
        return float(delay[1]), restore(module, shown, library, sized.read_text())


def to_blif(shown: Shown, library: CellTable) -> Iterator[str]:
    def net(bit: int | str) -> str:
        return f"n{bit}" if isinstance(bit, int) else CONSTANTS.get(bit, bit)

    yield ".model sized"
    yield f".inputs {' '.join((START, *CONSTANTS.values(), *GUARDS))}"
    yield f".outputs {' '.join(shown.ends)}"
    for cell in shown.cells.values():
        pins, kind = cell["connections"], library.cells[cell["type"]]
        nets = (f"{pin}={net(pins[pin][0]) if pin in pins else pin}" for pin in (*kind.inputs, *kind.outputs))
        yield f".gate {cell['type']} {' '.join(nets)}"
    yield ".end"
