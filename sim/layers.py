"""Layers as data: activations and ternary weights, and the beats that carry them on a core's streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator import keys
from generator.alphabets import code_of
from generator.config import CoreConfig
from generator.errors import WorkloadError
from generator.formats import Integer
from generator.plan import CorePlan, Tiling, plan_for
from generator.planes import of_planes
from sim.entry_stream import entry_beats
from sim.fields import pack_fields, unpack_fields
from sim.key_stream import in_groups, stream_chunks
from sim.reference import evaluate, with_invalid
from sim.scales import beat_chunks, random_scales
from sim.transport import Transports, transports_of

CHUNK_VALUES = 1 << 18
"""Activations or results worked on at a time, which bounds memory."""


MOST_VALUES = 1 << 30
"""Weights, activations or results of a layer at most."""


def check_size(length: int, outputs: int, tokens: int) -> None:
    """Raises ``WorkloadError`` in one line where a layer has more than ``MOST_VALUES`` of something."""
    counts = {"weights": length * outputs, "activations": length * tokens, "results": outputs * tokens}
    what, count = max(counts.items(), key=lambda item: item[1])
    if count > MOST_VALUES:
        raise WorkloadError(
            f"layer {length}x{outputs}, {tokens} tokens: {count:,} {what}, {MOST_VALUES:,} are the most"
        )


def random_weights_of(
    config: CoreConfig, rng: np.random.Generator, shape: tuple[int, int]
) -> NDArray[np.int8]:
    """Random groups of a core's alphabet, in each of its planes: W of a ``shape``."""
    planes = range(config.weight_bits)
    return of_planes(keys.random_weights(rng, config.alphabet, config.group_size, shape) for _ in planes)


def _integers(weights: NDArray[Any]) -> NDArray[np.int8]:
    """``weights`` as int8: -1, 0 and 1, or the integers that several planes make."""
    small = np.issubdtype(weights.dtype, np.integer) and weights.size and abs(weights).max() < 16
    return weights.astype(np.int8, copy=False) if small else keys.ternary(weights)


@dataclass(frozen=True, eq=False)
class LayerData:
    """x[B, N] ``activations`` and ternary W[M, N] ``weights``; their groups may have ``scales``
    [M, groups]."""

    activations: NDArray[Any]
    weights: NDArray[np.int8]
    scales: NDArray[Any] | None = None

    @classmethod
    def of(cls, activations: ArrayLike, weights: ArrayLike, scales: ArrayLike | None = None) -> LayerData:
        """The layer of two array-likes; ``WorkloadError`` where their shapes do not fit."""
        x, w = np.asarray(activations), np.asarray(weights)
        if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[1]:
            raise WorkloadError(
                f"x{list(x.shape)} and W{list(w.shape)} do not fit: x[B, N] and W[M, N] are expected"
            )
        return cls(x, _integers(w), None if scales is None else np.asarray(scales))

    @classmethod
    def random(
        cls, config: CoreConfig, length: int, outputs: int, tokens: int = 1, seed: int = 0
    ) -> LayerData:
        """Random values of the core's format, extremes among them, and random weights of its alphabet.

        Some outputs take every activation with one sign, so that sums come near their limits. Raises
        ``WorkloadError`` for sizes that no memory holds.
        """
        check_size(length, outputs, tokens)
        rng = np.random.default_rng(seed)
        weights = random_weights_of(config, rng, (outputs, length))
        extreme = np.resize(code_of(config.alphabet, config.group_size).most_taken, length)
        extreme = extreme * ((1 << config.weight_bits) - 1)
        weights[rng.random(outputs) < 0.1] = rng.choice(np.array([-1, 1], dtype=np.int8)) * extreme
        activations = config.format.random(rng, (tokens, length))
        activations[rng.random(tokens) < 0.1] = rng.choice([config.format.minimum, config.format.maximum])
        return cls(activations, weights, random_scales(plan_for(config), rng, outputs, length))

    @property
    def length(self) -> int:
        return int(self.weights.shape[1])

    @property
    def outputs(self) -> int:
        return int(self.weights.shape[0])

    @property
    def tokens(self) -> int:
        return int(self.activations.shape[0])


@dataclass(frozen=True, eq=False)
class Beats:
    """A layer on the streams: distinct transfers as rows of bytes, and the order in which they are sent.

    Transfers are beats, or words of a bus where a stream is buffered.
    """

    tiling: Tiling
    transports: Transports
    activation_beats: NDArray[np.uint8]
    activation_order: NDArray[np.int32]
    key_beats: NDArray[np.uint8]
    key_order: NDArray[np.int32]

    @property
    def results(self) -> int:
        """Result beats that the layer makes."""
        return self.tiling.blocks * self.tiling.m_tiles

    @property
    def last(self) -> NDArray[np.bool_]:
        """Which of the result beats carry ``tlast``."""
        return np.asarray(np.arange(1, self.results + 1) % self.tiling.m_tiles == 0)


