"""Area of the tile datapath n = 24, K = 16, int8, N_max = 8192, synthesized and modelled.

Usage: datapath_area.py [LIBERTY …]   (the shipped asap7 cells where none is named)
"""

import sys
from pathlib import Path

from costmodel.cells.liberty import Library
from costmodel.flow.synthesis import Flow, Job, SynthesisError, shipped_library, synthesize_many
from costmodel.price.estimate import estimate
from costmodel.price.technology import load_technology
from generator.config import CoreConfig
from generator.verilog import emit

FILES = tuple(Path(name) for name in sys.argv[1:])
LIBRARY = Library.of(FILES) if FILES else shipped_library("asap7")
STRAIGHTFORWARD = {2: 3250, 3: 4110, 4: 6490}
"""µm² of a build with 32-bit accumulators, invert-and-increment and adder chains, in its better mapping."""


def core(group_size: int, registers: str) -> CoreConfig:
    return CoreConfig.parse(
        {
            "architecture": "lut" if group_size > 1 else "select",
            "group_size": group_size,
            "tables": 24 // group_size,
            "columns": 16,
            "pipeline": {"table": registers},
        }
    )


def main() -> None:
    cases = [(size, registers) for size in (1, 2, 3, 4) for registers in ("entries", "activations")]
    cases.remove((1, "activations"))
    emissions = {case: emit(core(*case)) for case in cases}
    jobs, meaning = [], []
    for case, emission in emissions.items():
        for adders in ("cells", "generic"):
            jobs.append(Job(emission.verilog, emission.datapath, LIBRARY, Flow(adders=adders)))
            meaning.append((case, adders))
        jobs.append(Job(emission.verilog, emission.top, LIBRARY, Flow()))
        meaning.append((case, "top"))
    area = {}
    for index, result in synthesize_many(jobs):
        if isinstance(result, SynthesisError):
            raise result
        area[meaning[index]] = result.area_um2

    technology = load_technology("asap7")
    select = area[(1, "entries"), "cells"]
    heads = ("cells", "generic", "control", "model", "/select", "/plain")
    print(f"{'core':20}" + "".join(f"{head:>9}" for head in heads))
    for case, emission in emissions.items():
        size, registers = case
        cells, generic, top = (area[case, kind] for kind in ("cells", "generic", "top"))
        model = estimate(emission.config, technology).cost / top - 1
        plain = f"{min(cells, generic) / STRAIGHTFORWARD[size]:9.2f}" if size in STRAIGHTFORWARD else ""
        name = "select" if size == 1 else f"µ={size} {registers}"
        share = top / cells - 1
        figures = f"{cells:9.0f}{generic:9.0f}{share:9.1%}{model:+9.1%}{cells / select:9.2f}{plain}"
        print(f"{name:20}{figures}")


if __name__ == "__main__":
    main()
