"""Sizing, and resizing with wires: faster, the same function and registers, and no pin beyond its limits."""

from __future__ import annotations

import copy
import itertools
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyosys
import pytest
from pyosys import libyosys

from costmodel.cells.table import CellTable, write_liberty
from costmodel.flow.kinds import Library
from costmodel.flow.mapping import strengths
from costmodel.flow.neighbours import with_neighbours
from costmodel.flow.netlist import new_cell
from costmodel.flow.resizing import resize
from costmodel.flow.wires import Layer, Point
from costmodel.flow.wiring import Wiring
from costmodel.flow.writing import write_verilog
from generator.config import CoreConfig
from generator.verilog import emit, quiet
from tests.costmodel.flow.test_netlists import CORES, computed, mapped, sized
from tests.costmodel.libraries import cells

SIDE_UM = {"asap7": 15.0, "sky130hd": 150.0}
LAYERS = {"asap7": Layer(0.19, 18.0), "sky130hd": Layer(0.17, 0.5)}


def scattered(module: dict[str, Any], side: float) -> dict[str, Point]:
    """A place for each cell, and a bad one: anywhere."""
    values = np.random.default_rng(0).uniform(0, side, (len(module["cells"]), 2))
    return {name: (float(x), float(y)) for name, (x, y) in zip(module["cells"], values, strict=True)}


