"""From a spec file to a directory of results, and from such a directory to its report again."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from costmodel.technology import load_technology
from dse.checkpoint import Checkpoint
from dse.engine import Crew, Grid, Outcome, run
from dse.metrics import METRICS
from dse.model import Model
from dse.results import META, PARETO, POINTS, Results, write_pareto, write_points
from dse.space import SpecError, SweepSpec
from dse.summary import Summary, core_toml
from dse.terminal import Progress, silent
from generator.files import output_directory, write_text

CHECKPOINT = ".checkpoint"
TECHNOLOGY_FIELDS = ("name", "library", "corner", "flow", "date", "versions", "fit")


@dataclass(frozen=True)
class Finished:
    """A finished sweep: its directory, what was found, and the page to look at."""

    directory: Path
    results: Results
    report: Path

    def figures(self) -> dict[str, Any]:
        """The sweep in numbers, as ``--json`` prints them."""
        meta = self.results.meta
        summary = Summary(self.results)
        names = ("points", "cores", "feasible", "pareto", "seconds", "points_per_second")
        found = {"best": summary.best, "knee": summary.knee, "top": summary.top}
        return {name: meta[name] for name in names} | found | {"report": str(self.report)}


def sweep(
    path: Path,
    directory: Path,
    *,
    crew: Crew | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> Finished:
    """Runs the spec file ``path`` and leaves its results in ``directory``.

    ``crew`` judges the space, this process unless said. ``progress`` is told a stage, the share of it that is
    done, and how many points all of it is. Raises ``TernlutError`` in one line for
    whatever is wrong with the spec or the directory; finished chunks stay for ``resume``.
    """
    began = time.perf_counter()
    spec = SweepSpec.load(path)
    technology = load_technology(spec.technology)
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
    write_text(directory / META, json.dumps(meta, indent=1, ensure_ascii=False) + "\n")
    finished = report(directory, progress)
    checkpoint.remove()
    summary = Summary(finished.results)
    finished.results.meta["knee"] = summary.knee["id"]
    finished.results.meta["top"] = {name: [r["id"] for r in rows] for name, rows in summary.top.items()}
    finished.results.meta["seconds"] = round(time.perf_counter() - began, 3)
    write_text(directory / META, json.dumps(finished.results.meta, indent=1, ensure_ascii=False) + "\n")
    return finished


def report(directory: Path, progress: Progress = silent) -> Finished:
    """Writes what is read of a finished sweep again from its data: CSV, summary, figures, page, best core."""
    from dse.figures import write_figures
    from dse.report import write_report

    results = Results.load(directory)
    summary = Summary(results)
    progress("writing", 0.85)
    first, goal = next(iter(results.objectives.items()))
    sign = 1 if goal == "min" else -1
    write_pareto(directory / PARETO, sorted(results.front, key=lambda row: (sign * row[first], row["id"])))
    write_text(directory / "summary.md", summary.markdown())
    if summary.best is not None:
        write_text(directory / "best.toml", core_toml(summary.best))
    write_figures(directory, summary)
    progress("writing", 0.95)
    page = directory / "report.html"
    write_report(page, summary)
    progress("writing", 1.0)
    return Finished(directory, results, page)


def _meta(path: Path, model: Model, outcome: Outcome, digest: str) -> dict[str, Any]:
    """What was asked, of what, and how it went; nothing of the machine."""
    workload = model.spec.workload
    spec = model.spec.model_dump(mode="json")
    spec["technology"] = model.technology.name
    if workload.model:
        spec["workload"]["model"] = Path(workload.model).name
    return {
        "ternlut": version("ternlut"),
        "digest": digest,
        "file": path.name,
        "spec": spec,
        "groups": list(model.groups),
        "axes": {axis.key: list(axis.values) for axis in model.space.axes},
        "fixed": dict(model.space.fixed),
        "technology": model.technology.model_dump(mode="json", include=set(TECHNOLOGY_FIELDS)),
        "workload": {
            "title": workload.title,
            "tokens": workload.tokens,
            "macs": workload.macs,
            "launches": workload.launches,
            "layers": [layer.model_dump() for layer in workload.layers],
        },
        "metrics": {name: {"label": m.label, "unit": m.unit, "says": m.says} for name, m in METRICS.items()},
        "tests": list(model.tests),
        "passed": list(outcome.passed),
        "points": outcome.points,
        "cores": outcome.cores,
        "feasible": outcome.feasible,
        "pareto": len(outcome.front),
    }


def _digest(model: Model, grid: Grid) -> str:
    """What a checkpoint must share with the sweep that continues it: the question and every price."""
    state = hashlib.sha256(model.spec.model_dump_json().encode())
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
