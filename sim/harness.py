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
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import numpy as np
from cocotb_tools.runner import get_runner
from numpy.typing import ArrayLike, NDArray

from generator.config import CoreConfig
from generator.plan import CorePlan, plan_for
from generator.verilog import emit
from sim import reference
from sim.build import SimulationError, build
from sim.layers import Beats, Layer, beats_of
from sim.recipe import recipe_for
from sim.session import Session, SimulationResult, Streams, silence_after
from sim.verdict import Recording, Verdict

Driver = Literal["lean", "axi"]


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
    session = Session([Layer.of(activations, weights)], Streams.of(stalls), seed=seed)
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
    emission = emit(config)
    recipe = recipe_for(plan, emission, steps, fast=False, waves=waves is not None)
    executable = build(emission.verilog, emission.top, recipe)
    built = time.perf_counter()

    vectors: dict[str, Any] = {"sessions": len(sessions), "driver": driver}
    for number, (session, layers) in enumerate(zip(sessions, beats, strict=True)):
        vectors |= {f"{number}/{name}": array for name, array in _vectors(plan, session, layers).items()}
    recordings = _run(executable, vectors, waves)
    verdict = Verdict(plan)
    for number, (session, layers, truth) in enumerate(zip(sessions, beats, expected, strict=True)):
        prefix = f"{number}/"
        own = {name.removeprefix(prefix): a for name, a in recordings.items() if name.startswith(prefix)}
        where = f"session {number}: " if len(sessions) > 1 else ""
        verdict.judge(where, session, [layer.tiling for layer in layers], truth, _recording(own))
    seconds = built - started, time.perf_counter() - built
    return verdict.result(*seconds, waves=waves)


def _recording(arrays: Mapping[str, NDArray[Any]]) -> Recording:
    """A session's recording from the arrays that the testbench saved."""
    taken, results = arrays["activation_cycles"], arrays["result_cycles"]
    return Recording(
        # With cocotbext-axi a beat more may have come than was seen to be taken.
        beats=arrays["beats"][: len(results)],
        last=arrays["last"],
        first_activation=int(taken[0]) if len(taken) else 0,
        last_result=int(results[-1]) if len(results) else 0,
        key_cycles=arrays["key_cycles"],
        offered_cycles=arrays["offered_cycles"],
        complaints=[str(line) for line in arrays["complaints"]],
    )


def _vectors(plan: CorePlan, session: Session, layers: Sequence[Beats]) -> dict[str, Any]:
    """A session as the testbench reads it: its layers' beats joined."""
    start, n_tiles, m_tiles, position = [], [], [], 0
    for layer in layers:
        beats = layer.tiling.n_tiles * layer.tiling.restreams
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
        "silence": silence_after(plan),
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
