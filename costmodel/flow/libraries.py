"""Libraries that are enough to map a core to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.cells.liberty import Library
from costmodel.cells.liberty_syntax import LibertyError
from costmodel.flow.mapping import missing_kinds
from generator.files import cache_directory


def user_library(
    liberty: Sequence[Path],
    name: str = "",
    dont_use: Sequence[str] = (),
    besides: Sequence[str] = (),
    gates: Sequence[Path] = (),
) -> Library:
    """A library whose cells have been read and are enough to map a core to.

    Cells that match a pattern of ``dont_use`` or ``besides`` are left out. ``gates`` are files of which only
    clock gates are taken. Raises ``LibertyError`` where the
    files are unusable, a pattern of ``dont_use`` matches no cell, or a kind of cell is missing.
    """
    if dont_use:
        for pattern in Library(name, tuple(liberty), tuple(dont_use), tuple(gates)).unmatched():
            raise LibertyError(f"--dont-use {pattern}: no cell of {_files(liberty)} has such a name")
    library = Library.of(tuple(liberty), name, (*besides, *dont_use), tuple(gates))
    missing = missing_kinds(library.table(cache_directory()))
    if missing:
        raise LibertyError(
            f"{_files(liberty)}: no {' and no '.join(missing)} among the cells that may be used; a core "
            "cannot be mapped to such a library"
        )
    return library


def _files(liberty: Sequence[Path]) -> str:
    return ", ".join(map(str, liberty))
