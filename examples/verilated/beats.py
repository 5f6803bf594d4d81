"""Activation beats for the program, and a check of its result beats: what is beside the core in this example.

    python examples/verilated/beats.py write CORE WEIGHTS ACTIVATIONS.bin [--tokens B]
    python examples/verilated/beats.py check CORE WEIGHTS RESULTS.bin [--tokens B]

WEIGHTS is a ternary matrix W[M, N] as .npy, CORE an integer core. `write` prints the
program's options for the layer.
"""

import argparse
from pathlib import Path

import numpy as np

from generator.config import CoreConfig
from generator.plan import Tiling, beat_bits, plan_for
from sim.fields import beat_bytes
from sim.layers import LayerData, activation_chunks, results_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["write", "check"])
    parser.add_argument("core", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("beats", type=Path)
    parser.add_argument("--tokens", type=int, default=1)
    given = parser.parse_args()
    config = CoreConfig.load(given.core)
    plan, weights = plan_for(config), np.load(given.weights)
    outputs, length = weights.shape
    layer = LayerData.of(config.format.random(np.random.default_rng(0), (given.tokens, length)), weights)
    tiling, width = Tiling.of(plan, length, outputs, given.tokens), beat_bytes(beat_bits(plan).result, 1)
    if given.what == "write":
        with given.beats.open("wb") as file:
            for beats in activation_chunks(plan, layer):
                file.write(beats.tobytes())
        restreams = tiling.m_tiles if config.dataflow == "output_stationary" else 1
        print(
            f"--n-tiles {tiling.n_tiles} --m-tiles {tiling.m_tiles} --blocks {tiling.blocks} "
            f"--restreams {restreams} --result-bytes {width}"
        )
        return
    found = np.fromfile(given.beats, dtype=np.uint8).reshape(-1, width)
    results = results_of(plan, tiling, outputs, given.tokens, found)
    right = layer.activations @ weights.T.astype(np.int64)
    wrong = np.count_nonzero(results != right)
    print(f"{wrong} of {results.size} results are wrong")
    raise SystemExit(int(wrong > 0))


if __name__ == "__main__":
    main()
