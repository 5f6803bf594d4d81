"""Weights of two to four bits for a core of as many planes: W = scale · u + least as odd integers.

With w = 2·u - (2^q - 1), W = scale/2 · w + (2^q - 1)/2 · scale + least. The core multiplies the sums of its
groups by their scales; the half stays outside, and so does what is left, an offset that multiplies the sum of
the group's activations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generator.config import CoreConfig
from sim.weights.coded_blocks import Coded, Codes
from sim.weights.core_scales import scaled_by_core
from sim.weights.tensors import Tensor, WeightFileError
from sim.weights.ternary import Groups, TernaryMatrix


def of_several_bits(tensor: Tensor, core: CoreConfig) -> TernaryMatrix:
    """``tensor`` of codes in blocks, or of integers, for a ``core`` whose weights have several bits.

    Raises ``WeightFileError`` for other tensors, for codes of more bits, and for blocks with scales that a
    core without ``scale_group``, or with another, does not apply.
    """
    bits = core.weight_bits
    if tensor.coded is not None:
        return _of_codes(tensor, tensor.coded, core)
    if not tensor.is_integer:
        raise WeightFileError(
            f"{tensor} is of type {tensor.kind}: for weight_bits = {bits} integers or GGUF's Q2_0, PQ2_0, "
            "Q4_0 and Q4_1 are expected"
        )
    strips = (tensor.rows(first, last).astype(np.int64) for first, last in tensor.strips())
    values = np.concatenate(list(strips))
    largest = (1 << bits) - 1
    if (np.abs(values) <= largest).all() and (values % 2 == 1).all():
        return TernaryMatrix(values.astype(np.int8), np.array(1.0), f"{bits} planes", exact=True)
    if (values < 0).any() or (values > largest).any():
        outside = values[(values < 0) | (values > largest)][0]
        raise WeightFileError(
            f"{tensor} holds {outside}: for weight_bits = {bits} codes 0 … {largest} are expected, or odd "
            f"integers from {-largest} to {largest}"
        )
    offset = Groups(values.shape[1], np.full((len(values), 1), largest / 2))
    weights = (2 * values - largest).astype(np.int8)
    return TernaryMatrix(weights, np.array(0.5), f"codes of {bits} bits", exact=True, offset=offset)


def _of_codes(tensor: Tensor, codes: Coded, core: CoreConfig) -> TernaryMatrix:
    if codes.bits > core.weight_bits:
        raise WeightFileError(
            f"{tensor} of type {tensor.kind} has codes of {codes.bits} bits, the core weight_bits = "
            f"{core.weight_bits}: {codes.bits} are expected"
        )
    if not core.scale_group:
        raise WeightFileError(
            f"{tensor} of type {tensor.kind} has a scale for every {codes.length} weights, the core none: "
            f"scale_group = {codes.length} is expected, or a divisor of it"
        )
    parts = [codes.read(first, last) for first, last in tensor.strips()]
    code, scales, least = (np.concatenate(each) for each in zip(*parts, strict=True))
    if not (np.isfinite(scales).all() and np.isfinite(least).all()):
        raise WeightFileError(f"{tensor} is damaged: the scale of a block is not a number")
    largest = (1 << codes.bits) - 1
    d: NDArray[np.float64] = scales.astype(np.float64)
    matrix = TernaryMatrix(
        (2 * code.astype(np.int16) - largest).astype(np.int8),
        np.array(1.0),
        f"{codes.bits} bits by {codes.length}",
        exact=True,
        power=np.square(Codes(code, scales, least).values, dtype=np.float64).sum(axis=1),
        groups=Groups(codes.length, d),
        offset=Groups(codes.length, largest / 2 * d + least),
    )
    return scaled_by_core(matrix, core, tensor).scaled_outside(0.5)
