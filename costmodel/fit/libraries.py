"""What measures cores in a technology; of cells which: Liberty files that are given, else a shipped table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from costmodel.cells.liberty import Library
from costmodel.fit.cells import KIND as CELLS
from costmodel.fit.cells import Cells
from costmodel.fit.fabrics import KIND as FABRIC
from costmodel.fit.fabrics import on_fabric
from costmodel.fit.measurer import Measurer
from costmodel.flow.libraries import user_library
from costmodel.flow.synthesis import SynthesisError, shipped_library
from costmodel.price.technology import TechnologyError, load_technology
from generator.errors import instead


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
    return user_library(shipped.files, shipped.name, dont_use, technology.dont_use, shipped.gates)


def _cells(tech: str, liberty: Sequence[Path], where: str, dont_use: Sequence[str]) -> Measurer:
    return Cells(cells_of(tech, liberty, where, dont_use))


def _fabric(tech: str, liberty: Sequence[Path], where: str, dont_use: Sequence[str]) -> Measurer:
    if liberty or dont_use:
        raise TechnologyError(f"technology {tech}: an FPGA has no library of cells, leave --liberty out")
    return on_fabric(load_technology(tech).library)


MEASURERS: dict[str, Callable[[str, Sequence[Path], str, Sequence[str]], Measurer]] = {
    CELLS: _cells,
    FABRIC: _fabric,
}
"""Kinds of measurers, and how the one of a technology is made (the arguments of ``measurer_of``)."""


def measurer_of(
    tech: str,
    liberty: Sequence[Path] = (),
    where: str = "with --liberty FILE",
    dont_use: Sequence[str] = (),
) -> Measurer:
    """What measures cores in the technology ``tech`` (a name or a file), with cells as ``cells_of`` has them.

    Raises ``TechnologyError`` where there is no such technology or nothing here measures in it.
    """
    technology = load_technology(tech)
    if technology.measured_by not in MEASURERS:
        raise TechnologyError(
            f"technology {technology.name}: measured_by = {technology.measured_by!r}: "
            f"{instead(technology.measured_by, MEASURERS)}"
        )
    return MEASURERS[technology.measured_by](tech, liberty, where, dont_use)
