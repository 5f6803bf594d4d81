"""What sections of the page draw: a request, the answer behind other memories, and what each axis does."""

from __future__ import annotations

from typing import Any

from dse.sweep.report.packing import compact
from dse.sweep.report.request_figure import PIECE_COLOURS
from dse.sweep.results.sweep_results import Results
from dse.sweep.summary.elsewhere import answers
from dse.sweep.summary.findings import Summary
from dse.sweep.summary.influence import explained, influences
from dse.sweep.summary.request_parts import HEAD as REQUEST_HEAD
from dse.sweep.summary.request_parts import NAMES
from dse.sweep.summary.roofline import marked


def request_data(summary: Summary) -> dict[str, Any] | None:
    """The time and the traffic of a request, and the rates behind other memories."""
    if not summary.request:
        return None
    kinds = [summary.results.kinds.index(summary.results.kind_of(row)) for _, row in summary.compared]
    return {
        "head": REQUEST_HEAD,
        "phases": list(dict.fromkeys(NAMES[part.phase] for part in summary.request)),
        "colours": PIECE_COLOURS,
        "parts": [
            {
                "phase": NAMES[part.phase],
                "part": part.part,
                "milliseconds": compact(1e3 * part.seconds),
                "megabytes": compact(part.megabytes),
                "cells": part.cells,
            }
            for part in summary.request
        ],
        "lines": [
            {
                "name": line.name,
                "kind": kind,
                "bandwidths": [compact(value) for value in line.bandwidths],
                "rates": [compact(value) for value in line.rates],
            }
            for line, kind in zip(summary.rooflines, kinds, strict=True)
        ],
        "memories": [[name, compact(gigabytes)] for name, gigabytes in marked().items()],
    }


def elsewhere_data(summary: Summary) -> dict[str, Any]:
    """The answers behind other memories."""
    objectives = summary.results.objectives
    memories = [
        {
            "gigabytes": answer.gigabytes,
            "here": answer.here,
            "text": answer.text,
            "designs": [
                {
                    "kind": summary.results.kinds.index(summary.results.kind_of(row)),
                    "recommended": place == 0,
                    "phrase": summary.naming.phrase(row),
                    "figures": {name: compact(float(row[name])) for name in objectives},
                }
                for place, (_, row) in enumerate(answer.compared)
            ],
        }
        for answer in answers(summary)
    ]
    aim = summary.price if summary.rules.recommend == "cheapest" else summary.merit
    return {"memories": memories, "shownAim": aim}


def influence_data(results: Results) -> dict[str, Any]:
    """What each axis does to the answer."""
    ranked = [
        {
            "axis": influence.axis,
            "factor": compact(influence.factor),
            "values": [
                [value, None if figure is None else compact(figure)] for value, figure in influence.reached
            ],
        }
        for influence in influences(results)
    ]
    aim = results.record.aim
    return {"influence": ranked, "aim": aim, "influenceText": explained(results) if ranked else ""}
