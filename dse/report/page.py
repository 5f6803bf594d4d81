"""``report.html``: one file with everything in it, for the screen (large, small, light, dark) and for paper.

The page is a template with its program, a file an idea, beside it in ``data/``; here is what it shows. Plots
are Plotly's, whose program is in the page: it has the parallel coordinates, the hover over many points and
the zoom that we would have to make and keep.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from costmodel.price.representative import OPTIONAL_KEYS
from dse.presentation.html_parts import data_text, filled, page
from dse.presentation.phrases import quantity, shape
from dse.presentation.plotting import PART_COLOURS, VALUE_COLOURS, label
from dse.pricing.areas import DESIGN_PARTS
from dse.pricing.metrics import metric
from dse.report.along_front import along_front
from dse.report.group_costs import cost, group_costs, number_of
from dse.report.verified_section import verified_section
from dse.results.designs import Designs, Row
from dse.results.sweep_results import EFFICIENCY, Results
from dse.spec.space import CONFIG_KEYS, DESIGN_KEYS, default_value
from dse.spec.system import SYSTEM_KEYS, system_default
from dse.summary.caveats import caveats
from dse.summary.findings import Summary
from dse.summary.layer_runs import HEAD
from dse.summary.scope import assumptions, searched
from dse.summary.sentences import headline, why
from generator.files import write_text

MOST_SHOWN = 20_000
"""Designs that the page holds, of the front of all and of each compared value; of more, an even choice."""

PROGRAM = (
    "base",
    "plots",
    "filter",
    "front",
    "group_size",
    "breakdown",
    "comparisons",
    "coordinates",
    "design",
    "tables",
    "page",
)
"""The files of the page's program, in the order in which one needs the other."""

SHOWN_METRICS = (
    "area_um2",
    *(f"area_{part}" for part in DESIGN_PARTS),
    "tokens_per_second",
    "weight_gb_per_s",
    "activation_gb_per_s",
    "bits_per_weight",
    "macs_per_cycle",
    "utilisation",
    "weight_bound",
    "activation_bound",
    "clock_mhz",
    "delay_ps",
    "latency_cycles",
    "rms_error",
    "arithmetic_error",
    "area_um2_per_token_per_second",
    "tops_per_mm2",
)


def write_report(path: Path, summary: Summary) -> None:
    """Writes the page of ``summary``."""
    from plotly.offline import get_plotlyjs

    parts = {"verified": verified_section(summary.results.verified), "plotly": get_plotlyjs()}
    body = filled(data_text("dse.report", "report.html"), parts)
    title = summary.results.meta["spec"]["title"] or "Sweep"
    write_text(path, page(title, body, page_data(summary), program()))


def program() -> str:
    """What runs in the page: one function, so that its names are its own."""
    parts = [data_text("dse.report", f"program/{name}.js") for name in PROGRAM]
    return f'"use strict";\n(async () => {{\n{"".join(parts)}}})();\n'


def page_data(summary: Summary) -> dict[str, Any]:
    """Everything the page's program draws, as JSON."""
    results, best = summary.results, summary.best
    rows = _shown(summary)
    place = {row["id"]: i for i, row in enumerate(rows)}
    equals = [rival for rival in summary.rivals if rival.equal]
    varied = [key for key in results.keys if len({row[key] for row in rows}) > 1]
    return {
        "title": results.meta["spec"]["title"] or "Sweep",
        "workload": results.meta["workload"]["title"],
        "headline": headline(summary),
        "why": why(summary),
        "cards": _cards(summary),
        "compare": results.compare,
        "groups": results.meta["groups"],
        "rate": summary.rate,
        "price": summary.price,
        "objectives": results.objectives,
        "budget": results.budget,
        "labels": {name: label(name) for name in _metrics(results)},
        "units": {name: metric(name).unit for name in _metrics(results)},
        "parts": list(DESIGN_PARTS),
        "efficiency": EFFICIENCY[0],
        "partColours": PART_COLOURS,
        "valueColours": VALUE_COLOURS,
        "keys": CONFIG_KEYS,
        "varied": varied,
        "systemKeys": SYSTEM_KEYS,
        "systemDefaults": {key: system_default(key) for key in SYSTEM_KEYS},
        "constant": _constant(results, rows, varied),
        "designs": packed(
            {
                name: [_compact(row[name]) for row in rows]
                for name in ("id", "front", *varied, *_metrics(results))
            }
        ),
        "cloud": {
            name: [_compact(value) for value in values]
            for name, values in results.cloud(*results.objectives).items()
        },
        "best": None if best is None else place[best["id"]],
        "equals": [[str(rival.value), place[rival.equal["id"]]] for rival in equals if rival.equal],
        "verified": [place[one.id] for one in results.verified if one.id in place],
        "highlights": [[what, place[row["id"]]] for what, row in summary.highlights],
        "along": [[what, place[row["id"]]] for what, row in along_front(summary)],
        "groupCosts": [
            {
                "name": one.name,
                "lut": [
                    {"group": row["group_size"], "cost": _compact(cost(row)), "what": shape(row)}
                    for row in one.lut
                ],
                "baselines": [
                    {"architecture": row["architecture"], "cost": _compact(cost(row)), "what": shape(row)}
                    for row in one.baselines
                ],
            }
            for one in group_costs(results)
        ],
        "choices": {} if best is None else _choices(summary, best),
        "formats": [
            {
                "number": number_of(row),
                "architecture": row["architecture"],
                "cost": _compact(row["area_um2_per_token_per_second"]),
                "error": _compact(row["rms_error"]),
                "what": shape(row) + (f", {row['aligned_bits']} bits" if row.get("aligned_bits") else ""),
            }
            for row in results.formats
        ],
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
        "source": results.meta["source"],
    }