@pytest.mark.parametrize("name", ["asap7", pytest.param("sky130hd", marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize(
    "core", [CORES[0], *(pytest.param(core, marks=pytest.mark.exhaustive) for core in (CORES[1], CORES[5]))]
)
def test_a_resized_netlist_is_faster_and_the_same(core: dict[str, Any], name: str, tmp_path: Path) -> None:
    table = cells(name)
    original = mapped(emit(CoreConfig.parse(core)), name, tmp_path)
    module = copy.deepcopy(sized(original, name, 4000.0 if name == "asap7" else 20000.0).surrounded)
    before = copy.deepcopy(module)
    wiring = Wiring(module, Library(table), scattered(module, SIDE_UM[name]), LAYERS[name])
    slow = wiring.figures()
    beyond = resize(wiring, strengths(table), 0.92 * slow.delay_ps)
    fast = wiring.figures()
    assert fast.delay_ps <= 0.92 * slow.delay_ps
    assert slow.area_um2 < fast.area_um2 < 1.1 * slow.area_um2
    assert computed(module, table) == computed(before, table)
    assert beyond == 0
    assert pins_beyond(wiring) == []
    assert "Networks are equivalent" in verdict(before, module, table, tmp_path)


def between_registers(module: dict[str, Any], table: CellTable, path: Path) -> Path:
    """The logic of a module as BLIF: what registers hold comes in, what they take goes out, by name."""
    registers = [name for name, cell in module["cells"].items() if table.cells[cell["type"]].sequential]
    ports: dict[str, Any] = {}
    for number, name in enumerate(sorted(registers)):
        kind = table.cells[module["cells"][name]["type"]]
        for pin, bits in module["cells"][name]["connections"].items():
            if not kind.pins[pin].clock:
                direction = "input" if kind.pins[pin].direction == "output" else "output"
                ports[f"register{number}_{direction}"] = {"direction": direction, "bits": bits}
    logic = {name: cell for name, cell in module["cells"].items() if name not in registers}
    used = {cell["type"]: table.cells[cell["type"]] for cell in logic.values()}
    (path / "cells.lib").write_text(write_liberty(CellTable("logic", used)))
    bare = {**module, "cells": logic, "ports": ports, "netnames": {}}
    write_verilog({"modules": {"top": bare}}, path / "top.v")
    design = libyosys.Design()
    with quiet():
        for command in (
            f"read_verilog {path / 'top.v'}",
            f"read_liberty -ignore_miss_func -overwrite {path / 'cells.lib'}",
            "hierarchy -top top",
            "proc",
            "flatten",
            "techmap",
            "opt_clean -purge",
            f"write_blif {path / 'top.blif'}",
        ):
            libyosys.run_pass(f"tee -q {command}", design)
    return path / "top.blif"


def verdict(before: dict[str, Any], after: dict[str, Any], table: CellTable, directory: Path) -> str:
    """What ABC says of the logic between the registers of two netlists."""
    files = []
    for name, module in (("before", before), ("after", after)):
        (directory / name).mkdir()
        files.append(between_registers(module, table, directory / name))
    abc = Path(pyosys.__file__).with_name("yosys-abc")
    command = [abc, "-c", f"cec {files[0]} {files[1]}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_a_netlist_sized_as_fast_as_can_be_computes_what_it_did(tmp_path: Path) -> None:
    """Every register takes the same function of the others as in the mapped netlist."""
    table = cells("asap7")
    original = mapped(emit(CoreConfig.parse(CORES[0])), "asap7", tmp_path)
    fast = sized(original, "asap7", None)
    assert sum(name.startswith("relief.") for name in fast.module["cells"]) > 5
    said = verdict(with_neighbours(original, table), fast.surrounded, table, tmp_path)
    assert "Networks are equivalent" in said


def test_the_proof_finds_an_exchanged_gate(tmp_path: Path) -> None:
    table = cells("asap7")
    module = mapped(emit(CoreConfig.parse(CORES[0])), "asap7", tmp_path)
    other = copy.deepcopy(module)
    gate = next(cell for cell in other["cells"].values() if cell["type"] == "NAND2x1_ASAP7_75t_R")
    gate["type"] = "NOR2x1_ASAP7_75t_R"
    said = verdict(with_neighbours(module, table), with_neighbours(other, table), table, tmp_path)
    assert "NOT EQUIVALENT" in said


def pins_beyond(wiring: Wiring) -> list[str]:
    """Pins whose load, wire included, or slew is beyond what the library allows, looked at pin by pin."""
    timing, beyond = wiring.timing(), []
    for bit, net in wiring.nets.items():
        loads = [wiring.load_of_pin(reader) for reader in net.readers]
        for name, pin_name in (net.driver, *net.readers):
            pin = wiring.table.cells[wiring.module["cells"][name]["type"]].pins[pin_name]
            if (
                sum(loads) + wiring.wire(bit).capacitance_ff > pin.most_load
                or timing.slew_of(bit) > pin.most_slew
            ):
                beyond.append(f"{name}.{pin_name}")
    return beyond


def equally_late(table: CellTable) -> Wiring:
    """Pairs of registers that are read by the same gates: one of them alone makes no path shorter."""
    flop = "DFFHQNx1_ASAP7_75t_R"
    pairs, readers, bits = 4, 12, itertools.count(3)
    clock = next(bits)
    netlist: dict[str, Any] = {}
    points: dict[str, Point] = {}
    for pair in range(pairs):
        wide, back = (next(bits), next(bits)), next(bits)
        for side, bit in enumerate(wide):
            netlist[f"from{pair}_{side}"] = new_cell(flop, ("QN",), CLK=clock, D=back, QN=bit)
            points[f"from{pair}_{side}"] = 0.0, float(pair)
        for j in range(readers):
            read = back if not j else next(bits)
            netlist[f"gate{pair}_{j}"] = new_cell("NAND2x1_ASAP7_75t_R", ("Y",), A=wide[0], B=wide[1], Y=read)
            netlist[f"to{pair}_{j}"] = new_cell(flop, ("QN",), CLK=clock, D=read, QN=next(bits))
            points[f"gate{pair}_{j}"] = points[f"to{pair}_{j}"] = 10.0 * (j + 1), 10.0 * (j % 2) + pair
    ports = {"clk": {"direction": "input", "bits": [clock]}}
    module = {"ports": ports, "cells": netlist, "netnames": {}}
    return Wiring(module, Library(table), points, LAYERS["asap7"])


def test_nets_that_are_equally_late_are_mended_together() -> None:
    """Registers share their clock, which makes none wait for another."""
    table = cells("asap7")
    wiring = equally_late(table)
    slow = wiring.figures()
    resize(wiring, strengths(table), 0.475 * slow.delay_ps)
    assert wiring.figures().delay_ps <= 0.475 * slow.delay_ps


def test_cells_grow_no_further_than_rows_have_room() -> None:
    """In sky130hd one core in three could not be made legal after it was resized for a clock out of reach.

    What has room is done all the same.
    """
    table = cells("asap7")

    def area(wiring: Wiring) -> float:
        return sum(table.cells[cell["type"]].area for cell in wiring.module["cells"].values())

    free, tight = equally_late(table), equally_late(table)
    slow, least = free.figures().delay_ps, area(free)
    resize(free, strengths(table), 0.1 * slow)
    room = least + 0.15 * (area(free) - least)
    resize(tight, strengths(table), 0.1 * slow, room)
    assert least < area(tight) <= room < area(free)
    assert tight.figures().delay_ps < 0.95 * slow


def test_without_a_clock_limits_alone_are_kept(tmp_path: Path) -> None:
    """Where wires are too long for the cells that drive them, stronger ones and buffers come in."""
    table = cells("asap7")
    module = with_neighbours(mapped(emit(CoreConfig.parse(CORES[0])), "asap7", tmp_path), table)
    before = copy.deepcopy(module)
    wiring = Wiring(module, Library(table), scattered(module, 60.0), LAYERS["asap7"])
    assert pins_beyond(wiring)
    assert resize(wiring, strengths(table), None) == 0
    assert pins_beyond(wiring) == []
    assert computed(module, table) == computed(before, table)
