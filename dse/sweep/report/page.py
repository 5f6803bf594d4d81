"""``report.html``: one file with everything in it, for the screen (large, small, light, dark) and for paper.

The page is a template with its program, a file an idea, beside it in ``data/``; here is what it shows. Plots
are Plotly's, whose program is in the page: it has the parallel coordinates, the hover over many points and
the zoom that we would have to make and keep.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from costmodel.price.representative import CONFIG_KEYS
from dse.presentation.html_parts import data_text, filled, page
from dse.presentation.plotting import ARCHITECTURE_COLOURS, PART_COLOURS, VALUE_COLOURS, kind_colours
from dse.pricing.areas import DESIGN_PARTS
from dse.spec.expressions import SYMBOLS
from dse.spec.space import unstated
from dse.spec.system import SYSTEM_KEYS, system_default
from dse.sweep.report.along_front import along_front
from dse.sweep.report.cards import cards
from dse.sweep.report.group_costs import group_costs, number_of
from dse.sweep.report.packing import compact, compressed, packed
from dse.sweep.report.sections import elsewhere_data, influence_data, request_data
from dse.sweep.report.verified_section import verified_section
from dse.sweep.results.designs import Designs, Row
from dse.sweep.results.sweep_results import Results
from dse.sweep.summary.caveats import caveats
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.knee import Scale
from dse.sweep.summary.layer_runs import HEAD
from dse.sweep.summary.rules import NEARLY_BEST
from dse.sweep.summary.scope import assumptions, searched
from dse.sweep.summary.sentences import headline, why
from generator.config import ARRAY_KEYS
from generator.files import write_text

MOST_SHOWN = 20_000
"""Designs that the page holds, of the front of all and of each compared value; of more, an even choice."""

PROGRAM = (
    "base",
    "plots",
    "expressions",
    "filter",
    "limits",
    "recommendation",
    "pins",
    "front",
    "memories",
    "influence",
    "group_size",
    "breakdown",
    "request",
    "comparisons",
    "coordinates",
    "design",
    "tables",
    "page",
)
"""The files of the page's program, in the order in which one needs the other."""


def write_report(path: Path, summary: Summary) -> None:
    """Writes the page of ``summary``."""
    from plotly.offline import get_plotlyjs

    label = html.escape(summary.results.priced.label)
    parts = {
        "verified": verified_section(summary.results.verified, summary.results.priced),
        "plotly": compressed(get_plotlyjs()),
        "cost": label,
        "Cost": f"{label[:1].upper()}{label[1:]}",
    }
    body = filled(data_text("dse.sweep.report", "report.html"), parts)
    title = summary.results.record.title
    write_text(path, page(title, body, page_data(summary), program()))


def program() -> str:
    """What runs in the page: one function, so that its names are its own."""
    parts = [data_text("dse.sweep.report", f"program/{name}.js") for name in PROGRAM]
    return f'"use strict";\n(async () => {{\n{"".join(parts)}}})();\n'


def page_data(summary: Summary) -> dict[str, Any]:
    """Everything the page's program draws, as JSON."""
    results = summary.results
    rows = _shown(summary)
    varied = [key for key in results.keys if len({row[key] for row in rows}) > 1]
    return {
        "title": results.record.title,
        "workload": results.record.workload.title,
        "headline": headline(summary),
        "why": why(summary),
        "cards": cards(summary),
        **_question(summary),
        **_words(results),
        "varied": varied,
        "constant": _constant(results, rows, varied),
        "designs": _columns(summary, rows, varied),
        "cloud": {
            name: [compact(value) for value in values]
            for name, values in results.cloud(*results.objectives).items()
        },
        **_spoken_of(summary, {row["id"]: i for i, row in enumerate(rows)}),
        "groupCosts": _group_costs(results),
        "request": request_data(summary),
        **elsewhere_data(summary),
        **influence_data(results),
        "choices": _choices(summary),
        "formats": _formats(results),
        "complete": results.complete,
        "layers": {
            "head": HEAD,
            "rows": [
                {"cells": run.cells, "utilisation": run.utilisation, "share": run.share}
                for run in summary.layers
            ],
        },
        "frontSize": len(results.front),
        "searched": searched(results),
        "assumptions": assumptions(results),
        "caveats": caveats(results),
        "provenance": _provenance(results),
        "source": results.record.source,
    }


def _question(summary: Summary) -> dict[str, Any]:
    """What was asked, and the rules by which the page recommends where a filter leaves some designs."""
    rules, results = summary.rules, summary.results
    front = results.front
    scales = {name: Scale.of(rules.cost(front, name)) for name in rules.tradeoffs[0]}
    return {
        "compare": results.compare,
        "kinds": results.kinds,
        "kindNames": [summary.naming.group(kind) for kind in results.kinds],
        "kindColours": list(kind_colours(results.compare, results.kinds).values()),
        "merit": summary.merit,
        "price": summary.price,
        "single": rules.single,
        "errors": rules.errors,
        "alike": rules.alike,
        "byLimits": rules.by_limits,
        "nearly": NEARLY_BEST,
        "scales": {name: [scale.low, scale.high, scale.sign] for name, scale in scales.items()},
        "uncertainties": {name: results.uncertainty(name) for name in results.objectives},
        "objectives": results.objectives,
        "budget": results.budget,
        "recommend": rules.recommend,
    }


