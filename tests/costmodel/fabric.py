"""A second measurer, without any library of cells: what Verilog declares, as an FPGA would hold it.

A bit of a register is a flip-flop, a bit of a wire that something computes is a lookup table; a path takes
time for each doubling of the tables. That is no synthesis, but it is measured from the same Verilog that a
synthesis reads, and has other quantities, in other units, than cells have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from math import log2

from costmodel.fit.measurer import Design, Figures, Origin
from costmodel.price.quantity import DELAY, Quantity
from costmodel.price.technology import Cost
from generator.errors import TernlutError
from generator.verilog import Emission

LUT = Quantity(name="lut", label="LUT count", unit="LUT")
FF = Quantity(name="ff", label="flip-flop count", unit="FF")
KIND = "fabric"

MODULE = re.compile(r"^module (\w+)\(.*?^endmodule", re.MULTILINE | re.DOTALL)
INSTANCE = re.compile(r"^  (\w+) \S+ +\($", re.MULTILINE)  # an escaped name ends in a blank of its own
DECLARED = re.compile(r"^  (reg|wire) (?:\[(\d+):0\] )?\\?\w+", re.MULTILINE)


class Fabric:
    """Counts lookup tables and flip-flops; the same at every speed."""

    kind = KIND
    quantities: Sequence[Quantity] = (LUT, FF, DELAY)
    cost = Cost(label="LUT count", relaxed="lut", medium="lut", tight="lut")
    origin = Origin("fabric", "nominal", "counted", digest="0")

    def prepare(self) -> None:
        """Nothing has to be read."""

    def measure(
        self, designs: Iterable[Design], workers: int | None = None
    ) -> Generator[tuple[int, Figures | TernlutError], None, None]:
        for index, design in enumerate(designs):
            modules = dict(counted(design.verilog))
            used = instances(design.verilog, design.top)
            total = {
                name: float(sum(times * modules[module][name] for module, times in used.items()))
                for name in ("lut", "ff")
            }
            yield index, {**total, "delay": 400 * log2(total["lut"])}

    def modules(
        self, emissions: Iterable[Emission], workers: int | None = None
    ) -> Generator[tuple[int, Figures | TernlutError], None, None]:
        for index, emission in enumerate(emissions):
            yield index, {name: float(counts["lut"]) for name, counts in counted(emission.verilog)}


def counted(verilog: str) -> list[tuple[str, dict[str, int]]]:
    """Of each module by itself the bits of wires and registers."""
    found = []
    for module in MODULE.finditer(verilog):
        bits = Counter({"reg": 0, "wire": 0})
        for kind, high in DECLARED.findall(module[0]):
            bits[kind] += int(high or 0) + 1
        found.append((module[1], {"lut": bits["wire"], "ff": bits["reg"]}))
    return found


def instances(verilog: str, top: str) -> Counter[str]:
    """How often each module is in ``top``."""
    modules = {module[1]: module[0] for module in MODULE.finditer(verilog)}
    used: Counter[str] = Counter()

    def use(name: str, times: int) -> None:
        used[name] += times
        for inner, count in Counter(k for k in INSTANCE.findall(modules[name]) if k in modules).items():
            use(inner, times * count)

    use(top, 1)
    return used
