"""A sweep as a user runs it: its files, interruptions, and everything that can be wrong outside of it."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from dse.engine.checkpoint import Checkpoint
from dse.engine.judging import Grid, run
from dse.sweep.finished import report
from dse.sweep.results.sweep_results import PARETO, POINTS
from dse.sweep.run import sweep
from generator.config import load_core
from generator.errors import TernlutError
from generator.files import OutputError
from tests.dse.specs import model_of, small, spec_file

FILES = {
    "points.parquet",
    "pareto.csv",
    "report.html",
    "pareto.png",
    "pareto.svg",
    "request.png",
    "request.svg",
    "breakdown.png",
    "breakdown.svg",
    "group_size.png",
    "group_size.svg",
    "summary.md",
    "sweep.json",
    "best.toml",
}


def ternlut(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "dse.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the small sweep."""
    directory = tmp_path_factory.mktemp("finished")
    sweep(spec_file(directory), directory / "out")
    return directory / "out"


def test_a_sweep_leaves_its_files_and_nothing_else(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == FILES


def test_points_hold_every_core_with_its_fronts_marked(finished: Path) -> None:
    model = model_of(small())
    outcome = run(model, Grid.of(model))
    points = pq.read_table(finished / POINTS).to_pydict()
    assert len(points["id"]) == outcome.cores
    assert sum(points["feasible"]) == outcome.feasible
    assert [
        i for i, front in zip(points["id"], points["front"], strict=True) if front
    ] == outcome.front.ids.tolist()
    group_ids = {i for front in outcome.fronts.values() for i in front.ids.tolist()}
    assert {i for i, front in zip(points["id"], points["group_front"], strict=True) if front} == group_ids
    for i in range(0, len(points["id"]), 97):
        core = model.space.core(points["id"][i])
        assert {key: points[key][i] for key in core} == core
        assert points["outputs"][i] == core.get("outputs")


def test_the_front_is_listed_best_first(finished: Path) -> None:
    lines = (finished / PARETO).read_text().splitlines()
    header, first, *_ = (line.split(",") for line in lines)
    areas = [float(line.split(",")[header.index("area_um2")]) for line in lines[1:]]
    assert areas == sorted(areas)
    assert len(areas) == json.loads((finished / "sweep.json").read_text())["pareto"]
    assert first[header.index("architecture")] in ("lut", "select", "multiplier")


def test_the_summary_recommends_the_cheapest_of_nearly_the_fastest_within_the_budget(finished: Path) -> None:
    points = pq.read_table(finished / POINTS).to_pylist()
    affordable = [p for p in points if p["feasible"] and p["area_um2"] <= 700]
    most = max(p["tokens_per_second"] for p in affordable)
    near = [p for p in affordable if p["tokens_per_second"] >= 0.99 * most]
    chosen = min(near, key=lambda p: p["area_um2"])
    best, target = load_core(finished / "best.toml")
    assert target.clock_mhz == pytest.approx(chosen["clock_mhz"], rel=1e-4)
    assert (best.architecture, best.tables, best.columns, best.group_size) == (
        chosen["architecture"], chosen["tables"], chosen["columns"], chosen["group_size"],
    )  # fmt: skip
    text = (finished / "summary.md").read_text()
    assert (
        f"Within 700 µm² the cheapest design within 1 % of the fastest is a {best.architecture} design"
        in text
    )
    for architecture in {"lut", "select", "multiplier"} - {best.architecture}:
        rivals = [
            p
            for p in points
            if p["feasible"]
            and p["architecture"] == architecture
            and p["tokens_per_second"] >= chosen["tokens_per_second"]
        ]
        if rivals:
            saving = 1 - chosen["area_um2"] / min(p["area_um2"] for p in rivals)
            assert f"{100 * saving:.1f} % less area than the cheapest {architecture} core" in text


def test_no_path_of_the_machine_is_in_the_results(finished: Path) -> None:
    for name in FILES:
        if name.endswith((".parquet", ".png")):
            continue
        assert str(finished.parent) not in (finished / name).read_text(encoding="utf-8")


def test_the_report_can_be_written_again(finished: Path) -> None:
    before = {
        name: (finished / name).read_bytes()
        for name in ("report.html", "pareto.csv", "summary.md", "pareto.svg")
    }
    for name in before:
        (finished / name).unlink()
    report(finished)
    assert {name: (finished / name).read_bytes() for name in before} == before


def test_a_large_space_leaves_its_fronts_and_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dse.sweep.results.points.MOST_ROWS", 100)
    monkeypatch.setattr("dse.sweep.results.points.SAMPLE_ROWS", 50)
    finished = sweep(spec_file(tmp_path), tmp_path / "out")
    model = model_of(small())
    outcome = run(model, Grid.of(model))
    points = pq.read_table(finished.directory / POINTS).to_pydict()
    assert not finished.results.complete
    assert len(points["id"]) < outcome.cores / 2
    assert [
        i for i, front in zip(points["id"], points["front"], strict=True) if front
    ] == outcome.front.ids.tolist()


def test_directories_that_hold_no_sweep_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no finished sweep"):
        report(tmp_path)


# Interruptions -------------------------------------------------------------------------------------------


SLOWLY = [sys.executable, Path(__file__).with_name("slow_sweep.py")]


def interrupted(spec: Path, out: Path, workers: int, with_signal: int) -> subprocess.CompletedProcess[str]:
    """A sweep that gets a signal when its first chunks are done, waited for with all its processes."""
    command = [*SLOWLY, "sweep", spec, "-o", out, "--workers", str(workers)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=noted(out)
    )  # fmt: skip
    while len(list(out.glob(".checkpoint/chunk-*.npz"))) < 3 and process.poll() is None:
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.1))
    process.send_signal(with_signal)
    stdout, stderr = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def noted(out: Path) -> dict[str, str]:
    """An environment in which the chunks that are judged are noted beside ``out``."""
    return {**os.environ, "JUDGED": str(out.with_name("judged")), "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.exhaustive), 2])
def test_a_killed_sweep_goes_on_where_it_was_and_repeats_at_most_one_chunk_a_worker(
    finished: Path, tmp_path: Path, workers: int
) -> None:
    spec, out = spec_file(tmp_path), tmp_path / "out"
    killed = interrupted(spec, out, workers, signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    assert {path.name for path in out.iterdir()} == {".checkpoint"}
    assert 3 <= len(list(out.glob(".checkpoint/chunk-*.npz"))) < 40
    command = [*SLOWLY, "sweep", spec, "-o", out, "--workers", str(workers), "--resume", "--json"]
    resumed = subprocess.run(command, capture_output=True, text=True, check=False, env=noted(out))
    assert resumed.returncode == 0, resumed.stderr
    assert {path.name for path in out.iterdir()} == FILES
    front = {name: (finished / name).read_bytes() for name in ("pareto.csv", "summary.md", "pareto.svg")}
    assert {name: (out / name).read_bytes() for name in front} == front
    judged = (tmp_path / "judged").read_text().split()
    assert len(judged) - len(set(judged)) <= workers


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_ends_a_sweep_with_one_line_and_keeps_finished_chunks(
    tmp_path: Path, workers: int
) -> None:
    out = tmp_path / "out"
    stopped = interrupted(spec_file(tmp_path), out, workers, signal.SIGINT)
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (130, "", "ternlut: interrupted\n")
    assert {path.name for path in out.iterdir()} == {".checkpoint"}
    assert len(list(out.glob(".checkpoint/chunk-*.npz"))) >= 3
    assert not list(out.rglob("*.partial"))


def test_chunks_that_were_finished_are_not_judged_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(small())
    grid = Grid.of(model, 100, 200)
    whole = run(model, grid, checkpoint=Checkpoint(tmp_path / "c", "same", resume=False))
    for name in ("chunk-00000003.npz", "chunk-00000005.npz"):
        (tmp_path / "c" / name).write_bytes((tmp_path / "c" / name).read_bytes()[:50])
    (tmp_path / "c" / "chunk-00000007.npz").unlink()
    judged = []
    monkeypatch.setattr("dse.engine.judging.judge_chunk", lambda m, g, c: judged.append(c) or JUDGE(m, g, c))
    again = run(model, grid, checkpoint=Checkpoint(tmp_path / "c", "same", resume=True))
    assert judged == [3, 5, 7]
    assert again.passed == whole.passed
    assert again.front.ids.tolist() == whole.front.ids.tolist()


JUDGE = sys.modules["dse.engine.judging"].judge_chunk


def test_the_rate_of_a_resumed_sweep_counts_only_what_it_judged_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, own, last = [0.0], [0], [4]

    def judge(model: Any, grid: Any, chunk: int) -> Any:
        if chunk >= last[0]:
            raise KeyboardInterrupt
        result = JUDGE(model, grid, chunk)
        clock[0] += 1  # A second of a clock of the test's.
        own[0] += result.passed[0]
        return result

    monkeypatch.setattr("dse.engine.judging.judge_chunk", judge)
    monkeypatch.setattr("dse.engine.judging.BLOCK_POINTS", 50)
    monkeypatch.setattr("dse.engine.judging.CHUNK_POINTS", 100)
    monkeypatch.setattr("dse.sweep.run.time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr("dse.sweep.run.report", lambda directory, _: report(directory, pictures=False))
    spec = spec_file(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        sweep(spec, tmp_path / "out")
    assert clock[0] == 4
    before, clock[0], own[0], last[0] = own[0], 100.0, 0, sys.maxsize
    record = sweep(spec, tmp_path / "out", resume=True).results.record
    assert own[0] == record.points - before
    seconds = clock[0] - 100
    assert seconds > 4
    assert record.points_per_second == round(own[0] / seconds)


def test_chunks_of_another_spec_are_not_taken(tmp_path: Path) -> None:
    Checkpoint(tmp_path / ".checkpoint", "other", resume=False)
    with pytest.raises(OutputError, match="another spec or version; run without --resume"):
        sweep(spec_file(tmp_path), tmp_path, resume=True)


# What can be wrong ----------------------------------------------------------------------------------------


def complaint(result: subprocess.CompletedProcess[str], status: int = 2) -> str:
    """The one line on stderr."""
    assert result.returncode == status, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("ternlut: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_an_empty_space_is_an_error_that_says_what_emptied_it(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, constraints=["area_um2 < 1"])
    line = complaint(ternlut("sweep", spec, "-o", tmp_path / "out"))
    assert "the space is empty: none of the" in line
    assert "satisfy area_um2 < 1" in line
    assert list((tmp_path / "out").iterdir()) == []


def test_a_space_without_cores_says_so(tmp_path: Path) -> None:
    axes = {"architecture": ["select"], "group_size": [2], "tables": [1], "columns": [1]}
    spec = spec_file(tmp_path, axes=axes, fixed={})
    assert "none of 1 points are cores" in complaint(ternlut("sweep", spec, "-o", tmp_path / "out"))


def test_a_workload_that_is_too_long_is_refused_before_anything_is_priced(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, fixed={"max_reduction": 249, "outputs": "workload"})
    line = complaint(ternlut("sweep", spec, "-o", tmp_path / "out"))
    assert "layer long (250 → 33) sums 250 activations, max_reduction is 249" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [("axes = [", "not TOML"), ("", "spec.toml: objectives is missing"), (None, "No such file")],
)
def test_a_spec_that_cannot_be_read_is_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    spec = tmp_path / "missing.toml" if text is None else spec_file(tmp_path, text)
    assert said in complaint(ternlut("sweep", spec, "-o", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_output_directory_that_is_a_file_is_refused_and_left(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    line = complaint(ternlut("sweep", spec_file(tmp_path), "-o", out))
    assert "out: is a file, a directory to write into is expected" in line
    assert out.read_text() == "mine"


def test_a_disk_that_takes_no_more_is_one_line_and_no_half_file(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the same system call fails."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    out = tmp_path / "out"
    line = complaint(ternlut("sweep", spec_file(tmp_path), "-o", out, preexec_fn=limit))
    assert "points.parquet: " in line
    assert [path.name for path in out.iterdir() if path.name != ".checkpoint"] == []
    assert not list(out.rglob("*.partial"))


@pytest.mark.parametrize("name", ["pareto.csv", "report.html", "sweep.json"])
def test_a_full_disk_leaves_each_file_whole_or_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = Path.write_text

    def full(self: Path, text: str, **options: Any) -> int:
        if self.name.startswith(f".{name}"):
            real(self, text[: len(text) // 2], **options)
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real(self, text, **options)

    def full_open(self: Path, *arguments: Any, **options: Any) -> Any:
        if self.name.startswith(".pareto.csv") and name == "pareto.csv":
            with real_open(self, *arguments, **options) as file:
                file.write("id,")
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real_open(self, *arguments, **options)

    real_open = Path.open
    monkeypatch.setattr(Path, "open", full_open)
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(TernlutError, match=f"{name}: No space left on device"):
        sweep(spec_file(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out" / name).exists()
    assert not list((tmp_path / "out").rglob("*.partial"))
