"""Where the tensors of a GGUF file are, whatever their types.

The ``gguf`` package reads the header, and refuses the whole file for one type that it does not know. Its
reader is taken for everything but the list of tensors, and made to say where a damaged file ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType, GGUFReader
from gguf.gguf_reader import ReaderField

OURS = {34: "TQ1_0", 35: "TQ2_0", 36: "I2_S", 42: "Q2_0", 142: "PQ2_0", 143: "PTQ1_0"}
"""Names of the ternary types, some of which the package lacks."""


class Stored(NamedTuple):
    """A tensor of the file: its type by name and number, its shape with the first axis slowest, where its
    bytes start in the file, and how many there are to the next one or to the end."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    room: int


def kind_of(number: int) -> str:
    """The name of a type, or ``type NUMBER`` where it has none that is known."""
    known = {int(kind): kind.name for kind in GGMLQuantizationType} | OURS
    return known.get(number, f"type {number}")


class GGUFHeader(GGUFReader):
    """The header of the GGUF file ``path``, and ``stored``, its tensors in the file's order.

    Raises ``ValueError`` in one line that says at which byte the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.stored: list[Stored] = []
        self._at = 0
        try:
            super().__init__(path)
        except (EndOfFile, ForeignOrder):
            raise
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise ValueError(
                f"it is damaged, or of no known version, at byte {self._at:,}: {reason}"
            ) from None

    def _get(
        self,
        offset: int,
        dtype: npt.DTypeLike,
        count: int = 1,
        override_order: Literal["I", "S", "<"] | None = None,
    ) -> npt.NDArray[Any]:
        self._at = int(offset)
        end = self._at + np.dtype(dtype).itemsize * int(count)
        if end > len(self.data):
            raise EndOfFile(
                f"it is damaged or cut short: at byte {self._at:,} its header goes on to byte {end:,}, "
                f"the file has {len(self.data):,}"
            )
        return super()._get(offset, dtype, count, override_order)

    def _build_tensors(self, start_offs: int, fields: list[ReaderField]) -> None:
        if self.byte_order != "I":
            raise ForeignOrder("it is big-endian, a little-endian file is expected")
        places = [int(start_offs) + int(field.parts[5][0]) for field in fields]
        ends = sorted({*places, len(self.data)})
        following = dict(zip(ends, [*ends[1:], len(self.data)], strict=True))
        names: set[str] = set()
        for field, start in zip(fields, places, strict=True):
            self._at = field.offset
            if field.name in names:
                raise ValueError(f"two tensors are named {field.name!r}")
            names.add(field.name)
            if start > len(self.data):
                raise EndOfFile(
                    f"it is damaged or cut short: tensor {field.name!r} is said to start at byte {start:,}, "
                    f"the file has {len(self.data):,}"
                )
            shape = tuple(int(size) for size in reversed(field.parts[3].tolist()))
            kind = kind_of(int(field.parts[4][0]))
            self.stored.append(Stored(field.name, kind, shape, start, following[start] - start))

    def octets(self, stored: Stored, count: int) -> npt.NDArray[np.uint8]:
        """The first ``count`` bytes of a tensor, mapped; ``ValueError`` where the file is shorter."""
        end = stored.start + count
        if end > len(self.data):
            raise EndOfFile(
                f"it is damaged or cut short: tensor {stored.name!r}, {list(stored.shape)}, goes on to "
                f"byte {end:,}, the file has {len(self.data):,}"
            )
        return np.asarray(self.data[stored.start : end])


class EndOfFile(ValueError):
    """The file is shorter than its header says."""


class ForeignOrder(ValueError):
    """The file is in the other byte order."""
