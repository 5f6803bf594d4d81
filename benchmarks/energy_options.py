"""What the options against energy cost and save, measured at gate level.

``python benchmarks/energy_options.py [--cycles N] [--columns K] [CORE …]`` synthesizes cores of 24
activations a step and K columns for least area with the bundled cells, runs each on ternary weights of which
42 % are zero, and prints a Markdown table: area, fJ a multiply-accumulate with and without glitches, and what
a cycle takes in which no key comes, as a share of one that has one. Without the estimated clock tree, at
500 MHz. ``CORE`` is a part of a row's name.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.power.figures import CLOCK_TREE, Energy
from dse.measuring.energy import measured_energy
from generator.config import CoreConfig

LENGTH, COLUMNS, CYCLES = 24, 16, 200
WAITING = 0.5
ARCHITECTURES: Mapping[str, dict[str, Any]] = {
    "select": {"architecture": "select"},
    "µ = 2": {"group_size": 2},
    "µ = 3": {"group_size": 3},
    "multiplier": {"architecture": "multiplier"},
    "fp16 µ = 2 exact": {"activation": "fp16", "datapath": "exact", "group_size": 2},
}
PIPELINED = {"pipeline": {"fetch": True, "reduction_every": 2}}
OPTIONS: Mapping[str, dict[str, Any]] = {
    "plain": {},
    "gated clocks": {"clock_gating": True},
    "gated clocks, carry-save": {"clock_gating": True, "reduction": "carry_save"},
    "gated clocks, registers behind 3 levels": {"clock_gating": True, "pipeline": {"reduction_every": 3}},
    "gated clocks, registers behind 5 levels": {"clock_gating": True, "pipeline": {"reduction_every": 5}},
    "pipelined": PIPELINED,
    "pipelined, gated clocks": {**PIPELINED, "clock_gating": True},
}
"""Keys of each option."""
BEST = "gated clocks, carry-save"
"""The option that is measured of cores twice as long, with half the columns, too."""


def cores(columns: int) -> Iterator[tuple[str, CoreConfig]]:
    """The cores that are measured, and the names of their rows."""
    for architecture, keys in ARCHITECTURES.items():
        tables = LENGTH // keys.get("group_size", 1)
        for option, more in OPTIONS.items():
            name, core = f"{architecture}: {option}", {"tables": tables, "columns": columns, **keys, **more}
            yield name, CoreConfig.parse(core)
            if option == BEST:
                longer = {**core, "tables": 2 * tables, "columns": max(1, columns // 2)}
                yield f"{name}, twice as long", CoreConfig.parse(longer)


def of_cells(energy: Energy) -> float:
    """fJ a cycle of the cells that there are, without the tree that is to come."""
    return energy.total_fj - energy.of_part(CLOCK_TREE)


def row(name: str, core: CoreConfig, cycles: int) -> str:
    """A core's line of the table."""
    busy = measured_energy(core, cycles=cycles)
    halting = measured_energy(core, cycles=cycles, waiting=WAITING)
    work = halting.macs_per_cycle / busy.macs_per_cycle
    idle = (of_cells(halting.timed) / of_cells(busy.timed) - work) / (1 - work)
    timed, quiet = (of_cells(energy) / busy.macs_per_cycle for energy in (busy.timed, busy.zero_delay))
    return f"| {name} | {busy.area_um2:,.0f} | {timed:.1f} | {quiet:.1f} | {idle:.0%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "cores", nargs="*", metavar="CORE", help="parts of the names of rows; all unless given"
    )
    parser.add_argument("--cycles", type=int, default=CYCLES, help="cycles that are measured")
    parser.add_argument("--columns", type=int, default=COLUMNS, help="columns of the cores")
    arguments = parser.parse_args()
    print("| core | µm² | fJ a MAC | without glitches | a cycle without keys |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, core in cores(arguments.columns):
        if not arguments.cores or any(part in name for part in arguments.cores):
            print(row(name, core, arguments.cycles), flush=True)


if __name__ == "__main__":
    main()
