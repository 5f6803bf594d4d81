"""Which cells belong to a technology: Liberty files that are given, else a cell table that is shipped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.cells.liberty import Library
from costmodel.flow.libraries import user_library
from costmodel.flow.synthesis import SynthesisError, shipped_library
from costmodel.price.technology import TechnologyError, load_technology


def cells_of(
    tech: str,
    liberty: Sequence[Path],
    where: str = "with --liberty FILE",
    dont_use: Sequence[str] = (),
) -> Library:
    """The library of ``liberty`` files, or without any that of the technology ``tech`` (a name or a file).

    Cells that match a pattern of ``dont_use``, or one that the technology was fitted without, are left out.

    Raises ``TechnologyError`` where there is no such technology, or where it has coefficients alone and no
    files are given (``where`` tells how to give them), and ``LibertyError`` as ``user_library`` does.
    """
    technology = load_technology(tech)
    if liberty:
        return user_library(liberty, dont_use=dont_use, besides=technology.dont_use)
    try:
        shipped = shipped_library(tech)
    except SynthesisError:
        raise TechnologyError(
            f"technology {tech}: its coefficients are known, its cells ({technology.corner}) are not; "
            f"give them {where}"
        ) from None
    return user_library(shipped.files, shipped.name, dont_use, technology.dont_use)
