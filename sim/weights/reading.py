"""From a tensor of a file to a ternary matrix: which rule applies, and the scale that is stored beside it."""

from __future__ import annotations

import json
import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from generator.alphabets import TERNARY
from generator.config import CoreConfig
from generator.errors import KeyFileError
from generator.keys import pack
from sim.weights.codes import bytes_of_codes, bytes_packed, stranger
from sim.weights.core_scales import scaled_by_core
from sim.weights.groups import grouped, of_blocks
from sim.weights.packed import VALUES_A_BYTE
from sim.weights.several_bits import of_several_bits
from sim.weights.tensors import Tensor, TensorFile, WeightFileError
from sim.weights.ternary import Groups, Per, TernaryMatrix, absmean, exact, nearly, threshold

Rule = Literal["auto", "absmean", "threshold", "exact", "packed", "codes"]
RULES: tuple[Rule, ...] = get_args(Rule)


def ternary_of(
    file: TensorFile,
    tensor: Tensor,
    rule: Rule = "auto",
    per: Per = "tensor",
    core: CoreConfig | None = None,
) -> TernaryMatrix:
    """``tensor`` of ``file`` as a ternary matrix; for a ``core`` that scales groups with those scales.

    ``auto`` takes bytes as packed, what is ternary as it is, also with several scales in a row or with noise
    in its scale, and other floats by ``absmean``. The scale that checkpoints store beside a ternary tensor,
    NAME_scale, is multiplied in. Raises ``WeightFileError`` where the tensor is no matrix or the rule does
    not fit it.
    """
    if tensor.is_stack:
        raise WeightFileError(
            f"{tensor} has shape {list(tensor.shape)}, a matrix W[M, N] is expected: '{tensor.name}[0]' is "
            f"the first of its {tensor.shape[0]}"
        )
    if not tensor.is_matrix:
        raise WeightFileError(f"{tensor} has shape {list(tensor.shape)}, a matrix W[M, N] is expected")
    if core is not None and core.weight_bits > 1:
        return _noted_loss(of_several_bits(tensor, core).noted(*tensor.notes), core)
    scales_groups = core is not None and core.scale_group > 0
    matrix = _by_rule(file, tensor, rule, per, scales_groups).noted(*tensor.notes)
    if core is not None and scales_groups:
        matrix = _noted_loss(scaled_by_core(matrix, core, tensor), core)
    if (codes := tensor.coded) is not None and tensor.blocks is None:
        matrix = matrix.noted(
            f"its weights have {codes.bits} bits and a scale for every {codes.length}, as a core with "
            f"weight_bits = {codes.bits} and scale_group = {codes.length} takes them"
        )
    return matrix if matrix.weights.any() else matrix.noted("all of its weights are zero")


def check_alphabet(matrix: TernaryMatrix, config: CoreConfig, tensor: Tensor) -> None:
    """Raises ``WeightFileError`` where weights of ``matrix`` are no groups of the core's alphabet."""
    if config.alphabet == TERNARY or config.weight_bits > 1:
        return
    try:
        pack(matrix.weights, config.group_size, config.alphabet)
    except KeyFileError as error:
        raise WeightFileError(f"{tensor}: {error}") from None


def _noted_loss(matrix: TernaryMatrix, core: CoreConfig) -> TernaryMatrix:
    """With a note where scales are not those of the file."""
    if matrix.exact or matrix.groups is None:
        return matrix
    return matrix.noted(
        f"its scales are rounded to {core.scale}, {matrix.weight_error:.2%} of the weights' root mean square "
        "is lost"
    )


def _by_rule(file: TensorFile, tensor: Tensor, rule: Rule, per: Per, scales_groups: bool) -> TernaryMatrix:
    if rule == "packed" or (rule == "auto" and tensor.is_bytes):
        return _with_stored_scale(file, tensor, bytes_packed(tensor, sure=rule == "packed"), expected=True)
    if rule == "codes":
        return _with_stored_scale(file, tensor, bytes_of_codes(tensor), expected=True)
    if rule == "absmean":
        return absmean(tensor, per)
    if rule == "threshold":
        return threshold(tensor, per)
    matrix = of_blocks(tensor) if tensor.blocks is not None else exact(tensor)
    if rule == "exact" and matrix is not None and matrix.groups is not None and not scales_groups:
        raise WeightFileError(
            f"{tensor}: the blocks of a row differ in scale, which a core without scale_group cannot apply; "
            "--ternary auto takes their mean"
        )
    if matrix is None and rule == "auto" and not tensor.is_integer:
        matrix = grouped(tensor) or nearly(tensor, per)
    if matrix is not None:
        matrix = _with_stored_scale(file, tensor, matrix)
        return matrix if matrix.groups is not None and scales_groups else _explained(matrix)
    if rule == "exact" or tensor.is_integer:
        raise WeightFileError(f"{tensor} of type {tensor.kind} is not ternary: {stranger(tensor)}")
    return absmean(tensor, per)


