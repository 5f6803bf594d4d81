"""What the replayed tables of the paper say, in words that follow their numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dse.presentation.markdown import table
from dse.presentation.phrases import listing
from dse.studies.claims.verdicts import outcome, span
from dse.studies.published.paper import (
    FOR_MANY,
    FORMATS,
    OURS,
    OUTPUTS,
    PUBLISHED_MM2,
    RATE,
    SIDE,
    SIDES,
    TECHNOLOGIES,
    THEIRS,
    implied_multiplier,
)
from dse.studies.published.theirs import SPEED
from dse.studies.published.words import records
from dse.sweep.results.designs import Row

SELECT = PUBLISHED_MM2["select"] / PUBLISHED_MM2["lut"]
MULTIPLIER = PUBLISHED_MM2["multiplier"] / PUBLISHED_MM2["lut"]


def replay(
    ratios: pd.DataFrame, shapes: pd.DataFrame, densities: pd.DataFrame, keys: pd.DataFrame
) -> Iterator[str]:
    """The section's paragraphs and tables."""
    yield (
        "arXiv 2604.25183, whose claims [the other study](../claims/claims.md) judges. *Theirs* is a model "
        "of the generator as its code has it, in the same prices: integers fetched and added in 32 bits "
        "and negated by a multiplexer of their own, sums in a chain, tables of floats with more adders "
        f"than needed, an accumulator for every output of the workload. All at {SPEED} speed, floats with a "
        "register behind each adder."
    )
    yield from _baselines(ratios)
    yield from _shapes(shapes)
    yield from _densities(densities)
    yield from _keys(keys)


def _baselines(ratios: pd.DataFrame) -> Iterator[str]:
    yield f"### {SIDE} × {SIDE}: tables, sign flips, multipliers"
    yield (
        f"Published (S), fp16, 16 nm: {' : '.join(f'{v:.3f}' for v in PUBLISHED_MM2.values())} mm², 1 : "
        f"{SELECT:.2f} : {MULTIPLIER:.2f}. From our core to theirs, one part after the other:"
    )
    for activation in FORMATS:
        rows = []
        for name in ratios["cores"].unique():
            cells = [name]
            for technology in TECHNOLOGIES:
                row = _of(ratios, technology, activation, name)
                cells.append(
                    f"{row['lut_um2']:,.0f} (µ = {row['group_size']:.0f}), 1 : {row['select_over_lut']:.2f} "
                    f": {row['multiplier_over_lut']:.2f}"
                )
            rows.append(cells)
        yield "\n".join(table([activation, *TECHNOLOGIES], rows))
    yield _what_is_due(ratios)


def _of(table: pd.DataFrame, technology: str, activation: str, name: str) -> Row:
    return records(
        table[
            (table["technology"] == technology)
            & (table["activation"] == activation)
            & (table["cores"] == name)
        ]
    )[0]


def _what_is_due(ratios: pd.DataFrame) -> str:
    """What of the published ratios is architecture, and what arithmetic."""
    ours, theirs, many = (
        [_of(ratios, technology, "fp16", name) for technology in TECHNOLOGIES]
        for name in (OURS, THEIRS, FOR_MANY)
    )
    implied = implied_multiplier(ratios)
    adder, multiplier = implied["adder_um2"], implied["multiplier_um2"]
    published = implied["published_multiplier_um2"]
    integer = [
        _of(ratios, technology, "int8", THEIRS)["lut_um2"] / _of(ratios, technology, "int8", OURS)["lut_um2"]
        for technology in TECHNOLOGIES
    ]
    floats = [b["lut_um2"] / a["lut_um2"] for a, b in zip(ours, theirs, strict=True)]
    return (
        f"**Architecture.** Sign flips over tables, published {SELECT:.2f}, are "
        f"{span(r['select_over_lut'] for r in ours)} with our cores, "
        f"{span(r['select_over_lut'] for r in theirs)} with theirs and "
        f"{span(r['select_over_lut'] for r in many)} with accumulators {FOR_MANY}: their structure brings "
        "the published ratio, and the accumulators that all three have alike pull it towards 1. With "
        f"floats their tile takes {span(floats)} ours, with integers {span(integer)}, which is the 32 bits. "
        f"**Arithmetic.** Multipliers over tables, published {MULTIPLIER:.2f}, are "
        f"{span(r['multiplier_over_lut'] for r in ours)} with our cores and "
        f"{span(r['multiplier_over_lut'] for r in theirs)} with theirs: architecture does not explain it. "
        f"The published areas are {implied['scale']:.1f} times those of their structure in "
        f"`{TECHNOLOGIES[0]}`; on that scale their multiplier adds as much as {published / adder:.2f} of an "
        f"adder, where ours, full IEEE with subnormals, takes {multiplier / adder:.2f} ({multiplier:.1f} of "
        f"{adder:.1f} µm²). A multiplier whose weights are known to be -1, 0 and 1 where it is synthesized "
        "shrinks to less than that; whether the published baseline had it so is not said."
    )