def packed(columns: Mapping[str, Sequence[Any]]) -> str:
    """``columns`` as base64 of gzip of JSON, a fifth of the JSON; a column of one value is that value."""
    short = {
        name: values[0] if name != "id" and all(value == values[0] for value in values) else values
        for name, values in columns.items()
    }
    text = json.dumps(short, separators=(",", ":"), allow_nan=False).encode()
    return base64.b64encode(gzip.compress(text, mtime=0)).decode("ascii")


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
    return list(dict.fromkeys([*results.objectives, *SHOWN_METRICS]))


def _constant(results: Results, rows: Sequence[Row], varied: Sequence[str]) -> dict[str, Any]:
    """Keys that are the same in every design that is shown, and mean something there."""
    stated = {key: rows[0][key] for key in results.keys if key not in varied}
    always = {
        key: default_value(key) for key in DESIGN_KEYS if key not in results.keys and key not in OPTIONAL_KEYS
    }
    return {key: value for key, value in (always | stated).items() if value is not None}


def _compact(value: Any) -> Any:
    """Figures to five digits: what the page shows, and half the bytes."""
    if isinstance(value, bool) or not isinstance(value, float):
        return value
    short = float(f"{value:.5g}")
    return int(short) if short.is_integer() else short


def _cards(summary: Summary) -> list[dict[str, str]]:
    """The figures at the top of the page."""
    best, results = summary.best, summary.results
    if best is None:
        return []
    cards = [{"label": "recommended", "value": str(best[results.compare]), "note": shape(best)}]
    for name in [summary.rate, *(n for n in results.objectives if n != summary.rate)]:
        note = f"budget {quantity(name, results.budget[name])}" if name in results.budget else ""
        if name == summary.rate:
            note = f"at {best['clock_mhz']:,.0f} MHz"
        elif name == "weight_gb_per_s":
            note = f"{best['bits_per_weight']:.3g} bits a weight"
        cards.append(
            {"label": label(name).partition(" (")[0], "value": quantity(name, best[name]), "note": note}
        )
    for rival in summary.rivals:
        if rival.equal:
            saving = summary.saving(rival.equal)
            what = "times" if saving <= -1 else "more than" if saving < 0 else "saved against"
            cards.append(
                {
                    "label": f"{what} {rival.value}",
                    "value": f"{1 - saving:,.1f}×" if saving <= -1 else f"{abs(saving):.1%}",
                    "note": f"{quantity(summary.price, rival.equal[summary.price])} for the same rate",
                }
            )
    return cards


def _choices(summary: Summary, best: Row) -> dict[str, list[list[Any]]]:
    """For each axis, what each of its values costs at the recommended design's rate."""
    found = summary.results.choices(summary.rate, summary.price, best)
    return {
        key: [[value, _compact(price)] for value, price in found[key]] for key in found if len(found[key]) > 1
    }


def _provenance(results: Results) -> list[list[str]]:
    """Where the figures come from."""
    meta = results.meta
    technology = meta["technology"]
    return [
        ["Spec", meta["file"]],
        ["Ternlut", meta["ternlut"]],
        ["Technology", f"{technology['name']}: {technology['library']}, {technology['corner']}"],
        ["Calibrated by", f"{technology['flow']}, {technology['date']}"],
        ["Tools", ", ".join(f"{name} {version}" for name, version in technology["versions"].items())],
        ["Run with", ", ".join(f"{name} {version}" for name, version in meta["versions"].items())],
        ["Sweep", f"{meta['digest']}, {meta['points']:,} points, every one judged: nothing is random"],
    ]
