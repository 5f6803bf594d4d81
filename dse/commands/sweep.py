"""Commands that explore a design space, and what they tell of it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dse.commands.options import RESULTS, AsJson, UsageError, Workers, out_path, processors
from dse.commands.simulator import simulation_line
from dse.presentation.answers import complain, say
from dse.presentation.terminal import aligned, progress_bar, say_json
from generator.files import claimed
from generator.parts import complaint, require

if TYPE_CHECKING:
    from dse.engine.judging import Executor
    from dse.sweep.finished import Finished
    from dse.sweep.summary.findings import Summary


SweepOut = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        metavar="DIR",
        help="Directory for the results.",
        show_default="ternlut-out/SPEC",
        parser=out_path,
    ),
]


def sweep(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="Spec file, TOML.", show_default=False)],
    out: SweepOut = None,
    workers: Workers = None,
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
            exists=True,
            dir_okay=False,
            show_default="the spec's, else shipped cells",
        ),
    ] = [],  # noqa: B006
    emit_best: Annotated[
        bool, typer.Option("--emit-best", help="Write the best design's Verilog and simulate a layer on it.")
    ] = False,
    long: Annotated[
        bool, typer.Option("--long", help="Begin a sweep that will take more than a day.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Explore a design space and report its Pareto front."""
    if emit_best:
        require("simulation", "--emit-best")
    from dse.sweep.run import sweep as explore

    directory = out or RESULTS / spec.stem
    with executor_of(workers, scheduler) as executor, progress_bar() as progress:
        finished = explore(
            spec,
            directory,
            executor=executor,
            workers=workers,
            resume=resume,
            verify=verify,
            liberty=liberty,
            long=long,
            announce=complain,
            progress=progress,
        )
    answer(finished, emit_best, as_json)


def answer(finished: Finished, emit_best: bool, as_json: bool) -> None:
    """Says what a sweep found, builds its best core if that is wanted; status 1 where something is wrong."""
    figures = finished.figures()
    if not as_json:
        say_sweep(finished.summary, figures)
    built = build_best(finished.summary, finished.directory, quiet=as_json) if emit_best else None
    infeasible = finished.summary.best is None
    if as_json:
        say_json(figures | ({"simulation": built} if emit_best else {}))
    else:
        say(report_of(finished))
    wrong = [design.complaint for design in finished.results.verified if not design.passed]
    if wrong:
        complain(" ".join(wrong[0].split()))
    if infeasible:
        complain(no_design(finished.summary, emit_best))
    if wrong or infeasible or (built is not None and not built["passed"]):
        raise typer.Exit(1)


def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A finished sweep's results.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Write the report of a finished sweep again."""
    require("report", "report")
    from dse.sweep.finished import report as rebuild

    with claimed(directory), progress_bar() as progress:
        finished = rebuild(directory, progress)
    if as_json:
        say_json({"report": str(finished.report)})
        return
    say(report_of(finished))


def report_of(finished: Finished) -> str:
    """Where a sweep's report is, or how there is one."""
    if finished.report is not None:
        return f"report: {finished.report}"
    return f"summary: {finished.directory / 'summary.md'}; {complaint('report', 'the report')}"


def say_sweep(summary: Summary, figures: dict[str, Any]) -> None:
    """The findings of a sweep, as text."""
    from dse.sweep.summary.measured import sentences
    from dse.sweep.summary.sentences import headline, why
    from dse.sweep.summary.summary_file import highlights

    measured = sentences(summary.results.verified, summary.results.priced)
    for sentence in (*headline(summary), *why(summary), *measured):
        say(f"{sentence}\n")
    if summary.best is not None:
        head, rows = highlights(summary)
        say(aligned(head, rows, text=(0, len(head) - 1)) + "\n")
    rate = figures["points_per_second"]
    judged = f", judged at {rate / 1e6:.1f} million points/s" if rate else ", judged before"
    say(
        f"{figures['points']:,} points, {figures['cores']:,} cores, {figures['feasible']:,} feasible, "
        f"{figures['pareto']:,} on the front; {figures['seconds']:.1f} s{judged}"
    )


def no_design(summary: Summary, emit_best: bool) -> str:
    """That the sweep recommends nothing, and what therefore is not written."""
    from dse.sweep.summary.sentences import infeasible

    nothing = "no core is emitted: " if emit_best else ""
    text = infeasible(summary).rstrip(".")
    return f"{nothing}{text[0].lower()}{text[1:]}"


def build_best(summary: Summary, directory: Path, quiet: bool) -> dict[str, Any] | None:
    """Emits the recommended core into ``directory``/best and runs a layer of the workload on it."""
    from dse.handoff import write_handoff
    from dse.sweep.results.designs import core_of, system_of
    from dse.sweep.verification.measuring import trial_of
    from generator.verilog import emit

    if summary.best is None:
        return None
    config = core_of(summary.best)
    emission = emit(config)
    write_handoff(emission, directory / "best", system_of(summary.best)["clock_mhz"])
    trial = trial_of(summary.results, summary.best)
    with progress_bar() as progress:
        progress(f"simulating {trial.layer.name} on the best design", None)
        result = trial.run(config)
    if not quiet:
        say(f"emitted {emission.top} to {directory / 'best'}")
        title = summary.results.record.workload.title
        ran = simulation_line(result, trial.inputs, trial.outputs, trial.tokens)
        say(f"{trial.layer.name} of {title}: {ran}")
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


def executor_of(workers: int | None, scheduler: str | None) -> AbstractContextManager[Executor]:
    """Who works: processes of this machine, or those of a cluster."""
    if scheduler is None:
        from dse.engine.processes import Processes

        return nullcontext(Processes(workers or processors()))
    if workers is not None:
        raise UsageError("--workers and --scheduler: a cluster has the workers it has, leave one out")
    from dse.engine.cluster import connected

    return connected(scheduler)