def _words(results: Results) -> dict[str, Any]:
    """Names, units, colours and keys."""
    metrics, priced = [results.metric(name) for name in _metrics(results)], results.priced
    return {
        "labels": {metric.name: metric.axis for metric in metrics},
        "units": {metric.name: metric.unit for metric in metrics},
        "percent": [metric.name for metric in metrics if metric.form == "percent"],
        "parts": list(DESIGN_PARTS),
        "efficiency": results.for_rate.name,
        "cost": {"key": priced.key, "label": priced.label, "unit": priced.unit},
        "partFigures": {part: priced.part(part) for part in DESIGN_PARTS},
        "partColours": PART_COLOURS,
        "valueColours": VALUE_COLOURS,
        "architectureColours": ARCHITECTURE_COLOURS,
        "keys": CONFIG_KEYS,
        "symbols": SYMBOLS,
        "arrayKeys": ARRAY_KEYS,
        "systemKeys": SYSTEM_KEYS,
        "systemDefaults": {key: system_default(key) for key in SYSTEM_KEYS},
    }


def _columns(summary: Summary, rows: Sequence[Row], varied: Sequence[str]) -> str:
    """The designs that are shown: keys, metrics, and each in a phrase. Objectives to nine digits, so that the
    page puts designs in the same order."""
    columns = {name: [compact(row[name]) for row in rows] for name in ("id", "front", *varied)}
    for name in _metrics(summary.results):
        digits = 9 if name in summary.results.objectives else 5
        columns[name] = [compact(row[name], digits) for row in rows]
    columns["kind"] = [summary.results.kinds.index(summary.results.kind_of(row)) for row in rows]
    columns["phrase"] = [summary.naming.phrase(row) for row in rows]
    return packed(columns)


def _spoken_of(summary: Summary, place: Mapping[int, int]) -> dict[str, Any]:
    """Where the designs stand that the page speaks of."""
    best = summary.best
    return {
        "best": None if best is None else place[best["id"]],
        "equals": [] if best is None else [[name, place[row["id"]]] for name, row in summary.compared[1:]],
        "verified": [place[one.id] for one in summary.results.verified if one.id in place],
        "reference": _reference(summary),
        "highlights": [[what, place[row["id"]]] for what, row in summary.highlights],
        "along": [[what, place[row["id"]]] for what, row in along_front(summary)],
    }


def _reference(summary: Summary) -> dict[str, Any] | None:
    """The spec's own design: its name, its phrase and its figures."""
    if summary.reference is None:
        return None
    name, row = summary.reference
    figures = {metric: compact(row[metric]) for metric in _metrics(summary.results) if metric in row}
    return {"name": name, "phrase": summary.naming.phrase(row), "figures": figures}


def _group_costs(results: Results) -> list[dict[str, Any]]:
    tell = results.naming.details
    return [
        {
            "name": costs.name,
            "lut": [
                {"group": row["group_size"], "cost": compact(costs.cost(row)), "what": tell(row)}
                for row in costs.lut
            ],
            "baselines": [
                {"architecture": row["architecture"], "cost": compact(costs.cost(row)), "what": tell(row)}
                for row in costs.baselines
            ],
        }
        for costs in group_costs(results)
    ]


def _formats(results: Results) -> list[dict[str, Any]]:
    return [
        {
            "number": number_of(row),
            "architecture": row["architecture"],
            "cost": compact(row[results.for_rate.name]),
            "error": compact(row["rms_error"]),
            "what": results.naming.details(row),
        }
        for row in results.formats
    ]


def _shown(summary: Summary) -> list[Row]:
    """The designs that the page holds, those that are spoken of among them, by id."""
    results = summary.results
    verified = {one.id for one in results.verified}
    spoken = [row for _, row in summary.highlights] + [row for _, row in along_front(summary)]
    everything = results.fronts
    spoken += everything.where(np.isin(everything.column("id"), sorted(verified)))
    front = _spread(results.front, MOST_SHOWN - len(spoken))
    others = everything.where(~everything.column("front"))
    rest = _spread(others, MOST_SHOWN - len(spoken) - len(front))
    chosen = {row["id"]: row for row in (*front, *rest, *spoken)}
    return [chosen[id] for id in sorted(chosen)]


def _spread(designs: Designs, most: int) -> Designs:
    """At most ``most`` of ``designs``, evenly."""
    count = max(0, min(most, len(designs)))
    return designs.take(np.arange(count) * len(designs) // max(1, count))


def _metrics(results: Results) -> list[str]:
    """All figures, the objectives first."""
    return list(dict.fromkeys([*results.objectives, *results.record.metrics]))


def _constant(results: Results, rows: Sequence[Row], varied: Sequence[str]) -> dict[str, Any]:
    """Keys that are the same in every design that is shown, and mean something there."""
    stated = {key: rows[0][key] for key in results.keys if key not in varied}
    return {key: value for key, value in (unstated(results.keys) | stated).items() if value is not None}


def _choices(summary: Summary) -> dict[str, list[list[Any]]]:
    """For each axis, what each of its values costs in a design that is held against the recommended one."""
    if summary.best is None:
        return {}
    standard = summary.rules.standard(summary.best)
    choices = summary.results.choices(standard, summary.price, summary.best)
    return {
        key: [[value, compact(price)] for value, price in choices[key]]
        for key in choices
        if len(choices[key]) > 1
    }


def _provenance(results: Results) -> list[list[str]]:
    """Where the figures come from."""
    record = results.record
    technology = record.technology
    return [
        ["Spec", record.file],
        ["Ternlut", record.ternlut],
        ["Technology", f"{technology.name}: {technology.library}, {technology.corner}"],
        ["Calibrated by", f"{technology.flow}, {technology.date}"],
        ["Tools", ", ".join(f"{name} {version}" for name, version in technology.versions.items())],
        ["Run with", ", ".join(f"{name} {version}" for name, version in record.versions.items())],
        ["Sweep", f"{record.digest}, {record.points:,} points, every one judged: nothing is random"],
    ]
