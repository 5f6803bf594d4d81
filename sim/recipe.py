"""How a core's model is built best, for what it is to run.

With all instances written out, a million characters of Verilog take some 12 seconds of a processor to build
optimised in one piece, 2 to 3 where instances share their code. Blocks made apart take a few seconds whatever
their number. For a step, a million characters take a tenth of a millisecond in an optimised model of one
piece, three times as long where it is not optimised, five times where its blocks are made apart too.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.verilog import Emission
from sim.build import BuildOptions

LARGE = 1_000_000
"""Characters of a core's Verilog, instances written out, from which on its blocks may be made apart."""

LARGE_SHARED = 2_000_000
"""The same where otherwise instances would share their code."""

LONG_RUN = 60_000
"""Steps, from which on a large model of one piece repays its build; not by cocotb, which is slower still."""

LITTLE_WORK = 1_000_000_000
"""Characters times steps, up to which a run is over before modules that are merged into their blocks repay
the compiler's time."""

MUCH_WORK = 5_000_000_000
"""Characters times steps, from which on optimisation repays itself."""


@dataclass(frozen=True)
class Shared:
    """What several simulations of one core have in common, for which it is built once: its Verilog, and the
    steps of all of them together."""

    emission: Emission
    steps: int


def recipe_for(emission: Emission, steps: int, *, fast: bool, waves: bool = False) -> BuildOptions:
    """The recipe for ``steps`` of the core, by the driver in C++ if ``fast``, else by cocotb."""
    blocks = tuple(name for name, kind in emission.kinds.items() if kind in ("column", "table"))
    size = written_out(emission)
    optimise = int(size * steps >= MUCH_WORK)
    if fast and optimise:
        return BuildOptions(apart=blocks if size >= LARGE and steps < LONG_RUN else (), optimise=optimise)
    # Waves are to show what is inside a block.
    if size >= LARGE_SHARED and not waves:
        return BuildOptions(apart=blocks, optimise=optimise)
    if size * steps < LITTLE_WORK:
        blocks = tuple(emission.modules)[:-1]
    return BuildOptions(shared=blocks, waves=waves, optimise=optimise)


def written_out(emission: Emission) -> int:
    """Characters of the top's Verilog, if every instance were written out."""
    size: dict[str, int] = {}
    for name, text in emission.modules.items():
        inside = emission.instances[name].items()
        size[name] = len(text) + sum(count * size[module] for module, count in inside)
    return size[emission.top]
