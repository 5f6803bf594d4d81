"""Executor on a Dask cluster: workers on any machines, sent the question once and then chunk by chunk.

Every worker thread has one chunk at a time, of our choosing: its result is in the checkpoint before it gets
the next, so an end at any moment costs at most one chunk a thread. Workers may come and go; what one that is
gone had not finished is given to another.
"""

from __future__ import annotations

import logging
import pickle
import re
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dse.engine.checkpoint import Checkpoint, ChunkResult
from dse.engine.judging import Grid, judge_chunk
from dse.pricing.model import Model
from generator.errors import TernlutError
from generator.parts import require

CONNECT_SECONDS = 5
"""How long a scheduler may take to answer."""

REFRESH_SECONDS = 1.0
"""How often the cluster is asked who is there."""

PATIENCE_SECONDS = 30
"""How long a sweep waits for a first worker, or for another when all are gone."""

FETCH_SECONDS = 2.0
"""How long a result may be on its way before its worker's presence is doubted; twice that the next time."""

MOST_LOSSES = 3
"""Workers that may be lost over one chunk before it is to blame."""

_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss)://)?(?:\[[0-9a-fA-F:]+\]|[^\s/:\[\]]+):(\d{1,5})")


class ClusterError(TernlutError):
    """The cluster cannot be reached, lacks workers or has such as cannot be used."""


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The executor on the cluster whose scheduler is at ``address``, ``HOST:PORT`` or ``tcp://HOST:PORT``.

    Raises ``ClusterError`` for an address that is none and a scheduler that does not answer within seconds,
    ``MissingPartError`` where Dask is not installed.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match[1]) < 1 << 16:
        raise ClusterError(f"--scheduler {address}: HOST:PORT or tcp://HOST:PORT is expected")
    require("cluster", "--scheduler")
    import dask
    from distributed import Client

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with dask.config.set({"distributed.comm.timeouts.connect": CONNECT_SECONDS}):
        try:
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="ternlut")
        except (OSError, ValueError) as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ClusterError(f"--scheduler {address}: no Dask scheduler answers there ({why})") from None
        try:
            yield Cluster(client, address)
        finally:
            with suppress(Exception):
                client.close(timeout=2)


@dataclass
class Cluster:
    """The workers of a Dask scheduler, through ``client``."""

    client: Any
    address: str

    def judged(
        self, model: Model, grid: Grid, todo: Sequence[int], checkpoint: Checkpoint | None
    ) -> Iterator[tuple[int, ChunkResult]]:
        """Raises ``ClusterError`` for workers without this version of ternlut, and when all are gone."""
        if not todo:
            return
        dispatcher = _Dispatcher(self.client, self.address, pickle.dumps((model, grid)), deque(todo))
        try:
            dispatcher.refresh_workers()
            while dispatcher.left or dispatcher.tasks:
                dispatcher.submit_chunks()
                dispatcher.wait()
                for task in list(dispatcher.tasks):
                    if task.status == "pending":
                        continue
                    chunk, _ = dispatcher.tasks[task]
                    result = dispatcher.result_of(task)
                    if result is None:
                        continue
                    if checkpoint:
                        checkpoint.save(chunk, result)
                    dispatcher.submit_chunks()
                    yield chunk, result
        finally:
            dispatcher.end()


