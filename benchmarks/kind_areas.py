"""Least areas of random cores of each kind that is seldom calibrated, synthesized beside the model.

Usage: kind_areas.py [--points P] [--seed S] [--kinds KIND …] [-o FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from costmodel.fit.calibration_cores import calibration_cores, cores_of
from costmodel.fit.cores import synthesize
from costmodel.fit.kinds import KINDS, draw_kinds
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from generator.plan import core_name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=28)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=float, default=1500.0, help="gates")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("-o", "--out", type=Path, help="a CSV file of all cores")
    given = parser.parse_args()
    technology = load_technology("asap7")
    seen = cores_of(technology.calibration) or frozenset(calibration_cores())
    rows = []
    for core, kind in draw_kinds(given.seed, given.points, largest=given.largest).items():
        if core in seen or kind not in given.kinds:
            continue
        area, modelled = synthesize(core).area_um2, estimate(core, technology).cost
        rows.append({"kind": kind, "core": core_name(core), "um2": area, "modelled_um2": modelled})
        rows[-1]["error"] = 100 * (modelled / area - 1)
        print("{kind:12}{core:60}{um2:9.1f}{modelled_um2:9.1f}{error:+7.1f} %".format(**rows[-1]), flush=True)
        if given.out:
            pd.DataFrame(rows).to_csv(given.out, index=False, float_format="%.2f")
    table = pd.DataFrame(rows)
    for kind, error in [*table.groupby("kind")["error"], ("all", table["error"])]:
        sizes = np.abs(error)
        print(f"{kind:12}{len(sizes):4} cores, {np.median(sizes):.1f} % in the median, {sizes.max():.1f} %")


if __name__ == "__main__":
    main()
