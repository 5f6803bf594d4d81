"""A sweep from its spec to a directory of results: priced, judged, written and verified."""

from __future__ import annotations

import shutil
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from costmodel.fit.libraries import measurer_of
from costmodel.fit.measurer import Measurer
from costmodel.price.technology import Technology, load_technology
from dse.engine.checkpoint import Checkpoint
from dse.engine.judging import Executor, Grid, Outcome, run
from dse.engine.processes import Processes
from dse.presentation.terminal import Progress, silent
from dse.pricing.model import Model
from dse.spec.axes import SpecError
from dse.spec.scenarios import TECHNOLOGY
from dse.spec.sweep_spec import Source, SweepSpec, read_spec
from dse.sweep.duration import check_duration, expected_seconds
from dse.sweep.finished import Finished, report
from dse.sweep.record import digest_of, record_of, verified_before
from dse.sweep.reference import priced_reference
from dse.sweep.results.points import write_behind, write_points
from dse.sweep.results.sweep_results import BEHIND, POINTS
from generator.files import claimed, output_directory
from generator.parts import require

CHECKPOINT = ".checkpoint"


def sweep(
    spec: Path | str | Mapping[str, Any],
    directory: Path | str | None = None,
    *,
    executor: Executor | None = None,
    resume: bool = False,
    workers: int | None = None,
    verify: int | None = None,
    liberty: Sequence[Path | str] = (),
    long: bool = False,
    announce: Callable[[str], None] = lambda text: None,
    progress: Progress = silent,
) -> Finished:
    """Explores the space of ``spec``, a file or a mapping with the same keys; results go to ``directory``.

    Without a directory they are in a temporary one, for as long as what is returned is used.

    ``executor`` judges the space; without it ``workers`` processes do, or this process if neither is stated.
    As many processes synthesize what is verified, by default one a processor.
    ``verify`` and ``liberty`` take the place of the spec's. ``announce`` is told how long a long sweep takes;
    one of more than a day is refused unless it is meant to be ``long``. ``progress`` is told a stage, the
    share of it that is done, and how many points all of it is. Raises ``TernlutError`` in one line for
    whatever is wrong with the spec or the directory; finished chunks, syntheses and verified designs stay for
    ``resume``.

    >>> layer = {"name": "dense", "inputs": 512, "outputs": 256}
    >>> found = sweep({
    ...     "workload": {"layers": [layer], "tokens": 4},
    ...     "objectives": {"area_um2": "min", "tokens_per_second": "max"},
    ...     "budget": {"area_um2": 2000},
    ...     "axes": {"architecture": ["lut", "select"], "tables": [4, 8, 16], "columns": [4, 8, 16]},
    ...     "fixed": {"max_reduction": "workload"},
    ... })
    >>> found.best_core.columns, bool((found.front.area_um2 > 0).all())
    (16, True)
    """
    began = time.perf_counter()
    question, source = _asked(spec, verify, liberty)
    technology, measurer = load_technology(question.technology), None
    if question.verify:
        require("simulation", f"{source.where}: verify = {question.verify}")
        measurer = _measurer(source.where, question)
    if executor is None and workers is not None:
        executor = Processes(workers)

    def agree(points: int, seconds: float) -> None:
        if duration := check_duration(source.where, points, seconds, long):
            announce(duration)

    def swept(place: Path) -> Finished:
        with claimed(output_directory(place)):
            asked = source, place, question, technology, measurer
            return _swept(*asked, executor, resume, workers, agree, progress, began)

    return _in_passing(swept) if directory is None else swept(Path(directory))


def _asked(
    spec: Path | str | Mapping[str, Any], verify: int | None, liberty: Sequence[Path | str]
) -> tuple[SweepSpec, Source]:
    """The spec with what is stated beside it."""
    question, source = read_spec(spec)
    if verify is not None:
        question = question.model_copy(update={"verify": verify})
    if liberty:
        question = question.model_copy(update={"liberty": [str(file) for file in liberty]})
    if question.verify and TECHNOLOGY in question.axes:
        raise SpecError(f"{source.where}: verify: designs of one technology are measured, not of several")
    if liberty and not question.verify:
        raise SpecError(
            f"{source.where}: --liberty is to verify with: verify = K or --verify K is expected beside it"
        )
    return question, source


