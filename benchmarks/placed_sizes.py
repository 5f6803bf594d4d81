"""Cores of one kind and several sizes, placed at one clock: what wires make of large and of small ones.

Each core is sized for the clock, placed, and resized with its wires; beside it is what the model says.
Multiply-accumulates count at the clock, or at the longest path where that is longer. The core of 48 × 64
takes a quarter of an hour; what was placed stays in the cache.
"""

import argparse

from costmodel.fit.placed import place
from costmodel.price.estimate import estimate
from generator.config import CoreConfig

CORE = {"activation": "int8", "group_size": 2, "reduction": "carry_save"}
SIZES = ("12x16", "24x32", "48x64")
COLUMNS = (
    "core", "cells", "core, µm²", "wires, mm", "as mapped, ps", "resized, ps", "without wires", "clock",
    "MAC/ns/mm²", "model: µm²", "mm", "shortest, ps",
)  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("sizes", nargs="*", default=SIZES, help="tables x columns, such as 12x16")
    arguments.add_argument("--clock-ps", type=float, default=4000.0, help="clock period of all of them")
    arguments.add_argument("--tech", default="asap7", help="a technology with [wires] and cells")
    given = arguments.parse_args()
    print(f"{given.tech}, {given.clock_ps:,.0f} ps:", *(f"{key} {value}" for key, value in CORE.items()))
    print(" | ".join(COLUMNS))
    for size in given.sizes:
        tables, columns = map(int, size.split("x"))
        core = CoreConfig.parse({**CORE, "tables": tables, "columns": columns})
        print(" | ".join((size, *figures(core, given.tech, given.clock_ps))), flush=True)


def figures(core: CoreConfig, technology: str, clock_ps: float) -> tuple[str, ...]:
    """What was measured of a placed core, and what the model says."""
    _, placed = place(core, technology, clock_ps=clock_ps)
    before, after = placed.before, placed.after
    area = placed.core.width_um * placed.core.height_um
    model = estimate(core, technology, clock_mhz=1e6 / clock_ps, wires="placed")
    rate = model.macs_per_cycle / max(clock_ps, after.delay_ps) / area * 1e9
    measured = (area, after.wire_um / 1000, before.delay_ps, after.delay_ps, after.delay_ideal_ps)
    modelled = (model.cost, (model.wire_um or 0.0) / 1000, model.delay_ps)
    met = "met" if after.delay_ps <= clock_ps else "missed"
    return (
        f"{after.cells:,}",
        *(f"{figure:,.0f}" for figure in measured),
        met,
        f"{rate:,.0f}",
        *(f"{figure:,.0f}" for figure in modelled),
    )


if __name__ == "__main__":
    main()