def _explained(matrix: TernaryMatrix) -> TernaryMatrix:
    """With a note where one scale stands for several."""
    error = f"{matrix.weight_error:.1%} of the weights' root mean square is lost"
    if matrix.groups is not None:
        return matrix.noted(
            f"its weights have a scale for every {matrix.groups.length} of a row; as a core sums the whole "
            f"row, their mean stands for them, {error}"
        )
    if not matrix.exact:
        return matrix.noted(f"its magnitudes are not quite equal, their mean stands for them: {error}")
    return matrix


def _with_stored_scale(
    file: TensorFile, tensor: Tensor, matrix: TernaryMatrix, *, expected: bool = False
) -> TernaryMatrix:
    """``matrix`` times what NAME_scale holds, 1 where there is none; noted where one is ``expected``."""
    scale = stored_scale(file, tensor, len(matrix.weights))
    if scale is not None:
        return matrix.scaled_by(scale)
    return matrix.noted("no scale is stored with it, 1 is taken") if expected else matrix


def stored_scale(file: TensorFile, tensor: Tensor, rows: int) -> NDArray[np.float64] | None:
    """The scale beside a ternary tensor: NAME_scale, one number or one a row, and for each expert of a stack
    or for all; None where there is none.

    Transformers' ``BitLinear`` divides by what it stores, ``AutoBitLinear`` multiplies; which one a model has
    is said by the config.json beside its file (without one: multiplies).
    """
    stack = tensor.stack
    beside = file.lookup(f"{stack.name if stack else tensor.name}_scale")
    if beside is None:
        return None
    scale = beside.rows(0, math.prod(beside.shape[:-1]) if len(beside.shape) > 1 else sum(beside.shape) or 1)
    scale = scale.astype(np.float64).reshape(-1)
    if stack and len(scale) in (stack.count, stack.count * rows):
        scale = scale.reshape(stack.count, -1)[stack.number]
    if len(scale) not in (1, rows) or not np.isfinite(scale).all() or not scale.all():
        raise WeightFileError(f"{beside} is no scale of {rows} rows: one number, or one a row, is expected")
    scale = 1 / scale if _divides(file) else scale
    return scale if len(scale) > 1 else scale[0].reshape(())


def shape_of_weights(tensor: Tensor, rule: Rule) -> tuple[int, int]:
    """M and N of the weights that ``rule`` makes of a matrix."""
    rows, length = tensor.shape
    packed_rows = rule == "packed" or (rule == "auto" and tensor.is_bytes)
    return (VALUES_A_BYTE * rows if packed_rows else rows), length


def _divides(file: TensorFile) -> bool:
    try:
        config = json.loads((file.folder / "config.json").read_text(encoding="utf-8-sig"))
        stated = config.get("quantization_config", {})
        return (stated.get("quant_method"), stated.get("linear_class")) in (
            ("bitnet", None),
            ("bitnet", "bitlinear"),
        )
    except (OSError, ValueError, AttributeError):
        return False


def weights_beside(tensor: Tensor, matrix: TernaryMatrix, first: int, last: int) -> NDArray[np.float64]:
    """Rows of the original weights in float64: the tensor's own, or scale · T where that is the same."""
    if not matrix.exact:
        factor = np.broadcast_to(matrix.factor, len(matrix.weights))[first:last, None]
        return tensor.rows(first, last).astype(np.float64) * factor
    return scaled_rows(matrix, first, last)


def scaled_rows(matrix: TernaryMatrix, first: int, last: int) -> NDArray[np.float64]:
    """Rows of scale · T, times what a core applies, with offsets."""
    scale = np.broadcast_to(matrix.scale, len(matrix.weights))[first:last, None]
    rows = np.asarray(matrix.weights[first:last] * scale)
    if matrix.applied is not None:
        rows *= by_weight(matrix.applied, first, last, rows.shape[1])
    if matrix.offset is not None:
        rows += by_weight(matrix.offset, first, last, rows.shape[1])
    return rows


def by_weight(groups: Groups, first: int, last: int, length: int) -> NDArray[np.float64]:
    """Rows of what ``groups`` have, for every weight of ``length``."""
    return np.repeat(groups.scales[first:last], groups.length, axis=1)[:, :length]
