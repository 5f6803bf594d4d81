"""Simulation of a core's real Verilog against the reference: build, run, compare values and timing.

A *session* begins with a reset and runs layers back to back; a simulation runs any number of sessions on one
build in one simulator process. Where no stream pauses, every accepted key and every result must come in
exactly the cycle that the plan says.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import numpy as np
from cocotb_tools.runner import get_runner
from numpy.typing import ArrayLike

from generator.config import CoreConfig
from generator.plan import CorePlan, beat_bits, buffers_of, plan_for
from generator.verilog import emit
from sim.build import SimulationError, build
from sim.dram import Dram
from sim.fields import beat_bytes
from sim.layers import Beats, LayerData, beats_of, evaluated
from sim.recipe import Shared, recipe_for
from sim.session import Session, SimulationResult, Streams, silence_after
from sim.transport import window_of
from sim.verdict import Recording, Verdict

Driver = Literal["lean", "axi"]


def simulate(
    config: CoreConfig,
    activations: ArrayLike,
    weights: ArrayLike,
    scales: ArrayLike | None = None,
    *,
    stalls: float | Streams = 0.0,
    seed: int = 0,
    driver: Driver = "lean",
    waves: Path | None = None,
    expected: ArrayLike | None = None,
    shared: Shared | None = None,
    dram: Dram | None = None,
) -> SimulationResult:
    """Run x[B, N] ``activations`` through W[M, N] ternary ``weights`` on the core's Verilog.

    Groups of weights may have ``scales`` [M, groups].

    Results are held against ``expected`` y[B, M], by default the reference. ``waves`` names an FST file to
    write, ``shared`` what other simulations of the core use too, ``dram`` a memory that the streams wait for.
    Raises ``SimulationError`` where the
    simulation cannot be made or run, and the domain's errors for values and shapes that do not fit; a core
    that computes wrongly is a result, not an error.
    """
    session = Session([LayerData.of(activations, weights, scales)], Streams.of(stalls), seed=seed, dram=dram)
    truth = None if expected is None else [[np.asarray(expected)]]
    return simulate_sessions(config, [session], driver=driver, waves=waves, expected=truth, shared=shared)


def simulate_sessions(
    config: CoreConfig,
    sessions: Sequence[Session],
    *,
    driver: Driver = "lean",
    waves: Path | None = None,
    expected: Sequence[Sequence[ArrayLike]] | None = None,
    shared: Shared | None = None,
) -> SimulationResult:
    """Run ``sessions`` one after the other in one simulator; as ``simulate``, for all of them together."""
    started = time.perf_counter()
    plan = plan_for(config)
    beats = [[beats_of(plan, layer) for layer in session.layers] for session in sessions]
    if expected is None:
        expected = [[evaluated(plan, layer) for layer in session.layers] for session in sessions]
    steps = sum(layer.tiling.steps for session in beats for layer in session)
    emission = shared.emission if shared else emit(config)
    recipe = recipe_for(emission, shared.steps if shared else steps, fast=False, waves=waves is not None)
    executable = build(emission.verilog, emission.top, recipe)
    built = time.perf_counter()

    vectors = [_vectors(plan, session, layers) for session, layers in zip(sessions, beats, strict=True)]
    recordings = run_testbench(executable, {"sessions": vectors, "driver": driver}, waves=waves)
    verdict = Verdict(plan)
    judged = zip(sessions, beats, expected, recordings, strict=True)
    for number, (session, layers, truth, recording) in enumerate(judged):
        where = f"session {number}: " if len(sessions) > 1 else ""
        tilings = [layer.tiling for layer in layers]
        verdict.judge(where, session, tilings, truth, _recording(plan, recording))
    seconds = built - started, time.perf_counter() - built
    return verdict.result(*seconds, waves=waves)


def _recording(plan: CorePlan, recorded: Mapping[str, Any]) -> Recording:
    """A session's recording from what the testbench saved."""
    taken, results = recorded["activation_cycles"], recorded["result_cycles"]
    beats = np.frombuffer(recorded["beats"], dtype=np.uint8).reshape(
        -1, beat_bytes(beat_bits(plan).result, 1)
    )
    return Recording(
        # With cocotbext-axi a beat more may have come than was seen to be taken.
        beats=beats[: len(results)],
        last=np.array(recorded["last"], dtype=np.bool_),
        first_activation=taken[0] if taken else 0,
        last_result=results[-1] if results else 0,
        key_cycles=np.array(recorded["key_cycles"], dtype=np.int64),
        offered_cycles=np.array(recorded["offered_cycles"], dtype=np.int64),
        complaints=recorded["complaints"],
    )


