"""``published.md``: every design, what correcting it brings, and the paper's tables, from the CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from dse.presentation.markdown import anchor_of, spaced, table
from dse.presentation.phrases import listing
from dse.studies.claims.verdicts import APART, factor
from dse.studies.published.corrections import AS_EXACT, BEST, PRICE, PUBLISHED
from dse.studies.published.designs import PublishedDesign
from dse.studies.published.replay import replay
from dse.studies.published.words import correction_of, records, shape
from dse.sweep.results.designs import Row

COMMAND = "make published"


@dataclass(frozen=True)
class Study:
    """The designs, and the tables that are made of them (see the modules that make them)."""

    designs: Sequence[PublishedDesign]
    corrections: pd.DataFrame
    figures: pd.DataFrame
    points: pd.DataFrame
    ratios: pd.DataFrame
    shapes: pd.DataFrame
    densities: pd.DataFrame
    keys: pd.DataFrame

    def row(self, design: PublishedDesign, step: str) -> Row:
        """The line of a design's step."""
        rows = self.corrections
        return records(rows[(rows["design"] == design.name) & (rows["step"] == step)])[0]


def markdown(study: Study) -> str:
    """The page."""
    lines = spaced(
        [
            "# Published accelerators on one footing, and corrected",
            f"`{COMMAND}` makes this page and the CSV files beside it from nothing else than this project. "
            "Every number and verdict below is computed from them. The designs are core files in "
            "[designs](../../designs/README.md), with the source of every value.",
            *_summary(study),
            "## How to read this",
            *HOW,
            "## The designs",
        ]
    )
    for design in study.designs:
        lines += spaced(_design(study, design))
    lines += spaced(["## Synthesized and simulated points", *_points(study)])
    lines += spaced(
        [
            "## The tables of the ternary LUT paper",
            *replay(study.ratios, study.shapes, study.densities, study.keys),
        ]
    )
    lines += spaced(["## Limits", *LIMITS])
    return "\n".join(lines).rstrip() + "\n"


HOW = (
    "All designs are priced in `asap7`, a predictive 7 nm technology, at their published clocks, without "
    "wires. What counts is the area of the cores for a token a second of a model, at no fewer "
    "multiply-accumulates a cycle than published, behind the published memory: ragged edges and waiting "
    "are paid for. Memories on chip that both sides need alike are left out of that area.",
    "*As published*: what nobody published is chosen as is best for the design, so that no correction is "
    "counted that its authors may have made. *Group size* and *shape* (activations by outputs, number of "
    "cores, what these divide) are freed alone and together; *any core of the kind*: registers, fetch and "
    "reduction, too; *any core of the format*: cores without tables, too; *any arithmetic*: floats in "
    "other datapaths, too; *least energy*: of the cores of the format the one that takes the least a "
    f"token, which is how its gain in area can be below 1. No correction's error is more than {AS_EXACT:g} "
    "times the design's own.",
    f"Differences of less than {100 * (APART - 1):.0f} % are not told apart from none.",
)

LIMITS = (
    "One technology, areas of cells before placement. No published netlist was available: a design is "
    "what is written of it, and [designs](../../designs/README.md) says for each what its core only "
    "approximates.",
    "Tables that are memories are priced as registers, and binary planes as one plane: that is "
    "unfavourable to Platinum, and leaves out what planes share.",
    "Numbers of other nodes are scaled for area alone, by factors for nodes that Stillmaker and Baas "
    "(Integration 58, 2017) have; at 28 nm, which they have not, between those of 32 and 20 nm. Energies "
    "are not scaled.",
)


def _summary(study: Study) -> list[str]:
    rows = []
    for design in study.designs:
        published, best = study.row(design, PUBLISHED), study.row(design, BEST)
        rows.append(
            [
                f"[{design.title}](#{anchor_of(design.title)})",
                f"{published['macs_per_cycle']:,.0f}",
                _area(published),
                _area(best),
                factor(best["gain"]),
                factor(best["energy_gain"]),
                correction_of(published, best),
            ]
        )
    gains = study.corrections[study.corrections["step"] == BEST]["gain"]
    far = sum(gain > APART for gain in gains)
    head = ["design", "weights a cycle", "µm²", "corrected", "less area", "less energy", "what is corrected"]
    return [
        "\n".join(table(head, rows)),
        f"{far} of {len(gains)} designs improve by more than {100 * (APART - 1):.0f} %; the published "
        f"claim is up to 1.2×. The median is {factor(gains.median())}, the most {factor(gains.max())}.",
    ]


