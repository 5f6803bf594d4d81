"""``python -m dse.studies.published``: corrects the designs, measures their points and writes it all."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from dse.presentation.terminal import Progress, progress_bar
from dse.studies.published import paper
from dse.studies.published.compared import comparisons
from dse.studies.published.corrections import corrections
from dse.studies.published.designs import PublishedDesign, published_designs
from dse.studies.published.page import Study, markdown
from dse.studies.published.points import measured, points
from dse.studies.published.words import records
from dse.studies.tables import known_table, read_table, write_table
from dse.sweep.results.designs import Row
from generator.errors import TernlutError
from generator.files import output_directory, write_text

PAGE, CORRECTIONS, FIGURES, POINTS = "published.md", "corrections.csv", "figures.csv", "points.csv"
PAPER = {
    "ratios.csv": paper.ratios,
    "shapes.csv": paper.shapes,
    "densities.csv": paper.densities,
    "keys.csv": paper.keys_and_adders,
}
KEPT = (
    "design", "digest", "step", "readings", "worst", "gain", "energy_gain", "architecture", "alphabet",
    "symmetry",
    "group_size", "tables", "columns", "rows", "cores", "split", "activation", "datapath", "aligned_bits",
    "rounding", "accumulation", "fetch", "reduction", "max_reduction", "pipeline.table", "pipeline.fetch",
    "pipeline.reduction_every", "pipeline.float_stages", "clock_mhz", "delay_ps", "macs_per_cycle",
    "area_um2", "area_buffers", "um2_per_token_per_second", "pj_per_cycle", "fj_per_mac", "bits_per_weight",
    "tokens_per_second", "energy_per_token_mj", "core_uj_per_token", "arithmetic_error", "utilisation",
)  # fmt: skip


def main() -> int:
    """Writes the study; its exit status."""
    options = _options()
    try:
        designs = published_designs(options.designs)
        directory = output_directory(options.out)
        if not options.page:
            with progress_bar() as progress:
                write(directory, designs, options.minutes, progress)
        write_text(directory / PAGE, markdown(read_study(directory, designs)))
    except TernlutError as error:
        print(f"published: {error}", file=sys.stderr)
        return 2
    print(directory / PAGE)
    return 0


def write(directory: Path, designs: list[PublishedDesign], minutes: float, progress: Progress) -> None:
    """Writes the study's tables, lines as soon as they are known.

    Designs whose files are as they were, and points whose cores are, keep what an earlier study found.
    """
    known = known_table(directory / CORRECTIONS)
    before = [] if known is None else records(known)
    rows: list[Row] = []
    for place, design in enumerate(designs):
        progress("correcting", place / len(designs))
        rows += [row for row in before if row["digest"] == design.digest] or corrections(design)
        write_table(directory / CORRECTIONS, pd.DataFrame(rows).reindex(columns=list(KEPT)))
    rows = records(read_table(directory / CORRECTIONS))
    write_table(directory / FIGURES, comparisons({design.name: design for design in designs}, rows))
    for name, made in PAPER.items():
        write_table(directory / name, made())
    for table in measured(points(designs, rows), known_table(directory / POINTS), 60 * minutes, progress):
        write_table(directory / POINTS, table)


def read_study(directory: Path, designs: list[PublishedDesign]) -> Study:
    """The study whose tables are in ``directory``; ``OutputError`` where they are not."""
    return Study(designs, *(read_table(directory / name) for name in (CORRECTIONS, FIGURES, POINTS, *PAPER)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dse.studies.published", description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=Path("reports/published"), help="directory")
    parser.add_argument("--designs", type=Path, default=Path("designs"), help="folder of core files")
    parser.add_argument("--page", action="store_true", help="only write the page of the tables there")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no synthesis after these")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
