"""What a weight file holds: its tensors, and how many -1, 0 and +1 each matrix has or would have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from generator.errors import TernlutError
from sim.weights.reading import Rule, ternary_of
from sim.weights.tensors import Tensor, TensorFile
from sim.weights.ternary import Per


@dataclass(frozen=True)
class Inspection:
    """A tensor and, if it is a matrix, how it becomes ternary.

    ``shape`` is that of the weights, [4·Q, N] where they are packed, ``rule`` and ``counts`` (-1, 0, +1) what
    was found, ``scale`` the scale or the mean of those of the rows. ``refused`` says why there are none.
    """

    tensor: Tensor
    shape: tuple[int, ...]
    rule: str | None = None
    counts: tuple[int, int, int] | None = None
    scale: float | None = None
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
            "refused": self.refused,
        }


def inspect_file(file: TensorFile, rule: Rule = "auto", per: Per = "tensor") -> Iterator[Inspection]:
    """The tensors of ``file`` one by one; one at a time is in memory."""
    for tensor in file.tensors.values():
        if not tensor.is_matrix:
            yield Inspection(tensor, tensor.shape)
            continue
        try:
            matrix = ternary_of(file, tensor, rule, per)
        except TernlutError as error:
            yield Inspection(tensor, tensor.shape, refused=str(error))
            continue
        yield Inspection(
            tensor, matrix.weights.shape, matrix.rule, matrix.counts, float(np.mean(matrix.scale))
        )
