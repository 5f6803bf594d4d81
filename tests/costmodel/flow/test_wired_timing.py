"""Timing with wires against timing cell by cell, and against OpenSTA with the same capacitances on nets."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from costmodel.flow.netlist import Bit
from costmodel.flow.placement import nets_of
from costmodel.flow.static_timing import Timing
from costmodel.flow.wired_timing import Library, WiredTiming
from generator.config import CoreConfig
from generator.verilog import emit
from tests.costmodel.flow.test_netlists import CORES, LIBRARIES, mapped, sized
from tests.costmodel.flow.tools import opensta_delay
from tests.costmodel.libraries import cells


def surrounded(core: dict[str, Any], name: str, directory: Path) -> dict[str, Any]:
    """A sized netlist among its neighbours."""
    return sized(mapped(emit(CoreConfig.parse(core)), name, directory), name, None, directory).surrounded


def some_wires(module: dict[str, Any], name: str, largest_ff: float) -> dict[Bit, float]:
    """A capacitance for each net."""
    nets = nets_of(module, cells(name))
    values = np.random.default_rng(0).uniform(0, largest_ff, len(nets))
    return dict(zip(nets, map(float, values), strict=True))


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize(
    "core", [CORES[0], *(pytest.param(core, marks=pytest.mark.exhaustive) for core in (CORES[5], CORES[6]))]
)
def test_without_wires_every_net_is_as_cell_by_cell(core: dict[str, Any], name: str, tmp_path: Path) -> None:
    module, table = surrounded(core, name, tmp_path), cells(name)
    slow, fast = Timing(module, table), WiredTiming(module, Library(table), {}, {})
    path = slow.longest()
    assert path is not None
    assert fast.delay_ps == pytest.approx(path.delay_ps, abs=1e-6)
    for bit, net in fast.numbers.items():
        assert fast.load_of(bit) == pytest.approx(slow.load_of(bit))
        assert fast.slew_of(bit) == pytest.approx(slow.slew_of(bit))
        if min(slow.arrival_of(bit)) > -np.inf:
            assert fast.arrival[2 * net : 2 * net + 2] == pytest.approx(slow.arrival_of(bit))
    assert np.min(fast.slack(fast.delay_ps)) == pytest.approx(0, abs=1e-6)
    assert np.min(fast.slack(fast.delay_ps + 7)) == pytest.approx(7, abs=1e-6)


def test_a_wire_delays_what_is_behind_it(tmp_path: Path) -> None:
    module, table = surrounded(CORES[0], "asap7", tmp_path), cells("asap7")
    kinds = Library(table)
    readers = [reader for net in nets_of(module, table).values() for reader in net.readers]
    before = WiredTiming(module, kinds, {}, {})
    every = WiredTiming(module, kinds, {}, dict.fromkeys(readers, 5.0))
    # Each cell of the longest path but its first is entered through a wire, its end through another.
    path = Timing(module, table).longest()
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
    ours = WiredTiming(module, Library(table), wires, {}).delay_ps
    assert ours > 1.1 * WiredTiming(module, Library(table), {}, {}).delay_ps
    assert ours == pytest.approx(checked, rel=0.01)
