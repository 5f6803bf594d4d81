"""Layers of a file of weights through one build of a core, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dse.commands.options import UsageError
from dse.commands.simulator import Simulator, say_trouble, simulation_line
from dse.presentation.answers import say
from dse.presentation.terminal import progress_bar
from generator.config import CoreConfig
from generator.errors import WorkloadError
from generator.plan import Tiling, plan_for
from sim.layers import LayerData
from sim.session import SimulationResult
from sim.weights.activations import load_activations
from sim.weights.reading import Rule, check_alphabet, shape_of_weights
from sim.weights.selection import Choice, is_pattern, matrices, select
from sim.weights.stored_layer import StoredLayer
from sim.weights.tensors import TensorFile, WeightFileError
from sim.weights.ternary import Per


@dataclass(frozen=True)
class Skipped:
    """A tensor that a pattern matched and that cannot be taken, and why."""

    tensor: str
    reason: str


@dataclass(frozen=True)
class Chosen:
    """The matrices that ``--tensor`` chooses of a file, all of shapes that a core can run.

    ``several``: whether the answer is a list, which depends on what was asked for alone.
    """

    file: TensorFile
    choices: Sequence[Choice]
    several: bool
    skipped: list[Skipped] = field(default_factory=list)

    @classmethod
    def of(
        cls, core: CoreConfig, file: TensorFile, patterns: Sequence[str], rule: Rule, tokens: int = 1
    ) -> Chosen:
        """What ``patterns`` choose for ``core``; ``WorkloadError`` for a shape that it cannot run."""
        chosen = select(file, patterns)
        several = len(patterns) > 1 or any(is_pattern(pattern, file) for pattern in patterns)
        several = several or any(tensor.is_stack for tensor, _ in chosen)
        plan = plan_for(core)
        choices = matrices(chosen)
        for tensor, _ in choices:
            if tensor.is_matrix:
                outputs, length = shape_of_weights(tensor, rule)
                try:
                    Tiling.of(plan, length, outputs, tokens)
                except WorkloadError as error:
                    raise WorkloadError(f"{tensor}: {error}") from None
        return cls(file, choices, several)

    def refuse(self, choice: Choice, error: WeightFileError) -> None:
        """Note that a tensor cannot be taken; raises ``error`` where it was asked for by name."""
        if choice.named:
            raise error
        reason = str(error).removeprefix(str(choice.tensor)).lstrip(": ")
        self.skipped.append(Skipped(choice.tensor.name, reason))

    def complain_if_nothing_is_left(self, taken: int) -> None:
        if not taken and self.skipped:
            first = self.skipped[0]
            raise WeightFileError(
                f"{self.file.path}: of the {len(self.skipped)} matrices that --tensor matches none can be "
                f"taken: {first.tensor} {first.reason}"
            )


@dataclass(frozen=True)
class StoredRun:
    """The layers that are to run, and how."""

    simulator: Simulator
    chosen: Chosen
    rule: Rule
    per: Per
    activations: Path | None
    tokens: int

    @classmethod
    def of(
        cls,
        simulator: Simulator,
        file: TensorFile,
        patterns: Sequence[str],
        rule: Rule,
        per: Per,
        activations: Path | None,
        tokens: int,
    ) -> StoredRun:
        """What ``patterns`` choose of ``file``; a wrong shape is refused before anything is built."""
        chosen = Chosen.of(simulator.config, file, patterns, rule, tokens)
        if simulator.waves and len(chosen.choices) > 1:
            raise UsageError(f"--waves: is for one tensor, --tensor chooses {len(chosen.choices)}")
        shapes = [shape_of_weights(t, rule) for t, _ in chosen.choices if t.is_matrix]
        if activations is not None:
            for length in {length for _, length in shapes}:
                tokens = len(load_activations(activations, length))
        if chosen.several:
            simulator.share(shapes, tokens)
        return cls(simulator, chosen, rule, per, activations, tokens)

    def report(self, *, quiet: bool) -> dict[str, Any]:
        """Runs the layers; their figures, which are printed unless ``quiet``."""
        layers, results = [], []
        for stored, result, figures in self._layers():
            layers.append(figures)
            results.append(result)
            if quiet:
                continue
            if self.chosen.several:
                say(line_of(figures))
            else:
                outputs, length = stored.matrix.weights.shape
                say(simulation_line(result, length, outputs, len(stored.activations.x)))
                say(quality_of(figures))
            say_trouble(result, self.simulator)
        self.chosen.complain_if_nothing_is_left(len(layers))
        if not quiet:
            if self.chosen.several:
                say(total_of(results))
            notes = [(figures["tensor"], note) for figures in layers for note in figures["notes"]]
            skipped = [(each.tensor, f"left out: {each.reason}") for each in self.chosen.skipped]
            for remark in remarks([*notes, *skipped]):
                say(remark)
        return self._joined(layers, results) if self.chosen.several else layers[0]

    def _layers(self) -> Iterator[tuple[StoredLayer, SimulationResult, dict[str, Any]]]:
        simulator, plan = self.simulator, plan_for(self.simulator.config)
        for number, choice in enumerate(self.chosen.choices):
            tensor = choice.tensor
            with progress_bar() as progress:
                progress(f"simulating {tensor.name}", number / len(self.chosen.choices) or None)
                try:
                    stored = StoredLayer.of(
                        simulator.config.format, self.chosen.file, tensor, self.rule, self.per,
                        self.activations, self.tokens, simulator.seed, simulator.config,
                    )  # fmt: skip
                    check_alphabet(stored.matrix, simulator.config, tensor)
                except WeightFileError as error:
                    self.chosen.refuse(choice, error)
                    continue
                data = LayerData.of(stored.activations.values, stored.matrix.weights, stored.scales)
                result = simulator.run(data)
                figures = simulator.figures(data, result) | stored.figures(plan, result.outputs[0])
            yield stored, result, figures

    def _joined(self, layers: list[dict[str, Any]], results: list[SimulationResult]) -> dict[str, Any]:
        """The figures of all layers together, and of each."""
        cycles, seconds = sum(r.cycles for r in results), sum(r.run_seconds for r in results)
        macs = cycles * self.simulator.config.macs_per_cycle
        planes = self.simulator.config.weight_bits
        useful = planes * self.tokens * sum(figures["shape"][0] * figures["shape"][1] for figures in layers)
        expected = [r.expected_cycles for r in results if r.expected_cycles is not None]
        return {
            "passed": all(r.passed for r in results),
            "mismatches": sum(r.mismatches for r in results),
            "results": sum(r.results for r in results),
            "cycles": cycles,
            "expected_cycles": sum(expected) if len(expected) == len(results) else None,
            "utilisation": round(useful / macs, 4) if macs else None,
            "seconds": round(sum(r.seconds for r in results), 3),
            "cycles_per_second": round(cycles / seconds) if seconds else 0,
            "seed": self.simulator.seed,
            "failures": [f"{f['tensor']}: {failure}" for f in layers for failure in f["failures"]],
            "waves": str(self.simulator.dump) if self.simulator.dump else None,
            "layers": layers,
            "skipped": [{"tensor": each.tensor, "reason": each.reason} for each in self.chosen.skipped],
        }


def line_of(figures: dict[str, Any]) -> str:
    """A layer of several in one line."""
    verdict = "bit-exact" if figures["passed"] else f"WRONG, {figures['mismatches']:,} mismatches"
    outputs, length = figures["shape"]
    of_original, of_ternary = errors_of(figures)
    return (
        f"{figures['tensor']}: {length} → {outputs}, {figures['rule']}, {figures['sparsity']:.1%} zeros: "
        f"{figures['results']:,} results in {figures['cycles']:,} cycles, {verdict}; RMS error {of_ternary}, "
        f"{of_original} with the original weights"
    )


def total_of(results: Sequence[SimulationResult]) -> str:
    """Several layers together in one line."""
    wrong = sum(r.mismatches for r in results)
    verdict = "bit-exact" if all(r.passed for r in results) else f"WRONG, {wrong:,} mismatches"
    build, run = sum(r.build_seconds for r in results), sum(r.run_seconds for r in results)
    return (
        f"{len(results)} layer{'s' * (len(results) > 1)}: {sum(r.results for r in results):,} results in "
        f"{sum(r.cycles for r in results):,} cycles, {verdict} ({build:.1f} s to build, {run:.1f} s to run)"
    )


def quality_of(figures: dict[str, Any]) -> str:
    """What was simulated of a weight file, and how good the results are."""
    of_original, of_ternary = errors_of(figures)
    return (
        f"{figures['tensor']}: {figures['rule']}, {figures['sparsity']:.1%} zeros, "
        f"{figures['utilisation']:.1%} of the core used\n"
        f"RMS error against float64: {of_original} with the original weights, {of_ternary} with ternary ones"
    )


def errors_of(figures: dict[str, Any]) -> tuple[str, str]:
    """The errors with the original weights and with ternary ones, in words."""
    error = figures["error"]
    original, ternary = (
        "not a number" if value is None else f"{value:.3g}" for value in (error["original"], error["ternary"])
    )
    return original, ternary


NAMED = 3
"""Tensors that a remark names of those it holds for."""


def remarks(about: Sequence[tuple[str, str]]) -> list[str]:
    """Remarks about tensors, each once with the names of those it holds for."""
    names: dict[str, list[str]] = {}
    for name, remark in about:
        names.setdefault(remark, []).append(name)
    return [
        ", ".join(held[:NAMED])
        + (f" and {len(held) - NAMED:,} more" if len(held) > NAMED else "")
        + f": {remark}"
        for remark, held in names.items()
    ]
