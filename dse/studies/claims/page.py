"""``claims.md``: a paragraph for each claim, whose numbers and verdicts come from the study's tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dse.presentation.markdown import spaced, table
from dse.presentation.phrases import listing
from dse.studies.claims.findings import Finding, findings
from dse.studies.claims.footing import CLOCKS_MHZ, LONGEST, NUMBERS, TILE_LENGTH
from dse.studies.claims.gain import COMMON, OWN
from dse.studies.claims.study import Study
from dse.studies.claims.synthesized import measured_ratios
from dse.studies.claims.verdicts import APART, factor

COMMAND = "make claims"


def markdown(study: Study) -> str:
    """The page."""
    conclusions = findings(study)
    lines = spaced(
        [
            "# What the literature claims, on one footing",
            f"`{COMMAND}` makes this page, its pictures and tables from nothing else than this project. "
            "Every number and verdict below is computed from the CSV files beside it.",
            *_table(
                ["claim", "verdict", "measured"],
                [[f"[{f.claim}](#{f.anchor})", f"**{f.word}**", f.short] for f in conclusions],
            ),
            "## How to read this",
            *_footing(study),
        ]
    )
    for finding in conclusions:
        lines += spaced(_section(finding))
    lines += spaced(["## Gains by format and columns", *_gains(study)])
    lines += spaced(["## Synthesized points", *_points(study)])
    lines += spaced(["## Limits", *LIMITS])
    return "\n".join(lines).rstrip() + "\n"


def _footing(study: Study) -> list[str]:
    clocks = listing([f"{CLOCKS_MHZ[name]:g} MHz in `{name}`" for name in study.technologies])
    bits = listing([f"{n.aligned_bits} for {n.activation}" for n in NUMBERS if n.aligned_bits])
    return [
        f"Cores of one tile, n = {TILE_LENGTH} activations by K columns, do the same multiply-accumulates "
        f"in a cycle. They hold sums of up to {LONGEST:,} activations. Of each architecture and group size "
        "(µ = 1 to 4) the pipelining of least area counts. Ratios are of areas for the same rate; more "
        f"than 1 speaks for the LUT core, and within {100 * (APART - 1):.0f} % is called a tie.",
        f"Two footings. At a *common clock*, {clocks}: round clocks that every format and architecture "
        "reaches. And each at its *own clock*: every design as fast as it can, pipelined for the "
        "least area a rate. The first is the plain one, the second shows what depends on it.",
        "Floats are added in one of three datapaths: *native*, IEEE adders; *exact*, fixed point wide "
        "enough for every value, an integer core and one rounding at the end; *aligned*, a tile's "
        "activations on the scale of the largest, in the fewest bits that lose no more than native "
        f"additions do ({bits}).",
        "`select` is the core without tables: each column takes x, -x or nothing. `multiplier` has the "
        "weights dequantised to the activations' format and really multiplies, as a conventional engine "
        "does.",
    ]


def _section(finding: Finding) -> list[str]:
    return [
        f"## {finding.heading}",
        f"Claimed: {finding.claim}.",
        f"**{finding.word.capitalize()}.** {finding.text}",
        f"![{finding.caption}]({finding.picture}.png)",
        f"{finding.caption} Data: {', '.join(f'[{name}]({name})' for name in finding.data)}.",
    ]


def _gains(study: Study) -> list[str]:
    """Select and multiplier against the best LUT core, by number, at both footings."""
    lines = []
    for technology in study.technologies:
        rows = []
        of = study.ratios[study.ratios["technology"] == technology]
        errors = (
            study.curves[study.curves["technology"] == technology].groupby("number")["arithmetic_error"].min()
        )
        columns = sorted(of["columns"].unique())
        shown = [columns[0], 16, columns[-1]]
        for number in of["number"].unique():
            cells = [number]
            for footing in (COMMON, OWN):
                line = of[(of["number"] == number) & (of["footing"] == footing)].set_index("columns")
                cells.append(", ".join(factor(line.loc[k, "reuse"]) for k in shown))
                cells.append(", ".join(f"{line.loc[k, 'group_size']:.0f}" for k in shown))
                cells.append(", ".join(factor(line.loc[k, "multiplier"]) for k in shown))
            error = errors[number]
            rows.append([*cells, f"{100 * error:.2g} %" if error > 0 else "0"])
        head = [
            technology,
            "select / LUT", "best µ", "multiplier / LUT",
            "own clock: select / LUT", "best µ", "multiplier / LUT",
            "error",
        ]  # fmt: skip
        lines += _table(head, rows)
    note = (
        f"At K = {listing([str(k) for k in shown])}. Error: RMS of the core's own arithmetic over "
        f"{LONGEST:,} activations: fp8 cores that also accumulate in fp8 lose most of a result."
    )
    return [note, *lines]


def _points(study: Study) -> list[str]:
    points = study.points.dropna(subset=["synthesized_um2"])
    if points.empty:
        return ["None yet."]
    errors = points["error"].abs()
    medians = errors.groupby(points["technology"], sort=False).median()
    off = listing([f"{median:.1f} % in `{name}`" for name, median in medians.items()])
    worst = points.loc[errors.sort_values().index[-1]]
    late = points[points["synthesized_delay_ps"] * points["clock_mhz"] > 1e6]
    late_by = 100 * (late["synthesized_delay_ps"] * late["clock_mhz"] * 1e-6 - 1).max() if len(late) else 0.0
    by_technology = points["technology"].value_counts()
    counts = listing(
        [f"{by_technology[name]} in `{name}`" for name in study.technologies if name in by_technology]
    )
    missing = len(study.points) - len(points)
    absent = f" {missing} further points of points.csv have not been synthesized." if missing else ""
    text = (
        f"{len(points)} cores of the curves at the common clock ({counts}), flattened, each sized for its "
        f"clock. The modelled area is off by {off} in the median, {errors.max():.1f} % at most "
        f"({worst['core']} in `{worst['technology']}`, {worst['error']:+.1f} %). "
        f"{len(points) - len(late)} of {len(points)} meet their clock, the others miss it by "
        f"up to {late_by:.1f} %.{absent}"
    )
    measured = measured_ratios(study.points)
    modelled = study.ratios[study.ratios["footing"] == COMMON]
    joined = measured.merge(modelled, on=["technology", "number", "columns"], suffixes=("", "_modelled"))
    rows = []
    for row in joined.itertuples():
        cells = [f"{row.number}, {row.technology}, {TILE_LENGTH} × {row.columns}"]
        for name in ("reuse", "multiplier"):
            value = getattr(row, name)
            model = factor(getattr(row, f"{name}_modelled"))
            cells += ["", ""] if pd.isna(value) else [factor(value), model]
        rows.append(cells)
    head = ["", "select / LUT, synthesized", "modelled", "multiplier / LUT, synthesized", "modelled"]
    return [text, *_table(head, rows), "Every core is in [points.csv](points.csv)."]


LIMITS = (
    "Areas are of cells, before placement: no wires, no clock tree. A large core has longer wires than "
    "many tiles, which is the strongest argument for tiles and not in these numbers. Memories and what "
    "feeds the streams are outside.",
    "Modelled points between the synthesized ones are as good as the model; `ternlut validate` says how "
    "good that is. Differences of less than a few percent are not findings.",
    "The multiplier is ours: Booth-recoded products for integers, IEEE multipliers for floats. It gets "
    "dequantised weights at no cost but its own bandwidth. A multiplier that knows its weights to be "
    "ternary is `select`.",
    "One weight code (half tables, sign and index) and one fetch (`onehot`); group sizes beyond 4 are not "
    "in the curves, and 4 is nowhere the best on them.",
)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["\n".join(table(head, rows))]
