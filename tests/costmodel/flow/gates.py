"""Netlists with gated clocks for tools that know of enables alone, and netlists as plain Verilog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyosys import libyosys

from costmodel.cells.table import CellTable, write_liberty
from costmodel.flow.clock_gating import clocked_by
from costmodel.flow.netlist import Netlist, new_cell
from generator.verilog import quiet


def with_enables(module: dict[str, Any], table: CellTable) -> dict[str, Any]:
    """The module with every clock gate folded back: its flip-flops take what they did where it lets the clock
    through, and what they hold elsewhere.

    That is the same: the gate's latch holds the enable that was there before the clock's edge, and nothing
    but flip-flops reads a gated clock, which is checked.
    """
    netlist = Netlist(json.loads(json.dumps(module)))
    folded, readers = netlist.module["cells"], clocked_by(module, table)
    for name, cell in module["cells"].items():
        gate = table.cells[cell["type"]].clock_gate
        if gate is None:
            continue
        pins = folded.pop(name)["connections"]
        assert all(pins[pin] == ["0"] for pin in gate.test)
        output = pins[gate.output][0]
        reading = [
            (reader, pin)
            for reader, each in module["cells"].items()
            for pin, bits in each["connections"].items()
            if output in bits and reader != name
        ]
        assert len(reading) == len(readers[output]), "something but flip-flops reads a gated clock"
        for reader, pin in reading:
            kind, connections = table.cells[folded[reader]["type"]], folded[reader]["connections"]
            flop = kind.flip_flop
            assert flop is not None
            assert kind.pins[pin].clock
            assert flop.data is not None
            held = next(pin for pin in kind.outputs if connections.get(pin))
            value = connections[held][0]
            if (kind.pins[held].function == flop.inverse) != flop.data.inverted:
                inverted = netlist.new_bit()
                folded[f"{reader}$held"] = new_cell("$_NOT_", A=value, Y=inverted)
                value = inverted
            taken = netlist.new_bit()
            choice = {"A": value, "B": connections[flop.data.name][0], "S": pins[gate.enable][0], "Y": taken}
            folded[f"{reader}$taken"] = new_cell("$_MUX_", **choice)
            connections[flop.data.name], connections[pin] = [taken], pins[gate.clock]
    return netlist.module


def behaviour(module: dict[str, Any], table: CellTable, top: str, directory: Path) -> str:
    """A mapped module as Verilog without cells: each as what Liberty says it computes."""
    used = {cell["type"] for cell in module["cells"].values()} & table.cells.keys()
    liberty, source, target = (directory / f"behaviour.{suffix}" for suffix in ("lib", "json", "v"))
    liberty.write_text(write_liberty(table, sorted(used)))
    source.write_text(json.dumps({"creator": "", "modules": {top: module}}))
    design = libyosys.Design()
    with quiet():
        for command in (
            f"read_json {source}",
            f"read_liberty -ignore_miss_func -overwrite {liberty}",
            f"hierarchy -top {top}",
            "proc",
            "flatten",
            "opt_clean -purge",
            f"write_verilog -noattr {target}",
        ):
            libyosys.run_pass(f"tee -q {command}", design)
    return target.read_text()
