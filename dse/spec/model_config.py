"""The layers of a model, and what is beside them, from the fields of its Hugging Face ``config.json``.

Model types name the same things differently and build blocks differently: gated or not, fused, with experts,
with compressed keys and values. Each type that is known says how to read it; others are refused, because a
wrong guess prices another model.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from dse.spec.decoder import (
    Decoder,
    Kept,
    caches_of,
    falcon_grouped,
    grouped,
    latent,
    multi_query,
    nothing,
)
from dse.spec.layer import Layer
from dse.spec.model_blocks import (
    Fields,
    Mixture,
    Names,
    Shapes,
    all_sparse,
    attention,
    deepseek_experts,
    falcon_attention,
    fused_attention,
    fused_gated,
    gated,
    latent_attention,
    multi_query_attention,
    plain,
    qwen_experts,
    recurrence,
    recurrent_gated,
)
from generator.errors import WorkloadError
from generator.validation import one_line

Block = Callable[[Names], Shapes]
Experts = Callable[[Names], Mixture]


class Reading(BaseModel):
    """How a model type's config is read: its blocks, what they keep, its names, and what it leaves unsaid."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    attention: Block = attention
    feed_forward: Block = gated
    experts: Experts | None = None
    kept: Callable[[Names], Kept] = grouped
    names: dict[str, str] = {}
    defaults: dict[str, Any] = {}

    def layers(self, fields: Fields) -> tuple[Layer, ...]:
        """The layers of a config. Raises ``WorkloadError`` where a field is missing or wrong."""
        names = Names(fields, self.names, self.defaults)
        blocks = names("num_hidden_layers")
        mixture = self.experts(names) if self.experts else None
        dense = blocks - (mixture.sparse if mixture else 0)
        shaped = [_layer(*shape, blocks) for shape in self.attention(names)]
        if dense:
            shaped += [_layer(*shape, dense) for shape in self.feed_forward(names)]
        if mixture and mixture.sparse:
            shaped += _expert_layers(names("hidden_size"), mixture)
        return tuple(shaped)

    def decoder(self, fields: Fields) -> Decoder:
        """What a config has beside its layers. Raises ``WorkloadError`` where a field is missing or wrong."""
        names = Names(fields, self.names, self.defaults)
        hidden, blocks = names("hidden_size"), names("num_hidden_layers")
        caches = caches_of(names, self.kept(names))
        state = 0 if caches else blocks * hidden * (names.optional("expand_ratio") or 1)
        vocabulary = names.optional("vocab_size") or 0
        return Decoder(
            width=hidden,
            vocabulary=vocabulary,
            tied=names.flag("tie_word_embeddings"),
            caches=caches,
            state=state,
        )


def _expert_layers(hidden: int, mixture: Mixture) -> Iterator[Layer]:
    for kind, inner in (("expert", mixture.inner), ("shared", mixture.shared)):
        if not inner:
            continue
        for name, inputs, outputs in (
            ("gate", hidden, inner),
            ("up", hidden, inner),
            ("down", inner, hidden),
        ):
            layer = _layer(f"{kind}_{name}", inputs, outputs, mixture.sparse)
            if kind == "expert":
                counts = {
                    "count": mixture.sparse * mixture.active,
                    "stored": mixture.sparse * mixture.experts,
                }
                layer = layer.model_copy(update=counts)
            yield layer


def _layer(name: str, inputs: int, outputs: int, count: int) -> Layer:
    try:
        return Layer(name=name, inputs=inputs, outputs=outputs, count=count)
    except ValidationError as error:
        raise WorkloadError(f"layer {name}: {one_line(error, Layer)}") from None


