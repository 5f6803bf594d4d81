"""Shapes from config.json: parameter counts against what is published of each model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dse.spec.model_config import READINGS
from dse.spec.models import find_model, models
from dse.spec.workload import Workload
from generator.errors import WorkloadError
from tests.dse.specs import model_of, small

MIXTRAL = {
    "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "num_local_experts": 8,
    "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
}  # fmt: skip
DEEPSEEK = {
    "model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432,
    "moe_intermediate_size": 2048,
    "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "num_hidden_layers": 61,
    "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512,
    "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
}  # fmt: skip
LITE = DEEPSEEK | {
    "model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944,
    "moe_intermediate_size": 1408,
    "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "num_hidden_layers": 27,
    "num_attention_heads": 16, "num_key_value_heads": 16, "q_lora_rank": None, "first_k_dense_replace": 1,
}  # fmt: skip
QWEN = {
    "model_type": "qwen3_moe", "hidden_size": 2048, "intermediate_size": 6144, "moe_intermediate_size": 768,
    "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 48, "num_attention_heads": 32,
    "num_key_value_heads": 4, "head_dim": 128, "decoder_sparse_step": 1, "mlp_only_layers": [],
}  # fmt: skip
GPT_OSS = MIXTRAL | {
    "model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_local_experts": 32,
    "num_experts_per_tok": 4, "num_hidden_layers": 24, "num_attention_heads": 64, "head_dim": 64,
}  # fmt: skip
GPT2 = {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": None}
OPT = {
    "model_type": "opt", "hidden_size": 2048, "ffn_dim": 8192, "num_hidden_layers": 24,
    "num_attention_heads": 32,
}  # fmt: skip
FALCON_7B = {
    "model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71,
    "multi_query": True, "new_decoder_architecture": False,
}  # fmt: skip
FALCON_40B = {
    "model_type": "falcon", "hidden_size": 8192, "num_hidden_layers": 60, "num_attention_heads": 128,
    "num_kv_heads": 8, "new_decoder_architecture": True,
}  # fmt: skip
NEOX = {
    "model_type": "gpt_neox", "hidden_size": 6144, "intermediate_size": 24576, "num_hidden_layers": 44,
    "num_attention_heads": 64,
}  # fmt: skip
PHI3 = {
    "model_type": "phi3", "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32,
}  # fmt: skip
STARCODER2 = {
    "model_type": "starcoder2", "hidden_size": 3072, "intermediate_size": 12288, "num_hidden_layers": 30,
    "num_attention_heads": 24, "num_key_value_heads": 2,
}  # fmt: skip
BLOOM = {"model_type": "bloom", "hidden_size": 4096, "n_layer": 30, "n_head": 32}
HGRN = {
    "model_type": "hgrn_bit", "hidden_size": 2048, "hidden_ratio": 4, "intermediate_size": None,
    "num_heads": 1,
    "expand_ratio": 1, "num_hidden_layers": 24, "attn_mode": "fused_recurrent",
}  # fmt: skip


def workload(directory: Path, config: Any, tokens: int = 1) -> Workload:
    path = directory / "config.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    find_model.cache_clear()
    return Workload(model=str(path), tokens=tokens)


@pytest.mark.parametrize(
    ("config", "vocabulary", "tied", "billions"),
    [
        (MIXTRAL, 32000, False, 46.7),
        (DEEPSEEK, 129280, False, 671.0),
        (LITE, 102400, False, 15.7),
        (QWEN, 151936, False, 30.5),
        (GPT_OSS, 201088, False, 20.9),
        (GPT2, 50257, True, 0.1244),
        (OPT, 50272, True, 1.316),
        (FALCON_7B, 65024, True, 6.92),
        (FALCON_40B, 65024, True, 41.3),
        (NEOX, 50432, False, 20.55),
        (PHI3, 32064, False, 3.82),
        (STARCODER2, 49152, True, 3.03),
        (BLOOM, 250880, True, 7.07),
        (HGRN, 32000, False, 1.36),
    ],
    ids=lambda value: value.get("model_type") if isinstance(value, dict) else None,
)
def test_weights_and_embeddings_are_the_published_parameters(
    tmp_path: Path, config: dict[str, Any], vocabulary: int, tied: bool, billions: float
) -> None:
    width = config.get("hidden_size") or config["n_embd"]
    embeddings = vocabulary * width * (1 if tied else 2)
    assert (workload(tmp_path, config).weights + embeddings) / 1e9 == pytest.approx(billions, rel=0.01)


@pytest.mark.parametrize(
    ("config", "vocabulary", "billions"),
    [(MIXTRAL, 32000, 12.88), (DEEPSEEK, 129280, 37.5), (QWEN, 151936, 3.34), (GPT_OSS, 201088, 3.6)],
    ids=lambda value: value.get("model_type") if isinstance(value, dict) else None,
)
def test_a_token_needs_the_published_active_parameters(
    tmp_path: Path, config: dict[str, Any], vocabulary: int, billions: float
) -> None:
    """GPT-OSS counts no input embedding among its 3.6 billion."""
    tables = 1 if config is GPT_OSS else 2
    active = workload(tmp_path, config).macs + tables * vocabulary * config["hidden_size"]
    assert active / 1e9 == pytest.approx(billions, rel=0.01)


def test_mixtral_computes_two_of_eight_experts_and_stores_all(tmp_path: Path) -> None:
    mixtral = workload(tmp_path, MIXTRAL)
    attention, expert = 2 * 4096 * 4096 + 2 * 4096 * 1024, 3 * 4096 * 14336
    assert mixtral.macs == 32 * (attention + 2 * expert)
    assert mixtral.weights == 32 * (attention + 8 * expert)
    assert mixtral.launches == 32 * (4 + 2 * 3)


def test_more_tokens_at_once_read_more_experts_until_all_are_read(tmp_path: Path) -> None:
    def experts(tokens: int) -> set[tuple[int, int]]:
        shapes = workload(tmp_path, MIXTRAL, tokens).shapes
        return {(shape.layers, shape.tokens) for shape in shapes if shape.inputs == 14336}

    assert [experts(tokens) for tokens in (1, 3, 4, 100)] == [
        {(32 * 2, 1)}, {(32 * 6, 1)}, {(32 * 8, 1)}, {(32 * 8, 25)},
    ]  # fmt: skip


def test_experts_are_streamed_as_often_as_they_are_run() -> None:
    """A layer of four experts, two for each token, against as many layers without a router."""

    def bits(**layer: int) -> float:
        layers = [{"name": "one", "inputs": 96, "outputs": 40} | layer]
        model = model_of(
            small(
                workload={"layers": layers, "tokens": 1}, axes={"tables": [4], "columns": [8]},
                fixed={"architecture": "select"}, constraints=[], clock_mhz=None,
            )
        )  # fmt: skip
        return float(model.picks([0])("weight_mb_per_token")[0])

    assert bits(count=2, stored=4) == bits(count=2)
    assert bits(count=2, stored=4) == 2 * bits()


def test_a_nested_text_model_is_read_and_the_vision_model_is_not(tmp_path: Path) -> None:
    text = {
        "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 4, "num_attention_heads": 16,
        "num_key_value_heads": 4, "head_dim": 128,
    }  # fmt: skip
    config = {"model_type": "gemma3", "text_config": text, "vision_config": {"hidden_size": 1152}}
    assert workload(tmp_path, config).macs == 4 * (2 * 2048 * 2048 + 2 * 2048 * 512 + 3 * 2048 * 5632)


def test_falcon_has_one_head_of_keys_and_values(tmp_path: Path) -> None:
    shapes = {layer.name: (layer.inputs, layer.outputs) for layer in workload(tmp_path, FALCON_7B).layers}
    assert shapes == {
        "qkv": (4544, 4544 + 2 * 64), "o": (4544, 4544), "up": (4544, 18176), "down": (18176, 4544),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"model_type": "mamba2", "hidden_size": 64}, "model_type = 'mamba2' is not known"),
        ({"model_type": "qwen3moe"}, r"not known \(did you mean 'qwen3_moe'\?\)"),
        ({k: v for k, v in MIXTRAL.items() if k != "model_type"}, "model_type is missing: num_local_experts"),
        (MIXTRAL | {"num_experts_per_tok": 9}, "num_experts_per_tok = 9: there are 8 experts"),
        (PHI3 | {"num_attention_heads": 12, "hidden_size": 2048}, "12 does not divide hidden_size = 2048"),
        (PHI3 | {"num_key_value_heads": 5}, "num_key_value_heads = 5 does not divide num_attention_heads"),
        (PHI3 | {"hidden_size": True}, "hidden_size = True: a whole number of at least 1"),
        (PHI3 | {"hidden_size": "3072"}, "hidden_size = '3072': a whole number"),
        (GPT2 | {"n_head": 0}, "n_head = 0: a whole number of at least 1"),
        ({k: v for k, v in GPT2.items() if k != "n_layer"}, "n_layer is missing"),
        (PHI3 | {"intermediate_size": 1 << 30}, "layer gate_up: outputs = "),
        ([MIXTRAL], "a JSON object is expected, as in config.json, not a list"),
        ("3", "a JSON object is expected, as in config.json, not a number"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_not_known_or_wrong_is_said_in_one_line(tmp_path: Path, config: Any, complaint: str) -> None:
    with pytest.raises(WorkloadError, match=f"config.json: .*{complaint}") as caught:
        workload(tmp_path, config)
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    assert workload(tmp_path, "\ufeff" + json.dumps(GPT2)).macs == workload(tmp_path, GPT2).macs


@pytest.mark.parametrize("kind", READINGS)
def test_every_known_type_says_which_field_is_missing(kind: str, tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="is missing"):
        workload(tmp_path, {"model_type": kind})


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        # Parameters of the model cards less those of the embeddings; Bonsai's cards say without.
        ("SpectraSuite/TriLM_99M_Unpacked", 0.0998 - 2 * 50304 * 512 / 1e9),
        ("SpectraSuite/TriLM_390M_Unpacked", 0.392 - 2 * 50304 * 1024 / 1e9),
        ("SpectraSuite/TriLM_3.9B_Unpacked", 3.99 - 2 * 50688 * 3072 / 1e9),
        ("ridger/MMfreeLM-370M", 0.374 - 2 * 32000 * 1024 / 1e9),
        ("ridger/MMfreeLM-2.7B", 2.70 - 2 * 32000 * 2560 / 1e9),
        ("prism-ml/Ternary-Bonsai-8B-unpacked", 6.95),
        ("prism-ml/Ternary-Bonsai-4B-gguf", 3.63),
    ],
)
def test_built_in_models_have_the_parameters_of_their_cards(name: str, billions: float) -> None:
    assert Workload(model=name).macs / 1e9 == pytest.approx(billions, rel=0.015)


def test_every_built_in_model_can_be_named_as_its_publisher_does() -> None:
    for name in ("TriLM_1.1B", "Ternary-Bonsai-1.7B", "MMfreeLM-1.3B", "Falcon3-7B-Base-1.58bit"):
        assert find_model(name) in models().values()
