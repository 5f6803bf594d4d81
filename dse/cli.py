"""The command line: one function a command, everything heavy imported inside it, every error one line.

Results go to stdout, as text or with ``--json`` as one object; progress and complaints go to stderr. Exit
status: 0 done, 1 the answer is no, 2 the input is wrong, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from dse.presentation.terminal import aligned, progress_bar
from generator.errors import TernlutError
from generator.files import describe, output_directory, write_text

if TYPE_CHECKING:
    from costmodel.liberty import Library
    from dse.engine.judging import Crew
    from dse.summary.summary import Summary
    from generator.config import CoreConfig
    from sim.weights.reading import Rule
    from sim.weights.ternary import Per

app = typer.Typer(
    help="Explore and generate lookup-table hardware for ternary neural networks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

CoreFile = Annotated[Path, typer.Argument(metavar="CORE", help="Core file, TOML.", show_default=False)]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Replace a key of the core file; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Tech = Annotated[str, typer.Option("--tech", metavar="NAME", help="Technology, shipped or a TOML file.")]
LibertyFiles = Annotated[
    list[Path], typer.Option("--liberty", metavar="FILE", help="Liberty file, plain or gzip; repeatable.")
]

TernaryRule = Annotated[
    str,
    typer.Option(
        "--ternary",
        metavar="RULE",
        help="How floats become ternary: auto, absmean, threshold, exact or packed.",
    ),
]
PerScale = Annotated[str, typer.Option("--per", metavar="tensor|row", help="One scale, or one a row.")]
TensorName = Annotated[
    str, typer.Option("--tensor", metavar="NAME", help="Which tensor.", show_default="the only one")
]

INTERRUPTED = 130
OURS = ("generator", "costmodel", "sim", "dse")


class UsageError(TernlutError):
    """Options that do not go together or cannot be read."""


@app.command()
def generate(
    core: CoreFile,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where to write.")],
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write a core's Verilog with datasheet, regression, FuseSoC core file and synthesis scripts."""
    from dse.handoff import write_handoff
    from generator.verilog import emit

    began = time.perf_counter()
    config = load_core(core, override)
    output_directory(out)
    emission = emit(config)
    files = write_handoff(emission, out)
    figures = {
        "top": emission.top,
        "files": [str(path) for path in files],
        "modules": list(emission.modules),
        "seconds": round(time.perf_counter() - began, 3),
    }
    if as_json:
        say_json(figures)
        return
    size = sum(path.stat().st_size for path in files) / 1e3
    print(f"{emission.top}: {len(emission.modules)} modules, {len(files)} files, {size:,.0f} kB in {out}")
    print(f"datasheet: {out / 'README.md'}, regression: python {out / 'regression' / 'run.py'}")


@app.command()
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
    from generator.plan import plan_for
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
    dump = Path(f"ternlut_{plan.name}.fst") if waves else None
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
        "utilisation": round(data.weights.size * data.tokens / (result.cycles * plan.macs_per_cycle), 4)
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
        print(told(result, data.length, data.outputs, data.tokens))
        if stored is not None:
            print(told_of_weights(figures))
        for failure in result.failures[:10]:
            print(f"  {failure}")
        if dump:
            print(f"waves: {dump}")
    if not result.passed:
        raise typer.Exit(1)


@app.command()
def inspect(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="safetensors, GGUF, .npy or .npz.", show_default=False),
    ],
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    as_json: AsJson = False,
) -> None:
    """List a weight file's tensors, and the ternary weights of its matrices."""
    from sim.weights.files import open_tensors
    from sim.weights.inspection import inspect_file

    rule, which = read_rule(ternary, per)
    held, found = open_tensors(file), []
    with progress_bar() as progress:
        for done, one in enumerate(inspect_file(held, rule, which), start=1):
            found.append(one)
            progress(f"reading {file.name}", done / len(held.tensors))
    if as_json:
        say_json({"file": str(file), "tensors": [one.figures for one in found]})
        return
    rows = []
    for one in found:
        how = one.rule or ("not ternary" if one.refused else "")
        shares = [f"{count / sum(one.counts):.1%}" for count in one.counts] if one.counts else [""] * 3
        shape = " × ".join(map(str, one.shape)) or "scalar"
        rows.append([one.tensor.name, one.tensor.kind, shape, how, *shares])
    head = ["tensor", "type", "shape", "ternary", "-1", "0", "+1"]
    print(aligned(head, rows, text=(0, 1, 2, 3)))


