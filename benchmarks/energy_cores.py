"""fJ a multiply-accumulate of cores of 384 a cycle, at gate level, beside an independent prototype's figures.

    python benchmarks/energy_cores.py [--cycles N] [CORE …]

ASAP7, netlists of least area, 500 MHz, n = 24, K = 16, int8, weights with 42 % of zeros; without wires and
without a clock tree, as the prototype had none.
"""

from __future__ import annotations

import argparse
import time

from costmodel.power.figures import CLOCK_TREE, Energy
from dse.measuring.energy import measured_energy
from generator.config import CoreConfig

PIPELINED = {"pipeline": {"fetch": True, "reduction_every": 2}}
SHAPES = {
    "select": {"architecture": "select", "tables": 24},
    "mu2": {"group_size": 2, "tables": 12},
    "mu3": {"group_size": 3, "tables": 8},
    "mu4": {"group_size": 4, "tables": 6},
    "multiplier": {"architecture": "multiplier", "tables": 24},
}
PROTOTYPE = {
    "select": (12.1, 20.7),
    "mu2": (13.8, 23.0),
    "mu3": (19.1, 26.7),
    "mu4": (33.6, 42.2),
    "multiplier": (48.4, 96.7),
    "select pipelined": (29.3, 31.1),
    "mu2 pipelined": (22.7, 26.4),
    "mu3 pipelined": (22.8, 30.0),
    "mu4 pipelined": (31.4, 48.0),
    "multiplier pipelined": (77.6, 105.7),
}
"""Without and with glitches."""


def without_tree(energy: Energy) -> float:
    """fJ a cycle without the estimated clock tree."""
    return energy.total_fj - energy.of_part(CLOCK_TREE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("cores", nargs="*", help=", ".join(PROTOTYPE), default=[*PROTOTYPE])
    parser.add_argument("--cycles", type=int, default=200, help="of 64 lanes")
    options = parser.parse_args()
    print("| core | without glitches | prototype | with glitches | prototype | tree | lenient | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in options.cores:
        shape = SHAPES[name.split()[0]] | (PIPELINED if name.endswith("pipelined") else {})
        core = CoreConfig.model_validate({**shape, "columns": 16, "max_reduction": 4096})
        began = time.perf_counter()
        measured = measured_energy(core, cycles=options.cycles)
        seconds = time.perf_counter() - began
        smooth, timed = (without_tree(measured.of(mode)) / 384 for mode in ("zero_delay", "timed"))
        before, after = PROTOTYPE[name]
        tree = measured.timed.of_part(CLOCK_TREE) / 384
        lenient = measured.lenient.total_fj / measured.timed.total_fj - 1
        print(
            f"| {name} | {smooth:.1f} | {before} ({smooth / before - 1:+.0%}) | {timed:.1f} | "
            f"{after} ({timed / after - 1:+.0%}) | {tree:.2f} | {lenient:+.0%} | {seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
