"""A layer as a network's file has it: what the core is given of it, and what is said of its results."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.config import CoreConfig
from generator.formats import Format
from generator.plan import CorePlan
from sim.weights.activations import Activations, activations_for, load_activations, random_activations
from sim.weights.layer_error import layer_error
from sim.weights.reading import Rule, ternary_of
from sim.weights.tensors import Tensor, TensorFile
from sim.weights.ternary import Per, TernaryMatrix


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """A tensor of a file, the ternary ``matrix`` made of it, and ``activations`` for it."""

    tensor: Tensor
    matrix: TernaryMatrix
    activations: Activations

    @classmethod
    def of(
        cls,
        number: Format,
        file: TensorFile,
        tensor: Tensor,
        rule: Rule = "auto",
        per: Per = "tensor",
        activations: Path | None = None,
        tokens: int = 1,
        seed: int = 0,
        core: CoreConfig | None = None,
    ) -> StoredLayer:
        """A ``tensor`` of ``file`` with the activations of the file ``activations``, else normal ones; for a
        ``core`` that scales groups with those scales.

        Raises ``WeightFileError`` for what cannot be read or does not fit.
        """
        matrix = ternary_of(file, tensor, rule, per, core)
        length = matrix.weights.shape[1]
        if activations is None:
            x = random_activations(length, tokens, seed)
        else:
            x = load_activations(activations, length)
        return cls(tensor, matrix, activations_for(number, x))

    @property
    def scales(self) -> NDArray[np.float64] | None:
        """Those that the core applies, [M, groups]."""
        return None if self.matrix.applied is None else self.matrix.applied.scales

    def figures(self, plan: CorePlan, results: NDArray[np.int64]) -> dict[str, Any]:
        """Names, shares and errors, for ``results`` y[B, M] of a core."""
        error = layer_error(plan, self.tensor, self.matrix, self.activations, results)
        return {
            "tensor": self.tensor.name,
            "shape": list(self.matrix.weights.shape),
            "rule": self.matrix.rule,
            "sparsity": self.matrix.counts[1] / self.matrix.weights.size,
            "weight_error": self.matrix.weight_error,
            "error": asdict(error),
            "notes": list(self.matrix.notes),
        }
