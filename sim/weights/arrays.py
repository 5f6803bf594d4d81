"""Weights and activations as arrays: from files or from numpy, for a core or in its key memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generator.config import CoreConfig
from sim.weights.activations import Activations, activations_for
from sim.weights.files import open_tensors
from sim.weights.i2_s import Layout
from sim.weights.inspection import inspect_file
from sim.weights.key_image import read_image, write_image
from sim.weights.reading import Rule, ternary_of
from sim.weights.selection import select
from sim.weights.tensors import Tensor, TensorFile, WeightFileError
from sim.weights.ternary import Per, TernaryMatrix

if TYPE_CHECKING:
    import pandas as pd


def load(
    path: Path | str,
    tensor: str = "",
    *,
    rule: Rule = "auto",
    per: Per = "tensor",
    i2s: Layout = "x86",
    core: CoreConfig | None = None,
) -> TernaryMatrix:
    """The matrix ``tensor`` of a file of weights as ``weights`` T[M, N] (int8) and ``scale``, W ≈ scale · T.

    ``path`` is a safetensors, GGUF, .npy or .npz file, a checkpoint's directory or its index; without a name
    its only matrix is taken, NAME[3] is one of a stack of experts. ``rule`` says how floats become ternary
    (``auto``, ``absmean``, ``threshold``, ``exact``, ``packed`` or ``codes``), ``per`` whether there is one
    scale or one a row, ``i2s`` how GGUF's I2_S is laid out. With a ``core`` that has ``scale_group``,
    ``applied.scales`` [M, groups] are what it multiplies the sums of its groups by. Raises
    ``WeightFileError`` in one line for what cannot be read or is not there.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/w.npy", [[0.5, 0.0], [-0.5, 0.5]])
    ...     matrix = load(f"{folder}/w.npy")
    >>> matrix.weights
    array([[ 1,  0],
           [-1,  1]], dtype=int8)
    >>> float(matrix.scale)
    0.5
    """
    file = open_tensors(Path(path), i2s)
    (choice, *more) = select(file, [tensor] if tensor else [])
    if more:
        raise WeightFileError(
            f"{path}: {tensor!r} matches {1 + len(more)} tensors, the name of one is expected"
        )
    return ternary_of(file, choice.tensor, rule, per, core)


def ternary(weights: ArrayLike, *, rule: Rule = "auto", per: Per = "tensor") -> TernaryMatrix:
    """W[M, N] ``weights`` as a ternary matrix, by the same rules as ``load``, which it raises the errors of.

    >>> ternary([[0.9, -0.1], [0.0, -1.0]], rule="absmean").weights
    array([[ 1,  0],
           [ 0, -1]], dtype=int8)
    """
    values = np.asarray(weights)

    def rows(first: int, last: int) -> NDArray[Any]:
        return np.atleast_1d(values)[first:last]

    array = Tensor(
        "weights", "W", str(values.dtype), values.shape, rows if values.dtype.kind in "fiub" else None
    )
    return ternary_of(TensorFile(Path("weights"), {"W": array}), array, rule, per)


def inspect(
    path: Path | str, *, rule: Rule = "auto", per: Per = "tensor", i2s: Layout = "x86"
) -> pd.DataFrame:
    """The tensors of a file of weights, one a row: ``name``, ``type``, ``shape``, and of matrices the rule,
    how many weights are ``minus``, ``zero`` and ``plus``, the ``scale`` and the share that is lost.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/w.npz", up=np.array([[0.5, 0.0], [-0.5, 0.5]]))
    ...     table = inspect(f"{folder}/w.npz")
    >>> table[["name", "minus", "zero", "plus"]].values.tolist()
    [['up', 1, 1, 2]]
    """
    import pandas as pd

    return pd.DataFrame([each.figures for each in inspect_file(open_tensors(Path(path), i2s), rule, per)])


def quantize(config: CoreConfig, x: ArrayLike) -> Activations:
    """x[B, N] as the core takes it: ``values`` [B, N] and ``scale`` [B], with x ≈ values / scale.

    For integer activations as BitNet b1.58 does it, a token at a time; floats are rounded to the format.

    >>> activations = quantize(CoreConfig(tables=2, columns=2), [[0.5, -1.0, 0.25]])
    >>> activations.values, activations.scale
    (array([[  64, -127,   32]]), array([127.]))
    """
    return activations_for(config.format, np.asarray(x))


def pack(config: CoreConfig, weights: TernaryMatrix | ArrayLike, directory: Path | str) -> dict[str, Any]:
    """Writes ternary W[M, N] as the image of the core's key memory into ``directory``; its manifest.

    Raises ``WorkloadError`` for a matrix that the core cannot run, ``WeightFileError`` for an array that is
    not ternary and ``OutputError`` where files cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> core, given = CoreConfig(tables=2, columns=2), [[1, 0, -1], [0, 1, 1]]
    >>> with TemporaryDirectory() as folder:
    ...     beats = pack(core, given, folder)["beats"]
    ...     back = unpack(core, folder)
    >>> beats, (back == given).all()
    (2, np.True_)
    """
    matrix = weights if isinstance(weights, TernaryMatrix) else ternary(weights, rule="exact")
    return write_image(config, matrix, Path(directory))


def unpack(config: CoreConfig, directory: Path | str) -> NDArray[np.int8]:
    """T[M, N] of a key image that ``pack`` wrote for this core; ``KeyFileError`` where it is none."""
    return read_image(config, Path(directory)).weights
