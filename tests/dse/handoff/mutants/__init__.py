"""Wrong cores: lines of emitted Verilog with one change each, which the regression of a hand-off must notice.

``mutants.json`` lists them by core, module, line and changed line. Wires that Yosys numbers, which change
their numbers with every other line, are called ``_a_``, ``_b_`` there, in the order in which the line has
them. ``python -m tests.dse.handoff.mutants.candidates`` makes candidates for it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

SMALL = {"activation": "int3", "tables": 2, "columns": 2, "max_reduction": 600}
CORES: dict[str, dict[str, Any]] = {
    "lut": {**SMALL, "group_size": 2, "pipeline": {"fetch": True, "reduction_every": 1}},
    "held": {**SMALL, "group_size": 2, "dataflow": "table_stationary", "outputs": 80},
    "select": {**SMALL, "architecture": "select", "tables": 3, "rows": 2, "fetch": "tree"},
    "native": {**SMALL, "activation": "fp8_e4m3", "architecture": "select", "pipeline": {"float_stages": 2}},
    "exact": {**SMALL, "activation": "fp8_e4m3", "group_size": 2, "datapath": "exact"},
    "aligned": {
        **SMALL,
        "activation": "fp8_e5m2",
        "architecture": "select",
        "datapath": "aligned",
        "aligned_bits": 5,
        "dataflow": "table_stationary",
        "outputs": 12,
        "pipeline": {"float_stages": 2},
    },
}
LIST = Path(__file__).with_name("mutants.json")


NUMBERED = re.compile(r"\b_\d+_\b")
LETTERED = re.compile(r"\b_[a-z]_\b")


def lettered(line: str, like: str | None = None) -> str:
    """``line`` with letters for the wires that are numbered, in the order of the line ``like``, its own
    by default."""
    wires = list(dict.fromkeys(NUMBERED.findall(line if like is None else like)))
    return NUMBERED.sub(lambda wire: f"_{chr(ord('a') + wires.index(wire[0]))}_", line)


class Mutant(NamedTuple):
    """``line`` of the ``module`` (its name's beginning) of a core becomes ``changed``; ``what`` says why.

    ``nth`` of the lines that are alike but for their numbered wires.
    """

    core: str
    module: str
    line: str
    changed: str
    what: str
    nth: int = 0

    def place(self, directory: Path) -> tuple[Path, int]:
        """The file of the core in ``directory`` that has the line, and where."""
        (path,) = directory.glob(f"{self.module}_*.v")
        alike = [i for i, line in enumerate(path.read_text().splitlines()) if lettered(line) == self.line]
        assert len(alike) > self.nth, f"{path.name}: {self.line}"
        return path, alike[self.nth]

    def apply(self, directory: Path) -> None:
        """Makes the core that was written into ``directory`` wrong."""
        path, place = self.place(directory)
        lines = path.read_text().splitlines()
        wires = list(dict.fromkeys(NUMBERED.findall(lines[place])))
        lines[place] = LETTERED.sub(lambda wire: wires[ord(wire[0][1]) - ord("a")], self.changed)
        path.write_text("\n".join([*lines, ""]))


def mutants() -> list[Mutant]:
    """All of them."""
    return [Mutant(**fields) for fields in json.loads(LIST.read_text())]
