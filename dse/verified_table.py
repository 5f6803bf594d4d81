"""The part of the report that holds the modelled figures of verified designs against the measured ones."""

from __future__ import annotations

import html
from collections.abc import Sequence

from dse.verified import HEAD, Verified, note, rows, sentences


def verified_section(found: Sequence[Verified]) -> str:
    """A section of HTML; nothing where no design was verified."""
    if not found:
        return ""
    said = "".join(f"<p>{html.escape(text)}</p>" for text in sentences(found))
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in HEAD)
    body = "".join(f"<tr>{_cells(cells)}</tr>" for cells in rows(found))
    return (
        '  <section id="verified">\n'
        f"    <h2>Modelled and measured</h2>\n    {said}\n"
        f'    <div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>\n'
        f'    <p class="caption">{html.escape(note(found))}</p>\n'
        "  </section>\n"
    )


def _cells(cells: Sequence[str]) -> str:
    return "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
