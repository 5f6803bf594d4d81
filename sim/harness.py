"""Simulation of a core's real Verilog against the reference: build, run, compare values and timing.

A *session* begins with a reset and runs layers back to back; a simulation runs any number of sessions on one
build in one simulator process. Where no stream pauses, every accepted key and every result must come in
exactly the cycle that the plan says.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple
from unittest import mock

import numpy as np
from cocotb_tools.runner import get_runner
from numpy.typing import ArrayLike, NDArray

from generator.config import CoreConfig
from generator.plan import CorePlan, plan_for
from generator.verilog import emit
from sim import reference
from sim.build import SimulationError, build
from sim.layers import Beats, Layer, beats_of, results_of, values_of

Driver = Literal["lean", "axi"]

LONG_RUN = 100_000_000
"""Entries looked through by all fetches, from which on an optimised model repays its longer build."""


class Streams(NamedTuple):
    """A figure for each of the three streams."""

    activation: float = 0.0
    key: float = 0.0
    result: float = 0.0


UNHINDERED = Streams()


@dataclass(frozen=True)
class Session:
    """Layers back to back from one reset.

    ``stalls``: probability that a stream pauses in a cycle. ``delays``: cycles before a stream starts.
    ``stop_after``: give up after so many result beats, which leaves the core in the middle of its work for
    the next session's reset.
    """

    layers: Sequence[Layer]
    stalls: Streams = UNHINDERED
    delays: Streams = UNHINDERED
    seed: int = 0
    stop_after: int | None = None

    @property
    def full_rate(self) -> bool:
        """Whether every cycle is foreseen: no pauses, and keys and the result's taker wait from the start."""
        early = max(self.delays.key, self.delays.result) <= self.delays.activation
        return not any(self.stalls) and early


@dataclass(frozen=True)
class SimulationResult:
    """What a simulation found.

    ``results`` outputs were compared, ``mismatches`` of them were wrong. ``cycles``: clock edges from the one
    that takes the first activation to the one that takes the last result, both counted, ``expected_cycles``
    what the plan says (None where a stream paused), both of all sessions together. ``latency``: edges from a
    taken activation to its result. ``failures``: what is wrong, a line each. ``outputs``: y[B, M] of every
    layer, as simulated: integers, or the bits of floats, for which ``sim.layers.values_of`` has the numbers.
    """

    results: int
    mismatches: int
    cycles: int
    expected_cycles: int | None
    latency: int | None
    failures: tuple[str, ...]
    outputs: tuple[NDArray[np.int64], ...] = field(repr=False)
    build_seconds: float = 0.0
    run_seconds: float = 0.0
    waves: Path | None = None

    @property
    def passed(self) -> bool:
        return not self.mismatches and not self.failures

    @property
    def seconds(self) -> float:
        return self.build_seconds + self.run_seconds

    @property
    def cycles_per_second(self) -> float:
        """Clock cycles simulated a second, start of the simulator included."""
        return self.cycles / self.run_seconds if self.run_seconds else 0.0


def simulate(
    config: CoreConfig,
    activations: ArrayLike,
    weights: ArrayLike,
    *,
    stalls: float | Streams = 0.0,
    seed: int = 0,
    driver: Driver = "lean",
    waves: Path | None = None,
    expected: ArrayLike | None = None,
) -> SimulationResult:
    """Run x[B, N] ``activations`` through W[M, N] ternary ``weights`` on the core's Verilog.

    Results are held against ``expected`` y[B, M], by default the reference. ``waves`` names an FST file to
    write. Raises ``SimulationError`` where the simulation cannot be made or run, and the domain's errors
    for values and shapes that do not fit; a core that computes wrongly is a result, not an error.
    """
    pauses = stalls if isinstance(stalls, Streams) else Streams(stalls, stalls, stalls)
    session = Session([Layer.of(activations, weights)], pauses, seed=seed)
    truth = None if expected is None else [[np.asarray(expected)]]
    return simulate_sessions(config, [session], driver=driver, waves=waves, expected=truth)


