"""Sweeps on a Dask cluster: the same fronts, whoever is killed, and one line for what is wrong with it."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dse.engine import cluster as cluster_module
from dse.engine import judging
from dse.engine.cluster import ClusterError, connected
from dse.engine.judging import Grid, Outcome, run
from dse.sweep.run import sweep
from generator.parts import MissingPartError
from tests.dse.engine.outcomes import same
from tests.dse.running import Run
from tests.dse.specs import model_of, small, spec_file
from tests.dse.sweep import slow_sweep
from tests.dse.sweep.test_sweep import FILES, SLOWLY, noted

distributed = pytest.importorskip("distributed")

SMALL = model_of(small())
GRID = Grid.of(SMALL, 64, 128)


@pytest.fixture(scope="module")
def dask() -> Iterator[Any]:
    """A cluster of two processes of one thread, as ``dask worker`` starts them."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def alone() -> Outcome:
    return run(SMALL, GRID)


def on_every(dask: Any, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """What a function returns on every worker, when all two are there."""
    with distributed.Client(dask, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=30)
        return dict(client.run(function, *arguments))


def test_a_cluster_finds_what_one_process_finds(dask: Any, alone: Outcome) -> None:
    with connected(dask.scheduler_address) as executor:
        assert same(run(SMALL, GRID, executor=executor), alone)
    assert on_every(dask, questions) == dict.fromkeys(on_every(dask, os.getpid), 0)


def questions() -> int:
    """How many sweeps a worker remembers."""
    return len(cluster_module._questions)


@pytest.mark.parametrize("victims", [1, 2])
def test_killed_workers_lose_nothing(dask: Any, alone: Outcome, victims: int) -> None:
    pids = list(on_every(dask, os.getpid).values())[:victims]
    finished = 0

    def kill(points: int) -> None:
        nonlocal finished
        finished += 1
        if finished == 5:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

    with connected(dask.scheduler_address) as executor:
        assert same(run(SMALL, GRID, executor=executor, progress=kill), alone)
    assert finished == GRID.chunks + 1


def test_a_killed_sweep_on_a_cluster_repeats_at_most_one_chunk_a_worker(
    dask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, judged, spec = tmp_path / "out", tmp_path / "judged", spec_file(tmp_path)
    on_every(dask, note_chunks, str(judged))
    try:
        command = [*SLOWLY, "sweep", spec, "-o", out, "--scheduler", dask.scheduler_address]
        process = subprocess.Popen(command, env=noted(out))
        while len(list(out.glob(".checkpoint/chunk-*.npz"))) < 5 and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert 5 <= len(list(out.glob(".checkpoint/chunk-*.npz"))) < 40
        monkeypatch.setattr(judging, "BLOCK_POINTS", 50)
        monkeypatch.setattr(judging, "CHUNK_POINTS", 100)
        with connected(dask.scheduler_address) as executor:
            sweep(spec, out, executor=executor, resume=True)
        assert {path.name for path in out.iterdir()} == FILES
        chunks = judged.read_text().split()
        assert len(chunks) - len(set(chunks)) <= 2
    finally:
        on_every(dask, note_chunks, "")


def note_chunks(path: str) -> None:
    """Makes a worker note the chunks that it judges, as those of ``slow_sweep`` are noted."""
    os.environ["JUDGED"] = path
    cluster_module.judge_chunk = slow_sweep.noted_judge if path else judging.judge_chunk  # type: ignore[attr-defined]


def test_workers_of_another_version_are_refused(dask: Any) -> None:
    on_every(dask, pretend, "0.0.1")
    try:
        with (
            connected(dask.scheduler_address) as executor,
            pytest.raises(ClusterError, match=r"has ternlut 0\.0\.1, "),
        ):
            run(SMALL, GRID, executor=executor)
    finally:
        on_every(dask, pretend, None)


def test_workers_without_ternlut_are_refused(dask: Any) -> None:
    on_every(dask, pretend, "")
    try:
        with (
            connected(dask.scheduler_address) as executor,
            pytest.raises(ClusterError, match="has no ternlut, version "),
        ):
            run(SMALL, GRID, executor=executor)
    finally:
        on_every(dask, pretend, None)


REAL_VERSION = importlib.metadata.version


def pretend(version: str | None) -> None:
    """Makes a worker say that it has some version of everything, or nothing at all; None undoes it."""

    def told(name: str) -> str:
        if not version:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    importlib.metadata.version = REAL_VERSION if version is None else told


# Clusters that cannot be used -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["nowhere", "host:", "host:0", "host:99999", "http://host:80", "a b:8786", ""]
)
def test_an_address_that_is_none_is_refused(ternlut: Run, tmp_path: Path, address: str) -> None:
    result = ternlut("sweep", spec_file(tmp_path), "-o", tmp_path / "out", "--scheduler", address)
    assert "HOST:PORT or tcp://HOST:PORT is expected" in result.complaint
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_is_one_line(
    ternlut: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 1)
    result = ternlut("sweep", spec_file(tmp_path), "-o", tmp_path / "out", "--scheduler", "127.0.0.1:1")
    assert "--scheduler 127.0.0.1:1: no Dask scheduler answers there" in result.complaint


def test_workers_and_a_scheduler_do_not_go_together(ternlut: Run, tmp_path: Path) -> None:
    options = ("--workers", 2, "--scheduler", "127.0.0.1:1")
    assert "--workers and --scheduler" in ternlut("sweep", spec_file(tmp_path), *options).complaint


def test_a_missing_dask_is_told_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(MissingPartError, match=r"pip install 'ternlut\[cluster\]'"),
        connected("127.0.0.1:8786"),
    ):
        pass


def test_a_cluster_without_workers_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "PATIENCE_SECONDS", 0.1)
    with (
        distributed.LocalCluster(n_workers=0, protocol="tcp://", dashboard_address=":0") as cluster,
        connected(f"localhost:{cluster.scheduler.port}") as executor,
        pytest.raises(ClusterError, match="has no workers"),
    ):
        run(SMALL, GRID, executor=executor)
