"""``validation.html``: one small file with everything in it, to look into every core of a validation."""

from __future__ import annotations

import html
import json
from importlib import resources
from pathlib import Path
from typing import Any

from costmodel.validation import FIGURES, GROUPINGS, Validation
from dse.plotting import VALUE_COLOURS
from dse.summary import shape
from dse.validation_figures import BAND
from dse.validation_summary import WORST_NOTE, Table, error_tables, noise_table, sentences, worst_tables
from generator.files import write_text


def write_page(path: Path, validation: Validation) -> None:
    """Writes the page of ``validation``."""
    page = _data("validation.html")
    data = json.dumps(page_data(validation), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    noise = [noise_table(validation)] if validation.noise else []
    parts = {
        "title": html.escape(f"The model against synthesis: {validation.technology.name}"),
        "style": _data("report.css") + _data("validation.css"),
        "sentences": "".join(f"<p>{html.escape(text)}</p>\n" for text in sentences(validation)),
        "errors": "".join(_section(table) for table in (*error_tables(validation), *noise)),
        "worst-note": html.escape(WORST_NOTE),
        "worst": "".join(_panel(table) for table in worst_tables(validation)),
        "data": data.replace("</", "<\\/"),
        "program": _data("validation.js"),
    }
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    write_text(path, page)


def page_data(validation: Validation) -> dict[str, Any]:
    """What the page's program draws, as JSON."""
    rows = validation.cores.to_dict("records")
    numbers = [f"{kind}_{name}" for name in ("area", "delay") for kind in ("synthesized", "modelled")]
    return {
        "figures": {name: FIGURES[name] for name in ("area", "delay")},
        "groupings": GROUPINGS,
        "colours": VALUE_COLOURS,
        "band": BAND,
        "cores": [
            {
                "core": row["core"],
                "shape": shape({str(key): value for key, value in row.items()}),
                **{key: row[key] for key in GROUPINGS},
                **{key: float(f"{row[key]:.6g}") for key in numbers},
            }
            for row in rows
        ],
    }


def _section(table: Table) -> str:
    note = f'<p class="caption">{html.escape(table.note)}</p>' if table.note else ""
    scroll = f'<div class="scroll">{_rows(table)}</div>'
    return f"<section><h2>{html.escape(table.title)}</h2>{note}{scroll}</section>\n"


def _panel(table: Table) -> str:
    note = f'<p class="caption">{html.escape(table.note)}</p>'
    return f"<div><h3>{html.escape(table.title)}</h3>{_rows(table)}{note}</div>\n"


def _rows(table: Table) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.head)
    rows = [
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>" for cells in table.rows
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _data(name: str) -> str:
    return (resources.files("dse") / "data" / name).read_text(encoding="utf-8")
