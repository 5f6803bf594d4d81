"""Texts that ship with the package, some with places to fill in, written ``@NAME@``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib import resources


def text_of(name: str, **values: str) -> str:
    """The text ``name`` with every ``@NAME@`` replaced by its value; each has to have one, and be there."""
    text = resources.files("dse.handoff").joinpath("data", *name.split("/")).read_text(encoding="utf-8")
    places = set(re.findall(r"@([A-Z_]+)@", text))
    if places != set(values):
        raise AssertionError(f"{name} has {sorted(places)} to fill in, {sorted(values)} is given")
    for place, value in values.items():
        text = text.replace(f"@{place}@", value)
    return text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