@dataclass
class _Dispatcher:
    """One sweep's work on a cluster: who is there, who does what, what is left."""

    client: Any
    address: str
    question: bytes
    left: deque[int]
    name: str = field(default_factory=lambda: f"ternlut-{uuid.uuid4().hex}")
    threads: dict[str, int] = field(default_factory=dict)
    """Of each worker that knows the question."""
    refused: set[str] = field(default_factory=set)
    """Workers that came later and cannot be used."""
    tasks: dict[Any, tuple[int, str]] = field(default_factory=dict)
    """Of each task, its chunk and worker."""
    losses: Counter[int] = field(default_factory=Counter)
    refreshed: float = 0.0
    """When the workers were last looked up, by the monotonic clock."""

    def refresh_workers(self) -> None:
        """Looks up the workers: sends new ones the question, takes back the chunks of those that are gone."""
        first = not self.refreshed
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            here = self._present()
            self.threads = {worker: here[worker] for worker in self.threads if worker in here}
            for task, (_, worker) in list(self.tasks.items()):
                if worker not in here and task.status != "finished":
                    self._lose(task)
            new = [worker for worker in here if worker not in self.threads and worker not in self.refused]
            for worker, complaint in self._prepared(new).items():
                if complaint is None:
                    self.threads[worker] = here[worker]
                elif first:
                    raise ClusterError(complaint)
                else:
                    self.refused.add(worker)
            if self.threads:
                self.refreshed = time.monotonic()
                return
            if time.monotonic() > deadline:
                which = "has no workers" if first else "has lost all its workers"
                raise ClusterError(f"--scheduler {self.address}: {which}; {KEPT}")
            time.sleep(0.2)

    def submit_chunks(self) -> None:
        """Gives every idle thread a chunk."""
        busy = Counter(worker for _, worker in self.tasks.values())
        for worker, threads in self.threads.items():
            for _ in range(threads - busy[worker]):
                if not self.left:
                    return
                chunk = self.left.popleft()
                task = self.client.submit(_judge, self.name, chunk, workers=[worker], pure=False)
                self.tasks[task] = chunk, worker

    def wait(self) -> None:
        """Until a task has ended, or workers have to be looked up again."""
        from distributed import wait

        with suppress(TimeoutError, CancelledError), self.client.as_current():
            wait(list(self.tasks), timeout=REFRESH_SECONDS, return_when="FIRST_COMPLETED")
        if time.monotonic() - self.refreshed >= REFRESH_SECONDS:
            self.refresh_workers()

    def result_of(self, task: Any) -> ChunkResult | None:
        """What a task that has ended found; None where that was lost with its worker, and is left again."""
        from distributed import KilledWorker

        worker, patience = self.tasks[task][1], FETCH_SECONDS
        while task.status == "finished":
            try:
                result: ChunkResult = task.result(timeout=patience)
            except TimeoutError:
                if worker not in self._present():
                    break
                patience *= 2
            except CancelledError:
                break
            else:
                del self.tasks[task]
                return result
        if task.status == "error" and not isinstance(error := task.exception(), KilledWorker):
            raise error
        self._lose(task)
        return None

    def end(self) -> None:
        """Leaves nothing on the cluster."""
        with suppress(Exception):
            self.client.cancel(list(self.tasks), force=True)
            self.client.run(_forget, self.name, workers=list(self.threads), on_error="ignore")

    def _lose(self, task: Any) -> None:
        """Leaves a task's chunk to be judged by another worker."""
        chunk, _ = self.tasks.pop(task)
        with suppress(Exception):
            task.cancel(force=True)
        self.losses[chunk] += 1
        if self.losses[chunk] > MOST_LOSSES:
            raise ClusterError(
                f"--scheduler {self.address}: {self.losses[chunk]} workers were lost over the same chunk, "
                f"by a lack of memory perhaps; {KEPT}"
            )
        self.left.appendleft(chunk)

    def _present(self) -> dict[str, int]:
        """The number of threads of every worker that is there."""
        try:
            return dict(self.client.nthreads())
        except (OSError, CancelledError, TimeoutError):
            raise ClusterError(f"--scheduler {self.address}: the scheduler is gone; {KEPT}") from None

    def _prepared(self, workers: list[str]) -> dict[str, str | None]:
        """Sends ``workers`` the question; what is wrong with each, without those that went meanwhile."""
        if not workers:
            return {}
        ours = version("ternlut")
        complaints: dict[str, str | None] = {}
        for worker, theirs in self._run(version, "ternlut", workers=workers).items():
            if isinstance(theirs, PackageNotFoundError):
                complaints[worker] = f"worker {worker} has no ternlut, version {ours} is needed there"
            elif isinstance(theirs, str):
                complaints[worker] = (
                    None if theirs == ours else f"worker {worker} has ternlut {theirs}, {ours} is needed"
                )
        able = [worker for worker, complaint in complaints.items() if complaint is None]
        for worker, error in self._run(_learn, self.name, self.question, workers=able).items():
            if isinstance(error, OSError):
                del complaints[worker]
            elif error is not None:
                complaints[worker] = f"worker {worker} cannot be used: {type(error).__name__}: {error}"
        return complaints

    def _run(self, function: Any, *arguments: Any, workers: list[str]) -> dict[str, Any]:
        """What ``function`` returns, or the error it raises, on each of ``workers``."""
        if not workers:
            return {}
        try:
            return dict(self.client.run(function, *arguments, workers=workers, on_error="return"))
        except (OSError, CancelledError):
            return {}


KEPT = "finished chunks are kept, go on with --resume"


# What runs on a worker ------------------------------------------------------------------------------------

_MOST_QUESTIONS = 8
"""Questions that a worker remembers: those of sweeps that were killed are never taken back."""

_questions: dict[str, tuple[Model, Grid]] = {}


def _learn(name: str, question: bytes) -> None:
    """Makes this worker ready for chunks of the sweep ``name``."""
    while len(_questions) >= _MOST_QUESTIONS:
        _questions.pop(next(iter(_questions)), None)
    _questions[name] = pickle.loads(question)


def _judge(name: str, chunk: int) -> ChunkResult:
    return judge_chunk(*_questions[name], chunk)


def _forget(name: str) -> None:
    _questions.pop(name, None)
