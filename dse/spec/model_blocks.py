"""What the blocks of models are made of: matrices of attention, feed-forward networks and experts.

Each function reads the sizes that it needs of a config and gives the name, inputs and outputs of a block's
matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from generator.errors import WorkloadError

Fields = Mapping[str, Any]
Shapes = Iterator[tuple[str, int, int]]


class Names:
    """A config's fields under the names that a model type has for them."""

    def __init__(self, fields: Fields, names: Mapping[str, str], defaults: Fields) -> None:
        self.fields, self.names, self.defaults = fields, names, defaults

    def __call__(self, key: str, least: int = 1) -> int:
        """A size that the model has; ``WorkloadError`` where it is none or missing."""
        size = self.optional(key, least)
        if size is None:
            raise WorkloadError(f"{self.names.get(key, key)} is missing")
        return size

    def optional(self, key: str, least: int = 1) -> int | None:
        """A size that the model may have."""
        name = self.names.get(key, key)
        size = self.fields.get(name)
        if size is None:
            size = self.defaults.get(key)
        if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < least):
            raise WorkloadError(f"{name} = {size!r}: a whole number of at least {least} is expected")
        return size

    def flag(self, key: str) -> bool:
        value = self.fields.get(key, self.defaults.get(key, False))
        if not isinstance(value, bool):
            raise WorkloadError(f"{key} = {value!r}: true or false is expected")
        return value


def heads_of(names: Names) -> tuple[int, int, int]:
    """Query heads, key-value heads, and the length of each."""
    hidden, heads = names("hidden_size"), names("num_attention_heads")
    length = names.optional("head_dim")
    if length is None:
        if hidden % heads:
            raise WorkloadError(
                f"{names.names.get('num_attention_heads', 'num_attention_heads')} = {heads} does not divide "
                f"{names.names.get('hidden_size', 'hidden_size')} = {hidden}, and head_dim is not given"
            )
        length = hidden // heads
    shared = names.optional("num_key_value_heads") or heads
    if heads % shared:
        raise WorkloadError(f"num_key_value_heads = {shared} does not divide num_attention_heads = {heads}")
    return heads, shared, length


def attention(names: Names) -> Shapes:
    hidden, (heads, shared, length) = names("hidden_size"), heads_of(names)
    yield "q", hidden, heads * length
    yield "k", hidden, shared * length
    yield "v", hidden, shared * length
    yield "o", heads * length, hidden


def fused_attention(names: Names) -> Shapes:
    """Queries, keys and values are one matrix."""
    hidden, (heads, shared, length) = names("hidden_size"), heads_of(names)
    yield "qkv", hidden, (heads + 2 * shared) * length
    yield "o", heads * length, hidden


def falcon_attention(names: Names) -> Shapes:
    """Falcon: one head of keys and values unless ``new_decoder_architecture`` says how many."""
    hidden, (heads, _, length) = names("hidden_size"), heads_of(names)
    several = names.flag("new_decoder_architecture") or not names.flag("multi_query")
    shared = (names.optional("num_kv_heads") or heads) if several else 1
    yield "qkv", hidden, (heads + 2 * shared) * length
    yield "o", heads * length, hidden


def multi_query_attention(names: Names) -> Shapes:
    hidden, (heads, shared, length) = names("hidden_size"), heads_of(names)
    shared = 1 if names.flag("multi_query") else shared
    yield "qkv", hidden, (heads + 2 * shared) * length
    yield "o", heads * length, hidden


def latent_attention(names: Names) -> Shapes:
    """DeepSeek's: queries, keys and values through matrices of low rank (DeepSeek-V2, section 2.1)."""
    hidden, heads = names("hidden_size"), names("num_attention_heads")
    plain, turned, value = names("qk_nope_head_dim"), names("qk_rope_head_dim"), names("v_head_dim")
    rank, query_rank = names("kv_lora_rank"), names.optional("q_lora_rank")
    if query_rank is None:
        yield "q", hidden, heads * (plain + turned)
    else:
        yield "q_a", hidden, query_rank
        yield "q_b", query_rank, heads * (plain + turned)
    yield "kv_a", hidden, rank + turned
    yield "kv_b", rank, heads * (plain + value)
    yield "o", heads * value, hidden


