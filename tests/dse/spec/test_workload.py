"""Workloads: published shapes, own layers, files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dse.spec.layer import Layer
from dse.spec.layer_table import read_layers
from dse.spec.models import find_model
from dse.spec.sweep_spec import SweepSpec
from dse.spec.workload import Workload
from generator.errors import TernlutError, WorkloadError
from tests.dse.specs import small


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
    assert sorted(workload.shapes) == [
        (2560, 640, 60, 1), (2560, 2560, 60, 1), (2560, 6912, 60, 1), (6912, 2560, 30, 1),
    ]  # fmt: skip
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
    [("{", "not JSON"), ('{"hidden_size": 64}', "num_hidden_layers is missing"), ("[]", "expected")],
)
def test_a_broken_model_file_is_named(tmp_path: Path, content: str, complaint: str) -> None:
    config = tmp_path / "config.json"
    config.write_text(content)
    with pytest.raises(WorkloadError, match=f"config.json: .*{complaint}"):
        find_model(str(config))


def test_an_unknown_model_lists_those_built_in() -> None:
    with pytest.raises(WorkloadError, match=r"model 'gpt' is unknown: bitnet-b1-58-2b-4t, .* are built in"):
        find_model("gpt")


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("1bitLLM/bitnet_b1_58-large", 24 * (4 * 1536**2 + 3 * 1536 * 4096)),
        ("bitnet_b1_58-3B", 26 * (4 * 3200**2 + 3 * 3200 * 8640)),
        ("HF1BitLLM/Llama3-8B-1.58", 32 * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336)),
        ("tiiuae/Falcon3-1B-Instruct-1.58bit", 18 * (2 * 2048**2 + 2 * 2048 * 1024 + 3 * 2048 * 8192)),
        ("Falcon3-3B-1.58bit", 22 * (2 * 3072**2 + 2 * 3072 * 1024 + 3 * 3072 * 9216)),
        ("Falcon3-7B-1.58bit", 28 * (2 * 3072**2 + 2 * 3072 * 1024 + 3 * 3072 * 23040)),
        ("Falcon3-10B-1.58bit", 40 * (2 * 3072**2 + 2 * 3072 * 1024 + 3 * 3072 * 23040)),
    ],
)
def test_published_models_have_the_weights_of_their_layers(name: str, billions: int) -> None:
    assert Workload(model=name).macs == billions


def test_layers_can_be_listed_in_a_csv_file(tmp_path: Path) -> None:
    table = tmp_path / "shapes.csv"
    table.write_text("name, inputs, outputs, count\nup, 64, 256, 3\ndown, 256, 64, 3\n")
    spec = SweepSpec.parse(small(workload={"layers": "shapes.csv"}), "spec", tmp_path)
    assert spec.workload.layers == (
        Layer(name="up", inputs=64, outputs=256, count=3),
        Layer(name="down", inputs=256, outputs=64, count=3),
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("name,inputs,outputs\nup,64,0\n", "line 2: outputs = 0: greater than"),
        ("name,inputs\nup,64\n", "line 2: outputs is missing"),
        ("name,inputs,outputs\nup,wide,3\n", "line 2: inputs = 'wide'"),
        ("name,inputs,outputs\n", "holds no layers"),
        ("", "holds no layers"),
        (None, "No such file"),
    ],
)
def test_a_broken_table_of_layers_is_named(tmp_path: Path, content: str | None, complaint: str) -> None:
    table = tmp_path / "shapes.csv"
    if content is not None:
        table.write_text(content)
    with pytest.raises(TernlutError, match=complaint) as caught:
        SweepSpec.parse(small(workload={"layers": str(table)}), "spec")
    assert str(table) in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "name;inputs;outputs;count\nup;64;512;\ndown;512;64;3\n",
        "name\tinputs\toutputs\tcount\nup\t64\t512\t\ndown\t512\t64\t3\n",
        "Name, Inputs, OUTPUTS, Count\nup, 64.0, 512.0, \ndown, 5.12e2, 64, 3\n",
        "\ufeffname,inputs,outputs,count\r\n# shapes\r\n\r\nup,64,512,\r\ndown,512,64,3\r\n,,,\r\n",
        '"name","inputs","outputs","count"\n"up","64","512",""\n"down","512","64","3"\n',
    ],
)
def test_tables_of_spreadsheets_are_read_as_they_are_meant(tmp_path: Path, text: str) -> None:
    path = tmp_path / "layers.csv"
    path.write_text(text, encoding="utf-8")
    read = [(layer.name, layer.inputs, layer.outputs, layer.count) for layer in read_layers(path)]
    assert read == [("up", 64, 512, 1), ("down", 512, 64, 3)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,inputs,outputs\nup,64,512\ndown,512,6.5\n", "line 3: outputs = '6.5': a valid integer"),
        ("name,inputs,outputs\nup,64,512,3\n", "line 2: 3 cells are expected, it has 4"),
        ("name,input,outputs\nup,64,512\n", "line 2: unknown key 'input': did you mean 'inputs'"),
    ],
)
def test_a_cell_that_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "layers.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WorkloadError, match=re.escape(said)):
        read_layers(path)
