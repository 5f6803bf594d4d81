"""A 128 × 128 core (µ = 4, L = 32, K = 128, int8): seconds and bytes of its Verilog, seconds of synthesis."""

import tempfile
import time
from pathlib import Path

from costmodel.flow.synthesis import Flow, shipped_library, synthesize
from generator.config import CoreConfig
from generator.verilog import emit


def main() -> None:
    started = time.perf_counter()
    emission = emit(CoreConfig(group_size=4, tables=32, columns=128))
    emitted = time.perf_counter() - started
    size = len(emission.verilog.encode()) / 1000
    print(f"Verilog: {emitted:.2f} s, {size:.0f} KB, {len(emission.modules)} modules")
    with tempfile.TemporaryDirectory() as empty:
        library = shipped_library("asap7", Path(empty))
        started = time.perf_counter()
        result = synthesize(emission.verilog, emission.top, library, Flow(hierarchical=True), Path(empty))
        print(f"hierarchical synthesis: {time.perf_counter() - started:.1f} s, {result.area_um2:.0f} µm²")


if __name__ == "__main__":
    main()
