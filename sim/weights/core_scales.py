"""Scales that a core applies to groups of weights: those of a matrix, in the core's groups and format.

A matrix with one scale, or one a row, needs none of the core: its groups get ones, and its results are scaled
outside as ever. Where the scales of a row differ, the core has them, rounded to its format; of a format of
few bits, an integer or a float of eight, as a share of the row's largest, which stays outside.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generator.config import CoreConfig
from generator.formats import Format, Integer
from sim.weights.tensors import Tensor, WeightFileError
from sim.weights.ternary import Groups, TernaryMatrix

FEW_BITS = 8
"""Bits of a float up to which scales are stored as shares of the largest."""


def scaled_by_core(
    matrix: TernaryMatrix, config: CoreConfig, tensor: Tensor | str = "the matrix"
) -> TernaryMatrix:
    """``matrix`` with the scales ``applied`` by a core that has ``scale_group``; as it is for any other.

    Raises ``WeightFileError`` where the core's groups are not those of the matrix, or parts of them.
    """
    number, length = config.scale_format, config.scale_group
    if number is None:
        return matrix
    outputs, inputs = matrix.weights.shape
    if matrix.groups is None:
        ones = np.ones((outputs, -(-inputs // length)))
        return replace(matrix, applied=Groups(length, ones))
    given = matrix.groups
    if given.length % length:
        raise WeightFileError(
            f"{tensor} has a scale for every {given.length} weights of a row, the core for every {length}: "
            f"scale_group = {given.length} is expected, or a divisor of it"
        )
    scales = np.repeat(given.scales, given.length // length, axis=1)[:, : -(-inputs // length)]
    factor, stored = _rounded(scales, number)
    applied = Groups(length, stored)
    lost = (scales - factor[:, None] * stored) ** 2
    squares = np.square(matrix.weights, dtype=np.int16)
    powers = np.add.reduceat(squares, np.arange(0, inputs, length), axis=1, dtype=np.float64)
    residual = (lost * powers).sum(axis=1)
    outside = np.ones(()) if (factor == 1).all() else factor
    return replace(matrix, scale=outside, applied=applied, residual=residual, exact=not residual.any())


def _rounded(scales: NDArray[np.float64], number: Format) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A factor for each row, and ``scales`` over it as values of the format ``number``."""
    factor = np.ones(len(scales))
    if isinstance(number, Integer) or number.bits <= FEW_BITS:
        largest = np.abs(scales).max(axis=1)
        factor = np.where(largest > 0, largest / number.maximum, 1.0)
    shares = scales / factor[:, None]
    if isinstance(number, Integer):
        return factor, np.rint(shares)
    return factor, number.decode(number.encode(shares)).astype(np.float64)
