"""Layers as data: activations and ternary weights, and the beats that carry them on a core's streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator import keys
from generator.config import CoreConfig
from generator.errors import WorkloadError
from generator.formats import Integer
from generator.plan import CorePlan, Tiling
from sim.fields import pack_fields, unpack_fields
from sim.key_stream import stream_chunks
from sim.reference import with_invalid


@dataclass(frozen=True, eq=False)
class Layer:
    """x[B, N] ``activations`` and ternary W[M, N] ``weights``."""

    activations: NDArray[Any]
    weights: NDArray[np.int8]

    @classmethod
    def of(cls, activations: ArrayLike, weights: ArrayLike) -> Layer:
        """The layer of two array-likes; ``WorkloadError`` where their shapes do not fit."""
        x, w = np.asarray(activations), np.asarray(weights)
        if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[1]:
            raise WorkloadError(
                f"x{list(x.shape)} and W{list(w.shape)} do not fit: x[B, N] and W[M, N] are expected"
            )
        return cls(x, keys.ternary(w))

    @classmethod
    def random(cls, config: CoreConfig, length: int, outputs: int, tokens: int = 1, seed: int = 0) -> Layer:
        """Random values of the core's format, extremes among them, and random ternary weights.

        Some outputs take every activation with one sign, so that sums come near their limits.
        """
        rng = np.random.default_rng(seed)
        weights = rng.integers(-1, 1, size=(outputs, length), endpoint=True, dtype=np.int8)
        weights[rng.random(outputs) < 0.1] = rng.choice(np.array([-1, 1], dtype=np.int8))
        activations = config.format.random(rng, (tokens, length))
        activations[rng.random(tokens) < 0.1] = rng.choice([config.format.minimum, config.format.maximum])
        return cls(activations, weights)

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
    """A layer on the streams: distinct beats as rows of bytes, and the order in which they are sent."""

    tiling: Tiling
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

    @property
    def key_steps(self) -> NDArray[np.int64]:
        """The step (counted from 0 over the whole layer) that takes each key beat."""
        steps = np.arange(self.tiling.steps).reshape(-1, self.tiling.slots)
        return np.asarray(steps[:, : self.tiling.m_tiles].reshape(-1))

    @property
    def result_steps(self) -> NDArray[np.int64]:
        """The step that completes each result beat."""
        n, m, blocks = self.tiling.n_tiles, self.tiling.m_tiles, self.tiling.blocks
        in_order = self.key_steps.reshape(blocks, n * m)
        restreamed = self.tiling.burst == n
        return np.asarray((in_order[:, n - 1 :: n] if restreamed else in_order[:, -m:]).reshape(-1))


def beats_of(plan: CorePlan, layer: Layer) -> Beats:
    """``layer`` as the core's streams carry it, edges padded with zeros.

    Raises ``WorkloadError`` where the layer does not fit the core, ``ConfigError`` for activations outside
    the format.
    """
    config = plan.config
    tiling = plan.tiling(layer.length, layer.outputs, layer.tokens)
    n, m, blocks = tiling.n_tiles, tiling.m_tiles, tiling.blocks

    x = config.format.encode(layer.activations)
    x = np.pad(x, ((0, blocks * config.rows - layer.tokens), (0, n * config.tile_length - layer.length)))
    x = x.reshape(blocks, config.rows, n, config.tile_length).transpose(0, 2, 1, 3)
    activation = pack_fields(x.reshape(blocks * n, -1), plan.activation_width)

    key = pack_fields(np.concatenate(list(stream_chunks(plan, layer.weights))), plan.key_width)

    block = np.arange(blocks, dtype=np.int32)[:, None] * n
    every_n = np.arange(n, dtype=np.int32)
    restreams = m if config.dataflow == "output_stationary" else 1
    activation_order = (block + np.tile(every_n, restreams)).reshape(-1)
    key_order = np.tile(np.arange(m * n, dtype=np.int32), blocks)
    return Beats(tiling, activation, activation_order, key, key_order)


def results_of(plan: CorePlan, tiling: Tiling, outputs: int, tokens: int, beats: NDArray[np.uint8]) -> Any:
    """y[B, M] (int64) from the result ``beats`` of a layer, the padding of its edges dropped.

    For floats as ``sim.reference.evaluate`` gives them: bits, the canonical NaN beside a set ``invalid``.
    """
    config = plan.config
    signed = isinstance(config.format, Integer)
    fields = unpack_fields(beats, config.rows * config.columns, plan.result_width, signed)
    fields = fields.reshape(tiling.blocks, tiling.m_tiles, config.rows, config.columns).transpose(0, 2, 1, 3)
    fields = fields.reshape(tiling.blocks * config.rows, -1)[:tokens, :outputs]
    return with_invalid(plan, fields, fields >> plan.value_width != 0) if plan.tracks_invalid else fields


def values_of(plan: CorePlan, results: NDArray[np.int64]) -> NDArray[Any]:
    """The numbers that ``results`` stand for: integers, or float64 with NaN where they are invalid."""
    number = plan.config.accumulator_format or plan.config.format
    if isinstance(number, Integer):
        return results
    return np.asarray(number.decode(results & ((1 << number.bits) - 1)).astype(np.float64))
