"""The layers of one decoder block of a model through one build of a core, with random ternary weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dse.commands.options import UsageError
from dse.commands.simulator import Simulator, say_trouble, verdict_of
from dse.presentation.answers import say
from dse.presentation.terminal import progress_bar
from dse.spec.layer import Layer
from dse.spec.models import find_model
from generator.errors import WorkloadError
from sim.layers import LayerData
from sim.session import SimulationResult


class Pass(NamedTuple):
    """So many ``tokens`` at once through a layer."""

    phase: str
    tokens: int


def passes_of(prompt: int, generated: int) -> list[Pass]:
    """A prompt read at once, and tokens made one after the other."""
    return [Pass("prompt", prompt), *[Pass("generate", 1)] * generated]


def block_layers(model: str, block: int) -> list[Layer]:
    """The matrices of one decoder block; ``WorkloadError`` for a model whose blocks differ."""
    layers = list(find_model(model).layers)
    blocks = max(layer.count for layer in layers)
    if block >= blocks:
        raise UsageError(f"--block {block}: {model} has {blocks} blocks, 0 … {blocks - 1} are expected")
    if any(layer.count != blocks or layer.stored is not None for layer in layers):
        raise WorkloadError(f"--model {model}: its blocks differ; models whose blocks are alike are expected")
    return layers


@dataclass(frozen=True)
class BlockRun:
    """One decoder block's layers, one after the other, for each of the passes."""

    simulator: Simulator
    model: str
    block: int
    layers: Sequence[Layer]
    passes: Sequence[Pass]

    @classmethod
    def of(cls, simulator: Simulator, model: str, block: int, passes: Sequence[Pass]) -> BlockRun:
        """The block of a model by its name; shapes that the core cannot run are refused before a build."""
        layers = block_layers(model, block)
        if simulator.waves:
            raise UsageError("--waves: is for one layer, --model runs several")
        simulator.share(((each.outputs, each.inputs) for each in layers), sum(p.tokens for p in passes))
        return cls(simulator, model, block, layers, passes)

    def report(self, *, quiet: bool) -> dict[str, Any]:
        """Runs the layers; their figures, which are printed unless ``quiet``."""
        layers, results = [], []
        for figures, result in self._runs():
            layers.append(figures)
            results.append(result)
            if not quiet:
                say(line_of(figures))
                say_trouble(result, self.simulator)
        figures = self._joined(layers, results)
        if not quiet:
            say(
                f"block {self.block} of {self.model}: {figures['results']:,} results in "
                f"{figures['cycles']:,} cycles, {verdict_of(figures)} "
                f"({sum(r.build_seconds for r in results):.1f} s to build, "
                f"{sum(r.run_seconds for r in results):.1f} s to run)"
            )
        return figures

    def _runs(self) -> Iterator[tuple[dict[str, Any], SimulationResult]]:
        simulator = self.simulator
        done, total = 0, len(self.layers) * len(self.passes)
        with progress_bar() as progress:
            for number, layer in enumerate(self.layers):
                # The weights are those of the layer in every pass.
                seed = simulator.seed + number
                tokens = sum(each.tokens for each in self.passes)
                data = LayerData.random(simulator.config, layer.inputs, layer.outputs, tokens, seed)
                first = 0
                for each in self.passes:
                    progress(f"simulating {layer.name}", done / total or None)
                    part = LayerData(data.activations[first : first + each.tokens], data.weights, data.scales)
                    result = simulator.run(part)
                    about = {
                        "layer": layer.name,
                        "shape": [layer.outputs, layer.inputs],
                        "phase": each.phase,
                        "tokens": each.tokens,
                    }
                    yield about | simulator.figures(part, result), result
                    first, done = first + each.tokens, done + 1

    def _joined(self, layers: list[dict[str, Any]], results: list[SimulationResult]) -> dict[str, Any]:
        """The figures of all layers together, and of each."""
        cycles, seconds = sum(r.cycles for r in results), sum(r.run_seconds for r in results)
        expected = [r.expected_cycles for r in results if r.expected_cycles is not None]
        macs = cycles * self.simulator.config.macs_per_cycle
        useful = sum(each["tokens"] * each["shape"][0] * each["shape"][1] for each in layers)
        return {
            "passed": all(r.passed for r in results),
            "model": self.model,
            "block": self.block,
            "mismatches": sum(r.mismatches for r in results),
            "results": sum(r.results for r in results),
            "cycles": cycles,
            "expected_cycles": sum(expected) if len(expected) == len(results) else None,
            "model_cycles": sum(each["model_cycles"] for each in layers),
            "utilisation": round(useful / macs, 4) if macs else None,
            "seconds": round(sum(r.seconds for r in results), 3),
            "cycles_per_second": round(cycles / seconds) if seconds else 0,
            "seed": self.simulator.seed,
            "failures": [f"{each['layer']}: {line}" for each in layers for line in each["failures"]],
            "layers": layers,
        }


def line_of(figures: dict[str, Any]) -> str:
    """A layer in one line."""
    outputs, length = figures["shape"]
    which = "one token" if figures["tokens"] == 1 else f"{figures['tokens']} tokens"
    return (
        f"{figures['layer']}: {length} → {outputs}, {which}: {figures['results']:,} results in "
        f"{figures['cycles']:,} cycles, {verdict_of(figures)}"
    )
