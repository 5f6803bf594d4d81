"""Gate sizing and buffering of a mapped netlist for a clock, by ABC, with every cell in its view.

ABC sees combinational cells only. So a cell that it cannot see is shown to it as cells that it can: each
output of a full adder or a flip-flop as a cell of its own, each data pin of a flip-flop as a cell as slow as
the setup time. Ports are driven by, and drive, flip-flops of a neighbour. Inputs tied to zero keep a stand-in
from being taken for a library cell of its function, or for another one; only flip-flops that differ in
nothing but strength stand for each other.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from pyosys import libyosys

from costmodel.cells.table import Arc, Cell, CellTable, Pin, Samples, write_liberty
from costmodel.flow.netlist import new_cell

_GUARDS = ("GUARD0", "GUARD1", "GUARD2", "GUARD3", "GUARD4")
"""Inputs of stand-ins that are tied to zero; how many there are, and how they hold the function, tells one
stand-in from another."""
_LEAST_PS = 0.1
_CONSTANTS = {"0": "zero", "1": "one", "x": "any"}
_DELAY = re.compile(r"Delay =\s*([\d.]+) ps")
_GATE = re.compile(r"^\.gate (\S+)", re.MULTILINE)

SHORT_NETS, LONG_NETS = "-N 10 -G 300", "-N 20 -G 400"
"""ABC's options of buffering: most pins a driver drives, and most load over input capacitance in percent."""


@dataclass(frozen=True)
class Sized:
    """A netlist sized for a clock: its area in µm², its longest path in ps, and how many of each cell."""

    area_um2: float
    delay_ps: float
    cells: dict[str, int]


@dataclass(frozen=True)
class _StandIn:
    """What is shown to ABC in place of a share of a library cell."""

    cell: Cell
    real: str
    share: Fraction


@dataclass(frozen=True)
class _Guard:
    """Inputs tied to zero that make a function another one: they hold it at zero, or (disjoint) at one."""

    inputs: tuple[str, ...]
    disjoint: bool

    def on(self, output: Pin, function: str, arcs: tuple[Arc, ...]) -> dict[str, Pin]:
        """The guarded output, and the guards, as slow as its first arc."""
        names = self.inputs if self.disjoint else [f"!{name}" for name in self.inputs]
        guarded = ("+" if self.disjoint else "*").join((*names, function))
        slow = tuple(replace(arcs[0], related=name) for name in self.inputs)
        pins = {name: Pin(name, "input") for name in self.inputs}
        return pins | {output.name: replace(output, function=guarded, arcs=(*arcs, *slow))}


