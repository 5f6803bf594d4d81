"""Weights a second that are packed into key images, on one core: in memory, and to files with their hashes.

Usage: pack_rate.py [--cores NAME …]

A 2560 × 6912 matrix, as BitNet b1.58 2B4T has them, of random groups of a core's alphabet, on cores of 8
tables and 16 columns; of several planes a weight counts once. Times are processor
times, the best of three.
"""

import argparse
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
from sim.layers import random_weights_of
from sim.weights.key_image import read_image, write_image
from sim.weights.ternary import TernaryMatrix

FLOOR = 100e6
"""Weights a second that are the least we promise."""
HELD = {"dataflow": "table_stationary", "outputs": 2560}
CORES: dict[str, dict[str, Any]] = {
    **{f"µ = {size}": {"group_size": size} for size in range(1, 7)},
    **{f"µ = {size}, table-stationary": {"group_size": size, **HELD} for size in (2, 3)},
    **{f"binary, µ = {size}": {"alphabet": "binary", "group_size": size} for size in (1, 2, 4)},
    "sparse 3:4": {"alphabet": "sparse_3_4", "group_size": 4},
    **{
        f"{planes} planes, µ = 4": {"alphabet": "binary", "group_size": 4, "weight_bits": planes}
        for planes in (2, 3, 4)
    },
    "scales of 128, µ = 3": {"group_size": 3, "scale_group": 128},
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", nargs="+", default=list(CORES), choices=list(CORES), metavar="NAME")
    chosen = parser.parse_args().cores
    print(f"{'million weights/s':28}{'in memory':>12}{'to files':>12}{'unpacked':>12}{'files / floor':>16}")
    with tempfile.TemporaryDirectory() as scratch:
        for name in chosen:
            config = CoreConfig(tables=8, columns=16, **CORES[name])
            plan = plan_for(config)
            weights = random_weights_of(config, np.random.default_rng(0), (2560, 6912))
            matrix = TernaryMatrix(weights, np.array(1.0), "ternary", exact=True)
            directory = Path(scratch)

            def in_memory(plan: Any = plan, weights: Any = weights) -> None:
                for codes in stream_chunks(plan, weights):
                    pack_fields(codes, plan.key_width)

            def to_files(
                config: CoreConfig = config, directory: Path = directory, matrix: TernaryMatrix = matrix
            ) -> None:
                write_image(config, matrix, directory)

            def back(config: CoreConfig = config, directory: Path = directory) -> None:
                read_image(config, directory)

            rates = [weights.size / best_of(work) for work in (in_memory, to_files, back)]
            figures = "".join(f"{rate / 1e6:12,.0f}" for rate in rates)
            print(f"{name:28}{figures}{rates[1] / FLOOR:15.2f}×")


if __name__ == "__main__":
    main()
