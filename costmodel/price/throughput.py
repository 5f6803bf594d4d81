"""How long a layer takes, in clock cycles.

The counts are those of ``Tiling``: every block of R tokens takes n_tiles · m_tiles steps, one a
cycle when nobody stalls, edge tiles included, and the pipeline fills once a layer. Accumulators that take
several cycles pause to finish their sums.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.plan import CorePlan, Tiling

PAUSE_KEYS = ("activation", "datapath", "pipeline.float_stages")
_FRONT = (*PAUSE_KEYS, "architecture", "group_size", "alphabet", "table_store", "pipeline.table")
STAGES: Mapping[str, tuple[str, ...]] = {
    "table_stages": _FRONT,
    "arriving_stages": _FRONT,
    "pipeline_stages": (
        *PAUSE_KEYS,
        "architecture",
        "tables",
        "pipeline.fetch",
        "pipeline.reduction_every",
        # With carry-save levels, what the number of these depends on.
        "reduction",
        "group_size",
        "alphabet",
        "symmetry",
        "symmetric",
        "aligned_bits",
        "max_reduction",
        "scale_group",
        "scale",
    ),
    "finishing_cycles": (*PAUSE_KEYS, "dataflow", "scale_group", "scale"),
}
"""Stages of a plan by name, and the keys that each number depends on."""
SCALER_COUNTS = ("scale_units", "scale_steps")
"""Numbers of a plan that depend on its columns: what scales sums of groups, and the turns that it takes."""
FILL_KEYS = ("group_size", "alphabet", "symmetry", "fetch", "table_store", "table_banks")
"""Keys of a configuration that the cycles in which a table is filled depend on."""
LATENCY = ("table_stages", "pipeline_stages", "finishing_cycles")
"""What a plan's latency is the sum of."""
KEY_WIDTH_KEYS = ("architecture", "activation", "group_size", "alphabet", "datapath", "aligned_bits")
"""Keys of a configuration that the width of its keys depends on, where these do not come packed."""

TABLE_INPUT_KEYS = (*KEY_WIDTH_KEYS, "symmetric", "symmetry", "table_store")
"""Keys of a configuration that the bits which a table takes of a beat of activations depend on."""


def layer_cycles(plan: CorePlan, length: int, outputs: int, tokens: int = 1) -> int:
    """Cycles from a layer's first activation to its last result; ``WorkloadError`` where it does not fit."""
    return Tiling.of(plan, length, outputs, tokens).cycles


def layer_steps_batch(
    length: ArrayLike,
    outputs: ArrayLike,
    tokens: ArrayLike,
    *,
    tile_length: ArrayLike,
    columns: ArrayLike,
    rows: ArrayLike,
) -> NDArray[np.int64]:
    """Steps of many cores at once, each with a beat of keys; the arguments broadcast.

    Whether a core may run the layer at all (``max_reduction``, ``outputs``) is not checked.
    """
    steps: NDArray[np.int64] = _ceil(length, tile_length) * _ceil(outputs, columns) * _ceil(tokens, rows)
    return steps


def layer_pauses_batch(
    length: ArrayLike,
    outputs: ArrayLike,
    tokens: ArrayLike,
    *,
    tile_length: ArrayLike,
    columns: ArrayLike,
    rows: ArrayLike,
    table_stationary: ArrayLike,
    accumulator_stages: ArrayLike,
    pause_cycles: ArrayLike,
    fill_cycles: ArrayLike = 0,
    table_banks: ArrayLike = 2,
) -> NDArray[np.int64]:
    """Cycles of many cores between their first and last steps that take no keys.

    Tables that take ``fill_cycles`` are filled while others are read, but for those of one bank.
    With the steps and the latency these are ``layer_cycles``.
    """
    held = np.asarray(table_stationary, dtype=np.bool_)
    m_tiles, blocks = _ceil(outputs, columns), _ceil(tokens, rows)
    idle = np.where(held, np.maximum(np.asarray(accumulator_stages, dtype=np.int64) - m_tiles, 0), 0)
    bursts = blocks * np.where(held, 1, m_tiles)
    pauses: NDArray[np.int64] = idle * (_ceil(length, tile_length) * blocks - 1)
    pauses = pauses + np.asarray(pause_cycles, dtype=np.int64) * (bursts - 1)
    filling = np.asarray(fill_cycles, dtype=np.int64)
    beside = np.where(np.asarray(table_banks) > 1, m_tiles, 1)
    waits: NDArray[np.int64] = np.maximum(filling - beside, 0)
    return pauses + waits * (_ceil(length, tile_length) * blocks - 1)


def _ceil(amount: ArrayLike, step: ArrayLike) -> NDArray[np.int64]:
    result: NDArray[np.int64] = -(-np.asarray(amount, np.int64) // np.asarray(step, dtype=np.int64))
    return result
