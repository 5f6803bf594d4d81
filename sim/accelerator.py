"""Lists of layers on an accelerator's Verilog, held against the reference: a processor, a memory, a bus."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.config import CoreConfig
from generator.errors import WorkloadError
from generator.plan import plan_for
from generator.plan.accelerator import BURST_WORDS, AcceleratorPlan, accelerator_plan
from generator.plan.registers import ERROR_MEANINGS, REGISTERS, ErrorCode
from generator.verilog import emit
from sim.build import build
from sim.harness import run_testbench
from sim.layers import LayerData, evaluated, key_chunks
from sim.memory_image import LayerShape, MemoryMap, activation_octets, descriptor, lay_out, results_in
from sim.recipe import Shared, recipe_for
from sim.session import SimulationResult

FILL = 0xA5
"""What is in memory where results are expected, before they come."""
PATIENCE = 20
"""Cycles that a word of the bus may take on average, before a run is given up."""


@dataclass(frozen=True)
class ListRun:
    """A list of ``layers`` that an accelerator works off.

    ``stalls``: probability that a channel of the bus pauses in a cycle. ``latency``: cycles that the memory
    takes for a read. ``base``: where the list begins in memory. ``broken``: (first byte, end, whether there
    is nothing, DECERR, or it fails, SLVERR). ``changes``: what fields of which descriptors are instead.
    ``reset``: whether it is reset again before.
    """

    layers: Sequence[LayerData]
    stalls: float = 0.0
    latency: int = 0
    seed: int = 0
    base: int = 0
    broken: Sequence[tuple[int, int, bool]] = ()
    changes: dict[int, dict[str, int | float]] = field(default_factory=dict)
    reset: bool = False


@dataclass(frozen=True)
class ListResult:
    """What came of a run: y[B, M] of each layer as the memory has it then, and what the registers say.

    ``reads``: the cycles in which a word was read. ``overwritten``: bytes beyond the results that changed.
    """

    outputs: tuple[NDArray[np.int64], ...]
    expected: tuple[NDArray[np.int64], ...]
    registers: dict[str, int]
    complaints: tuple[str, ...]
    reads: NDArray[np.int64]
    most_outstanding: int
    overwritten: int

    @property
    def mismatches(self) -> int:
        pairs = zip(self.outputs, self.expected, strict=True)
        return sum(int((seen != right).sum()) for seen, right in pairs)


def shape_of(layer: LayerData) -> LayerShape:
    """N, M and B of ``layer``."""
    return LayerShape(layer.length, layer.outputs, layer.tokens)


def simulate_accelerator(
    config: CoreConfig,
    layer: LayerData,
    *,
    stalls: float = 0.0,
    seed: int = 0,
    waves: Path | None = None,
    expected: ArrayLike | None = None,
    shared: Shared | None = None,
) -> SimulationResult:
    """Run ``layer`` on the accelerator of ``config``, as a list of one descriptor.

    As ``sim.run.simulate`` has it; how many cycles it takes depends on the memory, so none are expected.
    """
    run = ListRun([layer], stalls=stalls, seed=seed)
    (result,), *seconds = run_lists(config, [run], waves=waves, shared=shared)
    (seen,), (right,) = result.outputs, result.expected
    right = right if expected is None else np.asarray(expected)
    failures = list(result.complaints)
    if error := result.registers["error"]:
        failures.append(f"it stopped with error {error}: {ERROR_MEANINGS[ErrorCode(error)]}")
    wrong = np.argwhere(seen != right)
    if len(wrong):
        token, output = wrong[0]
        failures.append(
            f"y[{token}, {output}] is {seen[token, output]:#x}, {right[token, output]:#x} is right"
            f" ({len(wrong)} of {seen.size} are wrong)"
        )
    if result.overwritten:
        failures.append(f"{result.overwritten} bytes beside the results were written")
    return SimulationResult(
        results=seen.size,
        mismatches=len(wrong),
        cycles=result.registers["busy_cycles"],
        expected_cycles=None,
        latency=None,
        failures=tuple(failures),
        outputs=result.outputs,
        build_seconds=seconds[0],
        run_seconds=seconds[1],
        waves=waves,
        plan=plan_for(config),
    )


def run_lists(
    config: CoreConfig, runs: Sequence[ListRun], *, waves: Path | None = None, shared: Shared | None = None
) -> tuple[list[ListResult], float, float]:
    """What comes of ``runs``, one after the other, and the seconds that building and running took.

    Raises ``SimulationError`` where the simulation cannot be made or run, ``WorkloadError`` for a layer that
    the core cannot run.
    """
    if config.wrapper != "axi":
        raise WorkloadError(f"wrapper = {config.wrapper!r}: lists of layers are for 'axi'")
    started = time.perf_counter()
    axi = accelerator_plan(plan_for(config))
    maps = [lay_out(axi, [shape_of(layer) for layer in run.layers], run.base) for run in runs]
    vectors = [_vectors(axi, run, where) for run, where in zip(runs, maps, strict=True)]
    steps = sum(run["patience"] for run in vectors) // PATIENCE
    emission = shared.emission if shared else emit(config)
    recipe = recipe_for(emission, shared.steps if shared else steps, fast=False, waves=waves is not None)
    executable = build(emission.verilog, emission.top, recipe)
    built = time.perf_counter()
    ends = [address + len(octets) for run in vectors for address, octets in run["memory"]]
    recordings = run_testbench(
        executable,
        {
            "runs": vectors,
            "registers": {register.name: register.offset for register in REGISTERS},
            "burst_words": BURST_WORDS,
            "memory_bytes": 1 << max(16, max(ends).bit_length()),
        },
        "sim.accelerator_bench",
        waves=waves,
    )
    results = [
        _result(axi, run.layers, where, recording)
        for run, where, recording in zip(runs, maps, recordings, strict=True)
    ]
    return results, built - started, time.perf_counter() - built


def _vectors(axi: AcceleratorPlan, run: ListRun, where: MemoryMap) -> dict[str, Any]:
    """A run as the test bench reads it."""
    memory, dumps, words = [], [], 0
    table = bytearray()
    for number, (layer, place) in enumerate(zip(run.layers, where.layers, strict=True)):
        table += descriptor(place.fields | run.changes.get(number, {}))
        keys = np.concatenate(list(key_chunks(axi.core, layer))).tobytes()
        activations = activation_octets(axi, layer, place.activation_stride).tobytes()
        size = place.blocks * place.result_stride
        memory += [
            (place.keys, keys), (place.activations, activations), (place.results, bytes([FILL]) * size),
        ]  # fmt: skip
        dumps.append((place.results, size))
        tiling = axi.layer(*place.shape).tiling
        octets = place.blocks * len(keys) + tiling.restreams * len(activations) + size
        words += tiling.steps + octets // axi.bus_bytes
    return {
        "memory": [(run.base, bytes(table)), *memory],
        "dumps": dumps,
        "descriptors": run.base,
        "count": len(run.layers),
        "stalls": run.stalls,
        "latency": run.latency,
        "seed": run.seed,
        "broken": list(run.broken),
        "reset": run.reset,
        "patience": 2000 + PATIENCE * words + 20 * run.latency * (1 + words // BURST_WORDS),
    }


def _result(
    axi: AcceleratorPlan, layers: Sequence[LayerData], where: MemoryMap, recording: dict[str, Any]
) -> ListResult:
    outputs, overwritten = [], 0
    for place, octets in zip(where.layers, recording["dumps"], strict=True):
        stride = place.result_stride
        outputs.append(results_in(axi, octets, place.shape, stride))
        used = axi.layer(*place.shape).results
        rest = np.frombuffer(octets, dtype=np.uint8).reshape(place.blocks, stride)[:, used:]
        overwritten += int((rest != FILL).sum())
    return ListResult(
        outputs=tuple(outputs),
        expected=tuple(evaluated(axi.core, layer) for layer in layers),
        registers=recording["registers"],
        complaints=tuple(recording["complaints"]),
        reads=np.array(recording["reads"], dtype=np.int64),
        most_outstanding=recording["most_outstanding"],
        overwritten=overwritten,
    )
