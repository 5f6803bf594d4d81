"""The command that runs a layer through a core, and how a simulation is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dse.commands.options import (
    AsJson,
    CoreFile,
    Overrides,
    PerScale,
    TensorName,
    TernaryRule,
    UsageError,
    load_core,
    read_rule,
)
from dse.presentation.answers import say
from dse.presentation.terminal import progress_bar, say_json

if TYPE_CHECKING:
    from generator.config import CoreConfig
    from sim.session import SimulationResult


def simulate(
    core: CoreFile,
    layer: Annotated[
        str, typer.Option(metavar="NxM", help="Inputs and outputs of the layer.", show_default="a few tiles")
    ] = "",
    tokens: Annotated[int, typer.Option(metavar="B", help="Tokens.", min=1)] = 1,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of activations and weights.", min=0)] = 0,
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Weights W[M, N]: safetensors, GGUF, .npy or .npz.")
    ] = None,
    tensor: TensorName = "",
    activations: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="x[B, N] for --weights, .npy.", show_default="normal ones"),
    ] = None,
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    stalls: Annotated[
        float, typer.Option(metavar="P", help="Probability that a stream pauses in a cycle.", min=0, max=0.99)
    ] = 0.0,
    driver: Annotated[str, typer.Option(metavar="lean|axi", help="Ours, or cocotbext-axi.")] = "lean",
    waves: Annotated[bool, typer.Option("--waves", help="Write waves to TOP.fst in this folder.")] = False,
    fast: Annotated[bool, typer.Option("--fast", help="A driver in C++, for long runs.")] = False,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Run a layer through a core's Verilog and compare with numpy."""
    config = load_core(core, override)
    if driver not in ("lean", "axi"):
        raise UsageError(f"--driver {driver}: lean or axi is expected")
    if fast and (waves or driver == "axi"):
        raise UsageError(f"--fast: has a driver of its own, without {'--waves' if waves else '--driver axi'}")
    from generator.plan import core_name, plan_for
    from sim.layers import Layer

    plan, stored = plan_for(config), None
    if weights is not None:
        from sim.weights.stored_layer import StoredLayer

        if layer:
            raise UsageError(f"--layer {layer}: the shape of --weights is that of the tensor")
        rule = read_rule(ternary, per)
        stored = StoredLayer.load(config.format, weights, tensor, *rule, activations, tokens, seed)
        data = Layer.of(stored.activations.values, stored.matrix.weights)
    elif activations is not None:
        raise UsageError(f"--activations {activations}: is for --weights")
    else:
        data = Layer.random(config, *(read_shape(layer) if layer else default_shape(config)), tokens, seed)
    dump = Path(f"ternlut_{core_name(plan.config)}.fst") if waves else None
    with progress_bar() as progress:
        progress(f"simulating {data.length} → {data.outputs}", None)
        if fast:
            from sim.fast import simulate_fast

            result = simulate_fast(config, data.activations, data.weights, stalls=stalls, seed=seed)
        else:
            from sim.harness import simulate as run

            result = run(
                config, data.activations, data.weights, stalls=stalls, seed=seed,
                driver="axi" if driver == "axi" else "lean", waves=dump,
            )  # fmt: skip
    figures = {
        "passed": result.passed,
        "mismatches": result.mismatches,
        "results": result.results,
        "cycles": result.cycles,
        "expected_cycles": result.expected_cycles,
        "latency": result.latency,
        "utilisation": round(
            data.weights.size * data.tokens / (result.cycles * plan.config.macs_per_cycle), 4
        )
        if result.cycles
        else None,
        "seconds": round(result.seconds, 3),
        "cycles_per_second": round(result.cycles_per_second),
        "seed": seed,
        "failures": list(result.failures),
        "waves": str(dump) if dump else None,
    }
    if stored is not None:
        figures |= stored.figures(plan, result.outputs[0])
    if as_json:
        say_json(figures)
    else:
        say(told(result, data.length, data.outputs, data.tokens))
        if stored is not None:
            say(told_of_weights(figures))
        for failure in result.failures[:10]:
            say(f"  {failure}")
        if dump:
            say(f"waves: {dump}")
    if not result.passed:
        raise typer.Exit(1)


def told(result: SimulationResult, length: int, outputs: int, tokens: int) -> str:
    """A simulation in one line."""
    verdict = "bit-exact" if result.passed else f"WRONG, {result.mismatches:,} mismatches"
    which = "one token" if tokens == 1 else f"{tokens} tokens"
    return (
        f"simulated {length} → {outputs}, {which}: {result.results:,} results in {result.cycles:,} cycles, "
        f"{verdict} ({result.build_seconds:.1f} s to build, {result.run_seconds:.1f} s to run)"
    )


def told_of_weights(figures: dict[str, Any]) -> str:
    """What was simulated of a weight file, and how good the results are."""
    error = figures["error"]
    of_original, of_ternary = (
        "not a number" if found is None else f"{found:.3g}" for found in (error["original"], error["ternary"])
    )
    return (
        f"{figures['tensor']}: {figures['rule']}, {figures['sparsity']:.1%} zeros, "
        f"{figures['utilisation']:.1%} of the core used\n"
        f"RMS error against float64: {of_original} with the original weights, {of_ternary} with ternary ones"
    )


def read_shape(text: str) -> tuple[int, int]:
    """``NxM``."""
    match = re.fullmatch(r"([1-9]\d*)\s*[x×]\s*([1-9]\d*)", text)
    if not match:
        raise UsageError(f"--layer {text}: NxM is expected, 2560x640 for example")
    return int(match[1]), int(match[2])


def default_shape(config: CoreConfig) -> tuple[int, int]:
    """A layer of a few tiles, with edges that do not come out even."""
    length = min(config.max_reduction, 8 * config.tile_length + 1)
    outputs = 4 * config.columns + 1
    return length, outputs if config.outputs is None else min(outputs, config.outputs)
