"""Commands on a core with ``wrapper = "axi"``: what they write and print, one line for whatever is wrong."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.dse.running import Run
from tests.rtl.test_accelerators import NARROW
from tests.sim.weights import writers

SIGNS = np.random.default_rng(7).integers(-1, 2, (3, 11, 40)).astype(np.int8)
BASE = 0x8000_0000
DESCRIPTOR = struct.Struct("<4I3Q2IfI8x")


@pytest.fixture
def accelerator(tmp_path: Path) -> Path:
    path = tmp_path / "accelerator.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in NARROW.items()))
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return writers.safetensors(
        tmp_path / "model.safetensors",
        up=SIGNS[0] * np.float32(0.5),
        down=SIGNS[1][:5, :20] * np.float32(0.25),
    )


def test_a_model_is_packed_as_memory_will_have_it(
    ternlut: Run, accelerator: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "packed"
    command = ["pack", model, "--tensor", "*", "--core", accelerator, "-o", out, "--descriptors"]
    figures = ternlut(*command, "--base", hex(BASE), "--tokens", 3, "--json").figures
    image = (out / "model.bin").read_bytes()
    told = json.loads((out / "model.json").read_text())
    assert told == figures["model"]
    shapes = {"up": (40, 11, 0.5), "down": (20, 5, 0.25)}
    ends = [BASE + len(image)]
    for number, layer in enumerate(told["layers"]):
        inputs, outputs, scale = shapes[layer["tensor"]]
        fields = DESCRIPTOR.unpack_from(image, 64 * number)
        version, *shape, keys, activations, results, x_stride, y_stride, stored_scale, tag = fields
        assert (version, shape, stored_scale, tag) == (1, [inputs, outputs, 3], scale, number)
        right = (out / layer["tensor"] / "keys.bin").read_bytes()
        assert image[keys - BASE :][: len(right)] == right
        # Tiles of 6 activations in bytes, and of 3 results of 32 bits; all begin at multiples of 64.
        assert x_stride == -(-inputs // 6) * 6 + -(-(-inputs // 6) * 6) % 64
        assert y_stride == -(-outputs // 3) * 12 + -(-(-outputs // 3) * 12) % 64
        assert [place % 64 for place in (keys, activations, results)] == [0, 0, 0]
        for place, size in ((activations, 3 * x_stride), (results, 3 * y_stride)):
            assert place >= max(ends)
            ends.append(place + size)
    assert told["end"] == max(ends)
    assert "model: 2 layers, descriptors and keys" in ternlut(*command).out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--base", "64"], "--base 64: is for --descriptors"),
        (["--tokens", "2"], "--tokens 2: is for --descriptors"),
        (["--descriptors", "--base", "here"], "--base here: an address is expected, 0x80000000 for example"),
        (["--descriptors", "--base", "0x20"], "--base 0x20: a multiple of 64 is expected"),
        (["--descriptors", "--set", "wrapper=stream"], "--descriptors: is for wrapper = 'axi'"),
        (["--descriptors", "--unpack"], "--descriptors: is not for --unpack"),
        (["--descriptors", "--base", "0xffffffffffffffc0"], "end beyond 64 bits"),
        (["--descriptors", "--tokens", "70000"], "--tokens 70000: 65535 are the most of a layer"),
    ],
)
def test_pack_refuses_in_one_line(
    ternlut: Run, accelerator: Path, model: Path, tmp_path: Path, options: list[Any], said: str
) -> None:
    result = ternlut("pack", model, "--tensor", "up", "--core", accelerator, "-o", tmp_path / "out", *options)
    assert result.status == 2
    assert said in result.complaint
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "wrapper=ahb"], "wrapper = 'ahb'"),
        (["--set", "buffers.bus_bits=96"], "buffers.bus_bits = 96"),
        (["--fast"], "--fast: drives streams, which a core with wrapper = 'axi' has not"),
    ],
)
def test_simulate_refuses_in_one_line(ternlut: Run, accelerator: Path, options: list[str], said: str) -> None:
    result = ternlut("simulate", accelerator, *options)
    assert result.status == 2
    assert said in result.complaint


def test_simulate_runs_a_layer_from_memory_to_memory(ternlut: Run, accelerator: Path) -> None:
    figures = ternlut("simulate", accelerator, "--layer", "61x18", "--stalls", "0.2", "--json").figures
    assert (figures["passed"], figures["results"], figures["mismatches"]) == (True, 18, 0)
    assert figures["cycles"] > 6 * 11


def test_estimate_says_what_it_does_not_include(ternlut: Run, accelerator: Path) -> None:
    assert "Not included: what wrapper = 'axi' adds" in ternlut("estimate", accelerator).out
    alone = ternlut("estimate", accelerator, "--set", "wrapper=stream").out
    assert "Not included" not in alone
    figures = ternlut("estimate", accelerator, "--json").figures
    assert figures == ternlut("estimate", accelerator, "--set", "wrapper=stream", "--json").figures | {
        "not_included": ["wrapper"]
    }