def simulate_sessions(
    config: CoreConfig,
    sessions: Sequence[Session],
    *,
    driver: Driver = "lean",
    waves: Path | None = None,
    expected: Sequence[Sequence[ArrayLike]] | None = None,
) -> SimulationResult:
    """Run ``sessions`` one after the other in one simulator; as ``simulate``, for all of them together."""
    started = time.perf_counter()
    plan = plan_for(config)
    beats = [[beats_of(plan, layer) for layer in session.layers] for session in sessions]
    if expected is None:
        expected = [
            [reference.evaluate(plan, layer.activations, layer.weights) for layer in session.layers]
            for session in sessions
        ]
    steps = sum(len(layer.key_order) for session in beats for layer in session)
    work = steps * config.rows * config.columns * config.tables * len(plan.table.entries)
    emission = emit(config)
    executable = build(
        emission.verilog,
        emission.top,
        shared=[name for name in emission.modules if name.startswith(("column_", "table_"))],
        waves=waves is not None,
        optimise=int(work >= LONG_RUN),
    )
    built = time.perf_counter()

    vectors: dict[str, Any] = {"sessions": len(sessions), "driver": driver}
    for number, (session, layers) in enumerate(zip(sessions, beats, strict=True)):
        vectors |= {f"{number}/{name}": array for name, array in _vectors(plan, session, layers).items()}
    recordings = _run(executable, vectors, waves)
    verdict = _Verdict(plan)
    for number, (session, layers, truth) in enumerate(zip(sessions, beats, expected, strict=True)):
        prefix = f"{number}/"
        own = {name.removeprefix(prefix): a for name, a in recordings.items() if name.startswith(prefix)}
        verdict.judge(f"session {number}: " if len(sessions) > 1 else "", session, layers, truth, own)
    return SimulationResult(
        results=verdict.results,
        mismatches=verdict.mismatches,
        cycles=verdict.cycles,
        expected_cycles=verdict.expected_cycles,
        latency=verdict.latency,
        failures=tuple(verdict.failures),
        outputs=tuple(verdict.outputs),
        build_seconds=built - started,
        run_seconds=time.perf_counter() - built,
        waves=waves,
    )


def _vectors(plan: CorePlan, session: Session, layers: Sequence[Beats]) -> dict[str, Any]:
    """A session as the testbench reads it: its layers' beats joined."""
    restreamed = plan.config.dataflow == "output_stationary"
    start, n_tiles, m_tiles, position = [], [], [], 0
    for layer in layers:
        beats = layer.tiling.n_tiles * (layer.tiling.m_tiles if restreamed else 1)
        for _ in range(layer.tiling.blocks):
            start.append(position)
            n_tiles.append(layer.tiling.n_tiles)
            m_tiles.append(layer.tiling.m_tiles)
            position += beats
    results = sum(layer.results for layer in layers)
    joined: dict[str, Any] = {}
    for kind in ("activation", "key"):
        distinct = [getattr(layer, f"{kind}_beats") for layer in layers]
        offsets = np.cumsum([0, *(len(array) for array in distinct[:-1])])
        orders = [getattr(layer, f"{kind}_order") + at for layer, at in zip(layers, offsets, strict=True)]
        joined |= {f"{kind}_beats": np.concatenate(distinct), f"{kind}_order": np.concatenate(orders)}
    return joined | {
        "block_start": np.array(start),
        "n_tiles": np.array(n_tiles),
        "m_tiles": np.array(m_tiles),
        "results": results,
        "stop_after": results if session.stop_after is None else session.stop_after,
        "stalls": np.array(session.stalls),
        "delays": np.array(session.delays),
        "seed": session.seed,
        "silence": 2 * plan.latency_cycles + 4,
    }


def _run(executable: Path, vectors: Mapping[str, Any], waves: Path | None) -> dict[str, NDArray[Any]]:
    """One run of the simulator; the recordings of its sessions."""
    with tempfile.TemporaryDirectory(prefix="ternlut-") as scratch:
        directory = Path(scratch)
        given, made, fst = (directory / name for name in ("vectors.npz", "recording.npz", "waves.fst"))
        try:
            np.savez(given, **vectors)
        except OSError as error:
            raise SimulationError(f"{directory}: {error.strerror or error}") from None
        complaint = _start(executable, directory, given, made, fst if waves else None)
        if not made.exists():
            raise SimulationError(f"the simulator failed: {complaint}")
        if waves is not None:
            try:
                waves.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(fst, waves)
            except OSError as error:
                raise SimulationError(f"{waves}: {error.strerror}") from None
        with np.load(made) as archive:
            return dict(archive)


