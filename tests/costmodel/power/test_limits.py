"""What is measured is within its library's limits: of the least area, nets of many readers are not."""

from __future__ import annotations

from costmodel.fit.libraries import cells_of
from costmodel.fit.placed import netlist_of
from costmodel.fit.powered import powered_core
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.limits import exceeded_limits
from costmodel.flow.neighbours import with_neighbours
from costmodel.flow.reading import module_of
from costmodel.flow.static_timing import Timing
from generator.config import CoreConfig
from generator.files import cache_directory
from generator.plan import top_name

CORE = CoreConfig.parse(
    {"activation": "int3", "group_size": 4, "tables": 1, "columns": 1, "max_reduction": 64}
)


def test_no_net_of_a_measured_netlist_is_beyond_a_limit() -> None:
    library = cells_of("asap7", [])
    table = library.table(cache_directory())
    _, netlist = netlist_of(CORE, "asap7", None, [], ())
    least = module_of(netlist, top_name(CORE), library)
    measured = powered_core(CORE).module

    def beyond(module: dict[str, object]) -> int:
        return len(exceeded_limits(Timing(Graph(with_neighbours(module, table), Library(table)))))

    assert beyond(least) > 0, "entries of 40 sums drive many readers"
    assert beyond(measured) == 0
    assert set(least["cells"]) <= set(measured["cells"]), "cells are exchanged and buffers added, no more"
    assert measured["ports"] == least["ports"]
