"""`simulate --model`: the layers of a decoder block, behind buffers and a memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dse.running import Run

CORE = """
group_size = 2
tables = 2
columns = 3
max_reduction = 64
[buffers]
activations = true
keys = 16
bus_bits = 64
"""
MODEL: dict[str, Any] = {
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
SHAPES = {"q": [24, 24], "k": [12, 24], "v": [12, 24], "o": [24, 24], "gate": [40, 24], "up": [40, 24]}
SHAPES |= {"down": [24, 40]}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    core, model = tmp_path / "core.toml", tmp_path / "model.json"
    core.write_text(CORE)
    model.write_text(json.dumps({"model_type": "llama", **MODEL}))
    return core, model


def test_a_block_runs_layer_by_layer(ternlut: Run, files: tuple[Path, Path]) -> None:
    core, model = files
    figures = ternlut(
        "simulate", core, "--model", model, "--tokens", 2, "--generate", 1, "--fast", "--json",
        "--dram-gb-per-s", 2, "--dram-latency-ns", 40, "--clock-mhz", 500,
    ).figures  # fmt: skip
    assert figures["passed"], figures["failures"]
    ran = [(each["layer"], each["shape"], each["phase"], each["tokens"]) for each in figures["layers"]]
    passes = (("prompt", 2), ("generate", 1))
    assert ran == [(name, shape, *each) for name, shape in SHAPES.items() for each in passes]
    assert figures["cycles"] == figures["expected_cycles"] == sum(e["cycles"] for e in figures["layers"])
    assert figures["results"] == 3 * sum(outputs for outputs, _ in SHAPES.values())
    assert figures["model_cycles"] == sum(each["model_cycles"] for each in figures["layers"])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--layer", "3x3"], "--layer 3x3: --model"),
        (["--block", "2"], "has 2 blocks, 0 … 1 are expected"),
        (["--dram-gb-per-s", "2"], "--dram-gb-per-s 2: the clock is not known"),
        (["--dram-latency-ns", "2"], "--dram-latency-ns 2: is for --dram-gb-per-s"),
        (["--driver", "axi"], "--driver axi: is for cores without buffers"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    ternlut: Run, files: tuple[Path, Path], options: list[str], complaint: str
) -> None:
    core, model = files
    assert complaint in ternlut("simulate", core, "--model", model, *options).complaint