class Sizer:
    """Sizes one flat module of mapped cells.

    Parameters
    ----------
    module : in Yosys' JSON form.
    table : the library, for the cells in the module.
    logic : the combinational cells to choose from.
    directory : a place for files.
    """

    def __init__(self, module: dict[str, Any], table: CellTable, logic: CellTable, directory: Path) -> None:
        self._table = table
        self._stand_ins: dict[str, _StandIn] = {}
        self._guards: Counter[int] = Counter()
        netlist = self._with_stand_ins(module)
        used = {cell["type"] for cell in netlist["cells"].values()} - self._stand_ins.keys()
        cells = logic.cells | {name: table.cells[name] for name in used}
        cells |= {name: stand_in.cell for name, stand_in in self._stand_ins.items()}
        self.shown = CellTable(table.name, cells)
        """The cells that ABC sees."""
        self._directory = directory
        (directory / "sizing.lib").write_text(write_liberty(self.shown))
        (directory / "sizing.blif").write_text("\n".join(_to_blif(netlist, self.shown)) + "\n")

    def size(self, clock_ps: float | None = None) -> Sized:
        """Buffers, enlarges cells until the clock is met, or as far as it helps, and makes others smaller.

        A clock is tried with few buffers first.
        """
        if clock_ps is None:
            return self._size(SHORT_NETS, "")
        easy = self._size(LONG_NETS, f" -D {clock_ps:.0f}")
        if easy.delay_ps <= clock_ps:
            return easy
        fast = self._size(SHORT_NETS, f" -D {clock_ps:.0f}")
        return fast if fast.delay_ps < easy.delay_ps else easy

    def _size(self, buffering: str, target: str) -> Sized:
        sized = self._directory / "sized.blif"
        sized.unlink(missing_ok=True)
        commands = [
            "read_lib sizing.lib",
            "read_blif sizing.blif",
            "topo",
            f"buffer -c {buffering}",
            "minsize",
            f"upsize{target}",
            f"dnsize{target}",
            "stime",
            f"write_blif {sized.name}",
        ]
        abc = Path(libyosys.__file__).parent / "yosys-abc"
        said = subprocess.run(
            [abc, "-c", "; ".join(commands)], capture_output=True, text=True, check=False, cwd=self._directory
        ).stdout
        delay = _DELAY.search(said)
        if not sized.exists() or delay is None:
            raise ValueError(f"sizing failed: {(said.strip() or 'no word').splitlines()[-1]}")
        shares: defaultdict[str, Fraction] = defaultdict(Fraction)
        for kind in _GATE.findall(sized.read_text()):
            stand_in = self._stand_ins.get(kind)
            if stand_in is None:
                shares[kind] += 1
            elif stand_in.share:
                shares[stand_in.real] += stand_in.share
        counts = {name: round(share) for name, share in sorted(shares.items())}
        area = sum(self._table.cells[name].area * count for name, count in counts.items())
        return Sized(area, float(delay[1]), counts)

    def _with_stand_ins(self, module: dict[str, Any]) -> dict[str, Any]:
        """The module with stand-ins."""
        clocks, read = self._clocks(module), self._read(module)
        cells: dict[str, Any] = {}
        inputs: list[int | str] = ["start"]
        outputs: list[int | str] = []
        flop = None
        for name, cell in module["cells"].items():
            kind, pins = self._table.cells[cell["type"]], cell["connections"]
            if kind.sequential:
                flop = kind
                used = [output for output in kind.outputs if read.intersection(pins.get(output, ()))]
                for output in used:
                    cells[f"{name}.{output}"] = new_cell(
                        self._driver(kind, output, len(used)),
                        (output,),
                        START="start",
                        **{output: pins[output][0]},
                    )
                for pin in kind.inputs:
                    if pins.get(pin) and not kind.pins[pin].clock:
                        end = f"end_{name}_{pin}"
                        cells[f"{name}.{pin}"] = new_cell(self._end(kind, pin), ("Y",), A=pins[pin][0], Y=end)
                        outputs.append(end)
            elif len(kind.outputs) > 1:
                used = [output for output in kind.outputs if read.intersection(pins.get(output, ()))]
                for output in used:
                    cells[f"{name}.{output}"] = new_cell(
                        self._part(kind, output, len(used)),
                        (output,),
                        **{pin: pins[pin][0] for pin in kind.inputs},
                        **{output: pins[output][0]},
                    )
            else:
                cells[name] = cell
        if flop is None:
            flops = [kind for kind in self._table.cells.values() if kind.flip_flop]
            flop = min(flops, key=lambda kind: (kind.area, kind.name))
        drive = self._neighbour(flop, flop.outputs[0])
        end = self._end(flop, next(p for p in flop.inputs if not flop.pins[p].clock))
        output = flop.outputs[0]
        for port, entry in module["ports"].items():
            for i, bit in enumerate(entry["bits"]):
                if bit in clocks or isinstance(bit, str):
                    continue
                if entry["direction"] == "input":
                    cells[f"{port}[{i}]"] = new_cell(drive, (output,), START="start", **{output: bit})
                else:
                    net = f"end_{port}_{i}"
                    cells[f"{port}[{i}]"] = new_cell(end, ("Y",), A=bit, Y=net)
                    outputs.append(net)
        return {
            "cells": cells,
            "ports": {
                "in": {"direction": "input", "bits": inputs},
                "out": {"direction": "output", "bits": outputs},
            },
        }

    def _clocks(self, module: dict[str, Any]) -> set[int | str]:
        found: set[int | str] = set()
        for cell in module["cells"].values():
            kind = self._table.cells[cell["type"]]
            if kind.sequential:
                for pin, bits in cell["connections"].items():
                    if kind.pins[pin].clock:
                        found.update(bits)
        return found

    def _read(self, module: dict[str, Any]) -> set[int | str]:
        """The nets that a cell or a port reads: ABC drops what drives no other."""
        found: set[int | str] = set()
        for cell in module["cells"].values():
            for pin in self._table.cells[cell["type"]].inputs:
                found.update(cell["connections"].get(pin, ()))
        for port in module["ports"].values():
            if port["direction"] == "output":
                found.update(port["bits"])
        return found

    def _driver(self, kind: Cell, output: str, used: int) -> str:
        """What a flip-flop's output is: a cell as slow as clock to output, in all strengths there are."""
        name = f"{{}}__{output}__{used}"
        if name.format(kind.name) not in self._stand_ins:
            guard = self._next_guard()
            for other in self._table.cells.values():
                alike = other.name == kind.name or (other.flip_flop and _interface(other) == _interface(kind))
                if alike:
                    stand_in = _start(other, output, name.format(other.name), guard)
                    self._add(stand_in, other, Fraction(1, used))
        return name.format(kind.name)

    def _neighbour(self, kind: Cell, output: str) -> str:
        """A flip-flop outside the module, whose strength is given."""
        name = f"NEIGHBOUR_{kind.name}__{output}"
        self._add(_start(kind, output, name, self._next_guard()), kind, 0)
        return name

    def _end(self, kind: Cell, pin: str) -> str:
        """What takes a flip-flop's data: a cell as slow as its setup time."""
        name = f"{kind.name}__{pin}"
        if name not in self._stand_ins:
            self._add(_setup(kind, pin, name, self._next_guard()), kind, 0)
        return name

    def _part(self, kind: Cell, output: str, used: int) -> str:
        """One output of a cell of several, with its share of the inputs' capacitance."""
        name = f"{kind.name}__{output}__{used}"
        if name not in self._stand_ins:
            pins = {
                pin: replace(kind.pins[pin], capacitance=kind.pins[pin].capacitance / used)
                for pin in kind.inputs
            }
            real = kind.pins[output]
            pins |= self._next_guard(len(kind.inputs)).on(real, f"({real.function})", real.arcs)
            self._add(Cell(name, kind.area / used, pins), kind, Fraction(1, used))
        return name

    def _next_guard(self, inputs: int = 1) -> _Guard:
        """A guard that no other stand-in of so many inputs has, which makes its function another one."""
        number = self._guards[inputs]
        self._guards[inputs] += 1
        if number // 2 >= len(_GUARDS):
            raise ValueError("more kinds of flip-flops and adders than can be told apart")
        return _Guard(_GUARDS[: number // 2 + 1], disjoint=number % 2 == 1)

    def _add(self, cell: Cell, real: Cell, share: Fraction | int) -> None:
        self._stand_ins[cell.name] = _StandIn(cell, real.name, Fraction(share))


def _interface(cell: Cell) -> tuple[Any, ...]:
    """What a flip-flop does, apart from how strongly."""
    functions = [(output, cell.pins[output].function) for output in cell.outputs]
    return cell.flip_flop, cell.inputs, functions


def _start(kind: Cell, output: str, name: str, guard: _Guard) -> Cell:
    """A cell that takes as long as clock to output."""
    launch = next(arc for arc in kind.pins[output].arcs if arc.kind in ("rising_edge", "falling_edge"))
    arcs = (replace(launch, related="START", kind="combinational", sense="non_unate"),)
    pins = {"START": Pin("START", "input")}
    return Cell(name, kind.area, pins | guard.on(kind.pins[output], "START", arcs))


def _setup(kind: Cell, pin: str, name: str, guard: _Guard) -> Cell:
    """A cell that takes as long as the setup time, by the slew of its input; ABC wants it to take some."""
    least = Samples((0.0, 1000.0), (0.0, 1000.0), ((_LEAST_PS, _LEAST_PS), (_LEAST_PS, _LEAST_PS)))
    tables = dict.fromkeys(("cell_rise", "cell_fall", "rise_transition", "fall_transition"), least)
    for arc in kind.pins[pin].arcs:
        for edge in ("rise", "fall"):
            samples = arc.tables.get(f"{edge}_constraint")
            if arc.kind.startswith("setup") and samples is not None:
                times = tuple((max(row[0], _LEAST_PS),) * 2 for row in samples.values)
                tables[f"cell_{edge}"] = Samples(samples.rows, (0.0, 1000.0), times)
    arcs = (Arc("A", "combinational", "positive_unate", tables),)
    pins = {"A": Pin("A", "input", capacitance=kind.pins[pin].capacitance)}
    return Cell(name, 0.0, pins | guard.on(Pin("Y", "output"), "A", arcs))


def _to_blif(module: dict[str, Any], table: CellTable) -> Iterator[str]:
    def net(bit: int | str) -> str:
        return f"n{bit}" if isinstance(bit, int) else _CONSTANTS.get(bit, bit)

    yield ".model sized"
    yield (
        ".inputs "
        + " ".join(net(bit) for bit in module["ports"]["in"]["bits"])
        + " ".join(("", *_CONSTANTS.values(), *_GUARDS))
    )
    yield ".outputs " + " ".join(net(bit) for bit in module["ports"]["out"]["bits"])
    for cell in module["cells"].values():
        pins = cell["connections"]
        kind = table.cells[cell["type"]]
        order = [*kind.inputs, *kind.outputs]
        yield f".gate {cell['type']} " + " ".join(
            f"{pin}={net(pins[pin][0]) if pin in pins else pin}" for pin in order
        )
    yield ".end"
