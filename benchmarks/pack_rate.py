"""Weights a second that are packed into key images, on one core: in memory, and to files with their hashes.

A 2560 × 6912 matrix, as BitNet b1.58 2B4T has them, on cores of 8 tables and 16 columns. Times are processor
times, the best of three.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from generator.config import CoreConfig
from generator.plan import plan_for
from sim.fields import pack_fields
from sim.key_stream import stream_chunks
from sim.weights.key_image import read_image, write_image
from sim.weights.ternary import TernaryMatrix

FLOOR = 100e6
"""Weights a second that are the least we promise."""
HELD = {"dataflow": "table_stationary", "outputs": 2560}
CORES: dict[str, dict[str, Any]] = {
    **{f"µ = {size}": {"group_size": size} for size in range(1, 7)},
    **{f"µ = {size}, table-stationary": {"group_size": size, **HELD} for size in (2, 3)},
    "select": {"architecture": "select"},
    "multiplier, int8": {"architecture": "multiplier"},
    "multiplier, fp16": {"architecture": "multiplier", "activation": "fp16"},
}


def best_of(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of processor time of the fastest run."""
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def main() -> None:
    weights = np.random.default_rng(0).integers(-1, 2, size=(2560, 6912), dtype=np.int8)
    matrix = TernaryMatrix(weights, np.array(1.0), "ternary", exact=True)
    print(f"{'million weights/s':28}{'in memory':>12}{'to files':>12}{'unpacked':>12}{'files / floor':>16}")
    with tempfile.TemporaryDirectory() as scratch:
        for name, keys in CORES.items():
            config = CoreConfig(tables=8, columns=16, **keys)
            plan = plan_for(config)
            directory = Path(scratch)

            def in_memory(plan: Any = plan) -> None:
                for codes in stream_chunks(plan, weights):
                    pack_fields(codes, plan.key_width)

            def to_files(config: CoreConfig = config, directory: Path = directory) -> None:
                write_image(config, matrix, directory)

            def back(config: CoreConfig = config, directory: Path = directory) -> None:
                read_image(config, directory)

            rates = [weights.size / best_of(work) for work in (in_memory, to_files, back)]
            figures = "".join(f"{rate / 1e6:12,.0f}" for rate in rates)
            print(f"{name:28}{figures}{rates[1] / FLOOR:15.2f}×")


if __name__ == "__main__":
    main()
