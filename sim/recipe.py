"""How a core's model is built best, for what it is to run."""

from __future__ import annotations

from generator.plan import CorePlan
from generator.verilog import Emission
from sim.build import Recipe

WIDE = 512
"""Fetches, from which on a core's blocks are Verilated apart."""

LONG_RUN = 100_000_000
"""Entries looked through by all fetches, from which on an optimised model repays its longer build."""

VERY_LONG_RUN = 400 * LONG_RUN
"""The same, from which on it pays that a wide core's blocks are built into one model, which runs faster."""


def recipe_for(plan: CorePlan, emission: Emission, steps: int, *, fast: bool, waves: bool = False) -> Recipe:
    """The recipe for ``steps`` of the core, by the driver in C++ if ``fast``, else by cocotb."""
    fetches = plan.config.rows * plan.config.columns * plan.config.tables
    work = steps * fetches * len(plan.table.entries)
    blocks = tuple(name for name in emission.modules if name.startswith(("column_", "table_")))
    # Waves are to show what is inside a block.
    if fetches >= WIDE and work < VERY_LONG_RUN and not waves:
        return Recipe(apart=blocks, optimise=int(fast or work >= LONG_RUN))
    return Recipe(shared=blocks, waves=waves, optimise=int(fast or work >= LONG_RUN))
