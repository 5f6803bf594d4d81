"""Processes that judge chunks: when they are started, and what happens when they are killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from multiprocessing import active_children
from types import SimpleNamespace
from typing import Any

import pytest

from dse.engine.judging import Grid, run
from dse.engine.processes import Processes, WorkersLost
from tests.dse.engine.outcomes import same
from tests.dse.specs import model_of, small

SMALL = model_of(small())


@pytest.fixture
def quick_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that are always worth their start."""
    monkeypatch.setattr("dse.engine.processes.START_SECONDS", 0.0)


@pytest.mark.usefixtures("quick_start")
def test_the_result_does_not_depend_on_the_number_of_processes() -> None:
    grid = Grid.of(SMALL, 128, 256)
    assert same(run(SMALL, grid, executor=Processes(2)), run(SMALL, grid))


def test_processes_are_started_only_where_they_save_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nine chunks left two processes save the time of four and a half, four that of six and more; a start
    takes half a second."""
    clock = [0.0]
    pools: list[tuple[int, list[int]]] = []
    monkeypatch.setattr("dse.engine.processes.time", SimpleNamespace(process_time=lambda: clock[0]))

    def pooled(workers: int, question: Any, todo: list[int]) -> Iterator[tuple[int, int]]:
        pools.append((workers, todo))
        return ((chunk, chunk) for chunk in todo)

    monkeypatch.setattr("dse.engine.processes._pooled", pooled)
    for workers, seconds, chunks, expected in [
        (2, 0.1, 10, []),
        (2, 0.2, 10, [(2, [*range(1, 10)])]),
        (4, 0.1, 10, [(4, [*range(1, 10)])]),
        (1, 9.0, 10, []),
        (2, 9.0, 1, []),
    ]:

        def judge(model: Any, grid: Any, chunk: int, checkpoint: Any, seconds: float = seconds) -> int:
            clock[0] += seconds
            return chunk

        monkeypatch.setattr("dse.engine.processes.judge_and_keep", judge)
        found = Processes(workers).judged(None, None, range(chunks), None)  # type: ignore[arg-type]
        assert [chunk for chunk, _ in found] == [*range(chunks)]
        assert pools == expected
        pools.clear()


@pytest.mark.usefixtures("quick_start")
def test_a_killed_process_loses_nothing() -> None:
    grid = Grid.of(SMALL, 128, 256)
    finished = 0

    def kill_one(points: int) -> None:
        nonlocal finished
        finished += 1
        if finished == 4:
            active_children()[0].kill()

    assert same(run(SMALL, grid, executor=Processes(2), progress=kill_one), run(SMALL, grid))
    assert finished == grid.chunks + 1


@pytest.mark.usefixtures("quick_start")
def test_processes_that_are_always_killed_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dse.engine.processes._enter", os._exit)
    with pytest.raises(WorkersLost, match="killed as soon as they start"):
        list(Processes(2).judged(1, 1, range(8), None))  # type: ignore[arg-type]
