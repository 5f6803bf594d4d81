"""From a spec file to a directory of results, and from such a directory to its report again."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from costmodel.liberty import Library
from costmodel.libraries import cells_of
from costmodel.technology import Technology, load_technology
from dse.engine.checkpoint import Checkpoint
from dse.engine.judging import Crew, Grid, Outcome, run
from dse.presentation.terminal import Progress, silent
from dse.pricing.model import Model
from dse.results.csv_files import write_pareto, write_verified
from dse.results.designs import core_toml
from dse.results.points import write_points
from dse.results.sweep_results import META, PARETO, POINTS, VERIFIED, Results
from dse.spec.axes import SpecError
from dse.spec.sweep_spec import SweepSpec
from dse.summary.findings import Summary
from dse.summary.summary_file import markdown
from generator.files import cache_directory, output_directory, write_text

CHECKPOINT = ".checkpoint"
TECHNOLOGY_FIELDS = ("name", "library", "corner", "flow", "date", "versions", "fit")

LIBRARIES = ("amaranth", "numpy", "pyarrow")
"""Libraries whose versions a sweep notes: plans and sums rest on them."""


@dataclass(frozen=True)
class Finished:
    """A finished sweep: its directory, what was found, and the page to look at."""

    directory: Path
    summary: Summary
    report: Path

    @property
    def results(self) -> Results:
        return self.summary.results

    def figures(self) -> dict[str, Any]:
        """The sweep in numbers, as ``--json`` prints them."""
        meta, summary = self.results.meta, self.summary
        names = ("points", "cores", "feasible", "pareto", "seconds", "points_per_second")
        verified = self.results.verified
        return {
            **{name: meta[name] for name in names},
            "best": summary.best,
            "knee": summary.knee,
            "top": summary.top,
            "verified": len(verified),
            "verified_exact": sum(one.passed for one in verified),
            "report": str(self.report),
        }


def sweep(
    path: Path,
    directory: Path,
    *,
    crew: Crew | None = None,
    resume: bool = False,
    workers: int | None = None,
    verify: int | None = None,
    liberty: Sequence[Path] = (),
    progress: Progress = silent,
) -> Finished:
    """Runs the spec file ``path`` and leaves its results in ``directory``.

    ``crew`` judges the space, this process unless said; ``workers`` processes synthesize what is verified.
    ``verify`` and ``liberty`` take the place of the spec's. ``progress`` is told a stage, the share of it
    that is done, and how many points all of it is. Raises ``TernlutError`` in one line for whatever is wrong
    with the spec or the directory; finished chunks, syntheses and verified designs stay for ``resume``.
    """
    began = time.perf_counter()
    spec = SweepSpec.load(path)
    if verify is not None:
        spec = spec.model_copy(update={"verify": verify})
    if liberty:
        spec = spec.model_copy(update={"liberty": [str(file) for file in liberty]})
    if liberty and not spec.verify:
        raise SpecError(
            f"{path}: --liberty is to verify with: verify = K or --verify K is expected beside it"
        )
    technology = load_technology(spec.technology)
    library = _library(path, spec) if spec.verify else None
    output_directory(directory)
    model = Model.build(spec, technology, str(path), lambda share: progress("pricing", share))
    grid = Grid.of(model)
    digest = _digest(model, grid)
    checkpoint = Checkpoint(directory / CHECKPOINT, digest, resume)
    size, done, kept, judged = model.space.size, 0, None, time.perf_counter()

    def judging(points: int) -> None:
        nonlocal done, kept
        done += points
        kept = points if kept is None else kept
        progress("judging", done / size, size, "points")

    outcome = run(model, grid, crew=crew, checkpoint=checkpoint, progress=judging)
    rate = (size - (kept or 0)) / max(time.perf_counter() - judged, 1e-9)
    if not outcome.feasible:
        checkpoint.remove()
        raise SpecError(f"{path}: {_nothing_left(model, outcome)}")

    written = 0

    def writing(points: int) -> None:
        nonlocal written
        written += points
        progress("writing", 0.8 * written / size)

    progress("writing", 0.0)
    write_points(directory / POINTS, model, grid, outcome, writing)
    meta = _meta(path, model, outcome, digest)
    meta["points_per_second"] = round(rate)
    meta["seconds"] = round(time.perf_counter() - began, 3)
    meta["verified"] = _verified_before(directory, digest) if resume else []
    _write_meta(directory, meta)
    finished = report(directory, progress)
    if library is not None:
        finished = _verify(finished, technology, library, workers, progress)
    checkpoint.remove()
    summary, meta = finished.summary, finished.results.meta
    meta["knee"] = summary.knee["id"]
    meta["top"] = {name: [row["id"] for row in rows] for name, rows in summary.top.items()}
    meta["seconds"] = round(time.perf_counter() - began, 3)
    _write_meta(directory, meta)
    return finished


def _verify(
    finished: Finished, technology: Technology, library: Library, workers: int | None, progress: Progress
) -> Finished:
    """Verifies the best designs, each written down as it is finished, and reports anew."""
    from dse.verification.measuring import merged, verify

    results = finished.results
    known, meta = list(results.verified), results.meta

    def verifying(share: float) -> None:
        progress("verifying", share)

    count = meta["spec"]["verify"]
    for one in verify(finished.summary, technology, library, count, workers, verifying):
        known = merged(known, one)
        meta["verified"] = [each.model_dump(mode="json") for each in known]
        _write_meta(finished.directory, meta)
    return report(finished.directory, pictures=False)


def _library(path: Path, spec: SweepSpec) -> Library:
    """The cells to verify with, read, so that what is wrong with them shows before the sweep."""
    library = cells_of(
        spec.technology, list(map(Path, spec.liberty)), f"as liberty = [...] in {path} or with --liberty FILE"
    )
    library.cached_table(cache_directory())
    return library


def _verified_before(directory: Path, digest: str) -> list[dict[str, Any]]:
    """What an interrupted run of the same sweep has verified."""
    try:
        meta = json.loads((directory / META).read_text(encoding="utf-8"))
        return list(meta["verified"]) if meta["digest"] == digest else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _write_meta(directory: Path, meta: dict[str, Any]) -> None:
    write_text(directory / META, json.dumps(meta, indent=1, ensure_ascii=False) + "\n")


def report(directory: Path, progress: Progress = silent, pictures: bool = True) -> Finished:
    """Writes what is read of a finished sweep again from its data: CSV, summary, figures, page, best core.

    ``pictures``: those too that verification changes nothing of.
    """
    from dse.report.figures import write_figures
    from dse.report.page import write_report

    results = Results.load(directory)
    summary = Summary(results)
    progress("writing", 0.85)
    first, goal = next(iter(results.objectives.items()))
    sign = 1 if goal == "min" else -1
    front = sorted(results.front, key=lambda row: (sign * row[first], row["id"]))
    write_pareto(directory / PARETO, front, results.verified)
    write_verified(directory / VERIFIED, results.verified)
    write_text(directory / "summary.md", markdown(summary))
    if summary.best is not None:
        write_text(directory / "best.toml", core_toml(summary.best))
    if pictures:
        write_figures(directory, summary)
    progress("writing", 0.95)
    page = directory / "report.html"
    write_report(page, summary)
    progress("writing", 1.0)
    return Finished(directory, summary, page)


def _meta(path: Path, model: Model, outcome: Outcome, digest: str) -> dict[str, Any]:
    """What was asked, of what, and how it went; nothing of the machine."""
    workload = model.spec.workload
    spec = model.spec.model_dump(mode="json")
    spec["technology"] = model.technology.name
    spec["liberty"] = [Path(file).name for file in model.spec.liberty]
    if workload.model:
        spec["workload"]["model"] = Path(workload.model).name
    return {
        "ternlut": version("ternlut"),
        "digest": digest,
        "file": path.name,
        "source": path.read_text(encoding="utf-8"),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "spec": spec,
        "groups": list(model.groups),
        "axes": {axis.key: list(axis.values) for axis in model.space.axes},
        "fixed": dict(model.space.fixed),
        "derived": {key: expression.text for key, expression in model.space.derived.items()},
        "keys": list(model.space.keys),
        "technology": model.technology.model_dump(mode="json", include=set(TECHNOLOGY_FIELDS)),
        "workload": {
            "title": workload.title,
            "tokens": workload.tokens,
            "macs": workload.macs,
            "launches": workload.launches,
            "layers": [layer.model_dump() for layer in workload.layers],
        },
        "metrics": {
            name: {"label": m.label, "unit": m.unit, "says": m.says} for name, m in model.metrics.items()
        },
        "tests": list(model.tests),
        "passed": list(outcome.passed),
        "points": outcome.points,
        "cores": outcome.cores,
        "feasible": outcome.feasible,
        "pareto": len(outcome.front),
    }


def _digest(model: Model, grid: Grid) -> str:
    """What a checkpoint must share with the sweep that continues it: the question and every price."""
    state = hashlib.sha256(model.spec.model_dump_json(exclude={"verify", "liberty"}).encode())
    state.update(repr((grid, version("ternlut"))).encode())
    for name in sorted(model.tables):
        state.update(f"{name} {model.tables[name].shape}".encode())
        state.update(model.tables[name].tobytes())
    return state.hexdigest()[:16]


def _nothing_left(model: Model, outcome: Outcome) -> str:
    """Which test emptied the space."""
    before = outcome.points
    for test, after in zip(model.tests, outcome.passed[1:], strict=True):
        if not after:
            which = f"{before:,} points" if before == outcome.points else f"the {before:,} points still left"
            return f"the space is empty: none of {which} {test}"
        before = after
    raise AssertionError("the space is not empty")
