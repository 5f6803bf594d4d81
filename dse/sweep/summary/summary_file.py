"""``summary.md``: the findings of a sweep on a page."""

from __future__ import annotations

from dse.presentation.markdown import spaced, table
from dse.pricing.metric import percent
from dse.sweep.results.designs import core_toml
from dse.sweep.results.sweep_results import Results
from dse.sweep.summary import elsewhere, influence, measured
from dse.sweep.summary.caveats import caveats
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.layer_runs import HEAD
from dse.sweep.summary.request_parts import HEAD as REQUEST_HEAD
from dse.sweep.summary.scope import assumptions, searched
from dse.sweep.summary.sentences import headline, why

FORMATS = (
    "Of each, the feasible design that costs least for its token rate. The error is relative to what float64 "
    "computes from normally distributed activations, whose rounding to the format is part of it."
)

LAYERS = (
    "The recommended design on one pass through the model: tiles, steps and cycles of each core for one of "
    "so many layers alike."
)

REQUEST = (
    "What the recommended design spends on a request, the mean of several by their weights. Parts follow one "
    "another; each takes as long as what limits it. The time of the ternary layers is that of all of them."
)


def markdown(summary: Summary) -> str:
    """``summary.md``."""
    lines = [f"# {summary.results.record.title}", "", *spaced(headline(summary))]
    if verified := summary.results.verified:
        lines += [
            "## Modelled and measured",
            "",
            *spaced(measured.sentences(verified, summary.results.priced)),
        ]
        lines += [*table(*measured.table(verified, summary.results.priced)), "", measured.note(verified), ""]
    if summary.best is not None:
        names, parts = summary.breakdown()
        priced = summary.results.priced
        lines += ["## Why", "", *spaced(why(summary))]
        lines += table(
            [f"{priced.label}, {priced.unit}", *names],
            [[p, *(f"{v:,.0f}" for v in values)] for p, values in parts],
        )
        lines += ["", "## Best designs", "", *table(*highlights(summary))]
        lines += [
            "",
            "The recommended core as a file for `ternlut generate`, `simulate` and `synth`:",
            "",
        ]
        lines += ["```toml", core_toml(summary.best).rstrip(), "```"]
        if summary.request:
            lines += ["", "## Request, part by part", "", *spaced([REQUEST])]
            lines += table(REQUEST_HEAD, [part.cells for part in summary.request])
        if there := elsewhere.rows(summary):
            lines += ["", "## Behind other memories", "", *spaced([elsewhere.explained(summary)])]
            lines += table(elsewhere.head(summary), there)
        if axes := influence.rows(summary.results):
            lines += ["", "## Which axis mattered most", "", *spaced([influence.explained(summary.results)])]
            lines += table(influence.HEAD, axes)
        lines += ["", "## Layer by layer", "", *spaced([LAYERS])]
        lines += table(HEAD, [run.cells for run in summary.layers])
    if summary.results.formats:
        lines += ["", "## Formats and datapaths", "", *spaced([FORMATS]), *_formats(summary.results)]
    lines += ["", "## What was searched", "", *spaced(searched(summary.results))]
    lines += ["## What the figures are", "", *spaced(assumptions(summary.results))]
    lines += ["## What they are not", "", *spaced(caveats(summary.results))]
    return "\n".join(lines).rstrip() + "\n"


def highlights(summary: Summary) -> tuple[list[str], list[list[str]]]:
    """The designs worth a row of a table: headings, and cells of text."""
    metrics = [summary.rules.metric(name) for name in summary.results.objectives]
    rows = [
        [what, *(metric.text(row[metric.name]) for metric in metrics), summary.naming.phrase(row)]
        for what, row in [*summary.highlights, *([summary.reference] if summary.reference else [])]
    ]
    return ["", *(metric.label for metric in metrics), "design"], rows


def _formats(results: Results) -> list[str]:
    """The best of each format, datapath and architecture."""
    rows = results.formats
    figure = results.for_rate.name
    head = [
        "format",
        "datapath",
        "architecture",
        f"{results.priced.unit} per token/s",
        "against the best",
        "RMS error",
        "design",
    ]
    return table(
        head,
        [
            [
                str(row["activation"]),
                f"{row['datapath'] or 'integer'}"
                + (f", {row['aligned_bits']} bits" if row.get("aligned_bits") else ""),
                str(row["architecture"]),
                f"{row[figure]:.3g}",
                f"{row[figure] / rows[0][figure]:.2f}×",
                percent(row["rms_error"]),
                results.naming.details(row),
            ]
            for row in rows
        ],
    )
