"""The stream of a core whose tables take their entries from it: what a maker of tables sends.

A beat has, row by row and core by core, the entries of all tables, a mark for each that has an infinity or a
NaN in it, and what they are aligned to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.plan import CorePlan
from sim.arithmetic import Array, arithmetic_of
from sim.reference import tiles_of

WIDEST = 64
"""Bits of an entry at most."""


def entry_beats(plan: CorePlan, activations: NDArray[Any]) -> NDArray[np.uint8]:
    """The beats [blocks·tiles, bytes] that carry the tables of ``activations`` [blocks·R, N].

    Raises ``ConfigError`` for activations outside the format.
    """
    arithmetic, config = arithmetic_of(plan, check=False), plan.config
    tiles = tiles_of(plan, arithmetic, activations)
    entries = tiles.entries(plan, arithmetic)[plan.code.first_index :]
    # [entries, cores, tokens, L, tiles] to [tokens, tiles, cores, L, entries]
    ordered = entries.transpose(2, 4, 1, 3, 0)
    fields = [_bits(ordered[..., entry.index - 1], entry.range.width) for entry in plan.table.entries]
    if tiles.special is not None:
        special = tiles.special.transpose(2, 4, 1, 3, 0)
        for entry in plan.table.entries:
            marks = np.asarray(special[..., np.flatnonzero(entry.digits)].any(axis=-1))
            fields.append(_bits(marks, 1))
    tables = np.concatenate(fields, axis=-1)
    rows = tables.reshape(*tables.shape[:3], -1)
    if plan.exponent_width:
        exponents = _bits(tiles.exponents.transpose(1, 2, 0), plan.exponent_width)
        rows = np.concatenate([rows, exponents], axis=-1)
    tokens, count = rows.shape[:2]
    by_block = rows.reshape(tokens // config.rows, config.rows, count, -1).transpose(0, 2, 1, 3)
    return np.packbits(by_block.reshape(tokens // config.rows * count, -1), axis=-1, bitorder="little")


def _bits(values: Array, width: int) -> NDArray[np.uint8]:
    """The lowest ``width`` bits of ``values`` on an axis of their own, the least significant first."""
    octets = np.ascontiguousarray(values.astype("<i8")).view(np.uint8).reshape(*values.shape, WIDEST // 8)
    return np.unpackbits(octets, axis=-1, bitorder="little", count=width)
