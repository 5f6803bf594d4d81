"""Placement of a core: its netlist, mapped and sized, through the placer, and which part each cell is of."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from costmodel.fit.cores import synthesize
from costmodel.fit.libraries import cells_of
from costmodel.flow.placing import PlacedResult, Silicon, place_netlist
from costmodel.flow.synthesis import SynthesisError, SynthesisResult
from costmodel.price.area import Part
from costmodel.price.technology import TechnologyError, load_technology
from generator.config import CoreConfig
from generator.parts import MissingPartError, installed, require
from generator.plan import top_name

PLACER_PYTHON = (3, 12)
"""The last Python that the placer has wheels for."""

_PARTS: tuple[tuple[Part, str], ...] = (
    ("converters", r"largest|exponent|\.(align|fix|aligned|fixed|widen|wide|rounded|round)"),
    ("tables", r"\btable\d|\bentries|\bentry_"),
    ("fetch", r"\.(fetch|value|sign|fetched|product|make_)"),
    ("accumulators", r"\.(accumulator|gated|carry|next|add_next|before|captured|chosen|stored|invalid)"),
    ("accumulators", r"\.result|^m_axis_result_tdata"),
    ("reduction", r"\.column\d"),
)
"""A net belongs to the first part whose pattern is in its name; to control if there is none."""


def part_of(net: str) -> Part:
    """The part of a core that a net of that name is in.

    >>> part_of("datapath.column3.sum9_row0"), part_of("datapath.column3.fetch0.hot2"), part_of("aresetn")
    ('reduction', 'fetch', 'control')
    """
    return next((part for part, pattern in _PARTS if re.search(pattern, net)), "control")


def require_placer() -> None:
    """Raises ``MissingPartError`` where the placer is not installed."""
    if not installed("place") and sys.version_info[:2] > PLACER_PYTHON:
        last, here = (".".join(map(str, version)) for version in (PLACER_PYTHON, sys.version_info[:2]))
        raise MissingPartError(f"place needs coloquinte: there is one for Python up to {last}, not {here}")
    require("place", "place")


def place(
    config: CoreConfig,
    technology: str = "asap7",
    *,
    clock_ps: float | None = None,
    liberty: Sequence[Path | str] = (),
    dont_use: Sequence[str] = (),
    keep_wires: bool = False,
) -> tuple[SynthesisResult, PlacedResult]:
    """The core of ``config`` synthesized as ``synthesize`` does it, placed, and resized with its wires.

    ``keep_wires``: have all of them in the result.

    Raises what ``synthesize`` does, ``TechnologyError`` where the technology says nothing of wires, and
    ``MissingPartError`` without a placer.
    """
    require_placer()
    silicon = silicon_of(technology)
    result, verilog = netlist_of(config, technology, clock_ps, liberty, dont_use)
    library = cells_of(technology, [Path(file) for file in liberty], dont_use=dont_use)
    return result, place_netlist(verilog, top_name(config), library, silicon, clock_ps, keep_wires=keep_wires)


def silicon_of(technology: str) -> Silicon:
    """What is placed with in a technology. Raises ``TechnologyError`` where it says nothing of wires."""
    wires = load_technology(technology).wires
    if wires is None:
        raise TechnologyError(
            f"technology {technology}: it has no [wires]: row_um, utilisation, ff_per_um and ohm_per_um are "
            "expected there to place with"
        )
    return Silicon(wires.row_um, wires.utilisation, wires.ff_per_um, wires.ohm_per_um)


def netlist_of(
    config: CoreConfig,
    technology: str,
    clock_ps: float | None,
    liberty: Sequence[Path | str],
    dont_use: Sequence[str],
) -> tuple[SynthesisResult, str]:
    """The synthesis of a core, and its netlist."""
    result = synthesize(
        config, technology, clock_ps=clock_ps, liberty=liberty, dont_use=dont_use, netlist=True
    )
    if result.netlist is None:
        raise SynthesisError(f"synthesis of {top_name(config)} left no netlist")
    return result, result.netlist
