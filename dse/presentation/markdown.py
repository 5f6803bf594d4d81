"""Paragraphs and tables of Markdown, as lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def spaced(paragraphs: Iterable[str]) -> list[str]:
    """Each with an empty line after it."""
    return [line for paragraph in paragraphs for line in (paragraph, "")]


def anchor_of(heading: str) -> str:
    """What a link to a heading is called."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table, numbers to the right."""
    lines = [f"| {' | '.join(head)} |", f"| --- {'| ---: ' * (len(head) - 1)}|"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]
