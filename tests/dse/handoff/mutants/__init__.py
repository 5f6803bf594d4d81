"""Wrong cores: lines of emitted Verilog with one change each, which the regression of a hand-off must notice.

``mutants.json`` lists them by core, module, line and changed line. ``python -m
tests.dse.handoff.mutants.candidates`` makes candidates for it.
"""

from __future__ import annotations

import json
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


class Mutant(NamedTuple):
    """``line`` of the ``module`` (its name's beginning) of a core becomes ``changed``; ``what`` says why."""

    core: str
    module: str
    line: str
    changed: str
    what: str

    def place(self, directory: Path) -> Path:
        """The file of the core in ``directory`` that has the line, once."""
        (path,) = directory.glob(f"{self.module}_*.v")
        assert path.read_text().splitlines().count(self.line) == 1, f"{path.name}: {self.line}"
        return path

    def apply(self, directory: Path) -> None:
        """Makes the core that was written into ``directory`` wrong."""
        path = self.place(directory)
        lines = path.read_text().splitlines()
        lines[lines.index(self.line)] = self.changed
        path.write_text("\n".join([*lines, ""]))


def mutants() -> list[Mutant]:
    """All of them."""
    return [Mutant(**fields) for fields in json.loads(LIST.read_text())]
