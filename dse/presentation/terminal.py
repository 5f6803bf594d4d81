"""What a terminal shows: results as tables or JSON, and progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from dse.presentation.answers import say

PARTS = 1_000_000
"""In how many a bar is divided."""


class Progress(Protocol):
    """Told what is being done and the share of it that is, None where that is not known.

    ``amount`` and ``unit`` say how much the whole is, where a rate is worth showing. The first share of
    something is where it starts from, not yet work that was done.
    """

    def __call__(self, what: str, share: float | None, amount: float = 0, unit: str = "") -> None: ...


def silent(what: str, share: float | None, amount: float = 0, unit: str = "") -> None:
    """Progress that nobody watches."""


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr with rate, time gone and time left; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich import progress as rich
    from rich.console import Console

    class Rate(rich.ProgressColumn):
        def render(self, task: rich.Task) -> str:
            return rate((task.speed or 0) / PARTS, task.fields["amount"], task.fields["unit"])

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TextColumn("{task.percentage:>3.0f} %"),
        Rate(),
        rich.TimeElapsedColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, rich.TaskID] = {}

        def advance(what: str, share: float | None, amount: float = 0, unit: str = "") -> None:
            done = round(PARTS * (share or 0))
            if what in tasks:
                bar.update(tasks[what], completed=done)
            else:
                total = None if share is None else PARTS
                tasks[what] = bar.add_task(what, total=total, completed=done, amount=amount, unit=unit)

        yield advance


def rate(shares: float, amount: float, unit: str) -> str:
    """``shares`` a second of ``amount`` in ``unit``, in words; nothing where it is not known."""
    value = shares * amount
    if not value:
        return ""
    return f"{value / 1e6:,.2f} million {unit}/s" if value >= 1e6 else f"{value:,.0f} {unit}/s"


def say_json(figures: Mapping[str, Any]) -> None:
    """Prints one object on a line, in ASCII, which every pipe and every reader takes."""
    import json

    say(json.dumps(figures))


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], text: Collection[int] = (0,)) -> str:
    """A table in plain text: columns in ``text`` to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if i in text else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    return "\n".join(map(line, (head, ["-" * width for width in widths], *rows)))
