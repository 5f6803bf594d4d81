"""Files that are either whole or absent, and where results that are expensive to make live between runs."""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from generator.errors import TernlutError


class OutputError(TernlutError):
    """Results cannot be written where they were asked for."""


def describe(error: OSError) -> str:
    """An operating-system error as one line: where, what."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def cache_directory() -> Path:
    """``$TERNLUT_CACHE``, else ``ternlut`` in ``$XDG_CACHE_HOME``, else in ``~/.cache``; not created here."""
    if chosen := os.environ.get("TERNLUT_CACHE"):
        return Path(chosen)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "ternlut"
    return Path.home() / ".cache" / "ternlut"


def output_directory(path: Path) -> Path:
    """``path`` as a directory that exists; ``OutputError`` where it cannot be one."""
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path}: is a file, a directory to write into is expected")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(describe(error)) from None
    return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes its place when the block succeeds, else it is removed.

    Raises ``OutputError`` where writing fails, a full disk for example; ``path`` is then as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes ``text`` to ``path`` whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a table whole or not at all: cells with commas, quotes or line ends are quoted."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
