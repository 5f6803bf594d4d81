"""One synthesis in a process of its own, ``python -m costmodel.flow.yosys_worker``, with a JSON job as input.

The mapper's results depend by several percent on what ran before it in the same process, so every
synthesis gets a fresh one. The result is written as JSON to the file the job names; everything that Yosys
says goes to standard output.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pyosys import libyosys

from costmodel.cells.full_adder import adder_costs
from costmodel.cells.table import CellTable, write_liberty
from costmodel.flow.and_or import find_and_or, map_and_or
from costmodel.flow.clock_gating import ATTRIBUTE, gated, gating_pass, share_out, smallest_gate
from costmodel.flow.closing import AT_EASE, FOR_AREA, Closing, Mapped, Way
from costmodel.flow.cones import LATE, cone_of, mark_cone
from costmodel.flow.full_adders import ARITHMETIC, Carries, Statistics, map_adders
from costmodel.flow.gathering import gather_full_adders
from costmodel.flow.kinds import Library
from costmodel.flow.mapping import offer, restore_tied_cells, strengths
from costmodel.flow.scripts import BALANCE, COARSE, FAST, LEAN, SCRIPTS
from costmodel.flow.serving import serve
from costmodel.flow.writing import write_verilog
from costmodel.speeds import MEDIUM_PERIOD

LATE_GATES, EASY_GATES = f"a:{LATE}", f"a:{LATE} %n"
ABC_LOG = "abc.log"
SHORTEST = r"Area +: Delay = +([\d.]+)"


class Worker:
    """Runs the steps of the flow on one design; a step is a few Yosys passes or a rewrite of the netlist."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.directory = Path(job["directory"])
        self.table = CellTable.load(Path(job["table"]))
        self.offer = offer(self.table)
        self.arithmetic = ""
        """The design with its registers mapped and its adders not, as JSON."""
        self.design = libyosys.Design()
        self.rippling = Statistics()
        """The adders of the netlist of least area."""
        self.shortest: dict[Way, float] = {}
        """The least delay of late logic, as ABC reckons it."""

    def run(self, *passes: str) -> None:
        for command in passes:
            libyosys.run_pass(command, self.design)

    def synthesize(self) -> dict[str, Any]:
        started = time.monotonic()
        self.read()
        self.run(*COARSE)
        arithmetic = self.with_registers()
        for name, module in arithmetic["modules"].items():
            print(f"{name}: {gather_full_adders(module)} full adders written as gates")
        self.arithmetic = json.dumps(arithmetic)
        adders = self.rippling = self.adders(Carries())
        netlist = self.logic()
        (self.directory / "mapped.json").write_text(json.dumps(netlist))
        report = {**self.report(netlist), "delay_ps": None, "sized": {}, "carries": {}}
        if not self.job["hierarchical"]:
            least = Mapped(netlist["modules"][self.job["top"]], adders)
            report |= self.close(least, netlist)
        report |= self.gating(netlist, report["modules"])
        if self.job["netlist"]:
            report["netlist"] = self.verilog(netlist)
        return {**report, "seconds": time.monotonic() - started}

    def with_registers(self, kept: Sequence[str] = ARITHMETIC) -> dict[str, Any]:
        """The design with its registers mapped, and all else in gates but for what is ``kept``."""
        self.gates(kept)
        self.registers()
        netlist = self.netlist("arithmetic.json")
        for module in netlist["modules"].values():
            share_out(module, self.table)
        return netlist

    def close(self, least: Mapped, netlist: dict[str, Any]) -> dict[str, Any]:
        """Sizes the design for a clock, if one is asked for; returns what that makes of the report.

        The netlist becomes the sized one.
        """
        clock = self.job["clock_ps"]
        closing = Closing(least, self.remap, Library(self.table), strengths(self.table))
        if clock is not None:
            closed = closing.meet(clock)
            sized = closed.sized
            netlist["modules"][self.job["top"]] = sized.module
            return {
                "delay_ps": sized.delay_ps,
                "beyond_limits": sized.beyond_limits,
                "cells": sized.cells,
                "carries": closed.mapped.carries,
                **self.areas(sized.cells),
            }
        if not self.job["speeds"]:
            return {}
        shortest = closing.shortest_ps()
        tight, medium = (closing.meet(times * shortest).sized for times in (1.0, MEDIUM_PERIOD))
        speeds = {"tight": tight, "medium": medium, "rippling": closing.rippling()}
        figures = {
            name: {"area_um2": sized.area_um2, "delay_ps": sized.delay_ps} for name, sized in speeds.items()
        }
        return {"delay_ps": tight.delay_ps, "shortest_ps": shortest, "sized": figures}

    def remap(self, way: Way) -> Mapped:
        """The top module mapped anew: what is late for short paths, all else for area."""
        if way.ordinary and self.maps_with(self.strong, way.ordinary):
            return self.ordinary(way.ordinary)
        adders = self.adders(way.carries, way.late)
        if way.stretch == FOR_AREA or not self.maps_for_delay:
            netlist = self.logic()
        elif way.stretch == AT_EASE:
            netlist = self.logic(LEAN)
        else:
            netlist = self.logic(self.for_speed(way, self.limit(way)), whole=way.late is None)
        return Mapped(netlist["modules"][self.job["top"]], adders)

    @cached_property
    def unaided(self) -> str:
        """The design with its registers mapped, all else in gates of Yosys' own, as JSON."""
        self.design = libyosys.Design()
        self.read()
        self.run(*COARSE)
        return json.dumps(self.with_registers(()))

    def ordinary(self, script: str) -> Mapped:
        """The design as Yosys and ABC map it alone: with Yosys' adders, whose carries run in parallel."""
        self.restore("ordinary.json", json.loads(self.unaided))
        self.map_with(script, "", self.strong)
        words = self.rippling.words
        adders = Statistics(words=words, faster=dict.fromkeys(words.values(), "brent_kung"))
        return Mapped(self.netlist("mapped.json")["modules"][self.job["top"]], adders)

    def for_speed(self, way: Way, limit: str) -> str:
        """ABC's script for paths that are as short as a limit says."""
        return FAST.format(balance=BALANCE if way.balanced else "", limit=limit)

    def limit(self, way: Way) -> str:
        """What tells ABC how long paths may be; the shortest that it finds is what it does without."""
        if way.stretch == 1:
            return ""
        key = replace(way, stretch=1)
        if key not in self.shortest:
            self.run("design -save unmapped")
            self.map_with(self.for_speed(way, ""), "" if way.late is None else LATE_GATES)
            self.run("design -load unmapped")
            reckoned = re.findall(SHORTEST, (self.directory / ABC_LOG).read_text())
            self.shortest[key] = float(reckoned[-1]) if reckoned else 0.0
        # A design without logic has no paths through it.
        return f"-D {way.stretch * self.shortest[key]:.2f}" if self.shortest[key] else ""

    @cached_property
    def maps_for_delay(self) -> bool:
        """Whether ABC's mapper for delay takes the library."""
        return self.maps_with(self.liberty("logic.lib", self.offer.logic), "strash;map")

    @cached_property
    def strong(self) -> Path:
        """The logic cells in all their strengths."""
        return self.liberty("strong.lib", strengths(self.table))

    def maps_with(self, liberty: Path, script: str) -> bool:
        """Whether ABC can run a script with a library's cells.

        It ends the process where its straight lines through a cell's delays come to none, as in libraries
        made by hand.
        """
        abc = Path(libyosys.__file__).parent / "yosys-abc"
        commands = f"read_lib -w {liberty}; read_truth 8; {script}"
        tried = subprocess.run([abc, "-c", commands], capture_output=True, check=False, cwd=self.directory)
        return tried.returncode == 0

    def read(self) -> None:
        for path in map(Path, self.job["verilog"]):
            # Cells are named after the file, and what they are mapped to depends on their names.
            here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
            self.run(f'read_verilog -sv "{here}"')
        self.run(f"hierarchy -check -top {self.job['top']}", "proc")
        if not self.job["hierarchical"]:
            self.run("flatten")
        # Silicon has no initial values; they must not hold back any register.
        self.run("attrmap -remove init")

    def gates(self, kept: Sequence[str]) -> None:
        """Words as gates, but for what is ``kept``."""
        self.run("opt -fast -full", "memory_map", "opt -undriven -fine", "maccmap t:$macc t:$macc_v2")
        if kept:
            self.run(f"select -set kept {' '.join(f't:{kind}' for kind in kept)}", "techmap * @kept %d")
        else:
            self.run("techmap")
        self.run("opt -fast", "opt_clean")

    def registers(self) -> None:
        kinds = self.offer.registers
        if self.asks_for_gating and (gate := smallest_gate(self.table)) is not None:
            kinds = CellTable(kinds.name, kinds.cells | self.table.clock_gates)
            self.run(gating_pass(*gate))
        liberty = self.liberty("registers.lib", kinds)
        self.run(f"dfflibmap -liberty {liberty}", f"read_liberty -lib {liberty}", "opt", "opt_clean")

    @property
    def asks_for_gating(self) -> bool:
        """Whether the design says that its enables are meant for clock gates."""
        top = self.design.module(libyosys.IdString(f"\\{self.job['top']}"))
        return bool(top.has_attribute(libyosys.IdString(f"\\{ATTRIBUTE}")))

    def gating(self, netlist: dict[str, Any], modules: Mapping[str, Any]) -> dict[str, int]:
        """How many flip-flops have gated clocks, and the gates, in a design that has some."""
        flops = gates = 0
        for name, module in modules.items():
            clocked, by = gated(netlist["modules"][name], self.table)
            flops, gates = flops + module["instances"] * clocked, gates + module["instances"] * by
        return {"gated_flip_flops": flops, "clock_gates": gates} if gates else {}

    def adders(self, carries: Carries, late: frozenset[str] | None = None) -> Statistics:
        """Maps adders and wide ORs and marks what is ``late``; what became of the top module's adders.

        Where full adders are gates, late ORs are gates, too: all of them, if nothing is marked.
        """
        netlist: dict[str, Any] = json.loads(self.arithmetic)
        statistics: dict[str, Statistics] = {}
        costs = adder_costs(self.table, self.job["adders"] == "cells")
        and_or = find_and_or(self.offer.logic)
        for name, module in netlist["modules"].items():
            if and_or is not None:
                without = self.in_front(module, late) if carries.gates else ()
                print(f"{name}: {map_and_or(module, and_or, without)} AND-OR cells")
            chosen = carries if costs.cell is not None else self.plain_words(module, carries, late)
            statistics[name] = map_adders(module, costs, self.table, chosen)
        fixed = {costs.cell.name: self.table.cells[costs.cell.name]} if costs.cell is not None else {}
        if and_or is not None:
            fixed[and_or.name] = self.offer.logic.cells[and_or.name]
        libraries = [self.liberty("fixed.lib", CellTable("fixed", fixed))] if fixed else []
        self.restore("adders_mapped.json", netlist, *libraries)
        self.run("opt_expr", "opt_clean")
        if late is not None:
            netlist = self.netlist("optimised.json")
            for module in netlist["modules"].values():
                mark_cone(module, late, self.table)
            self.restore("marked.json", netlist, *libraries)
        return statistics[self.job["top"]]

    def in_front(self, module: dict[str, Any], late: frozenset[str] | None) -> Collection[str]:
        """The cells in front of ``late`` ends; all of them where nothing is marked."""
        cells: dict[str, Any] = module["cells"]
        return frozenset(cells) if late is None else cone_of(module, late, self.table)

    def plain_words(self, module: dict[str, Any], carries: Carries, late: frozenset[str] | None) -> Carries:
        """How the carries of words in gates are computed: of those before ``late`` ends, or of all."""
        if carries.usual == carries.plain == "ripple":
            return carries
        cells = module["cells"]
        words = frozenset(name for name in self.in_front(module, late) if cells[name]["type"] in ARITHMETIC)
        faster = frozenset((word, carries.plain) for word in words) if late is not None else carries.faster
        return replace(carries, faster=faster, saved=words)

    def logic(self, late: str = "", whole: bool = False) -> dict[str, Any]:
        """Maps what is left to gates, marked ones by the script ``late``; returns it in library cells."""
        self.run("design -save unmapped")
        areas: dict[str, float] = {}
        for script in (late,) if whole else SCRIPTS:
            self.run("design -load unmapped")
            self.map_with(script, EASY_GATES if late and not whole else "")
            self.run(f"design -save mapped{len(areas)}")
            areas[f"mapped{len(areas)}"] = self.mapped_area(self.netlist("mapped.json"))
        self.run(f"design -load {min(areas, key=areas.__getitem__)}")
        if late and not whole:
            self.map_with(late, LATE_GATES)
        netlist = self.netlist("mapped.json")
        restore_tied_cells(netlist, self.offer.tied)
        return netlist

    def map_with(self, script: str, gates: str, liberty: Path | None = None) -> None:
        """Maps selected gates with a script of ABC's, to the cells offered if not to those of ``liberty``."""
        path = self.directory / "abc.script"
        path.write_text(script.replace(";", "\n") + "\n")
        liberty = liberty or self.liberty("logic.lib", self.offer.logic)
        abc = f"tee -o {self.directory / ABC_LOG} abc -liberty {liberty} -script {path} {gates}"
        self.run(abc, "opt_clean -purge")

    def mapped_area(self, netlist: Mapping[str, Any]) -> float:
        """µm² of what is in library cells, in one instance of each module."""
        cells = self.offer.logic.cells | self.table.cells
        types = (cell["type"] for module in netlist["modules"].values() for cell in module["cells"].values())
        return sum(cells[kind].area for kind in types if kind in cells)

    def verilog(self, netlist: dict[str, Any]) -> str:
        """The mapped netlist as Verilog."""
        path = self.directory / "netlist.v"
        write_verilog(netlist, path)
        return path.read_text()

    def liberty(self, name: str, table: CellTable) -> Path:
        path = self.directory / name
        if not path.exists():
            path.write_text(write_liberty(table))
        return path

    def netlist(self, name: str) -> dict[str, Any]:
        path = self.directory / name
        self.run(f"write_json {path}")
        netlist: dict[str, Any] = json.loads(path.read_text())
        for module in netlist["modules"].values():
            for cell in module["cells"].values():
                known = self.table.cells.get(cell["type"]) or self.offer.logic.cells.get(cell["type"])
                if known is not None:
                    pins = known.pins
                    cell["port_directions"] = {pin: pins[pin].direction for pin in cell["connections"]}
        netlist["modules"] = {
            name: module
            for name, module in netlist["modules"].items()
            if name not in self.table.cells and name not in self.offer.tied
        }
        return netlist

    def restore(self, name: str, netlist: dict[str, Any], *libraries: Path) -> None:
        """Makes a netlist of cells of ``libraries`` and of registers the design."""
        path = self.directory / name
        path.write_text(json.dumps(netlist))
        self.design = libyosys.Design()
        self.run(
            f"read_json {path}",
            f"read_liberty -lib {self.directory / 'registers.lib'}",
            *(f"read_liberty -lib -ignore_miss_func {library}" for library in libraries),
            f"hierarchy -top {self.job['top']}",
        )

    def report(self, netlist: dict[str, Any]) -> dict[str, Any]:
        """Areas and counts of the whole design, instances multiplied out, and of each module alone."""
        modules = netlist["modules"]
        counts = {
            name: Counter(cell["type"] for cell in module["cells"].values())
            for name, module in modules.items()
        }
        instances: Counter[str] = Counter()
        pending = [(self.job["top"], 1)]
        while pending:
            name, times = pending.pop()
            instances[name] += times
            pending += [(kind, times * count) for kind, count in counts[name].items() if kind in modules]
        cells: Counter[str] = Counter()
        areas: dict[str, dict[str, Any]] = {}
        for name, times in instances.items():
            cell_counts = {kind: count for kind, count in counts[name].items() if kind not in modules}
            unknown = sorted(kind for kind in cell_counts if kind not in self.table.cells)
            if unknown:
                raise ValueError(f"cells left unmapped in {name}: {', '.join(unknown)}")
            areas[name] = {
                "area_um2": sum(self.table.cells[kind].area * count for kind, count in cell_counts.items()),
                "instances": times,
            }
            for kind, count in cell_counts.items():
                cells[kind] += count * times
        return {**self.areas(cells), "cells": dict(sorted(cells.items())), "modules": areas}

    def areas(self, cells: Mapping[str, int]) -> dict[str, float]:
        """The area of so many cells of each kind, in all and of flip-flops and logic apart."""
        area = {
            sequential: sum(
                self.table.cells[kind].area * count
                for kind, count in cells.items()
                if self.table.cells[kind].sequential == sequential
            )
            for sequential in (False, True)
        }
        return {
            "area_um2": area[False] + area[True],
            "sequential_um2": area[True],
            "combinational_um2": area[False],
        }


def synthesized(job: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a job, run in its directory."""
    os.chdir(job["directory"])
    return Worker(job).synthesize()


if __name__ == "__main__":
    serve(synthesized)
