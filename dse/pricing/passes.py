"""The time that passes take, and what they move through the memory.

Their pieces follow one another. Each takes as long as the slowest of what it needs: the cores, the streams
into them, the memory, the engine beside the cores. Attention reads more with every token, so its time is
added up over the contexts of all passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import numpy as np

from dse.pricing.demands import layers_waiting, stored_bits
from dse.pricing.figure import LayerSeconds, Step
from dse.pricing.limits import Limit, where_limiting
from dse.pricing.pieces import Demand, Piece, Weighted, pieces_of
from dse.pricing.view import Array, View, weighted_sum
from dse.spec.workload import Shape, Workload

Traffic = Literal["keys", "head", "embedding", "kv", "activations"]
"""Kinds of what the memory moves; activations are with the results of layers."""

TRAFFIC: tuple[Traffic, ...] = get_args(Traffic)


def seconds(view: View, pieces: Iterable[Piece]) -> Array:
    """Seconds of pieces, one after the other; those that few keys change are summed up first."""
    ordered = sorted(pieces, key=lambda piece: not isinstance(piece.work, Demand))
    return weighted_sum((piece.often, _seconds(view, piece.work)) for piece in ordered)


def _seconds(view: View, work: tuple[Shape, ...] | Demand) -> Array:
    if not isinstance(work, Demand):
        return view(LayerSeconds(work))
    times = _times(view, work)
    return np.asarray(np.maximum(times["memory"], times["engine"]).sum(axis=-1))


def waiting(view: View, pieces: Iterable[Piece], limit: Limit) -> Array:
    """Seconds of what ``limit`` is what limits."""
    total = np.zeros(())
    for piece in pieces:
        if isinstance(piece.work, Demand):
            waits = where_limiting(_times(view, piece.work), limit)
            total = total + piece.often * (waits.sum(axis=-1) if waits.ndim else waits)
        else:
            total = total + piece.often * layers_waiting(view, piece.work, limit)
    return total


def _times(view: View, demand: Demand) -> dict[Limit, Array]:
    """Seconds that a demand takes by what may limit it; the last dimension is that of contexts."""
    memory, engine = view(Step.MEMORY_RATE)[..., None], view(Step.ENGINE_RATE)[..., None]
    return {"memory": demand.bits / memory, "engine": demand.macs / engine}


def traffic(view: View, pieces: Iterable[Piece]) -> dict[Traffic, Array]:
    """Bits that the memory moves, by kind."""
    bits: dict[Traffic, Array] = dict.fromkeys(TRAFFIC, np.zeros(()))
    for piece in pieces:
        kind = _KINDS[piece.part]
        if isinstance(piece.work, Demand):
            bits[kind] = bits[kind] + piece.often * piece.work.bits.sum()
            continue
        for shape in piece.work:
            keys, activations = stored_bits(view, shape)
            often = piece.often * shape.layers
            bits[kind] = bits[kind] + often * keys
            bits["activations"] = bits["activations"] + often * activations
    return bits


_KINDS: dict[str, Traffic] = {
    "ternary layers": "keys",
    "attention": "kv",
    "output head": "head",
    "embedding": "embedding",
}


def rated(workload: Workload) -> Weighted:
    """The passes that token rates are of: those that make tokens one after the other, if there are any."""
    phases = {passes.phase for _, passes in workload.passes}
    phase = "generate" if "generate" in phases else "prompt"
    return [(request.weight, passes) for request, passes in workload.passes if passes.phase == phase]


def until_first_token(workload: Workload) -> Weighted:
    """Of every request the passes that read its prompt, or the first that makes a token."""
    chosen = []
    for request in workload.asked:
        passes = request.passes(workload.block)
        reading = [each for each in passes if each.phase == "prompt"]
        first = passes[0]._replace(contexts=passes[0].contexts[:1])
        chosen += [(request.weight, each) for each in reading or [first]]
    return chosen


def everything(workload: Workload) -> Weighted:
    """All passes of all requests."""
    return [(request.weight, passes) for request, passes in workload.passes]


def tokens(weighted: Weighted) -> float:
    """Tokens that passes take through the model."""
    return sum(weight * passes.tokens * len(passes.contexts) for weight, passes in weighted)


def time_of(view: View, chosen: Weighted) -> Array:
    """Seconds of all pieces of some passes."""
    return seconds(view, pieces_of(view.workload, chosen))
