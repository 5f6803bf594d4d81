"""Integrated clock gates of a Liberty text, whichever marks keep mappers away from them.

Libraries mark them ``dont_use``, and open flows leave them out, because no mapper is to take them for logic;
a flow that gates clocks takes them by what they are.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import replace

from costmodel.cells.liberty_cells import is_used, read_cells
from costmodel.cells.liberty_syntax import Group, parse_groups
from costmodel.cells.table import Cell, ClockGate

_KIND = "clock_gating_integrated_cell"
_POSITIVE = "latch_posedge"
"""Of flip-flops of a rising edge: the clock rests low, and a latch holds the enable while it is high."""
_MARK = re.compile(rf'\bcell\s*\(\s*"?([^\s")]+)"?\s*\)\s*{{|\b{_KIND}\s*:')


def read_clock_gates(text: str, source: str, dont_use: Sequence[str] = ()) -> dict[str, Cell]:
    """The clock gates for rising edges in a Liberty text, but for those that match a pattern of ``dont_use``.

    Those of which the text does not say which pin is which are left out. Raises ``LibertyError`` with one
    line that names the source.
    """
    names = [name for name in _names(text) if not any(fnmatch.fnmatch(name, each) for each in dont_use)]
    if not names:
        return {}
    root = parse_groups(text, source, lambda kind, name: is_used(kind) and (kind != "cell" or name in names))
    gates: dict[str, Cell] = {}
    for library in root.of("library"):
        groups = library.of("cell")
        for group in groups:
            group.attributes.pop("dont_use", None)
        cells = read_cells(library, source)
        for group in groups:
            cell, gate = cells.get(group.arguments), _gate(group)
            if cell is not None and gate is not None and cell.outputs == [gate.output]:
                gates[cell.name] = replace(cell, clock_gate=gate)
    return gates


def _names(text: str) -> list[str]:
    """The cells that state what kind of clock gate they are."""
    names, last = [], ""
    for match in _MARK.finditer(text):
        if match[1]:
            last = match[1]
        else:
            names.append(last)
    return names


def _gate(group: Group) -> ClockGate | None:
    kind = group.attributes.get(_KIND, "").strip('"')
    pins: dict[str, list[str]] = {role: [] for role in ("clock", "enable", "out", "test")}
    for pin in group.of("pin"):
        for role, names in pins.items():
            if pin.true(f"clock_gate_{role}_pin"):
                names += pin.names()
    if not kind.startswith(_POSITIVE) or any(len(pins[role]) != 1 for role in ("clock", "enable", "out")):
        return None
    return ClockGate(pins["clock"][0], pins["enable"][0], pins["out"][0], tuple(pins["test"]))
