"""Sized netlists of whole cores: the cells of the mapped ones, within limits, timed as OpenSTA times them."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from costmodel.cells.table import CellTable
from costmodel.flow.graph import Graph
from costmodel.flow.kinds import Library
from costmodel.flow.limits import exceeded_limits
from costmodel.flow.mapping import strengths
from costmodel.flow.sizing import Sized, Sizer
from costmodel.flow.static_timing import Timing, longest_path
from costmodel.flow.yosys_worker import Worker
from generator.config import CoreConfig
from generator.verilog import Emission, emit
from tests.costmodel.flow.tools import opensta_delay, sized_by
from tests.costmodel.libraries import cells

LIBRARIES = ("asap7", "sky130hd", "sg13g2")
SMALL: dict[str, Any] = {"architecture": "lut", "activation": "int4", "tables": 2, "columns": 2}
CORES: list[dict[str, Any]] = [
    SMALL | {"group_size": 2},
    SMALL | {"architecture": "select", "columns": 40, "fetch": "tree"},
    SMALL | {"architecture": "multiplier", "activation": "int8"},
    SMALL | {"activation": "int8", "group_size": 3, "fetch": "tree"},
    SMALL | {"activation": "int8", "columns": 6, "pipeline": {"fetch": True}},
    SMALL | {"dataflow": "table_stationary", "outputs": 16},
    SMALL | {"activation": "fp8_e4m3"},
    SMALL | {"activation": "fp8_e4m3", "datapath": "exact"},
    SMALL | {"rows": 2, "columns": 8},
    SMALL | {"tables": 4, "group_size": 2, "reduction": "carry_save"},
    SMALL | {"architecture": "select", "activation": "int8", "tables": 8},
]
REPORTED: dict[str, Any] = {
    "architecture": "select",
    "activation": "int8",
    "tables": 3,
    "columns": 18,
    "max_reduction": 115188,
    "fetch": "tree",
    "pipeline": {"table": "activations"},
}
"""The core whose OR gates became stand-ins at 1200 ps."""


def mapped(emission: Emission, name: str, directory: Path) -> dict[str, Any]:
    """The least-area netlist of a core in a library."""
    (directory / "design.v").write_text(emission.verilog)
    cells(name).save(directory / "cells.json")
    job = {
        "directory": str(directory),
        "table": str(directory / "cells.json"),
        "top": emission.top,
        "verilog": [str(directory / "design.v")],
        "adders": "cells",
        "hierarchical": False,
        "clock_ps": None,
        "speeds": False,
        "netlist": False,
    }
    Worker(job).synthesize()
    module: dict[str, Any] = json.loads((directory / "mapped.json").read_text())["modules"][emission.top]
    return module


def sized(module: dict[str, Any], name: str, clock_ps: float | None) -> Sized:
    return sized_by(Sizer(module, Library(cells(name)), strengths(cells(name))), clock_ps)


def computed(module: dict[str, Any], table: CellTable) -> Counter[Any]:
    """How many cells compute what, buffers and inverters aside."""
    counts: Counter[Any] = Counter()
    for cell in module["cells"].values():
        kind = table.cells[cell["type"]]
        outputs = tuple(kind.pins[pin].function for pin in kind.outputs)
        counts[
            (kind.flip_flop, outputs) if kind.flip_flop else tuple(map(kind.truth_table, kind.outputs))
        ] += 1
    return Counter({key: count for key, count in counts.items() if key not in ((0b10,), (0b01,))})


def beyond_limits(module: dict[str, Any], surrounded: dict[str, Any], table: CellTable) -> list[str]:
    """Pins whose load or slew is beyond what the library allows, looked at pin by pin."""
    timing = Timing(Graph(surrounded, Library(table)))
    beyond = []
    for name, cell in module["cells"].items():
        for pin_name, (bit, *_) in cell["connections"].items():
            pin = table.cells[cell["type"]].pins[pin_name]
            if pin.clock:
                continue
            if timing.slew_of(bit) > pin.most_slew:
                beyond.append(f"{name}.{pin_name}: slew {timing.slew_of(bit)}")
            if pin.direction == "output" and timing.load_of(bit) > pin.most_load:
                beyond.append(f"{name}.{pin_name}: load {timing.load_of(bit)}")
    return beyond


@pytest.mark.parametrize("columns", [3, pytest.param(18, marks=pytest.mark.exhaustive)])
def test_or_gates_stay_or_gates(columns: int, tmp_path: Path) -> None:
    table = cells("asap7")
    module = mapped(emit(CoreConfig.parse(REPORTED | {"columns": columns})), "asap7", tmp_path)
    before = computed(module, table)
    assert before[(0b1110,)] > 5 * columns
    assert computed(sized(module, "asap7", 1200.0).module, table) == before


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize(
    "core",
    [pytest.param(core, marks=() if i < 1 else pytest.mark.exhaustive) for i, core in enumerate(CORES)],
)
def test_no_pin_is_beyond_the_limits_and_no_register_is_lost(
    core: dict[str, Any], name: str, tmp_path: Path
) -> None:
    table = cells(name)
    module = mapped(emit(CoreConfig.parse(core)), name, tmp_path)
    fastest = sized(module, name, None)
    for result in (fastest, sized(module, name, 3 * fastest.delay_ps)):
        assert result.beyond_limits == 0
        assert beyond_limits(result.module, result.surrounded, table) == []
        assert computed(result.module, table) == computed(module, table)
        assert result.area_um2 == pytest.approx(
            sum(table.cells[cell["type"]].area for cell in result.module["cells"].values())
        )
    assert exceeded_limits(Timing(Graph(fastest.surrounded, Library(table)))) == []


@pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA (Debian's opensta)")
@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize(
    "core", [CORES[0], pytest.param(CORES[1], marks=pytest.mark.exhaustive)], ids=["lut", "broadcast"]
)
def test_the_longest_path_is_that_of_opensta(core: dict[str, Any], name: str, tmp_path: Path) -> None:
    """On the same netlist, between the same neighbours, from clock to setup."""
    module = mapped(emit(CoreConfig.parse(core)), name, tmp_path)
    result = sized(module, name, None)
    path = longest_path(result.surrounded, cells(name))
    assert path is not None
    assert result.delay_ps == path.delay_ps
    assert result.delay_ps == pytest.approx(opensta_delay(result.surrounded, name, tmp_path), rel=0.01)