def _design(study: Study, design: PublishedDesign) -> Iterator[str]:
    yield f"### {design.title}"
    yield design.about
    unknown = listing(sorted(f"`{key}`" for key in design.unknown))
    published = study.row(design, PUBLISHED)
    yield (
        f"Not published: {unknown}; of {published['readings']:,.0f} readings the worst takes "
        f"{factor(published['worst'])} the area of the best. Clock: {design.clock_mhz:,.0f} MHz."
    )
    steps = study.corrections[study.corrections["design"] == design.name]
    rows: list[list[str]] = []
    for row in records(steps):
        cells = [
            shape(row),
            _area(row),
            f"{row['tokens_per_second']:,.1f}",
            f"{row[PRICE]:,.1f}",
            f"{row['energy_per_token_mj']:,.3g}",
            f"{row['fj_per_mac']:,.1f}",
            factor(row["gain"]),
            factor(row["energy_gain"]),
        ]
        if rows and rows[-1][1:] == cells:
            rows[-1][0] += f"; {row['step']}"
        else:
            rows.append([row["step"], *cells])
    head = [
        "",
        "core",
        "µm²",
        "tokens/s",
        "µm²·s a token",
        "mJ a token",
        "fJ a MAC",
        "less area",
        "less energy",
    ]
    yield "\n".join(table(head, rows))
    figures = study.figures[study.figures["design"] == design.name]
    if len(figures):
        yield "\n".join(
            table(["published", "", "at 7 nm", "ours", "", "why"], [*map(_figure, records(figures))])
        )


def _figure(f: Row) -> list[str]:
    unit: str = "" if pd.isna(f["unit"]) else f" {f['unit']}"
    low, high = (f"{f[name]:,.4g}" for name in ("least_at_7_nm", "most_at_7_nm"))
    scaled: str = "" if pd.isna(f["node"]) else low if low == high else f"{low} to {high}"
    node: str = "" if pd.isna(f["node"]) else f" at {f['node']:.0f} nm"
    why: str = "" if pd.isna(f["why"]) else str(f["why"])
    published = f"{f['published']:,.4g}{unit}{node} ({f['grade']})"
    return [str(f["what"]), published, scaled, f"{f['ours']:,.4g}", f"**{f['verdict']}**", why]


def _points(study: Study) -> Iterator[str]:
    titles = {design.name: design.title for design in study.designs}
    known = study.points.dropna(subset=["synthesized_um2"])
    missing = len(study.points) - len(known)
    if known.empty:
        yield "None yet."
        return
    errors = 100 * (known["modelled_um2"] / known["synthesized_um2"] - 1)
    wrong = int(known["mismatches"].sum())
    late = int((known["synthesized_delay_ps"] * known["clock_mhz"] > 1e6).sum())
    yield (
        f"{len(known)} cores, each sized for its clock, measured at its gates on a layer and its Verilog "
        f"simulated, {known['results'].sum():,.0f} results of which {wrong} are wrong. Large designs are "
        "represented by a part, the same tables and columns but fewer (tables × columns). The modelled "
        f"area is off by {errors.abs().median():.1f} % in the median and {errors.abs().max():.1f} % at "
        f"most; {late or 'none'} of them {'misses' if late == 1 else 'miss'} the clock."
        + (f" {missing} further points have not been synthesized." if missing else "")
    )
    rows = [
        [
            f"{titles[p['design']]}, {p['step']}",
            str(p["part"]),
            f"{p['clock_mhz']:,.0f}",
            f"{p['synthesized_um2']:,.1f}",
            f"{p['modelled_um2']:,.1f}",
            f"{p['synthesized_delay_ps']:,.0f}",
            f"{p['measured_fj_per_mac']:,.1f}",
            f"{p['modelled_fj_per_mac']:,.1f}",
            f"{p['results'] - p['mismatches']:,.0f} of {p['results']:,.0f}",
            f"{p['cycles']:,.0f} ({p['expected_cycles']:,.0f})",
        ]
        for p in records(known.sort_values(["design", "step"], ascending=[True, False]))
    ]
    head = [
        "",
        "part",
        "MHz",
        "µm²",
        "modelled",
        "ps",
        "fJ a MAC",
        "modelled",
        "right results",
        "cycles (planned)",
    ]
    yield "\n".join(table(head, rows))


def _area(row: Row) -> str:
    return f"{row['area_um2'] - row['area_buffers']:,.0f}"
