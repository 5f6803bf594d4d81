"""What a terminal shows: aligned tables on stdout, progress on stderr and only where someone watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

Progress = Callable[[str, float | None], None]
"""Told what is being done and the share of it that is, None where that is not known."""


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr with the time gone and left; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda what, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def advance(what: str, share: float | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=None if share is None else 1.0)
            bar.update(tasks[what], completed=share or 0.0)

        yield advance


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
