"""Netlists as Verilog, read back into a module of mapped cells; once for each, for results are cached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from costmodel.cells.liberty import Library
from costmodel.flow.answers import answer_of
from costmodel.flow.synthesis import Children, yosys_version
from generator.files import cache_directory

# Bumped whenever a netlist is read into another module than before.
READER_VERSION = 1
WORKER = "costmodel.flow.read_worker"


def module_of(netlist: str, top: str, library: Library, cache_dir: Path | None = None) -> dict[str, Any]:
    """The module ``top`` of a netlist of ``library``'s cells, flat, in Yosys' JSON form.

    Raises ``SynthesisError`` where it cannot be read.
    """
    directory = cache_dir or cache_directory()

    def stated(folder: Path) -> dict[str, Any]:
        design = folder / "design.v"
        design.write_text(netlist, encoding="utf-8")
        return {
            "netlist": str(design),
            "top": top,
            "table": str(library.cached_table(directory).absolute()),
        }

    def run(job: dict[str, Any]) -> None:
        Children().run(job, WORKER, "reading of the netlist")

    depends_on = (netlist, top, library.digest, str(READER_VERSION), yosys_version())

    def module(answer: dict[str, Any]) -> dict[str, Any]:
        read: dict[str, Any] = answer["module"]
        return read

    return answer_of("netlist", map(str.encode, depends_on), directory, stated, run, module)
