"""What requests ask for, piece by piece: ternary layers, attention, output head and embedding.

Ternary layers are computed by the cores; an engine beside them computes the rest; all share one memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from dse.spec.request import Passes
from dse.spec.workload import BITS, Shape, Workload

Part = Literal["ternary layers", "attention", "output head", "embedding"]
PARTS: tuple[Part, ...] = get_args(Part)

Weighted = Sequence[tuple[float, Passes]]
"""Passes, each as often as its request comes."""


class Demand(NamedTuple):
    """What is not ternary asks for: ``macs`` of the engine and ``bits`` of the memory, an entry a context."""

    macs: NDArray[np.float64]
    bits: NDArray[np.float64]


class Piece(NamedTuple):
    """One part of some passes, done ``often`` times: layers on the cores, or a demand."""

    part: Part
    often: float
    work: tuple[Shape, ...] | Demand


def pieces_of(workload: Workload, weighted: Weighted) -> tuple[Piece, ...]:
    """All pieces of some passes, each through its model."""
    return tuple(
        piece._replace(often=weight * piece.often)
        for weight, passes in weighted
        for piece in _pieces(workload.serving(passes.model), passes)
    )


@lru_cache(maxsize=256)
def _pieces(workload: Workload, passes: Passes) -> tuple[Piece, ...]:
    often = len(passes.contexts)
    pieces = [
        Piece("ternary layers", often, workload.shapes_of(passes.tokens)),
        *_attention(workload, passes),
    ]
    if passes.makes and (shape := workload.ternary_head(passes.sequences)):
        pieces.append(Piece("output head", often, (shape,)))
    elif passes.makes and (bits := BITS.get(workload.head, 0)) and workload.decoder.vocabulary:
        weights = float(workload.decoder.width * workload.decoder.vocabulary)
        demand = Demand(np.array([passes.sequences * weights]), np.array([weights * bits]))
        pieces.append(Piece("output head", often, demand))
    if rows := passes.tokens * workload.decoder.width * BITS[workload.embedding]:
        pieces.append(Piece("embedding", often, Demand(np.zeros(1), np.array([float(rows)]))))
    return tuple(pieces)


def _attention(workload: Workload, passes: Passes) -> Iterator[Piece]:
    """A pass writes keys and values of its tokens, and reads all that these see once for every sequence."""
    decoder, bits, each = workload.decoder, BITS[workload.kv], passes.each
    for cache in decoder.caches:
        pairs = np.array([cache.pairs(context, each) for context in passes.contexts], np.float64)
        moved = np.array([cache.seen(context, each) + each for context in passes.contexts], np.float64)
        macs = pairs * (passes.sequences * cache.kept.macs)
        yield Piece(
            "attention", cache.blocks, Demand(macs, moved * (passes.sequences * cache.kept.values * bits))
        )
    if decoder.state:
        moved = np.array([2.0 * passes.sequences * decoder.state * bits])
        yield Piece("attention", len(passes.contexts), Demand(np.zeros(1), moved))
