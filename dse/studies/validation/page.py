"""``validation.html``: one small file with everything in it, to look into every core of a validation."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from costmodel.fit.validation import GROUPINGS, Validation
from dse.presentation.html_parts import data_text, filled, html_table, page
from dse.presentation.naming import tile
from dse.presentation.plotting import VALUE_COLOURS
from dse.studies.validation.figure import BAND
from dse.studies.validation.summary import (
    WORST_NOTE,
    TextTable,
    error_tables,
    noise_table,
    sentences,
    worst_tables,
)
from generator.files import write_text


def write_page(path: Path, validation: Validation) -> None:
    """Writes the page of ``validation``."""
    noise = [noise_table(validation)] if validation.noise else []
    cost, delay = (quantity.name for quantity in validation.told_apart)
    parts = {
        "cost": cost,
        "delay": delay,
        "sentences": "".join(f"<p>{html.escape(text)}</p>\n" for text in sentences(validation)),
        "errors": "".join(_section(table) for table in (*error_tables(validation), *noise)),
        "worst-note": html.escape(WORST_NOTE),
        "worst": "".join(_panel(table) for table in worst_tables(validation)),
    }
    text = page(
        f"The model against synthesis: {validation.technology.name}",
        filled(data_text("dse.studies.validation", "validation.html"), parts),
        page_data(validation),
        data_text("dse.studies.validation", "validation.js"),
        data_text("dse.studies.validation", "validation.css"),
    )
    write_text(path, text)


def page_data(validation: Validation) -> dict[str, Any]:
    """What the page's program draws, as JSON."""
    rows = validation.cores.to_dict("records")
    names = [quantity.name for quantity in validation.told_apart]
    numbers = [f"{kind}_{name}" for name in names for kind in ("synthesized", "modelled")]
    return {
        "figures": {q.name: [q.label, q.unit] for q in validation.told_apart},
        "groupings": GROUPINGS,
        "colours": VALUE_COLOURS,
        "band": BAND,
        "cores": [
            {
                "core": row["core"],
                "shape": tile({str(key): value for key, value in row.items()}),
                **{key: row[key] for key in GROUPINGS},
                **{key: float(f"{row[key]:.6g}") for key in numbers},
            }
            for row in rows
        ],
    }


def _section(table: TextTable) -> str:
    note = f'<p class="caption">{html.escape(table.note)}</p>' if table.note else ""
    scroll = f'<div class="scroll">{html_table(table.head, table.rows)}</div>'
    return f"<section><h2>{html.escape(table.title)}</h2>{note}{scroll}</section>\n"


def _panel(table: TextTable) -> str:
    note = f'<p class="caption">{html.escape(table.note)}</p>'
    return f"<div><h3>{html.escape(table.title)}</h3>{html_table(table.head, table.rows)}{note}</div>\n"
