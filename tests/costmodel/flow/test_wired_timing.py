"""Timing of all nets against timing cell by cell, and against OpenSTA with the same capacitances on nets."""

from __future__ import annotations

import math
import shutil
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from costmodel.flow.edits import with_kinds
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.netlist import Bit
from costmodel.flow.placement import nets_of
from costmodel.flow.static_timing import Timing, Wires
from generator.config import CoreConfig
from generator.verilog import emit
from tests.costmodel.flow.test_netlists import CORES, LIBRARIES, mapped, sized
from tests.costmodel.flow.tools import opensta_delay
from tests.costmodel.libraries import cells


def surrounded(core: dict[str, Any], name: str, directory: Path) -> dict[str, Any]:
    """A sized netlist among its neighbours."""
    return sized(mapped(emit(CoreConfig.parse(core)), name, directory), name, None).surrounded


def some_wires(module: dict[str, Any], name: str, largest_ff: float) -> dict[Bit, float]:
    """A capacitance for each net."""
    nets = nets_of(module, cells(name))
    values = np.random.default_rng(0).uniform(0, largest_ff, len(nets))
    return dict(zip(nets, map(float, values), strict=True))


def by_cell(module: dict[str, Any], name: str) -> dict[Bit, list[list[float]]]:
    """Arrival and slew of each net's edges, cell by cell on the library's tables: no arrays, no numbers."""
    table = cells(name)
    pins = {kind: table.cells[kind].pins for kind in {cell["type"] for cell in module["cells"].values()}}
    loads: defaultdict[Bit, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for cell in module["cells"].values():
        for pin, (bit, *_) in cell["connections"].items():
            if pins[cell["type"]][pin].direction == "input":
                known = pins[cell["type"]][pin]
                for edge, load in enumerate(known.edges or (known.capacitance,) * 2):
                    loads[bit][edge] += load
    drivers = {
        bit: (cell, pins[cell["type"]][pin])
        for cell in module["cells"].values()
        for pin, (bit, *_) in cell["connections"].items()
        if pins[cell["type"]][pin].direction == "output"
    }
    senses = {"positive_unate": (0,), "negative_unate": (1,)}

    @cache
    def reached(bit: Bit) -> list[list[float]]:
        result = [[-math.inf, 0.0], [-math.inf, 0.0]]
        if bit not in drivers:
            return result
        cell, pin = drivers[bit]
        for arc in pin.arcs:
            launches = arc.kind in ("rising_edge", "falling_edge")
            if not launches and table.cells[cell["type"]].sequential:
                continue
            if not launches and not cell["connections"].get(arc.related):
                continue
            before = [[0.0, 0.0]] * 2 if launches else reached(cell["connections"][arc.related][0])
            for edge, word in enumerate(("rise", "fall")):
                flips = (0,) if launches else senses.get(arc.sense, (0, 1))
                for at, slew in (before[edge ^ flip] for flip in flips):
                    if f"cell_{word}" in arc.tables and at > -math.inf:
                        delay, left = (
                            arc.tables[key].at(slew, loads[bit][edge])
                            for key in (f"cell_{word}", f"{word}_transition")
                        )
                        result[edge][0] = max(result[edge][0], at + delay)
                        result[edge][1] = max(result[edge][1], left)
        return result

    return {bit: reached(bit) for bit in drivers}


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize(
    "core", [CORES[0], *(pytest.param(core, marks=pytest.mark.exhaustive) for core in (CORES[5], CORES[6]))]
)
def test_without_wires_every_net_is_as_cell_by_cell(core: dict[str, Any], name: str, tmp_path: Path) -> None:
    module, table = surrounded(core, name, tmp_path), cells(name)
    timing = Timing(Graph(module, Library(table)))
    for bit, edges in by_cell(module, name).items():
        arrivals, slews = zip(*edges, strict=True)
        if min(arrivals) > -math.inf:
            assert timing.arrival_of(bit) == pytest.approx(arrivals)
            assert timing.slew_of(bit) == pytest.approx(max(slews))
    assert min(timing.slacks(timing.delay_ps).values()) == pytest.approx(0, abs=1e-6)
    assert min(timing.slacks(timing.delay_ps + 7).values()) == pytest.approx(7, abs=1e-6)


def test_a_netlist_whose_strengths_change_is_timed_as_if_anew(tmp_path: Path) -> None:
    """With wires: loads and delays that do not change are kept, those that do are not."""
    module, table = surrounded(CORES[0], "asap7", tmp_path), cells("asap7")
    library = Library(table)
    readers = [reader for net in nets_of(module, table).values() for reader in net.readers]
    wires = Wires(some_wires(module, "asap7", 4.0), dict.fromkeys(readers, 3.0))
    timing = Timing(Graph(module, library), wires)
    random = np.random.default_rng(0)
    kinds = np.array([random.choice(library.alike(kind)) for kind in timing.kinds.tolist()])
    after = timing.exchanged(kinds)
    anew = Timing(Graph(with_kinds(module, after), library), wires)
    assert (kinds != timing.kinds).sum() > 20
    assert after.delay_ps != pytest.approx(timing.delay_ps, rel=1e-3)
    assert after.delay_ps == pytest.approx(anew.delay_ps)
    for bit in timing.graph.numbers:
        assert after.arrival_of(bit) == pytest.approx(anew.arrival_of(bit))
        assert after.slew_of(bit) == pytest.approx(anew.slew_of(bit))


def test_a_wire_delays_what_is_behind_it(tmp_path: Path) -> None:
    module, table = surrounded(CORES[0], "asap7", tmp_path), cells("asap7")
    kinds = Library(table)
    readers = [reader for net in nets_of(module, table).values() for reader in net.readers]
    before = Timing(Graph(module, kinds))
    every = Timing(Graph(module, kinds), Wires({}, dict.fromkeys(readers, 5.0)))
    # Each cell of the longest path but its first is entered through a wire, its end through another.
    path = before.longest()
    assert path is not None
    assert every.delay_ps >= before.delay_ps + 5.0 * (len(path.steps) - 1) - 1e-6
    assert every.delay_ps > before.delay_ps


@pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA (Debian's opensta)")
@pytest.mark.parametrize(("name", "largest_ff"), [("asap7", 4.0), ("sky130hd", 40.0), ("sg13g2", 40.0)])
def test_the_longest_path_with_wires_is_that_of_opensta(name: str, largest_ff: float, tmp_path: Path) -> None:
    module, table = surrounded(CORES[0], name, tmp_path), cells(name)
    wires = some_wires(module, name, largest_ff)
    names = {f"net{bit}": {"hide_name": 0, "bits": [bit], "attributes": {}} for bit in wires}
    farad = 1.0 if name == "asap7" else 1e-3
    loads = (f"set_load -wire_load {wire * farad:.9f} [get_nets net{bit}]" for bit, wire in wires.items())
    checked = opensta_delay({**module, "netnames": names}, name, tmp_path, loads)
    ours = Timing(Graph(module, Library(table)), Wires(wires)).delay_ps
    assert ours > 1.1 * Timing(Graph(module, Library(table))).delay_ps
    assert ours == pytest.approx(checked, rel=0.01)
