"""What a model has beside its ternary layers: output head, embedding, and the memory of earlier tokens."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dse.spec.model_blocks import Names, heads_of
from generator.errors import WorkloadError


class Kept(BaseModel):
    """What a block keeps of every token: ``values`` keys and values; a new token costs ``macs`` for each."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    values: int = Field(ge=0)
    macs: int = Field(ge=0)


class Cache(BaseModel):
    """``blocks`` blocks that keep ``kept`` of each token, of the last ``window`` alone where it is not 0."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    blocks: int = Field(ge=1)
    kept: Kept
    window: int = Field(default=0, ge=0)

    def seen(self, context: int, each: int) -> int:
        """Tokens whose keys and values ``each`` new tokens behind ``context`` others look at."""
        return context + each if not self.window else min(context + each, self.window + each - 1)

    def pairs(self, context: int, each: int) -> int:
        """Pairs of a new token and one that it looks at, itself included."""
        if not self.window:
            return each * context + each * (each + 1) // 2
        growing = min(max(self.window - context, 0), each)
        return growing * context + growing * (growing + 1) // 2 + (each - growing) * self.window


class Decoder(BaseModel):
    """The parts of a model that are not ternary.

    ``width``: values of a token between blocks. ``vocabulary``: tokens there are, 0 where that is not known.
    ``tied``: output head and embedding are one matrix. ``state``: values that all blocks keep of a sequence,
    however long it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    width: int = Field(default=0, ge=0)
    vocabulary: int = Field(default=0, ge=0)
    tied: bool = False
    caches: tuple[Cache, ...] = Field(default=(), strict=False)
    state: int = Field(default=0, ge=0)


def grouped(names: Names) -> Kept:
    """Keys and values of every group of query heads."""
    heads, shared, length = heads_of(names)
    return Kept(values=2 * shared * length, macs=2 * heads * length)


def falcon_grouped(names: Names) -> Kept:
    """Falcon's, which shares one head unless it says otherwise."""
    heads, _, length = heads_of(names)
    several = names.flag("new_decoder_architecture") or not names.flag("multi_query")
    shared = (names.optional("num_kv_heads") or heads) if several else 1
    return Kept(values=2 * shared * length, macs=2 * heads * length)


def multi_query(names: Names) -> Kept:
    heads, shared, length = heads_of(names)
    return Kept(values=2 * (1 if names.flag("multi_query") else shared) * length, macs=2 * heads * length)


def latent(names: Names) -> Kept:
    """DeepSeek's: one compressed vector for keys and values, and the turned part of the keys."""
    heads, turned = names("num_attention_heads"), names("qk_rope_head_dim")
    each = names("qk_nope_head_dim") + turned + names("v_head_dim")
    return Kept(values=names("kv_lora_rank") + turned, macs=heads * each)


def nothing(names: Names) -> Kept:
    """Models that keep a state instead."""
    return Kept(values=0, macs=0)


def caches_of(names: Names, kept: Kept) -> tuple[Cache, ...]:
    """The caches of all blocks: of the whole context, and of a window where a config says so."""
    blocks = names("num_hidden_layers")
    if not kept.values:
        return ()
    window = names.optional("sliding_window", 0) or 0
    if names.fields.get("use_sliding_window") is False:
        window = 0
    sliding = _sliding_blocks(names.fields, blocks) if window else 0
    groups = ((blocks - sliding, 0), (sliding, window))
    return tuple(Cache(blocks=many, kept=kept, window=last) for many, last in groups if many)


def _sliding_blocks(fields: Any, blocks: int) -> int:
    """Blocks that look at a window alone: all, but where ``layer_types`` or a pattern says which."""
    kinds = fields.get("layer_types")
    if kinds is not None:
        if not isinstance(kinds, list) or len(kinds) != blocks:
            raise WorkloadError(f"layer_types: a list of {blocks} blocks is expected")
        return kinds.count("sliding_attention")
    every = fields.get("sliding_window_pattern")
    if every is None:
        return blocks
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise WorkloadError(f"sliding_window_pattern = {every!r}: a whole number of at least 1 is expected")
    return blocks - blocks // every
