"""`simulate --fast` beside cocotb, from an empty cache and with the build cached, and the ratios.

The layer 6912 → 2560, one token, on a 64 × 64 core (µ = 2, int8); smaller cores and several tokens after it.
"""

import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

from generator.config import CoreConfig
from sim.fast import simulate_fast
from sim.harness import simulate
from sim.layers import LayerData

FLOOR_SECONDS = 40.0
"""For the first layer from an empty cache: the most that we promise on two processors."""

CASES: dict[str, tuple[dict[str, Any], tuple[int, int, int]]] = {
    "64 × 64, 6912 → 2560": ({"group_size": 2, "tables": 32, "columns": 64}, (6912, 2560, 1)),
    "24 × 16, 2560 → 640": ({"group_size": 3, "tables": 8, "columns": 16}, (2560, 640, 4)),
    "fp16 24 × 16, 2560 → 640": (
        {"group_size": 3, "tables": 8, "columns": 16, "activation": "fp16", "datapath": "native"},
        (2560, 640, 1),
    ),
}


def measured(run: Callable[..., Any], config: CoreConfig, layer: LayerData) -> tuple[float, float, Any]:
    """Seconds from an empty cache and with the build cached, and the second result."""
    seconds = []
    with tempfile.TemporaryDirectory() as empty:
        os.environ["TERNLUT_CACHE"] = empty
        for _ in range(2):
            began = time.perf_counter()
            result = run(config, layer.activations, layer.weights)
            seconds.append(time.perf_counter() - began)
            if not result.passed:
                raise SystemExit(f"wrong: {result.failures[0]}")
    return seconds[0], seconds[1], result


def main() -> None:
    print(f"{'':26}{'empty cache':>13}{'cached':>9}{'run':>9}{'cycles':>9}{'cycles/s':>11}")
    for name, (keys, (length, outputs, tokens)) in CASES.items():
        config = CoreConfig.parse(keys)
        layer = LayerData.random(config, length, outputs, tokens)
        found = {}
        for driver, run in (("--fast", simulate_fast), ("cocotb", simulate)):
            empty, cached, result = found[driver] = measured(run, config, layer)
            print(
                f"{name if driver == '--fast' else '':26}{empty:11.1f} s{cached:7.1f} s"
                f"{result.run_seconds:7.2f} s{result.cycles:9,}{result.cycles_per_second:11,.0f}  {driver}",
                flush=True,
            )
        (empty, _, fast), (slow_empty, _, slow) = found["--fast"], found["cocotb"]
        assert fast.cycles == slow.cycles
        ratio = fast.cycles_per_second / slow.cycles_per_second
        print(f"{'':26}{slow_empty / empty:11.1f} ×{'':27}{ratio:9.1f} ×")
        if name == next(iter(CASES)):
            print(f"{'':26}floor {FLOOR_SECONDS:.0f} s: {empty / FLOOR_SECONDS:.2f} of it")


if __name__ == "__main__":
    main()
