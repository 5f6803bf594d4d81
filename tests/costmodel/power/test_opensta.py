"""Switching energies by OpenSTA, with the same activity at every pin."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from costmodel.cells.table import write_liberty
from costmodel.flow.yosys_worker import write_verilog
from costmodel.power.counters import SWITCHING
from costmodel.power.simulator import LANES
from tests.costmodel.power.conftest import Bench

ACTIVITY, PERIOD_PS = 0.5, 1000.0


@pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA (Debian's opensta)")
def test_switching_is_that_of_opensta(bench: Bench, tmp_path: Path) -> None:
    meter, powered = bench.meter, bench.meter.powered
    (tmp_path / "cells.lib").write_text(write_liberty(powered.table, powers=powered.powers))
    write_verilog({"modules": {"top": powered.module}}, tmp_path / "top.v")
    # What takes the results is a flip-flop of the smallest kind here.
    flop = min((cell for cell in powered.table.cells.values() if cell.flip_flop), key=lambda cell: cell.area)
    (data,) = (pin for pin in flop.inputs if not flop.pins[pin].clock)
    script = [
        f"read_liberty {tmp_path / 'cells.lib'}",
        f"read_verilog {tmp_path / 'top.v'}",
        "link_design top",
        f"create_clock -name clock -period {PERIOD_PS} [get_ports aclk]",
        f"set_load {flop.pins[data].capacitance} [all_outputs]",
        f"set_power_activity -global -activity {ACTIVITY} -duty 0.5",
        "foreach cell [get_cells *] { report_power -instances $cell -digits 6 }",
    ]
    (tmp_path / "script.tcl").write_text("\n".join(script) + "\n")
    command = ["sta", "-exit", "-no_splash", str(tmp_path / "script.tcl")]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^\s*\S+\s+(\S+)\s+\S+\s+\S+ (\S+)$", report, re.M)
    theirs = {cell: float(switching) for switching, cell in rows}
    circuit = meter.circuit
    driven = {gate.output for gate in circuit.gates} | {net for f in circuit.flops for net in f.outputs}
    with meter.simulation(PERIOD_PS) as simulation:
        simulation.cycles = 4
        for net in driven:
            simulation.rises[net] = simulation.falls[net] = simulation.cycles * LANES * ACTIVITY / 2
        energies = meter.energies.of(simulation, PERIOD_PS)
    # 1 fJ in 1 ps is 1 mW.
    ours = energies.by_cell[:, SWITCHING] / PERIOD_PS * 1e-3
    # Behind input ports this OpenSTA takes some cells to rest, whatever the activity.
    moving = [i for i, cell in enumerate(circuit.cells) if theirs.get(cell, 0.0) > 0.1 * ours[i]]
    assert len(moving) > 0.8 * len(circuit.cells)
    assert ours[moving].sum() == pytest.approx(sum(theirs[circuit.cells[i]] for i in moving), rel=0.005)
