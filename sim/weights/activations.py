"""Activations of a network as a core takes them: BitNet's quantisation for integers, rounding for floats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.formats import Format, Integer
from sim.weights.files import open_tensors
from sim.weights.tensors import WeightFileError

SMALLEST_MAXIMUM = 1e-5
"""What a token's largest magnitude is taken to be at least, as in BitNet."""


@dataclass(frozen=True, eq=False)
class Activations:
    """x[B, N] in float64, and the ``values`` [B, N] a core takes for it: x ≈ values / ``scale`` [B]."""

    x: NDArray[np.float64]
    values: NDArray[Any]
    scale: NDArray[np.float64]


def activations_for(number: Format, x: NDArray[Any]) -> Activations:
    """x[B, N] for a core whose activations are of the format ``number``.

    Integers are taken as they are by integer cores. Floats are quantised a token at a time, as BitNet b1.58
    does: with Q = 2^(bits-1) - 1 and s = Q / max|x|, they become RoundClip(s·x, -Q - 1, Q), or -Q of a
    symmetric format. A floating-point core rounds to its format.
    """
    wide = x.astype(np.float64)
    if not isinstance(number, Integer):
        with np.errstate(over="ignore"):
            return Activations(wide, number.decode(number.encode(wide)), np.ones(len(wide)))
    if x.dtype.kind in "iub":
        return Activations(wide, x.astype(np.int64), np.ones(len(wide)))
    scale = number.maximum / np.maximum(np.abs(wide).max(axis=1), SMALLEST_MAXIMUM)
    values = np.clip(np.rint(wide * scale[:, None]), number.minimum, number.maximum)
    return Activations(wide, values.astype(np.int64), scale)


def load_activations(path: Path, length: int) -> NDArray[Any]:
    """x[B, N] of a .npy file; [N] is one token. ``WeightFileError`` where it does not fit N = ``length``."""
    tensor = open_tensors(path).find()
    if tensor.shape not in ((length,), (*tensor.shape[:1], length)) or 0 in tensor.shape:
        raise WeightFileError(f"{path}: shape {list(tensor.shape)}, x[B, {length}] is expected")
    x = tensor.rows(0, tensor.shape[0]).reshape(-1, length)
    if not np.isfinite(x.astype(np.float64)).all():
        raise WeightFileError(f"{path}: holds an infinity or a NaN, which has no scale")
    return x


def random_activations(length: int, tokens: int, seed: int) -> NDArray[Any]:
    """x[B, N], normally distributed."""
    return np.random.default_rng(seed).standard_normal((tokens, length))
