"""Placement of a mapped netlist, and what its wires make of it: the measured truth that wires are fitted to.

Every placement runs in a process of its own (``costmodel.flow.place_worker``). Results are cached by a hash
of everything that they depend on.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from costmodel.cells.liberty import Library
from costmodel.flow.synthesis import Children, yosys_version
from costmodel.flow.wiring import WiredFigures
from generator.files import cache_directory, write_text

# Bumped whenever what comes out of a placement changes, so that older cached results are not used.
PLACER_VERSION = 6
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
class PlacedResult:
    """A netlist placed: its figures before and after resizing with its wires, and where everything is then.

    ``beyond_limits`` is how many nets exceed the library's max_capacitance or max_transition. ``netlist`` is
    the resized design as Verilog.
    """

    before: WiredFigures
    after: WiredFigures
    beyond_limits: int
    core: PlacedCore
    netlist: str
    seconds: float


def place_netlist(
    netlist: str,
    top: str,
    library: Library,
    silicon: Silicon,
    clock_ps: float | None = None,
    cache_dir: Path | None = None,
) -> PlacedResult:
    """Places a netlist of ``library``'s cells, given as Verilog, or takes the result from the cache.

    It is resized until it meets ``clock_ps`` with its wires, as far as that can be; without a clock only so
    far that it keeps the library's limits. Raises ``SynthesisError`` where placing fails.
    """
    directory = cache_dir or cache_directory()
    settings = {**asdict(silicon), "clock_ps": clock_ps}
    key = _key(netlist, top, library, settings)
    cached = directory / "placement" / key[:2] / f"{key}.json"
    try:
        return _result(json.loads(cached.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or not ours to read: place
    table = library.cached_table(directory)
    with tempfile.TemporaryDirectory(prefix="ternlut-") as folder:
        design, answer = Path(folder) / "design.v", Path(folder) / "result.json"
        design.write_text(netlist, encoding="utf-8")
        job = {
            "directory": folder,
            "netlist": str(design),
            "top": top,
            "table": str(table.absolute()),
            "result": str(answer),
            **settings,
        }
        Children().run(job, WORKER, "placement")
        text = answer.read_text(encoding="utf-8")
    write_text(cached, text)
    return _result(json.loads(text))


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
    )


def _key(netlist: str, top: str, library: Library, settings: dict[str, Any]) -> str:
    """Everything that a result depends on."""
    parts = (
        netlist,
        top,
        library.digest,
        json.dumps(settings, sort_keys=True),
        str(PLACER_VERSION),
        metadata.version("coloquinte"),
        yosys_version(),
    )
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part.encode()).to_bytes(8, "little"))
        digest.update(part.encode())
    return digest.hexdigest()
