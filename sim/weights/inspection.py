"""What a weight file holds: its tensors, and how many -1, 0 and +1 each matrix has or would have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from generator.errors import TernlutError
from sim.weights.reading import Rule, ternary_of
from sim.weights.tensors import Tensor, TensorFile
from sim.weights.ternary import Per, TernaryMatrix


@dataclass(frozen=True)
class Inspection:
    """A tensor and, if it is a matrix or a stack of them, how it becomes ternary.

    ``shape`` is that of the weights, [4·Q, N] where they are packed, ``rule`` and ``counts`` (-1, 0, +1) what
    came of it, ``scale`` the scale or the mean of those of the rows, ``weight_error`` what is lost of the
    weights' root mean square. ``refused`` says why there are none.
    """

    tensor: Tensor
    shape: tuple[int, ...]
    rule: str | None = None
    counts: tuple[int, int, int] | None = None
    scale: float | None = None
    weight_error: float | None = None
    notes: tuple[str, ...] = ()
    refused: str | None = None

    @property
    def sparsity(self) -> float | None:
        """The share of zeros."""
        return None if self.counts is None else self.counts[1] / sum(self.counts)

    @property
    def figures(self) -> dict[str, Any]:
        """All of it by name, None where there is nothing to say."""
        minus, zero, plus = self.counts or (None, None, None)
        return {
            "name": self.tensor.name,
            "type": self.tensor.kind,
            "shape": list(self.shape),
            "rule": self.rule,
            "minus": minus,
            "zero": zero,
            "plus": plus,
            "sparsity": self.sparsity,
            "scale": self.scale,
            "weight_error": self.weight_error,
            "notes": list(self.notes),
            "refused": self.refused,
        }


def inspect_file(
    file: TensorFile, rule: Rule = "auto", per: Per = "tensor", tensors: Iterable[Tensor] | None = None
) -> Iterator[Inspection]:
    """``tensors`` of ``file``, by default all, one by one; one matrix at a time is in memory."""
    for tensor in file.tensors.values() if tensors is None else tensors:
        if not (tensor.is_matrix or tensor.is_stack):
            yield Inspection(tensor, tensor.shape)
            continue
        try:
            yield _inspected(tensor, [_summary(ternary_of(file, m, rule, per)) for m in tensor.matrices])
        except TernlutError as error:
            yield Inspection(tensor, tensor.shape, refused=str(error))


@dataclass(frozen=True)
class _Summary:
    """What remains of a matrix when the next one is read."""

    shape: tuple[int, ...]
    rule: str
    counts: tuple[int, int, int]
    scale: float
    weight_error: float
    notes: tuple[str, ...]


def _summary(matrix: TernaryMatrix) -> _Summary:
    scale = float(np.mean(matrix.scale))
    return _Summary(
        matrix.weights.shape, matrix.rule, matrix.counts, scale, matrix.weight_error, matrix.notes
    )


def _inspected(tensor: Tensor, parts: list[_Summary]) -> Inspection:
    """The matrices of a tensor as one: counts added, scales and errors as means."""
    minus, zero, plus = (sum(part.counts[i] for part in parts) for i in range(3))
    return Inspection(
        tensor,
        (*tensor.shape[:-2], *parts[0].shape),
        " or ".join(dict.fromkeys(part.rule for part in parts)),
        (minus, zero, plus),
        float(np.mean([part.scale for part in parts])),
        float(np.sqrt(np.mean([part.weight_error**2 for part in parts]))),
        tuple(_notes(parts)),
    )


def _notes(parts: list[_Summary]) -> Iterator[str]:
    """The notes of a stack's matrices, with the numbers of those they hold for where they are not all."""
    for note in dict.fromkeys(note for part in parts for note in part.notes):
        numbers = [str(number) for number, part in enumerate(parts) if note in part.notes]
        yield note if len(numbers) == len(parts) else f"of [{'], ['.join(numbers)}] {note}"
