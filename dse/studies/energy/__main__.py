"""``python -m dse.studies.energy``: computes the study of energy, measures its points, writes it all."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from costmodel.price.technology import load_technology
from dse.studies.energy.cores import KINDS, at_clock, by_zeros, measured, modelled
from dse.studies.energy.page import markdown
from dse.studies.tables import known_table, write_table
from generator.errors import TernlutError
from generator.files import output_directory, write_text

CLOCK_MHZ = 500.0
POINTS = "energy-points.csv"


def main() -> int:
    """Writes the study; its exit status."""
    options = _options()
    try:
        technology = load_technology(options.tech)
        if technology.energy is None:
            raise TernlutError(f"--tech {options.tech}: a technology with energies is expected")
        directory = output_directory(options.out)
        file = directory / POINTS
        known = known_table(file)
        points = pd.DataFrame() if known is None else known
        for row in measured(technology, options.measure, options.macs, points):
            points = pd.concat([points, pd.DataFrame([row])], ignore_index=True)
            write_table(file, points)
        cores = modelled(technology)
        write_table(directory / "energy.csv", cores)
        fp16 = at_clock(technology, CLOCK_MHZ)
        page = markdown(technology.name, cores, by_zeros(technology), points, fp16, CLOCK_MHZ)
        write_text(directory / "energy.md", page)
    except TernlutError as error:
        print(f"energy: {error}", file=sys.stderr)
        return 2
    print(directory / "energy.md")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dse.studies.energy", description=__doc__)
    parser.add_argument("--tech", default="asap7", help="technology with energies")
    parser.add_argument("-o", "--out", type=Path, default=Path("reports/claims"), help="directory")
    parser.add_argument(
        "--measure", nargs="*", default=[], choices=list(KINDS), metavar="KIND",
        help="kinds of int8 cores to measure at the gates, too: " + ", ".join(KINDS),
    )  # fmt: skip
    parser.add_argument("--macs", type=int, default=24, help="multiply-accumulates of those")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
