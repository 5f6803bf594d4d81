"""A trial: one layer of the workload, run through a core's Verilog and held against numpy.

The larger the layer, the nearer sums come to their limits; but a small core takes millions of cycles for a
large one. So a trial is the largest layer that is quick enough, as it is; where none is, a part of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.price.throughput import layer_cycles
from dse.spec.layer import Layer
from generator.config import CoreConfig
from generator.plan import CorePlan, plan_for
from sim import layers
from sim.harness import simulate
from sim.session import SimulationResult

MOST_CYCLES = 20_000
"""Cycles that a trial takes about at most: seconds of simulation."""


@dataclass(frozen=True)
class Trial:
    """What is run: N = ``inputs`` by M = ``outputs`` of ``layer``, for ``tokens`` tokens.

    ``cycles`` is how many the cost model says that takes.
    """

    layer: Layer
    inputs: int
    outputs: int
    tokens: int
    cycles: int

    @classmethod
    def choose(cls, core: CoreConfig, choice: Sequence[Layer], tokens: int) -> Trial:
        """The trial of ``core``: of ``choice`` the layer with the most weights that takes ``MOST_CYCLES``.

        Where each takes more, as many of the first outputs (and at last inputs) of the quickest one as may
        be. Of ``tokens`` as many at once as fit. Raises ``WorkloadError`` where the core can run none.
        """
        plan = plan_for(core)
        block = min(tokens, core.rows)

        def cycles(layer: Layer) -> int:
            return layer_cycles(plan, layer.inputs, layer.outputs, block)

        quick = [layer for layer in choice if cycles(layer) <= MOST_CYCLES]
        if quick:
            layer = max(quick, key=lambda layer: (layer.inputs * layer.outputs, layer.inputs))
            inputs, outputs = layer.inputs, layer.outputs
        else:
            layer = min(choice, key=cycles)
            inputs, outputs = _part(plan, layer)
        blocks = max(1, MOST_CYCLES // layer_cycles(plan, inputs, outputs, block))
        tokens = min(tokens, blocks * core.rows)
        return cls(layer, inputs, outputs, tokens, layer_cycles(plan, inputs, outputs, tokens))

    def run(self, core: CoreConfig, seed: int = 0) -> SimulationResult:
        """Simulates it with random activations and weights. Raises ``SimulationError`` where that fails."""
        data = layers.LayerData.random(core, self.inputs, self.outputs, self.tokens, seed)
        return simulate(core, data.activations, data.weights)

    @property
    def title(self) -> str:
        """The layer in words: ``layer k (2560 → 640), one token``."""
        whole = f"layer {self.layer.name} ({self.layer.inputs} → {self.layer.outputs})"
        if (self.inputs, self.outputs) != (self.layer.inputs, self.layer.outputs):
            whole = f"the first {self.inputs} → {self.outputs} of {whole}"
        return f"{whole}, {'one token' if self.tokens == 1 else f'{self.tokens} tokens'}"


def _part(plan: CorePlan, layer: Layer) -> tuple[int, int]:
    """Inputs and outputs of the part of ``layer`` that takes about ``MOST_CYCLES``, whole tiles of it."""
    inputs = min(layer.inputs, MOST_CYCLES * plan.tile_length)
    tiles = max(1, MOST_CYCLES // -(-inputs // plan.tile_length))
    return inputs, min(layer.outputs, tiles * plan.columns)
