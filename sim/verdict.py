"""Whether what a simulation recorded is right: values bit for bit, and cycles where no stream paused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.plan import CorePlan, Tiling
from sim.layers import results_of, values_of
from sim.schedule import Schedule
from sim.session import Session, SimulationResult
from sim.tokens.bench import movements_of

AT_ONCE = 1 << 20
"""Beats whose cycles are checked together, which bounds memory for runs of any length."""


class Recording(NamedTuple):
    """What happened on a core's wires in one session.

    ``beats`` [results, bytes] and ``last`` [results] of the result beats that were taken, in which cycle each
    of them was first offered, and in which each key beat was taken; arrays may be mapped from files.
    """

    beats: NDArray[np.uint8]
    last: NDArray[np.bool_]
    first_activation: int
    last_result: int
    key_cycles: NDArray[Any]
    offered_cycles: NDArray[Any]
    complaints: Sequence[str]


class Verdict:
    """What recordings say, added up over sessions."""

    def __init__(self, plan: CorePlan) -> None:
        self.plan = plan
        self.results = self.mismatches = self.cycles = 0
        self.expected_cycles: int | None = 0
        self.latency: int | None = None
        self.failures: list[str] = []
        self.outputs: list[NDArray[np.int64]] = []

    def judge(
        self,
        where: str,
        session: Session,
        tilings: Sequence[Tiling],
        expected: Sequence[ArrayLike],
        recording: Recording,
    ) -> None:
        """Add one session's verdict; ``where`` begins its failures."""
        self.failures += [where + line for line in recording.complaints]
        stopped = session.stop_after is not None
        beats, position = recording.beats, 0
        for number, (tiling, truth) in enumerate(zip(tilings, expected, strict=True)):
            results = tiling.blocks * tiling.m_tiles
            layer_beats = beats[position : position + results]
            if len(layer_beats) == results:
                place = f"{where}layer {number}, " if len(tilings) > 1 else where
                self._values(place, tiling, np.asarray(truth), layer_beats)
                last = recording.last[position : position + results]
                wrong = np.flatnonzero(last != (np.arange(1, results + 1) % tiling.m_tiles == 0))
                if len(wrong):
                    self.failures.append(f"{place}tlast of result beat {wrong[0]} is {int(last[wrong[0]])}")
            elif not stopped:
                self.failures.append(
                    f"{where}layer {number}: {len(layer_beats)} of {results} result beats came"
                )
            position += results
        if not stopped and len(beats) == position:
            self._timing(where, session, tilings, recording)

    def _values(self, place: str, tiling: Tiling, truth: NDArray[Any], beats: NDArray[np.uint8]) -> None:
        tokens, outputs = truth.shape
        values = results_of(self.plan, tiling, outputs, tokens, beats)
        wrong = np.argwhere(values != truth)
        self.outputs.append(values)
        self.results += values.size
        self.mismatches += len(wrong)
        if len(wrong):
            token, output = wrong[0]
            seen, right = (str(values_of(self.plan, y[token, output])) for y in (values, truth))
            if seen == right:
                seen, right = (f"the pattern {y[token, output]:#x}" for y in (values, truth))
            self.failures.append(
                f"{place}y[{token}, {output}] is {seen}, {right} is right"
                f" ({len(wrong)} of {values.size} are wrong)"
            )

    def _timing(self, where: str, session: Session, tilings: Sequence[Tiling], recording: Recording) -> None:
        began = recording.first_activation
        self.cycles += recording.last_result - began + 1
        if self.plan.config.buffers.any or session.dram is not None:
            self._moves(where, session, tilings, recording)
            return
        if not session.full_rate:
            self.expected_cycles = None
            return
        schedule = Schedule(self.plan, tilings)
        first = int(schedule.completed(np.zeros(1, dtype=np.int64))[0])
        self.latency = int(recording.offered_cycles[0]) - began - first
        if self.expected_cycles is not None:
            self.expected_cycles += schedule.cycles
        for what, seen, count, right in (
            ("key", recording.key_cycles, schedule.key_beats, schedule.keys),
            ("result", recording.offered_cycles, schedule.result_beats, schedule.offered),
        ):
            self._hold(where, what, seen, count, right, began)

    def _moves(self, where: str, session: Session, tilings: Sequence[Tiling], recording: Recording) -> None:
        """Holds cycles against the design without its values, which knows pauses and the memory."""
        moved = movements_of(self.plan, tilings, session)
        began = moved.activation[0]
        if self.expected_cycles is not None:
            self.expected_cycles += moved.result[-1] - began + 1
        for what, seen, right in (
            ("key", recording.key_cycles, moved.key),
            ("result", recording.offered_cycles, moved.offered),
        ):
            due = np.array(right, dtype=np.int64) - began
            self._hold(where, what, seen, len(due), due.__getitem__, recording.first_activation)

    def _hold(
        self,
        where: str,
        what: str,
        seen: NDArray[Any],
        count: int,
        right: Callable[[NDArray[np.int64]], NDArray[np.int64]],
        began: int,
    ) -> None:
        """Holds the cycles in which transfers moved against those that are ``right``, by their numbers."""
        if len(seen) != count:
            self.failures.append(f"{where}{len(seen)} {what} beats moved, {count} are right")
            return
        for start in range(0, count, AT_ONCE):
            beats = np.arange(start, min(start + AT_ONCE, count))
            came, due = seen[beats].astype(np.int64) - began, right(beats)
            if (came != due).any():
                at = int(np.flatnonzero(came != due)[0])
                self.failures.append(
                    f"{where}{what} beat {start + at} came {came[at]} cycles after the first"
                    f" activation, {due[at]} is right"
                )
                return

    def result(
        self, build_seconds: float, run_seconds: float, *, waves: Path | None = None
    ) -> SimulationResult:
        """All that was judged, and how long it took."""
        return SimulationResult(
            results=self.results,
            mismatches=self.mismatches,
            cycles=self.cycles,
            expected_cycles=self.expected_cycles,
            latency=self.latency,
            failures=tuple(self.failures),
            outputs=tuple(self.outputs),
            build_seconds=build_seconds,
            run_seconds=run_seconds,
            waves=waves,
            plan=self.plan,
        )
