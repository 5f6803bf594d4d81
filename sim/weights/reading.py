"""From a tensor of a file to a ternary matrix: which rule applies, and the scale that is stored beside it."""

from __future__ import annotations

import json
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sim.weights import packed
from sim.weights.tensors import Tensor, TensorFile, WeightFileError
from sim.weights.ternary import Per, TernaryMatrix, absmean, exact, of_blocks, threshold

Rule = Literal["auto", "absmean", "threshold", "exact", "packed"]
RULES: tuple[Rule, ...] = get_args(Rule)


def ternary_of(file: TensorFile, tensor: Tensor, rule: Rule = "auto", per: Per = "tensor") -> TernaryMatrix:
    """``tensor`` of ``file`` as a ternary matrix.

    ``auto`` takes bytes as packed, what is ternary as it is, and other floats by ``absmean``. The scale
    that checkpoints store beside a ternary tensor, NAME_scale, is multiplied in. Raises ``WeightFileError``
    where the tensor is no matrix or the rule does not fit it.
    """
    if not tensor.is_matrix:
        raise WeightFileError(f"{tensor} has shape {list(tensor.shape)}, a matrix W[M, N] is expected")
    if rule == "packed" or (rule == "auto" and tensor.is_bytes):
        return _unpacked(tensor).scaled_by(stored_scale(file, tensor, 4 * tensor.shape[0]))
    if rule == "absmean":
        return absmean(tensor, per)
    if rule == "threshold":
        return threshold(tensor, per)
    found = of_blocks(tensor) if tensor.blocks is not None else exact(tensor)
    if found is not None:
        return found.scaled_by(stored_scale(file, tensor, tensor.shape[0]))
    if rule == "exact" or tensor.is_integer:
        raise WeightFileError(
            f"{tensor} of type {tensor.kind} is not ternary: {_stranger(tensor)}; "
            "--ternary absmean or threshold makes it so"
        )
    return absmean(tensor, per)


def stored_scale(file: TensorFile, tensor: Tensor, rows: int) -> NDArray[np.float64]:
    """The scale beside a ternary tensor: NAME_scale, one number or one a row; 1 where there is none.

    Transformers' ``BitLinear`` divides by what it stores, ``AutoBitLinear`` multiplies; which one a model has
    is said by the config.json beside its file (without one: multiplies).
    """
    beside = file.tensors.get(f"{tensor.name}_scale")
    if beside is None:
        return np.array(1.0)
    count = beside.shape[0] if beside.shape else 1
    scale = beside.rows(0, count).astype(np.float64).reshape(-1)
    if len(scale) not in (1, rows) or not np.isfinite(scale).all() or not scale.all():
        raise WeightFileError(f"{beside} is no scale of {rows} rows: one number, or one a row, is expected")
    scale = 1 / scale if _divides(file) else scale
    return scale if len(scale) > 1 else scale[0].reshape(())


def _divides(file: TensorFile) -> bool:
    try:
        config = json.loads((file.path.parent / "config.json").read_text(encoding="utf-8"))
        stated = config.get("quantization_config", {})
        return (stated.get("quant_method"), stated.get("linear_class")) in (
            ("bitnet", None),
            ("bitnet", "bitlinear"),
        )
    except (OSError, ValueError, AttributeError):
        return False


def _unpacked(tensor: Tensor) -> TernaryMatrix:
    if not tensor.is_bytes:
        raise WeightFileError(f"{tensor} is of type {tensor.kind}, packed weights are bytes (U8)")
    quarter, length = tensor.shape
    quarters = np.empty((packed.VALUES_A_BYTE, quarter, length), dtype=np.int8)
    for first, last in tensor.strips():
        octets = tensor.rows(first, last)
        if not packed.holds_weights(octets):
            raise WeightFileError(f"{tensor} is not packed weights: two bits of a byte are 3")
        unpacked = packed.unpack_rows(octets)
        quarters[:, first:last] = unpacked.reshape(packed.VALUES_A_BYTE, last - first, length)
    return TernaryMatrix(quarters.reshape(-1, length), np.array(1.0), "packed", exact=True)


def _stranger(tensor: Tensor) -> str:
    """What keeps ``tensor`` from being ternary: a weight, or a row and two of its magnitudes."""
    for first, last in tensor.strips():
        if tensor.is_integer:
            outside = tensor.rows(first, last)
            outside = outside[~np.isin(outside, (-1, 0, 1))]
            if outside.size:
                return f"it holds {outside[0]}"
            continue
        for row, values in enumerate(np.abs(tensor.rows(first, last).astype(np.float64)), start=first):
            magnitudes = np.unique(values[values != 0])
            if len(magnitudes) > 1:
                return f"row {row} holds {magnitudes[0]:.6g} and {magnitudes[-1]:.6g}"
    return "it holds an infinity or a NaN"


def weights_beside(tensor: Tensor, matrix: TernaryMatrix, first: int, last: int) -> NDArray[np.float64]:
    """Rows of the original weights in float64: the tensor's own, or scale · T where that is the same."""
    if not matrix.exact:
        return tensor.rows(first, last).astype(np.float64)
    return scaled_rows(matrix, first, last)


def scaled_rows(matrix: TernaryMatrix, first: int, last: int) -> NDArray[np.float64]:
    """Rows of scale · T."""
    scale = np.broadcast_to(matrix.scale, len(matrix.weights))[first:last, None]
    return matrix.weights[first:last] * scale
