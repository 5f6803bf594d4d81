"""Fits what wires cost to placed cores: ``python -m costmodel.fit.wires --tech asap7``, as a [wires.fit].

Cores are drawn over the space, sized for a clock near to their fastest, placed, and resized for a clock that
they cannot reach. What is fitted is what the model's figures without wires have to be multiplied by, so this
comes after a calibration.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from costmodel.fit.libraries import cells_of
from costmodel.fit.placed import netlist_of, silicon_of
from costmodel.fit.sampling import draw_cores
from costmodel.flow.placing import place_netlist
from costmodel.flow.synthesis import SynthesisError
from costmodel.price.estimate import Sizes
from costmodel.price.technology import load_technology
from costmodel.price.wires import WireFit, spread_to_columns
from generator.config import CoreConfig
from generator.plan import plan_for, top_name

NEAR_FASTEST, OUT_OF_REACH = 1.1, 0.6
"""The clock that cores are sized for, in the model's shortest period, and that they are resized for, in the
period that they then have."""
NOISE = 0.05
"""Relative errors beyond which a core counts linearly, not squared."""
REPEATED = 0.5
"""The power of a core's area by which its paths become longer at most: wires with repeaters delay by their
length, and the longest is as long as a side."""


@dataclass(frozen=True)
class Placed:
    """A core that was placed: its least area (µm²), how much larger it is at its clock, as modelled, and all
    its wires (µm).

    ``spread`` is what columns read of the tables, by how far it comes.
    ``slowdown`` is its longest path, resized, over the modelled one without wires; ``growth`` the share by
    which resizing made its cells larger.
    """

    area_um2: float
    larger: float
    spread: float
    wire_um: float
    slowdown: float
    growth: float


def fit_wires(placed: Sequence[Placed]) -> WireFit:
    """The fit to placed cores, for the least relative errors of lengths and delays."""
    area = np.array([core.area_um2 for core in placed])
    larger = np.array([core.larger for core in placed])
    length = np.array([core.wire_um for core in placed])
    slowdown = np.array([core.slowdown for core in placed])

    read = np.array([core.spread for core in placed]) * np.sqrt(area)

    def of_length(x: NDArray[np.float64]) -> NDArray[np.float64]:
        alone = np.exp(x[0]) * area ** x[1] + x[2] * read
        return np.asarray(alone * larger ** x[3] / length - 1)

    def of_delay(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((1 + x[0] * area ** x[1]) / slowdown - 1)

    start = (np.log(np.median(length / area**1.2)), 1.2, 0.05, 0.5)
    bounds = ((-np.inf, 1, 0, 0), (np.inf, 2, np.inf, 1))
    lengths = least_squares(of_length, start, bounds=bounds, loss="soft_l1", f_scale=NOISE).x
    least = float(np.median(slowdown) - 1)
    delays = least_squares(
        of_delay,
        (max(least, 0.01) / np.median(area) ** 0.3, 0.3),
        bounds=((0, 0), (np.inf, REPEATED)),
        loss="soft_l1",
        f_scale=NOISE,
    ).x
    return WireFit(
        cores=len(placed),
        largest_um2=_rounded(area.max()),
        length=_rounded(np.exp(lengths[0])),
        length_exponent=_rounded(lengths[1]),
        broadcast=_rounded(lengths[2]),
        sized=_rounded(round(lengths[3], 6)),  # An exponent of 1e-15 is none.
        delay=_rounded(delays[0]),
        delay_exponent=_rounded(delays[1]),
        growth=_rounded(max(0.0, float(np.median([core.growth for core in placed])))),
    )


def place_cores(
    cores: Iterable[CoreConfig], tech: str, liberty: Sequence[Path] = (), dont_use: Sequence[str] = ()
) -> Iterator[Placed]:
    """The cores that can be placed, placed in the technology ``tech`` with its cells, or those of files."""
    technology, library = load_technology(tech), cells_of(tech, liberty, dont_use=dont_use)
    for core in cores:
        model = Sizes.of(core, technology)
        clock = round(NEAR_FASTEST * model.delay_ps)
        try:
            result, netlist = netlist_of(core, tech, clock, liberty, dont_use)
            target = OUT_OF_REACH * (result.delay_ps or clock)
            placed = place_netlist(netlist, top_name(core), library, silicon_of(tech), target)
        except SynthesisError:
            continue
        before, after = placed.before, placed.after
        yield Placed(
            sum(model.least.values()),
            sum(model.at(clock).values()) / sum(model.least.values()),
            spread_to_columns(plan_for(core)),
            after.wire_um,
            after.delay_ps / model.delay_ps,
            after.area_um2 / before.area_um2 - 1,
        )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def main() -> None:
    """Places cores and prints the fit as TOML."""
    parser = argparse.ArgumentParser(prog="python -m costmodel.fit.wires", description=main.__doc__)
    parser.add_argument("--tech", default="asap7", help="technology with [wires]")
    parser.add_argument("--liberty", type=Path, action="append", default=[], help="files of its cells")
    parser.add_argument("--cores", type=int, default=40, help="how many to place")
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--largest", type=float, default=3000, help="gates of the largest")
    options = parser.parse_args()
    cores = draw_cores(options.seed, options.cores, largest=options.largest)
    fit = fit_wires(list(place_cores(cores, options.tech, options.liberty)))
    print("[wires.fit]")
    for name, value in fit.model_dump().items():
        print(f"{name} = {value}")


if __name__ == "__main__":
    main()