def _vectors(plan: CorePlan, session: Session, layers: Sequence[Beats]) -> dict[str, Any]:
    """A session as the testbench reads it: its layers' beats joined."""
    blocks, position = {}, 0
    for layer in layers:
        tiling = layer.tiling
        for _ in range(tiling.blocks):
            blocks[position] = tiling.n_tiles, tiling.m_tiles
            position += layer.transports.activation.block_transfers
    results = sum(layer.results for layer in layers)
    streams: dict[str, Any] = {}
    for kind in ("activation", "key"):
        distinct = [getattr(layer, f"{kind}_beats") for layer in layers]
        offsets = np.cumsum([0, *(len(own) for own in distinct[:-1])])
        orders = [getattr(layer, f"{kind}_order") + at for layer, at in zip(layers, offsets, strict=True)]
        beats, order = np.concatenate(distinct), array("q", np.concatenate(orders).astype(np.int64).tobytes())
        streams[f"s_axis_{kind}"] = beats.tobytes(), beats.shape[1], order
        streams[f"ends_{kind}"] = _ends(layers, kind)
    return streams | {
        "blocks": blocks,
        "results": results,
        "stop_after": results if session.stop_after is None else session.stop_after,
        "stalls": tuple(session.stalls),
        "delays": tuple(map(int, session.delays)),
        "seed": session.seed,
        "silence": silence_after(plan),
        "dram": None if session.dram is None else astuple(session.dram),
        "readers": _readers(plan, layers),
    }


def _readers(plan: CorePlan, layers: Sequence[Beats]) -> dict[str, tuple[int, int]]:
    """Of each stream the transfers of a packet in memory, and the bytes that are read ahead."""
    buffers, transports = buffers_of(plan), layers[0].transports
    return {
        "s_axis_activation": (transports.activation.transfers, window_of(buffers.activations)),
        "s_axis_key": (transports.key.transfers, window_of(buffers.keys)),
    }


def _ends(layers: Sequence[Beats], kind: str) -> dict[int, int]:
    """Bytes that count in the last transfer of each packet of words, by its number in the stream."""
    ends, position = {}, 0
    for layer in layers:
        transport = getattr(layer.transports, kind)
        if transport.last_bytes:
            for block in range(1, layer.tiling.blocks + 1):
                ends[position + block * transport.transfers - 1] = transport.last_bytes
        position += layer.tiling.blocks * transport.block_transfers
    return ends


def run_testbench(
    executable: Path, vectors: Mapping[str, Any], module: str = "sim.testbench", *, waves: Path | None = None
) -> list[dict[str, Any]]:
    """One run of the simulator with the test bench ``module``; its recordings, of all sessions."""
    with tempfile.TemporaryDirectory(prefix="ternlut-") as scratch:
        directory = Path(scratch)
        given, made, fst = (directory / name for name in ("vectors", "recording", "waves.fst"))
        try:
            given.write_bytes(pickle.dumps(vectors))
        except OSError as error:
            raise SimulationError(f"{directory}: {error.strerror or error}") from None
        complaint = _start(executable, module, directory, given, made, fst if waves else None)
        if not made.exists():
            raise SimulationError(f"the simulator failed: {complaint}")
        if waves is not None:
            try:
                waves.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(fst, waves)
            except OSError as error:
                raise SimulationError(f"{waves}: {error.strerror}") from None
        recordings: list[dict[str, Any]] = pickle.loads(made.read_bytes())
        return recordings


def _start(executable: Path, module: str, directory: Path, given: Path, made: Path, fst: Path | None) -> str:
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
                test_module=module,
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
