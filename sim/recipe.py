"""How a core's model is built best, for what it is to run.

A model of one piece runs three to ten times as fast as one whose blocks are Verilated apart, but takes some
6 seconds of two processors to build for every million characters of its Verilog with all instances written
out; blocks made apart take a few seconds whatever their number.
"""

from __future__ import annotations

import re

from generator.plan import CorePlan
from generator.verilog import Emission
from sim.build import Recipe

LARGE = 1_000_000
"""Characters of a core's Verilog, instances written out, from which on its blocks may be made apart."""

LONG_RUN = 60_000
"""Steps, from which on a large model of one piece repays its build; not by cocotb, which is slower still."""

MUCH_WORK = 100_000_000
"""Entries looked through by all fetches, from which on optimisation repays itself in a run by cocotb."""

INSTANCE = re.compile(r"^ *(\w+) \w+ \($", re.MULTILINE)


def recipe_for(plan: CorePlan, emission: Emission, steps: int, *, fast: bool, waves: bool = False) -> Recipe:
    """The recipe for ``steps`` of the core, by the driver in C++ if ``fast``, else by cocotb."""
    blocks = tuple(name for name in emission.modules if name.startswith(("column_", "table_")))
    # Waves are to show what is inside a block.
    if written_out(emission) >= LARGE and not waves and not (fast and steps >= LONG_RUN):
        return Recipe(apart=blocks, optimise=1)
    if fast:
        return Recipe(optimise=1)
    fetches = plan.config.rows * plan.config.columns * plan.config.tables
    work = steps * fetches * len(plan.table.entries)
    return Recipe(shared=blocks, waves=waves, optimise=int(work >= MUCH_WORK))


def written_out(emission: Emission) -> int:
    """Characters of the top's Verilog, if every instance were written out."""
    size: dict[str, int] = {}
    for name, text in emission.modules.items():
        size[name] = len(text) + sum(size.get(module, 0) for module in INSTANCE.findall(text))
    return size[emission.top]