@app.command()
def pack(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Weight file; with --unpack a directory that pack wrote.", show_default=False
        ),
    ],
    core: Annotated[Path, typer.Option(metavar="CORE", help="Core file, TOML.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help="Directory, or .npy to unpack to.")],
    tensor: TensorName = "",
    ternary: TernaryRule = "auto",
    per: PerScale = "tensor",
    unpack: Annotated[
        bool, typer.Option("--unpack", help="Restore the ternary matrix of a key image.")
    ] = False,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Write a weight matrix as an image of a core's key memory, or restore it from one."""
    from sim.weights.key_image import read_image, restore, write_image

    began = time.perf_counter()
    config = load_core(core, override)
    if unpack:
        image = read_image(config, file)
        restore(image, out)
        (outputs, length), manifest = image.weights.shape, image.manifest
        written = f"{outputs} × {length} ternary weights in {out}"
    else:
        from sim.weights.files import open_tensors
        from sim.weights.reading import ternary_of

        held = open_tensors(file)
        found = held.find(tensor)
        matrix = ternary_of(held, found, *read_rule(ternary, per))
        manifest = write_image(config, matrix, out, source=file.name, tensor=found.name)
        (outputs, length) = matrix.weights.shape
        written = (
            f"{found.name}: {outputs} × {length} weights ({matrix.rule}) as {manifest['beats']:,} beats of "
            f"{manifest['beat_bytes']} bytes in {out}"
        )
    if as_json:
        say_json({**manifest, "out": str(out), "seconds": round(time.perf_counter() - began, 3)})
        return
    print(written)


@app.command()
def synth(
    core: CoreFile,
    tech: Tech = "asap7",
    liberty: LibertyFiles = [],  # noqa: B006
    hierarchical: Annotated[bool, typer.Option("--hierarchical", help="Each module once.")] = False,
    adders: Annotated[str, typer.Option(metavar="cells|generic", help="Full adders, or gates.")] = "cells",
    datapath: Annotated[bool, typer.Option("--datapath", help="Without sequencer and streams.")] = False,
    clock_ps: Annotated[
        float | None, typer.Option(metavar="P", help="Clock period to size for, and report the delay.", min=1)
    ] = None,
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Synthesize a core with Yosys."""
    config = load_core(core, override)
    if adders not in ("cells", "generic"):
        raise UsageError(f"--adders {adders}: cells or generic is expected")
    from costmodel.synthesis import Flow, synthesize
    from generator.verilog import emit

    library = find_library(tech, liberty)
    emission = emit(config)
    flow = Flow("generic" if adders == "generic" else "cells", hierarchical, clock_ps)
    with progress_bar() as progress:
        progress(f"synthesizing for {library.name}", None)
        result = synthesize(emission.verilog, emission.datapath if datapath else emission.top, library, flow)
    delay_ps = None if result.delay_ps is None else round(result.delay_ps, 1)
    figures = {
        "area_um2": round(result.area_um2, 4),
        "sequential_um2": round(result.sequential_um2, 4),
        "combinational_um2": round(result.combinational_um2, 4),
        "cells": result.cells,
        "delay_ps": delay_ps,
        "seconds": round(result.seconds, 3),
    }
    if as_json:
        say_json(figures)
        return
    delay = "" if delay_ps is None else f", {delay_ps:,.0f} ps"
    print(
        f"{result.area_um2:,.1f} µm² ({result.sequential_um2:,.1f} sequential, "
        f"{result.combinational_um2:,.1f} combinational), "
        f"{sum(result.cells.values()):,} cells{delay}, {result.seconds:.1f} s"
    )


@app.command()
def estimate(
    core: CoreFile,
    tech: Tech = "asap7",
    speed: Annotated[
        str, typer.Option(metavar="relaxed|medium|tight", help="Sized for area, at ease, for speed.")
    ] = "relaxed",
    override: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Price a core with the cost model."""
    from dataclasses import asdict

    config = load_core(core, override)
    from costmodel.estimate import estimate as price
    from costmodel.estimate import sized_areas
    from costmodel.speeds import EASE, SPEEDS
    from costmodel.technology import load_technology

    technology = load_technology(tech)
    if speed not in SPEEDS:
        raise UsageError(f"--speed {speed}: {', '.join(SPEEDS)} is expected")
    found, areas = price(config, technology.sized(speed)), sized_areas(config, technology)
    if as_json:
        say_json({"technology": technology.name, "speed": speed, **asdict(found), "areas_um2": areas})
        return
    parts = {part: area for part, area in found.breakdown.items() if area}
    rows = [[part, f"{area:,.1f}", f"{area / found.area_um2:.1%}"] for part, area in parts.items()]
    print(aligned(["area", "µm²", "share"], [*rows, ["total", f"{found.area_um2:,.1f}", "100.0%"]]))
    print(
        f"\n{areas['relaxed']:,.1f} µm² without a clock, {areas['medium']:,.1f} sized for "
        f"{EASE * found.delay_ps:,.0f} ps, {areas['tight']:,.1f} for {found.delay_ps:,.0f} ps (at most "
        f"{1e6 / found.delay_ps:,.0f} MHz)\n{found.macs_per_cycle:,} "
        f"multiply-accumulates a cycle, {found.latency_cycles} cycles latency, "
        f"{found.bits_per_weight:.3g} bits a weight, {found.rms_error:.2g} RMS error; {technology.name}"
    )


@app.command()
def calibrate(
    liberty: LibertyFiles,
    name: Annotated[str, typer.Option(metavar="T", help="The technology's name.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Technology file to write.")],
    workers: Annotated[
        int | None, typer.Option(metavar="W", help="Processes.", min=1, show_default="one a core")
    ] = None,
    points: Annotated[
        int | None,
        typer.Option(metavar="P", help="Synthesize the P smallest calibration cores only.", min=1),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit a technology to a cell library."""
    from costmodel.calibration import calibrate as fit
    from costmodel.calibration import calibration_cores
    from costmodel.liberty import Library

    library = Library.of(liberty, name)
    with progress_bar() as progress:
        technology = fit(library, name, workers or cores(), progress, calibration_cores()[:points])
    write_text(out, technology.to_toml())
    error = {part: fitted.model_dump() for part, fitted in technology.fit.items()}
    if as_json:
        say_json({"components": technology.area_um2, "fit_error": error, "file": str(out)})
        return
    print(
        aligned(["component", "µm²"], [[part, f"{value:.4g}"] for part, value in technology.area_um2.items()])
    )
    for part, fitted in technology.fit.items():
        print(f"{part}: {fitted.median_percent:.1f} % off in the median, {fitted.max_percent:.1f} % at most")


@app.command()
def validate(
    tech: Tech = "asap7",
    liberty: LibertyFiles = [],  # noqa: B006
    points: Annotated[int, typer.Option(metavar="P", help="Random cores to synthesize.", min=2)] = 60,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of the cores.", min=0)] = 1,
    largest: Annotated[float, typer.Option(metavar="N", help="Gates of the largest.", min=500)] = 4000,
    noise: Annotated[int, typer.Option(metavar="P", help="Permutations that show the noise.", min=0)] = 3,
    limit: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="Status 1 if an area is further off.", min=0)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="W", help="Processes.", min=1, show_default="one a core")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Results.", show_default="reports/validation-TECH"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold the cost model against synthesis of random cores that it was not fitted to."""
    from costmodel.validation import Sample
    from dse.validation.report import write_validation
    from dse.validation.run import run, text_of
    from dse.validation.summary import figures

    began = time.perf_counter()
    directory = output_directory(out) if out else None
    sample = Sample(seed, points, largest=largest)
    with progress_bar() as progress:
        validation = run(tech, liberty, sample, noise, workers or cores(), progress)
    directory = directory or Path("reports") / f"validation-{validation.technology.name}"
    write_validation(directory, validation)
    seconds = round(time.perf_counter() - began, 1)
    if as_json:
        say_json({**figures(validation), "report": str(directory / "validation.html"), "seconds": seconds})
    else:
        print(f"{text_of(validation)}\n\nreport: {directory / 'validation.html'}, {seconds:,.0f} s")
    if limit is not None and validation.errors("area").maximum > limit:
        raise typer.Exit(1)


@app.command()
def sweep(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="Spec file, TOML.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Results.", show_default="reports/SPEC")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="W", help="Processes.", min=1, show_default="one a core")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Dask scheduler whose workers do the work, not processes."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted sweep.")] = False,
    verify: Annotated[
        int | None,
        typer.Option(
            metavar="K", min=0, help="Synthesize and simulate the K best designs.", show_default="the spec's"
        ),
    ] = None,
    liberty: Annotated[
        list[Path],
        typer.Option(
            "--liberty",
            metavar="FILE",
            help="Liberty file to verify with; repeatable.",
            show_default="the spec's, else shipped cells",
        ),
    ] = [],  # noqa: B006
    emit_best: Annotated[
        bool, typer.Option("--emit-best", help="Write the best design's Verilog and simulate a layer on it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Explore a design space and report its Pareto front."""
    from dse.sweep.run import sweep as explore

    directory = out or Path("reports") / spec.stem
    with crew_of(workers, scheduler) as crew, progress_bar() as progress:
        finished = explore(
            spec,
            directory,
            crew=crew,
            workers=workers,
            resume=resume,
            verify=verify,
            liberty=liberty,
            progress=progress,
        )
    figures = finished.figures()
    if not as_json:
        say_sweep(finished.summary, figures)
    built = build_best(finished.summary, directory, quiet=as_json) if emit_best else None
    if as_json:
        say_json(figures | ({"simulation": built} if emit_best else {}))
    else:
        print(f"report: {finished.report}")
    wrong = [one.complaint for one in finished.results.verified if not one.passed]
    if wrong:
        print(f"ternlut: {one_line(TernlutError(wrong[0]))}", file=sys.stderr)
    if wrong or (built is not None and not built["passed"]):
        raise typer.Exit(1)


@app.command()
def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A finished sweep's results.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Write the report of a finished sweep again."""
    from dse.sweep.run import report as rebuild

    with progress_bar() as progress:
        finished = rebuild(directory, progress)
    if as_json:
        say_json({"report": str(finished.report)})
        return
    print(f"report: {finished.report}")


def say_sweep(summary: Summary, figures: dict[str, Any]) -> None:
    """The findings of a sweep, as text."""
    from dse.pricing.metrics import metric
    from dse.summary.summary import quantity, shape

    for sentence in (*summary.headline(), *summary.why()):
        print(f"{sentence}\n")
    for sentence in summary.verification:
        print(f"{sentence}\n")
    objectives = list(summary.results.objectives)
    head = ["", *(metric(name).label for name in objectives), "design"]
    rows = [
        [what, *(quantity(name, row[name]) for name in objectives), f"{row['architecture']}, {shape(row)}"]
        for what, row in summary.highlights
    ]
    print(aligned(head, rows, text=(0, len(head) - 1)))
    print(
        f"\n{figures['points']:,} points, {figures['cores']:,} cores, {figures['feasible']:,} feasible, "
        f"{figures['pareto']:,} on the front; {figures['seconds']:.1f} s, judged at "
        f"{figures['points_per_second'] / 1e6:.1f} million points/s"
    )


def build_best(summary: Summary, directory: Path, quiet: bool) -> dict[str, Any] | None:
    """Emits the recommended core into ``directory``/best and runs a layer of the workload on it."""
    from dse.summary.summary import core_of
    from dse.verification.measuring import trial_of
    from generator.verilog import emit

    if summary.best is None:
        return None
    config = core_of(summary.best)
    emission = emit(config)
    emission.write(directory / "best")
    trial = trial_of(summary.results, summary.best)
    with progress_bar() as progress:
        progress(f"simulating {trial.layer.name} on the best design", None)
        result = trial.run(config)
    if not quiet:
        print(f"emitted {emission.top} to {directory / 'best'}")
        title = summary.results.meta["workload"]["title"]
        ran = told(result, trial.inputs, trial.outputs, trial.tokens)
        print(f"{trial.layer.name} of {title}: {ran}")
    return {
        "verilog": str(directory / "best"),
        "top": emission.top,
        "layer": trial.layer.name,
        "passed": result.passed,
        "mismatches": result.mismatches,
        "results": result.results,
        "cycles": result.cycles,
        "seconds": round(result.seconds, 3),
    }


def told(result: Any, length: int, outputs: int, tokens: int) -> str:
    """A simulation in one line."""
    verdict = "bit-exact" if result.passed else f"WRONG, {result.mismatches:,} mismatches"
    which = "one token" if tokens == 1 else f"{tokens} tokens"
    return (
        f"simulated {length} → {outputs}, {which}: {result.results:,} results in {result.cycles:,} cycles, "
        f"{verdict} ({result.build_seconds:.1f} s to build, {result.run_seconds:.1f} s to run)"
    )


def load_core(path: Path, overrides: list[str]) -> CoreConfig:
    """The core file with its overrides."""
    from generator.config import CoreConfig

    return CoreConfig.load(path, overrides)


def find_library(tech: str, liberty: list[Path]) -> Library:
    """The cell library of ``--liberty`` files, else that of a technology we ship."""
    from costmodel.liberty import Library
    from costmodel.synthesis import shipped_library

    return Library.of(tuple(liberty)) if liberty else shipped_library(tech)


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


def read_rule(ternary: str, per: str) -> tuple[Rule, Per]:
    """``--ternary`` and ``--per``."""
    from sim.weights.reading import RULES

    for rule in RULES:
        if rule == ternary:
            break
    else:
        raise UsageError(f"--ternary {ternary}: {', '.join(RULES[:-1])} or {RULES[-1]} is expected")
    if per not in ("tensor", "row"):
        raise UsageError(f"--per {per}: tensor or row is expected")
    return rule, "row" if per == "row" else "tensor"


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


def crew_of(workers: int | None, scheduler: str | None) -> AbstractContextManager[Crew]:
    """Who works: processes of this machine, or those of a cluster."""
    if scheduler is None:
        from dse.engine.processes import Processes

        return nullcontext(Processes(workers or cores()))
    if workers is not None:
        raise UsageError("--workers and --scheduler: a cluster has the workers it has, leave one out")
    from dse.engine.cluster import connected

    return connected(scheduler)


def cores() -> int:
    """Processor cores we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def say_json(figures: dict[str, Any]) -> None:
    print(json.dumps(figures, ensure_ascii=False))


def one_line(error: Exception) -> str:
    """What to tell the user: what, where, what would be right."""
    if isinstance(error, OSError):
        return describe(error)
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(message.split()) or type(error).__name__


def is_users(error: Exception) -> bool:
    """Whether an error is the input's fault: ours by kind, the system's, or the command line's."""
    ours = any(base.__module__.partition(".")[0] in OURS for base in type(error).__mro__)
    system = isinstance(error, OSError) and error.errno is not None
    return (ours and not isinstance(error, AssertionError)) or system or hasattr(error, "format_message")


def main() -> NoReturn:
    """Runs the command line and exits with its status."""
    status: Any = 0
    try:
        status = app(standalone_mode=False, prog_name="ternlut")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        if not is_users(error):
            raise
        print(f"ternlut: {one_line(error)}", file=sys.stderr)
        status = 2
    if status == INTERRUPTED:
        print("ternlut: interrupted", file=sys.stderr)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