def beats_of(plan: CorePlan, layer: LayerData) -> Beats:
    """``layer`` as the core's streams carry it, edges padded with zeros.

    Raises ``WorkloadError`` where the layer does not fit the core, ``ConfigError`` for activations outside
    the format.
    """
    tiling = Tiling.of(plan, layer.length, layer.outputs, layer.tokens)
    activations, keys = transports = transports_of(plan, tiling)
    activation = np.concatenate(list(activations.packed(activation_chunks(plan, layer))))
    key = np.concatenate(list(keys.packed(key_chunks(plan, layer))))
    block = np.arange(tiling.blocks, dtype=np.int32)[:, None] * activations.transfers
    once = np.arange(activations.transfers, dtype=np.int32)
    activation_order = (block + np.tile(once, activations.repeats)).reshape(-1)
    key_order = np.tile(np.arange(keys.transfers, dtype=np.int32), tiling.blocks)
    return Beats(tiling, transports, activation, activation_order, key, key_order)


def activation_chunks(plan: CorePlan, layer: LayerData) -> Iterator[NDArray[np.uint8]]:
    """The distinct activation beats of ``layer``, block by block, as chunks [beats, bytes]."""
    config = plan.config
    tiling = Tiling.of(plan, layer.length, layer.outputs, layer.tokens)
    n, padded = tiling.n_tiles, tiling.n_tiles * plan.tile_length
    at_once = max(1, CHUNK_VALUES // (config.rows * padded))
    for first in range(0, tiling.blocks, at_once):
        blocks = min(at_once, tiling.blocks - first)
        given = layer.activations[first * config.rows : (first + blocks) * config.rows]
        if plan.receives_entries:
            yield entry_beats(plan, np.pad(given, ((0, blocks * config.rows - len(given)), (0, 0))))
            continue
        x = config.format.encode(given)
        x = np.pad(in_groups(plan, x), ((0, blocks * config.rows - len(x)), (0, 0)))
        x = x.reshape(blocks, config.rows, n, plan.tile_length).transpose(0, 2, 1, 3)
        yield pack_fields(x.reshape(blocks * n, -1), plan.activation_width)


def key_chunks(plan: CorePlan, layer: LayerData) -> Iterator[NDArray[np.uint8]]:
    """The key beats of ``layer``, once through its weights, as chunks [beats, bytes]."""
    yield from beat_chunks(plan, stream_chunks(plan, layer.weights), layer.scales, layer.weights.shape)


def evaluated(plan: CorePlan, layer: LayerData) -> NDArray[Any]:
    """y[B, M] of ``layer`` as the core computes it, as ``sim.reference.evaluate`` gives it."""
    return evaluate(plan, layer.activations, layer.weights, layer.scales)


def results_of(plan: CorePlan, tiling: Tiling, outputs: int, tokens: int, beats: NDArray[np.uint8]) -> Any:
    """y[B, M] (int64) from the result ``beats`` of a layer, the padding of its edges dropped.

    For floats as ``sim.reference.evaluate`` gives them: bits, the canonical NaN beside a set ``invalid``.
    """
    config = plan.config
    signed = isinstance(plan.result_number, Integer)
    columns, rows = plan.columns, config.rows
    y = np.empty((tokens, outputs), dtype=np.int64)
    at_once = max(1, CHUNK_VALUES // (tiling.m_tiles * rows * columns))
    for first in range(0, tiling.blocks, at_once):
        blocks = min(at_once, tiling.blocks - first)
        block = np.asarray(beats[first * tiling.m_tiles : (first + blocks) * tiling.m_tiles])
        fields = unpack_fields(block, rows * columns, plan.result_width, signed)
        fields = fields.reshape(blocks, tiling.m_tiles, rows, columns).transpose(0, 2, 1, 3)
        part = y[first * rows : (first + blocks) * rows]
        part[:] = fields.reshape(blocks * rows, -1)[: len(part), :outputs]
    return with_invalid(plan, y, y >> plan.value_width != 0) if plan.marks_results else y


def values_of(plan: CorePlan, results: NDArray[np.int64]) -> NDArray[Any]:
    """The numbers that ``results`` stand for: integers, or float64 with NaN where they are invalid."""
    number = plan.result_number
    if isinstance(number, Integer):
        return results
    return np.asarray(number.decode(results & ((1 << number.bits) - 1)).astype(np.float64))
