"""The part of the report that holds the modelled figures of verified designs against the measured ones."""

from __future__ import annotations

import html
from collections.abc import Sequence

from dse.presentation.html_parts import html_table
from dse.pricing.metrics import Priced
from dse.sweep.results.verified import Verified
from dse.sweep.summary.measured import note, sentences, table


def verified_section(verified: Sequence[Verified], priced: Priced) -> str:
    """A section of HTML; nothing where no design was verified."""
    if not verified:
        return ""
    paragraphs = "".join(f"<p>{html.escape(text)}</p>" for text in sentences(verified, priced))
    return (
        '  <section id="verified" data-jump="Measured">\n'
        f"    <h2>Modelled and measured</h2>\n    {paragraphs}\n"
        f'    <div class="scroll">{html_table(*table(verified, priced))}</div>\n'
        f'    <p class="caption">{html.escape(note(verified))}</p>\n'
        "  </section>\n"
    )
