"""The command that runs layers through a core."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dse.commands.options import (
    Activations,
    AsJson,
    CoreFile,
    I2SLayout,
    Overrides,
    PerScale,
    TensorPatterns,
    TernaryRule,
    UsageError,
    how_read,
    load_core_and_target,
    open_weights,
    read_rule,
    refuse_without_weights,
)
from dse.commands.simulator import Simulator, say_trouble, simulation_line, verdict_of
from dse.presentation.answers import say
from dse.presentation.terminal import progress_bar, say_json
from generator.parts import require

if TYPE_CHECKING:
    from generator.config import CoreConfig
    from sim.dram import Dram


LayerShape = Annotated[
    str, typer.Option(metavar="NxM", help="Inputs and outputs of the layer.", show_default="a few tiles")
]
Tokens = Annotated[int | None, typer.Option(metavar="B", help="Tokens.", min=1, show_default="1")]
Generated = Annotated[
    int,
    typer.Option(metavar="G", help="With --model: tokens that follow one at a time.", min=0, max=1 << 10),
]
ModelName = Annotated[
    str,
    typer.Option(metavar="MODEL", help="Run the layers of a decoder block of a model, with random weights."),
]
Block = Annotated[int, typer.Option(metavar="K", help="With --model: which block.", min=0)]
Seed = Annotated[int, typer.Option(metavar="S", help="Seed of activations and weights.", min=0)]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Weights W[M, N]: safetensors, GGUF, .npy, .npz, a checkpoint's directory or index.",
    ),
]
Stalls = Annotated[
    float, typer.Option(metavar="P", help="Probability that a stream pauses in a cycle.", min=0, max=0.99)
]
DramRate = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        help="Put a memory of so many GB/s behind the streams.",
        min=0.001,
        max=1e6,
        show_default="streams never wait",
    ),
]
DramLatency = Annotated[float, typer.Option(metavar="Y", help="Its latency in ns.", min=0, max=1e6)]
Clock = Annotated[
    float | None,
    typer.Option(metavar="F", help="Clock in MHz, for --dram-*.", show_default="that of the core file"),
]
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
    layer: LayerShape = "",
    tokens: Tokens = None,
    generate: Generated = 0,
    model: ModelName = "",
    block: Block = 0,
    seed: Seed = 0,
    weights: Weights = None,
    tensor: TensorPatterns = [],  # noqa: B006
    activations: Activations = None,
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    i2s: I2SLayout = "",
    stalls: Stalls = 0.0,
    dram_gb_per_s: DramRate = None,
    dram_latency_ns: DramLatency = 0.0,
    clock_mhz: Clock = None,
    driver: Driver = "lean",
    waves: Waves = False,
    fast: Fast = False,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Run a layer, a model's block, or layers of a file, through a core's Verilog and compare with numpy."""
    require("simulation", "simulate")
    config, target = load_core_and_target(core, override, clock_mhz)
    if driver not in ("lean", "axi"):
        raise UsageError(f"--driver {driver}: lean or axi is expected")
    if fast and config.wrapper == "axi":
        raise UsageError("--fast: drives streams, which a core with wrapper = 'axi' has not, leave it out")
    if fast and (waves or driver == "axi"):
        raise UsageError(f"--fast: has a driver of its own, without {'--waves' if waves else '--driver axi'}")
    if activations is not None and tokens is not None and weights is not None:
        raise UsageError(f"--tokens {tokens}: how many there are is for --activations to say")
    _check_source(model, layer, weights, generate, block)
    dram = memory_of(dram_gb_per_s, dram_latency_ns, target.clock_mhz)
    refuse_axi(config, driver, dram)
    simulator = Simulator(config, stalls, seed, fast=fast, axi=driver == "axi", waves=waves, dram=dram)
    if weights is not None:
        from dse.commands.stored_layers import StoredRun

        rule = read_rule(ternary, per)
        run = StoredRun.of(simulator, open_weights(weights, i2s), tensor, *rule, activations, tokens or 1)
        figures = run.report(quiet=as_json)
    else:
        of_files = {f"--activations {activations}": activations is not None}
        refuse_without_weights(of_files | how_read(tensor, i2s, ternary, per))
        if model:
            from dse.commands.blocks import BlockRun, passes_of

            passes = passes_of(tokens or 1, generate)
            figures = BlockRun.of(simulator, model, block, passes).report(quiet=as_json)
        else:
            shape = read_shape(layer) if layer else default_shape(config)
            figures = _simulate_random(simulator, shape, tokens or 1, quiet=as_json)
    if as_json:
        say_json(figures)
    if not figures["passed"]:
        raise typer.Exit(1)


def _check_source(model: str, layer: str, weights: Path | None, generate: int, block: int) -> None:
    """``UsageError`` for options that say in two ways what is to run, or what only ``--model`` has."""
    if weights is not None and layer:
        raise UsageError(f"--layer {layer}: the shape of --weights is that of the tensor")
    if model and (layer or weights is not None):
        other = f"--layer {layer}" if layer else f"--weights {weights}"
        raise UsageError(f"{other}: --model {model} says which layers run, with random weights")
    for option, value in (("--generate", generate), ("--block", block)):
        if value and not model:
            raise UsageError(f"{option} {value}: is for --model")


def memory_of(gb_per_s: float | None, latency_ns: float, clock_mhz: float | None) -> Dram | None:
    """The memory that ``--dram-gb-per-s`` and ``--dram-latency-ns`` describe, at the core's clock."""
    from sim.dram import Dram

    if gb_per_s is None:
        if latency_ns:
            raise UsageError(f"--dram-latency-ns {latency_ns:g}: is for --dram-gb-per-s")
        return None
    if clock_mhz is None:
        raise UsageError(
            f"--dram-gb-per-s {gb_per_s:g}: the clock is not known, --clock-mhz or clock_mhz in table target "
            "of the core file is expected"
        )
    return Dram.of(gb_per_s, latency_ns, clock_mhz)


def refuse_axi(config: CoreConfig, driver: str, dram: Dram | None) -> None:
    """``UsageError`` where cocotbext-axi's streams are asked for what they do not do here."""
    if dram is not None and config.wrapper == "axi":
        raise UsageError("--dram-gb-per-s: is for streams, which a core with wrapper = 'axi' has not")
    if driver == "axi" and dram is not None:
        raise UsageError("--driver axi: knows no memory; --dram-gb-per-s is for the driver lean or --fast")
    if driver == "axi" and config.buffers.any:
        raise UsageError("--driver axi: is for cores without buffers; lean or --fast is expected")


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
        if simulator.dram is not None or simulator.config.buffers.any:
            say(f"cycles: {verdict_of(simulator.figures(data, result)).partition(', ')[2]}")
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
