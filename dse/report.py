"""``report.html``: one file with everything in it, for the screen (large, small, light, dark) and for paper.

The page is a template with its style and its program beside it in ``data/``; here is what it shows.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from costmodel.area import PARTS
from costmodel.representative import default_of
from dse.figures import PART_COLOURS, VALUE_COLOURS, label, number_of
from dse.metrics import metric
from dse.results import Results, Row
from dse.space import CONFIG_KEYS
from dse.summary import Summary, assumptions, core_of, quantity, searched, shape
from dse.verified_table import verified_section
from dse.workload import Layer
from generator.files import write_text
from generator.plan import plan_for

MOST_FRONT = 20_000
"""Designs of the front that the page holds; of more, an even choice."""

MOST_OTHERS = 1_500
"""Designs that the page holds of each compared value's own front, beyond the front of all."""

SHOWN_METRICS = (
    "area_um2",
    *(f"area_{part}" for part in PARTS),
    "tokens_per_second",
    "weight_gb_per_s",
    "activation_gb_per_s",
    "bits_per_weight",
    "macs_per_cycle",
    "utilisation",
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

    page = _data("report.html")
    data = json.dumps(page_data(summary), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    parts = {
        "title": html.escape(summary.results.meta["spec"]["title"] or "Sweep"),
        "style": _data("report.css"),
        "verified": verified_section(summary.results.verified),
        "plotly": get_plotlyjs(),
        "data": data.replace("</", "<\\/"),
        "program": _data("report.js"),
    }
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    write_text(path, page)


def page_data(summary: Summary) -> dict[str, Any]:
    """Everything the page's program draws, as JSON."""
    results, best = summary.results, summary.best
    rows = _shown(summary)
    place = {row["id"]: i for i, row in enumerate(rows)}
    equals = [rival for rival in summary.rivals if rival.equal]
    varied = [key for key in CONFIG_KEYS if key in results.axes]
    codes = {key: {value: i for i, value in enumerate(results.axes[key])} for key in varied}
    return {
        "title": results.meta["spec"]["title"] or "Sweep",
        "workload": results.meta["workload"]["title"],
        "headline": summary.headline(),
        "why": summary.why(),
        "cards": _cards(summary),
        "compare": results.compare,
        "groups": results.meta["groups"],
        "rate": summary.rate,
        "price": summary.price,
        "objectives": results.objectives,
        "budget": results.budget,
        "labels": {name: label(name) for name in _metrics(results)},
        "units": {name: metric(name).unit for name in _metrics(results)},
        "parts": list(PARTS),
        "partColours": PART_COLOURS,
        "valueColours": VALUE_COLOURS,
        "keys": CONFIG_KEYS,
        "varied": varied,
        "constant": _constant(results),
        "values": {key: results.axes[key] for key in varied},
        "designs": {
            "id": [row["id"] for row in rows],
            "front": [int(row["front"]) for row in rows],
            **{key: [codes[key].get(row[key], -1) for row in rows] for key in varied},
            **{name: [_compact(row[name]) for row in rows] for name in _metrics(results)},
        },
        "cloud": {
            name: [_compact(value) for value in values]
            for name, values in results.cloud(*results.objectives).items()
        },
        "best": None if best is None else place[best["id"]],
        "equals": [[str(rival.value), place[rival.equal["id"]]] for rival in equals if rival.equal],
        "verified": [place[one.id] for one in results.verified if one.id in place],
        "highlights": [[what, place[row["id"]]] for what, row in summary.highlights],
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
        "layers": [] if best is None else _layers(results, best),
        "frontSize": len(results.front),
        "searched": searched(results),
        "assumptions": assumptions(results),
        "provenance": _provenance(results),
    }


def _shown(summary: Summary) -> list[Row]:
    """The designs that the page holds, those that are spoken of among them, by id."""
    results = summary.results
    chosen = {row["id"]: row for row in _spread(results.front, MOST_FRONT)}
    for value in results.meta["groups"]:
        own = [row for row in results.fronts if row[results.compare] == value and not row["front"]]
        chosen |= {row["id"]: row for row in _spread(own, MOST_OTHERS)}
    verified = {one.id for one in results.verified}
    spoken = [row for _, row in summary.highlights]
    spoken += [row for row in results.fronts if row["id"] in verified]
    chosen |= {row["id"]: row for row in spoken}
    return [chosen[id] for id in sorted(chosen)]


def _spread(rows: Sequence[Row], most: int) -> list[Row]:
    """At most ``most`` of ``rows``, evenly."""
    return [rows[i * len(rows) // min(most, len(rows))] for i in range(min(most, len(rows)))]


def _metrics(results: Results) -> list[str]:
    return list(dict.fromkeys([*results.objectives, *SHOWN_METRICS]))


def _constant(results: Results) -> dict[str, Any]:
    """Keys that are the same in every design."""
    first = results.fronts[0]
    keys = [key for key in CONFIG_KEYS if key not in results.axes]
    values = {key: first[key] if key in first else default_of(key) for key in keys}
    return {key: value for key, value in values.items() if value is not None}


def _compact(value: Any) -> Any:
    """Figures to five digits: what the page shows, and half the bytes."""
    if not isinstance(value, float):
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
            cards.append(
                {
                    "label": f"saved against {rival.value}",
                    "value": f"{summary.saving(rival.equal):.1%}",
                    "note": f"{quantity(summary.price, rival.equal[summary.price])} for the same rate",
                }
            )
    return cards


def _choices(summary: Summary, best: Row) -> dict[str, list[list[Any]]]:
    """For each axis, what each of its values costs at the recommended design's rate."""
    found = summary.results.choices(summary.rate, summary.price, best)
    return {
        key: [[value, _compact(price)] for value, price in found[key]]
        for key in CONFIG_KEYS
        if len(found.get(key, ())) > 1
    }


def _layers(results: Results, best: Row) -> list[dict[str, Any]]:
    """How the recommended core runs each layer of the model."""
    plan = plan_for(core_of(best))
    workload = results.meta["workload"]
    rows, total = [], 0
    for fields in workload["layers"]:
        layer = Layer(**fields)
        tiling = plan.tiling(layer.inputs, layer.outputs, workload["tokens"])
        macs = layer.inputs * layer.outputs * workload["tokens"]
        total += tiling.cycles * layer.count
        rows.append(
            {
                "name": layer.name,
                "inputs": layer.inputs,
                "outputs": layer.outputs,
                "count": layer.count,
                "tiles": f"{tiling.n_tiles} × {tiling.m_tiles}",
                "cycles": tiling.cycles,
                "utilisation": macs / (tiling.cycles * plan.macs_per_cycle),
                "all": tiling.cycles * layer.count,
            }
        )
    return [{**row, "share": row["all"] / total} for row in rows]


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
        ["Sweep", f"{meta['digest']}, {meta['points']:,} points"],
    ]


def _data(name: str) -> str:
    return (resources.files("dse") / "data" / name).read_text(encoding="utf-8")
