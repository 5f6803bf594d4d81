"""Cores of one kind and several sizes, placed at a clock: what wires make of one large core and of small ones.

Each core is sized for the clock, placed, and resized with its wires, beside the model with ``--wires placed``.
What counts is multiply-accumulates a nanosecond and mm² of the core, at the clock, or at the longest path where
the clock is not met. A core of 48 × 64 takes half an hour; what was placed is kept in the cache.
"""

import argparse

from tabulate import tabulate

from costmodel.fit.placed import place
from costmodel.price.estimate import estimate
from generator.config import CoreConfig

CORE = {"activation": "int8", "group_size": 2, "reduction": "carry_save"}
SIZES = ["12x16", "24x32", "48x64"]
HEADERS = (
    "core", "cells", "core, µm²", "wires, mm", "pins : wires, fF", "path without wires, ps", "with, ps", "met",
    "MAC/ns/mm²", "model: wires, mm", "path, ps", "core, µm²",
)  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("sizes", nargs="*", default=SIZES, help="tables x columns: 12x16 24x32 48x64")
    arguments.add_argument("--clock-ps", type=float, default=4000.0, help="of all of them")
    arguments.add_argument("--tech", default="asap7")
    given = arguments.parse_args()
    rows = []
    for size in given.sizes:
        tables, columns = map(int, size.split("x"))
        core = CoreConfig.parse({**CORE, "tables": tables, "columns": columns})
        rows.append((size, *figures(core, given.tech, given.clock_ps)))
    print(f"{CORE}, {given.tech}, {given.clock_ps:,.0f} ps")
    print(tabulate(rows, HEADERS, floatfmt=",.0f", intfmt=",", disable_numparse=False))


def figures(core: CoreConfig, technology: str, clock_ps: float) -> tuple[object, ...]:
    """What was measured of a placed core, and what the model says."""
    _, placed = place(core, technology, clock_ps=clock_ps)
    after = placed.after
    area = placed.core.width_um * placed.core.height_um
    model = estimate(core, technology, clock_mhz=1e6 / clock_ps, wires="placed")
    period = max(clock_ps, after.delay_ps)
    rate = model.macs_per_cycle / period / area * 1e9
    return (
        after.cells, area, after.wire_um / 1000, f"1 : {after.wire_ff / after.pin_ff:.2f}",
        placed.before.delay_ideal_ps, after.delay_ps, "yes" if after.delay_ps <= clock_ps else "no", rate,
        (model.wire_um or 0) / 1000, model.delay_ps, model.area_um2,
    )  # fmt: skip


if __name__ == "__main__":
    main()
