"""``python -m dse.studies.claims``: computes the study, synthesizes its points and writes it all."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from costmodel.cells.liberty import Library
from costmodel.fit.cells import Cells
from costmodel.fit.libraries import measurer_of
from costmodel.fit.measurer import Measurer
from dse.presentation.terminal import progress_bar
from dse.studies.claims.figures import write_figures
from dse.studies.claims.footing import CLOCKS_MHZ
from dse.studies.claims.page import markdown
from dse.studies.claims.study import Study, modelled, study
from dse.studies.claims.synthesized import points, synthesized
from dse.studies.tables import known_table, read_table, write_table
from generator.errors import TernlutError
from generator.files import output_directory, write_text

PAGE, CURVES, TILES, CORRECTIONS, POINTS = (
    "claims.md", "curves.csv", "tiles.csv", "corrections.csv", "points.csv",
)  # fmt: skip


def main() -> int:
    """Writes the study; its exit status."""
    options = _options()
    try:
        directory = output_directory(options.out)
        if options.page:
            write_page(directory, read_study(directory))
            print(directory / PAGE)
            return 0
        measurers = {"asap7": measurer_of("asap7")} | dict(options.liberty)
        with progress_bar() as progress:
            curves, tiles, corrections = modelled(progress)
            measured = synthesized(
                points(curves),
                measurers,
                known_table(directory / POINTS),
                options.workers,
                60 * options.minutes,
                progress,
            )
        write(directory, study(curves, tiles, corrections, measured))
    except TernlutError as error:
        print(f"claims: {error}", file=sys.stderr)
        return 2
    print(directory / PAGE)
    return 0


def write(directory: Path, study: Study) -> None:
    """Writes the study's tables, pictures and page into ``directory``."""
    tables: dict[str, pd.DataFrame] = {
        CURVES: study.curves,
        "ratios.csv": study.ratios,
        TILES: study.tiles,
        CORRECTIONS: study.corrections,
        POINTS: study.points,
    }
    for name, table in tables.items():
        write_table(directory / name, table)
    write_page(directory, study)


def write_page(directory: Path, study: Study) -> None:
    """Writes what is made of the tables: pictures and page."""
    write_figures(directory, study)
    write_text(directory / PAGE, markdown(study))


def read_study(directory: Path) -> Study:
    """The study whose tables are in ``directory``; ``OutputError`` where they are not."""
    return study(*(read_table(directory / name) for name in (CURVES, TILES, CORRECTIONS, POINTS)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dse.studies.claims", description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=Path("reports/claims"), help="directory")
    parser.add_argument(
        "--page", action="store_true", help="only write page and pictures of the tables there"
    )
    parser.add_argument("--workers", type=int, default=1, help="syntheses at a time")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no synthesis after these")
    parser.add_argument(
        "--liberty", type=_measurer, action="append", default=[], metavar="TECH=FILE",
        help="the cells of a technology whose points are to be synthesized, too, else they stay as they are",
    )  # fmt: skip
    return parser.parse_args()


def _measurer(text: str) -> tuple[str, Measurer]:
    name, equals, path = text.partition("=")
    if not equals or name not in CLOCKS_MHZ:
        raise argparse.ArgumentTypeError(
            f"{text!r}: TECH=FILE is expected, TECH one of {', '.join(CLOCKS_MHZ)}"
        )
    return name, Cells(Library.of((Path(path),), name))


if __name__ == "__main__":
    sys.exit(main())
