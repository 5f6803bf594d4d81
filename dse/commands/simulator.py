"""How the commands run a layer on a core, and how they tell what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dse.presentation.answers import say

if TYPE_CHECKING:
    from generator.config import CoreConfig
    from sim.dram import Dram
    from sim.layers import LayerData
    from sim.recipe import Shared
    from sim.session import SimulationResult


@dataclass
class Simulator:
    """How layers run on a core, behind a memory if there is one; ``shared`` is what runs have in common."""

    config: CoreConfig
    stalls: float
    seed: int
    fast: bool
    axi: bool
    waves: bool
    shared: Shared | None = None
    dram: Dram | None = None

    @property
    def dump(self) -> Path | None:
        """Where waves are written."""
        from generator.plan import top_name

        return Path(f"{top_name(self.config)}.fst") if self.waves else None

    def share(self, shapes: Iterable[tuple[int, int]], tokens: int) -> None:
        """Prepare for layers W[M, N] of ``shapes``, which then need one build."""
        from generator.plan import Tiling, plan_for
        from generator.verilog import emit
        from sim.recipe import Shared

        plan = plan_for(self.config)
        steps = sum(Tiling.of(plan, length, outputs, tokens).steps for outputs, length in shapes)
        self.shared = Shared(emit(self.config), steps)

    def run(self, data: LayerData) -> SimulationResult:
        """One layer."""
        from sim.run import simulate

        return simulate(
            self.config, data.activations, data.weights, data.scales, fast=self.fast, stalls=self.stalls,
            seed=self.seed, driver="axi" if self.axi else "lean", waves=self.dump, shared=self.shared,
            dram=self.dram,
        )  # fmt: skip

    def model_cycles(self, data: LayerData) -> int:
        """Cycles of a layer by the model that sweeps reckon with."""
        from generator.plan import Tiling, cycles_at_full_rate, cycles_behind, plan_for

        plan = plan_for(self.config)
        tiling = Tiling.of(plan, data.length, data.outputs, data.tokens)
        if self.dram is None:
            return cycles_at_full_rate(plan, tiling)
        dram = self.dram
        return round(cycles_behind(plan, tiling, dram.octets_per_cycle, dram.latency, dram.burst))

    def figures(self, data: LayerData, result: SimulationResult) -> dict[str, Any]:
        """All of a result by name."""
        # Of weights of several planes each takes a step.
        macs = result.cycles * self.config.macs_per_cycle / self.config.weight_bits
        return {
            "passed": result.passed,
            "mismatches": result.mismatches,
            "results": result.results,
            "cycles": result.cycles,
            "expected_cycles": result.expected_cycles,
            "model_cycles": self.model_cycles(data),
            "latency": result.latency,
            "utilisation": round(data.weights.size * data.tokens / macs, 4) if macs else None,
            "seconds": round(result.seconds, 3),
            "cycles_per_second": round(result.cycles_per_second),
            "seed": self.seed,
            "failures": list(result.failures),
            "waves": str(self.dump) if self.dump else None,
        }


def say_trouble(result: SimulationResult, simulator: Simulator) -> None:
    """What went wrong in a simulation, and where its waves are."""
    for failure in result.failures[:10]:
        say(f"  {failure}")
    if simulator.dump:
        say(f"waves: {simulator.dump}")


def verdict_of(figures: Mapping[str, Any]) -> str:
    """Whether values are right, and where a memory or a bus has a say how far cycles are from the model's."""
    right = "bit-exact" if figures["passed"] else f"WRONG, {figures['mismatches']:,} mismatches"
    if figures["cycles"] == figures["model_cycles"]:
        return f"{right}, as many as the model says"
    off = figures["cycles"] / figures["model_cycles"] - 1
    return f"{right}, {abs(off):.2%} {'more' if off > 0 else 'fewer'} than the model says"


def simulation_line(result: SimulationResult, length: int, outputs: int, tokens: int) -> str:
    """A simulation in one line."""
    verdict = "bit-exact" if result.passed else f"WRONG, {result.mismatches:,} mismatches"
    which = "one token" if tokens == 1 else f"{tokens} tokens"
    return (
        f"simulated {length} → {outputs}, {which}: {result.results:,} results in {result.cycles:,} cycles, "
        f"{verdict} ({result.build_seconds:.1f} s to build, {result.run_seconds:.1f} s to run)"
    )
