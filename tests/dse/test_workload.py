"""Workloads: published shapes, own layers, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dse.workload import Layer, Workload, find_model
from generator.errors import WorkloadError


def test_bitnet_2b4t_has_its_published_shapes() -> None:
    layers = {
        layer.name: (layer.inputs, layer.outputs, layer.count)
        for layer in find_model("bitnet-b1.58-2B-4T").layers
    }
    assert layers == {
        "q": (2560, 2560, 30),
        "k": (2560, 640, 30),
        "v": (2560, 640, 30),
        "o": (2560, 2560, 30),
        "gate": (2560, 6912, 30),
        "up": (2560, 6912, 30),
        "down": (6912, 2560, 30),
    }


def test_equal_shapes_are_counted_together() -> None:
    workload = Workload(model="bitnet-b1.58-2B-4T")
    assert sorted(workload.shapes) == [(2560, 640, 60), (2560, 2560, 60), (2560, 6912, 60), (6912, 2560, 30)]
    assert workload.macs == 30 * (2 * 2560 * 2560 + 2 * 2560 * 640 + 3 * 2560 * 6912)
    assert (workload.launches, workload.longest, workload.widest) == (210, 6912, 6912)


def test_a_hugging_face_config_is_a_model(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {
                "architectures": ["LlamaForCausalLM"],
                "hidden_size": 64,
                "intermediate_size": 160,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "vocab_size": 1000,
            }
        )
    )
    assert find_model(str(config)).layers[1] == Layer(name="k", inputs=64, outputs=64, count=2)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("{", "not JSON"), ('{"hidden_size": 64}', "intermediate_size is missing"), ("[]", "expected")],
)
def test_a_broken_model_file_is_named(tmp_path: Path, content: str, complaint: str) -> None:
    config = tmp_path / "config.json"
    config.write_text(content)
    with pytest.raises(WorkloadError, match=f"config.json: .*{complaint}"):
        find_model(str(config))


def test_an_unknown_model_lists_those_built_in() -> None:
    with pytest.raises(WorkloadError, match=r"model 'gpt' is unknown: bitnet-b1-58-2b-4t are built in"):
        find_model("gpt")
