"""Runs every projection of a checkpoint through one core's Verilog and tells how far the results are off.

    python examples/checkpoint/run.py FILE CORE [--tokens B]

The core is built once; the driver in C++ runs it (`ternlut simulate --fast` does the same for one tensor).
"""

import argparse
from pathlib import Path

from generator.config import CoreConfig
from generator.plan import plan_for
from sim.fast import simulate_fast
from sim.weights.files import open_tensors
from sim.weights.stored_layer import StoredLayer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("core", type=Path)
    parser.add_argument("--tokens", type=int, default=1)
    given = parser.parse_args()
    config = CoreConfig.load(given.core)
    cycles = wrong = 0
    for tensor in open_tensors(given.file).tensors.values():
        if not tensor.is_matrix:
            continue
        stored = StoredLayer.load(config.format, given.file, tensor.name, tokens=given.tokens)
        result = simulate_fast(config, stored.activations.values, stored.matrix.weights)
        error = stored.figures(plan_for(config), result.outputs[0])["error"]
        verdict = "bit-exact" if result.passed else result.failures[0]
        print(f"{tensor.name:40}{result.cycles:8,} cycles, {verdict}, RMS error {error['original']:.3f}")
        cycles += result.cycles
        wrong += not result.passed
    print(f"{cycles:,} cycles in all")
    raise SystemExit(int(wrong > 0))


if __name__ == "__main__":
    main()
