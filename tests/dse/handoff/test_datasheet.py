"""The datasheet and its timing diagrams say what the Verilog and its simulation say."""

from __future__ import annotations

import re
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import numpy as np
import pytest

from dse.handoff.datasheet import datasheet
from dse.handoff.interface import interface_svg
from dse.handoff.movements import movements
from dse.handoff.timing_diagram import cut
from generator.config import CoreConfig
from generator.plan import plan_for
from generator.verilog import emit
from sim import harness
from sim.layers import LayerData
from tests.dse.handoff.conftest import TINY, HandOff

PIPELINED = {"table": "activations", "fetch": True, "reduction_every": 1}


@pytest.mark.parametrize(
    "core",
    [
        TINY | {"pipeline": PIPELINED},
        pytest.param(TINY | {"dataflow": "table_stationary", "outputs": 6}, marks=pytest.mark.exhaustive),
        pytest.param(
            TINY | {"activation": "fp8_e4m3", "pipeline": {"float_stages": 3}}, marks=pytest.mark.exhaustive
        ),
        TINY
        | {"activation": "fp8_e4m3", "dataflow": "table_stationary", "outputs": 6}
        | {"pipeline": {"float_stages": 4}},
    ],
    ids=["pipelined", "held tables", "float", "float, held tables"],
)
def test_beats_move_in_the_cycles_that_diagrams_show(core: dict[str, Any]) -> None:
    config = CoreConfig.parse(core)
    seen: list[dict[str, Any]] = []
    run = harness.run_testbench

    def keep(*arguments: Any, **options: Any) -> Any:
        seen.extend(run(*arguments, **options))
        return seen

    layer = LayerData.random(config, 2 * config.tile_length, 2 * config.columns)
    with mock.patch.object(harness, "run_testbench", keep):
        assert harness.simulate(config, layer.activations, layer.weights).passed
    shown = movements(plan_for(config), 2, 2)
    (recording,) = seen
    first = recording["activation_cycles"][0]
    for stream in ("activation", "key", "result"):
        cycles = [cycle - first for cycle in recording[f"{stream}_cycles"]]
        assert cycles == list(getattr(shown, stream)), stream


def test_ports_are_those_of_the_verilog(tiny: HandOff) -> None:
    sheet = (tiny.directory / "README.md").read_text()
    verilog = (tiny.directory / f"{tiny.top}.v").read_text()
    declared = {
        name: (way, int(high or 0) + 1)
        for way, high, name in re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", verilog, re.M)
    }
    listed = {
        name: (way, int(bits))
        for name, way, bits in re.findall(r"^\| `(\w+)` \| (input|output) \| (\d+) \|", sheet, re.M)
    }
    assert listed == declared
    assert len(listed) == 14


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_keys_shown_are_balanced_ternary(size: int) -> None:
    from dse.handoff.datasheet import keys

    rows = re.findall(
        r"^\| ([-+01, ]+) \| `([01]+)` \|$",
        keys(plan_for(CoreConfig.parse(TINY | {"group_size": size}))),
        re.M,
    )
    assert len(rows) >= 3
    for weights, key in rows:
        value = int(np.dot([int(w) for w in weights.split(", ")], 3 ** np.arange(size)[::-1]))
        assert int(key[1:], 2) == abs(value)
        assert key[0] == ("1" if value < 0 else "0")


def test_figures_are_those_of_the_plan(tiny: HandOff) -> None:
    sheet = (tiny.directory / "README.md").read_text()
    assert f"| latency | {tiny.plan.latency_cycles} clock cycles" in sheet
    assert "| multiply-accumulates a cycle | 12 |" in sheet
    assert "ASAP7" in sheet
    assert "µm²" in sheet
    assert "![Timing diagrams of the three streams](interface.svg)" in sheet
    assert not re.findall(r"@[A-Z]+@", sheet)


def test_the_picture_is_whole_and_fits_light_and_dark(tiny: HandOff) -> None:
    text = (tiny.directory / "interface.svg").read_text()
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in text
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert f"{tiny.plan.latency_cycles} cycles, activations to result" in words
    for port in ("s_axis_activation_tvalid", "s_axis_key_tready", "m_axis_result_tlast"):
        assert port in words


def test_a_long_wait_is_cut_short() -> None:
    assert cut(["0000000001"]) == [0, 1, None, 8, 9]
    assert cut(["0001"]) == [0, 1, 2, 3]
    deep = CoreConfig.parse(TINY | {"activation": "fp16", "pipeline": {"float_stages": 8}})
    width = int(ElementTree.fromstring(interface_svg(plan_for(deep))).attrib["width"])
    assert width < 1500


def test_a_datasheet_says_how_weights_are_packed() -> None:
    """Its examples are what its own list of bytes has, and between them all cases of the rules come."""
    core = CoreConfig.parse(TINY | {"group_size": 2, "key_packing": "base3"})
    manifest = emit(core).manifest()
    sheet = datasheet(plan_for(core), manifest, {})
    assert f"packed: {core.columns * core.tile_length} weights in" in sheet
    rows = re.findall(r"^\| ([-+01, ]+) \| `([01]{8})` \|$", sheet, re.MULTILINE)
    cases = set()
    for weights, byte in rows:
        five = [int(weight) for weight in weights.split(", ")]
        place = sum((weight + 1) * 3**i for i, weight in enumerate(five))
        assert manifest["key_code"]["bytes"][place] == int(byte, 2)
        cases.add((any(five[:2]), any(five[2:4])))
    assert len(cases) == 4
    assert len(set(manifest["key_code"]["bytes"])) == 243
    assert manifest["streams"]["key"]["element_bits"] == 8
