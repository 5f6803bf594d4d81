"""The command that runs layers through a core."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dse.commands.options import (
    AsJson,
    CoreFile,
    I2SLayout,
    Overrides,
    PerScale,
    TensorPatterns,
    TernaryRule,
    UsageError,
    load_core,
    open_weights,
    read_rule,
)
from dse.commands.simulator import Simulator, say_trouble, simulation_line
from dse.presentation.answers import say
from dse.presentation.terminal import progress_bar, say_json
from generator.parts import require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.config import CoreConfig


Driver = Annotated[
    str,
    typer.Option(
        metavar="lean|axi", help="Drive the streams with the project's driver (lean) or cocotbext-axi (axi)."
    ),
]
Waves = Annotated[bool, typer.Option("--waves", help="Write waves to TOP.fst in this folder.")]
Fast = Annotated[bool, typer.Option("--fast", help="Run with a driver in C++, for long runs.")]


def simulate(
    core: CoreFile,
    layer: Annotated[
        str, typer.Option(metavar="NxM", help="Inputs and outputs of the layer.", show_default="a few tiles")
    ] = "",
    tokens: Annotated[int | None, typer.Option(metavar="B", help="Tokens.", min=1, show_default="1")] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of activations and weights.", min=0)] = 0,
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Weights W[M, N]: safetensors, GGUF, .npy, .npz, a checkpoint's directory or index.",
        ),
    ] = None,
    tensor: TensorPatterns = [],  # noqa: B006
    activations: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="x[B, N] for --weights, .npy.", show_default="normal ones"),
    ] = None,
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    i2s: I2SLayout = "",
    stalls: Annotated[
        float, typer.Option(metavar="P", help="Probability that a stream pauses in a cycle.", min=0, max=0.99)
    ] = 0.0,
    driver: Driver = "lean",
    waves: Waves = False,
    fast: Fast = False,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Run a layer, or layers of a file of weights, through a core's Verilog and compare with numpy."""
    require("simulation", "simulate")
    config = load_core(core, override)
    if driver not in ("lean", "axi"):
        raise UsageError(f"--driver {driver}: lean or axi is expected")
    if fast and config.wrapper == "axi":
        raise UsageError("--fast: drives streams, which a core with wrapper = 'axi' has not, leave it out")
    if fast and (waves or driver == "axi"):
        raise UsageError(f"--fast: has a driver of its own, without {'--waves' if waves else '--driver axi'}")
    if activations is not None and tokens is not None and weights is not None:
        raise UsageError(f"--tokens {tokens}: how many there are is for --activations to say")
    simulator = Simulator(config, stalls, seed, fast=fast, axi=driver == "axi", waves=waves)
    if weights is not None:
        if layer:
            raise UsageError(f"--layer {layer}: the shape of --weights is that of the tensor")
        from dse.commands.stored_layers import StoredRun

        rule = read_rule(ternary, per)
        run = StoredRun.of(simulator, open_weights(weights, i2s), tensor, *rule, activations, tokens or 1)
        figures = run.report(quiet=as_json)
    else:
        for_weights = {"--tensor": tensor, "--i2s": i2s, "--ternary": ternary != "auto"}
        _refuse_without_weights(for_weights | {"--per": per != "tensor"}, activations)
        shape = read_shape(layer) if layer else default_shape(config)
        figures = _simulate_random(simulator, shape, tokens or 1, quiet=as_json)
    if as_json:
        say_json(figures)
    if not figures["passed"]:
        raise typer.Exit(1)


def _refuse_without_weights(options: Mapping[str, Any], activations: Path | None) -> None:
    """``UsageError`` for each of ``options`` that is stated: they say how ``--weights`` are read."""
    if activations is not None:
        raise UsageError(f"--activations {activations}: is for --weights")
    for option, stated in options.items():
        if stated:
            raise UsageError(f"{option}: is for --weights")


def _simulate_random(
    simulator: Simulator, shape: tuple[int, int], tokens: int, *, quiet: bool
) -> dict[str, Any]:
    """A layer of random values; its figures, which are printed unless ``quiet``."""
    from sim.layers import LayerData

    data = LayerData.random(simulator.config, *shape, tokens, simulator.seed)
    with progress_bar() as progress:
        progress(f"simulating {data.length} → {data.outputs}", None)
        result = simulator.run(data)
    if not quiet:
        say(simulation_line(result, data.length, data.outputs, data.tokens))
        say_trouble(result, simulator)
    return simulator.figures(data, result)


def read_shape(text: str) -> tuple[int, int]:
    """``NxM``."""
    match = re.fullmatch(r"([1-9]\d*)\s*[x×]\s*([1-9]\d*)", text)
    if not match:
        raise UsageError(f"--layer {text}: NxM is expected, 2560x640 for example")
    return int(match[1]), int(match[2])


def default_shape(config: CoreConfig) -> tuple[int, int]:
    """A layer of a few tiles, with edges that do not come out even."""
    from generator.plan import plan_for

    plan = plan_for(config)
    length = min(config.max_reduction, 8 * plan.tile_length + 1)
    outputs = 4 * plan.columns + 1
    return length, outputs if plan.most_outputs is None else min(outputs, plan.most_outputs)
