"""Accelerators: lists of layers in a third-party memory, bit for bit against numpy, on a watched bus."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from generator.config import CoreConfig
from generator.plan import plan_for
from generator.plan.accelerator import BURST_WORDS, accelerator_plan
from generator.plan.registers import DESCRIPTOR_BYTES, ErrorCode
from sim.accelerator import ListResult, ListRun, run_lists, shape_of
from sim.layers import LayerData
from sim.memory_image import lay_out
from tests.rtl.cores import layers_for, random_config, random_float_config, truth

NARROW: dict[str, Any] = {"group_size": 3, "tables": 2, "columns": 3, "max_reduction": 300, "wrapper": "axi"}
"""Several beats of each stream go into a word of the bus, and not all begin with one."""
WIDE_ARRAY: dict[str, Any] = {
    "architecture": "select", "activation": "fp16", "datapath": "exact", "tables": 3, "columns": 9, "rows": 2,
    "cores": 2, "split": "inputs", "max_reduction": 300, "dataflow": "table_stationary", "outputs": 60,
    "wrapper": "axi", "buffers": {"keys": 4, "bus_bits": 64},
}  # fmt: skip
"""Beats take several words of the bus, and end within one; results have a bit that says they are invalid."""
BUFFERED: dict[str, Any] = {
    "group_size": 2, "tables": 4, "columns": 4, "rows": 2, "max_reduction": 200,
    "cores": 3, "wrapper": "axi", "buffers": {"activations": True, "keys": 16, "bus_bits": 512},
}  # fmt: skip


def layers(config: CoreConfig, seed: int) -> list[LayerData]:
    """Layers of odd shapes, several tokens among them."""
    return [
        layer for layer in layers_for(config, seed) if layer.tokens * layer.outputs * layer.length < 60_000
    ]


def assert_right(config: CoreConfig, runs: list[ListRun]) -> list[ListResult]:
    results, _, _ = run_lists(config, runs)
    for run, result in zip(runs, results, strict=True):
        assert not result.complaints, result.complaints[:5]
        for layer, output in zip(run.layers, result.outputs, strict=True):
            np.testing.assert_array_equal(output, truth(config, layer))
        assert result.overwritten == 0
        assert result.registers["completed"] == len(run.layers)
        assert (result.registers["status"], result.registers["interrupt_status"]) == (0b010, 0b01)
        assert result.registers["words_read"] == len(result.reads)
    return results


@pytest.mark.parametrize(
    "values",
    [NARROW, pytest.param(WIDE_ARRAY, marks=pytest.mark.exhaustive), BUFFERED],
    ids=["narrow", "wide_array", "buffered"],
)
def test_lists_of_layers_are_bit_exact_however_the_memory_hesitates(values: dict[str, Any]) -> None:
    config = CoreConfig.parse(values)
    few = layers(config, 1)
    page = 0x2000 - DESCRIPTOR_BYTES
    assert_right(
        config,
        [
            ListRun(few),
            ListRun(few[1:3], stalls=0.4, seed=2, base=page),
            ListRun(few[::-1], latency=37, base=page, reset=True),
            ListRun([], base=page),
            ListRun(few[:2], stalls=0.1, latency=90, seed=3, base=5 * page),
        ],
    )


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(24))
def test_random_accelerators_are_bit_exact(seed: int) -> None:
    chance = random.Random(seed)
    core = random_float_config(seed) if seed % 3 == 2 else random_config(seed)
    bus_bits = chance.choice([64, 128, 256, 512])
    replays = core.dataflow == "output_stationary" and chance.random() < 0.5
    buffers = {"activations": replays, "keys": chance.choice([0, 4, 9]), "bus_bits": bus_bits}
    outer: dict[str, Any] = {"wrapper": "axi", "buffers": buffers}
    if chance.random() < 0.4:
        outer |= {"cores": chance.choice([2, 3]), "split": chance.choice(["outputs", "inputs"])}
    if outer.get("split") == "inputs":
        outer["max_reduction"] = core.max_reduction * 3
    config = CoreConfig.parse({**core.model_dump(), **outer})
    few = layers(config, seed)
    assert_right(
        config,
        [
            ListRun(few),
            ListRun(few, stalls=0.3, latency=chance.randrange(50), seed=seed, base=0xFC0),
        ],
    )


CHANGES: dict[str, tuple[dict[str, int | float], ErrorCode]] = {
    "another version": ({"version": 2}, ErrorCode.VERSION),
    "no inputs": ({"inputs": 0}, ErrorCode.INPUTS),
    "too many inputs": ({"inputs": 301}, ErrorCode.INPUTS),
    "no outputs": ({"outputs": 0}, ErrorCode.OUTPUTS),
    "too many outputs": ({"outputs": 3 * 65_535 + 1}, ErrorCode.OUTPUTS),
    "no tokens": ({"tokens": 0}, ErrorCode.TOKENS),
    "too many tokens": ({"tokens": 65_536}, ErrorCode.TOKENS),
    "keys off a word": ({"keys": 0x108}, ErrorCode.ALIGNMENT),
    "activations off a word": ({"activations": 0x101}, ErrorCode.ALIGNMENT),
    "results off a word": ({"results": 0x102}, ErrorCode.ALIGNMENT),
    "a stride off a word": ({"activation_stride": 24}, ErrorCode.ALIGNMENT),
    "another stride off a word": ({"result_stride": 8}, ErrorCode.ALIGNMENT),
    "the first of several": ({"inputs": 0, "results": 2}, ErrorCode.INPUTS),
}


def test_what_is_wrong_is_said_and_the_next_list_is_right() -> None:
    """Descriptors that do not fit, and memory that refuses, in the second layer of three."""
    config = CoreConfig.parse(NARROW)
    few = [LayerData.random(config, *shape) for shape in ((13, 4, 2), (40, 9, 2), (7, 2, 1))]
    second = lay_out(accelerator_plan(plan_for(config)), [shape_of(layer) for layer in few], 0).layers[1]
    places = {
        "descriptor": (DESCRIPTOR_BYTES, False),
        "keys": (second.keys + second.key_bytes - 1, False),
        "activations": (second.activations, False),
        "results": (second.results, True),
    }
    wrong = [(ListRun(few, changes={1: change}), code) for change, code in CHANGES.values()]
    for address, writes in places.values():
        for missing, stalls in ((False, 0.0), (True, 0.3)):
            broken = [(address // 16 * 16, address + 16, missing)]
            run = ListRun(few, broken=broken, stalls=stalls, latency=int(40 * stalls))
            wrong.append((run, (ErrorCode.READ_SLAVE, ErrorCode.WRITE_SLAVE)[writes] + missing))
    good = ListRun(few)
    runs = [run for bad, _ in wrong for run in (bad, good)]
    results, _, _ = run_lists(config, runs)
    for (_, code), bad, after in zip(wrong, results[::2], results[1::2], strict=True):
        assert not bad.complaints
        told = {name: bad.registers[name] for name in ("error", "status", "interrupt_status", "completed")}
        assert told == {"error": code, "status": 0b100, "interrupt_status": 0b10, "completed": 1}
        np.testing.assert_array_equal(bad.outputs[0], truth(config, few[0]))
        assert (after.registers["error"], after.registers["status"]) == (ErrorCode.NONE, 0b010)
        assert not after.complaints
        for layer, output in zip(few, after.outputs, strict=True):
            np.testing.assert_array_equal(output, truth(config, layer))


def test_reads_hide_the_latency_of_the_memory_and_fill_the_bus() -> None:
    """Of the cycles between the first word of a layer and its last, 95 of 100 bring a word."""
    config = CoreConfig.parse(
        {"group_size": 3, "tables": 4, "columns": 8, "max_reduction": 480, "wrapper": "axi"}
    )
    layer = LayerData.random(config, 480, 48)
    results = assert_right(config, [ListRun([layer], latency=latency) for latency in (0, 100)])
    words_of_descriptor = DESCRIPTOR_BYTES * 8 // 128
    for result in results:
        fetched = result.reads[words_of_descriptor:]
        assert len(fetched) >= 0.95 * (fetched[-1] - fetched[0] + 1)
    assert results[0].most_outstanding * BURST_WORDS >= 100
