"""One layer 6912 → 2560, one token, on a 64 × 64 core (µ = 2, int8) in Verilator, from an empty cache."""

import os
import tempfile
import time

from generator.config import CoreConfig
from sim.harness import simulate
from sim.layers import LayerData


def main() -> None:
    config = CoreConfig(group_size=2, tables=32, columns=64)
    layer = LayerData.random(config, 6912, 2560)
    with tempfile.TemporaryDirectory() as empty:
        os.environ["TERNLUT_CACHE"] = empty
        for what in ("empty cache", "build cached"):
            started = time.perf_counter()
            result = simulate(config, layer.activations, layer.weights)
            seconds = time.perf_counter() - started
            verdict = "bit-exact" if result.passed else f"{result.mismatches} mismatches"
            print(f"{what}: {seconds:.1f} s, {result.cycles} cycles, {result.results} results, {verdict}")


if __name__ == "__main__":
    main()
