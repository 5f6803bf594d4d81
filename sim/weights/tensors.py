"""One view of every kind of weight file: tensors by name, with shape and type, whose rows are read on demand.

A tensor holds no data. Readers map the file into memory, so what is in memory at a time is what was asked
for: a strip of rows, or at most one tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.errors import TernlutError

STRIP_VALUES = 1 << 20
"""Values read at a time where a tensor is gone through once."""


class WeightFileError(TernlutError):
    """A file of weights cannot be read, or does not hold what was asked of it."""


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Whatever a format's package raises on damaged bytes, as one ``WeightFileError``.

    Packages promise no kind of error for that, and numpy alone has half a dozen.
    """
    try:
        yield
    except WeightFileError:
        raise
    except Exception as error:
        said = str(error) or type(error).__name__
        raise WeightFileError(f"{path}: cannot be read as {what}: {said}") from None


@dataclass(frozen=True)
class Blocks:
    """Rows of a tensor stored as ternary blocks: ``weights[rows, N]`` and ``scales[rows, blocks]``."""

    weights: NDArray[np.int8]
    scales: NDArray[np.float32]

    @property
    def values(self) -> NDArray[np.float32]:
        """What the blocks stand for, float32 [rows, N]."""
        of_weight = np.repeat(self.scales, self.weights.shape[1] // self.scales.shape[1], axis=1)
        return of_weight * self.weights.astype(np.float32)


@dataclass(frozen=True)
class Tensor:
    """A tensor of a file.

    ``kind`` is the file's name of the type, ``shape`` that of the stored values, first axis slowest.
    ``read(first, last)`` gives the stored rows first … last - 1; a type that is listed but cannot be read
    has None. ``blocks`` likewise, for types that are ternary already.
    """

    where: str
    name: str
    kind: str
    shape: tuple[int, ...]
    read: Callable[[int, int], NDArray[Any]] | None
    blocks: Callable[[int, int], Blocks] | None = None

    def __str__(self) -> str:
        return f"{self.where}: tensor {self.name!r}"

    @property
    def is_matrix(self) -> bool:
        return len(self.shape) == 2 and min(self.shape) > 0

    @property
    def is_integer(self) -> bool:
        return self.kind.lower().startswith(("i", "u", "bool"))

    @property
    def is_bytes(self) -> bool:
        """Whether it may hold packed weights."""
        return self.kind in ("U8", "uint8")

    def rows(self, first: int, last: int) -> NDArray[Any]:
        """The stored rows first … last - 1 as numbers; ``WeightFileError`` where the type cannot be read."""
        if self.read is None:
            raise WeightFileError(f"{self} is of type {self.kind}, which cannot be read")
        return self.read(first, last)

    def strips(self) -> Iterator[tuple[int, int]]:
        """First and last (not included) rows of strips that together are the whole matrix."""
        rows, length = self.shape
        at_once = max(1, STRIP_VALUES // length)
        for first in range(0, rows, at_once):
            yield first, min(first + at_once, rows)


@dataclass(frozen=True)
class TensorFile:
    """The tensors of a file, by name, in the file's order."""

    path: Path
    tensors: Mapping[str, Tensor]

    def find(self, name: str = "") -> Tensor:
        """The tensor ``name``; without a name that of a file with only one.

        Raises ``WeightFileError`` where there is none.
        """
        if name in self.tensors:
            return self.tensors[name]
        if not name and len(self.tensors) == 1:
            return next(iter(self.tensors.values()))
        held = list(self.tensors)
        listed = ", ".join(held[:8]) + (f" and {len(held) - 8} more" if len(held) > 8 else "")
        raise WeightFileError(
            f"{self.path}: no tensor {name!r}, it holds {listed or 'none'}; say which with --tensor"
        )
