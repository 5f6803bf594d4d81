"""What pages of HTML have in common: templates and their parts, data for their programs, tables."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any


def data_text(package: str, name: str) -> str:
    """The text of a file in the ``data`` folder of ``package``."""
    return (resources.files(package) / "data" / name).read_text(encoding="utf-8")


def page(title: str, body: str, data: Any, program: str, style: str = "") -> str:
    """A page that needs no other file: ``body``, its ``program`` and the ``data`` that this draws.

    The ``style`` is its own beside that of all pages.
    """
    parts = {
        "body": body,
        "title": html.escape(title),
        "style": data_text("dse.presentation", "page.css") + style,
        "program": program,
        "data": embedded(data),
    }
    return filled(data_text("dse.presentation", "page.html"), parts)


def filled(template: str, parts: Mapping[str, str]) -> str:
    """``template`` with ``parts`` in the places of the comments that name them."""
    for name, text in parts.items():
        template = template.replace(f"<!--{name}-->", text)
    return template


def embedded(data: Any) -> str:
    """``data`` as JSON that may stand in a page."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("</", "<\\/")


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of text."""
    body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{_cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"


def _cells(tag: str, cells: Sequence[str]) -> str:
    return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
