"""Placement of a mapped netlist, and what its wires make of it: the measured truth that wires are fitted to.

Every placement runs in a process of its own (``costmodel.flow.place_worker``). Results are cached by a hash
of everything that they depend on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from costmodel.cells.liberty import Library
from costmodel.flow.answers import answer_of
from costmodel.flow.netlist import Bit, Terminal
from costmodel.flow.static_timing import Wires
from costmodel.flow.synthesis import Children, yosys_version
from costmodel.flow.wiring import WiredFigures
from generator.files import cache_directory

# Bumped whenever what comes out of a placement changes, so that older cached results are not used.
PLACER_VERSION = 12
WORKER = "costmodel.flow.place_worker"


@dataclass(frozen=True)
class Silicon:
    """What a placement is made with: height of a row (µm), share of the area that is cells, fF/µm, Ω/µm."""

    row_um: float
    utilisation: float
    ff_per_um: float
    ohm_per_um: float


@dataclass(frozen=True)
class PlacedCell:
    """A cell, its kind, its lower left corner and width (µm), and the name of a net that it leads to."""

    name: str
    kind: str
    x_um: float
    y_um: float
    width_um: float
    leads_to: str


@dataclass(frozen=True)
class PlacedPin:
    """A pin of the core and where it is (µm)."""

    name: str
    x_um: float
    y_um: float


@dataclass(frozen=True)
class PlacedCore:
    """Cells in rows, with the origin in the lower left corner. Lengths in µm."""

    width_um: float
    height_um: float
    row_um: float
    cells: tuple[PlacedCell, ...]
    pins: tuple[PlacedPin, ...]


@dataclass(frozen=True)
class PlacedWires:
    """Of the wires of nets their capacitance (fF) by driver, and their delay (ps) by the pin they lead to."""

    capacitance_ff: dict[Terminal, float]
    delay_ps: dict[Terminal, float]

    def of(self, module: Mapping[str, Any]) -> Wires:
        """The same by the bits of a module, whose nets cells or neighbours drive."""
        bits: dict[Terminal, Bit] = {
            (name, pin): bit
            for name, cell in module["cells"].items()
            for pin, connected in cell["connections"].items()
            for bit in connected
        }
        capacitances = {bits[at]: ff for at, ff in self.capacitance_ff.items() if at in bits}
        return Wires(capacitances, self.delay_ps)


@dataclass(frozen=True)
class PlacedResult:
    """A netlist placed: its figures before and after resizing with its wires, and where everything is then.

    ``beyond_limits`` is how many nets exceed the library's max_capacitance or max_transition. ``netlist`` is
    the resized design as Verilog, ``wires`` what is between its cells, if it was asked for.
    """

    before: WiredFigures
    after: WiredFigures
    beyond_limits: int
    core: PlacedCore
    netlist: str
    seconds: float
    wires: PlacedWires | None = None


def place_netlist(
    netlist: str,
    top: str,
    library: Library,
    silicon: Silicon,
    clock_ps: float | None = None,
    cache_dir: Path | None = None,
    keep_wires: bool = False,
) -> PlacedResult:
    """Places a netlist of ``library``'s cells, given as Verilog, or takes the result from the cache.

    It is resized until it meets ``clock_ps`` with its wires, as far as that can be; without a clock only so
    far that it keeps the library's limits. ``keep_wires`` asks for all wires. Raises
    ``SynthesisError`` where placing fails.
    """
    directory = cache_dir or cache_directory()
    settings = {**asdict(silicon), "clock_ps": clock_ps}

    def stated(folder: Path) -> dict[str, Any]:
        design = folder / "design.v"
        design.write_text(netlist, encoding="utf-8")
        table = library.cached_table(directory)
        return {
            "netlist": str(design),
            "top": top,
            "table": str(table.absolute()),
            "wires": keep_wires,
            **settings,
        }

    def run(job: dict[str, Any]) -> None:
        Children().run(job, WORKER, "placement")

    depends_on = (
        netlist,
        top,
        library.digest,
        json.dumps(settings, sort_keys=True),
        str(PLACER_VERSION),
        metadata.version("coloquinte"),
        yosys_version(),
        *(["wires"] if keep_wires else []),
    )
    return answer_of("placement", map(str.encode, depends_on), directory, stated, run, _result)


def _result(data: dict[str, Any]) -> PlacedResult:
    core = data["core"]
    cells = tuple(PlacedCell(*cell) for cell in core.pop("cells"))
    pins = tuple(PlacedPin(*pin) for pin in core.pop("pins"))
    return PlacedResult(
        before=WiredFigures(**data["before"]),
        after=WiredFigures(**data["after"]),
        beyond_limits=data["beyond_limits"],
        netlist=data["netlist"],
        core=PlacedCore(**core, cells=cells, pins=pins),
        seconds=data["seconds"],
        wires=_wires(data.get("wires")),
    )


def _wires(data: list[Any] | None) -> PlacedWires | None:
    if data is None:
        return None
    capacitances = {(cell, pin): ff for (cell, pin), ff, _ in data}
    return PlacedWires(capacitances, {(cell, pin): ps for _, _, ends in data for (cell, pin), ps in ends})