def _shapes(shapes: pd.DataFrame) -> Iterator[str]:
    yield "### The shape of a tile"
    yield (
        f"Published (S): fp16 is best with K > L·µ, int8 with L·µ > K. Tiles of {RATE:,} weights a cycle, "
        f"µm², best µ in brackets, theirs with {OUTPUTS} accumulators:"
    )
    words = []
    for activation in FORMATS:
        of = shapes[shapes["activation"] == activation]
        head = ["", *(f"{who}, {t}" for t in TECHNOLOGIES for who in ("ours", "theirs"))]
        rows = []
        for length in of["length"].unique():
            lines = of[of["length"] == length].set_index("technology")
            rows.append(
                [f"{length} × {lines['columns'].iloc[0]}"]
                + [
                    f"{lines.loc[t, f'{who}_um2']:,.0f} ({lines.loc[t, f'{who}_group_size']:.0f})"
                    for t in TECHNOLOGIES
                    for who in ("ours", "theirs")
                ]
            )
        yield "\n".join(table([activation, *head[1:]], rows))
        words.append(_best_shapes(of, activation))
    yield (
        " ".join(words)
        + " A table of floats is dear, and shared by many columns; what integers have to share is an "
        "accumulator, by many activations. As their code is written, a chain of integers grows by a bit an "
        "adder, which speaks for short tiles, of integers that are as wide as their values, too "
        "(`trimmed_um2` in [shapes.csv](shapes.csv))."
    )


def _best_shapes(of: pd.DataFrame, activation: str) -> str:
    """Which shape is best, and whether that is what the paper's rule says of the format."""
    parts = []
    for who in ("ours", "theirs"):
        best = records(of.loc[of.groupby("technology", sort=False)[f"{who}_um2"].idxmin()])
        kept = sum(keeps_rule(activation, row["length"], row["columns"]) for row in best)
        names = [f"{row['length']} × {row['columns']} in {row['technology']}" for row in best]
        parts.append(f"{who} {listing(names)}, as the rule says in {kept} of {len(best)}")
    square = of[of["length"] == of["columns"]].set_index("technology")["ours_um2"]
    least = of.groupby("technology")["ours_um2"].min()
    return f"{activation}: best is {'; '.join(parts)}. Ours gain {span(square / least)} over the square tile."


def keeps_rule(activation: str, length: int, columns: int) -> bool:
    """Whether a shape is what the paper calls best: with floats more columns, with integers fewer."""
    return length > columns if activation.startswith("int") else columns > length


def _densities(densities: pd.DataFrame) -> Iterator[str]:
    yield "### Density by size"
    yield (
        f"µm² a weight position of square tiles, best µ; theirs with {OUTPUTS} accumulators. Published (S): "
        "larger is denser."
    )
    rows = []
    for side in SIDES:
        cells = [f"{side} × {side}"]
        for technology in TECHNOLOGIES[:1]:
            for activation in FORMATS:
                for who in ("ours", "theirs"):
                    best = _best(densities, technology, activation, side, who)
                    cells.append(f"{best[f'{who}_um2_per_mac']:.2f} (µ = {best['group_size']:.0f})")
        rows.append(cells)
    head = [f"{a}, {who}" for a in FORMATS for who in ("ours", "theirs")]
    yield "\n".join(table([TECHNOLOGIES[0], *head], rows))
    gains = {
        (activation, who): [
            _best(densities, t, activation, SIDES[0], who)[f"{who}_um2_per_mac"]
            / _best(densities, t, activation, SIDES[-1], who)[f"{who}_um2_per_mac"]
            for t in TECHNOLOGIES
        ]
        for activation in FORMATS
        for who in ("ours", "theirs")
    }
    told = [f"{activation} {who} {span(values)}" for (activation, who), values in gains.items()]
    yield (
        f"From {SIDES[0]} to {SIDES[-1]} the area of a weight falls, in all technologies: {listing(told)}. "
        "That agrees; how much it is depends on what is amortised, and accumulators for outputs that a "
        "small tile never has at a time are most of it."
    )


def _best(densities: pd.DataFrame, technology: str, activation: str, side: int, who: str) -> Row:
    of = densities[
        (densities["technology"] == technology)
        & (densities["activation"] == activation)
        & (densities["side"] == side)
        & (densities["group_size"] > 1)
    ]
    return records(of.nsmallest(1, f"{who}_um2_per_mac"))[0]


def _keys(keys: pd.DataFrame) -> Iterator[str]:
    yield "### Keys and adders"
    rows = [
        [
            f"{row['group_size']}",
            f"{row['entries']}",
            f"{row['published_bits']:.2f}",
            f"{row['bits_per_weight']:.2f}",
            f"{row['their_adders']}",
            f"{row['adders']}",
        ]
        for row in records(keys)
    ]
    head = ["µ", "entries", "bits a weight, published", "ours", "adders of floats, theirs", "ours"]
    yield "\n".join(table(head, rows))
    same = all(outcome(row["published_bits"] / row["bits_per_weight"]) == "ties" for row in records(keys))
    most = keys[keys["adders"] > 0]
    more = most["their_adders"] / most["adders"]
    yield (
        f"The keys {'are the same' if same else 'differ'}. Their generator of tables of floats takes "
        f"{span(more)} the adders, those that add a constant zero among them; ours are the fewest that make "
        "every entry one addition of two."
    )
