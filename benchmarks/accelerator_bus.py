"""How full an accelerator's bus is while it fetches: words a cycle of one layer 2560 × 640, and waits.

A bus of 128 bits in front of cocotbext-axi's memory, which answers at once, after 60 cycles, or hesitates;
with activations that come again for every tile of outputs, and with buffers.
"""

from typing import Any

from generator.config import CoreConfig
from generator.plan.registers import DESCRIPTOR_BYTES
from sim.accelerator import ListRun, run_lists
from sim.layers import LayerData

FLOOR = 0.95
"""Of the cycles from the first word of a layer to the last, those that bring a word: what we promise."""
CORE: dict[str, Any] = {
    "group_size": 3, "tables": 8, "columns": 16, "max_reduction": 2560, "wrapper": "axi",
}  # fmt: skip
DESIGNS: dict[str, dict[str, Any]] = {
    "streamed": {},
    "buffered": {"buffers": {"activations": True, "keys": 16}},
}
MEMORIES = {"at once": (0.0, 0), "after 60 cycles": (0.0, 60), "hesitates, after 60": (0.2, 60)}


def main() -> None:
    print(f"{'':10}{'memory answers':>20}{'words':>9}{'cycles':>9}{'bus':>8}{'busy':>9}{'key waits':>11}")
    for design, more in DESIGNS.items():
        config = CoreConfig.parse(CORE | more)
        layer = LayerData.random(config, 2560, 640)
        runs = [ListRun([layer], stalls, latency) for stalls, latency in MEMORIES.values()]
        results, _, _ = run_lists(config, runs)
        for name, result in zip(MEMORIES, results, strict=True):
            if result.mismatches or result.complaints:
                raise SystemExit(f"wrong: {result.mismatches} mismatches, {result.complaints[:3]}")
            reads = result.reads[DESCRIPTOR_BYTES // result.registers["bus_bytes"] :]
            cycles = int(reads[-1] - reads[0]) + 1
            print(
                f"{design:10}{name:>20}{len(reads):9,}{cycles:9,}{len(reads) / cycles:8.1%}"
                f"{result.registers['busy_cycles']:9,}{result.registers['key_waits']:11,}",
                flush=True,
            )
    print(f"promised, where the memory does not hesitate: {FLOOR:.0%}")


if __name__ == "__main__":
    main()