_GPT = {"hidden_size": "n_embd", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head"}
_GATED = Reading()
_UNGATED = Reading(feed_forward=plain)
_FUSED_UNGATED = Reading(attention=fused_attention, feed_forward=plain)
_QWEN = {"experts": "num_experts", "active": "num_experts_per_tok"}
_LOCAL = {"experts": "num_local_experts", "active": "num_experts_per_tok"}
_ROUTED = {"experts": "n_routed_experts", "active": "num_experts_per_tok"}

READINGS: Mapping[str, Reading] = {
    **dict.fromkeys(
        (
            "bitnet", "llama", "qwen2", "qwen2_vl", "qwen2_5_vl", "cohere", "cohere2", "granite", "olmo",
            "olmo2", "olmo3", "stablelm", "smollm3", "exaone4", "seed_oss", "helium", "ernie4_5",
            "hunyuan_v1_dense",
        ),
        _GATED,
    ),
    **dict.fromkeys(("mistral", "mistral3"), Reading(defaults={"num_key_value_heads": 8})),
    **dict.fromkeys(
        ("gemma", "gemma2", "gemma3", "gemma3_text", "paligemma"),
        Reading(defaults={"head_dim": 256, "tie_word_embeddings": True}),
    ),
    **dict.fromkeys(("qwen3", "qwen3_vl"), Reading(defaults={"head_dim": 128})),
    "phi3": Reading(attention=fused_attention, feed_forward=fused_gated),
    **dict.fromkeys(("phi", "starcoder2", "nemotron", "arcee", "apertus"), _UNGATED),
    "gpt_neox": _FUSED_UNGATED,
    "gpt2": Reading(
        attention=fused_attention, feed_forward=plain, names=_GPT | {"intermediate_size": "n_inner"}
    ),
    "gpt_bigcode": Reading(
        attention=multi_query_attention,
        kept=multi_query,
        feed_forward=plain,
        names=_GPT | {"intermediate_size": "n_inner"},
        defaults={"multi_query": True},
    ),
    **dict.fromkeys(
        ("gptj", "codegen"), Reading(feed_forward=plain, names=_GPT | {"intermediate_size": "n_inner"})
    ),
    "gpt_neo": Reading(
        feed_forward=plain, names={"num_hidden_layers": "num_layers", "num_attention_heads": "num_heads"}
    ),
    "opt": Reading(feed_forward=plain, names={"intermediate_size": "ffn_dim"}),
    "bloom": Reading(
        attention=fused_attention,
        feed_forward=plain,
        names={"num_hidden_layers": "n_layer", "num_attention_heads": "n_head"},
    ),
    "falcon": Reading(
        attention=falcon_attention,
        kept=falcon_grouped,
        feed_forward=plain,
        names={"intermediate_size": "ffn_hidden_size"},
        defaults={"multi_query": True},
    ),
    "hgrn_bit": Reading(
        attention=recurrence,
        kept=nothing,
        feed_forward=recurrent_gated,
        defaults={"expand_ratio": 1, "hidden_ratio": 4},
    ),
    "mixtral": Reading(experts=all_sparse, names=_LOCAL, defaults={"num_key_value_heads": 8}),
    **dict.fromkeys(("phimoe", "granitemoe", "gpt_oss"), Reading(experts=all_sparse, names=_LOCAL)),
    "olmoe": Reading(experts=all_sparse, names=_QWEN),
    **dict.fromkeys(
        ("qwen2_moe", "qwen3_moe"),
        Reading(experts=qwen_experts, names=_QWEN, defaults={"decoder_sparse_step": 1}),
    ),
    "deepseek_v2": Reading(
        attention=latent_attention,
        kept=latent,
        experts=deepseek_experts,
        names=_ROUTED,
        defaults={"first_k_dense_replace": 0, "moe_layer_freq": 1},
    ),
    **dict.fromkeys(
        ("deepseek_v3", "kimi_k2"),
        Reading(
            attention=latent_attention,
        kept=latent,
            experts=deepseek_experts,
            names=_ROUTED,
            defaults={"first_k_dense_replace": 3, "moe_layer_freq": 1},
        ),
    ),
}  # fmt: skip
"""How each model type is read."""

TELLING = ("num_local_experts", "num_experts", "n_routed_experts", "kv_lora_rank", "n_embd", "ffn_dim")
"""Fields that no plain gated decoder has, so that their config must say what it is of."""


def read_model(fields: Any) -> tuple[tuple[Layer, ...], Decoder]:
    """The ternary linear layers that the ``fields`` of a ``config.json`` describe, and what is beside them.

    A config without ``model_type`` is a gated decoder's. Routers, which stay in full precision, are in
    neither. Raises ``WorkloadError`` in one line for what is not known.
    """
    fields, reading = _reading(fields)
    return reading.layers(fields), reading.decoder(fields)


def _reading(fields: Any) -> tuple[Fields, Reading]:
    """The fields that describe the language model, and how they are read."""
    if not isinstance(fields, Mapping):
        raise WorkloadError(f"a JSON object is expected, as in config.json, not {_kind(fields)}")
    inner = fields.get("text_config")
    if isinstance(inner, Mapping):
        fields = {"model_type": fields.get("model_type")} | dict(inner)
    kind = fields.get("model_type")
    if kind is None:
        odd = [name for name in TELLING if fields.get(name) is not None]
        if odd:
            raise WorkloadError(f"model_type is missing: {odd[0]} is for other models than gated decoders")
        return fields, _GATED
    if kind not in READINGS:
        close = difflib.get_close_matches(str(kind), READINGS, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise WorkloadError(
            f"model_type = {kind!r} is not known{hint}: {', '.join(sorted(READINGS))} are; "
            "any other model's layers can be listed, layers = [...]"
        )
    return fields, READINGS[kind]


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
