"""Simulation of a core's real Verilog by a program in C++ around it, for long runs.

As ``sim.harness``, without Python in the loop: beats and results travel in files that are written and read
piece by piece. The program watches the wires, whether values and cycles are right is judged here.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.config import CoreConfig
from generator.plan import CorePlan, Tiling, beat_bits, buffers_of, plan_for
from generator.verilog import emit
from sim.build import SimulationError, build
from sim.dram import Dram
from sim.fields import beat_bytes
from sim.layers import LayerData, activation_chunks, evaluated, key_chunks
from sim.program import DRIVER
from sim.recipe import Shared, recipe_for
from sim.runtime import Runtime
from sim.session import Session, SimulationResult, Streams, silence_after
from sim.transport import transports_of, window_of
from sim.verdict import Recording, Verdict


def simulate_fast(
    config: CoreConfig,
    activations: ArrayLike,
    weights: ArrayLike,
    scales: ArrayLike | None = None,
    *,
    stalls: float | Streams = 0.0,
    seed: int = 0,
    expected: ArrayLike | None = None,
    shared: Shared | None = None,
    dram: Dram | None = None,
) -> SimulationResult:
    """Run x[B, N] ``activations`` through W[M, N] ternary ``weights`` on the core's Verilog.

    Groups of weights may have ``scales`` [M, groups].

    Finds what ``sim.harness.simulate`` finds, to the cycle, and raises the same errors.
    """
    started = time.perf_counter()
    layer, plan = LayerData.of(activations, weights, scales), plan_for(config)
    tiling = Tiling.of(plan, layer.length, layer.outputs, layer.tokens)
    # Begun once the layer is known to fit, to be ready when Verilator is.
    runtime = Runtime(DRIVER)
    session = Session([layer], Streams.of(stalls), seed=seed, dram=dram)
    emission = shared.emission if shared else emit(config)
    recipe = recipe_for(emission, shared.steps if shared else tiling.steps, fast=True)
    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory(prefix="ternlut-") as scratch:
        building = pool.submit(build, emission.verilog, emission.top, recipe, DRIVER, runtime)
        directory = Path(scratch)
        streams = transports_of(plan, tiling)
        _write(directory / "activations.bin", streams.activation.packed(activation_chunks(plan, layer)))
        _write(directory / "keys.bin", streams.key.packed(key_chunks(plan, layer)))
        if expected is None:
            expected = evaluated(plan, layer)
        executable = building.result()
        built = time.perf_counter()
        figures = _run(executable, directory, _options(plan, tiling, session))
        ran = time.perf_counter()
        recording = _recording(plan, tiling, directory, figures)
        verdict = Verdict(plan)
        verdict.judge("", session, [tiling], [np.asarray(expected)], recording)
        return verdict.result(built - started, ran - built)


def _write(path: Path, chunks: Iterable[NDArray[np.uint8]]) -> None:
    try:
        with path.open("wb") as file:
            for beats in chunks:
                file.write(np.ascontiguousarray(beats).data)
    except OSError as error:
        raise SimulationError(f"{path.parent}: {error.strerror or error}") from None


def _options(plan: CorePlan, tiling: Tiling, session: Session) -> dict[str, Any]:
    """The options of the program for a layer, but for its files."""
    activations, keys = transports_of(plan, tiling)
    return {
        "n-tiles": tiling.n_tiles,
        "m-tiles": tiling.m_tiles,
        "blocks": tiling.blocks,
        "restreams": activations.repeats,
        "activation-packet": activations.transfers,
        "activation-last": activations.last_bytes,
        "key-packet": keys.transfers,
        "key-last": keys.last_bytes,
        "result-bytes": beat_bytes(beat_bits(plan).result, 1),
        "silence": silence_after(plan),
        "seed": session.seed % (1 << 64),
        **_memory(plan, session.dram),
        **{f"pause-{name}": probability for name, probability in session.stalls._asdict().items()},
    }


def _memory(plan: CorePlan, dram: Dram | None) -> dict[str, int]:
    """The options of the program for a memory."""
    if dram is None:
        return {}
    buffers = buffers_of(plan)
    return {
        "dram-ticks": dram.ticks_per_byte,
        "dram-latency": dram.latency,
        "dram-burst": dram.burst,
        "activation-window": window_of(buffers.activations),
        "key-window": window_of(buffers.keys),
    }


def _run(executable: Path, directory: Path, options: dict[str, Any]) -> dict[str, Any]:
    """One run of the program in ``directory``; the figures that it prints."""
    files = {"activations", "keys", "results", "key-cycles", "result-cycles"}
    options = options | {name: directory / f"{name}.bin" for name in files}
    command = [str(executable)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise SimulationError(f"the simulator failed: {error.strerror}") from None
    try:
        figures: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        lines = (done.stderr + done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        raise SimulationError(f"the simulator failed: {lines[-1]}") from None
    return figures


def _recording(plan: CorePlan, tiling: Tiling, directory: Path, figures: dict[str, Any]) -> Recording:
    """What the program left in ``directory``, mapped."""
    taken, width = int(figures["result_beats"]), beat_bytes(beat_bits(plan).result, 1)
    # The program itself holds ``tlast`` against the tiles and complains.
    last = np.arange(1, taken + 1) % tiling.m_tiles == 0
    return Recording(
        beats=_mapped(directory / "results.bin", np.uint8).reshape(taken, width),
        last=last,
        first_activation=int(figures["first_activation"]),
        last_result=int(figures["first_activation"]) + int(figures["cycles"]) - 1,
        key_cycles=_mapped(directory / "key-cycles.bin", np.uint64),
        offered_cycles=_mapped(directory / "result-cycles.bin", np.uint64),
        complaints=figures["complaints"],
    )


def _mapped(path: Path, dtype: Any) -> NDArray[Any]:
    """The numbers in a file; an empty one cannot be mapped."""
    return np.memmap(path, dtype=dtype, mode="r") if path.stat().st_size else np.empty(0, dtype=dtype)