def _start(executable: Path, directory: Path, given: Path, made: Path, fst: Path | None) -> str:
    """Run the simulator by cocotb's runner; its last complaint, if it has any."""
    environment = {
        "TERNLUT_VECTORS": str(given),
        "TERNLUT_RECORDING": str(made),
        "COCOTB_REWRITE_ASSERTION_FILES": "",
        "COCOTB_ANSI_OUTPUT": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    # Under pytest the runner would take its own report as ours, and WAVES overrides what we ask for.
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTEST_CURRENT_TEST", "WAVES", "GUI")}
    log = directory / "simulation.log"
    try:
        with mock.patch.dict(os.environ, inherited, clear=True):
            get_runner("verilator").test(
                test_module="sim.testbench",
                hdl_toplevel=executable.name,
                hdl_toplevel_lang="verilog",
                build_dir=executable.parent,
                test_dir=directory,
                results_xml=str(directory / "results.xml"),
                log_file=log,
                extra_env=environment,
                test_args=["--trace-file", str(fst)] if fst else [],
                plusargs=["+verilator+rand+reset+2", "+verilator+seed+1"],
                waves=fst is not None,
            )
    except (SystemExit, RuntimeError):
        return _complaint(log)
    except (ValueError, OSError) as error:
        return str(error)
    return _complaint(log)


def _complaint(log: Path) -> str:
    """The line of a simulator's log that tells what went wrong."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    lines = [line.strip() for line in lines if line.strip()]
    errors = [line for line in lines if "Error" in line or "error" in line]
    return (errors or lines or ["no message"])[-1]


class _Verdict:
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
        layers: Sequence[Beats],
        expected: Sequence[ArrayLike],
        recording: Mapping[str, NDArray[Any]],
    ) -> None:
        """Add one session's verdict; ``where`` begins its failures."""
        self.failures += [where + str(line) for line in recording["complaints"]]
        stopped = session.stop_after is not None
        beats, position = recording["beats"][: len(recording["result_cycles"])], 0
        for number, (layer, truth) in enumerate(zip(layers, expected, strict=True)):
            own = beats[position : position + layer.results]
            if len(own) == layer.results:
                place = f"{where}layer {number}, " if len(layers) > 1 else where
                self._values(place, layer, np.asarray(truth), own)
                last = recording["last"][position : position + layer.results]
                if (last != layer.last).any():
                    beat = int(np.flatnonzero(last != layer.last)[0])
                    self.failures.append(f"{place}tlast of result beat {beat} is {int(last[beat])}")
            elif not stopped:
                self.failures.append(
                    f"{where}layer {number}: {len(own)} of {layer.results} result beats came"
                )
            position += layer.results
        if not stopped and len(beats) == position:
            self._timing(where, session, layers, recording)

    def _values(self, place: str, layer: Beats, truth: NDArray[Any], beats: NDArray[np.uint8]) -> None:
        tokens, outputs = truth.shape
        values = results_of(self.plan, layer.tiling, outputs, tokens, beats)
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

    def _timing(
        self,
        where: str,
        session: Session,
        layers: Sequence[Beats],
        recording: Mapping[str, NDArray[Any]],
    ) -> None:
        taken, keys = recording["activation_cycles"], recording["key_cycles"]
        offered, results = recording["offered_cycles"], recording["result_cycles"]
        self.cycles += int(results[-1] - taken[0]) + 1
        if not session.full_rate:
            self.expected_cycles = None
            return
        plan = self.plan
        # Cycles in which tiles are accepted, counted from the first.
        accepted, key_steps, finished = [], [], []
        step = cycle = 0
        for layer in layers:
            tiling = layer.tiling
            steps = np.arange(tiling.steps)
            accepted.append(cycle + steps + tiling.pause_cycles * (steps // tiling.burst))
            key_steps.append(step + layer.key_steps)
            finished.append(step + layer.result_steps)
            step += tiling.steps
            cycle += tiling.steps + tiling.pause_cycles * (tiling.steps // tiling.burst)
        accept, key_step = np.concatenate(accepted), np.concatenate(key_steps)
        result = accept[np.concatenate(finished)]
        # A key is taken while the tile that is as many steps ahead as the pipeline is long is accepted.
        ahead = key_step - plan.pipeline_stages
        key = np.where(ahead < 0, key_step, accept[np.maximum(ahead, 0)] + plan.pipeline_stages)
        self.latency = int(offered[0] - result[0] - taken[0])
        if self.expected_cycles is not None:
            self.expected_cycles += int(result[-1]) + plan.latency_cycles + 1
        for what, seen, right in (
            ("key", keys, taken[0] + plan.table_stages + key),
            ("result", offered, taken[0] + plan.latency_cycles + result),
        ):
            if len(seen) != len(right):
                self.failures.append(f"{where}{len(seen)} {what} beats moved, {len(right)} are right")
            elif (seen != right).any():
                beat = int(np.flatnonzero(seen != right)[0])
                self.failures.append(
                    f"{where}{what} beat {beat} came {seen[beat] - taken[0]} cycles after the first"
                    f" activation, {right[beat] - taken[0]} is right"
                )
