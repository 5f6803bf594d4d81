"""One view of every kind of weight file: tensors by name, with shape and type, whose rows are read on demand.

A tensor holds no data. Readers map the file into memory, so what is in memory at a time is what was asked
for: a strip of rows, or at most one tensor.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.errors import TernlutError
from sim.weights.coded_blocks import Coded

STRIP_VALUES = 1 << 20
"""Values read at a time where a tensor is gone through once."""
LISTED = 8
"""Names that a message gives of many."""
INTEGERS = re.compile(r"u?int\d+|[iu]\d+|bool")
"""Files' names of integer types, in small letters."""


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
        reason = str(error) or type(error).__name__
        raise WeightFileError(f"{path}: cannot be read as {what}: {reason}") from None


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
class Stack:
    """Where a matrix stands in a tensor of three axes: the ``number``-th of ``count`` under ``name``."""

    name: str
    number: int
    count: int


@dataclass(frozen=True)
class Tensor:
    """A tensor of a file.

    ``kind`` is the file's name of the type, ``shape`` that of the stored values, first axis slowest.
    ``read(first, last)`` gives the stored rows first … last - 1, where all axes but the last are counted
    through; a type that is listed but cannot be read has None. ``blocks`` likewise, for types that are
    ternary already, ``coded`` for those that are codes of few bits. ``notes`` are what was assumed in reading
    it, ``stack`` where it is one expert of many. ``refusal`` says why a type cannot be read.
    """

    where: str
    name: str
    kind: str
    shape: tuple[int, ...]
    read: Callable[[int, int], NDArray[Any]] | None
    blocks: Callable[[int, int], Blocks] | None = None
    notes: tuple[str, ...] = ()
    stack: Stack | None = None
    coded: Coded | None = None
    refusal: str = "which cannot be read"

    def __str__(self) -> str:
        return f"{self.where}: tensor {self.name!r}"

    @property
    def is_matrix(self) -> bool:
        return len(self.shape) == 2 and min(self.shape) > 0

    @property
    def is_stack(self) -> bool:
        """Whether it is matrices of one shape behind each other, a layer's experts."""
        return len(self.shape) == 3 and min(self.shape) > 0

    @property
    def is_integer(self) -> bool:
        return INTEGERS.fullmatch(self.kind.lower()) is not None

    @property
    def is_bytes(self) -> bool:
        """Whether it may hold packed weights."""
        return self.kind in ("U8", "uint8")

    @property
    def matrices(self) -> list[Tensor]:
        """The matrices in it: itself, or those of a stack."""
        return [self.expert(number) for number in range(self.shape[0])] if self.is_stack else [self]

    def expert(self, number: int) -> Tensor:
        """The matrix ``number`` of a stack, named NAME[number]."""
        count, rows, _ = self.shape
        if not 0 <= number < count:
            raise WeightFileError(f"{self} holds {count} matrices, [0] to [{count - 1}]: no [{number}]")
        before = number * rows

        def moved(get: Any) -> Any:
            return None if get is None else lambda first, last: get(before + first, before + last)

        return replace(
            self,
            name=f"{self.name}[{number}]",
            shape=self.shape[1:],
            read=moved(self.read),
            blocks=moved(self.blocks),
            coded=self.coded and replace(self.coded, read=moved(self.coded.read)),
            stack=Stack(self.name, number, count),
        )

    def rows(self, first: int, last: int) -> NDArray[Any]:
        """The stored rows first … last - 1 as numbers; ``WeightFileError`` where the type cannot be read."""
        if self.read is None:
            numbered = "" if self.kind.startswith("type ") else "type "
            raise WeightFileError(f"{self} is of {numbered}{self.kind}, {self.refusal}")
        return self.read(first, last)

    def strips(self) -> Iterator[tuple[int, int]]:
        """First and last (not included) rows of strips that together are the whole matrix."""
        rows, length = self.shape
        at_once = max(1, STRIP_VALUES // length)
        for first in range(0, rows, at_once):
            yield first, min(first + at_once, rows)


def nothing_beside(name: str) -> Tensor | None:
    """The tensor ``name`` of files beside one that stands alone: there is none."""
    return None


@dataclass(frozen=True)
class TensorFile:
    """The tensors of a file, by name, in the file's order.

    ``path`` is what was opened, a directory of shards for example. ``beside`` finds a tensor in the
    other shards of a checkpoint, where a scale may be.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    beside: Callable[[str], Tensor | None] = field(default=nothing_beside, compare=False)

    @property
    def folder(self) -> Path:
        """Where the files that belong to it are, config.json for example."""
        return self.path if self.path.is_dir() else self.path.parent

    def lookup(self, name: str) -> Tensor | None:
        """The tensor ``name`` of this file or of the shards beside it; None where there is none."""
        return self.tensors.get(name) or self.beside(name)

    @property
    def candidates(self) -> dict[str, Tensor]:
        """The matrices and stacks that may be weights, by name: all but the scales of others."""
        return {
            name: tensor
            for name, tensor in self.tensors.items()
            if (tensor.is_matrix or tensor.is_stack)
            and not (name.endswith("_scale") and name.removesuffix("_scale") in self.tensors)
        }

    def find(self, name: str = "") -> Tensor:
        """The tensor ``name``; without a name the only one, or the only one that may be weights.

        Raises ``WeightFileError`` where there is none, with those that are named most like it first.
        """
        if name in self.tensors:
            return self.tensors[name]
        for only in (self.tensors, self.candidates):
            if not name and len(only) == 1:
                return next(iter(only.values()))
        if not name:
            raise WeightFileError(
                f"{self.path}: --tensor is missing, it holds {listed(self.candidates or self.tensors)}"
            )
        raise WeightFileError(
            f"{self.path}: no tensor {name!r}, it holds {listed(nearest(name, self.tensors))}; "
            "say which with --tensor"
        )


def listed(names: Iterable[str]) -> str:
    """Names as a message gives them: the first few, and how many more there are."""
    held = list(names)
    more = f" and {len(held) - LISTED:,} more" if len(held) > LISTED else ""
    return ", ".join(held[:LISTED]) + more or "none"


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """``names``, those most like ``name`` first: what contains it, then by likeness; else as they were."""
    wanted = name.lower()

    def likeness(held: str) -> tuple[bool, float]:
        matcher = difflib.SequenceMatcher(None, wanted, held.lower(), autojunk=False)
        # The wanted name may be one part of a long one.
        part = max(difflib.SequenceMatcher(None, wanted, p).ratio() for p in held.lower().split("."))
        return wanted not in held.lower(), -max(matcher.ratio(), part)

    return sorted(names, key=likeness)