def recurrence(names: Names) -> Shapes:
    """MatMul-free LM's token mixing: input, forget gate, output gate and output (arXiv 2406.02528)."""
    hidden = names("hidden_size")
    inner = hidden * names("expand_ratio")
    for name in ("i", "f", "g"):
        yield name, hidden, inner
    yield "o", inner, hidden


def gated(names: Names, key: str = "intermediate_size") -> Shapes:
    hidden, inner = names("hidden_size"), names(key)
    yield "gate", hidden, inner
    yield "up", hidden, inner
    yield "down", inner, hidden


def fused_gated(names: Names) -> Shapes:
    hidden, inner = names("hidden_size"), names("intermediate_size")
    yield "gate_up", hidden, 2 * inner
    yield "down", inner, hidden


def plain(names: Names) -> Shapes:
    """Two matrices; four times as wide where nothing is stated."""
    hidden = names("hidden_size")
    inner = names.optional("intermediate_size") or 4 * hidden
    yield "up", hidden, inner
    yield "down", inner, hidden


def recurrent_gated(names: Names) -> Shapes:
    """Two thirds of ``hidden_ratio`` times the width, rounded up to 256, where nothing is stated."""
    hidden = names("hidden_size")
    inner = names.optional("intermediate_size")
    if inner is None:
        inner = -(-(hidden * names("hidden_ratio") * 2 // 3) // 256) * 256
    yield "gate_up", hidden, 2 * inner
    yield "down", inner, hidden


class Mixture(BaseModel):
    """Experts instead of a feed-forward network, from block ``dense`` on in every ``every``-th one.

    Of ``experts`` a router, which stays in full precision and is not listed, picks ``active`` for a token;
    ``inner`` is their width. ``shared`` is the width of what all tokens go through besides.
    """

    model_config = ConfigDict(frozen=True)

    experts: int
    active: int
    inner: int
    shared: int = 0
    sparse: int

    @classmethod
    def of(cls, names: Names, *, inner: str, shared: int = 0, sparse: int | None = None) -> Self:
        experts, active = names("experts"), names("active")
        if active > experts:
            raise WorkloadError(f"{names.names['active']} = {active}: there are {experts} experts")
        blocks = names("num_hidden_layers") if sparse is None else sparse
        return cls(experts=experts, active=active, inner=names(inner), shared=shared, sparse=blocks)


def all_sparse(names: Names) -> Mixture:
    """Experts as wide as ``intermediate_size`` says, in every block."""
    return Mixture.of(names, inner="intermediate_size")


def qwen_experts(names: Names) -> Mixture:
    """Narrow experts in every ``decoder_sparse_step``-th block but those of ``mlp_only_layers``."""
    step, dense = names("decoder_sparse_step"), names.fields.get("mlp_only_layers") or []
    if not isinstance(dense, list):
        raise WorkloadError(f"mlp_only_layers = {dense!r}: a list of blocks is expected")
    blocks = range(names("num_hidden_layers"))
    sparse = sum((block + 1) % step == 0 and block not in dense for block in blocks)
    shared = names.optional("shared_expert_intermediate_size", 0) or 0
    return Mixture.of(names, inner="moe_intermediate_size", shared=shared, sparse=sparse)


def deepseek_experts(names: Names) -> Mixture:
    """Narrow experts behind the first dense blocks, and shared ones beside them."""
    first, step = names("first_k_dense_replace", 0), names("moe_layer_freq")
    blocks = range(names("num_hidden_layers"))
    sparse = sum(block >= first and block % step == 0 for block in blocks)
    shared = (names.optional("n_shared_experts", 0) or 0) * names("moe_intermediate_size")
    return Mixture.of(names, inner="moe_intermediate_size", shared=shared, sparse=sparse)
