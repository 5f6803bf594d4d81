"""How a design runs each layer of a model: steps, cycles, how much of it is used, and what it waits for.

Counted from the core's plan in whole numbers, one layer after the other, for the part of a layer that each of
several cores has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dse.spec.layer import Layer
from dse.sweep.results.designs import array_of
from dse.sweep.summary.limits import STREAMS, memory_rate
from generator.config import CoreConfig
from generator.plan import Tiling, beat_bits, plan_for
from generator.rule import holds_tables

HEAD = ("layer", "N × M", "times", "tiles", "steps", "cycles", "utilisation", "share of time", "limited by")


@dataclass(frozen=True)
class LayerRun:
    """One layer, run once on B tokens.

    ``n_tiles`` × ``m_tiles`` tiles of it are a core's. ``steps`` are each core's tile steps, ``cycles`` those
    from the first activation to the last result when no stream is waited for, the tree between cores
    included. ``seconds`` are what it takes behind the bandwidths, ``bound`` what they go by: compute,
    weights, activations or memory. ``utilisation`` is the useful share of the multiply-accumulates that all
    cores could do in this time; ``share`` is that of the layer's ``count`` runs in the time of a pass.
    """

    layer: Layer
    n_tiles: int
    m_tiles: int
    steps: int
    cycles: int
    seconds: float
    bound: str
    utilisation: float
    share: float

    @property
    def cells(self) -> list[str]:
        """A row of a table under ``HEAD``."""
        return [
            self.layer.name,
            f"{self.layer.inputs:,} × {self.layer.outputs:,}",
            f"{self.layer.count:,}",
            f"{self.n_tiles:,} × {self.m_tiles:,}",
            f"{self.steps:,}",
            f"{self.cycles:,}",
            f"{self.utilisation:.1%}",
            f"{self.share:.1%}",
            self.bound,
        ]


def layer_runs(
    config: CoreConfig, system: Mapping[str, Any], layers: Sequence[Layer], tokens: int
) -> list[LayerRun]:
    """How cores of ``config`` run ``layers`` for ``tokens`` tokens.

    ``system`` has the values of ``SYSTEM_KEYS``, ``clock_mhz`` the clock that the cores run at. Raises
    ``WorkloadError`` where a layer is beyond what the core was built for.
    """
    plan, clock = plan_for(array_of(config, system)), 1e6 * float(system["clock_mhz"])
    timed: list[tuple[Layer, int, int, int, int, float, str]] = []
    for layer in layers:
        tiling = Tiling.of(plan, layer.inputs, layer.outputs, tokens)
        once = holds_tables(config.dataflow) or bool(system.get("activation_buffer"))
        beats = tiling.n_tiles * tiling.blocks * (1 if once else tiling.m_tiles)
        bits = {
            "weights": tiling.key_beats * beat_bits(plan).key,
            "activations": beats * beat_bits(plan).activation,
        }
        cycles = tiling.cycles
        times = {"compute": cycles / clock}
        for what, name in STREAMS:
            if limit := system[f"{name}_bandwidth_gb_per_s"]:
                times[what] = bits[what] / (8e9 * float(limit))
        if math.isfinite(rate := memory_rate(system)):
            read = tokens * layer.inputs * plan.activation_width * (1 if once else tiling.m_tiles)
            if plan.receives_entries:
                read = bits["activations"]
            keys = bits["weights"] * (system["weights"] == "dram")
            times["memory"] = (keys + read + tokens * layer.outputs * plan.result_width) / rate
            if not system["key_buffer"]:
                times["memory"] += math.ceil(keys / (8 * system["burst_bytes"])) * system["latency_ns"] * 1e-9
        bound = max(times, key=lambda what: times[what])
        timed.append((layer, tiling.n_tiles, tiling.m_tiles, tiling.key_beats, cycles, times[bound], bound))
    total = sum(layer.count * seconds for layer, *_, seconds, _ in timed)
    most = plan.config.macs_per_cycle * clock
    return [
        LayerRun(
            layer,
            n_tiles,
            m_tiles,
            steps,
            cycles,
            seconds,
            bound,
            utilisation=layer.inputs * layer.outputs * tokens / (most * seconds),
            share=layer.count * seconds / total,
        )
        for layer, n_tiles, m_tiles, steps, cycles, seconds, bound in timed
    ]
