"""Executor on one machine: processes that each take a chunk, judge it and keep the result themselves."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process

from dse.engine.checkpoint import Checkpoint, ChunkResult
from dse.engine.judging import Grid, judge_and_keep
from dse.pricing.model import Model
from generator.errors import TernlutError

START_SECONDS = 0.5
"""Processor time that a process takes until it works; processes have to save more than that."""

MOST_LOSSES = 3
"""Times in a row that processes may be killed without a chunk between them."""


class WorkersLost(TernlutError):
    """Workers are gone, or go again and again; finished chunks are kept."""


@dataclass(frozen=True)
class Processes:
    """``workers`` processes of this machine; where they are not worth their start this one does the work.

    When one is killed, by a system out of memory for example, others judge what it had. ``WorkersLost`` is
    raised when that goes on and on.
    """

    workers: int

    def judged(
        self, model: Model, grid: Grid, todo: Sequence[int], checkpoint: Checkpoint | None
    ) -> Iterator[tuple[int, ChunkResult]]:
        left, began = dict.fromkeys(todo), time.process_time()
        for done, chunk in enumerate(todo):
            if self._worth(len(left), (time.process_time() - began) / max(done, 1)):
                yield from self._by_processes(model, grid, left, checkpoint)
                return
            yield chunk, judge_and_keep(model, grid, chunk, checkpoint)
            del left[chunk]

    def _worth(self, chunks: int, seconds: float) -> bool:
        """Whether processes save more than their start, where each of ``chunks`` takes ``seconds``."""
        workers = min(self.workers, chunks)
        return workers > 1 and chunks * seconds * (1 - 1 / workers) >= START_SECONDS

    def _by_processes(
        self, model: Model, grid: Grid, left: dict[int, None], checkpoint: Checkpoint | None
    ) -> Iterator[tuple[int, ChunkResult]]:
        """The chunks ``left``, by as many processes as there may be."""
        workers = min(self.workers, len(left))
        losses = 0
        while left:
            try:
                for chunk, result in _pooled(workers, (model, grid, checkpoint), list(left)):
                    del left[chunk]
                    losses = 0
                    yield chunk, result
            except BrokenProcessPool:
                losses += 1
                if losses > MOST_LOSSES:
                    raise WorkersLost(
                        "workers are killed as soon as they start, by a lack of memory perhaps; "
                        "finished chunks are kept: go on with --resume and fewer --workers"
                    ) from None


_Question = tuple[Model, Grid, Checkpoint | None]


def _pooled(workers: int, question: _Question, todo: Sequence[int]) -> Iterator[tuple[int, ChunkResult]]:
    """Results of chunks as they finish; workers keep them themselves and need not wait for us."""
    with ProcessPoolExecutor(workers, get_context("spawn"), _enter, question) as pool:
        waiting: dict[Future[ChunkResult], int] = {}
        chunks = iter(todo)
        try:
            while True:
                for chunk in chunks:
                    waiting[pool.submit(_judge, chunk)] = chunk
                    if len(waiting) > 2 * workers:
                        break
                if not waiting:
                    return
                for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(done), done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_entered: _Question | None = None


def _enter(model: Model, grid: Grid, checkpoint: Checkpoint | None) -> None:
    """Makes a process ready for chunks; an interrupt is its parent's business, whose end is its own."""
    global _entered
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _entered = model, grid, checkpoint


def _end_with_parent() -> None:
    """Ends this process when its parent was killed and can tell it nothing any more."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _judge(chunk: int) -> ChunkResult:
    assert _entered is not None
    model, grid, checkpoint = _entered
    return judge_and_keep(model, grid, chunk, checkpoint)