def _in_passing(swept: Callable[[Path], Finished]) -> Finished:
    """A sweep into a temporary directory, which is there for as long as its results are."""
    place = Path(mkdtemp(prefix="ternlut-"))
    try:
        finished = swept(place)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    weakref.finalize(finished.results, shutil.rmtree, place, ignore_errors=True)
    return finished


def _swept(
    source: Source,
    directory: Path,
    spec: SweepSpec,
    technology: Technology,
    measurer: Measurer | None,
    executor: Executor | None,
    resume: bool,
    workers: int | None,
    agree: Callable[[int, float], None],
    progress: Progress,
    began: float,
) -> Finished:
    """``sweep``, once what is wrong with its input has shown and ``directory`` is its alone."""
    model = Model.build(spec, technology, source.where, lambda share: progress("pricing", share))
    reference = priced_reference(model, source.where)
    grid = Grid.of(model)
    processes = executor.workers if isinstance(executor, Processes) else 1
    agree(model.space.size, expected_seconds(model, processes))
    digest = digest_of(model, grid)
    checkpoint = Checkpoint(directory / CHECKPOINT, digest, resume)
    size, done, kept, judged = model.space.size, 0, None, time.perf_counter()

    def judging(points: int) -> None:
        nonlocal done, kept, judged
        done += points
        if kept is None:
            # What an interrupted run had judged is read by now: it took this one no judging.
            kept, judged = points, time.perf_counter()
        progress("judging", done / size, size, "points")

    outcome = run(model, grid, executor=executor, checkpoint=checkpoint, progress=judging)
    rate = (size - (kept or 0)) / max(time.perf_counter() - judged, 1e-9)
    if not outcome.feasible:
        checkpoint.remove()
        raise SpecError(f"{source.where}: {_nothing_left(model, outcome)}")

    written = 0

    def writing(points: int) -> None:
        nonlocal written
        written += points
        progress("writing", 0.8 * written / size)

    progress("writing", 0.0)
    write_points(directory / POINTS, model, outcome, writing)
    write_behind(directory / BEHIND, model, outcome)
    record = record_of(source, model, outcome, digest)
    if reference is not None:
        record.reference = reference
    record.points_per_second = round(rate)
    record.seconds = round(time.perf_counter() - began, 3)
    record.verified = verified_before(directory, digest) if resume else []
    record.write(directory)
    finished = report(directory, progress)
    if measurer is not None:
        finished = _verify(finished, technology, measurer, workers, progress)
    checkpoint.remove()
    _record_answer(finished, began)
    return finished


def _record_answer(finished: Finished, began: float) -> None:
    """Writes down which designs are recommended, and how long all of it took."""
    summary, record = finished.summary, finished.results.record
    record.knee = summary.knee["id"]
    record.top = {name: [row["id"] for row in rows] for name, rows in summary.top.items()}
    record.seconds = round(time.perf_counter() - began, 3)
    record.write(finished.directory)


def _verify(
    finished: Finished, technology: Technology, measurer: Measurer, workers: int | None, progress: Progress
) -> Finished:
    """Verifies the best designs, each written down as it is finished, and reports anew."""
    from dse.sweep.verification.measuring import merged, verify

    results = finished.results
    record = results.record

    def verifying(share: float) -> None:
        progress("verifying", share)

    for verified in verify(finished.summary, technology, measurer, record.spec.verify, workers, verifying):
        record.verified = merged(record.verified, verified)
        record.write(finished.directory)
    return report(finished.directory, pictures=False)


def _measurer(where: str, spec: SweepSpec) -> Measurer:
    """What to verify with, its cells read, so that what is wrong with them shows before the sweep."""
    measurer = measurer_of(
        spec.technology,
        list(map(Path, spec.liberty)),
        f"as liberty = [...] in {where} or with --liberty FILE",
    )
    measurer.prepare()
    return measurer


def _nothing_left(model: Model, outcome: Outcome) -> str:
    """Which test emptied the space."""
    before = outcome.points
    for test, after in zip(model.tests, outcome.passed[1:], strict=True):
        if not after:
            which = f"{before:,} points" if before == outcome.points else f"the {before:,} points still left"
            return f"the space is empty: none of {which} {test}"
        before = after
    raise AssertionError("the space is not empty")
