"""Measured energy of a core: its netlist, mapped and sized, under a stimulus that drives its streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from costmodel.cells.liberty_powers import powers_of
from costmodel.cells.powers import PowerTable
from costmodel.cells.table import CellTable
from costmodel.fit.libraries import cells_of
from costmodel.fit.placed import netlist_of, part_of, place
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.limits import keep_limits
from costmodel.flow.mapping import strengths
from costmodel.flow.neighbours import with_neighbours, without_neighbours
from costmodel.flow.reading import module_of
from costmodel.flow.static_timing import IDEAL, Timing
from costmodel.power.errors import PowerError
from costmodel.power.figures import MeasuredEnergy
from costmodel.power.measure import Meter, Powered, measure
from costmodel.power.simulator import Simulation
from costmodel.power.stimulus import Run, Stimulus
from generator.config import CoreConfig
from generator.files import cache_directory
from generator.plan import top_name

SHIPPED = Path(__file__).parents[1] / "technologies"


def powered_core(
    config: CoreConfig,
    technology: str = "asap7",
    *,
    clock_ps: float | None = None,
    liberty: Sequence[Path | str] = (),
    dont_use: Sequence[str] = (),
    placed: bool = False,
) -> Powered:
    """The netlist of a core, sized if a clock is given, with the energies of its library.

    ``placed``: with the wires of its placement, resized with them.

    Raises what ``synthesize`` does, and ``PowerError`` for a core whose streams are not at its ports.
    """
    for key, stated in (("wrapper = 'axi'", config.wrapper != "stream"), ("buffers", config.buffers.any)):
        if stated:
            raise PowerError(f"{key}: power is measured of a core whose streams are its ports, leave it out")
    files = [Path(file) for file in liberty]
    library = cells_of(technology, files, dont_use=dont_use)
    table = library.table(cache_directory())
    kept = None
    if placed:
        options: dict[str, Any] = {"clock_ps": clock_ps, "liberty": liberty, "dont_use": dont_use}
        _, placement = place(config, technology, **options, keep_wires=True)
        netlist, kept = placement.netlist, placement.wires
    else:
        _, netlist = netlist_of(config, technology, clock_ps, liberty, dont_use)
    module = module_of(netlist, top_name(config), library)
    if clock_ps is None and not placed:
        module = within_limits(module, table)
    wires = IDEAL if kept is None else kept.of(with_neighbours(module, table))
    shipped = SHIPPED / f"{technology}.power.json"
    # Buffers may be in the estimate of a clock tree.
    names = {cell["type"] for cell in module["cells"].values()}
    names |= {cell.name for cell in table.cells.values() if len(cell.pins) == 2}
    if files or not shipped.exists():
        powers = powers_of(library, cache_directory(), names)
    else:
        powers = PowerTable.load(shipped, names)
    return Powered(module, table, powers, wires)


def within_limits(module: dict[str, Any], table: CellTable) -> dict[str, Any]:
    """A mapped module whose nets are within the library's limits of load and slew, as a sized one's are.

    Of the least area, nets of many readers have slews that no table of the library reaches to, and nobody
    builds.
    """
    surrounded = with_neighbours(module, table)
    keep_limits(surrounded, table, strengths(table), lambda: Timing(Graph(surrounded, Library(table))))
    return without_neighbours(surrounded, module, table)


def measured(
    config: CoreConfig,
    meter: Meter,
    stimulus: Stimulus,
    clock_ps: float,
    check: Callable[[Run], None],
    record: Callable[[Simulation], None] | None = None,
) -> MeasuredEnergy:
    """What a core takes, by part; the rest is as ``measure`` has it."""
    return measure(meter, stimulus, clock_ps, config.macs_per_cycle, part_of, check, record)
