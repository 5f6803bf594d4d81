"""Areas of fp16 cores, module by module (hierarchical synthesis), and what the best of them saves.

``python benchmarks/float_cores.py [--sizes 24x16,64x64] [LIBERTY …]``: n × K tiles; without libraries the
bundled cells. A group of 3 does not divide 64 or 128, so it is not among those. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from costmodel.cells.liberty import Library
from costmodel.flow.synthesis import Flow, Job, SynthesisError, shipped_library, synthesize_many
from generator.config import CoreConfig
from generator.verilog import emit

NATIVE: dict[str, Any] = {"datapath": "native"}
EXACT: dict[str, Any] = {"datapath": "exact"}
ALIGNED: dict[str, Any] = {"datapath": "aligned", "aligned_bits": 24}
SHORT: dict[str, Any] = {"datapath": "aligned", "aligned_bits": 14}
CORES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("native", NATIVE, ("multiplier", "select", 2, 3, 4)),
    ("exact", EXACT, ("select", 2, 3)),
    ("aligned, 24 bits", ALIGNED, ("multiplier", "select", 2, 3)),
    ("aligned, 14 bits", SHORT, ("select", 2, 3)),
]


def core(length: int, columns: int, datapath: dict[str, Any], kind: Any) -> CoreConfig | None:
    """The core of a tile; None where its groups do not divide the tile."""
    group = kind if isinstance(kind, int) else 1
    if length % group:
        return None
    architecture = "lut" if isinstance(kind, int) else kind
    shape = {"architecture": architecture, "group_size": group, "tables": length // group, "columns": columns}
    pipeline = {"table": "activations"}
    return CoreConfig.parse({"activation": "fp16", **shape, **datapath, "pipeline": pipeline})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("liberty", nargs="*", type=Path)
    parser.add_argument("--sizes", default="24x16,64x64,128x128")
    arguments = parser.parse_args()
    library = Library.of(arguments.liberty) if arguments.liberty else shipped_library()
    for size in arguments.sizes.split(","):
        length, columns = map(int, size.split("x"))
        wanted = [
            (name, kind, config)
            for name, datapath, kinds in CORES
            for kind in kinds
            if (config := core(length, columns, datapath, kind))
        ]
        emissions = (emit(config) for _, _, config in wanted)
        flow = Flow(hierarchical=True)
        jobs = (Job(emission.verilog, emission.top, library, flow) for emission in emissions)
        areas: dict[tuple[str, Any], float] = {}
        for index, result in synthesize_many(jobs, 1):
            if isinstance(result, SynthesisError):
                raise result
            areas[wanted[index][:2]] = result.area_um2
        baselines = [areas["native", kind] for kind in ("multiplier", "select")]
        luts = min(area for (name, kind), area in areas.items() if name == "native" and isinstance(kind, int))
        print(f"\n| {size} | | µm² | multiplier, native | select, native | best native LUT |")
        print("| --- | --- | ---: | ---: | ---: | ---: |")
        for (name, kind), area in areas.items():
            ratios = " | ".join(f"{baseline / area:.2f}×" for baseline in (*baselines, luts))
            what = kind if isinstance(kind, str) else f"µ = {kind}"
            print(f"| {what} | {name} | {area:,.0f} | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
